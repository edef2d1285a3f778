//! Who may call what: users as bitcoind has them, and lists of methods.

use std::hash::{BuildHasher, RandomState};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use globset::{GlobBuilder, GlobMatcher};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::limit::{BucketKey, Limiter, Rate};
use crate::metrics::Method;
use crate::route::METHODS;
use crate::values::Secret;

/// The methods that may be called: those that match one of the globs (all, if there is no glob),
/// except those that match a glob with `!`.
#[derive(Clone, Debug)]
pub struct MethodList {
    globs: Vec<String>,
    allowed: Vec<GlobMatcher>,
    forbidden: Vec<GlobMatcher>,
    /// The answer for each known method, by its number.
    known: Arc<[bool]>,
}

impl MethodList {
    /// The list that `globs` write; one that is no glob is an error with its text.
    pub fn new(globs: &[String]) -> Result<Self, globset::Error> {
        let matcher = |glob: &str| Ok(GlobBuilder::new(glob).build()?.compile_matcher());
        let (forbidden, allowed): (Vec<_>, Vec<_>) =
            globs.iter().partition(|glob| glob.starts_with('!'));
        let allowed = allowed
            .iter()
            .map(|glob| matcher(glob))
            .collect::<Result<_, _>>()?;
        let forbidden = forbidden
            .iter()
            .map(|glob| matcher(&glob[1..]))
            .collect::<Result<_, _>>()?;
        let mut list = Self {
            globs: globs.to_vec(),
            allowed,
            forbidden,
            known: Arc::new([]),
        };
        list.known = METHODS
            .iter()
            .map(|method| list.matches(method.name))
            .collect();
        Ok(list)
    }

    /// As it was written.
    #[must_use]
    pub fn globs(&self) -> &[String] {
        &self.globs
    }

    /// Whether `method`, called `name`, may be called.
    #[must_use]
    pub(super) fn allows(&self, method: Method, name: &str) -> bool {
        self.known
            .get(method.index())
            .copied()
            .unwrap_or_else(|| self.matches(name))
    }

    fn matches(&self, name: &str) -> bool {
        let any = |globs: &[GlobMatcher]| globs.iter().any(|glob| glob.is_match(name));
        (self.allowed.is_empty() || any(&self.allowed)) && !any(&self.forbidden)
    }
}

/// The nodes that may be named in a path: those that one of the globs matches, none if there is
/// none.
#[derive(Clone, Debug, Default)]
pub struct NodeList {
    globs: Vec<String>,
    allowed: Vec<GlobMatcher>,
}

impl NodeList {
    /// The list that `globs` write; one that is no glob is an error with its text.
    pub fn new(globs: &[String]) -> Result<Self, globset::Error> {
        let matcher = |glob: &String| Ok(GlobBuilder::new(glob).build()?.compile_matcher());
        Ok(Self {
            globs: globs.to_vec(),
            allowed: globs.iter().map(matcher).collect::<Result<_, _>>()?,
        })
    }

    /// As it was written.
    #[must_use]
    pub fn globs(&self) -> &[String] {
        &self.globs
    }

    /// Whether the node called `name` may be named.
    #[must_use]
    pub fn allows(&self, name: &str) -> bool {
        self.allowed.iter().any(|glob| glob.is_match(name))
    }
}

/// A user of the gateway.
#[derive(Clone, Debug)]
pub struct GatewayUser {
    /// The name.
    pub name: Arc<str>,
    /// `salt$hmac`, as bitcoind's `rpcauth` has it after the colon.
    pub rpcauth: Secret,
    /// What it may call.
    pub methods: MethodList,
    /// Which nodes it may name in a path.
    pub nodes: NodeList,
    /// How often.
    pub rate: Rate,
}

impl GatewayUser {
    /// Whether `password` is this user's; as long for a wrong one as for the right one.
    fn has(&self, password: &[u8]) -> bool {
        let Some((salt, digest)) = self.rpcauth.expose().split_once('$') else {
            return false;
        };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(salt.as_bytes()) else {
            return false;
        };
        mac.update(password);
        let mut wanted = [0_u8; 32];
        decode_hex(digest, &mut wanted).is_some() && mac.verify(&wanted.into()).is_ok()
    }
}

fn decode_hex(text: &str, bytes: &mut [u8; 32]) -> Option<()> {
    let digits = text.as_bytes().as_chunks::<2>();
    if digits.0.len() != bytes.len() || !digits.1.is_empty() {
        return None;
    }
    let digit = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    for (byte, [high, low]) in bytes.iter_mut().zip(digits.0) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(())
}

/// A user, and what its buckets are found by.
pub(super) struct Account {
    user: GatewayUser,
    pub(super) key: BucketKey,
}

impl Deref for Account {
    type Target = GatewayUser;

    fn deref(&self) -> &GatewayUser {
        &self.user
    }
}

/// The users, and the headers that were verified lately.
pub(super) struct Users {
    all: Vec<Account>,
    /// Hashes of headers that were accepted, with a secret of this run. Most callers send the same
    /// header each time, and a digest for each call costs more than all other checks. The headers
    /// themselves are not stored.
    verified: Mutex<Vec<(u64, usize)>>,
    secret: RandomState,
}

impl Users {
    /// Headers beyond this number are verified each time.
    const MAX_VERIFIED_HEADERS: usize = 32;

    pub(super) fn new(users: Vec<GatewayUser>, limiter: &Limiter) -> Self {
        let account = |user: GatewayUser| Account {
            key: limiter.user(user.name.as_bytes()),
            user,
        };
        let all = users.into_iter().map(account).collect();
        Self {
            all,
            verified: Mutex::default(),
            secret: RandomState::new(),
        }
    }

    pub(super) fn all(&self) -> &[Account] {
        &self.all
    }

    /// The user whose name and password are in an `Authorization` header.
    pub(super) fn authenticate(&self, authorization: Option<&[u8]>) -> Option<&Account> {
        let authorization = authorization.filter(|_| !self.all.is_empty())?;
        let hash = self.secret.hash_one(authorization);
        let verified = || self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let known = verified()
            .iter()
            .find(|(verified, _)| *verified == hash)
            .map(|(_, user)| *user);
        if let Some(user) = known {
            return self.all.get(user);
        }
        let user = authenticate(&self.all, authorization)?;
        let mut verified = verified();
        if verified.len() >= Self::MAX_VERIFIED_HEADERS {
            verified.remove(0);
        }
        verified.push((hash, user));
        self.all.get(user)
    }
}

/// The part of an `Authorization` header that identifies its caller, normalized: bitcoind accepts
/// any number of spaces, and other nodes any case of the scheme, so that a caller would otherwise
/// have one allowance for each spelling. `None` if the header has no such credentials.
pub(super) fn caller_of(authorization: &[u8]) -> Option<Vec<u8>> {
    let authorization = authorization.trim_ascii();
    let end = authorization.iter().position(u8::is_ascii_whitespace)?;
    let (scheme, credentials) = authorization.split_at(end);
    let credentials = credentials.trim_ascii();
    if scheme.eq_ignore_ascii_case(b"basic") {
        return BASE64_STANDARD.decode(credentials).ok();
    }
    Some(credentials.to_vec())
}

/// An unknown name costs as much time as a known one with a wrong password.
fn authenticate(users: &[Account], authorization: &[u8]) -> Option<usize> {
    let (scheme, encoded) = authorization.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let decoded = BASE64_STANDARD.decode(encoded.trim_ascii()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let name = decoded.get(..colon)?;
    let password = decoded.get(colon + 1..)?;
    let named = users.iter().position(|user| user.name.as_bytes() == name);
    // For an unknown name the password is compared too, so that the time does not reveal it.
    let compared = users.get(named.unwrap_or(0));
    let right = compared.is_some_and(|user| std::hint::black_box(user.has(password)));
    named.filter(|_| right)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    /// The second half of the line that bitcoind's share/rpcauth/rpcauth.py prints for the password
    /// "secret".
    const ALICE_RPCAUTH: &str = "00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d6\
                                 87de88b01b139720c60e410c0540a0937";

    /// The same for "p:w" and another salt.
    const BOB_RPCAUTH: &str =
        "salt$1ba971313e89568f41b42ef7a4ee25812f203946d9acc50a0a8b62763890e6ce";

    fn user(name: &str, rpcauth: &str) -> GatewayUser {
        GatewayUser {
            name: name.into(),
            rpcauth: Secret::new(rpcauth.to_owned()),
            methods: MethodList::new(&[]).unwrap(),
            nodes: NodeList::default(),
            rate: Rate::new(1.0, NonZeroU32::MIN),
        }
    }

    fn basic(text: &str) -> Vec<u8> {
        format!("Basic {}", BASE64_STANDARD.encode(text)).into_bytes()
    }

    #[test]
    fn only_the_right_password_of_the_right_user_passes() {
        let users = Users::new(
            vec![user("alice", ALICE_RPCAUTH), user("bob", BOB_RPCAUTH)],
            &Limiter::default(),
        );
        let who = |header: &[u8]| {
            users
                .authenticate(Some(header))
                .map(|user| user.name.to_string())
        };
        assert_eq!(who(&basic("alice:secret")).as_deref(), Some("alice"));
        assert_eq!(who(&basic("bob:p:w")).as_deref(), Some("bob"));
        assert_eq!(
            who(&basic("alice:secret")).as_deref(),
            Some("alice"),
            "also when it has been seen"
        );
        for wrong in [
            "alice:secrets",
            "alice:",
            "alice",
            "bob:secret",
            "carol:secret",
            ":",
            "",
        ] {
            assert_eq!(who(&basic(wrong)), None, "{wrong}");
        }
        for header in [&b"Basic"[..], b"Basic !!!", b"Bearer abc", b""] {
            assert_eq!(who(header), None);
        }
        assert!(users.authenticate(None).is_none());
        assert!(
            Users::new(Vec::new(), &Limiter::default())
                .authenticate(Some(&basic("alice:secret")))
                .is_none()
        );
    }

    #[test]
    fn credentials_are_the_same_however_they_are_spelled() {
        let alice = caller_of(&basic("alice:secret"));
        assert_eq!(alice.as_deref(), Some(&b"alice:secret"[..]));
        let encoded = BASE64_STANDARD.encode("alice:secret");
        for spelled in [format!("Basic   {encoded}"), format!("bAsic\t{encoded} ")] {
            assert_eq!(caller_of(spelled.as_bytes()), alice, "{spelled}");
        }
        assert_eq!(caller_of(b"Bearer  abc"), caller_of(b"bearer abc"));
        assert_ne!(caller_of(b"Bearer abc"), caller_of(b"Bearer abd"));
        for header in [&b""[..], b"Basic", b"Basic !!!"] {
            assert_eq!(caller_of(header), None);
        }
    }

    #[test]
    fn only_the_nodes_that_a_glob_matches_may_be_named() {
        let allows = |globs: &[&str], name: &str| {
            let globs: Vec<_> = globs.iter().map(|glob| (*glob).to_owned()).collect();
            NodeList::new(&globs).unwrap().allows(name)
        };
        assert!(!allows(&[], "a") && !allows(&["a"], "b") && !allows(&["a"], ""));
        assert!(allows(&["a"], "a") && allows(&["arch-*"], "arch-2") && allows(&["*"], "b"));
    }

    #[test]
    fn a_list_allows_what_a_glob_matches_and_none_forbids() {
        let allows = |globs: &[&str], name: &str| {
            let globs: Vec<_> = globs.iter().map(|glob| (*glob).to_owned()).collect();
            MethodList::new(&globs)
                .unwrap()
                .allows(Method::of(name), name)
        };
        assert!(allows(&[], "stop"));
        assert!(allows(&["*"], "no_such_method"));
        assert!(allows(&["getblock*"], "getblockcount") && !allows(&["getblock*"], "stop"));
        assert!(allows(&["getblock*"], "getblockofcheese") && !allows(&["getblock*"], "stopp"));
        assert!(!allows(&["*", "!stop"], "stop") && allows(&["!stop"], "help"));
        assert!(!allows(&["stop", "!s?op"], "stop"));
    }
}
