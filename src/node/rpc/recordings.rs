//! Every answer that was recorded of a real node is read: its values are the port's, or its refusal
//! is clear.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{decode, decode_peers, envelope};
use crate::node::dialect::Flavour;
use crate::node::{
    ChainInfo, Dialect, Direction, Extent, Identity, Indexes, NodeError, NodeResult, Pruned,
    RpcWorkers,
};

mod values;

struct Recording {
    /// `core-31.99/genesis/uptime`
    name: String,
    /// The method of a single call that wants an answer.
    method: Option<String>,
    status: u64,
    body: Vec<u8>,
}

impl Recording {
    fn read(root: &Path, path: &Path) -> Self {
        let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let request: Value =
            serde_json::from_str(file["request"]["body"].as_str().unwrap_or_default())
                .unwrap_or_default();
        let body = match &file["response"]["text"] {
            Value::String(text) => text.clone(),
            _ => file["response"]["json"].to_string(),
        };
        Self {
            name: path
                .strip_prefix(root)
                .unwrap()
                .with_extension("")
                .display()
                .to_string(),
            method: request
                .get("id")
                .and(request.get("method"))
                .and_then(Value::as_str)
                .map(str::to_owned),
            status: file["response"]["status"].as_u64().unwrap(),
            body: body.into_bytes(),
        }
    }

    /// The result that a reader of the plain JSON sees.
    fn result(&self) -> Value {
        serde_json::from_slice::<Value>(&self.body)
            .map(|mut body| body["result"].take())
            .unwrap_or_default()
    }
}

fn all() -> Vec<Recording> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = walkdir::WalkDir::new(&root)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path());
    let files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    assert!(files.len() > 300, "{} recordings", files.len());
    files
        .iter()
        .map(|path| Recording::read(&root, path))
        .collect()
}

/// All recordings of `method` that came with a body to read.
fn of(method: &str) -> Vec<Recording> {
    let recordings: Vec<_> = all()
        .into_iter()
        .filter(|recording| recording.method.as_deref() == Some(method) && recording.status != 401)
        .collect();
    assert!(!recordings.is_empty(), "no recording of {method}");
    recordings
}

fn flavour(name: &str) -> Flavour {
    match name.split('-').next() {
        Some("core") => Flavour::Core,
        Some("blvm") => Flavour::Blvm,
        Some("bcoin") => Flavour::Bcoin,
        _ => Flavour::Other,
    }
}

fn dialect(name: &str) -> Dialect {
    let identity = Identity {
        flavour: flavour(name),
        version: None,
        version_text: String::new(),
        subversion: String::new(),
    };
    identity.dialect()
}

/// Reads one answer to `method` as the adapter does.
fn read(method: &'static str, recording: &Recording) -> NodeResult<String> {
    fn shown<T: std::fmt::Debug>(value: T) -> String {
        format!("{value:?}")
    }
    let body = &recording.body;
    let answer = match method {
        "uptime" | "getconnectioncount" | "getblockcount" => {
            envelope::result::<u64>(method, body).map(shown)
        }
        "getblockchaininfo" => envelope::result(method, body)
            .map(|raw: decode::RawChain| shown(raw.read(&dialect(&recording.name)))),
        "getnetworkinfo" => {
            envelope::result(method, body).map(|raw: decode_peers::RawNetwork| shown(raw.read()))
        }
        "getpeerinfo" => envelope::result(method, body).map(|raw: Vec<decode_peers::RawPeer>| {
            shown(
                raw.into_iter()
                    .map(decode_peers::RawPeer::read)
                    .collect::<Vec<_>>(),
            )
        }),
        "listbanned" => envelope::result(method, body).map(|raw: Vec<decode_peers::RawBan>| {
            shown(
                raw.into_iter()
                    .map(decode_peers::RawBan::read)
                    .collect::<Vec<_>>(),
            )
        }),
        "getnettotals" => {
            envelope::result(method, body).map(|raw: decode::RawTraffic| shown(raw.totalbytessent))
        }
        "getmempoolinfo" => {
            envelope::result(method, body).map(|raw: decode::RawMempool| shown(raw.read()))
        }
        "getindexinfo" => {
            envelope::result(method, body).map(|raw: decode::RawIndexes| shown(raw.read()))
        }
        "gettxoutsetinfo" => {
            envelope::result(method, body).map(|raw: decode::RawUtxos| shown(raw.txouts))
        }
        "getblockheader" => {
            envelope::result(method, body).map(|raw: decode::RawHeader| shown(raw.confirmations))
        }
        other => panic!("{other} is not asked by the adapter"),
    };
    answer.map_err(|refusal| match refusal {
        envelope::EnvelopeError::Error(error) => error,
        envelope::EnvelopeError::NotJsonRpc => panic!("{}: not JSON-RPC", recording.name),
    })
}

const ASKED: [&str; 12] = [
    "uptime",
    "getconnectioncount",
    "getblockcount",
    "getblockchaininfo",
    "getnetworkinfo",
    "getpeerinfo",
    "getnettotals",
    "getmempoolinfo",
    "getindexinfo",
    "gettxoutsetinfo",
    "getblockheader",
    "listbanned",
];

#[test]
fn every_answer_to_what_is_asked_is_read_or_refused_by_the_node() {
    for method in ASKED {
        for recording in of(method) {
            let name = &recording.name;
            match read(method, &recording) {
                Ok(_) => assert!(
                    !recording.result().is_null(),
                    "{name}: a value without a result"
                ),
                Err(error) if error.is_starting() => {
                    assert!(
                        name.contains("warmup") || name.contains("starting"),
                        "{name}: {error}"
                    );
                    let own = if name.starts_with("blvm") {
                        "-32603"
                    } else {
                        "-28"
                    };
                    assert_eq!(error.code(), own, "{name}");
                }
                // bcoin has no `uptime`, no `getindexinfo`, and counts outputs only where it is
                // configured.
                Err(error @ (NodeError::Unsupported { .. } | NodeError::Rpc { .. })) => {
                    assert!(name.starts_with("bcoin"), "{name}: {error}");
                    assert!(error.is_answer());
                }
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
}

#[test]
fn every_body_is_a_result_an_error_or_no_answer_of_a_node() {
    for recording in all() {
        let body: Value = serde_json::from_slice(&recording.body).unwrap_or_default();
        let error = body.get("error").filter(|error| !error.is_null());
        let read = envelope::result::<Value>("method", &recording.body);
        match (error, body.get("result")) {
            // bcoin's answer to a path it does not have has an error too, of another kind.
            (Some(Value::Object(error)), _) if error.get("code").is_some_and(Value::is_i64) => {
                let Err(envelope::EnvelopeError::Error(refusal)) = read else {
                    panic!("{}: {read:?}", recording.name);
                };
                let message = error["message"].as_str().unwrap_or_default();
                let beginning: String = message
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .chars()
                    .take(100)
                    .collect();
                let known = matches!(refusal, NodeError::Unsupported { .. });
                assert!(
                    known || refusal.to_string().contains(&beginning),
                    "{}: {refusal}",
                    recording.name
                );
                assert_eq!(
                    error["code"] == json!(-32601),
                    known,
                    "{}: {refusal}",
                    recording.name
                );
            }
            (None, Some(result)) if body.is_object() => {
                assert_eq!(read.as_ref(), Ok(result), "{}", recording.name);
            }
            _ => assert_eq!(
                read,
                Err(envelope::EnvelopeError::NotJsonRpc),
                "{}",
                recording.name
            ),
        }
    }
}
