//! Every method that this program knows, with its rule: one table. Pure.
//!
//! It has the methods of Bitcoin Core 31, Knots 29, blvm-node 0.1.83, bcoin 1.0 and the embedded
//! node, and those that Core and Knots had before. `tests/data` has the lists of these programs.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use super::arguments::Parameter;
use super::class::Class;
use super::needs::Needs;
use super::rule::{ClassRule, Classification, KnownMethod};

const PURE: Classification = Classification::of(Class::Pure);
const NODE_READ: Classification = Classification::of(Class::NodeRead);
const VIEW: Classification = Classification::of(Class::View);
const LONG_POLL: Classification = Classification::of(Class::LongPoll);
const BROADCAST: Classification = Classification::of(Class::Broadcast);
const HEAVY: Classification = Classification::of(Class::Heavy);
const MINING: Classification = Classification::of(Class::Mining);
const WALLET: Classification = Classification::of(Class::Wallet);
const WALLET_FILES: Classification = Classification::of(Class::WalletFiles);
const NODE_CHANGE: Classification = Classification::of(Class::NodeChange);

const NONE: Needs = Needs::NONE;
const BLOCKS: Needs = Needs::BLOCKS;
const TX_INDEX: Needs = Needs::TX_INDEX;
const FILTER_INDEX: Needs = Needs::FILTER_INDEX;
const COIN_STATS_INDEX: Needs = Needs::COIN_STATS_INDEX;

const fn method(name: &'static str, rule: ClassRule) -> KnownMethod {
    KnownMethod { name, rule }
}

const fn fixed(classification: Classification) -> ClassRule {
    ClassRule::Fixed(classification)
}

/// By hash with a block hash as this parameter, else a view.
const fn by_hash(index: usize, name: &'static str, needs: Needs) -> ClassRule {
    ClassRule::BlockHash {
        parameter: Parameter { index, name },
        with: Classification::of(Class::ByHash).needing(needs),
        without: VIEW.needing(needs),
    }
}

/// By hash in the block that this parameter names. Without it the node looks in its mempool or
/// among the unspent outputs, and finds the rest by its index of transactions.
const fn transaction(index: usize, name: &'static str, unnamed: Needs) -> ClassRule {
    ClassRule::BlockHash {
        parameter: Parameter { index, name },
        with: Classification::of(Class::ByHash).needing(BLOCKS),
        without: VIEW.needing(unnamed.union(TX_INDEX)),
    }
}

/// What starts a scan, asks how far it is, or ends it.
const fn scan(classification: Classification) -> ClassRule {
    ClassRule::ScanAction {
        parameter: Parameter {
            index: 0,
            name: "action",
        },
        classification,
    }
}

/// A template has no effect, and is asked again.
const TEMPLATE: ClassRule = ClassRule::TemplateId {
    parameter: Parameter {
        index: 0,
        name: "template_request",
    },
    member: "longpollid",
    with: LONG_POLL,
    without: MINING.resent(),
};

/// The table, in the order of the names.
#[rustfmt::skip]
pub static METHODS: &[KnownMethod] = &[
    method("abandontransaction", fixed(WALLET)),
    method("abortprivatebroadcast", fixed(NODE_CHANGE)),
    method("abortrescan", fixed(WALLET)),
    method("addconnection", fixed(NODE_CHANGE)),
    method("addhdkey", fixed(WALLET)),
    method("addmultisigaddress", fixed(WALLET)),
    method("addnode", fixed(NODE_CHANGE)),
    method("addpeeraddress", fixed(NODE_CHANGE)),
    method("addwitnessaddress", fixed(WALLET)),
    method("analyzepsbt", fixed(PURE)),
    method("backupwallet", fixed(WALLET)),
    method("bumpfee", fixed(WALLET)),
    method("clearbanned", fixed(NODE_CHANGE)),
    method("combinepsbt", fixed(PURE)),
    method("combinerawtransaction", fixed(VIEW)),
    method("converttopsbt", fixed(PURE)),
    method("createmultisig", fixed(PURE)),
    method("createpsbt", fixed(PURE)),
    method("createrawtransaction", fixed(PURE)),
    method("createwallet", fixed(WALLET_FILES)),
    method("createwalletdescriptor", fixed(WALLET)),
    method("createwitnessaddress", fixed(PURE)),
    method("decodepsbt", fixed(PURE)),
    method("decoderawtransaction", fixed(PURE)),
    method("decodescript", fixed(PURE)),
    method("deriveaddresses", ClassRule::Descriptors(PURE)),
    method("descriptorprocesspsbt", fixed(VIEW.never_resent())),
    method("disconnectnode", fixed(NODE_CHANGE)),
    method("dumpmasterprivkey", fixed(WALLET)),
    method("dumpprivkey", fixed(WALLET)),
    method("dumptxoutset", fixed(NODE_CHANGE)),
    method("dumpwallet", fixed(WALLET)),
    method("echo", fixed(PURE)),
    method("echoipc", fixed(PURE)),
    method("echojson", fixed(PURE)),
    method("encryptwallet", fixed(WALLET)),
    method("enumeratesigners", fixed(NODE_READ)),
    method("estimatefee", fixed(VIEW)),
    method("estimatepriority", fixed(VIEW)),
    method("estimaterawfee", fixed(VIEW)),
    method("estimatesmartfee", fixed(VIEW)),
    method("estimatesmartpriority", fixed(VIEW)),
    method("exportasmap", fixed(NODE_CHANGE)),
    method("exportwatchonlywallet", fixed(WALLET)),
    method("finalizepsbt", fixed(PURE)),
    method("format", fixed(PURE)),
    method("fundrawtransaction", fixed(WALLET)),
    method("generate", fixed(MINING)),
    method("generateblock", fixed(MINING)),
    method("generatetoaddress", fixed(MINING)),
    method("generatetodescriptor", fixed(MINING)),
    method("getaccount", fixed(WALLET)),
    method("getaccountaddress", fixed(WALLET)),
    method("getaddednodeinfo", fixed(NODE_READ)),
    method("getaddressesbyaccount", fixed(WALLET)),
    method("getaddressesbylabel", fixed(WALLET)),
    method("getaddressinfo", fixed(WALLET)),
    method("getaddrmaninfo", fixed(NODE_READ)),
    method("getbalance", fixed(WALLET)),
    method("getbalances", fixed(WALLET.yielding())),
    method("getbestblockhash", fixed(VIEW)),
    method("getblock", by_hash(0, "blockhash", BLOCKS)),
    method("getblockbyheight", fixed(VIEW.needing(BLOCKS))),
    method("getblockchaininfo", fixed(VIEW)),
    method("getblockchainstate", fixed(VIEW)),
    method("getblockcount", fixed(VIEW)),
    method("getblockfileinfo", fixed(NODE_READ)),
    method("getblockfilter", by_hash(0, "blockhash", FILTER_INDEX)),
    method("getblockfrompeer", fixed(NODE_CHANGE)),
    method("getblockhash", fixed(VIEW)),
    method("getblockheader", by_hash(0, "blockhash", NONE)),
    method("getblocklocations", fixed(NODE_READ)),
    method("getblockstats", by_hash(0, "hash_or_height", BLOCKS)),
    method("getblocktemplate", TEMPLATE),
    method("getchainstates", fixed(VIEW)),
    method("getchaintips", fixed(VIEW)),
    method("getchaintxstats", by_hash(1, "blockhash", NONE)),
    method("getconnectioncount", fixed(NODE_READ)),
    method("getdeploymentinfo", by_hash(0, "blockhash", NONE)),
    method("getdescriptoractivity", fixed(HEAVY.needing(BLOCKS))),
    method("getdescriptorinfo", ClassRule::Descriptors(PURE)),
    method("getdifficulty", fixed(VIEW)),
    method("getgeneralinfo", fixed(NODE_READ)),
    method("getgenerate", fixed(NODE_READ)),
    method("gethdkeys", fixed(WALLET)),
    method("gethealth", fixed(NODE_READ)),
    method("getindexinfo", fixed(NODE_READ)),
    method("getinfo", fixed(VIEW)),
    method("getmemoryinfo", fixed(NODE_READ)),
    method("getmempoolancestors", fixed(VIEW)),
    method("getmempoolcluster", fixed(VIEW)),
    method("getmempooldescendants", fixed(VIEW)),
    method("getmempoolentry", fixed(VIEW)),
    method("getmempoolfeeratediagram", fixed(VIEW)),
    method("getmempoolinfo", fixed(VIEW)),
    method("getmempoolstats", fixed(NODE_READ)),
    method("getmetrics", fixed(NODE_READ)),
    method("getmininginfo", fixed(VIEW)),
    method("getmoduleclispecs", fixed(NODE_READ)),
    method("getnettotals", fixed(NODE_READ)),
    method("getnetworkhashps", fixed(VIEW)),
    method("getnetworkinfo", fixed(NODE_READ)),
    method("getnewaddress", fixed(WALLET)),
    method("getnodeaddresses", fixed(NODE_READ)),
    method("getorphantxs", fixed(NODE_READ)),
    method("getpeerinfo", fixed(NODE_READ)),
    method("getprioritisedtransactions", fixed(MINING)),
    method("getprivatebroadcastinfo", fixed(NODE_READ)),
    method("getpruneinfo", fixed(NODE_READ)),
    method("getrawaddrman", fixed(NODE_READ)),
    method("getrawchangeaddress", fixed(WALLET)),
    method("getrawmempool", fixed(VIEW)),
    method("getrawtransaction", transaction(2, "blockhash", NONE)),
    method("getreceivedbyaccount", fixed(WALLET)),
    method("getreceivedbyaddress", fixed(WALLET)),
    method("getreceivedbylabel", fixed(WALLET)),
    method("getrpcinfo", fixed(NODE_READ)),
    method("getrpcwhitelist", fixed(NODE_READ)),
    method("gettransaction", fixed(WALLET)),
    method("gettransactiondetails", fixed(VIEW.needing(TX_INDEX))),
    method("gettxout", fixed(VIEW)),
    method("gettxoutproof", transaction(1, "blockhash", BLOCKS)),
    method("gettxoutsetinfo", fixed(HEAVY.needing(COIN_STATS_INDEX))),
    method("gettxspendingprevout", fixed(VIEW)),
    method("getunconfirmedbalance", fixed(WALLET)),
    method("getwalletinfo", fixed(WALLET.yielding())),
    method("getwork", fixed(MINING)),
    method("getworklp", fixed(LONG_POLL.never_resent())),
    method("getzmqnotifications", fixed(NODE_READ)),
    method("help", fixed(PURE)),
    method("importaddress", fixed(WALLET)),
    method("importdescriptors", fixed(WALLET)),
    method("importmempool", fixed(NODE_CHANGE)),
    method("importmulti", fixed(WALLET)),
    method("importprivkey", fixed(WALLET)),
    method("importprunedfunds", fixed(WALLET)),
    method("importpubkey", fixed(WALLET)),
    method("importwallet", fixed(WALLET)),
    method("invalidateblock", fixed(NODE_CHANGE)),
    method("joinpsbts", fixed(PURE)),
    method("keypoolrefill", fixed(WALLET)),
    method("listaccounts", fixed(WALLET)),
    method("listaddressgroupings", fixed(WALLET)),
    method("listbanned", fixed(NODE_READ)),
    method("listdescriptors", fixed(WALLET)),
    method("listlabels", fixed(WALLET)),
    method("listlockunspent", fixed(WALLET)),
    method("listmempooltransactions", fixed(VIEW)),
    method("listmodules", fixed(NODE_READ)),
    method("listprunelocks", fixed(NODE_READ)),
    method("listreceivedbyaccount", fixed(WALLET)),
    method("listreceivedbyaddress", fixed(WALLET)),
    method("listreceivedbylabel", fixed(WALLET)),
    method("listsinceblock", fixed(WALLET)),
    method("listtransactions", fixed(WALLET)),
    method("listunspent", fixed(WALLET)),
    method("listwalletdir", fixed(WALLET_FILES)),
    method("listwallets", fixed(WALLET_FILES)),
    method("loadmodule", fixed(NODE_CHANGE)),
    method("loadtxoutset", fixed(NODE_CHANGE)),
    method("loadwallet", fixed(WALLET_FILES)),
    method("lockunspent", fixed(WALLET)),
    method("logging", fixed(NODE_CHANGE)),
    method("maxmempool", fixed(NODE_CHANGE)),
    method("migratewallet", fixed(WALLET_FILES)),
    method("mockscheduler", fixed(NODE_CHANGE)),
    method("move", fixed(WALLET)),
    method("newkeypool", fixed(WALLET)),
    method("ping", fixed(NODE_READ)),
    method("preciousblock", fixed(NODE_CHANGE)),
    method("prioritisetransaction", fixed(MINING)),
    method("pruneblockchain", fixed(NODE_CHANGE)),
    method("psbtbumpfee", fixed(WALLET)),
    method("reconsiderblock", fixed(NODE_CHANGE)),
    method("reloadmodule", fixed(NODE_CHANGE)),
    method("removeprunedfunds", fixed(WALLET)),
    method("rescanblockchain", fixed(WALLET)),
    method("resendwallettransactions", fixed(WALLET)),
    method("restorewallet", fixed(WALLET_FILES)),
    method("runmodulecli", fixed(NODE_CHANGE)),
    method("savefeeestimates", fixed(NODE_CHANGE)),
    method("savemempool", fixed(NODE_CHANGE)),
    method("scanblocks", scan(HEAVY.needing(BLOCKS.union(FILTER_INDEX)))),
    method("scantxoutset", scan(HEAVY)),
    method("scriptthreadsinfo", fixed(NODE_READ)),
    method("selectwallet", fixed(WALLET)),
    method("send", fixed(WALLET)),
    method("sendall", fixed(WALLET)),
    method("sendfrom", fixed(WALLET)),
    method("sendmany", fixed(WALLET)),
    method("sendmsgtopeer", fixed(NODE_CHANGE)),
    method("sendrawtransaction", fixed(BROADCAST)),
    method("sendtoaddress", fixed(WALLET)),
    method("setaccount", fixed(WALLET)),
    method("setban", fixed(NODE_CHANGE)),
    method("setfeerate", fixed(WALLET)),
    method("setgenerate", fixed(NODE_CHANGE)),
    method("sethdseed", fixed(WALLET)),
    method("setlabel", fixed(WALLET)),
    method("setloglevel", fixed(NODE_CHANGE)),
    method("setmocktime", fixed(NODE_CHANGE)),
    method("setnetworkactive", fixed(NODE_CHANGE)),
    method("setprunelock", fixed(NODE_CHANGE)),
    method("setscriptthreadsenabled", fixed(NODE_CHANGE)),
    method("settxfee", fixed(WALLET)),
    method("setwalletflag", fixed(WALLET)),
    method("signmessage", fixed(WALLET)),
    method("signmessagewithprivkey", fixed(PURE.never_resent())),
    method("signrawtransaction", fixed(VIEW.never_resent())),
    method("signrawtransactionwithkey", fixed(VIEW.never_resent())),
    method("signrawtransactionwithwallet", fixed(WALLET)),
    method("simulaterawtransaction", fixed(WALLET)),
    method("stop", fixed(NODE_CHANGE)),
    method("submitblock", fixed(BROADCAST)),
    method("submitheader", fixed(BROADCAST)),
    method("submitpackage", fixed(BROADCAST)),
    method("sweepprivkeys", fixed(WALLET)),
    method("syncwithvalidationinterfacequeue", fixed(NODE_READ)),
    method("testmempoolaccept", fixed(VIEW)),
    method("unloadmodule", fixed(NODE_CHANGE)),
    method("unloadwallet", fixed(WALLET_FILES)),
    method("upgradewallet", fixed(WALLET)),
    method("uptime", fixed(NODE_READ)),
    method("utxoupdatepsbt", ClassRule::Descriptors(VIEW)),
    method("validateaddress", fixed(PURE)),
    method("verifyblock", fixed(VIEW)),
    method("verifychain", fixed(HEAVY.needing(BLOCKS))),
    method("verifymessage", fixed(PURE)),
    method("verifytxoutproof", fixed(VIEW)),
    method("waitforblock", fixed(LONG_POLL)),
    method("waitforblockheight", fixed(LONG_POLL)),
    method("waitfornewblock", fixed(LONG_POLL)),
    method("walletcreatefundedpsbt", fixed(WALLET)),
    method("walletdisplayaddress", fixed(WALLET)),
    method("walletlock", fixed(WALLET)),
    method("walletpassphrase", fixed(WALLET)),
    method("walletpassphrasechange", fixed(WALLET)),
    method("walletprocesspsbt", fixed(WALLET)),
];

/// Where the method called `name` is in [`METHODS`], if it is there.
#[must_use]
pub fn method_index(name: &str) -> Option<u16> {
    /// With a fixed seed: the names are constants, so nobody can choose ones that collide.
    static INDEXES: LazyLock<HashMap<&str, u16, FixedState>> = LazyLock::new(|| {
        let indexes = METHODS.iter().zip(0..);
        indexes
            .map(|(method, index)| (method.name, index))
            .collect()
    });
    INDEXES.get(name).copied()
}

#[cfg(test)]
#[path = "methods_tests.rs"]
mod tests;
