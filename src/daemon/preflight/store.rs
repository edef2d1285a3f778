//! Whether the store of shared limits can be used.

use std::time::Duration;

use super::problem::{error, warning};
use crate::clock;
use crate::config::{Config, Problem};
use crate::limit::shared::{LimitStoreError, StoreAccess, StoreFacts};

/// A clock that differs from ours by more is reported.
const MOST_CLOCK_DIFFERENCE: Duration = Duration::from_secs(5);

/// What is wrong with the store of `config`, if it has one.
pub(super) async fn check(config: &Config) -> Vec<Problem> {
    let limits = &config.limits;
    if limits.store.is_none() {
        return Vec::new();
    }
    let password = limits.url_password_file.as_deref();
    let inspected = match StoreAccess::new(&limits.url, password) {
        Ok(access) => access.inspect().await,
        Err(problem) => Err(problem),
    };
    let url = limits.url.to_string();
    match inspected {
        Ok(facts) => of_facts(&url, &facts),
        Err(problem) => vec![of_error(&url, &problem, password.is_some())],
    }
}

fn of_error(url: &str, problem: &LimitStoreError, has_password: bool) -> Problem {
    let message = problem.to_string();
    match problem {
        // It may be back later.
        LimitStoreError::Connect { .. } | LimitStoreError::Closed(_) | LimitStoreError::Late(_) => {
            warning("limits.url", url, message)
        }
        LimitStoreError::Unauthorized(_) if has_password => {
            let suggestion = "write the password of the store into that file, on one line";
            Problem {
                suggestion: Some(suggestion.to_owned()),
                ..error("limits.url_password_file", url, message)
            }
        }
        LimitStoreError::Unauthorized(_) => Problem {
            suggestion: Some(
                "name the file with its password in limits.url_password_file".to_owned(),
            ),
            ..error("limits.url", url, message)
        },
        _ => error("limits.url", url, message),
    }
}

fn of_facts(url: &str, facts: &StoreFacts) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(fault) = facts.fault() {
        let suggestion = Some("CONFIG SET maxmemory-policy noeviction".to_owned());
        problems.push(Problem {
            suggestion,
            ..error("limits.url", url, fault.to_string())
        });
    }
    match &facts.eviction {
        Some(policy) if policy.starts_with("volatile-") => {
            let message = format!(
                "maxmemory-policy is {policy}: when memory is full, a limit that is thrown away is \
                 a full bucket"
            );
            problems.push(warning("limits.url", url, message));
        }
        None => {
            let message = "the store does not let bllvmctl read its maxmemory-policy: it must not \
                           begin with allkeys-";
            problems.push(warning("limits.url", url, message));
        }
        Some(_) => {}
    }
    problems.extend(facts.time.and_then(|time| clock_difference(url, time)));
    problems
}

fn clock_difference(url: &str, time: Duration) -> Option<Problem> {
    let ours = u64::try_from(clock::wall().as_millisecond()).unwrap_or_default();
    let ours = Duration::from_millis(ours);
    let difference = ours.abs_diff(time);
    (difference > MOST_CLOCK_DIFFERENCE).then(|| {
        let seconds = difference.as_secs();
        let message = format!(
            "its clock differs from the one of this machine by {seconds} s; limits go by the clock \
             of the store, which must not be set while it runs"
        );
        warning("limits.url", url, message)
    })
}
