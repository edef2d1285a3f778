//! What the harness takes from the machine: its clock, its environment, free ports, and time to
//! wait.

use std::fmt::Debug;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

#[expect(
    clippy::disallowed_methods,
    reason = "this file owns the clock of the tests"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The environment variable `name`, unless unset or empty.
#[expect(
    clippy::disallowed_methods,
    reason = "this file owns the environment of the tests"
)]
pub(crate) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The program that the environment variable `variable` names, else `name` on the PATH.
pub(crate) fn program(variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(path) = env(variable) {
        return Some(PathBuf::from(path));
    }
    std::env::split_paths(&env("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// The repository, for files that tests read.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A port on 127.0.0.1 that is free and that no other test of this process gets.
///
/// Below the ports which the system gives to outgoing connections, so that no connection takes it
/// in between.
pub(crate) fn free_port() -> u16 {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    static NEXT: LazyLock<AtomicU32> =
        LazyLock::new(|| AtomicU32::new(std::process::id().wrapping_mul(97) % COUNT));
    (0..COUNT)
        .map(|_| FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT)
        .filter_map(|port| u16::try_from(port).ok())
        .find(|&port| is_free(port))
        .expect("a free port on 127.0.0.1")
}

/// Whether nobody listens on the port.
///
/// A program that another test starts just now has this process's sockets until it runs its own
/// code. One that listened would keep the port taken for that long; one that is bound and reusable
/// keeps it from nobody.
fn is_free(port: u16) -> bool {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket
        .set_reuse_address(true)
        .expect("an address that can be used again");
    socket
        .bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())
        .is_ok()
}

/// Listens on a port of 127.0.0.1 that was used before, as soon as it is free: a program that
/// another test starts has the listener of before a moment longer than this process.
#[track_caller]
pub(crate) fn listen_again(port: u16) -> TcpListener {
    let listener = poll(Duration::from_mins(1), || {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
    });
    listener.unwrap_or_else(|| panic!("port {port} of 127.0.0.1 stays taken"))
}

/// Looks again and again until there is something, at most for `within`; the last look is after
/// that.
pub(crate) fn poll<T>(within: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    const LONGEST_PAUSE: Duration = Duration::from_millis(20);
    let deadline = now() + within;
    let mut pause = Duration::from_millis(1);
    loop {
        let last = now() >= deadline;
        let found = look();
        if found.is_some() || last {
            return found;
        }
        thread::sleep(pause);
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Looks again and again until what is seen is `good`, and returns it; panics with the last sight
/// after `within`.
#[track_caller]
pub(crate) fn eventually<T: Debug>(
    what: &str,
    within: Duration,
    mut look: impl FnMut() -> T,
    good: impl Fn(&T) -> bool,
) -> T {
    let mut sight = None;
    let seen = poll(within, || {
        let now_seen = look();
        if good(&now_seen) {
            return Some(now_seen);
        }
        sight = Some(now_seen);
        None
    });
    seen.unwrap_or_else(|| panic!("waited {within:?} for {what}; last seen: {sight:?}"))
}

/// As `eventually`, for what is there or not.
#[track_caller]
pub(crate) fn wait_until(what: &str, within: Duration, good: impl FnMut() -> bool) {
    eventually(what, within, good, |&good| good);
}

/// Looks until `within` has passed and panics the first time that what is seen is not `good`.
#[track_caller]
pub(crate) fn throughout<T: Debug>(
    what: &str,
    within: Duration,
    mut look: impl FnMut() -> T,
    good: impl Fn(&T) -> bool,
) {
    let bad = poll(within, || Some(look()).filter(|sight| !good(sight)));
    assert!(
        bad.is_none(),
        "not {what} throughout {within:?}: saw {bad:?}"
    );
}

/// Raises the descriptors this process may open to `wanted`, as far as allowed; returns how many it
/// may.
pub(crate) fn raise_descriptor_limit(wanted: u64) -> u64 {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    let raised = wanted.min(hard).max(soft);
    setrlimit(Resource::RLIMIT_NOFILE, raised, hard).map_or(soft, |()| raised)
}
