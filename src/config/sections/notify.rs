//! `[[notify]]`

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::credentials;
use crate::config::item::Item;
use crate::config::place::Place;
use crate::config::reader::{ReadResult, Reader};
use crate::config::scalar::{Wrong, boolean, choice, filled, seconds, seconds_or_zero, text};
use crate::config::schema::{
    NotifyConfig, NotifyDestination, NotifyOn, NotifySeverity, NotifyWhen,
};
use crate::values::{Placeholder, Secret, Template, header_lines, parse_url};

const NOTIFY: &str = "notify";
const KINDS: [(&str, NotifyOn); 6] = [
    ("state", NotifyOn::State),
    ("check", NotifyOn::Check),
    ("prune", NotifyOn::Prune),
    ("reconnect", NotifyOn::Reconnect),
    ("fork", NotifyOn::Fork),
    ("reload", NotifyOn::Reload),
];
const SEVERITIES: [(&str, NotifySeverity); 3] = [
    ("info", NotifySeverity::Info),
    ("warning", NotifySeverity::Warning),
    ("critical", NotifySeverity::Critical),
];

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Vec<NotifyConfig>> {
    let may_read = reader.known("node.allow_world_readable_secrets", boolean);
    let entries = reader.entries_of(NOTIFY)?;
    let mut names = BTreeSet::new();
    let entries: Vec<_> = entries
        .into_iter()
        .map(|entry| {
            Section {
                reader,
                entry,
                may_read,
            }
            .read(&mut names)
        })
        .collect();
    entries.into_iter().collect()
}

/// One entry.
struct Section<'a, 'r> {
    reader: &'a mut Reader<'r>,
    entry: usize,
    /// Secrets may be in files that everyone may read.
    may_read: Option<bool>,
}

impl Section<'_, '_> {
    fn at(&self, path: &'static str) -> Place {
        Place::in_entry(path, self.entry)
    }

    fn read(mut self, names: &mut BTreeSet<String>) -> Option<NotifyConfig> {
        let name = self.reader.required(self.at("notify.name"), name);
        if let Some(name) = &name
            && !names.insert(name.clone())
        {
            let message = "is the name of two notifications";
            self.refuse("notify.name", message, "keep one of the two");
        }
        let target = self.target();
        let template = self.reader.optional(self.at("notify.template"), template);
        let rule = self.rule();
        Some(NotifyConfig {
            name: name?,
            target: target?,
            template: template?,
            rule: rule?,
        })
    }

    fn refuse(&mut self, path: &'static str, message: &str, suggestion: &str) {
        let place = self.at(path);
        let problem = self.reader.problem(place, message).suggest(suggestion);
        self.reader.refuse(place, problem);
    }

    fn target(&mut self) -> Option<NotifyDestination> {
        let url = self.reader.optional(self.at("notify.url"), url);
        let url_file = self.file("notify.url_file", check_url_file);
        let header_file = self.file("notify.header_file", check_header_file);
        let command = self.words();
        let url = url?;
        let url_file = url_file?;
        let header_file = header_file?;
        let command = command?;
        let mut command = command.into_iter();
        match (url, url_file, command.next()) {
            (Some(url), None, None) => Some(NotifyDestination::Url { url, header_file }),
            (None, Some(url_file), None) => Some(NotifyDestination::UrlFile {
                url_file,
                header_file,
            }),
            (None, None, Some(_)) if header_file.is_some() => {
                let message = "has no effect on a command";
                self.refuse("notify.header_file", message, "leave it out");
                None
            }
            (None, None, Some(program)) => self.command(program, command.collect()),
            (None, None, None) => {
                let place = self.at("notify.url");
                let problem = self.reader.entry_problem(place, "goes nowhere")?;
                let problem = problem.suggest("write url, url_file or command");
                self.reader.refuse(place, problem);
                None
            }
            (Some(_), Some(_), _) => {
                let message = "stands beside url";
                self.refuse("notify.url_file", message, "keep one of the two");
                None
            }
            (_, _, Some(_)) => {
                let message = "stands beside a URL";
                self.refuse(
                    "notify.command",
                    message,
                    "write two entries, or keep one of the two",
                );
                None
            }
        }
    }

    /// The program and its arguments; none: there is no command.
    fn words(&mut self) -> Option<Vec<String>> {
        let place = self.at("notify.command");
        if self.reader.is_given(place) || self.reader.is_unreadable(place) {
            self.reader.list(place, text)
        } else {
            Some(Vec::new())
        }
    }

    fn command(&mut self, program: String, arguments: Vec<String>) -> Option<NotifyDestination> {
        if program.trim().is_empty() {
            let message = "names no program";
            self.refuse(
                "notify.command",
                message,
                "write [\"/usr/local/bin/notify\"], say",
            );
            return None;
        }
        Some(NotifyDestination::Command { program, arguments })
    }

    /// A file that holds a secret, whose content is checked and not kept.
    fn file(
        &mut self,
        path: &'static str,
        check: fn(&str) -> Result<(), String>,
    ) -> ReadResult<Option<PathBuf>> {
        let place = self.at(path);
        let Some(file) = credentials::secret(self.reader, place, self.may_read)? else {
            return Some(None);
        };
        if let Err(wrong) = read_file(&file).and_then(|text| check(&text)) {
            let problem = self
                .reader
                .problem(place, format!("cannot be used: {wrong}"));
            self.reader.refuse(place, problem);
            return None;
        }
        Some(Some(file))
    }

    fn rule(&mut self) -> Option<NotifyWhen> {
        let heartbeat = self
            .reader
            .get(self.at("notify.heartbeat_secs"), seconds_or_zero);
        let on = self
            .reader
            .list(self.at("notify.on"), |item| choice(item, &KINDS));
        let min_severity = self.reader.get(self.at("notify.min_severity"), |item| {
            choice(item, &SEVERITIES)
        });
        let hold = self
            .reader
            .get(self.at("notify.hold_secs"), seconds_or_zero);
        let repeat = self.reader.get(self.at("notify.repeat_secs"), repeat);
        let heartbeat = heartbeat?;
        let on = on?;
        if !heartbeat.is_zero() {
            return self.heartbeat(heartbeat);
        }
        if on.is_empty() {
            let message = "names no events: nothing would be sent";
            self.refuse(
                "notify.on",
                message,
                "write [\"state\", \"check\"], or leave it out",
            );
            return None;
        }
        Some(NotifyWhen::Events {
            on,
            min_severity: min_severity?,
            hold: hold?,
            repeat: repeat?,
        })
    }

    fn heartbeat(&mut self, interval: Duration) -> Option<NotifyWhen> {
        let mut is_alone = true;
        for path in [
            "notify.on",
            "notify.min_severity",
            "notify.hold_secs",
            "notify.repeat_secs",
        ] {
            if self.reader.is_given(self.at(path)) {
                let message =
                    "stands beside heartbeat_secs: such an entry sends only signs of life";
                self.refuse(
                    path,
                    message,
                    "leave it out, and write another entry for events",
                );
                is_alone = false;
            }
        }
        is_alone.then_some(NotifyWhen::Heartbeat(interval))
    }
}

/// A label of metrics, and a part of commands.
fn name(item: &Item) -> Result<String, Wrong> {
    const MAX_CHARS: usize = 32;
    let name = filled(item)?;
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.chars().count() <= MAX_CHARS && name.chars().all(is_letter) {
        Ok(name)
    } else {
        Err(Wrong::new("must be 1 to 32 letters, digits, -, _ or .")
            .suggest("write \"oncall\", say"))
    }
}

/// The URL of a webhook. It is a secret: no message shows any of it.
fn url(item: &Item) -> Result<Secret, Wrong> {
    let text = filled(item)?;
    check_url(&text).map_err(|wrong| {
        Wrong::new(wrong).suggest("write \"https://HOST/PATH\", or name a file with it in url_file")
    })?;
    Ok(Secret::new(text))
}

fn check_url(text: &str) -> Result<(), String> {
    let url = parse_url(text).map_err(|error| format!("is not a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("must begin with https:// or http://".to_owned());
    }
    Ok(())
}

fn check_url_file(text: &str) -> Result<(), String> {
    check_url(text.trim_start_matches('\u{feff}').trim())
        .map_err(|wrong| format!("what is in it {wrong}"))
}

fn check_header_file(text: &str) -> Result<(), String> {
    header_lines(text)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

fn read_file(path: &Path) -> Result<String, String> {
    const MAX_BYTES: u64 = 64 * 1024;
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
    read.map(|_| text).map_err(|error| error.to_string())
}

/// What is sent. It may hold a secret: no message shows any of it but a placeholder.
fn template(item: &Item) -> Result<Template, Wrong> {
    let crate::config::item::Value::Text(text) = &item.value else {
        return Err(Wrong::kind("a text", item));
    };
    let known = || {
        let names = Placeholder::ALL.map(|placeholder| format!("{{{{{}}}}}", placeholder.as_str()));
        format!("there are {}", names.join(", "))
    };
    let template =
        Template::parse(text).map_err(|error| Wrong::new(error.to_string()).suggest(known()))?;
    let filled = template.render(|placeholder| placeholder.as_str().to_owned());
    if serde_json::from_str::<serde_json::Value>(&filled).is_err() {
        let wrong = Wrong::new("is no JSON once its placeholders are filled");
        return Err(wrong.suggest(
            "write each placeholder between quotes, as in { \"text\": \"{{summary}}\" }",
        ));
    }
    Ok(template)
}

/// A second of repetition would be a flood.
fn repeat(item: &Item) -> Result<Duration, Wrong> {
    const MIN_SECS: u64 = 10;
    let repeat = seconds_or_zero(item)?;
    if repeat.is_zero() {
        return Ok(repeat);
    }
    let repeat = seconds(item)?;
    if repeat < Duration::from_secs(MIN_SECS) {
        return Err(Wrong::new("must be at least 10, or 0 for no reminder").suggest("write 3600"));
    }
    Ok(repeat)
}
