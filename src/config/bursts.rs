//! Batches that no bucket ever has tokens for.
//!
//! The limit of one method is not checked: batches are seldom of one method, and whoever writes
//! such a limit means it.

use super::place::Place;
use super::problem::Problem;
use super::reader::Reader;
use super::scalar::{boolean, count, text};

const USERS: &str = "rpc.auth.users";

/// Warns of each burst, of addresses and of users, that is below `rpc.max_batch`.
pub(super) fn check(reader: &mut Reader<'_>) {
    let is_enforced = reader.known("rpc.auth.rate_limit_enabled", boolean) == Some(true)
        && reader.known("rpc.auth.rate_limit_mode", text).as_deref() == Some("enforce");
    let Some(most) = reader.known("rpc.max_batch", count).filter(|_| is_enforced) else {
        return;
    };
    let cure = |burst: u32| format!("write max_batch = {burst}, or a burst of {most}");
    let message = |whose: &str, burst: u32| {
        format!("is above {whose} of {burst}: a batch of more than {burst} calls is always refused")
    };
    if let Some(burst) = reader
        .known("rpc.auth.rate_limit_burst", count)
        .filter(|burst| *burst < most)
    {
        let batch = Place::from("rpc.max_batch");
        let written = reader.written_one(&[batch, "rpc.auth.rate_limit_burst".into()]);
        let message = message("rate_limit_burst", burst.get());
        let message = if written == Some(batch) {
            message
        } else {
            format!("max_batch = {most} {message}")
        };
        let problem = reader.problem(written.unwrap_or(batch), message).warning();
        reader.report(problem.suggest(cure(burst.get())));
    }
    for entry in 0..reader.entries_at(USERS) {
        let place = |path| Place::in_entry(path, entry);
        let burst_place = place("rpc.auth.users.burst");
        let name = reader.known(place("rpc.auth.users.name"), text);
        let own = reader.is_given(burst_place);
        let burst = reader.known(burst_place, count).filter(|_| own);
        if let (Some(name), Some(burst)) = (name, burst)
            && burst < most
        {
            let message = message(&format!("the burst of {name}"), burst.get());
            let problem = reader.problem(burst_place, format!("max_batch = {most} {message}"));
            let problem = problem.warning().suggest(cure(burst.get()));
            reader.report(Problem {
                value: None,
                ..problem
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::tests::load_str;

    /// The warnings about batches, without their values.
    fn warned(file: &str) -> Vec<String> {
        let loaded = load_str(file);
        let about = loaded
            .problems
            .iter()
            .filter(|problem| problem.message.contains("batch"));
        about
            .map(|problem| {
                format!(
                    "{}: {}",
                    problem.key.as_deref().unwrap_or_default(),
                    problem.message
                )
            })
            .collect()
    }

    const USERS: &str = "[[rpc.auth.users]]\nname = 'a'\nrpcauth = 'x'\nburst = 7\n\
                         [[rpc.auth.users]]\nname = 'b'\n";

    #[test]
    fn a_burst_below_the_largest_batch_is_a_warning() {
        assert_eq!(
            warned("[rpc.auth]\nrate_limit_burst = 50"),
            [
                "rpc.auth.rate_limit_burst: max_batch = 100 is above rate_limit_burst of 50: a \
                 batch of more than 50 calls is always refused"
            ]
        );
        assert_eq!(
            warned("[rpc]\nmax_batch = 201"),
            [
                "rpc.max_batch: is above rate_limit_burst of 200: a batch of more than 200 calls \
                 is always refused"
            ]
        );
        let users = warned(USERS);
        assert!(
            users.len() == 1 && users[0].starts_with("rpc.auth.users.burst: max_batch = 100"),
            "{users:?}"
        );
        assert!(users[0].contains("the burst of a of 7"), "{users:?}");
    }

    #[test]
    fn bursts_that_hold_a_batch_and_limits_that_refuse_nothing_are_none() {
        for file in [
            "",
            "[rpc]\nmax_batch = 200",
            "[rpc]\nmax_batch = 7\n[rpc.auth]\nrate_limit_burst = 7",
            "[rpc.auth]\nrate_limit_enabled = false\nrate_limit_burst = 1",
            "[rpc.auth]\nrate_limit_mode = 'observe'\nrate_limit_burst = 1",
            "[rpc.auth.per_method_limits]\nstop = { rate = 1, burst = 1 }",
        ] {
            assert!(warned(file).is_empty(), "{file}: {:?}", warned(file));
        }
        assert!(warned(&format!("[rpc]\nmax_batch = 7\n{USERS}")).is_empty());
    }
}
