//! The options of `serve`, and the configuration that they lead to.

use std::path::PathBuf;

#[cfg(feature = "embedded")]
use super::dev_fleet::DevFleet;
#[cfg(not(feature = "embedded"))]
use super::embedded::DevFleet;
use crate::config::{self, Flags, Loaded};
use crate::env::Env;

/// The options of `serve` from the command line.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// The configuration file, if named.
    pub config: Option<PathBuf>,
    /// Flags that override keys.
    pub flags: Flags,
    /// The configuration is that of [`Dev`](super::Dev): play with its node.
    pub dev: bool,
    /// The configuration is that of a [`Dev`](super::Dev) with these nodes: start them.
    pub dev_fleet: Option<DevFleet>,
    /// Rebuild the embedded node's database from its block files.
    pub reindex: bool,
}

/// Loads the configuration of a daemon with these options.
pub(super) fn load(options: &ServeOptions, env: &Env) -> Loaded {
    let here = std::env::current_dir().unwrap_or_default();
    let file = config::find_file(options.config.as_deref(), env, &here);
    config::load(file.as_deref(), env, &options.flags)
}
