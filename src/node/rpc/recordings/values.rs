//! What is read from the answers: the values of the port.

use super::*;

#[test]
fn the_chain_is_what_the_node_says_but_for_what_blvm_makes_up() {
    for recording in of("getblockchaininfo") {
        let Ok(raw) = envelope::result::<decode::RawChain>("getblockchaininfo", &recording.body)
        else {
            continue;
        };
        let said = recording.result();
        let flavour = flavour(&recording.name);
        let number = |field: &str| said[field].as_u64();
        let narrow = |field: &str| number(field).map(|number| u32::try_from(number).unwrap());
        let exact = flavour != Flavour::Blvm;
        let expected = ChainInfo {
            chain: said["chain"].as_str().unwrap().to_owned(),
            blocks: narrow("blocks").unwrap(),
            headers: narrow("headers").unwrap(),
            tip_hash: said["bestblockhash"].as_str().unwrap().to_owned(),
            tip_time: number("time"),
            median_time: number("mediantime"),
            difficulty: said["difficulty"].as_f64().filter(|_| exact),
            verification_progress: said["verificationprogress"].as_f64().filter(|_| exact),
            initial_block_download: said["initialblockdownload"].as_bool(),
            size_on_disk_bytes: number("size_on_disk").filter(|_| flavour == Flavour::Core),
            pruned: said["pruned"].as_bool(),
            prune_height: narrow("pruneheight").filter(|height| exact || *height > 0),
            chainwork: said["chainwork"]
                .as_str()
                .filter(|work| exact && work.len() == 64)
                .map(Into::into),
            signet_challenge: said["signet_challenge"].as_str().map(str::to_owned),
            background: None,
        };
        assert_eq!(
            raw.read(&dialect(&recording.name)),
            expected,
            "{}",
            recording.name
        );
        assert!(
            said["mediantime"].is_u64() && said["pruned"].is_boolean(),
            "{}",
            recording.name
        );
    }
}

#[test]
fn who_the_node_is_is_read_from_its_user_agent_and_a_version_that_is_none_is_not_reported() {
    for recording in of("getnetworkinfo") {
        let raw: decode_peers::RawNetwork =
            envelope::result("getnetworkinfo", &recording.body).unwrap();
        let network = raw.read();
        let identity = network.identity;
        let flavour = flavour(&recording.name);
        assert_eq!(
            (identity.flavour, network.active),
            (flavour, Some(true)),
            "{}",
            recording.name
        );
        assert_eq!(
            identity.version,
            (flavour == Flavour::Core).then_some(319_900),
            "{}",
            recording.name
        );
        assert_eq!(
            identity.subversion,
            recording.result()["subversion"].as_str().unwrap()
        );
        let workers = identity.dialect().rpc_workers;
        assert_ne!(workers, RpcWorkers::Few, "{}", recording.name);
    }
}

#[test]
fn peers_have_their_direction_and_heights() {
    let mut directions = Vec::new();
    for recording in of("getpeerinfo") {
        let raw: Vec<decode_peers::RawPeer> =
            envelope::result("getpeerinfo", &recording.body).unwrap();
        let said = recording.result();
        for (peer, said) in raw
            .into_iter()
            .map(decode_peers::RawPeer::read)
            .zip(said.as_array().unwrap())
        {
            assert_eq!(
                peer.address,
                said["addr"].as_str().unwrap(),
                "{}",
                recording.name
            );
            assert_eq!(
                peer.synced_headers.map(i64::from),
                said["synced_headers"].as_i64().filter(|h| *h >= 0)
            );
            assert_eq!(
                peer.synced_blocks.map(i64::from),
                said["synced_blocks"].as_i64().filter(|h| *h >= 0)
            );
            assert_eq!(
                peer.connection_type.as_deref(),
                said["connection_type"].as_str()
            );
            directions.push(peer.direction);
            assert!(peer.handshaken, "{}", recording.name);
            assert_eq!(peer.connected_at, said["conntime"].as_u64());
            assert_eq!(peer.local_address.as_deref(), said["addrbind"].as_str());
            assert_eq!(
                peer.ping.map(|ping| ping.as_secs_f64()),
                said["pingtime"].as_f64().filter(|ping| *ping > 0.0)
            );
            assert_eq!(
                (peer.last_block_at, peer.last_transaction_at),
                (said["last_block"].as_u64(), Some(0))
            );
        }
    }
    assert!(
        directions.contains(&Some(Direction::Inbound))
            && directions.contains(&Some(Direction::Outbound))
    );
    assert!(!directions.contains(&None));
}

#[test]
fn the_index_of_coins_is_found_where_there_is_one() {
    for recording in of("getindexinfo") {
        let Ok(raw) = envelope::result::<decode::RawIndexes>("getindexinfo", &recording.body)
        else {
            continue;
        };
        let list = Indexes {
            indexes: raw.read(),
            ..Indexes::default()
        };
        let coinstats = list.coinstats().map(|index| (index.synced, index.height));
        let indexed = recording.name.contains("synced-archive-indexed");
        assert_eq!(
            coinstats,
            indexed.then_some((true, Some(1400))),
            "{}",
            recording.name
        );
    }
}

#[test]
fn refusals_to_prune_are_distinguished_whoever_refuses() {
    for recording in of("pruneblockchain") {
        let name = recording.name.clone();
        let answer =
            envelope::result::<Value>("pruneblockchain", &recording.body).map_err(|refusal| {
                match refusal {
                    envelope::EnvelopeError::Error(error) => error,
                    envelope::EnvelopeError::NotJsonRpc => panic!("{name}: not JSON-RPC"),
                }
            });
        let read = decode::pruned(answer);
        let in_words = |words: &str| {
            assert!(
                read.as_ref().is_err_and(|e| e.to_string().contains(words)),
                "{name}: {read:?}"
            );
        };
        match name.as_str() {
            _ if name.starts_with("bcoin") => assert_eq!(read, Ok(Pruned::OnlyAll), "{name}"),
            _ if name.ends_with("string") && name.starts_with("core") => in_words("Wrong type"),
            _ if name.contains("archive") => assert_eq!(read, Ok(Pruned::NotInPruneMode), "{name}"),
            _ if name.starts_with("blvm") && name.ends_with("too_high") => {
                in_words("height >= tip height");
            }
            _ if name.starts_with("blvm") => in_words("Height parameter required"),
            _ if name.contains("genesis") && name.ends_with("too_high") => {
                assert_eq!(read, Ok(Pruned::ChainTooShort));
            }
            _ if name.ends_with("negative") => in_words("Negative block height"),
            _ => in_words("shorter than the attempted"),
        }
    }
}

#[test]
fn each_program_tells_in_its_own_shape_how_far_it_pruned() {
    // As blvm-node 0.1.83 and bcoin 1.0.2 have it in their sources: a success cannot be recorded
    // without their disks.
    let blvm = json!({"pruned_height": 30, "blocks_pruned": 30, "blocks_kept": 33, "headers_kept": 63,
        "storage_freed_bytes": 29_696_000});
    for (result, extent) in [
        (json!(551), Extent::UpTo(551)),
        (json!(-1), Extent::Nothing),
        (Value::Null, Extent::Unknown),
        (blvm, Extent::UpTo(30)),
    ] {
        assert_eq!(decode::pruned(Ok(result)), Ok(Pruned::Done(extent)));
    }
    let words = |message: &str| {
        decode::pruned(Err(NodeError::Rpc {
            method: "pruneblockchain",
            code: -32603,
            message: message.into(),
        }))
    };
    let blvm = words("Pruning is not enabled. Configure pruning in node configuration.");
    assert_eq!(blvm, Ok(Pruned::NotInPruneMode));
    assert_eq!(
        words("Chain is already pruned."),
        Ok(Pruned::Done(Extent::Unknown))
    );
    assert!(words("Database error").is_err());
}

#[test]
fn a_blocks_size_and_its_median_time_are_read() {
    for recording in of("getblock") {
        if let Ok(block) = envelope::result::<decode::RawBlock>("getblock", &recording.body) {
            assert_eq!(
                Some(block.size),
                recording.result()["size"].as_u64(),
                "{}",
                recording.name
            );
        }
    }
    for recording in of("getblockheader") {
        if let Ok(header) = envelope::result::<decode::RawTimes>("getblockheader", &recording.body)
        {
            assert_eq!(
                Some(header.mediantime),
                recording.result()["mediantime"].as_u64(),
                "{}",
                recording.name
            );
        }
    }
}

#[test]
fn of_a_peer_that_has_gone_nothing_is_left_to_end() {
    for recording in of("disconnectnode") {
        let answer = envelope::result::<Value>("disconnectnode", &recording.body);
        let answer = answer.map(drop).map_err(|refusal| match refusal {
            envelope::EnvelopeError::Error(error) => error,
            envelope::EnvelopeError::NotJsonRpc => panic!("{}: not JSON-RPC", recording.name),
        });
        let ended = decode_peers::disconnected(answer);
        assert_eq!(ended, Ok(()), "{}", recording.name);
    }
    let other = Err(NodeError::Rpc {
        method: "disconnectnode",
        code: -32603,
        message: "Database error".to_owned(),
    });
    assert_eq!(decode_peers::disconnected(other.clone()), other);
}
