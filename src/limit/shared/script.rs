//! The script in the store: what it is asked, and what it says.

use std::time::Duration;

use redis::{Cmd, Value};
use smallvec::SmallVec;

use super::purse::{Purse, PurseQuestion};
use super::purses::{QuestionPart, StoreAnswer, StoreKey, StoreQuestion};
use super::secret::Fingerprint;
use crate::limit::bucket::Rate;

/// Its text.
pub(super) const SCRIPT: &str = include_str!("script.lua");

/// Whose questions they are.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub(super) namespace: String,
    /// A number of this run, in hexadecimal digits.
    pub(super) daemon: String,
    pub(super) fingerprint: Fingerprint,
}

/// What the script says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ScriptAnswer {
    Answer(StoreAnswer),
    /// The daemons of the namespace have another secret now.
    AnotherSecret,
}

/// All that the script says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScriptReply {
    pub(super) answer: ScriptAnswer,
    /// The time of the store, since 2025.
    pub(super) now: Duration,
    /// For each bucket, until it is full.
    pub(super) missing: Vec<Duration>,
}

impl Asker {
    /// The key of the secret.
    pub(super) fn secret_key(&self) -> String {
        format!("{{bllvm:{}}}:secret", self.namespace)
    }

    /// The key of the daemons that are alive.
    pub(super) fn members_key(&self) -> String {
        format!("{{bllvm:{}}}:members", self.namespace)
    }

    /// The command for a question; the script called `hash` is in the store.
    pub(super) fn ask(&self, hash: &str, question: &StoreQuestion) -> Cmd {
        let parts = question
            .parts
            .iter()
            .map(|QuestionPart { demand, question }| (demand.key, demand.rate, *question));
        self.command(hash, parts)
    }

    /// The command that posts tokens which were spent elsewhere.
    pub(super) fn post(&self, hash: &str, posted: &[(StoreKey, Rate, i64)]) -> Cmd {
        let parts = posted.iter().map(|(key, rate, carry)| {
            (
                *key,
                *rate,
                PurseQuestion {
                    carry: *carry,
                    ..LOOK
                },
            )
        });
        self.command(hash, parts)
    }

    /// The command that changes nothing.
    pub(super) fn look(&self, hash: &str, buckets: &[(StoreKey, Rate)]) -> Cmd {
        self.command(hash, buckets.iter().map(|(key, rate)| (*key, *rate, LOOK)))
    }

    fn command(
        &self,
        hash: &str,
        parts: impl ExactSizeIterator<Item = (StoreKey, Rate, PurseQuestion)> + Clone,
    ) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command
            .arg(hash)
            .arg(parts.len() + 1)
            .arg(self.secret_key());
        for (key, ..) in parts.clone() {
            command.arg(key.name(&self.namespace));
        }
        command
            .arg(self.fingerprint.as_str())
            .arg(&self.daemon)
            .arg(Purse::LEASE.as_micros().to_string());
        for (_, rate, question) in parts {
            command
                .arg(micros(rate.token_ns()))
                .arg(rate.burst().get())
                .arg(question.need)
                .arg(question.ahead)
                .arg(question.carry);
        }
        command
    }
}

/// A question that asks for nothing.
const LOOK: PurseQuestion = PurseQuestion {
    need: 0,
    ahead: 0,
    held: 0,
    carry: 0,
};

/// Nanoseconds as microseconds, to the last digit.
fn micros(nanoseconds: u64) -> String {
    format!("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000)
}

/// Reads what the script said; `None` if it is nothing that it says.
pub(super) fn read(value: &Value) -> Option<ScriptReply> {
    let Value::Array(values) = value else {
        return None;
    };
    let number = |value: &Value| match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    };
    let (head, parts) = values.split_at_checked(2)?;
    let [verdict, now] = head else { return None };
    let verdict = number(verdict)?;
    let now = Duration::from_micros(number(now)?);
    let mut says = SmallVec::<[u64; 3]>::new();
    let mut missing = Vec::new();
    for part in parts.chunks_exact(2) {
        let [said, until_full] = part else {
            return None;
        };
        says.push(number(said)?);
        missing.push(Duration::from_micros(number(until_full)?));
    }
    let tokens = |said: &u64| u32::try_from(*said).unwrap_or(u32::MAX);
    let answer = match verdict {
        0 => {
            let waits = says.iter().map(|said| Duration::from_micros(*said));
            ScriptAnswer::Answer(StoreAnswer::Refused(waits.collect()))
        }
        1 => ScriptAnswer::Answer(StoreAnswer::Granted(says.iter().map(tokens).collect())),
        2 => ScriptAnswer::AnotherSecret,
        _ => return None,
    };
    Some(ScriptReply {
        answer,
        now,
        missing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(numbers: &[i64]) -> Value {
        Value::Array(numbers.iter().map(|number| Value::Int(*number)).collect())
    }

    #[test]
    fn what_the_script_says_is_read_and_nothing_else() {
        let answer = |said: &[i64]| read(&numbers(said)).map(|reply| reply.answer);
        let granted = StoreAnswer::Granted(SmallVec::from_slice(&[7, 0]));
        assert_eq!(
            answer(&[1, 99, 7, 5, 0, 5]),
            Some(ScriptAnswer::Answer(granted))
        );
        let refused = StoreAnswer::Refused(SmallVec::from_slice(&[Duration::from_millis(3)]));
        assert_eq!(
            answer(&[0, 99, 3000, 5]),
            Some(ScriptAnswer::Answer(refused))
        );
        assert_eq!(answer(&[2, 99]), Some(ScriptAnswer::AnotherSecret));
        for wrong in [&[][..], &[1], &[3, 99], &[1, 99, -7, 5]] {
            assert_eq!(answer(wrong), None, "{wrong:?}");
        }
        assert_eq!(read(&Value::Okay), None);
    }

    #[test]
    fn a_token_takes_the_same_time_in_the_store() {
        assert_eq!(micros(10_000_000), "10000.000");
        assert_eq!(micros(1), "0.001");
        assert_eq!(micros(333_333_333), "333333.333");
    }
}
