//! How many descriptors the process may open, and so how many connections it accepts.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// The number of connections above which more descriptors are not requested.
const MAX_CONNECTIONS: u64 = 16_384;
/// Descriptors kept for the node, the log, the state directory and the runtime.
const RESERVED_DESCRIPTORS: u64 = 64;

/// With fewer, probes may go unanswered.
const MIN_DESCRIPTORS: u64 = 32;

/// Raises the soft limit as far as is useful and allowed; returns the number of connections to
/// accept, or why there would be none.
pub(super) fn connections() -> Result<usize, String> {
    let wanted = MAX_CONNECTIONS + RESERVED_DESCRIPTORS;
    let limit = match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((soft, hard)) if soft < wanted => {
            let raised = wanted.min(hard);
            if setrlimit(Resource::RLIMIT_NOFILE, raised, hard).is_ok() {
                raised
            } else {
                soft
            }
        }
        Ok((soft, _)) => soft,
        Err(_) => 1024,
    };
    if limit < MIN_DESCRIPTORS {
        return Err(format!(
            "{limit} file descriptors are too few, {MIN_DESCRIPTORS} are the least; raise `ulimit \
             -n`, or LimitNOFILE of the unit"
        ));
    }
    Ok(usize::try_from(room(limit)).unwrap_or(usize::MAX))
}

/// The connections that `limit` descriptors leave room for: at least half of them.
fn room(limit: u64) -> u64 {
    (limit - RESERVED_DESCRIPTORS.min(limit / 2)).clamp(1, MAX_CONNECTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_limit_still_leaves_room_for_connections_and_for_the_rest() {
        assert_eq!(room(40), 20);
        assert_eq!(room(1024), 960);
        assert_eq!(room(1 << 20), 16_384);
    }
}
