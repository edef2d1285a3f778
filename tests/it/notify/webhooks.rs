//! What a webhook is sent, and what becomes of it when the server does not take it.

use std::io::{Read, Write};

use nix::sys::signal::Signal;
use serde_json::Value;

use super::{all_to, documents, notifying, wait_told};
use crate::support::config::attached_to_fake;
use crate::support::daemon::{Daemon, write_private};
use crate::support::hook::Hook;
use crate::support::ready::healthy_node;
use crate::support::sight::{Page, wait_metrics};
use crate::support::surroundings::free_port;
use crate::support::tls::Authority;

#[test]
fn a_node_that_is_lost_is_told_with_its_reason_and_so_is_its_return() {
    let hook = Hook::start();
    let (node, daemon) = notifying(&format!(
        "[[notify]]\nname = \"oncall\"\nurl = \"{}\"\nhold_secs = 0\n",
        hook.url("/a/path?with=query")
    ));
    let port = node.port();
    drop(node);
    let gone = wait_told(&hook, &[("event", "state"), ("to", "unreachable")]);
    assert_eq!(
        (&gone["action"], &gone["severity"]),
        (&"trigger".into(), &"critical".into())
    );
    assert_eq!(
        (&gone["node"], &gone["from"]),
        (&"main".into(), &"ready".into())
    );
    let reason = gone["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("node: cannot connect to 127.0.0.1:"),
        "{reason}"
    );
    let since: jiff::Timestamp = gone["since"].as_str().unwrap().parse().unwrap();
    assert!(since <= gone["time"].as_str().unwrap().parse().unwrap());
    let _back =
        crate::support::fake_node::FakeNode::from_fixtures_on(port, "core-31.99/synced-prunable");
    let back = wait_told(&hook, &[("event", "state"), ("action", "resolve")]);
    assert_eq!(
        (&back["from"], &back["key"]),
        (&"unreachable".into(), &gone["key"])
    );
    let request = hook.taken().remove(0);
    assert_eq!(
        (&*request.method, &*request.path),
        ("POST", "/a/path?with=query")
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    let agent = request.header("user-agent").unwrap();
    assert!(agent.starts_with("bllvmctl/"), "{agent}");
    let sent = "bllvm_notifications_total{name=\"oncall\",outcome=\"sent\"}";
    let number = f64::from(u32::try_from(hook.taken().len()).unwrap());
    wait_metrics(&daemon, "the count", |page| {
        page.series(sent) >= Some(number)
    });
}

#[test]
fn a_webhook_with_tls_has_to_show_a_certificate_of_an_authority_of_the_system() {
    let authority = Authority::new("of hooks");
    let hook = Hook::behind(authority.issue("hook", &["localhost"]).server());
    let node = healthy_node();
    let config = attached_to_fake(&node).with(&all_to("oncall", &hook.https_url("/secret")));
    let text: String = config.into();
    let ca = authority.ca();
    let trusting = Daemon::start_in(text.clone(), &[("SSL_CERT_FILE", ca.to_str().unwrap())]);
    let tested = trusting.cli(&["notify", "test", "-o", "json"]);
    assert_eq!(tested.code, Some(0), "{tested:?}");
    assert_eq!(hook.taken()[0].path, "/secret");
    drop(trusting);
    let other = Authority::new("another");
    let ca = other.ca();
    let daemon = Daemon::start_in(text, &[("SSL_CERT_FILE", ca.to_str().unwrap())]);
    let tested = daemon.cli(&["notify", "test", "-o", "json"]);
    assert_eq!(tested.code, Some(1), "{tested:?}");
    assert!(tested.stdout.contains("certificate"), "{tested:?}");
    assert!(!tested.stdout.contains("/secret"), "{tested:?}");
}

#[test]
fn what_does_not_last_is_not_told() {
    let lasting = Hook::start();
    let quick = Hook::start();
    let entry = format!(
        "{}[[notify]]\nname = \"slow\"\nurl = \"{}\"\nhold_secs = 3600\n",
        all_to("quick", &quick.url("/")),
        lasting.url("/")
    );
    let (node, _daemon) = notifying(&entry);
    node.override_all(crate::support::fake_node::Behaviour::warming_up());
    wait_told(&quick, &[("event", "state"), ("to", "starting")]);
    node.end_override();
    wait_told(
        &quick,
        &[("event", "state"), ("to", "ready"), ("from", "starting")],
    );
    assert!(lasting.taken().is_empty(), "{:?}", lasting.taken());
}

#[test]
fn headers_come_from_a_file_and_a_url_may_and_both_are_read_anew_at_each_attempt() {
    let hook = Hook::answering(|request| match request.header("authorization") {
        Some("Bearer right") => (200, "", String::new()),
        _ => (401, "", String::new()),
    });
    let node = healthy_node();
    let files = tempfile::tempdir().unwrap();
    let url = files.path().join("url");
    let headers = files.path().join("headers");
    write_private(&url, &format!("{}\n", hook.url("/in/a/file")));
    write_private(&headers, "Authorization: Bearer wrong\nX-Priority: 5\n");
    let config = attached_to_fake(&node).with(&format!(
        "[[notify]]\nname = \"x\"\nurl_file = \"{}\"\nheader_file = \"{}\"\n",
        url.display(),
        headers.display()
    ));
    let daemon = crate::support::ready::ready_with(config);
    let refused = daemon.cli(&["notify", "test"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stdout.contains("answered 401"), "{refused:?}");
    write_private(&headers, "Authorization: Bearer right\nX-Priority: 5\n");
    let sent = daemon.cli(&["notify", "test", "x"]);
    assert_eq!(sent.code, Some(0), "{sent:?}");
    let request = hook.taken().pop().unwrap();
    assert_eq!(request.path, "/in/a/file");
    assert_eq!(request.header("x-priority"), Some("5"));
    assert_eq!(request.json()["event"], "test");
}

#[test]
fn a_test_goes_to_the_named_entry_or_to_each_and_says_which_took_it() {
    let hook = Hook::start();
    let nobody = format!("http://127.0.0.1:{}/", free_port());
    let entries = all_to("good", &hook.url("/")) + &all_to("bad", &nobody);
    let (_node, daemon) = notifying(&entries);
    let good = daemon.cli(&["notify", "test", "good", "-o", "json"]);
    assert_eq!(good.code, Some(0), "{good:?}");
    assert_eq!(good.json()[0]["sent"], true);
    let both = daemon.cli(&["notify", "test", "-o", "json"]);
    assert_eq!(both.code, Some(1), "{both:?}");
    let results = both.json();
    assert_eq!(results.as_array().unwrap().len(), 2);
    assert_eq!(
        (&results[0]["name"], &results[0]["sent"]),
        (&"good".into(), &true.into())
    );
    let error = results[1]["error"].as_str().unwrap();
    assert!(error.contains("Connection refused"), "{error}");
    let absent = daemon.cli(&["notify", "test", "oncal"]);
    assert_eq!(absent.code, Some(1), "{absent:?}");
    assert!(absent.stderr.contains("there are: good, bad"), "{absent:?}");
    let tests = documents(&hook.taken());
    let tests = tests.iter().filter(|told| told["event"] == "test");
    assert_eq!(tests.count(), 2);
}

#[test]
fn without_an_entry_a_test_is_refused_and_says_what_to_write() {
    let (_node, daemon) = notifying("");
    let none = daemon.cli(&["notify", "test"]);
    assert_eq!(none.code, Some(1), "{none:?}");
    assert!(none.stderr.contains("[[notify]]"), "{none:?}");
}

#[test]
fn no_redirect_is_followed_and_little_of_an_answer_is_read() {
    let elsewhere = Hook::start();
    let location = format!("Location: {}\r\n", elsewhere.url("/"));
    let location: &'static str = Box::leak(location.into_boxed_str());
    let hook = Hook::answering(move |request| {
        if request.path == "/moved" {
            return (302, location, String::new());
        }
        (200, "", "x".repeat(64 * 1024 * 1024))
    });
    let entries = all_to("moved", &hook.url("/moved")) + &all_to("long", &hook.url("/long"));
    let (_node, daemon) = notifying(&entries);
    let moved = daemon.cli(&["notify", "test", "moved"]);
    assert_eq!(moved.code, Some(1), "{moved:?}");
    assert!(moved.stdout.contains("answered 302"), "{moved:?}");
    let long = daemon.cli(&["notify", "test", "long"]);
    assert_eq!(long.code, Some(0), "{long:?}");
    assert!(elsewhere.taken().is_empty());
}

#[test]
fn what_is_not_taken_is_tried_again_in_its_order_and_the_log_says_so_once() {
    let refusals = std::sync::atomic::AtomicUsize::new(1);
    let hook = Hook::answering(move |_| {
        use std::sync::atomic::Ordering;
        let is_over = refusals.load(Ordering::Relaxed) == 0;
        if !is_over {
            refusals.fetch_sub(1, Ordering::Relaxed);
            return (503, "", String::new());
        }
        (200, "", String::new())
    });
    let entry = format!(
        "[[notify]]\nname = \"x\"\nurl = \"{}\"\nhold_secs = 0\non = [\"state\"]\n",
        hook.url("/")
    );
    let (node, daemon) = notifying(&entry);
    drop(node);
    // The second attempt is 15 s after the first.
    let taken = hook.wait("a second attempt", |taken| taken.len() > 1);
    assert_eq!(taken[0].body, taken[1].body);
    let pause = taken[1].at.duration_since(taken[0].at).as_secs_f64();
    assert!((14.0..25.0).contains(&pause), "{pause}");
    daemon.wait_for_log("notifications are sent again");
    let lines = daemon.log().matches("notification not sent").count();
    assert_eq!(lines, 1, "{}", daemon.log());
}

#[test]
fn a_server_that_never_answers_delays_nothing_else() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let hook = Hook::start();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let entries = all_to("silent", &url) + &all_to("good", &hook.url("/"));
    let (node, daemon) = notifying(&entries);
    drop(node);
    wait_told(&hook, &[("event", "state"), ("to", "unreachable")]);
    let began = crate::support::surroundings::now();
    assert_eq!(daemon.get("/health/live").status, 200);
    assert!(began.elapsed().as_secs_f64() < 1.0);
    let tested = daemon.cli(&["notify", "test", "silent"]);
    assert_eq!(tested.code, Some(1), "{tested:?}");
    assert!(
        tested.stdout.contains("took longer than 10 s"),
        "{tested:?}"
    );
}

#[test]
fn an_answer_whose_body_never_ends_is_an_answer() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    let (_node, daemon) = notifying(&all_to("endless", &url));
    std::thread::spawn(move || {
        for mut stream in server.incoming().flatten() {
            std::thread::spawn(move || {
                let mut request = [0; 4096];
                assert!(stream.read(&mut request).unwrap() > 0);
                stream
                    .write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\nno")
                    .unwrap();
                // Until the daemon closes the connection.
                while stream.read(&mut request).is_ok_and(|read| read > 0) {}
            });
        }
    });
    let tested = daemon.cli(&["notify", "test", "endless", "-o", "json"]);
    assert_eq!(tested.code, Some(0), "{tested:?}");
}

#[test]
fn a_reload_puts_other_entries_in_force_and_a_refused_one_is_told_by_those_of_before() {
    let first = Hook::start();
    let second = Hook::start();
    let node = healthy_node();
    let base = attached_to_fake(&node).with(super::QUICK);
    let config = base.clone().with(&all_to("first", &first.url("/")));
    let mut daemon = crate::support::ready::ready_with(config.clone());
    daemon.rewrite_config(config.with("[rpc]\nmax_batch = 0"));
    daemon.signal(Signal::SIGHUP);
    let refused = wait_told(&first, &[("event", "reload"), ("to", "not_valid")]);
    assert!(
        refused["reason"]
            .as_str()
            .unwrap()
            .contains("rpc.max_batch"),
        "{refused}"
    );
    daemon.rewrite_config(base.with(&all_to("second", &second.url("/"))));
    daemon.signal(Signal::SIGHUP);
    daemon.wait_for_log("configuration reloaded");
    let tested = daemon.cli(&["notify", "test", "-o", "json"]);
    assert_eq!(tested.json()[0]["name"], "second", "{tested:?}");
    let series =
        |name: &str| format!("bllvm_notifications_total{{name=\"{name}\",outcome=\"sent\"}}");
    let page = Page::of(&daemon);
    assert!(page.series(&series("second")).is_some(), "{}", page.text());
    assert_eq!(page.series(&series("first")), None);
}

#[test]
fn all_that_is_wrong_with_an_entry_is_said_at_once_with_its_place() {
    let config = "[node]\nkind = 'attached'\n[[notify]]\nname = 'a b'\nurl = 'ftp://x/hunter2'\n\
                  on = ['stat']\nmin_severity = 'fatal'\ntemplate = '{\"a\":\"{{reasn}} hunter2\"}'\n\
                  hold_secs = -1\nrepeat_secs = 1\n[[notify]]\nname = 'b'\nurl = 'http://x'\n\
                  command = ['/x']\n\
                  [[notify]]\nname = 'b'\nurl = 'http://x'\nheartbeat_secs = 60\non = ['state']\n\
                  [[notify]]\nname = 'd'\n";
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("c.toml");
    std::fs::write(&file, config).unwrap();
    let file = file.to_str().unwrap();
    let checked =
        crate::support::daemon::run(&["config", "check", file, "--offline", "-o", "json"], &[]);
    assert_eq!(checked.code, Some(78), "{checked:?}");
    let problems = checked.json()["problems"].as_array().unwrap().clone();
    let found: Vec<(u64, &str)> = problems
        .iter()
        .map(|problem: &Value| {
            let line = problem["line"].as_u64().unwrap_or_default();
            (line, problem["key"].as_str().unwrap_or_default())
        })
        .collect();
    let expected = [
        (4, "notify.name"),
        (5, "notify.url"),
        (6, "notify.on"),
        (7, "notify.min_severity"),
        (8, "notify.template"),
        (9, "notify.hold_secs"),
        (10, "notify.repeat_secs"),
        (14, "notify.command"),
        (16, "notify.name"),
        (19, "notify.on"),
        (20, "notify"),
    ];
    assert_eq!(found, expected, "{problems:#?}");
    assert!(
        problems
            .iter()
            .all(|problem| problem["column"].as_u64() == Some(1) || problem["line"] == 6)
    );
    assert!(!checked.stdout.contains("hunter2"), "{}", checked.stdout);
    assert!(checked.stdout.contains("{{reasn}}"), "{}", checked.stdout);
}
