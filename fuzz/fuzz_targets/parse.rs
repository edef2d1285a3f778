//! Any bytes as the body of a call: refused, or what another JSON reader finds there too.

#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| bllvmctl::gateway::judge_body(body, 3));
