//! `[network]`

use std::time::Duration;

use super::scope::NodeScope;
use crate::config::address;
use crate::config::item::Item;
use crate::config::reader::Reader;
use crate::config::scalar::{Wrong, boolean, choice, count, number, seconds, whole};
use crate::config::schema::{Network, ReconnectScope};

const SCOPES: [(&str, ReconnectScope); 3] = [
    ("auto", ReconnectScope::Auto),
    ("configured", ReconnectScope::Configured),
    ("outbound", ReconnectScope::Outbound),
];

pub(super) fn read(reader: &mut Reader<'_>, scope: NodeScope) -> Option<Network> {
    let at = |path| scope.place(path);
    let listen = reader.optional(at("network.listen"), address::peer_listener);
    let peers = reader.list(at("network.peers"), address::peer);
    let max_peers = reader.get(at("network.max_peers"), |item| whole::<u32>(item, 1));
    let min_peers = reader.get(at("network.min_peers"), |item| whole::<u32>(item, 0));
    let reconnect_enabled = reader.get(at("network.reconnect_enabled"), boolean);
    let reconnect_max_retries =
        reader.get(at("network.reconnect_max_retries"), |item| whole(item, 0));
    let initial = reader.get(at("network.reconnect_initial_delay_secs"), seconds);
    let max = reader.get(at("network.reconnect_max_delay_secs"), seconds);
    let jitter = reader.get(at("network.reconnect_jitter"), jitter);
    let concurrent = reader.get(at("network.reconnect_max_concurrent"), count);
    let reconnect_scope = reader.get(at("network.reconnect_scope"), |item| choice(item, &SCOPES));
    if scope.is_a_node() {
        delays_agree(reader, scope, initial, max);
        jitter_varies(reader, scope, jitter);
        min_peers_can_be_reached(reader, scope, min_peers, max_peers);
    }
    let max_peers_place = at("network.max_peers");
    let is_max_peers_written =
        reader.is_given(max_peers_place) || reader.is_given("network.max_peers");
    Some(Network {
        listen: listen?,
        peers: peers?,
        max_peers: max_peers?,
        max_peers_written: is_max_peers_written,
        min_peers: min_peers?,
        reconnect_enabled: reconnect_enabled?,
        reconnect_max_retries: reconnect_max_retries?,
        reconnect_initial_delay: initial?,
        reconnect_max_delay: max?,
        reconnect_jitter: jitter?,
        reconnect_max_concurrent: concurrent?,
        reconnect_scope: reconnect_scope?,
    })
}

fn delays_agree(
    reader: &mut Reader<'_>,
    scope: NodeScope,
    initial: Option<Duration>,
    max: Option<Duration>,
) {
    let (Some(initial), Some(max)) = (initial, max) else {
        return;
    };
    if initial <= max {
        return;
    }
    let initial_place = scope.place("network.reconnect_initial_delay_secs");
    let max_place = scope.place("network.reconnect_max_delay_secs");
    let Some(written) = reader.written_one(&[initial_place, max_place]) else {
        return;
    };
    let (message, write) = if written == initial_place {
        let max = max.as_secs_f64();
        (
            format!("must not be above reconnect_max_delay_secs = {max}"),
            max,
        )
    } else {
        let initial = initial.as_secs_f64();
        (
            format!("must not be below reconnect_initial_delay_secs = {initial}"),
            initial,
        )
    };
    let problem = reader.problem(written, message);
    reader.report(problem.suggest(format!("write {write}, say")));
}

fn jitter_varies(reader: &mut Reader<'_>, scope: NodeScope, jitter: Option<f64>) {
    if jitter.is_none_or(|jitter| jitter != 0.0) {
        return;
    }
    let message = "is 0: peers that were lost together are dialled together each time";
    let problem = reader.problem(scope.place("network.reconnect_jitter"), message);
    reader.report(problem.warning().suggest("write 0.1 for a tenth"));
}

fn min_peers_can_be_reached(
    reader: &mut Reader<'_>,
    scope: NodeScope,
    min: Option<u32>,
    most: Option<u32>,
) {
    let (Some(min), Some(most)) = (min, most) else {
        return;
    };
    if min <= most {
        return;
    }
    let min_place = scope.place("network.min_peers");
    let most_place = scope.place("network.max_peers");
    let Some(written) = reader.written_one(&[min_place, most_place]) else {
        return;
    };
    let message = format!("min_peers = {min} can never be reached with max_peers = {most}");
    let problem = reader.problem(written, message).warning();
    reader.report(problem.suggest(if written == min_place {
        format!("write {most} or less")
    } else {
        format!("write {min} or more")
    }));
}

fn jitter(item: &Item) -> Result<f64, Wrong> {
    let jitter = number(item)?;
    let fits = (0.0..1.0).contains(&jitter);
    if fits {
        Ok(jitter)
    } else {
        Err(Wrong::new("must be from 0 to below 1").suggest("write 0.1 for a tenth"))
    }
}
