//! Who calls.

use super::access::Account;
use super::upstream::verified::Claim;
use crate::limit::BucketKey;

/// Who calls, as far as it is known before the node is asked.
pub(super) enum Principal<'a> {
    /// A user of the configuration, who was authenticated here.
    User(&'a Account),
    /// A caller with the cookie of the node in this process.
    CookieHolder { bucket: Option<BucketKey> },
    /// A caller whose credentials the node checks. Missing or unreadable credentials have no bucket
    /// of their own.
    OfNode {
        claim: Claim<'a>,
        bucket: Option<BucketKey>,
    },
}

impl<'a> Principal<'a> {
    pub(super) fn user(&self) -> Option<&'a Account> {
        match self {
            Self::User(user) => Some(user),
            _ => None,
        }
    }

    /// The bucket of these credentials.
    pub(super) fn bucket(&self) -> Option<BucketKey> {
        match self {
            Self::User(_) => None,
            Self::CookieHolder { bucket } | Self::OfNode { bucket, .. } => *bucket,
        }
    }

    /// Credentials that the node is to check.
    pub(super) fn claim(&self) -> Option<Claim<'a>> {
        match self {
            Self::OfNode { claim, .. } => Some(*claim),
            _ => None,
        }
    }
}
