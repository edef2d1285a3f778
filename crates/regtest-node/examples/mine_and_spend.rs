//! Starts a node in a directory of its own, mines 101 blocks, spends the first coinbase, and prints
//! what became of the coins. It needs no network and no other program, and stops by itself:
//!
//! ```sh
//! cargo run -p regtest-node --example mine_and_spend
//! ```

#![allow(clippy::print_stdout, reason = "an example prints its result")]

use std::error::Error;

use bitcoin::absolute::LockTime;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::transaction::Version;
use bitcoin::{
    Address, Amount, CompressedPublicKey, Network, OutPoint, PrivateKey, ScriptBuf, Sequence,
    Transaction, TxIn, TxOut, Witness, ecdsa,
};
use regtest_node::{Options, RegtestNode, RpcListener};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    let (node, running) = RegtestNode::open(Options::new(dir.path())).await?;
    let scenario = async {
        let outcome = mine_and_spend(&node).await;
        node.stop();
        outcome
    };
    let (ended, outcome) = tokio::join!(running.run(RpcListener::none()), scenario);
    ended?;
    outcome
}

async fn mine_and_spend(node: &RegtestNode) -> Outcome<()> {
    let miner = Key::new(1)?;
    let receiver = Key::new(2)?;

    // A coinbase may be spent 100 blocks later.
    node.call("generatetoaddress", json!([101, miner.address.to_string()]))
        .await?;
    let chain = node.chain().await?;
    println!("mined {} blocks, the tip is {}", chain.blocks, chain.tip);

    let coinbase = coinbase_of_block(node, 1).await?;
    let payment = miner.pay(&coinbase, &receiver, Amount::from_int_btc(20))?;
    let sent = node
        .call("sendrawtransaction", json!([serialize_hex(&payment)]))
        .await?;
    let txid = sent.as_str().ok_or("a transaction id is a text")?;
    println!(
        "sent {txid}, {} in the mempool",
        node.mempool().await?.transactions
    );

    node.call("generatetoaddress", json!([1, miner.address.to_string()]))
        .await?;
    for (who, vout) in [("receiver", 0), ("change", 1)] {
        let output = node.call("gettxout", json!([txid, vout])).await?;
        let value = output.get("value").ok_or("the output is spent")?;
        println!("{who}: {value} BTC in output {vout}");
    }
    let total = node.call("gettxoutsetinfo", json!(["none"])).await?;
    println!(
        "{} unspent outputs, {} BTC in all",
        node.utxo_count().await?,
        total.get("total_amount").unwrap_or(&Value::Null),
    );
    Ok(())
}

async fn coinbase_of_block(node: &RegtestNode, height: u32) -> Outcome<Transaction> {
    let hash = node.call("getblockhash", json!([height])).await?;
    let hex = node.call("getblock", json!([hash, 0])).await?;
    let hex = hex.as_str().ok_or("a block is hexadecimal")?;
    let block: bitcoin::Block = bitcoin::consensus::encode::deserialize_hex(hex)?;
    Ok(block
        .txdata
        .into_iter()
        .next()
        .ok_or("a block has a coinbase")?)
}

/// A key and its address. The node has no wallet, so the example signs its own transactions.
struct Key {
    private: PrivateKey,
    public: CompressedPublicKey,
    address: Address,
}

impl Key {
    /// The key `number`: good enough for a chain whose coins are worth nothing.
    fn new(number: u8) -> Outcome<Self> {
        let private = PrivateKey::new(SecretKey::from_slice(&[number; 32])?, Network::Regtest);
        let public = CompressedPublicKey::from_private_key(&Secp256k1::new(), &private)?;
        Ok(Self {
            private,
            public,
            address: Address::p2wpkh(&public, Network::Regtest),
        })
    }

    /// A transaction that spends the first output of `funds`, which pays this key: `amount` to
    /// `receiver`, the change without a fee to this key.
    fn pay(&self, funds: &Transaction, receiver: &Self, amount: Amount) -> Outcome<Transaction> {
        let fee = Amount::from_sat(1_000);
        let coin = funds.output.first().ok_or("a transaction has an output")?;
        let change = coin.value - amount - fee;
        let output = |key: &Self, value: Amount| TxOut {
            value,
            script_pubkey: key.address.script_pubkey(),
        };
        let mut payment = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: OutPoint::new(funds.compute_txid(), 0),
                script_sig: ScriptBuf::new(),
                sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                witness: Witness::new(),
            }],
            output: vec![output(receiver, amount), output(self, change)],
        };
        let sighash_type = EcdsaSighashType::All;
        let hash = SighashCache::new(&payment).p2wpkh_signature_hash(
            0,
            &coin.script_pubkey,
            coin.value,
            sighash_type,
        )?;
        let signature = ecdsa::Signature {
            signature: Secp256k1::new().sign_ecdsa(&Message::from(hash), &self.private.inner),
            sighash_type,
        };
        for input in &mut payment.input {
            input.witness = Witness::p2wpkh(&signature, &self.public.0);
        }
        Ok(payment)
    }
}
