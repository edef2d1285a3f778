//! What a decision of the limiter costs, and what a million addresses take.
//!
//! `cargo bench --bench limiter`. A decision asks all three layers and charges them.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use bllvmctl::limit::{BucketKey, Charge, Layer, Limiter, MethodCharge, MethodTag, Rate};
use bllvmctl::values::Mono;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use smallvec::SmallVec;

const CALLERS: [u32; 4] = [1, 1_000, 100_000, 1_000_000];

fn address(number: u32) -> IpAddr {
    Ipv4Addr::from(number.wrapping_mul(0x9e37_79b1)).into()
}

fn charge(
    limiter: &Limiter,
    number: u32,
    user: Option<BucketKey>,
    method: MethodTag,
    rate: Rate,
) -> Charge {
    Charge {
        address: (limiter.address(address(number)), rate),
        user: user.map(|user| (user, rate)),
        calls: 1,
        methods: [MethodCharge {
            method,
            rate,
            calls: 1,
        }]
        .into(),
    }
}

fn decide(limiter: &mut Limiter, charge: &Charge, now: Mono) -> bool {
    let passes = limiter.check(charge, now).is_ok();
    if passes {
        limiter.spend(charge, now);
    }
    passes
}

fn decisions(criterion: &mut Criterion) {
    let rate = Rate::new(1e6, NonZeroU32::MAX);
    let mut group = criterion.benchmark_group("decision");
    group.throughput(Throughput::Elements(1));
    for callers in CALLERS {
        let mut limiter = Limiter::default();
        let method = limiter.tag("getblocktemplate");
        let now = Mono::from_start(Duration::from_secs(1));
        let user = Some(limiter.user(b"alice"));
        let charges: Vec<_> = (0..callers)
            .map(|number| charge(&limiter, number, user, method, rate))
            .collect();
        for charge in &charges {
            decide(&mut limiter, charge, now);
        }
        let mut turn = charges.iter().cycle();
        group.bench_function(
            BenchmarkId::new("three layers, callers in turn", callers),
            |bencher| {
                bencher.iter(|| {
                    turn.next()
                        .map(|charge| decide(&mut limiter, black_box(charge), now))
                });
            },
        );
        let alone: Vec<_> = charges
            .iter()
            .map(|charge| Charge {
                user: None,
                methods: SmallVec::new(),
                ..charge.clone()
            })
            .collect();
        let mut turn = alone.iter().cycle();
        group.bench_function(
            BenchmarkId::new("one layer, callers in turn", callers),
            |bencher| {
                bencher.iter(|| {
                    turn.next()
                        .map(|charge| decide(&mut limiter, black_box(charge), now))
                });
            },
        );
    }
    group.finish();
}

/// Says what the tables take; it is no time, so it is printed and not measured.
#[allow(clippy::print_stdout, reason = "a bench tells its numbers")]
fn memory(_: &mut Criterion) {
    let mut limiter = Limiter::default();
    let method = limiter.tag("getblocktemplate");
    let rate = Rate::new(0.001, NonZeroU32::MAX);
    let now = Mono::from_start(Duration::from_secs(1));
    for number in 0..1_000_000 {
        let charge = charge(&limiter, number, None, method, rate);
        decide(&mut limiter, &charge, now);
    }
    let mebibytes = limiter.bytes() >> 20;
    let remembered = limiter.remembered(Layer::Address);
    println!(
        "a million addresses, each with a limited method: {mebibytes} MiB, {remembered} \
         addresses remembered"
    );
}

criterion_group!(benches, decisions, memory);
criterion_main!(benches);
