//! What holds whatever comes.

use hero_span_collector::store::Stored;
use proptest::prelude::*;
use ratatui::crossterm::event::KeyEventKind;

use super::*;

/// Something that may happen, in few enough sorts to meet each other.
#[derive(Debug, Clone)]
enum Happens {
    Key(KeyCode, bool),
    Resize(u16, u16),
    /// Events come: of that span, under that one, of that sort.
    Grows(Vec<(u64, u64, u8)>),
    /// The tree is read again, with spans of these states.
    Again(Vec<(u64, u64, u8)>),
    Runs(Vec<u64>),
    Missing,
    Error,
    Late(f64),
}

fn codes() -> impl Strategy<Value = KeyCode> {
    let letters = "jkhlgGnNf/?z qaeo1".chars().map(KeyCode::Char);
    let others = [
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Backspace,
    ];
    proptest::sample::select(letters.chain(others).collect::<Vec<_>>())
}

fn spans() -> impl Strategy<Value = Vec<(u64, u64, u8)>> {
    proptest::collection::vec((1..12_u64, 0..12_u64, 0..5_u8), 0..12)
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        12 => (codes(), proptest::bool::weighted(0.1)).prop_map(|(code, control)| Happens::Key(code, control)),
        1 => (0..130_u16, 0..45_u16).prop_map(|(width, height)| Happens::Resize(width, height)),
        3 => spans().prop_map(Happens::Grows),
        2 => spans().prop_map(Happens::Again),
        1 => proptest::collection::vec(1..5_u64, 0..4).prop_map(Happens::Runs),
        1 => Just(Happens::Missing),
        1 => Just(Happens::Error),
        1 => any::<f64>().prop_map(Happens::Late),
    ]
}

fn line((span, parent, sort): (u64, u64, u8)) -> String {
    let id = format!("{span:016x}");
    match sort {
        0 | 1 => start(span, Some(parent).filter(|parent| *parent > 0), "one"),
        2 => format!(r#"{{"type":"span_end","span_id":"{id}","ts_ms":{span},"status":"ok"}}"#),
        3 => format!(
            r#"{{"type":"span_end","span_id":"{id}","ts_ms":{span},"status":"failed","error":"E{parent}"}}"#
        ),
        _ => format!(r#"{{"type":"span_tag","span_id":"{id}","ts_ms":1,"key":"a","value":"e"}}"#),
    }
}

fn input(state: &State, happens: Happens) -> Input {
    let news = |runs: Vec<RunLine>, tree| {
        Input::News(News {
            store: Store::Collected,
            runs,
            instead: None,
            tree,
        })
    };
    match happens {
        Happens::Key(code, control) => {
            let modifiers = if control {
                KeyModifiers::CONTROL
            } else {
                KeyModifiers::NONE
            };
            Input::Key(KeyEvent::new_with_kind(
                code,
                modifiers,
                KeyEventKind::Press,
            ))
        }
        Happens::Resize(width, height) => Input::Resize(width, height),
        Happens::Grows(spans) => {
            let stored = spans.into_iter().map(|span| Stored {
                id: 1,
                session: SessionId(1),
                span: span.0,
                name: String::new(),
                run: RunId(1),
                line: line(span),
                flags: Vec::new(),
                lost: 0,
            });
            let tree = TreeNews::More(RunId(1), stored.collect());
            news(state.runs.clone(), Some(tree))
        }
        Happens::Again(spans) => {
            let forest = from_lines(spans.into_iter().map(line));
            let runs = vec![run_line(&forest)];
            let tree = TreeNews::Whole(RunId(1), Box::new(forest));
            news(runs, Some(tree))
        }
        Happens::Runs(mut runs) => {
            runs.sort_unstable_by(|a, b| b.cmp(a));
            runs.dedup();
            let runs = runs.into_iter().map(|run| old_run(run, "old", "ok"));
            news(runs.collect(), None)
        }
        Happens::Missing => Input::News(News {
            store: Store::Missing,
            runs: Vec::new(),
            instead: None,
            tree: None,
        }),
        Happens::Error => Input::Error(1, Some("all\nof it".to_owned())),
        Happens::Late(now_ms) => Input::Clock(now_ms),
    }
}

fn failed(state: &State) -> usize {
    let tree = state.shown_tree();
    tree.map_or(0, |tree| {
        let keys = tree.forest.spans_of(tree.run);
        let is_failed = |key: &_| tree.forest.span(*key).state() == Standing::Ended(Status::Failed);
        keys.filter(is_failed).count()
    })
}

#[test]
fn a_screen_of_any_size_is_drawn() {
    for keys in ["", "?", "tab z", "tab tab z", "/"] {
        let mut state = shown(from_lines([
            start(1, None, "one"),
            start(2, Some(1), "two"),
        ]));
        press(&mut state, keys);
        for size in (0..30).flat_map(|width| (0..12).map(move |height| (width, height))) {
            buffer(&mut state, size);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_happens_something_valid_is_selected(
        all in proptest::collection::vec(happens(), 0..60)
    ) {
        let mut state = shown(from_lines([start(1, None, "one"), start(2, Some(1), "two")]));
        for (at, one) in all.into_iter().enumerate() {
            let input = input(&state, one);
            update(&mut state, input);
            check_selection(&state);
            prop_assert!(state.runs.is_empty() || state.place().is_some());
            if at % 8 == 0 {
                let size = state.size;
                buffer(&mut state, size);
            }
        }
    }

    #[test]
    fn the_next_error_is_a_failure_if_there_is_one(
        all in proptest::collection::vec(happens(), 0..40), forward: bool
    ) {
        let mut state = shown(from_lines([start(1, None, "one"), start(2, Some(1), "two")]));
        for one in all {
            let input = input(&state, one);
            update(&mut state, input);
        }
        state.help = false;
        press(&mut state, "esc esc");
        press(&mut state, if forward { "n" } else { "N" });
        if failed(&state) > 0 {
            let tree = state.shown_tree().expect("a tree");
            let key = tree.selected().expect("selected");
            prop_assert_eq!(tree.forest.span(key).state(), Standing::Ended(Status::Failed));
        } else {
            prop_assert!(state.message.is_some() || state.shown_tree().is_none());
        }
    }
}
