//! The surroundings of a daemon: what runs on this machine, whether all of it fits together, and
//! the archive that shows it to others.
//!
//! Reads everything and changes nothing. Invariant: no secret leaves this folder but as a `Secret`.

mod bundle;
mod clock_findings;
mod clock_synchronisation;
mod configuration_findings;
mod daemon_findings;
mod daemon_readings;
mod finding;
mod limits_findings;
mod node_config;
mod private;
mod redaction;
pub mod running_nodes;

pub use bundle::Bundle;
pub use clock_findings::synchronisation_finding;
pub use clock_synchronisation::is_clock_synchronised;
pub use configuration_findings::{configuration_findings, node_findings};
pub use daemon_findings::daemon_findings;
pub use daemon_readings::{DaemonReadings, LeasesOfNode};
pub use finding::Finding;
pub use limits_findings::limits_findings;
pub use node_config::{DaemonPlacement, configuration, pruning_note};
pub use private::redaction;
pub use redaction::Redaction;
