//! Sockets that the service manager has bound (`sd_listen_fds(3)`): they take the place of
//! `rpc.listen` and `rpc.ops_listen`.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use listenfd::ListenFd;

use super::serve_error::{ServeError, start};
use crate::config::Config;
use crate::env::Env;
use crate::http::Role;
use crate::values::ListenAddress;

/// A socket that the service manager has bound.
pub(super) enum InheritedSocket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// The sockets that were inherited, with what each serves.
#[derive(Default)]
pub(super) struct Activation {
    sockets: Vec<(Role, InheritedSocket)>,
}

/// Where they are. The configuration says something else, and they are in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ActivatedAddresses {
    main: Option<ListenAddress>,
    ops: Option<ListenAddress>,
}

impl Activation {
    /// Those of this process; called before it has threads. `env`: their names.
    pub(super) fn of_process(env: &Env) -> Result<Self, ServeError> {
        let mut inherited = ListenFd::from_env();
        let names = names(env.get("LISTEN_FDNAMES").unwrap_or_default());
        let mut sockets = Vec::new();
        for index in 0..inherited.len() {
            let name = names.get(index).map_or("", String::as_str);
            let role = role(name).ok_or_else(|| {
                let why =
                    format!("the socket {index} is called `{name}`; the names are rpc and ops");
                start("socket activation")(why)
            })?;
            let socket = take(&mut inherited, index).map_err(start("socket activation"))?;
            sockets.push((role, socket));
        }
        Ok(Self { sockets })
    }

    /// Where they are.
    pub(super) fn addresses(&self) -> ActivatedAddresses {
        let of = |wanted: Role| {
            let mut sockets = self.sockets.iter();
            let (_, socket) = sockets.find(|(role, _)| *role == wanted)?;
            Some(socket.address())
        };
        ActivatedAddresses {
            main: of(Role::Main),
            ops: of(Role::Ops),
        }
    }

    /// Those with `role`, which are taken.
    pub(super) fn take(&mut self, role: Role) -> Vec<InheritedSocket> {
        let (taken, left) = std::mem::take(&mut self.sockets)
            .into_iter()
            .partition(|(of, _)| *of == role);
        self.sockets = left;
        let taken: Vec<(Role, InheritedSocket)> = taken;
        taken.into_iter().map(|(_, socket)| socket).collect()
    }
}

impl ActivatedAddresses {
    /// Puts them in the place of those that `config` names.
    pub(super) fn replace_in(&self, config: &mut Config) {
        if let Some(main) = &self.main {
            config.rpc.listen.clone_from(main);
        }
        if self.ops.is_some() {
            config.rpc.ops_listen.clone_from(&self.ops);
        }
    }
}

impl InheritedSocket {
    /// Where it is; a Unix socket without a file has no path.
    pub(super) fn address(&self) -> ListenAddress {
        let of_unix = |unix: &UnixListener| {
            let address = unix.local_addr().ok()?;
            address.as_pathname().map(PathBuf::from)
        };
        match self {
            Self::Tcp(tcp) => match tcp.local_addr() {
                Ok(address) => ListenAddress::Tcp(address),
                Err(_) => ListenAddress::Unix(PathBuf::new()),
            },
            Self::Unix(unix) => ListenAddress::Unix(of_unix(unix).unwrap_or_default()),
        }
    }
}

fn take(inherited: &mut ListenFd, index: usize) -> io::Result<InheritedSocket> {
    let missing = || io::Error::other("it was taken already");
    if let Ok(tcp) = inherited.take_tcp_listener(index) {
        return tcp.map(InheritedSocket::Tcp).ok_or_else(missing);
    }
    let unix = inherited.take_unix_listener(index)?;
    unix.map(InheritedSocket::Unix).ok_or_else(missing)
}

fn names(list: &str) -> Vec<String> {
    list.split(':').map(str::to_owned).collect()
}

/// What the socket called `name` serves. A unit without `FileDescriptorName=` gives its own name.
fn role(name: &str) -> Option<Role> {
    match name {
        "ops" => Some(Role::Ops),
        "rpc" | "" | "unknown" => Some(Role::Main),
        unit if unit.ends_with(".socket") => Some(Role::Main),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_without_a_name_is_that_of_calls() {
        for name in ["rpc", "", "unknown", "bllvmctl.socket"] {
            assert_eq!(role(name), Some(Role::Main), "{name}");
        }
        assert_eq!(role("ops"), Some(Role::Ops));
        assert_eq!(role("metrics"), None);
        assert_eq!(names("rpc::ops"), ["rpc", "", "ops"]);
    }

    #[test]
    fn without_a_service_manager_nothing_is_inherited() {
        let activation = Activation::default();
        assert_eq!(activation.addresses(), ActivatedAddresses::default());
    }
}
