//! The calls that are being answered, for `getrpcinfo`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::clock;
use crate::time::MonotonicTime;

#[derive(Debug, Default)]
struct CallTable {
    next: u64,
    calls: BTreeMap<u64, (&'static str, MonotonicTime)>,
}

/// The open calls.
#[derive(Clone, Debug, Default)]
pub(super) struct ActiveCalls(Arc<Mutex<CallTable>>);

/// A call is open while this is there.
pub(super) struct ActiveCall<'a> {
    active: &'a ActiveCalls,
    number: u64,
}

impl ActiveCalls {
    fn with<T>(&self, change: impl FnOnce(&mut CallTable) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn enter(&self, method: &'static str) -> ActiveCall<'_> {
        let now = clock::mono();
        let number = self.with(|open| {
            let number = open.next;
            open.next = number.wrapping_add(1);
            open.calls.insert(number, (method, now));
            number
        });
        ActiveCall {
            active: self,
            number,
        }
    }

    /// Each with the microseconds it has taken so far, the oldest first.
    pub(super) fn show(&self) -> Value {
        let now = clock::mono();
        let show = |(method, since): &(&'static str, MonotonicTime)| {
            let micros = u64::try_from(now.since(*since).as_micros()).unwrap_or(u64::MAX);
            json!({ "method": method, "duration": micros })
        };
        self.with(|open| open.calls.values().map(show).collect())
    }
}

impl Drop for ActiveCall<'_> {
    fn drop(&mut self) {
        self.active.with(|open| open.calls.remove(&self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_shown_until_it_is_answered() {
        let active = ActiveCalls::default();
        let first = active.enter("getblock");
        let second = active.enter("getrpcinfo");
        std::thread::sleep(std::time::Duration::from_millis(2));
        let shown = active.show();
        assert_eq!(
            (&shown[0]["method"], &shown[1]["method"]),
            (&json!("getblock"), &json!("getrpcinfo"))
        );
        assert!(shown[0]["duration"].as_u64() >= Some(2_000), "{shown}");
        drop(first);
        assert_eq!(active.show().as_array().map(Vec::len), Some(1));
        drop(second);
        assert_eq!(active.show(), json!([]));
    }
}
