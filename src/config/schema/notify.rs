//! `[[notify]]`: which events are sent to whom.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::keys::{Key, text, toml};
use crate::values::{Secret, Template};

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    toml("notify", "[]").help(
        "Notifications of events: an entry for each webhook, each command and each \
         heartbeat.",
    ),
    text("notify.name", "")
        .required(r#""oncall""#)
        .help(
            "The name of the entry, 1 to 32 letters, digits, -, _ or .: the label name=\"…\" on \
             metrics, and for notify test.",
        )
        .examples(&[r#"name = "oncall""#]),
    text("notify.url", r#""""#)
        .secret()
        .help(
            "Where it is sent with POST, as application/json; only scheme and host are ever \
             shown. A file has it in url_file.",
        )
        .examples(&[r#"url = "https://example.org/hook""#]),
    text("notify.url_file", r#""""#).examples(&[r#"url_file = "/etc/bllvmctl/hook.url""#]),
    text("notify.header_file", r#""""#)
        .help(
            "A file (chmod 600) with headers to send, one a line, such as Authorization: Bearer \
             TOKEN.",
        )
        .examples(&[r#"header_file = "/etc/bllvmctl/hook.headers""#]),
    text("notify.template", r#""""#)
        .secret()
        .help(
            "The body, JSON with placeholders between quotes; if left out, a document with all \
             that is known.",
        )
        .examples(&[
            "template = '{ \"text\": \"{{node}}: {{check}} is {{to}}: {{reason}}, \
             since {{since}}\" }'",
        ]),
    toml("notify.command", "")
        .help(
            "Instead of a URL: a program that gets the body on its standard input, and \
             BLLVM_EVENT, BLLVM_NODE and so on in an otherwise empty environment. No shell; at \
             most 10 s.",
        )
        .examples(&[r#"command = ["/usr/local/bin/notify"]"#]),
    toml("notify.on", r#"["state", "check"]"#)
        .help(
            "Which events: state, check, prune, reconnect, fork, reload; [\"state\", \"check\"] \
             if left out.",
        )
        .examples(&[r#"on = ["state", "check", "prune"]"#]),
    text("notify.min_severity", r#""warning""#)
        .help(r#"At least so bad: info, warning or critical; "warning" if left out."#)
        .examples(&[r#"min_severity = "critical""#]),
    toml("notify.hold_secs", "60")
        .help("Seconds that a problem must last before it is notified, 60 if left out; its end is sent at once.")
        .examples(&["hold_secs = 60"]),
    toml("notify.repeat_secs", "0")
        .help("Seconds between reminders while a problem lasts; 0 if left out: no reminders.")
        .examples(&["repeat_secs = 3600"]),
    toml("notify.heartbeat_secs", "0")
        .help(
            "More than 0: this entry sends only a sign of life at this interval while all is \
             healthy, and no events.",
        )
        .examples(&["heartbeat_secs = 60"]),
];

/// One entry of `[[notify]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct NotifyConfig {
    /// The name, which no other entry has.
    pub name: String,
    /// Where notifications go.
    pub target: NotifyDestination,
    /// What is in them; `None`: a document with all that is known.
    pub template: Option<Template>,
    /// Which there are.
    pub rule: NotifyWhen,
}

/// Where notifications go.
#[derive(Clone, Debug, PartialEq)]
pub enum NotifyDestination {
    /// `POST` to the URL.
    Url {
        /// The URL, which is a secret but for its scheme and host.
        url: Secret,
        /// A file with headers.
        header_file: Option<PathBuf>,
    },
    /// `POST` to the URL in the file.
    UrlFile {
        /// The file.
        url_file: PathBuf,
        /// A file with headers.
        header_file: Option<PathBuf>,
    },
    /// A program.
    Command {
        /// Its path, or its name.
        program: String,
        /// Its arguments.
        arguments: Vec<String>,
    },
}

/// Which notifications there are.
#[derive(Clone, Debug, PartialEq)]
pub enum NotifyWhen {
    /// Of events.
    Events {
        /// Of these kinds.
        on: Vec<NotifyOn>,
        /// That are at least so bad.
        min_severity: NotifySeverity,
        /// Once it has lasted for so long.
        hold: Duration,
        /// Again after so long, while it lasts; zero: never.
        repeat: Duration,
    },
    /// Signs of life at this interval, while all is well.
    Heartbeat(Duration),
}

/// A kind of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyOn {
    /// The state of a node.
    State,
    /// A check.
    Check,
    /// The end of a prune job.
    Prune,
    /// A peer that is given up or back, or the network.
    Reconnect,
    /// A fork between the nodes.
    Fork,
    /// A reload of the configuration.
    Reload,
}

/// How bad an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifySeverity {
    /// As it should be.
    Info,
    /// To be looked at.
    Warning,
    /// Somebody who relies on it is without.
    Critical,
}
