//! The embedded node, against real nodes and around its whole life.

mod beside_bcoin;
mod beside_bitcoind;
mod contract;
mod daemon;
mod dev;
mod dev_fleet;
mod dev_tour;
mod directories;
mod full_disk;
mod lost_peer;
mod no_configuration;
mod numbers;
mod odd_requests;
mod referee;
mod reject_words;
mod sigops;
mod wrong_calls;
