//! Addresses for what `serve --dev` runs.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Below the ports that the system gives to outgoing connections: none of those takes one before
/// somebody listens there.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 12_000;

/// Ports that are free now, each another one while this is there.
#[derive(Default)]
pub(super) struct FreeAddresses {
    held: Vec<TcpListener>,
}

impl FreeAddresses {
    /// The next one; random, so that two programs that look for one do not find the same.
    pub(super) fn next(&mut self) -> io::Result<SocketAddr> {
        const ATTEMPTS: usize = 100;
        let listener = (0..ATTEMPTS).find_map(|_| Self::listener_at_random().transpose());
        let listener = match listener {
            Some(listener) => listener?,
            None => TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?,
        };
        let address = listener.local_addr()?;
        self.held.push(listener);
        Ok(address)
    }

    /// A listener at some port, unless that is taken.
    fn listener_at_random() -> io::Result<Option<TcpListener>> {
        let mut bytes = [0; 2];
        getrandom::fill(&mut bytes)?;
        let port = FIRST_PORT + u16::from_ne_bytes(bytes) % PORTS;
        Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_is_found_twice_and_none_is_of_an_outgoing_connection() {
        let mut free = FreeAddresses::default();
        let mut addresses: Vec<_> = (0..50).map(|_| free.next().unwrap()).collect();
        drop(free);
        let ports = FIRST_PORT..FIRST_PORT + PORTS;
        assert!(
            addresses
                .iter()
                .all(|address| ports.contains(&address.port()))
        );
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), 50);
    }
}
