//! Screens, each in a file of its own: `BLESS=1 cargo test --lib cli::top` writes them.

use std::path::PathBuf;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::crossterm::event::KeyCode;
use ratatui::style::Color;

use super::draw::draw;
use super::view::{AccessLevel, DaemonAway, DrainQuestion, TopView};
use super::view_fixture::{one_node, three_nodes, with_hostile_text};
use crate::cli::screen::Theme;
use crate::env::Env;

const PLAIN: Theme = Theme {
    has_color: false,
    is_ascii: false,
};
const COLORED: Theme = Theme {
    has_color: true,
    is_ascii: false,
};

fn buffer(view: &TopView, (width, height): (u16, u16), theme: Theme) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| {
            draw(frame, view, theme);
        })
        .unwrap();
    terminal.backend().buffer().clone()
}

/// The text of a screen, without blanks at the ends of lines.
fn text(buffer: &Buffer) -> String {
    let rows = buffer.content.chunks(usize::from(buffer.area.width));
    let row = |cells: &[Cell]| {
        let row: String = cells.iter().map(Cell::symbol).collect();
        row.trim_end().to_owned() + "\n"
    };
    rows.map(row).collect()
}

fn golden(name: &str, view: &TopView, size: (u16, u16)) {
    let drawn = text(&buffer(view, size, PLAIN));
    let colored = text(&buffer(view, size, COLORED));
    assert_eq!(colored, drawn, "{name}: colours change no text");
    let file = format!("src/cli/top/golden/{name}-{}x{}.txt", size.0, size.1);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(&file);
    if Env::of_process().get("BLESS").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        drawn, kept,
        "{file} differs; BLESS=1 cargo test brings it up to date"
    );
}

const SIZES: [(u16, u16); 4] = [(80, 24), (40, 12), (120, 40), (200, 60)];

#[test]
fn one_node_that_is_well() {
    for size in SIZES {
        golden("well", &one_node(), size);
    }
}

#[test]
fn three_nodes_of_which_one_is_gone_and_one_is_drained() {
    for size in SIZES {
        golden("three", &three_nodes(), size);
    }
}

#[test]
fn a_daemon_that_is_away() {
    let mut view = one_node();
    view.fail(DaemonAway {
        report: "cannot reach the daemon at http://127.0.0.1:18332/: Connection refused".to_owned(),
        hint: "is it running? `bllvmctl serve` starts it; --url or --config names another"
            .to_owned(),
        is_unreachable: true,
    });
    view.tick("2026-11-30T19:05:28Z".parse().unwrap());
    for size in [(80, 24), (40, 12)] {
        golden("away", &view, size);
    }
}

#[test]
fn a_question_a_help_and_the_end_of_the_text() {
    let mut view = three_nodes();
    view.question = Some(DrainQuestion {
        node: "a".to_owned(),
        is_drain: true,
        refused: None,
    });
    view.scroll.drawn(1_000, 10);
    view.scroll.press(KeyCode::End);
    golden("end", &view, (80, 24));
    view.question = None;
    view.has_help = true;
    golden("help", &view, (80, 24));
}

#[test]
fn a_drain_that_the_daemon_refuses_is_asked_again_with_the_reason() {
    let mut view = three_nodes();
    let why = "0 of 3 nodes would be left in rotation, fleet.min_ready is 1";
    view.ask_to_force("a".to_owned(), why);
    for size in [(80, 24), (40, 12)] {
        golden("refused", &view, size);
    }
}

#[test]
fn without_the_token_it_says_what_is_missing() {
    let mut view = one_node();
    view.access = AccessLevel::Public;
    view.overview.nodes[0].peers.clear();
    let all = text(&buffer(&view, (80, 90), PLAIN));
    assert!(all.contains("addresses need the control token"), "{all}");
}

#[test]
fn only_a_terminal_with_colours_gets_colours() {
    let is_colored = |theme| {
        let buffer = buffer(&three_nodes(), (120, 40), theme);
        buffer
            .content
            .iter()
            .any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
    };
    assert!(is_colored(COLORED) && !is_colored(PLAIN));
}

#[test]
fn a_terminal_of_ascii_gets_ascii() {
    let theme = Theme {
        has_color: false,
        is_ascii: true,
    };
    let mut view = three_nodes();
    view.has_help = true;
    for size in SIZES {
        let text = text(&buffer(&view, size, theme));
        assert!(text.is_ascii(), "{text}");
    }
}

#[test]
fn the_first_lines_say_what_is_wrong_since_when_and_what_to_do() {
    for size in SIZES {
        let text = text(&buffer(&three_nodes(), size, PLAIN));
        let first = text.lines().take(10).flat_map(str::split_whitespace);
        let first = first.collect::<Vec<_>>().join(" ");
        for part in [
            "node b",
            "Connection refused",
            "18:52:10 UTC, 13 min",
            "start it",
            "look",
        ] {
            assert!(first.contains(part), "{part} at {size:?}: {text}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_size_and_no_text_of_a_peer_harms_the_screen(
        width in 1_u16..220,
        height in 1_u16..80,
        text in "(\\PC|[\u{0}-\u{1f}\u{7f}-\u{9f}\u{202e}]){0,60}",
        pages in 0_usize..9,
        has_help in proptest::bool::ANY,
    ) {
        let mut view = with_hostile_text(&text);
        view.has_help = has_help;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        for _ in 0..=pages {
            let mut extent = (0, 0);
            terminal.draw(|frame| extent = draw(frame, &view, COLORED)).unwrap();
            view.scroll.drawn(extent.0, extent.1);
            view.scroll.press(KeyCode::PageDown);
        }
        for cell in &terminal.backend().buffer().content {
            let is_harmless = |letter: char| !letter.is_control() && letter != '\u{202e}';
            proptest::prop_assert!(cell.symbol().chars().all(is_harmless), "{:?}", cell);
        }
    }
}
