//! Any bytes as the body of a call: refused, or what another JSON reader finds there too.
//!
//! The sources are taken in as they stand, so that the library need not show its parser to anybody.

#![no_main]
#![allow(dead_code, reason = "a part of the sources only")]

#[path = "../../src/gateway/long_poll.rs"]
mod long_poll;
#[path = "../../src/metrics/methods.rs"]
mod metrics;
#[path = "../../src/gateway/parse.rs"]
mod parse;
#[path = "../../src/gateway/parse_oracle.rs"]
mod parse_oracle;

libfuzzer_sys::fuzz_target!(|body: &[u8]| parse_oracle::judge(body, 3));
