//! What a key does. Pure.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::view::{AccessLevel, DrainOrder, DrainQuestion, TopView};
use crate::overview::OverviewLevel;

/// What the help shows: keys, and what they do.
pub(super) const KEYS: [(&str, &str); 9] = [
    ("? h", "this help"),
    ("p space", "pause, and go on"),
    ("n tab", "show the next node"),
    ("s", "sort peers by quality, ping, time, address"),
    ("d", "drain the node, or undrain it: asks first"),
    ("↑ ↓ PgUp PgDn", "scroll, also Home and End"),
    ("Ctrl-L", "draw the whole screen again"),
    ("Ctrl-Z", "stop; fg goes on"),
    ("q Esc Ctrl-C", "quit"),
];

/// What a key asks of the loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TopAction {
    Quit,
    Suspend,
    Redraw,
    Pause,
    Resume,
    /// Ask for the parts of this node too.
    Select(String),
    /// Drain the node, or undrain it.
    Drain(DrainOrder),
}

/// Takes a key.
pub(super) fn press(view: &mut TopView, key: KeyEvent) -> Option<TopAction> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(TopAction::Quit),
            KeyCode::Char('z') => Some(TopAction::Suspend),
            KeyCode::Char('l') => Some(TopAction::Redraw),
            _ => None,
        };
    }
    if let Some(question) = view.question.take() {
        return answer(view, question, key.code);
    }
    if view.has_help {
        view.has_help = false;
        return None;
    }
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => Some(TopAction::Quit),
        KeyCode::Char('?' | 'h') => {
            view.has_help = true;
            None
        }
        KeyCode::Char('p' | ' ') => {
            view.is_paused = !view.is_paused;
            Some(if view.is_paused {
                TopAction::Pause
            } else {
                TopAction::Resume
            })
        }
        KeyCode::Char('s') => {
            view.order = view.order.next();
            None
        }
        KeyCode::Char('n') | KeyCode::Tab => select_next(view),
        KeyCode::Char('d') => {
            ask_to_drain(view);
            None
        }
        code => {
            view.scroll.press(code);
            None
        }
    }
}

fn select_next(view: &mut TopView) -> Option<TopAction> {
    if !view.overview.has_several() {
        view.notify(OverviewLevel::Good, "there is only one node");
        return None;
    }
    let name = view.next_node()?;
    view.selected = Some(name.clone());
    // While it is paused nothing is asked, and what was asked of another node is not of this one.
    view.is_paused = false;
    Some(TopAction::Select(name))
}

/// Only `y` is a yes; another key than `n` and Esc leaves the question.
fn answer(view: &mut TopView, question: DrainQuestion, key: KeyCode) -> Option<TopAction> {
    match key {
        KeyCode::Char('y' | 'Y') => {
            view.is_paused = false;
            Some(TopAction::Drain(DrainOrder {
                node: question.node,
                is_drain: question.is_drain,
                force: question.refused.is_some(),
            }))
        }
        KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => None,
        _ => {
            view.question = Some(question);
            None
        }
    }
}

fn ask_to_drain(view: &mut TopView) {
    if view.access == AccessLevel::Public {
        let text = "to drain a node needs the control token: --token-file";
        return view.notify(OverviewLevel::Warning, text);
    }
    if !view.overview.has_several() {
        let text = "there is only one node: none would be left to serve";
        return view.notify(OverviewLevel::Warning, text);
    }
    if view.away.is_some() {
        return view.notify(OverviewLevel::Warning, "the daemon does not answer");
    }
    let question = view.node().map(|node| DrainQuestion {
        node: node.health.name.clone(),
        is_drain: node.health.drained.is_none(),
        refused: None,
    });
    view.question = question;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::top::view::PeerOrder;
    use crate::cli::top::view_fixture::{one_node, three_nodes};

    fn key(view: &mut TopView, code: KeyCode) -> Option<TopAction> {
        press(view, KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn letter(view: &mut TopView, letter: char) -> Option<TopAction> {
        key(view, KeyCode::Char(letter))
    }

    #[test]
    fn q_escape_and_control_c_quit() {
        let mut view = one_node();
        let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        for (code, modifiers) in [
            (KeyCode::Char('q'), KeyModifiers::NONE),
            (KeyCode::Esc, KeyModifiers::NONE),
            (control.code, control.modifiers),
        ] {
            let action = press(&mut view, KeyEvent::new(code, modifiers));
            assert_eq!(action, Some(TopAction::Quit), "{code:?}");
        }
        view.question = Some(DrainQuestion {
            node: "a".to_owned(),
            is_drain: true,
            refused: None,
        });
        assert_eq!(press(&mut view, control), Some(TopAction::Quit));
    }

    #[test]
    fn a_node_is_drained_only_after_a_yes() {
        let mut view = three_nodes();
        assert_eq!(letter(&mut view, 'd'), None);
        let question = view.question.clone().unwrap();
        assert_eq!((&*question.node, question.is_drain), ("a", true));
        assert_eq!(letter(&mut view, 'x'), None);
        assert!(view.question.is_some(), "another key is no answer");
        assert_eq!(key(&mut view, KeyCode::Esc), None);
        assert!(view.question.is_none());
        letter(&mut view, 'd');
        assert_eq!(letter(&mut view, 'n'), None);
        letter(&mut view, 'd');
        let drain = |force| {
            Some(TopAction::Drain(DrainOrder {
                node: "a".to_owned(),
                is_drain: true,
                force,
            }))
        };
        assert_eq!(letter(&mut view, 'y'), drain(false));
        assert!(view.question.is_none());
        let why = "0 of 3 nodes would be left in rotation, fleet.min_ready is 1";
        view.ask_to_force("a".to_owned(), why);
        assert_eq!(letter(&mut view, 'y'), drain(true));
    }

    #[test]
    fn a_drained_node_is_undrained() {
        let mut view = three_nodes();
        for name in ["b", "c"] {
            let action = letter(&mut view, 'n');
            assert_eq!(action, Some(TopAction::Select(name.to_owned())));
        }
        letter(&mut view, 'd');
        let undrain = TopAction::Drain(DrainOrder {
            node: "c".to_owned(),
            is_drain: false,
            force: false,
        });
        assert_eq!(letter(&mut view, 'y'), Some(undrain));
        let first = key(&mut view, KeyCode::Tab);
        assert_eq!(first, Some(TopAction::Select("a".to_owned())));
    }

    #[test]
    fn an_only_node_is_neither_drained_nor_left() {
        let mut view = one_node();
        for code in ['d', 'n'] {
            assert_eq!(letter(&mut view, code), None);
            let notice = view.notice.take().unwrap();
            assert!(notice.text.contains("only one node"), "{}", notice.text);
        }
        view = three_nodes();
        view.access = AccessLevel::Public;
        letter(&mut view, 'd');
        assert!(view.question.is_none() && view.notice.is_some());
    }

    #[test]
    fn a_pause_ends_by_the_same_key_and_any_key_closes_the_help() {
        let mut view = one_node();
        assert_eq!(letter(&mut view, 'p'), Some(TopAction::Pause));
        assert_eq!(letter(&mut view, ' '), Some(TopAction::Resume));
        letter(&mut view, '?');
        assert!(view.has_help);
        assert_eq!(letter(&mut view, 'q'), None);
        assert!(!view.has_help);
        letter(&mut view, 's');
        assert_eq!(view.order, PeerOrder::Ping);
    }
}
