//! The documents: every link leads somewhere, contents name every section, and each alert has its
//! section in the runbook. What they say to type is in `commands`.

mod commands;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::surroundings::repository;

/// The lines of a document that are no code.
fn prose(text: &str) -> Vec<&str> {
    let mut in_code = false;
    let outside = |line: &&str| {
        let is_fence = line.starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    };
    text.lines().filter(outside).collect()
}

/// What a heading is called in links, as GitHub calls it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn headings(text: &str) -> Vec<String> {
    let is_heading = |line: &&str| line.starts_with('#');
    let lines = prose(text).into_iter().filter(is_heading);
    lines
        .map(|line| line.trim_start_matches('#').trim().to_owned())
        .collect()
}

fn anchors(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    headings(&text)
        .iter()
        .map(|heading| anchor(heading))
        .collect()
}

fn documents() -> Vec<PathBuf> {
    let folder = fs::read_dir(repository().join("docs")).unwrap();
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    for name in [
        "README.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
        "fuzz/README.md",
        "crates/regtest-node/README.md",
    ] {
        files.push(repository().join(name));
    }
    files
}

/// The targets of `[text](target)`.
fn links(text: &str) -> Vec<String> {
    let lines = prose(text).join("\n");
    let targets = lines.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).collect()
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for link in links(&text) {
            if link.starts_with("https://") {
                continue;
            }
            let (path, section) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() {
                document.clone()
            } else {
                document.parent().unwrap().join(path)
            };
            assert!(target.exists(), "{}: {link}", document.display());
            assert!(
                section.is_empty() || anchors(&target).contains(section),
                "{}: {link}",
                document.display()
            );
        }
    }
}

#[test]
fn contents_name_every_section_in_its_order() {
    for name in ["QUICKSTART", "REFERENCE", "RUNBOOK", "GATEWAY"] {
        let text = fs::read_to_string(repository().join(format!("docs/{name}.md"))).unwrap();
        let sections: Vec<_> = prose(&text)
            .into_iter()
            .filter_map(|line| line.strip_prefix("## "))
            .filter(|section| *section != "Contents")
            .map(|section| format!("- [{section}](#{})", anchor(section)))
            .collect();
        let contents: Vec<_> = prose(&text)
            .into_iter()
            .filter(|line| line.starts_with("- [") && line.contains("](#"))
            .collect();
        assert_eq!(contents, sections, "{name}");
        assert!(!contents.is_empty(), "{name}");
    }
}

#[test]
fn every_alert_has_its_section_in_the_runbook() {
    let rules = repository().join("contrib/prometheus/bllvmctl.rules.yml");
    let rules = fs::read_to_string(rules).unwrap();
    let mut named = Vec::new();
    for alert in rules.split("- alert: ").skip(1) {
        let name = alert.lines().next().unwrap().trim();
        let url = format!("runbook_url: docs/RUNBOOK.md#{}\n", name.to_lowercase());
        assert!(alert.contains(&url), "{name}: no {url}");
        named.push(name.to_owned());
    }
    let runbook = fs::read_to_string(repository().join("docs/RUNBOOK.md")).unwrap();
    let sections = headings(&runbook).split_off(2);
    assert_eq!(sections, named, "the runbook's sections and the alerts");
}

#[test]
fn every_section_of_the_runbook_has_meaning_impact_check_and_cure() {
    let runbook = fs::read_to_string(repository().join("docs/RUNBOOK.md")).unwrap();
    let parts = [
        "**What it means.** ",
        "**Impact.** ",
        "**Check** ",
        "**What to do.** ",
    ];
    for section in runbook.split("\n## ").skip(2) {
        let paragraphs: Vec<_> = section.split("\n\n").skip(1).collect();
        let begins_with = |(paragraph, part): (&&str, &&str)| paragraph.starts_with(*part);
        assert!(
            paragraphs.len() == parts.len() && paragraphs.iter().zip(&parts).all(begins_with),
            "{section}"
        );
    }
}
