//! What an operation of the reconnection queue costs at its bound of 10,000, and how that grows to
//! a million.
//!
//! `cargo bench --bench queue`. Each operation leaves the queue as it found it, so that every one
//! meets the same size.

use std::hint::black_box;
use std::time::Duration;

use bllvmctl::reconnect::{Backoff, LostPeer, Quality, Queue, RetryPolicy};
use bllvmctl::values::{Mono, PeerAddress};
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use jiff::Timestamp;

const SIZES: [u32; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];
/// Different numbers that look random, the same each run.
const MIXER: u64 = 0x9e37_79b9_7f4a_7c15;

fn policy() -> RetryPolicy {
    let backoff = Backoff::new(Duration::from_secs(5), Duration::from_secs(3600), 0.1);
    RetryPolicy {
        backoff,
        max_retries: 0,
        spacing: Duration::ZERO,
    }
}

fn address(number: u32) -> PeerAddress {
    let [_, b, c, d] = number.to_be_bytes();
    std::net::SocketAddr::from(([10, b, c, d], 8333)).into()
}

fn draw(number: u32) -> u64 {
    u64::from(number).wrapping_add(1).wrapping_mul(MIXER)
}

fn quality(number: u32) -> Quality {
    let [first, second, ..] = draw(number).to_be_bytes();
    Quality::new(f64::from(u16::from_be_bytes([first, second])) / 65_536.0)
}

fn loss(number: u32) -> LostPeer {
    LostPeer {
        address: address(number),
        quality: quality(number),
        step: 0,
        dialled: None,
        at: Timestamp::UNIX_EPOCH,
        wanted: false,
    }
}

/// A queue of `size` that wait, none of them due.
fn filled(size: u32) -> Queue {
    let mut queue = Queue::new(usize::try_from(size).unwrap_or(usize::MAX) + 1);
    for number in 0..size {
        queue.enqueue(loss(number), &policy(), Mono::START, draw(number));
    }
    queue
}

fn operations(criterion: &mut Criterion) {
    let policy = policy();
    let late = Mono::from_start(Duration::from_secs(7200));
    for size in SIZES {
        let mut group = criterion.benchmark_group(format!("queue of {size}"));
        let mut queue = filled(size);
        let mut n = 0_u32;
        let mut next = move || {
            n = n.wrapping_add(1);
            n
        };
        group.bench_function(BenchmarkId::from_parameter("next due"), |bencher| {
            bencher.iter(|| black_box(queue.next_due()));
        });
        group.bench_function(BenchmarkId::from_parameter("lose and remove"), |bencher| {
            bencher.iter_batched(
                || loss(size + next() % 1024),
                |loss| {
                    let address = loss.address.clone();
                    queue.enqueue(loss, &policy, Mono::START, 7);
                    queue.remove(&address)
                },
                BatchSize::SmallInput,
            );
        });
        // All are due: the best is taken, fails, and waits again, in both orders.
        let mut queue = filled(size);
        queue.make_all_due(&policy, Mono::START);
        queue.take_due(late, 0);
        let mut now = late;
        group.bench_function(
            BenchmarkId::from_parameter("take the best, fail it, let it be due"),
            |bencher| {
                bencher.iter(|| {
                    now = now.after(Duration::from_millis(1));
                    for taken in queue.take_due(now, 1) {
                        queue.failed(&taken, "no", quality(next()), &policy, (now, draw(next())));
                        queue.retry(&taken, &policy, now);
                    }
                });
            },
        );
        let mut queue = filled(size);
        group.bench_function(BenchmarkId::from_parameter("retry"), |bencher| {
            bencher.iter_batched(
                || address(next() % size),
                |address| queue.retry(&address, &policy, late),
                BatchSize::SmallInput,
            );
        });
        group.finish();
    }
}

fn quick() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
}

criterion_group! { name = queue; config = quick(); targets = operations }
criterion_main!(queue);
