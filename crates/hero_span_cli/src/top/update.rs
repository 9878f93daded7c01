//! What an input changes. Nothing here reads a clock, a file or the screen.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::areas::{Pane, rows};
use super::draw;
use super::state::{Input, News, State, Store, TreeNews};
use super::tree::Tree;

/// The longest text to filter by.
const FILTER_CHARS: usize = 100;

pub(super) fn update(state: &mut State, input: Input) {
    match input {
        Input::Key(event) if event.kind != KeyEventKind::Release => key(state, event),
        Input::Key(_) => {}
        Input::Resize(width, height) => state.size = (width, height),
        Input::News(news) => take(state, news),
        Input::Error(span, text) => state.error = text.map(|text| (span, text)),
        Input::Clock(now_ms) => state.now_ms = now_ms,
        Input::Stop => state.is_done = true,
        Input::Broken => (state.is_broken, state.is_done) = (true, true),
    }
    settle(state);
}

/// Whatever happened, what is selected stands on the screen.
fn settle(state: &mut State) {
    let areas = state.areas();
    if let Some(tree) = &mut state.tree {
        tree.scroll(rows(areas.tree));
    }
    let height = rows(areas.runs).max(1);
    let place = state.place().unwrap_or(0);
    let lowest = (place + 1).saturating_sub(height);
    let last = state.runs.len().saturating_sub(height);
    state.runs_top = state.runs_top.clamp(lowest, place.max(lowest)).min(last);
    if state.details_top > 0 {
        let lines = draw::detail_lines(state, areas.details.width.into()).len();
        let last = lines.saturating_sub(rows(areas.details));
        state.details_top = state.details_top.min(last);
    }
}

fn take(state: &mut State, news: News) {
    if matches!(news.store, Store::Missing) {
        choose(state, None);
    }
    state.store = news.store;
    state.runs = news.runs;
    if let Some((from, to)) = news.instead
        && state.chosen == Some(from)
    {
        choose(state, Some(to));
    }
    let newest = state.runs.first().map(|line| line.run);
    if state.follow && newest.is_some() {
        choose(state, newest);
    } else if state.place().is_none() && !state.runs.is_empty() {
        // It was pruned: the one before it takes its place.
        let before = state.runs.iter().find(|line| Some(line.run) < state.chosen);
        choose(state, before.map(|line| line.run).or(newest));
    }
    if let Some(tree) = news.tree {
        take_tree(state, tree);
    }
}

fn take_tree(state: &mut State, news: TreeNews) {
    match (news, &mut state.tree) {
        (TreeNews::Whole(run, _), _) if Some(run.0) != state.chosen => return,
        (TreeNews::Whole(run, forest), Some(tree)) if tree.run == run => tree.replace(*forest),
        (TreeNews::Whole(run, forest), _) => {
            let mut tree = Tree::new(run, *forest);
            tree.set_filter(&state.filter);
            state.tree = Some(tree);
        }
        (TreeNews::More(run, events), Some(tree)) if tree.run == run => tree.hear(&events),
        (TreeNews::More(..), _) => return,
    }
    if state.follow {
        follow(state);
    }
}

fn follow(state: &mut State) {
    let newest = state.runs.first().map(|line| line.run);
    choose(state, newest.or(state.chosen));
    if let Some(tree) = &mut state.tree {
        tree.go_to_latest();
        state.details_top = 0;
    }
}

fn choose(state: &mut State, run: Option<u64>) {
    if state.chosen != run {
        state.chosen = run;
        state.choice += 1;
        state.tree = None;
        state.error = None;
        state.details_top = 0;
    }
}

fn key(state: &mut State, event: KeyEvent) {
    state.message = None;
    let is_control = event.modifiers.contains(KeyModifiers::CONTROL);
    match event.code {
        KeyCode::Char('c') if is_control => state.is_done = true,
        code if state.is_typing => type_filter(state, code, is_control),
        _ if state.help => state.help = false,
        _ if is_control => control(state, event.code),
        KeyCode::Char('q') => state.is_done = true,
        code => command(state, code),
    }
}

/// What readers of long texts are used to.
fn control(state: &mut State, code: KeyCode) {
    match code {
        KeyCode::Char('d' | 'f') => step(state, Step::Pages(1)),
        KeyCode::Char('u' | 'b') => step(state, Step::Pages(-1)),
        KeyCode::Char('n') => step(state, Step::Rows(1)),
        KeyCode::Char('p') => step(state, Step::Rows(-1)),
        _ => {}
    }
}

fn command(state: &mut State, code: KeyCode) {
    match code {
        KeyCode::Char('?') => state.help = true,
        KeyCode::Esc => leave(state),
        KeyCode::Tab | KeyCode::Enter => state.pane = state.pane.next(),
        KeyCode::BackTab => state.pane = state.pane.previous(),
        KeyCode::Char('z') => state.zoomed = !state.zoomed,
        KeyCode::Char('/') => {
            state.is_typing = true;
            if state.pane == Pane::Runs {
                state.pane = Pane::Tree;
            }
        }
        KeyCode::Char('f') => {
            state.follow = !state.follow;
            if state.follow {
                follow(state);
            }
        }
        KeyCode::Char('n') => next_error(state, true),
        KeyCode::Char('N') => next_error(state, false),
        KeyCode::Down | KeyCode::Char('j') => step(state, Step::Rows(1)),
        KeyCode::Up | KeyCode::Char('k') => step(state, Step::Rows(-1)),
        KeyCode::PageDown => step(state, Step::Pages(1)),
        KeyCode::PageUp => step(state, Step::Pages(-1)),
        KeyCode::Home | KeyCode::Char('g') => step(state, Step::First),
        KeyCode::End | KeyCode::Char('G') => step(state, Step::Last),
        KeyCode::Left | KeyCode::Char('h') => match state.pane {
            Pane::Tree => fold(state, Tree::fold_or_leave),
            Pane::Details => state.pane = Pane::Tree,
            Pane::Runs => {}
        },
        KeyCode::Right | KeyCode::Char('l') => match state.pane {
            Pane::Tree => fold(state, Tree::unfold_or_enter),
            Pane::Runs => state.pane = Pane::Tree,
            Pane::Details => {}
        },
        KeyCode::Char(' ') if state.pane == Pane::Tree => fold(state, Tree::toggle_fold),
        KeyCode::Char(' ') => step(state, Step::Pages(1)),
        _ => {}
    }
}

/// Esc takes back one thing.
fn leave(state: &mut State) {
    if !state.filter.is_empty() {
        set_filter(state, String::new());
    } else if state.zoomed {
        state.zoomed = false;
    } else {
        state.pane = Pane::Tree;
    }
}

fn fold(state: &mut State, fold: fn(&mut Tree)) {
    state.follow = false;
    state.details_top = 0;
    if let Some(tree) = &mut state.tree {
        fold(tree);
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Rows(isize),
    Pages(isize),
    First,
    Last,
}

impl Step {
    fn from(self, place: usize, page: usize) -> usize {
        let page = isize::try_from(page.saturating_sub(1).max(1)).unwrap_or(1);
        match self {
            Self::Rows(by) => place.saturating_add_signed(by),
            Self::Pages(by) => place.saturating_add_signed(by.saturating_mul(page)),
            Self::First => 0,
            Self::Last => usize::MAX >> 1,
        }
    }
}

fn step(state: &mut State, step: Step) {
    let page = state.page();
    match state.pane {
        Pane::Details => state.details_top = step.from(state.details_top, page),
        Pane::Tree => {
            state.follow = false;
            state.details_top = 0;
            if let Some(tree) = &mut state.tree {
                tree.go_to(step.from(tree.row(), page));
            }
        }
        Pane::Runs => {
            state.follow = false;
            let place = step.from(state.place().unwrap_or(0), page);
            let line = state.runs.get(place).or(state.runs.last());
            if let Some(run) = line.map(|line| line.run) {
                choose(state, Some(run));
            }
        }
    }
}

fn next_error(state: &mut State, forward: bool) {
    state.follow = false;
    state.details_top = 0;
    let Some(tree) = &mut state.tree else { return };
    let mut found = tree.next_error(forward);
    if !found && !state.filter.is_empty() {
        set_filter(state, String::new());
        let tree = state.tree.as_mut();
        found = tree.is_some_and(|tree| tree.next_error(forward));
    }
    if !found {
        state.message = Some("no span failed");
    } else if state.pane == Pane::Runs {
        state.pane = Pane::Tree;
    }
}

fn set_filter(state: &mut State, text: String) {
    if let Some(tree) = &mut state.tree {
        tree.set_filter(&text);
    }
    state.filter = text;
    state.follow = false;
    state.details_top = 0;
}

fn type_filter(state: &mut State, code: KeyCode, is_control: bool) {
    let mut text = state.filter.clone();
    match code {
        KeyCode::Char('u') if is_control => text.clear(),
        KeyCode::Char(c) if !is_control && text.chars().count() < FILTER_CHARS => text.push(c),
        KeyCode::Backspace => {
            text.pop();
        }
        KeyCode::Enter | KeyCode::Tab => state.is_typing = false,
        KeyCode::Esc => {
            state.is_typing = false;
            text.clear();
        }
        KeyCode::Down => step(state, Step::Rows(1)),
        KeyCode::Up => step(state, Step::Rows(-1)),
        _ => {}
    }
    if text != state.filter {
        set_filter(state, text);
    }
}
