//! The methods that have a label of their own: labels are bounded by this list.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

/// The methods of Bitcoin Core and Knots, those of wallets and of tests among them, in the order of
/// their names.
#[rustfmt::skip]
pub static KNOWN: &[&str] = &[
    "abandontransaction",
    "abortprivatebroadcast",
    "abortrescan",
    "addconnection",
    "addmultisigaddress",
    "addnode",
    "addpeeraddress",
    "analyzepsbt",
    "backupwallet",
    "bumpfee",
    "clearbanned",
    "combinepsbt",
    "combinerawtransaction",
    "converttopsbt",
    "createmultisig",
    "createpsbt",
    "createrawtransaction",
    "createwallet",
    "createwalletdescriptor",
    "decodepsbt",
    "decoderawtransaction",
    "decodescript",
    "deriveaddresses",
    "descriptorprocesspsbt",
    "disconnectnode",
    "dumpmasterprivkey",
    "dumpprivkey",
    "dumptxoutset",
    "dumpwallet",
    "echo",
    "echoipc",
    "echojson",
    "encryptwallet",
    "enumeratesigners",
    "estimaterawfee",
    "estimatesmartfee",
    "exportwatchonlywallet",
    "finalizepsbt",
    "fundrawtransaction",
    "generate",
    "generateblock",
    "generatetoaddress",
    "generatetodescriptor",
    "getaddednodeinfo",
    "getaddressesbylabel",
    "getaddressinfo",
    "getaddrmaninfo",
    "getbalance",
    "getbalances",
    "getbestblockhash",
    "getblock",
    "getblockchaininfo",
    "getblockcount",
    "getblockfilter",
    "getblockfrompeer",
    "getblockhash",
    "getblockheader",
    "getblockstats",
    "getblocktemplate",
    "getchainstates",
    "getchaintips",
    "getchaintxstats",
    "getconnectioncount",
    "getdeploymentinfo",
    "getdescriptoractivity",
    "getdescriptorinfo",
    "getdifficulty",
    "getgeneralinfo",
    "gethdkeys",
    "getindexinfo",
    "getmemoryinfo",
    "getmempoolancestors",
    "getmempoolcluster",
    "getmempooldescendants",
    "getmempoolentry",
    "getmempoolfeeratediagram",
    "getmempoolinfo",
    "getmempoolstats",
    "getmininginfo",
    "getnettotals",
    "getnetworkhashps",
    "getnetworkinfo",
    "getnewaddress",
    "getnodeaddresses",
    "getorphantxs",
    "getpeerinfo",
    "getprioritisedtransactions",
    "getprivatebroadcastinfo",
    "getrawaddrman",
    "getrawchangeaddress",
    "getrawmempool",
    "getrawtransaction",
    "getreceivedbyaddress",
    "getreceivedbylabel",
    "getrpcinfo",
    "getrpcwhitelist",
    "gettransaction",
    "gettxout",
    "gettxoutproof",
    "gettxoutsetinfo",
    "gettxspendingprevout",
    "getunconfirmedbalance",
    "getwalletinfo",
    "getzmqnotifications",
    "help",
    "importaddress",
    "importdescriptors",
    "importmempool",
    "importmulti",
    "importprivkey",
    "importprunedfunds",
    "importpubkey",
    "importwallet",
    "invalidateblock",
    "joinpsbts",
    "keypoolrefill",
    "listaddressgroupings",
    "listbanned",
    "listdescriptors",
    "listlabels",
    "listlockunspent",
    "listmempooltransactions",
    "listprunelocks",
    "listreceivedbyaddress",
    "listreceivedbylabel",
    "listsinceblock",
    "listtransactions",
    "listunspent",
    "listwalletdir",
    "listwallets",
    "loadtxoutset",
    "loadwallet",
    "lockunspent",
    "logging",
    "maxmempool",
    "migratewallet",
    "mockscheduler",
    "newkeypool",
    "ping",
    "preciousblock",
    "prioritisetransaction",
    "pruneblockchain",
    "psbtbumpfee",
    "reconsiderblock",
    "removeprunedfunds",
    "rescanblockchain",
    "restorewallet",
    "savefeeestimates",
    "savemempool",
    "scanblocks",
    "scantxoutset",
    "scriptthreadsinfo",
    "send",
    "sendall",
    "sendmany",
    "sendmsgtopeer",
    "sendrawtransaction",
    "sendtoaddress",
    "setban",
    "setfeerate",
    "sethdseed",
    "setlabel",
    "setmocktime",
    "setnetworkactive",
    "setprunelock",
    "setscriptthreadsenabled",
    "settxfee",
    "setwalletflag",
    "signmessage",
    "signmessagewithprivkey",
    "signrawtransactionwithkey",
    "signrawtransactionwithwallet",
    "simulaterawtransaction",
    "stop",
    "submitblock",
    "submitheader",
    "submitpackage",
    "sweepprivkeys",
    "syncwithvalidationinterfacequeue",
    "testmempoolaccept",
    "unloadwallet",
    "upgradewallet",
    "uptime",
    "utxoupdatepsbt",
    "validateaddress",
    "verifychain",
    "verifymessage",
    "verifytxoutproof",
    "waitforblock",
    "waitforblockheight",
    "waitfornewblock",
    "walletcreatefundedpsbt",
    "walletdisplayaddress",
    "walletlock",
    "walletpassphrase",
    "walletpassphrasechange",
    "walletprocesspsbt",
];

/// A method, as metrics know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By its place in [`KNOWN`].
    Known(u16),
    /// Any other.
    Other,
    /// Several calls in one request.
    Batch,
}

impl Method {
    /// So many there are.
    pub(super) fn count() -> usize {
        KNOWN.len() + 2
    }

    /// The method called `name`.
    #[must_use]
    pub fn of(name: &str) -> Self {
        /// The same names for ever, so that it is no matter who could make two of them meet.
        static PLACES: LazyLock<HashMap<&str, u16, FixedState>> = LazyLock::new(|| {
            let places = KNOWN.iter().zip(0..).map(|(name, place)| (*name, place));
            places.collect()
        });
        PLACES.get(name).copied().map_or(Self::Other, Self::Known)
    }

    /// Its place among all: those of the list, then the others.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::Known(index) => usize::from(index),
            Self::Other => KNOWN.len(),
            Self::Batch => KNOWN.len() + 1,
        }
    }

    /// The label's value.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Known(index) => KNOWN.get(usize::from(index)).copied().unwrap_or("other"),
            Self::Other => "other",
            Self::Batch => "batch",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_list_is_found() {
        assert!(KNOWN.is_sorted());
        for name in KNOWN {
            assert_eq!(Method::of(name).label(), *name);
        }
        assert_eq!(Method::of("getblockcounts").label(), "other");
        assert_eq!(Method::of("").label(), "other");
    }
}
