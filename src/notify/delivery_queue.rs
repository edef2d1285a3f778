//! What waits to be sent to one target, and when an attempt that failed is made again. Pure.
//!
//! One message at a time, in the order in which they came. Invariant: at most
//! [`DeliveryQueue::BOUND`] wait, and each is tried at most five times.

use std::collections::VecDeque;
use std::time::Duration;

use super::message::Message;
use crate::values::Mono;

/// A message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) message: Message,
    /// So many attempts have failed.
    failures: u32,
}

/// What waits to be sent to one target.
#[derive(Debug, Default)]
pub(super) struct DeliveryQueue {
    waiting: VecDeque<Delivery>,
    /// One is being sent.
    is_sending: bool,
    /// The first of those that wait is not tried before.
    not_before: Mono,
}

impl DeliveryQueue {
    /// No more wait; the oldest goes.
    pub(super) const BOUND: usize = 100;
    /// An attempt that takes longer has failed.
    pub(super) const TRY_TIMEOUT: Duration = Duration::from_secs(10);
    /// The pauses between attempts: five of them, the last of which ends within ten minutes of the
    /// first even if each takes as long as it may.
    const PAUSES: [Duration; 4] = [
        Duration::from_secs(15),
        Duration::from_secs(45),
        Duration::from_secs(120),
        Duration::from_secs(360),
    ];

    /// Adds a message; whether the oldest had to go for it.
    pub(super) fn push(&mut self, message: Message) -> bool {
        self.waiting.push_back(Delivery {
            message,
            failures: 0,
        });
        let is_full = self.waiting.len() > Self::BOUND;
        if is_full {
            self.waiting.pop_front();
            // The pause was that of the one that went.
            self.not_before = Mono::START;
        }
        is_full
    }

    /// Adds a message in place of all that wait; how many these were.
    pub(super) fn replace(&mut self, message: Message) -> usize {
        let gone = self.waiting.len();
        self.waiting.clear();
        self.not_before = Mono::START;
        self.push(message);
        gone
    }

    /// The message to send now. How that ends is to be reported.
    pub(super) fn take(&mut self, now: Mono) -> Option<Delivery> {
        if self.is_sending || now < self.not_before {
            return None;
        }
        let delivery = self.waiting.pop_front()?;
        self.is_sending = true;
        Some(delivery)
    }

    /// What was taken is sent.
    pub(super) fn succeeded(&mut self) {
        self.is_sending = false;
        self.not_before = Mono::START;
    }

    /// What was taken is not sent; whether it is given up.
    pub(super) fn failed(&mut self, delivery: Delivery, now: Mono) -> bool {
        self.is_sending = false;
        let failures = delivery.failures + 1;
        let pause = usize::try_from(delivery.failures).ok();
        let Some(pause) = pause.and_then(|at| Self::PAUSES.get(at)) else {
            self.not_before = Mono::START;
            return true;
        };
        self.waiting.push_front(Delivery {
            failures,
            ..delivery
        });
        self.not_before = now.after(*pause);
        // While it was being sent the places of those that wait may have been taken.
        let is_full = self.waiting.len() > Self::BOUND;
        if is_full {
            self.waiting.pop_front();
            self.not_before = Mono::START;
        }
        is_full
    }

    /// When there is something to send, if nothing is being sent.
    pub(super) fn next_try(&self) -> Option<Mono> {
        (!self.is_sending && !self.waiting.is_empty()).then_some(self.not_before)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::values::Placeholder;

    const MAX_TRIES: usize = DeliveryQueue::PAUSES.len() + 1;

    fn message(number: usize) -> Message {
        Message::test(&number.to_string(), jiff::Timestamp::UNIX_EPOCH)
    }

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn five_attempts_end_within_ten_minutes_however_long_each_takes() {
        for takes in [0, DeliveryQueue::TRY_TIMEOUT.as_secs()] {
            let mut queue = DeliveryQueue::default();
            queue.push(message(1));
            let mut tries = 0;
            let mut ended = 0;
            for second in 0..2000 {
                if let Some(delivery) = queue.take(at(second)) {
                    tries += 1;
                    ended = second + takes;
                    let is_last = queue.failed(delivery, at(ended));
                    assert_eq!(is_last, tries == MAX_TRIES);
                }
            }
            assert_eq!(tries, 5);
            assert!(ended <= 600, "{ended}");
            assert!(ended >= 500, "an outage of some minutes is outlasted");
        }
    }

    #[test]
    fn one_is_sent_at_a_time_and_the_next_one_when_that_ended() {
        let mut queue = DeliveryQueue::default();
        queue.push(message(1));
        queue.push(message(2));
        let first = queue.take(at(0)).unwrap();
        assert_eq!((queue.take(at(0)), queue.next_try()), (None, None));
        assert!(!queue.failed(first.clone(), at(0)));
        assert_eq!(
            queue.take(at(14)),
            None,
            "it is tried again before the next one"
        );
        assert_eq!(queue.next_try(), Some(at(15)));
        assert_eq!(queue.take(at(15)).unwrap().message, first.message);
        queue.succeeded();
        assert_eq!(queue.take(at(15)).unwrap().message, message(2));
        queue.succeeded();
        assert_eq!(queue.next_try(), None);
    }

    #[test]
    fn a_newer_one_may_take_the_place_of_all_that_wait() {
        let mut queue = DeliveryQueue::default();
        assert_eq!(queue.replace(message(1)), 0);
        assert_eq!(queue.replace(message(2)), 1);
        assert_eq!(queue.take(at(0)).unwrap().message, message(2));
    }

    proptest! {
        #[test]
        fn at_most_a_hundred_wait_in_their_order_and_all_are_accounted_for(
            steps in prop::collection::vec(0_u8..4, 1..600),
        ) {
            let mut queue = DeliveryQueue::default();
            let mut now = 0;
            let mut pushed = 0;
            let mut sent = 0;
            let mut lost = 0;
            let mut flying = None;
            let mut last = None;
            for step in steps {
                now += 5;
                match step {
                    0 | 1 => {
                        pushed += 1;
                        lost += usize::from(queue.push(message(pushed)));
                    }
                    _ => match (step, flying.take()) {
                        (2, Some(_)) => {
                            queue.succeeded();
                            sent += 1;
                        }
                        (_, Some(delivery)) => lost += usize::from(queue.failed(delivery, at(now))),
                        (_, None) => {
                            flying = queue.take(at(now));
                            if let Some(delivery) = &flying {
                                let reason = delivery.message.value(Placeholder::Reason);
                                let digits: String = reason.chars().filter(char::is_ascii_digit).collect();
                                let number: usize = digits.parse().unwrap();
                                prop_assert!(last.is_none_or(|last| number >= last));
                                last = Some(number);
                            }
                        }
                    },
                }
                let held = queue.waiting.len();
                prop_assert!(held <= DeliveryQueue::BOUND);
                prop_assert_eq!(pushed, sent + lost + held + usize::from(flying.is_some()));
            }
        }
    }
}
