//! Every method, with its parameters. A flat table.

use serde_json::{Value, json};

use super::usage::{Kind, Param, Usage};
use super::{Outcome, Params, blocks, chain, mempool, mining, network, stats};
use crate::machine::Machine;

/// How a method is run.
#[derive(Clone, Copy)]
pub(super) enum Run {
    /// At once.
    Now(fn(&Params) -> Value),
    /// On the node's thread, of which it only tells.
    Show(fn(&Machine) -> Value),
    /// On the node's thread, and it cannot fail.
    Do(fn(&mut Machine, &Params) -> Value),
    /// On the node's thread.
    OnNode(fn(&mut Machine, &Params) -> Outcome),
    /// `uptime`, which waits for nobody.
    Uptime,
    /// `getrpcinfo`
    RpcInfo,
    /// Block by block.
    Generate(fn(&Params) -> Result<mining::Order, super::RpcError>),
    /// `stop`
    Stop,
}

/// A method.
pub(super) struct Method {
    pub(super) usage: Usage,
    pub(super) run: Run,
}

const NONE: &[Param] = &[];

macro_rules! methods {
    ($($name:ident [$($param:ident $kind:ident $needed:literal),*] $run:expr, $about:literal;)*) => {
        /// All methods, by name.
        pub(super) static METHODS: &[Method] = &[$(Method {
            usage: Usage {
                name: stringify!($name),
                params: methods!(@params $($param $kind $needed),*),
                about: $about,
            },
            run: $run,
        }),*];
    };
    (@params) => { NONE };
    (@params $($param:ident $kind:ident $needed:literal),+) => {
        &[$((stringify!($param), Kind::$kind, $needed)),+]
    };
}

methods! {
    addnode [node Text true, command Text true, v2transport Flag false] Run::OnNode(network::add_node),
        "Keeps a peer connected (add), no longer (remove), or connects to it once (onetry).";
    disconnectnode [address Text false, nodeid Number false] Run::OnNode(network::disconnect_node),
        "Disconnects a peer at once.";
    generatetoaddress [nblocks Number true, address Text true, maxtries Number false]
        Run::Generate(mining::to_address), "Mines blocks that pay to an address, and returns their hashes.";
    generatetodescriptor [num_blocks Number true, descriptor Text true, maxtries Number false]
        Run::Generate(mining::to_descriptor),
        "Mines blocks that pay to a descriptor, raw(HEX) or addr(ADDRESS), and returns their hashes.";
    getaddednodeinfo [node Text false] Run::OnNode(network::added_node_info), "The peers that are kept connected.";
    getbestblockhash [] Run::Show(chain::best_block_hash), "The hash of the tip.";
    getblock [blockhash Text true, verbosity Level false] Run::OnNode(blocks::block),
        "A block: its bytes (0), what it says (1), with its transactions (2), with what they spend (3).";
    getblockchaininfo [] Run::Show(chain::info), "The state of the chain.";
    getblockcount [] Run::Show(chain::block_count), "The height of the tip.";
    getblockhash [height Number true] Run::OnNode(chain::block_hash), "The hash of the block at a height.";
    getblockheader [blockhash Text true, verbose Flag false] Run::OnNode(blocks::header), "A block's header.";
    getblockstats [hash_or_height Any true, stats List false] Run::OnNode(stats::block_stats),
        "Sums over a block: sizes, fees, outputs.";
    getchaintips [] Run::Show(chain::tips), "The tip and the ends of all other branches.";
    getconnectioncount [] Run::Show(network::connection_count), "How many peers are connected.";
    getdifficulty [] Run::Show(chain::difficulty), "How much harder than the easiest the tip's work was.";
    getindexinfo [index_name Text false] Run::Now(|_| serde_json::json!({})), "The optional indexes; there are none.";
    getmempoolentry [txid Text true] Run::OnNode(mempool::entry), "A transaction in the mempool and its relatives.";
    getmempoolinfo [] Run::Show(mempool::info), "The size of the mempool.";
    getmininginfo [] Run::Show(mining::info), "What a miner wants to know.";
    getnettotals [] Run::Show(network::totals), "Bytes to and from all peers.";
    getnetworkinfo [] Run::Show(network::info), "Who we are, and the state of the network.";
    getpeerinfo [] Run::Show(network::peer_info), "What is known of each peer.";
    getrawmempool [verbose Flag false, mempool_sequence Flag false] Run::OnNode(mempool::raw),
        "The transactions in the mempool.";
    getrawtransaction [txid Text true, verbosity Level false, blockhash Text false]
        Run::OnNode(mempool::raw_transaction), "A transaction in the mempool, or in a block that is named.";
    getrpcinfo [] Run::RpcInfo, "The calls that are being answered.";
    gettxout [txid Text true, n Number true, include_mempool Flag false] Run::OnNode(chain::tx_out),
        "An unspent output.";
    gettxoutsetinfo [hash_type Text false, hash_or_height Any false, use_index Flag false]
        Run::OnNode(chain::tx_out_set_info), "Sums over all unspent outputs.";
    help [command Text false] Run::Now(help), "What can be called.";
    invalidateblock [blockhash Text true] Run::OnNode(chain::invalidate), "Treats a block as if it broke a rule.";
    ping [] Run::Do(network::ping), "Pings all peers.";
    preciousblock [blockhash Text true] Run::OnNode(chain::precious),
        "Of tips with the same work, prefers this one.";
    pruneblockchain [height Number true] Run::OnNode(chain::prune),
        "Deletes the blocks up to a height, or before a time, in whole segments.";
    reconsiderblock [blockhash Text true] Run::OnNode(chain::reconsider), "Takes back invalidateblock.";
    sendrawtransaction [hexstring Text true, maxfeerate Any false, maxburnamount Any false]
        Run::OnNode(mempool::send), "Puts a transaction into the mempool and tells the peers.";
    setnetworkactive [state Flag true] Run::Do(network::set_active), "Turns the network on or off.";
    stop [wait Number false] Run::Stop, "Stops the daemon.";
    submitblock [hexdata Text true, dummy Text false] Run::OnNode(chain::submit_block), "Hands in a block.";
    uptime [] Run::Uptime, "Seconds since the start.";
}

/// `help`: every method, or what is said of one.
fn help(params: &Params) -> Value {
    let Some(name) = params.text("command") else {
        let all: Vec<String> = METHODS.iter().map(|method| method.usage.line()).collect();
        return json!(all.join("\n"));
    };
    let method = METHODS.iter().find(|method| method.usage.name == name);
    json!(method.map_or_else(
        || format!("help: unknown command: {name}"),
        |method| method.usage.help()
    ))
}
