//! How long a connection may wait for its client.

use std::time::Duration;

/// A connection may go so long without a whole header, the first one included.
pub(super) const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// After its last request a closing connection may linger so long.
pub(super) const LINGER_TIMEOUT: Duration = Duration::from_secs(1);
