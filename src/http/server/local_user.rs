//! Who calls over the control socket.

use std::fmt;

use tokio::net::UnixStream;

/// Whoever is at the other end of the socket, as the system says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) struct LocalUser {
    uid: Option<u32>,
}

impl LocalUser {
    pub(super) fn of(stream: &UnixStream) -> Self {
        let uid = stream.peer_cred().ok().map(|peer| peer.uid());
        Self { uid }
    }
}

impl fmt::Display for LocalUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.uid {
            Some(uid) => write!(f, "uid={uid}"),
            None => f.write_str("uid=unknown"),
        }
    }
}
