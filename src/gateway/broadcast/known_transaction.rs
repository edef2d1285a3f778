//! The result for a transaction or a block that is known already, after an answer that was lost.
//! Pure.

use bitcoin::Transaction;
use bitcoin::consensus::encode::deserialize_hex;

use super::answer::BroadcastMethod;
use crate::gateway::parse::RpcVersion;
use crate::route::first_argument;

/// What the node would have answered to the call that is `body`, and has this id, if its answer had
/// not been lost; `None` if that cannot be said.
pub(in crate::gateway) fn known_result(
    method: BroadcastMethod,
    body: &[u8],
    id: Option<&str>,
    version: RpcVersion,
) -> Option<String> {
    let result = match method {
        BroadcastMethod::Transaction => format!("\"{}\"", txid(body)?),
        BroadcastMethod::Block => "null".to_owned(),
        BroadcastMethod::Package | BroadcastMethod::Header => return None,
    };
    let id = id.unwrap_or("null");
    Some(match version {
        RpcVersion::One => format!("{{\"result\":{result},\"error\":null,\"id\":{id}}}\n"),
        RpcVersion::Two => format!("{{\"jsonrpc\":\"2.0\",\"result\":{result},\"id\":{id}}}\n"),
    })
}

/// The id of the transaction that the call in `body` has: the hash of it without its witness.
fn txid(body: &[u8]) -> Option<String> {
    let written = first_argument(std::str::from_utf8(body).ok()?, "hexstring")?;
    let digits = written.strip_prefix('"')?.strip_suffix('"')?;
    let transaction: Transaction = deserialize_hex(digits).ok()?;
    Some(transaction.compute_txid().to_string())
}

#[cfg(test)]
mod tests {
    use bitcoin::hashes::Hash;

    use super::*;

    /// Of a test vector of BIP 143: it has a witness.
    const RAW: &str = concat!(
        "01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f000000",
        "00494830450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be0220",
        "40529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804",
        "cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb20600",
        "0000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143b",
        "de42dbee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5",
        "b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c",
        "212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07ae",
        "ee635711000000",
    );

    fn txid_of(params: &str) -> Option<String> {
        txid(format!("{{\"method\":\"sendrawtransaction\",\"params\":{params}}}").as_bytes())
    }

    #[test]
    fn the_id_of_a_transaction_is_the_hash_without_its_witness() {
        let transaction: Transaction = deserialize_hex(RAW).unwrap();
        let plain = Transaction {
            input: transaction
                .input
                .iter()
                .map(|input| bitcoin::TxIn {
                    witness: bitcoin::Witness::new(),
                    ..input.clone()
                })
                .collect(),
            ..transaction
        };
        let hash = bitcoin::hashes::sha256d::Hash::hash(&bitcoin::consensus::serialize(&plain));
        let expected = Some(hash.to_string());
        assert_eq!(txid_of(&format!("[\"{RAW}\"]")), expected);
        assert_eq!(txid_of(&format!("[\"{RAW}\", 0.1]")), expected);
        assert_eq!(txid_of(&format!("{{\"hexstring\":\"{RAW}\"}}")), expected);
        assert_eq!(txid_of("[\"00\"]"), None);
        assert_eq!(txid_of("[]"), None);
        assert_eq!(txid_of("[7]"), None);
    }

    #[test]
    fn the_result_has_the_callers_id_and_version() {
        let block = |version| known_result(BroadcastMethod::Block, b"", Some("\"x\""), version);
        assert_eq!(
            block(RpcVersion::One).unwrap(),
            "{\"result\":null,\"error\":null,\"id\":\"x\"}\n"
        );
        assert_eq!(
            block(RpcVersion::Two).unwrap(),
            "{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":\"x\"}\n"
        );
        let package = known_result(BroadcastMethod::Package, b"", None, RpcVersion::One);
        assert_eq!(package, None);
    }
}
