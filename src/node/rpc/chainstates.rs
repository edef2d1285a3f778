//! Whether the chain stands on an assumeutxo snapshot, of a node whose `getblockchaininfo` does not
//! say so.
//!
//! Core 26 to 30 and Knots have `getchainstates`. It is asked for when the tip has changed, since
//! to load a snapshot changes it, and while there is a snapshot that is not validated.

use arc_swap::ArcSwapOption;
use serde_json::Value;

use super::client::Caller;
use super::decode;
use crate::node::{BackgroundValidation, Dialect, NodeResult};

/// What was found out last.
struct Found {
    /// With this tip; `None`: the node has no such call.
    tip_hash: Option<String>,
    /// The snapshot's block and its height.
    snapshot: Option<(String, u32)>,
}

/// The question about chain states.
#[derive(Default)]
pub(super) struct Chainstates(ArcSwapOption<Found>);

impl Chainstates {
    /// How far the blocks under the snapshot are validated, for a node of this `dialect` whose tip
    /// is `tip_hash`.
    pub(super) async fn background(
        &self,
        node: &Caller,
        dialect: &Dialect,
        tip_hash: &str,
    ) -> NodeResult<Option<BackgroundValidation>> {
        let before = self.0.load_full();
        let nothing_new = before.as_ref().is_some_and(|found| {
            found.snapshot.is_none()
                && found
                    .tip_hash
                    .as_deref()
                    .is_none_or(|hash| hash == tip_hash)
        });
        if !dialect.needs_chainstates || nothing_new {
            return Ok(None);
        }
        let state = match node
            .call::<decode::RawChainstates>("getchainstates", &[])
            .await
        {
            Ok(states) => states.read(),
            Err(error) if error.is_passing() => return Err(error),
            Err(_) => {
                self.store(None, None);
                return Ok(None);
            }
        };
        let Some((hash, validated_height)) = state else {
            self.store(Some(tip_hash), None);
            return Ok(None);
        };
        let known = before
            .and_then(|found| found.snapshot.clone())
            .filter(|(known, _)| *known == hash);
        let snapshot_height = match known {
            Some((_, height)) => height,
            None => {
                node.call::<decode::RawHeight>("getblockheader", &[Value::from(hash.as_str())])
                    .await?
                    .height
            }
        };
        self.store(Some(tip_hash), Some((hash, snapshot_height)));
        Ok(Some(BackgroundValidation {
            snapshot_height,
            validated_height,
        }))
    }

    fn store(&self, tip_hash: Option<&str>, snapshot: Option<(String, u32)>) {
        let tip_hash = tip_hash.map(str::to_owned);
        self.0
            .store(Some(std::sync::Arc::new(Found { tip_hash, snapshot })));
    }

    /// It may be another node.
    pub(super) fn forget(&self) {
        self.0.store(None);
    }
}
