//! A link to a node on which everything takes a while, as over a long line.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::surroundings::now;

/// Forwards connections to a port of this machine; each byte arrives so much later. Ends with the
/// process.
pub(crate) struct DelayedLink {
    port: u16,
}

impl DelayedLink {
    /// A link to `port` whose round trip takes `round_trip` more.
    pub(crate) fn to(port: u16, round_trip: Duration) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let link = Self {
            port: listener.local_addr().expect("an address").port(),
        };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(node) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
                    let _ = client.shutdown(Shutdown::Both);
                    continue;
                };
                let twins = (client.try_clone(), node.try_clone());
                let (Ok(client_twin), Ok(node_twin)) = twins else {
                    continue;
                };
                forward(client, node, round_trip / 2);
                forward(node_twin, client_twin, round_trip / 2);
            }
        });
        link
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

/// Forwards what comes `from` one end `to` the other, each part `delay` later.
fn forward(mut from: TcpStream, to: TcpStream, delay: Duration) {
    let (sender, parts) = channel();
    let _ = from.set_nodelay(true);
    let _ = to.set_nodelay(true);
    thread::spawn(move || write_late(&to, &parts));
    thread::spawn(move || {
        let mut buffer = [0; 8_192];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let part = buffer.get(..length).unwrap_or_default().to_vec();
            if sender.send((now() + delay, part)).is_err() {
                return;
            }
        }
    });
}

fn write_late(mut to: &TcpStream, parts: &Receiver<(Instant, Vec<u8>)>) {
    for (at, part) in parts {
        thread::sleep(at.saturating_duration_since(now()));
        if to.write_all(&part).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
