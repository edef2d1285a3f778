//! What the page is, as a parser of HTML reads it.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use super::colours::{contrast, schemes};
use super::dom::{Document, Element};
use super::{PEER, node_of_markup, page};
use crate::support::config::attached_to_fake;
use crate::support::http::Request;
use crate::support::ready::{ready, ready_with};
use crate::support::surroundings::eventually;

const SOON: Duration = Duration::from_mins(1);

#[test]
fn the_page_is_one_document_that_needs_no_other() {
    let (_node, daemon) = ready("");
    let (answer, document) = page(&daemon);
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    let html = &document.named("html")[0];
    assert_eq!(html.attribute("lang"), Some("en"));
    for (name, number) in [
        ("title", 1),
        ("main", 1),
        ("h1", 1),
        ("style", 1),
        ("script", 1),
    ] {
        assert_eq!(document.named(name).len(), number, "{name}");
    }
    for element in document.all() {
        for (name, value) in &element.attributes {
            let is_own = value.starts_with('#') || value.starts_with("data:");
            let is_reference = matches!(&**name, "src" | "href" | "srcset" | "action" | "poster");
            assert!(!is_reference || is_own, "{} {name}={value}", element.name);
            assert!(
                !name.starts_with("on") && name != "style",
                "{} {name}",
                element.name
            );
        }
        assert!(!matches!(
            &*element.name,
            "iframe" | "object" | "embed" | "base" | "form" | "img"
        ));
    }
    let style = document.named("style")[0].raw_text();
    assert!(!style.contains("@import") && !style.contains("url("));
    let head = daemon.send(Request {
        method: "HEAD",
        ..Request::get("/")
    });
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn the_policy_allows_the_style_and_the_script_that_are_there_and_nothing_else() {
    let (_node, daemon) = ready("");
    let (answer, document) = page(&daemon);
    let policy = answer.header("content-security-policy").unwrap();
    let rules: Vec<&str> = policy.split(';').map(str::trim).collect();
    let hash = |name: &str| {
        let text = document.named(name)[0].raw_text();
        format!(
            "{name}-src 'sha256-{}'",
            BASE64_STANDARD.encode(Sha256::digest(text))
        )
    };
    let expected = [
        "default-src 'none'".to_owned(),
        hash("style"),
        hash("script"),
        "connect-src 'self'".to_owned(),
        "img-src data:".to_owned(),
        "base-uri 'none'".to_owned(),
        "form-action 'none'".to_owned(),
        "frame-ancestors 'none'".to_owned(),
    ];
    assert_eq!(rules, expected);
    let script = document.named("script")[0].raw_text();
    assert_eq!(
        script.matches("fetch(").count(),
        1,
        "it fetches itself, and nothing else"
    );
    assert!(script.contains("fetch(location.href"), "{script}");
}

/// What each section has, whatever the node.
const SECTIONS: [(&str, &[&str]); 7] = [
    (
        "requests",
        &[
            "Calls",
            "answered",
            "failed",
            "rejected",
            "Latency",
            "99 % within",
            "by layer",
            "address",
            "user",
            "method",
            "login",
            "At the nodes",
        ],
    ),
    (
        "chain-main",
        &[
            "Height",
            "Headers",
            "Behind",
            "Verified",
            "Mempool",
            "First kept block",
            "Tip",
        ],
    ),
    (
        "storage-main",
        &[
            "Used", "Full in", "Growth", "Pruning", "Leases", "Plan", "Last job",
        ],
    ),
    (
        "peers-main",
        &[
            "Outbound",
            "Quality",
            "Ping",
            PEER,
            "20 ms",
            "at least 3 wanted",
        ],
    ),
    (
        "queue-main",
        &[
            "Waiting",
            "Connecting",
            "Paused",
            "Abandoned",
            "Next in",
            "Attempt",
            "127.0.0.1:1",
        ],
    ),
    ("events", &["Events"]),
    (
        "daemon",
        &["Version", "Up", "Configuration", "Tasks", "As of"],
    ),
];
const CHARTS: [&str; 8] = [
    "calls",
    "latency",
    "limited",
    "height-of-main",
    "lag-of-main",
    "usage-of-main",
    "free-of-main",
    "peers-of-main",
];

#[test]
fn each_thing_has_its_section_and_all_of_it_is_there_without_a_script() {
    let node = node_of_markup();
    let config =
        attached_to_fake(&node).with("[network]\npeers = [\"127.0.0.1:1\"]\nmin_peers = 3");
    let daemon = ready_with(config);
    let text = || page(&daemon).0.text().to_owned();
    let has_lost = |page: &String| page.contains(">127.0.0.1:1<");
    let document = Document::parse(&eventually("the queue", SOON, text, has_lost));
    let detailed = daemon.get("/health/detailed").json();

    assert_eq!(document.id("verdict").text(), "Healthy, 1 warning");
    let all = document.all();
    let verdict = all
        .iter()
        .find(|it| it.has_class("verdict"))
        .unwrap()
        .text();
    for part in [
        "peers: 1 connected",
        "Since ",
        "What to do",
        "bllvmctl peers",
        "BitcoinPeersFew",
        "Last hour",
    ] {
        assert!(verdict.contains(part), "{part}: {verdict}");
    }
    let checks = document.id("checks");
    let listed: Vec<_> = checks.named("li").iter().map(Element::text).collect();
    let expected = detailed["checks"].as_array().unwrap();
    assert_eq!(listed.len(), expected.len());
    for (listed, check) in listed.iter().zip(expected) {
        let mark = match check["level"].as_str().unwrap() {
            "good" => "[+]",
            "warning" => "[!]",
            "bad" => "[-]",
            _ => "[?]",
        };
        let name = check["name"].as_str().unwrap();
        assert!(
            listed.starts_with(mark) && listed.contains(name),
            "{listed}"
        );
    }
    for (id, parts) in SECTIONS {
        let section = section_of(&document, id);
        for part in parts {
            assert!(section.contains(part), "{id}: no {part} in {section}");
        }
    }
    let tip = detailed["chain"]["tip_hash"].as_str().unwrap();
    assert!(section_of(&document, "chain-main").contains(tip));
    for chart in CHARTS {
        let figure = document.id(chart);
        // So soon there may have been no call to measure.
        if figure.text().contains("No value in the last") {
            continue;
        }
        let images = figure.named("svg");
        let mut labels = images.iter().filter_map(|svg| svg.attribute("aria-label"));
        assert!(labels.any(|label| label.contains("the last")), "{chart}");
    }
}

/// The text of the section with this id, or of the section that the heading with this id names.
fn section_of(document: &Document, id: &str) -> String {
    let element = document.id(id);
    if element.name == "section" {
        return element.text();
    }
    let sections = document.named("section").into_iter();
    let mut named = sections.filter(|section| section.attribute("aria-labelledby") == Some(id));
    named.next().expect("a section").text()
}

#[test]
fn names_are_once_and_what_labels_something_is_there() {
    let (_node, daemon) = ready("");
    let (_, document) = page(&daemon);
    let all = document.all();
    let ids: Vec<&str> = all.iter().filter_map(|it| it.attribute("id")).collect();
    let once: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), once.len(), "{ids:?}");
    for element in &all {
        if let Some(by) = element.attribute("aria-labelledby") {
            assert!(once.contains(by), "{by}");
        }
        if element.name == "svg" {
            let is_said = element.attribute("role") == Some("img")
                && element.attribute("aria-label").is_some();
            assert!(is_said || element.attribute("aria-hidden") == Some("true"));
        }
        if element.has_class("scroll") {
            assert_eq!(
                element.attribute("tabindex"),
                Some("0"),
                "reached by keyboard"
            );
        }
    }
    let announce = document.id("announce");
    assert_eq!(announce.attribute("aria-live"), Some("polite"));
    let style = document.named("style")[0].raw_text();
    for rule in [
        "prefers-reduced-motion",
        "prefers-color-scheme: dark",
        "tabular-nums",
        ":focus-visible",
    ] {
        assert!(style.contains(rule), "{rule}");
    }
}

#[test]
fn text_is_read_on_its_ground_in_both_schemes() {
    let (_node, daemon) = ready("");
    let (_, document) = page(&daemon);
    let style = document.named("style")[0].raw_text();
    let grounds = ["bg", "card", "good-tint", "warning-tint", "bad-tint"];
    for (scheme, colours) in ["light", "dark"].iter().zip(schemes(&style)) {
        for text in ["text", "muted", "good", "warning", "bad"] {
            for ground in grounds {
                let contrast = contrast(colours[text], colours[ground]);
                assert!(
                    contrast >= 4.5,
                    "{scheme}: {text} on {ground} {contrast:.2}"
                );
            }
        }
        for line in ["accent", "second", "good", "warning", "bad", "focus"] {
            let contrast = contrast(colours[line], colours["card"]);
            assert!(contrast >= 3.0, "{scheme}: the line {line} {contrast:.2}");
        }
    }
    // No colour but those that were looked at.
    let outside = style.split("*, *::before").nth(1).unwrap();
    let hexadecimal = outside.split('#').skip(1);
    assert_eq!(hexadecimal.count(), 0);
}

#[test]
fn no_word_of_a_node_or_a_peer_is_markup() {
    let node = node_of_markup();
    let daemon = ready_with(attached_to_fake(&node));
    let look = || page(&daemon).0.text().to_owned();
    let has_peer = |page: &String| page.contains(PEER);
    let text = eventually("the peer", SOON, look, has_peer);
    let document = Document::parse(&text);
    assert!(!text.contains("<img"), "{text}");
    assert!(document.named("img").is_empty());
    let main = document.named("main")[0].text();
    assert!(
        main.matches("<img src=x onerror=alert(1)>").count() >= 2,
        "{main}"
    );
}
