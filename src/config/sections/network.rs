//! `[network]`

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

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Network> {
    let listen = reader.optional("network.listen", address::peer_listener);
    let peers = reader.list("network.peers", address::peer);
    let max_peers = reader.get("network.max_peers", |item| whole::<u32>(item, 1));
    let min_peers = reader.get("network.min_peers", |item| whole::<u32>(item, 0));
    let reconnect_enabled = reader.get("network.reconnect_enabled", boolean);
    let reconnect_max_retries = reader.get("network.reconnect_max_retries", |item| whole(item, 0));
    let initial = reader.get("network.reconnect_initial_delay_secs", seconds);
    let max = reader.get("network.reconnect_max_delay_secs", seconds);
    let jitter = reader.get("network.reconnect_jitter", jitter);
    let concurrent = reader.get("network.reconnect_max_concurrent", count);
    let scope = reader.get("network.reconnect_scope", |item| choice(item, &SCOPES));
    if let (Some(initial), Some(max)) = (initial, max)
        && initial > max
    {
        contradiction(reader, initial.as_secs_f64(), max.as_secs_f64());
    }
    if jitter.is_some_and(|jitter| jitter == 0.0) {
        let key = "network.reconnect_jitter";
        let problem = reader
            .problem(
                key,
                "is 0: peers that were lost together are dialled together each time",
            )
            .warning();
        reader.report(problem.suggest("write 0.1 for a tenth"));
    }
    if let (Some(min), Some(most)) = (min_peers, max_peers)
        && min > most
    {
        let key = reader.written_one(&["network.min_peers", "network.max_peers"]);
        let message = format!("min_peers = {min} can never be reached with max_peers = {most}");
        let problem = reader.problem(key, message).warning();
        reader.report(problem.suggest(if key == "network.min_peers" {
            format!("write {most} or less")
        } else {
            format!("write {min} or more")
        }));
    }
    Some(Network {
        listen: listen?,
        peers: peers?,
        max_peers: max_peers?,
        max_peers_written: reader.is_given("network.max_peers"),
        min_peers: min_peers?,
        reconnect_enabled: reconnect_enabled?,
        reconnect_max_retries: reconnect_max_retries?,
        reconnect_initial_delay: initial?,
        reconnect_max_delay: max?,
        reconnect_jitter: jitter?,
        reconnect_max_concurrent: concurrent?,
        reconnect_scope: scope?,
    })
}

fn contradiction(reader: &mut Reader<'_>, initial: f64, max: f64) {
    let first = "network.reconnect_initial_delay_secs";
    let second = "network.reconnect_max_delay_secs";
    let (message, write) = if reader.written_one(&[first, second]) == first {
        (
            format!("must not be above reconnect_max_delay_secs = {max}"),
            max,
        )
    } else {
        (
            format!("must not be below reconnect_initial_delay_secs = {initial}"),
            initial,
        )
    };
    let problem = reader.problem(reader.written_one(&[first, second]), message);
    reader.report(problem.suggest(format!("write {write}, say")));
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
