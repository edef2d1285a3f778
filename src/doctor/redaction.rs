//! Takes out of a text what does not belong into the hands of others: addresses, names of users,
//! secrets. Pure.
//!
//! Each address and each name has the same stand-in wherever it is found, so that a reader can
//! still distinguish one from another.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// What is taken out of texts.
#[derive(Debug, Default)]
pub struct Redaction {
    /// Never shown.
    secrets: Vec<String>,
    /// Names of hosts and users, and the home directory, with what stands for each.
    names: Vec<(String, String)>,
    keeps_addresses: bool,
    /// The stand-ins of addresses.
    addresses: HashMap<String, usize>,
}

impl Redaction {
    /// `secrets` are never shown; addresses and names only if `keeps_addresses`.
    #[must_use]
    pub fn new(mut secrets: Vec<String>, keeps_addresses: bool) -> Self {
        secrets.retain(|secret| !secret.is_empty());
        // What contains another one goes first.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self {
            secrets,
            keeps_addresses,
            ..Self::default()
        }
    }

    /// Takes out `name`, which is that of a `kind` of thing, too.
    pub fn hide(&mut self, kind: &str, name: &str) {
        let is_known = self.names.iter().any(|(known, _)| known == name);
        // An address is found without being named.
        if !name.is_empty() && !is_known && address(name).is_none() {
            let number = self.names.len() + 1;
            self.names
                .push((name.to_owned(), format!("{kind}-{number}")));
        }
    }

    /// Takes out the directory `path` at the beginning of others.
    pub fn hide_home(&mut self, path: &str) {
        if path.len() > 1 {
            self.names.push((path.to_owned(), "~".to_owned()));
        }
    }

    /// `text` without what is to be taken out of it.
    pub fn apply(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = text.replace(secret, "[redacted]");
        }
        if self.keeps_addresses {
            return text;
        }
        for (name, stand_in) in &self.names {
            // What is more than a word is found anywhere.
            if !name.chars().all(is_of_word) {
                text = text.replace(name, stand_in);
            }
        }
        self.by_words(&text)
    }

    fn by_words(&mut self, text: &str) -> String {
        let mut redacted = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_of_word) {
            let (before, from) = rest.split_at(start);
            let length = from.find(|c| !is_of_word(c)).unwrap_or(from.len());
            let (word, behind) = from.split_at(length);
            redacted.push_str(before);
            self.push_word(&mut redacted, word);
            rest = behind;
        }
        redacted.push_str(rest);
        redacted
    }

    fn push_word(&mut self, to: &mut String, word: &str) {
        let end = word.trim_end_matches(['.', ':', ',']);
        let tail = word.get(end.len()..).unwrap_or_default();
        if let Some((_, stand_in)) = self.names.iter().find(|(name, _)| name == end) {
            to.push_str(stand_in);
        } else if let Some((host, port)) = address(end) {
            let next = self.addresses.len() + 1;
            let number = *self.addresses.entry(host.to_owned()).or_insert(next);
            to.push_str("address-");
            to.push_str(&number.to_string());
            to.push_str(port);
        } else if let Some((host, port)) = end.rsplit_once(':')
            && let Some((_, stand_in)) = self.names.iter().find(|(name, _)| name == host)
        {
            to.push_str(stand_in);
            to.push(':');
            to.push_str(port);
        } else {
            to.push_str(end);
        }
        to.push_str(tail);
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']' | '%')
}

/// The address that `word` is, and what follows it: a port.
fn address(word: &str) -> Option<(&str, &str)> {
    let is_hidden_service = |host: &str| {
        let domain = host.rsplit_once('.').map_or("", |(_, domain)| domain);
        ["onion", "i2p"]
            .iter()
            .any(|known| domain.eq_ignore_ascii_case(known))
    };
    let plain = word.trim_start_matches('[').trim_end_matches(']');
    if plain.parse::<IpAddr>().is_ok() || is_hidden_service(word) {
        return Some((plain, ""));
    }
    let (host, port) = word.rsplit_once(':')?;
    let is_port = port.parse::<u16>().is_ok();
    let behind = word.get(host.len()..).unwrap_or_default();
    let is_socket = word.parse::<SocketAddr>().is_ok() || (is_port && is_hidden_service(host));
    let host = host.trim_start_matches('[').trim_end_matches(']');
    is_socket.then_some((host, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_the_same_stand_in_wherever_they_are() {
        let mut redaction = Redaction::new(Vec::new(), false);
        let text = "10.0.0.5:8333 and [2001:db8::1]:8333, 10.0.0.5. peer=\"10.0.0.5:1\" \
                    abcdefgh.onion:8333 url http://127.0.0.1:8332/";
        let expected = "address-1:8333 and address-2:8333, address-1. peer=\"address-1:1\" \
                        address-3:8333 url http://address-4:8332/";
        assert_eq!(redaction.apply(text), expected);
        assert_eq!(redaction.apply("2001:db8::1"), "address-2");
    }

    #[test]
    fn times_versions_and_names_are_no_addresses() {
        let mut redaction = Redaction::new(Vec::new(), false);
        let text = "2026-11-30T12:20:07.389Z INFO rpc_request] /Satoshi:31.0.0/ 12:20:07 \
                    rpc.listen 0.1.0 bllvmctl::daemon config.toml:3:1: node";
        assert_eq!(redaction.apply(text), text);
    }

    #[test]
    fn names_are_found_as_words_and_with_a_port() {
        let mut redaction = Redaction::new(Vec::new(), false);
        redaction.hide("user", "al");
        redaction.hide("host", "seed.example.org");
        redaction.hide("user", "with space");
        redaction.hide_home("/home/al");
        let text = "user=al alice seed.example.org:8333 \"with space\" /home/al/x";
        assert_eq!(
            redaction.apply(text),
            "user=user-1 alice host-2:8333 \"user-3\" ~/x"
        );
    }

    #[test]
    fn secrets_go_also_where_addresses_stay() {
        let secrets = vec!["hunter2".to_owned(), "hunter".to_owned(), String::new()];
        let mut redaction = Redaction::new(secrets, true);
        redaction.hide("user", "alice");
        let text = "alice 10.0.0.1 hunter2 hunter";
        assert_eq!(
            redaction.apply(text),
            "alice 10.0.0.1 [redacted] [redacted]"
        );
    }
}
