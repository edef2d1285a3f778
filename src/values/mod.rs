//! The words every other module speaks in: amounts of bytes, chains, moments. Pure data, no policy.
//!
//! Nothing here knows a clock, a file, a socket or a log.

mod ascii_url;
mod build_version;
mod chain;
mod client_addr;
mod credentials;
mod decimal;
mod header_lines;
mod listen_address;
mod panic;
mod peer_address;
mod secret;
mod size;
mod store_address;
mod template;
mod time;
mod trusted_proxies;

pub use ascii_url::parse_url;
pub use build_version::{COMMIT, VERSION, VERSION_AND_COMMIT};
pub use chain::{Chain, UnknownChain};
pub use client_addr::{ClientAddr, ConnectionOrigin};
pub use credentials::Credentials;
pub use decimal::decimal;
pub use header_lines::{HeaderLine, InvalidHeaderLine, header_lines};
pub use listen_address::ListenAddress;
pub use panic::unless_it_panics;
pub use peer_address::{InvalidPeer, PeerAddress, PeerName};
pub use secret::{Secret, oddity_of_secret};
pub use size::{ParseSizeError, Size};
pub use store_address::{StoreAddress, StoreAddressError};
pub use template::{InvalidTemplate, Placeholder, Template};
pub use time::{Mono, Now};
pub use trusted_proxies::{TrustedProxies, TrustedProxy};
