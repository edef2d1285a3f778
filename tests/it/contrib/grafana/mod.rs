//! The boards for Grafana: they are made from descriptions, as JSON is no language to write in.
//! `BLESS=1 cargo test --locked --test it grafana` rewrites them.

mod data;
mod gateway;
mod model;
mod overview;
mod peers;
mod storage;

use std::collections::BTreeSet;

use bllvmctl::metrics::ALL;
use serde_json::Value;

use self::model::{Board, COLUMNS};
use crate::generated::hold_file;
use crate::support::surroundings::repository;

/// The boards with the names of their files.
fn boards() -> [(&'static str, Board); 4] {
    [
        ("overview", overview::board()),
        ("gateway", gateway::board()),
        ("storage", storage::board()),
        ("peers", peers::board()),
    ]
}

#[test]
fn the_boards_are_made_from_their_descriptions() {
    for (name, board) in boards() {
        let path = repository().join(format!("contrib/grafana/{name}.json"));
        hold_file(&path, &board.json());
    }
}

/// The families of the program that are named in `expression`.
fn families(expression: &str) -> BTreeSet<&str> {
    expression
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("bllvm_"))
        .collect()
}

#[test]
fn every_metric_of_a_board_is_one_of_the_program() {
    let known: BTreeSet<_> = ALL.iter().map(|family| family.name).collect();
    for (name, board) in boards() {
        for panel in board.rows.iter().flat_map(|row| &row.panels) {
            for family in panel.expressions().flat_map(families) {
                let family = family.strip_suffix("_bucket").unwrap_or(family);
                assert!(
                    known.contains(family),
                    "{name}, {}: {family}",
                    panel.title()
                );
            }
        }
    }
}

#[test]
fn panels_fill_the_width_and_lie_beside_one_another() {
    for (name, board) in boards() {
        let json: Value = serde_json::from_str(&board.json()).unwrap();
        let mut taken = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for panel in json["panels"].as_array().unwrap() {
            assert!(ids.insert(panel["id"].as_u64()), "{name}: an id twice");
            let side = |side: &str| panel["gridPos"][side].as_u64().unwrap();
            for x in side("x")..side("x") + side("w") {
                for y in side("y")..side("y") + side("h") {
                    assert!(taken.insert((y, x)), "{name}: {}", panel["title"]);
                }
            }
        }
        let bottom = taken.iter().map(|(y, _)| y + 1).max().unwrap();
        let area = u64::try_from(taken.len()).unwrap();
        assert_eq!(area, bottom * u64::from(COLUMNS), "{name} has holes");
    }
}

#[test]
fn the_first_screen_of_the_overview_says_whether_it_is_well_and_why_not() {
    // A screen of 1080 lines shows some 24 rows of the grid.
    const SCREEN: u64 = 24;
    let json: Value = serde_json::from_str(&overview::board().json()).unwrap();
    let panels = json["panels"].as_array().unwrap();
    for title in ["State", "Why not", "Alerts", "Blocks behind", "Checks"] {
        let panel = panels.iter().find(|panel| panel["title"] == title).unwrap();
        let place = &panel["gridPos"];
        let bottom = place["y"].as_u64().unwrap() + place["h"].as_u64().unwrap();
        assert!(bottom <= SCREEN, "{title}");
    }
    assert_eq!(panels[0]["gridPos"]["y"], 0);
    assert_eq!(
        (&panels[0]["title"], &panels[1]["title"]),
        (&"State".into(), &"Why not".into())
    );
}
