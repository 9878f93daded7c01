//! What keys and news do to the selection.

use super::*;

const TREE: &str = "
    1 start flow root at 0
    1 start step a under root at 1
    1 start span a1 under a at 2
    1 end a1 failed at 3 error one
    1 end a ok at 4
    1 start step b under root at 5
    1 start span b1 under b at 6
    1 end b1 failed at 7 error two
    1 end b failed at 8 error two
    1 start step c under root at 9";

/// After these keys, this span is selected, and so many rows are shown.
#[track_caller]
fn check(keys: &str, expected: &str, rows: usize) {
    let mut state = script(TREE);
    state.follow = false;
    press(&mut state, "g");
    press(&mut state, keys);
    let shown = state
        .shown_tree()
        .map_or(0, |tree| tree.outline.shown().len());
    assert_eq!(
        (selected_name(&state).as_str(), shown),
        (expected, rows),
        "{keys}"
    );
    check_selection(&state);
}

#[test]
fn keys_move() {
    check("", "root", 6);
    check("down", "a", 6);
    check("j j k", "a", 6);
    check("up", "root", 6);
    check("G", "c", 6);
    check("G down", "c", 6);
    check("pgdn", "c", 6);
    check("G pgup", "root", 6);
}

#[test]
fn keys_fold() {
    check("left", "root", 1);
    check("left right", "root", 6);
    check("left right right", "a", 6);
    check("j h", "a", 5);
    check("j h h", "root", 5);
    check("j space space", "a", 6);
    check("j j left", "a", 6);
    check("j j left left left left", "root", 1);
}

#[test]
fn the_next_error_is_where_it_happened() {
    check("n", "a1", 6);
    check("n n", "b1", 6);
    check("n n n", "a1", 6);
    check("N", "b1", 6);
    // What hides it is unfolded.
    check("j left left left n", "a1", 6);
    check("j left up n n", "b1", 6);
}

#[test]
fn the_next_error_drops_a_filter_that_hides_it() {
    let mut state = script(TREE);
    press(&mut state, "g /");
    type_in(&mut state, "c");
    press(&mut state, "enter n");
    assert_eq!(selected_name(&state), "a1");
    assert_eq!(state.filter, "");
}

#[test]
fn without_an_error_it_says_so() {
    let mut state = script("1 start flow root at 0");
    press(&mut state, "n");
    assert_eq!(state.message, Some("no span failed"));
}

#[test]
fn a_filter_folds_on_its_own() {
    let mut state = script(TREE);
    press(&mut state, "g j left g /");
    type_in(&mut state, "a1");
    press(&mut state, "enter");
    assert_eq!(selected_name(&state), "a1");
    press(&mut state, "esc");
    let shown = state
        .shown_tree()
        .map_or(0, |tree| tree.outline.shown().len());
    assert_eq!((selected_name(&state).as_str(), shown), ("a", 5));
}

#[test]
fn letters_that_are_typed_are_no_commands() {
    let mut state = script(TREE);
    press(&mut state, "/");
    type_in(&mut state, "quit?");
    assert!(!state.is_done && !state.help);
    assert_eq!(state.filter, "quit?");
    press(&mut state, "esc q");
    assert!(state.is_done);
}

#[test]
fn it_follows_what_is_heard_until_somebody_moves() {
    let line = |line: &str, span: u64| hero_span_collector::store::Stored {
        id: span,
        session: SessionId(1),
        span,
        name: String::new(),
        run: RunId(1),
        line: line.to_owned(),
        flags: Vec::new(),
        lost: 0,
    };
    let forest = from_lines([start(1, None, "root"), start(2, Some(1), "a")]);
    let runs = vec![run_line(&forest)];
    let mut state = shown(forest);
    assert_eq!(selected_name(&state), "a");
    let more = |span: u64, name: &str| {
        let stored = line(&start(span, Some(1), name), 100 + span);
        Input::News(News {
            store: Store::Collected,
            runs: runs.clone(),
            instead: None,
            tree: Some(TreeNews::More(RunId(1), vec![stored])),
        })
    };
    update(&mut state, more(3, "b"));
    assert_eq!(selected_name(&state), "b");
    let tree = state.shown_tree().expect("a tree");
    let key = tree.selected().expect("selected");
    assert_eq!(tree.number(key), 103, "as the store has it");
    press(&mut state, "up");
    update(&mut state, more(4, "c"));
    assert_eq!(selected_name(&state), "a");
    press(&mut state, "f");
    assert_eq!(selected_name(&state), "c");
}

#[test]
fn a_tree_that_is_read_again_stays_where_it_was() {
    let mut state = script(TREE);
    press(&mut state, "g j left j");
    assert_eq!(selected_name(&state), "b");
    let runs = state.runs.clone();
    update(&mut state, news(runs, Some(grow(TREE))));
    let shown = state
        .shown_tree()
        .map_or(0, |tree| tree.outline.shown().len());
    assert_eq!((selected_name(&state).as_str(), shown), ("b", 5));
}

#[test]
fn runs_are_chosen_and_may_go() {
    let mut state = script(TREE);
    let first = state.runs[0].clone();
    let runs = vec![old_run(9, "new", "ok"), old_run(5, "old", "ok"), first];
    state.follow = false;
    update(&mut state, news(runs.clone(), None));
    press(&mut state, "backtab");
    assert_eq!(state.chosen, Some(1));
    press(&mut state, "up");
    assert_eq!((state.chosen, state.wants().run), (Some(5), Some(5)));
    assert!(state.shown_tree().is_none(), "until it is read");
    // Pruned: the one before it.
    let runs = vec![runs[0].clone(), runs[2].clone()];
    update(&mut state, news(runs, None));
    assert_eq!(state.chosen, Some(1));
    press(&mut state, "f");
    assert_eq!(state.chosen, Some(9));
    // What turned out to be a part of another run leads there.
    press(&mut state, "down");
    update(
        &mut state,
        Input::News(News {
            store: Store::Quiet,
            runs: vec![old_run(9, "new", "ok")],
            instead: Some((1, 9)),
            tree: None,
        }),
    );
    assert_eq!(state.chosen, Some(9));
}

#[test]
fn a_reading_that_breaks_is_the_end_and_told() {
    let (tell, inputs) = std::sync::mpsc::channel();
    super::super::read_aside(tell, |_| panic!("on purpose"));
    let patience = std::time::Duration::from_secs(60);
    let input = inputs.recv_timeout(patience).expect("told");
    let mut state = State::new(String::new(), None);
    update(&mut state, input);
    assert!(state.is_done && state.is_broken);
}

#[test]
fn any_key_closes_the_help() {
    let mut state = State::new(String::new(), None);
    let control = KeyEvent::new(KeyCode::Char('d'), KeyModifiers::CONTROL);
    for event in [key("x"), key("?"), key("q"), key("esc"), control] {
        press(&mut state, "?");
        assert!(state.help);
        update(&mut state, Input::Key(event));
        assert!(!state.help && !state.is_done, "{event:?}");
    }
}
