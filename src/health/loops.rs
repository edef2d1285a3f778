//! How the daemon itself is: its loops run, it is not shutting down, and its certificate is valid.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::check::{Check, CheckName, Level};
use super::text::duration;
use crate::values::Mono;

/// How the daemon itself is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loops {
    /// It is shutting down.
    pub draining: bool,
    /// When the process last went on after it had been stopped as a whole, by SIGSTOP or with its
    /// machine: the silence of others before that was its own.
    pub resumed: Mono,
    /// The stalled loop, and since when.
    pub stalled: Option<(&'static str, Duration)>,
    /// When the certificate of the listeners expires, if they have one.
    pub certificate_expires: Option<Timestamp>,
}

/// So long before it expires a certificate is a warning.
pub const CERTIFICATE_NOTICE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The check `daemon`.
pub(super) fn check(loops: Loops) -> Check {
    let (level, text) = match loops {
        Loops {
            stalled: Some((name, since)),
            ..
        } => (
            Level::Bad,
            format!("the loop {name} is stalled, for {}", duration(since)),
        ),
        Loops { draining: true, .. } => (Level::Bad, "shutting down".to_owned()),
        Loops { .. } => (Level::Good, "all loops run".to_owned()),
    };
    Check::new(CheckName::Daemon, level, text)
}

/// The check `tls`, where there is a certificate. No probe fails for it: who cannot check the
/// certificate does not get as far as to ask.
pub(super) fn certificate_check(loops: Loops, now: Timestamp) -> Option<Check> {
    let expires = loops.certificate_expires?;
    let left = expires.duration_since(now);
    let span = duration(left.unsigned_abs());
    let day = expires.strftime("%F");
    let (level, text) = if left.is_negative() {
        (
            Level::Warning,
            format!("the certificate expired {span} ago, on {day}"),
        )
    } else if left <= CERTIFICATE_NOTICE {
        (
            Level::Warning,
            format!("the certificate expires in {span}, on {day}"),
        )
    } else {
        (
            Level::Good,
            format!("the certificate expires in {span}, on {day}"),
        )
    };
    Some(Check::new(CheckName::Tls, level, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_a_warning_from_two_weeks_before_it_expires() {
        let expires: Timestamp = "2030-06-15T12:00:00Z".parse().unwrap();
        let loops = Loops {
            certificate_expires: Some(expires),
            ..Loops::default()
        };
        let check = |now: &str| certificate_check(loops, now.parse().unwrap()).unwrap();
        let level = |now| check(now).level;
        assert_eq!(level("2030-06-01T11:59:59Z"), Level::Good);
        assert_eq!(level("2030-06-01T12:00:00Z"), Level::Warning);
        let past = check("2030-06-18T12:00:00Z");
        assert_eq!(past.level, Level::Warning);
        assert!(past.text.ends_with("ago, on 2030-06-15"), "{}", past.text);
        assert_eq!(certificate_check(Loops::default(), expires), None);
    }
}
