//! Every method, with its parameters. A flat table.

use serde_json::{Value, json};

use super::usage::{MethodUsage, Param, ParamKind};
use super::{MethodParams, MethodResult, blocks, chain, mempool, mining, network, stats};
use crate::node_state::NodeState;

/// How a method is run.
#[derive(Clone, Copy)]
pub(super) enum MethodHandler {
    /// At once.
    Now(fn(&MethodParams) -> Value),
    /// On the node's thread, which it only reads.
    Read(fn(&NodeState) -> Value),
    /// On the node's thread, and it cannot fail.
    Do(fn(&mut NodeState, &MethodParams) -> Value),
    /// On the node's thread.
    OnNode(fn(&mut NodeState, &MethodParams) -> MethodResult),
    /// `uptime`, which waits for nobody.
    Uptime,
    /// `getrpcinfo`
    RpcInfo,
    /// Block by block.
    Generate(fn(&MethodParams) -> Result<mining::GenerateRequest, super::RpcError>),
    /// `stop`
    Stop,
}

/// A method.
pub(super) struct RpcMethod {
    pub(super) usage: MethodUsage,
    pub(super) run: MethodHandler,
}

const NONE: &[Param] = &[];

macro_rules! methods {
    ($($name:ident [$($param:ident $kind:ident $needed:literal),*] $run:expr, $about:literal;)*) => {
        /// All methods, by name.
        pub(super) static METHODS: &[RpcMethod] = &[$(RpcMethod {
            usage: MethodUsage {
                name: stringify!($name),
                params: methods!(@params $($param $kind $needed),*),
                about: $about,
            },
            run: $run,
        }),*];
    };
    (@params) => { NONE };
    (@params $($param:ident $kind:ident $needed:literal),+) => {
        &[$((stringify!($param), ParamKind::$kind, $needed)),+]
    };
}

methods! {
    addnode [node Text true, command Text true, v2transport Flag false] MethodHandler::OnNode(network::add_node),
        "Keeps a peer connected (add), no longer (remove), or connects to it once (onetry).";
    disconnectnode [address Text false, nodeid Number false] MethodHandler::OnNode(network::disconnect_node),
        "Disconnects a peer at once.";
    generatetoaddress [nblocks Number true, address Text true, maxtries Number false]
        MethodHandler::Generate(mining::to_address),
            "Mines blocks that pay to an address, and returns their hashes.";
    generatetodescriptor [num_blocks Number true, descriptor Text true, maxtries Number false]
        MethodHandler::Generate(mining::to_descriptor),
        "Mines blocks that pay to a descriptor, raw(HEX) or addr(ADDRESS), and returns their \
         hashes.";
    getaddednodeinfo [node Text false] MethodHandler::OnNode(network::added_node_info),
        "The peers that are kept connected.";
    getbestblockhash [] MethodHandler::Read(chain::best_block_hash), "The hash of the tip.";
    getblock [blockhash Text true, verbosity Level false] MethodHandler::OnNode(blocks::block),
        "A block: its bytes (0), what it says (1), with its transactions (2), with what they \
         spend (3).";
    getblockchaininfo [] MethodHandler::Read(chain::info), "The state of the chain.";
    getblockcount [] MethodHandler::Read(chain::block_count), "The height of the tip.";
    getblockhash [height Number true] MethodHandler::OnNode(chain::block_hash),
        "The hash of the block at a height.";
    getblockheader [blockhash Text true, verbose Flag false] MethodHandler::OnNode(blocks::header), "A block's header.";
    getblockstats [hash_or_height Any true, stats List false] MethodHandler::OnNode(stats::block_stats),
        "Sums over a block: sizes, fees, outputs.";
    getchaintips [] MethodHandler::Read(chain::tips), "The tip and the ends of all other branches.";
    getconnectioncount [] MethodHandler::Read(network::connection_count),
        "How many peers are connected.";
    getdifficulty [] MethodHandler::Read(chain::difficulty),
        "How much harder than the easiest the tip's work was.";
    getindexinfo [index_name Text false] MethodHandler::Now(|_| serde_json::json!({})),
        "The optional indexes; there are none.";
    getmempoolentry [txid Text true] MethodHandler::OnNode(mempool::entry),
        "A transaction in the mempool and its relatives.";
    getmempoolinfo [] MethodHandler::Read(mempool::info), "The size of the mempool.";
    getmininginfo [] MethodHandler::Read(mining::info), "What a miner wants to know.";
    getnettotals [] MethodHandler::Read(network::totals), "Bytes to and from all peers.";
    getnetworkinfo [] MethodHandler::Read(network::info),
        "Who we are, and the state of the network.";
    getpeerinfo [] MethodHandler::Read(network::peer_info), "What is known of each peer.";
    getrawmempool [verbose Flag false, mempool_sequence Flag false] MethodHandler::OnNode(mempool::raw),
        "The transactions in the mempool.";
    getrawtransaction [txid Text true, verbosity Level false, blockhash Text false]
        MethodHandler::OnNode(mempool::raw_transaction),
            "A transaction in the mempool, or in a block that is named.";
    getrpcinfo [] MethodHandler::RpcInfo, "The calls that are being answered.";
    gettxout [txid Text true, n Number true, include_mempool Flag false] MethodHandler::OnNode(chain::tx_out),
        "An unspent output.";
    gettxoutsetinfo [hash_type Text false, hash_or_height Any false, use_index Flag false]
        MethodHandler::OnNode(chain::tx_out_set_info), "Sums over all unspent outputs.";
    help [command Text false] MethodHandler::Now(help), "What can be called.";
    invalidateblock [blockhash Text true] MethodHandler::OnNode(chain::invalidate),
        "Treats a block as if it broke a rule.";
    ping [] MethodHandler::Do(network::ping), "Pings all peers.";
    preciousblock [blockhash Text true] MethodHandler::OnNode(chain::precious),
        "Of tips with the same work, prefers this one.";
    pruneblockchain [height Number true] MethodHandler::OnNode(chain::prune),
        "Deletes the blocks up to a height, or before a time, in whole segments.";
    reconsiderblock [blockhash Text true] MethodHandler::OnNode(chain::reconsider),
        "Takes back invalidateblock.";
    sendrawtransaction [hexstring Text true, maxfeerate Any false, maxburnamount Any false]
        MethodHandler::OnNode(mempool::send),
            "Puts a transaction into the mempool and announces it to the peers.";
    setnetworkactive [state Flag true] MethodHandler::Do(network::set_active),
        "Turns the network on or off.";
    stop [wait Number false] MethodHandler::Stop, "Stops the daemon.";
    submitblock [hexdata Text true, dummy Text false] MethodHandler::OnNode(chain::submit_block), "Hands in a block.";
    testmempoolaccept [rawtxs List true, maxfeerate Any false] MethodHandler::OnNode(mempool::test_accept),
        "Tests whether the mempool would take a transaction.";
    uptime [] MethodHandler::Uptime, "Seconds since the start.";
}

/// `help`: every method, or what is said of one.
fn help(params: &MethodParams) -> Value {
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
