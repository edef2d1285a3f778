//! Of the URL of a webhook nothing but scheme and host is shown, of its headers and template
//! nothing.

use std::fmt::Write;

use nix::sys::signal::Signal;

use crate::support::config::attached_to_fake;
use crate::support::daemon::{Daemon, write_private};
use crate::support::hook::Hook;
use crate::support::ready::{healthy_node, ready_with};
use crate::support::surroundings::free_port;

const SECRETS: [&str; 4] = [
    "s3cret-path",
    "s3cret-header",
    "s3cret-key",
    "s3cret-argument",
];

/// All that is answered and printed about the configuration, the events and the metrics.
fn all_that_is_shown(daemon: &Daemon) -> String {
    let mut shown = String::new();
    for path in ["/health/detailed", "/metrics", "/health?verbose"] {
        writeln!(shown, "{}", daemon.get(path).text()).unwrap();
    }
    writeln!(shown, "{}", daemon.control_get("/api/v1/status").text()).unwrap();
    let lines: [&[&str]; 9] = [
        &["config", "show"],
        &["config", "show", "--origin"],
        &["config", "show", "-o", "json"],
        &["config", "show", "-o", "tsv"],
        &["config", "check"],
        &["config", "explain", "notify.url"],
        &["config", "explain", "notify.template"],
        &["notify", "test"],
        &["notify", "test", "-o", "json"],
    ];
    for line in lines {
        let output = daemon.cli(line);
        writeln!(shown, "{line:?}\n{}\n{}", output.stdout, output.stderr).unwrap();
    }
    shown + &daemon.log()
}

#[test]
fn nothing_secret_of_a_notification_is_shown_anywhere() {
    let files = tempfile::tempdir().unwrap();
    let headers = files.path().join("headers");
    let url = files.path().join("url");
    write_private(&headers, "Authorization: Bearer s3cret-header\n");
    let hook = Hook::answering(|_| (500, "", String::new()));
    let nobody = format!("http://u:s3cret-key@127.0.0.1:{}/s3cret-path", free_port());
    write_private(&url, &nobody);
    let entries = format!(
        "[[notify]]\nname = \"refused\"\nurl = \"{}\"\nheader_file = \"{headers}\"\nhold_secs = 0\n\
         template = '{{\"key\":\"s3cret-key\",\"text\":\"{{{{summary}}}}\"}}'\n\
         [[notify]]\nname = \"unreachable\"\nurl = \"{nobody}\"\nhold_secs = 0\n\
         [[notify]]\nname = \"from-file\"\nurl_file = \"{}\"\nhold_secs = 0\n\
         [[notify]]\nname = \"program\"\ncommand = [\"/no/such/program\", \"s3cret-argument\"]\n\
         hold_secs = 0\n",
        hook.url("/s3cret-path?key=s3cret-key#s3cret-key"),
        url.display(),
        headers = headers.display(),
    );
    let node = healthy_node();
    let config = attached_to_fake(&node)
        .with(super::QUICK)
        .with(&entries)
        .with("[logging]\nlevel = \"trace\"");
    let mut daemon = ready_with(config.clone());
    drop(node);
    hook.wait("an attempt", |taken| !taken.is_empty());
    daemon.wait_for_log("notification not sent");
    // A configuration that is refused shows as little.
    daemon.rewrite_config(config.clone().with("[rpc]\nmax_batch = 0"));
    daemon.signal(Signal::SIGHUP);
    daemon.wait_for_log("configuration not reloaded");
    daemon.rewrite_config(config);
    let shown = all_that_is_shown(&daemon);
    assert!(shown.contains("url = \"http://127.0.0.1:"), "{shown}");
    // The arguments of a command are the operator's to see in the configuration, and nowhere else.
    // As JSON each has a line of its own.
    let is_argument = |line: &&str| line.trim() == "\"s3cret-argument\"";
    let (of_configuration, rest): (Vec<&str>, Vec<&str>) = shown
        .lines()
        .filter(|line| !is_argument(line))
        .partition(|line| line.contains("/no/such/program") && line.contains("s3cret-argument"));
    assert!(
        of_configuration.iter().all(|line| line.contains("command")),
        "{of_configuration:?}"
    );
    for line in rest {
        for secret in SECRETS {
            assert!(!line.contains(secret), "{secret} in {line}");
        }
    }
}
