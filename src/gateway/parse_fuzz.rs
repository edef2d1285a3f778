//! Bodies that nobody would send: calls that were tampered with, and what any JSON reader makes of
//! them.
//!
//! For a second or two in each run of the tests, the same bodies each time; and others for
//! `FUZZ_SECS` seconds more, where that is set. It begins with `fuzz/seeds/parse`, and goes on from
//! whatever had an outcome of a new kind. Those found by the branches that they take, for which the
//! compiler must help, are left to `fuzz/`.

use std::collections::HashSet;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::time::Duration;

use super::parse::{MalformedBody, RpcCalls, parse};
use super::parse_oracle::judge;
use crate::clock;

/// Calls that a batch may have here.
const MAX_BATCH_CALLS: usize = 3;
/// Longer bodies show nothing that shorter ones do not.
const MAX_INPUT_BYTES: usize = 4096;
/// Bodies in the run that is the same each time.
const DEFAULT_ROUNDS: u32 = 120_000;

/// Pieces of which calls, and what only looks like them, are made.
const PIECES: [&str; 46] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    " ",
    "\n",
    "\0",
    "\u{feff}",
    "null",
    "true",
    "1",
    "-0",
    "1e999",
    "0.5",
    "18446744073709551616",
    "\"method\"",
    "\"id\"",
    "\"params\"",
    "\"jsonrpc\"",
    "\"2.0\"",
    "\"1.0\"",
    "\"Method\"",
    "\"\\u006dethod\"",
    "\"stop\"",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"x\"",
    "\"method\":\"stop\"",
    "\"id\":1",
    "\"params\":[]",
    "\"jsonrpc\":\"2.0\"",
    "\"waitfornewblock\"",
    "\"id\":[1,{}]",
    "{\"method\":\"a\"}",
    "{\"method\":\"a\",\"id\":\"b\"}",
    "[[[[[[[[[[",
    "]]]]]]]]]]",
    "{\"a\":",
    "\"\"",
    "\u{e9}",
    "/**/",
    "'",
];

/// Numbers without end, the same for the same beginning (xorshift, Marsaglia 2003).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % bound.max(1)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// `body`, changed in one place.
    fn mutate(&mut self, body: &mut Vec<u8>, others: &[Vec<u8>]) {
        let at = self.below(body.len() + 1);
        let length = self.below(12);
        let end = (at + length).min(body.len());
        match self.below(6) {
            0 => drop(body.splice(at..at, self.of(&PIECES).bytes())),
            1 => drop(body.splice(at..end, self.of(&PIECES).bytes())),
            2 => drop(body.drain(at..end)),
            3 => {
                let part = body[at..end].to_vec();
                let to = self.below(body.len() + 1);
                body.splice(to..to, part);
            }
            4 => {
                let byte = u8::try_from(self.below(256)).unwrap();
                if let Some(old) = body.get_mut(at) {
                    *old = byte;
                }
            }
            _ => {
                let other = self.of(others);
                let from = self.below(other.len());
                body.splice(at..end, other[from..].iter().copied());
            }
        }
        body.truncate(MAX_INPUT_BYTES);
    }

    /// A body made of pieces, or of one of `pool`; every other one of those of `seeds`, so that
    /// many are still calls.
    fn body(&mut self, seeds: &[Vec<u8>], pool: &[Vec<u8>]) -> Vec<u8> {
        if self.below(4) == 0 {
            return (0..=self.below(16))
                .flat_map(|_| self.of(&PIECES).bytes())
                .collect();
        }
        let from = if self.below(2) == 0 { seeds } else { pool };
        let mut body = self.of(from).clone();
        for _ in 0..=self.below(4) {
            self.mutate(&mut body, pool);
        }
        body
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/parse");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// What is made of a body, in words that are the same for many bodies.
fn kind_of_outcome(body: &[u8]) -> String {
    let without_numbers = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    match parse(body, MAX_BATCH_CALLS) {
        Ok(RpcCalls::Single(call)) => format!(
            "one {:?} {} {}",
            call.version,
            call.id.is_some(),
            call.classification.class.label()
        ),
        Ok(RpcCalls::Batch(calls)) => {
            format!(
                "{} calls of {}",
                calls.iter().filter(|call| call.method.is_some()).count(),
                calls.len()
            )
        }
        Err(MalformedBody::NotJson(why)) => without_numbers(&why),
        Err(MalformedBody::NotACall {
            detail,
            id,
            version,
        }) => {
            format!("{} {} {version:?}", without_numbers(&detail), id.is_some())
        }
        Err(MalformedBody::TooMany { .. }) => "too many".to_owned(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the length of this test is for whoever runs it to say"
)]
fn seconds() -> Option<u64> {
    std::env::var("FUZZ_SECS")
        .ok()
        .map(|text| text.parse().expect("FUZZ_SECS is a number of seconds"))
}

/// Judges one body after the other for as long as `goes_on` with so many.
fn tamper(beginning: u64, goes_on: impl Fn(u32) -> bool) {
    let seeds = seeds();
    let mut draw = Draw(beginning);
    let mut kinds = HashSet::new();
    let mut pool = seeds.clone();
    let mut tried = 0_u32;
    let mut accepted = 0_u32;
    while goes_on(tried) {
        let body = draw.body(&seeds, &pool);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| judge(&body, MAX_BATCH_CALLS))) {
            eprintln!(
                "this body breaks a rule; a file with it in fuzz/seeds/parse keeps it: {}",
                body.escape_ascii()
            );
            resume_unwind(panic);
        }
        tried += 1;
        accepted += u32::from(parse(&body, MAX_BATCH_CALLS).is_ok());
        if kinds.insert(kind_of_outcome(&body)) {
            pool.push(body);
        }
    }
    println!(
        "{tried} bodies, {accepted} of them accepted, {} kinds of outcome",
        kinds.len()
    );
    assert!(
        accepted > tried / 200,
        "only {accepted} of {tried} were calls still: this shows little"
    );
    assert!(
        kinds.len() > 20,
        "only {} kinds of outcome: this shows little",
        kinds.len()
    );
}

#[test]
fn calls_that_were_tampered_with_are_refused_or_mean_what_any_reader_finds() {
    tamper(0x9e37_79b9_7f4a_7c15, |tried| tried < DEFAULT_ROUNDS);
}

#[test]
fn calls_that_were_tampered_with_otherwise_each_time_are_refused_or_mean_what_any_reader_finds() {
    let Some(limit) = seconds().map(Duration::from_secs) else {
        return;
    };
    let began = clock::mono();
    let beginning = RandomState::new().hash_one("beginning") | 1;
    tamper(beginning, |tried| {
        !tried.is_multiple_of(1000) || clock::mono().since(began) < limit
    });
}

#[test]
fn the_seeds_are_refused_or_mean_what_any_reader_finds() {
    let seeds = seeds();
    assert!(seeds.len() > 10);
    for body in &seeds {
        judge(body, MAX_BATCH_CALLS);
    }
}
