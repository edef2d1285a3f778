//! Several calls of one request: they go to one node, by the strictest of them. Pure.

use super::class::Class;
use super::rule::Classification;

/// That of a batch of `calls`; of a single call its own, and of none the least strict.
///
/// `is_node_named`: the request's path names a node or a wallet, or some node has the default
/// wallet. Calls that yield do not decide otherwise: they go along, and the node's own error is
/// their answer. A batch of nothing else goes to the caller's node.
///
/// It is sent again only as far as each of its calls may be. With a long poll in it that is with
/// the time that is left.
#[must_use]
pub fn strictest(
    calls: impl IntoIterator<Item = Classification>,
    is_node_named: bool,
) -> Classification {
    let mut decided: Option<Classification> = None;
    let mut only_yielded = false;
    for call in calls {
        if call.yields_in_batch && !is_node_named {
            only_yielded = true;
            continue;
        }
        decided = Some(decided.map_or(call, |others| both(others, call)));
    }
    decided.unwrap_or(if only_yielded {
        Classification::of(Class::View)
    } else {
        Classification::of(Class::Pure)
    })
}

fn both(a: Classification, b: Classification) -> Classification {
    Classification {
        class: a.class.max(b.class),
        resend: a.resend.min(b.resend),
        needs: a.needs.union(b.needs),
        follows_scan: a.follows_scan || b.follows_scan,
        yields_in_batch: a.yields_in_batch && b.yields_in_batch,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::class::Resend;
    use super::super::methods::METHODS;
    use super::super::needs::Needs;
    use super::super::rule::classify;
    use super::*;

    fn of(name: &str) -> Classification {
        classify(METHODS.iter().find(|method| method.name == name), None)
    }

    fn batch(names: &[&str], is_node_named: bool) -> Classification {
        strictest(names.iter().map(|name| of(name)), is_node_named)
    }

    #[test]
    fn the_strictest_call_decides_for_a_batch() {
        let from_the_strictest = [
            ("stop", Class::NodeChange),
            ("listwallets", Class::WalletFiles),
            ("getnewaddress", Class::Wallet),
            ("prioritisetransaction", Class::Mining),
            ("gettxoutsetinfo", Class::Heavy),
            ("sendrawtransaction", Class::Broadcast),
            ("waitfornewblock", Class::LongPoll),
            ("getblockcount", Class::View),
            ("uptime", Class::NodeRead),
            ("decodescript", Class::Pure),
        ];
        let names = from_the_strictest.map(|(name, _)| name);
        for (index, (_, class)) in from_the_strictest.iter().enumerate() {
            let rest = &names[index..];
            let mut reversed = rest.to_vec();
            reversed.reverse();
            assert_eq!(batch(rest, false).class, *class);
            assert_eq!(batch(&reversed, false).class, *class);
        }
        assert!(Class::ByHash < Class::View && Class::ByHash > Class::NodeRead);
    }

    #[test]
    fn a_batch_is_sent_again_only_as_far_as_each_of_its_calls() {
        assert_eq!(
            batch(&["getblockcount", "uptime"], false).resend,
            Resend::Allowed
        );
        assert_eq!(
            batch(&["getblockcount", "unknown"], false).resend,
            Resend::Never
        );
        assert_eq!(
            batch(&["getblockcount", "waitfornewblock"], false).resend,
            Resend::WithRemainingTime
        );
    }

    #[test]
    fn getinfo_of_bitcoin_cli_is_a_view_unless_a_node_is_named_for_its_wallet() {
        let getinfo = [
            "getnetworkinfo",
            "getblockchaininfo",
            "getwalletinfo",
            "getbalances",
        ];
        let unnamed = batch(&getinfo, false);
        assert_eq!(unnamed, Classification::of(Class::View));
        assert_eq!(batch(&getinfo, true).class, Class::Wallet);
        assert_eq!(batch(&getinfo, true).resend, Resend::Never);
        assert_eq!(batch(&["getwalletinfo"], false).class, Class::View);
    }

    #[test]
    fn a_batch_needs_what_any_of_its_calls_needs() {
        let batch = batch(&["gettransactiondetails", "getblockbyheight"], false);
        assert_eq!(batch.needs, Needs::BLOCKS.union(Needs::TX_INDEX));
    }

    #[test]
    fn an_empty_batch_goes_anywhere() {
        assert_eq!(strictest([], false), Classification::of(Class::Pure));
    }

    proptest! {
        #[test]
        fn a_batch_is_as_strict_as_its_strictest_call_in_any_order(
            indexes in prop::collection::vec(0..METHODS.len(), 1..8),
        ) {
            let mut calls: Vec<_> = indexes
                .iter()
                .map(|index| classify(METHODS.get(*index), None))
                .collect();
            let batch = strictest(calls.iter().copied(), true);
            prop_assert_eq!(Some(batch.class), calls.iter().map(|call| call.class).max());
            prop_assert_eq!(Some(batch.resend), calls.iter().map(|call| call.resend).min());
            calls.reverse();
            prop_assert_eq!(strictest(calls, true), batch);
        }
    }
}
