//! The layers by example, and against naive counters.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::limit::MethodCharge;

fn rate(per_second: f64, burst: u32) -> Rate {
    Rate::new(per_second, NonZeroU32::new(burst).unwrap())
}

fn at(milliseconds: u64) -> Mono {
    Mono::from_start(Duration::from_millis(milliseconds))
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn admit(limiter: &mut Limiter, charge: &Charge, now: Mono) -> Result<(), LimitRefusal> {
    limiter.check(charge, now)?;
    limiter.spend(charge, now);
    Ok(())
}

#[test]
fn an_ipv6_caller_is_its_network_and_a_mapped_ipv4_address_is_itself() {
    let limiter = Limiter::default();
    let key = |text| limiter.address(address(text));
    assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
    assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    assert_ne!(key("::1"), key("0.0.0.0"));
}

#[test]
fn a_call_that_one_layer_refuses_costs_the_others_nothing() {
    let mut limiter = Limiter::default();
    let stop = limiter.tag("stop");
    let methods = [MethodCharge {
        method: stop,
        rate: rate(0.001, 1),
        calls: 1,
    }];
    let charge = Charge {
        address: (limiter.address(address("192.0.2.1")), rate(1.0, 5)),
        user: Some((limiter.user(b"alice"), rate(1.0, 5))),
        calls: 1,
        methods: methods[..].into(),
    };
    assert_eq!(admit(&mut limiter, &charge, at(0)), Ok(()));
    for _ in 0..100 {
        let refusal = admit(&mut limiter, &charge, at(0)).unwrap_err();
        assert_eq!((refusal.layer, refusal.method), (Layer::Method, Some(stop)));
    }
    let free = Charge {
        methods: SmallVec::new(),
        ..charge.clone()
    };
    for _ in 0..4 {
        assert_eq!(admit(&mut limiter, &free, at(0)), Ok(()));
    }
    assert!(admit(&mut limiter, &free, at(0)).is_err());
}

#[test]
fn what_is_given_back_is_there_again_in_every_layer() {
    let mut limiter = Limiter::default();
    let methods = [MethodCharge {
        method: limiter.tag("stop"),
        rate: rate(0.001, 3),
        calls: 3,
    }]
    .into();
    let address = (limiter.address(address("192.0.2.1")), rate(0.001, 3));
    let charge = Charge {
        address,
        user: Some((limiter.user(b"alice"), rate(0.001, 3))),
        calls: 3,
        methods,
    };
    for _ in 0..5 {
        assert_eq!(admit(&mut limiter, &charge, at(1)), Ok(()));
        assert!(limiter.check(&charge, at(1)).is_err());
        limiter.refund(&charge, at(1));
    }
}

#[test]
fn a_refusal_names_the_longest_wait_so_that_one_is_enough() {
    let mut limiter = Limiter::default();
    let charge = Charge {
        address: (limiter.address(address("192.0.2.1")), rate(1.0, 1)),
        user: Some((limiter.user(b"alice"), rate(0.1, 1))),
        calls: 1,
        methods: SmallVec::new(),
    };
    assert_eq!(admit(&mut limiter, &charge, at(0)), Ok(()));
    let refusal = limiter.check(&charge, at(0)).unwrap_err();
    assert_eq!(
        (refusal.layer, refusal.shortage),
        (Layer::User, Shortage::Wait(Duration::from_secs(10)))
    );
    assert_eq!(limiter.check(&charge, at(10_000)), Ok(()));
}

#[test]
fn one_caller_cannot_use_up_a_method_for_another() {
    let mut limiter = Limiter::default();
    let methods = [MethodCharge {
        method: limiter.tag("getblocktemplate"),
        rate: rate(0.001, 1),
        calls: 1,
    }];
    let from = |limiter: &Limiter, name: &str| Charge {
        address: (limiter.address(address("192.0.2.1")), rate(1000.0, 1000)),
        user: Some((limiter.user(name.as_bytes()), rate(1000.0, 1000))),
        calls: 1,
        methods: methods[..].into(),
    };
    let alice = from(&limiter, "alice");
    let bob = from(&limiter, "bob");
    assert_eq!(admit(&mut limiter, &alice, at(0)), Ok(()));
    assert!(admit(&mut limiter, &alice, at(0)).is_err());
    assert_eq!(admit(&mut limiter, &bob, at(0)), Ok(()));
}

#[test]
fn a_reload_keeps_what_each_layer_has_spent() {
    let mut limiter = Limiter::default();
    let old = rate(0.001, 2);
    let new = rate(0.002, 4);
    let stop = limiter.tag("stop");
    let help = limiter.tag("help");
    assert_eq!(limiter.tag("stop"), stop);
    let methods = [stop, help].map(|method| MethodCharge {
        method,
        rate: old,
        calls: 2,
    });
    let key = limiter.address(address("192.0.2.1"));
    let user = limiter.user(b"alice");
    let charge = Charge {
        address: (key, old),
        user: Some((user, old)),
        calls: 2,
        methods: methods[..].into(),
    };
    assert_eq!(admit(&mut limiter, &charge, at(0)), Ok(()));
    limiter.re_rate_addresses(old, new, at(0));
    limiter.re_rate_users(|_| (old, new), at(0));
    limiter.re_rate_methods(|tag| (tag == stop).then_some((old, new)), at(0));
    assert_eq!(limiter.level(Layer::Address, key, None, new, at(0)), 0);
    assert_eq!(limiter.level(Layer::User, user, None, new, at(0)), 0);
    assert_eq!(
        limiter.level(Layer::Method, user, Some(stop), new, at(0)),
        0
    );
    assert_eq!(
        limiter.level(Layer::Method, user, Some(help), old, at(0)),
        0
    );
    assert_eq!(
        limiter.level(Layer::Method, user, Some(stop), new, at(500_000)),
        1
    );
}

#[test]
fn a_million_addresses_stay_within_the_bound_and_one_more_is_still_served() {
    let mut limiter = Limiter::default();
    let stop = limiter.tag("stop");
    let methods = [MethodCharge {
        method: stop,
        rate: rate(1.0, 2),
        calls: 1,
    }];
    for n in 0..1_000_000_u32 {
        let address = (limiter.address(IpAddr::V4(n.into())), rate(100.0, 200));
        let charge = Charge {
            address,
            user: None,
            calls: 1,
            methods: methods[..].into(),
        };
        let _ = admit(&mut limiter, &charge, at(1));
    }
    assert!(limiter.bytes() <= 64 << 20, "{}", limiter.bytes());
    let address = (limiter.address(address("2001:db8::1")), rate(100.0, 200));
    let charge = Charge {
        address,
        user: None,
        calls: 1,
        methods: methods[..].into(),
    };
    assert_eq!(admit(&mut limiter, &charge, at(1)), Ok(()));
}

proptest! {
    /// Against naive counters: one of thousandths of a token for each bucket, asked one by one,
    /// charged one by one.
    #[test]
    fn all_layers_agree_with_naive_counters(
        steps in prop::collection::vec((0_u64..300, 0_u8..3, 0_u8..4, 0_u8..3, 1_u32..4), 1..200),
    ) {
        const BURSTS: [u64; 3] = [6, 5, 3];
        let mut limiter = Limiter::default();
        let tags = ["a", "b"].map(|name| limiter.tag(name));
        let rates = BURSTS.map(|burst| rate(10.0, u32::try_from(burst).unwrap()));
        let mut spent: HashMap<(usize, u8, u8), (u64, u64)> = HashMap::new();
        let mut now = 0;
        for (pause, host, user, method, calls) in steps {
            now += pause;
            // User 3 is nobody, method 2 is not limited.
            let user = (user < 3).then_some(user);
            let methods: SmallVec<_> = tags
                .get(usize::from(method))
                .map(|tag| MethodCharge { method: *tag, rate: rates[2], calls })
                .into_iter()
                .collect();
            let charge = Charge {
                address: (limiter.address(IpAddr::V4(u32::from(host).into())), rates[0]),
                user: user.map(|user| (limiter.user(&[user]), rates[1])),
                calls,
                methods,
            };
            let mut buckets = vec![(0, host, 0)];
            buckets.extend(user.map(|user| (1, user, 0)));
            // A caller by address is another than any by name.
            buckets.extend((method < 2).then(|| (2, user.map_or(100 + host, |user| user), method)));
            let cost = u64::from(calls) * 100;
            let mut waits = Vec::new();
            for bucket in &buckets {
                let (missing, since) = spent.entry(*bucket).or_insert((0, now));
                *missing = missing.saturating_sub(now - *since);
                *since = now;
                let depth = BURSTS[bucket.0] * 100;
                if *missing + cost > depth {
                    let never = cost > depth;
                    waits.push(if never { Shortage::Never } else {
                        Shortage::Wait(Duration::from_millis(*missing + cost - depth))
                    });
                }
            }
            let answer = admit(&mut limiter, &charge, at(now));
            prop_assert_eq!(answer.err().map(|refusal| refusal.shortage), waits.iter().max().copied());
            if waits.is_empty() {
                for bucket in buckets {
                    spent.get_mut(&bucket).unwrap().0 += cost;
                }
            }
        }
    }
}

fn calls_of(limiter: &Limiter, rate: Rate, calls: u32) -> Charge {
    Charge {
        address: (limiter.address(address("192.0.2.1")), rate),
        user: None,
        calls,
        methods: SmallVec::new(),
    }
}

#[test]
fn parts_of_a_limit_admit_together_what_the_whole_would() {
    let mut admitted = 0;
    for _ in 0..3 {
        let mut limiter = Limiter::default();
        let charge = calls_of(&limiter, rate(0.001, 9), 1);
        for _ in 0..20 {
            if limiter.check_part(&charge, 3, at(0)).is_ok() {
                limiter.spend_part(&charge, 3, at(0));
                admitted += 1;
            }
        }
        limiter.refund_part(&charge, 3, at(0));
        assert_eq!(limiter.check_part(&charge, 3, at(0)), Ok(()));
    }
    assert_eq!(admitted, 9);
}

#[test]
fn a_batch_that_is_larger_than_a_part_needs_all_of_it_and_is_paid_in_full() {
    let mut limiter = Limiter::default();
    let batch = calls_of(&limiter, rate(1.0, 9), 6);
    assert_eq!(limiter.check_part(&batch, 3, at(0)), Ok(()));
    limiter.spend_part(&batch, 3, at(0));
    let one = calls_of(&limiter, rate(1.0, 9), 1);
    let refusal = limiter.check_part(&one, 3, at(0)).unwrap_err();
    // Three tokens are owed, and one is wanted, each after three seconds.
    assert_eq!(refusal.shortage, Shortage::Wait(Duration::from_secs(12)));
    assert_eq!(limiter.check_part(&one, 3, at(12_000)), Ok(()));
}

#[test]
fn what_others_have_decided_empties_a_bucket_and_no_more() {
    let mut limiter = Limiter::default();
    let charge = calls_of(&limiter, rate(3.0, 9), 1);
    for _ in 0..100 {
        limiter.drain_part(&charge, 3, at(0));
    }
    assert!(limiter.check_part(&charge, 3, at(999)).is_err());
    assert_eq!(limiter.check_part(&charge, 3, at(1000)), Ok(()));
}

#[test]
fn daemons_with_one_secret_have_the_same_buckets_in_the_store() {
    let secret = BucketSecret::random();
    let demands = |tags: &[&str], secret| {
        let mut limiter = Limiter::default();
        limiter.change_secret(secret);
        for tag in tags {
            limiter.tag(tag);
        }
        let methods = [MethodCharge {
            method: limiter.tag("stop"),
            rate: rate(1.0, 1),
            calls: 1,
        }];
        let charge = Charge {
            user: Some((limiter.user(b"alice"), rate(1.0, 5))),
            methods: methods[..].into(),
            ..calls_of(&limiter, rate(1.0, 5), 1)
        };
        let demands = limiter.demands(&charge);
        demands.iter().map(|demand| demand.key).collect::<Vec<_>>()
    };
    let keys = demands(&[], secret);
    assert_eq!(
        keys.iter().map(|key| key.layer()).collect::<Vec<_>>(),
        Layer::ALL
    );
    assert_eq!(
        keys,
        demands(&["help", "uptime"], secret),
        "tags are a daemon's own"
    );
    let others = demands(&[], BucketSecret::random());
    assert!(keys.iter().all(|key| !others.contains(key)));
}

#[test]
fn what_costs_more_than_a_full_bucket_is_known_before_anything_is_asked() {
    let limiter = Limiter::default();
    assert_eq!(calls_of(&limiter, rate(1.0, 5), 5).above_burst(), None);
    let above = calls_of(&limiter, rate(1.0, 5), 6).above_burst().unwrap();
    assert_eq!(
        (above.layer, above.shortage),
        (Layer::Address, Shortage::Never)
    );
}
