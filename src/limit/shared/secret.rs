//! The secret that callers are hashed with, so that nobody can aim at another's bucket, and no
//! address and no name is in the store. Daemons that share limits have the same one.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

use sha2::{Digest, Sha256};
use siphasher::sip::SipHasher13;

/// What a hashed value is, so that an address and a name never have the same hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::limit) enum HashDomain {
    Address,
    User,
    Method,
}

/// A secret for hashes that are the same in each daemon that has it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BucketSecret {
    key: [u8; 16],
    fingerprint: Fingerprint,
}

/// What distinguishes a secret from others without giving it away: hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; Self::LENGTH]);

impl Fingerprint {
    /// Its digits.
    pub const LENGTH: usize = 16;

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // They are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for BucketSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketSecret")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl BucketSecret {
    /// A new one. The keys that the standard library makes for its tables are random.
    #[must_use]
    pub fn random() -> Self {
        let random = RandomState::new();
        let mut key = [0; 16];
        let (low, high) = key.split_at_mut(8);
        low.copy_from_slice(&random.hash_one(0_u64).to_le_bytes());
        high.copy_from_slice(&random.hash_one(1_u64).to_le_bytes());
        Self::new(key)
    }

    /// The one that the text of a file stands for.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(b"bllvmctl limits secret\n")
            .chain_update(text)
            .finalize();
        let mut key = [0; 16];
        key.copy_from_slice(digest.first_chunk::<16>().unwrap_or(&[0; 16]));
        Self::new(key)
    }

    fn new(key: [u8; 16]) -> Self {
        let digest = Sha256::new()
            .chain_update(b"bllvmctl limits fingerprint\n")
            .chain_update(key)
            .finalize();
        let mut fingerprint = [b'0'; Fingerprint::LENGTH];
        for (place, digit) in fingerprint.iter_mut().zip(hex(&digest).bytes()) {
            *place = digit;
        }
        Self {
            key,
            fingerprint: Fingerprint(fingerprint),
        }
    }

    /// What distinguishes it from others.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// As it is kept in the store: its fingerprint, and itself.
    #[must_use]
    pub fn to_stored(self) -> String {
        format!("{} {}", self.fingerprint.as_str(), hex(&self.key))
    }

    /// What is kept in the store. Only a fingerprint is there if its daemons have a file.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        let (fingerprint, digits) = text.split_once(' ')?;
        let mut key = [0; 16];
        if digits.len() != key.len() * 2 {
            return None;
        }
        for (index, byte) in key.iter_mut().enumerate() {
            let pair = digits.get(index * 2..index * 2 + 2)?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        let secret = Self::new(key);
        (secret.fingerprint.as_str() == fingerprint).then_some(secret)
    }

    /// The hash of `bytes`. It is the same on every machine.
    pub(in crate::limit) fn hash(&self, domain: HashDomain, bytes: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.key);
        hasher.write(&[match domain {
            HashDomain::Address => b'a',
            HashDomain::User => b'u',
            HashDomain::Method => b'm',
        }]);
        hasher.write(bytes);
        hasher.finish()
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_secret_is_read_as_it_was_written_and_nothing_else_is_one() {
        let secret = BucketSecret::random();
        let stored = secret.to_stored();
        assert_eq!(BucketSecret::from_stored(&stored), Some(secret));
        assert_eq!(stored.len(), Fingerprint::LENGTH + 1 + 32);
        let other = BucketSecret::random().to_stored();
        let mixed = format!("{}{}", &stored[..17], &other[17..]);
        for wrong in [&stored[..16], &stored[..48], "", "x y", &mixed] {
            assert_eq!(BucketSecret::from_stored(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn hashes_are_those_of_the_secret_and_of_what_is_hashed() {
        let secret = BucketSecret::of_text("one");
        let hash = |domain| secret.hash(domain, b"x");
        assert_eq!(hash(HashDomain::User), hash(HashDomain::User));
        assert_ne!(hash(HashDomain::User), hash(HashDomain::Address));
        assert_ne!(hash(HashDomain::User), hash(HashDomain::Method));
        let other = BucketSecret::of_text("two");
        assert_ne!(hash(HashDomain::User), other.hash(HashDomain::User, b"x"));
        assert_ne!(secret.fingerprint(), other.fingerprint());
        // Daemons of several versions share buckets: these never change.
        assert_eq!(secret.fingerprint().as_str(), "2d2caebf47d68766");
        assert_eq!(
            secret.hash(HashDomain::Address, &[127, 0, 0, 1]),
            13_425_053_348_761_552_075
        );
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = BucketSecret::of_text("hunter2");
        let shown = format!("{secret:?}");
        let stored = secret.to_stored();
        let key = stored.split(' ').nth(1).unwrap();
        assert!(
            !shown.contains("hunter2") && !shown.contains(key),
            "{shown}"
        );
    }
}
