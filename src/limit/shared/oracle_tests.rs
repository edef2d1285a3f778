//! The script in a real store beside the bucket of a single daemon: the same yes, no and waits.

use std::io::Write as _;
use std::net::TcpListener;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRng, TestRunner};

use super::purse::PurseTerms;
use super::purses::{Demand, PurseAnswer, Purses, StoreAnswer, StoreKey};
use super::script::{Asker, ScriptAnswer};
use super::secret::BucketSecret;
use super::store::StoreAccess;
use crate::limit::{Bucket, Layer, Rate, Shortage};
use crate::values::{Mono, StoreAddress};

/// A store that runs until it is dropped.
struct OracleStore {
    process: Child,
    _directory: tempfile::TempDir,
    port: u16,
}

impl OracleStore {
    fn start(executable: PathBuf) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let process = Command::new(executable)
            .args(["--save", "", "--bind", "127.0.0.1"])
            .args(["--port", &port.to_string(), "--dir"])
            .arg(directory.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            process,
            _directory: directory,
            port,
        }
    }
}

impl Drop for OracleStore {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment says where the store is"
)]
fn executable() -> Option<PathBuf> {
    std::env::var_os("REDIS_EXE")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from("/usr/bin/redis-server")))
        .filter(|path| path.exists())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment says how long the test is"
)]
fn steps() -> usize {
    let steps = std::env::var("BLLVMCTL_LIMITS_STEPS").ok();
    steps.and_then(|steps| steps.parse().ok()).unwrap_or(3000)
}

#[tokio::test]
async fn one_daemon_without_a_purse_has_the_answers_of_the_local_bucket() {
    let Some(executable) = executable() else {
        let name = "limit::shared::oracle_tests: no redis-server, REDIS_EXE is not set\n";
        std::io::stderr().write_all(b"SKIPPED ").unwrap();
        std::io::stderr().write_all(name.as_bytes()).unwrap();
        return;
    };
    let store = OracleStore::start(executable);
    let address = StoreAddress::parse(&format!("redis://127.0.0.1:{}", store.port)).unwrap();
    let access = StoreAccess {
        address,
        password: None,
    };
    let (mut connection, driver, _) = loop {
        match access.connect().await {
            Ok(connected) => break connected,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    let work = async {
        let secret = BucketSecret::of_text("x");
        let asker = Asker {
            namespace: "test".to_owned(),
            daemon: "a1".to_owned(),
            fingerprint: secret.fingerprint(),
        };
        connection.agree_on_secret(&asker, secret).await.unwrap();
        let mut buckets: Vec<(Rate, Bucket)> = [(1.0, 5), (50.0, 7), (1000.0, 3), (4000.0, 40)]
            .map(|(rate, burst)| {
                (
                    Rate::new(rate, NonZeroU32::new(burst).unwrap()),
                    Bucket::FULL,
                )
            })
            .into();
        let mut runner = TestRunner::new_with_rng(
            Config::default(),
            TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        );
        let step = (0..buckets.len(), 1_u32..4);
        let mut passed = 0;
        let mut refused = 0;
        for number in 0..steps() {
            let (index, cost) = step.new_tree(&mut runner).unwrap().current();
            let (rate, bucket) = &mut buckets[index];
            let demand = Demand {
                key: StoreKey::new(Layer::User, u64::try_from(index).unwrap()),
                method: None,
                rate: *rate,
                cost,
            };
            let terms = PurseTerms { replicas: 1 };
            let start = Mono::from_start(Duration::from_secs(1));
            let PurseAnswer::Ask(question) = Purses::default().take(&[demand], terms, start) else {
                panic!("nothing is held")
            };
            let (answer, at) = connection.ask_at(&asker, &question).await.unwrap();
            let now = Mono::from_start(at);
            let local = bucket.check(*rate, cost, now);
            match (answer, local) {
                (ScriptAnswer::Answer(StoreAnswer::Granted(ahead)), local) => {
                    assert_eq!(ahead[0], 0);
                    if let Err(Shortage::Wait(wait)) = local {
                        assert!(wait <= Duration::from_millis(1), "step {number}: {wait:?}");
                    }
                    *bucket = bucket.spend(*rate, cost, now);
                    passed += 1;
                }
                (ScriptAnswer::Answer(StoreAnswer::Refused(waits)), local) => {
                    let wait = match local {
                        Ok(()) => Duration::ZERO,
                        Err(Shortage::Wait(wait)) => wait,
                        Err(Shortage::Never) => panic!("it may pass"),
                    };
                    let difference = waits[0].abs_diff(wait);
                    assert!(
                        difference <= Duration::from_millis(1),
                        "step {number}: {difference:?}"
                    );
                    refused += 1;
                }
                (ScriptAnswer::AnotherSecret, _) => panic!("it was agreed on"),
            }
        }
        assert!(
            passed > 50 && refused > 50,
            "{passed} passed, {refused} refused"
        );
    };
    tokio::select! {
        () = work => {}
        () = driver => panic!("the connection is closed"),
    }
}
