//! What `hero-span top` shows, and what its keys do.

mod keys;
mod laws;
mod screens;
mod speed;

use hero_span_collector::Forest;
use hero_span_collector::store::RunLine;
use hero_span_collector::tree::{RunId, SessionId, State as Standing};
use hero_span_protocol::{Parsed, Status, parse};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Modifier;

use super::draw::{Theme, draw};
use super::outline::id;
use super::state::{Input, News, State, Store, TreeNews};
use super::update::update;
use crate::view::tests::grow::{grow, grow_on};

/// When the times of scripts count from.
const NOON_MS: f64 = 1_700_049_600_000.0;

/// A line of the list of runs, as a store would tell it of such a tree.
fn run_line(forest: &Forest) -> RunLine {
    let id = run_of(forest);
    let known = forest.run(id);
    let tally = known.map(|run| run.tally()).unwrap_or_default();
    let counts = forest.counts(id);
    let connected = known.map_or(0, |run| run.connected() as u64);
    let root = forest.roots(id).first().map(|&key| forest.span(key));
    let state = match root.map(|root| root.state()) {
        _ if connected > 0 => "running",
        Some(Standing::Ended(Status::Ok)) => "ok",
        Some(Standing::Ended(Status::Failed)) => "failed",
        Some(Standing::Ended(Status::Cancelled)) => "cancelled",
        Some(Standing::Open) => "open",
        Some(Standing::Unknown) | None => "unknown",
    };
    RunLine {
        run: id.0,
        id: None,
        name: root.map(|root| root.name().to_owned()),
        state: state.to_owned(),
        began_ms: known.and_then(|run| Some(run.first_time()?.as_f64())),
        heard_ms: known.and_then(|run| Some(run.last_time()?.as_f64())),
        processes: known.map_or(0, |run| run.sessions().len() as u64),
        connected,
        spans: tally.spans,
        failed: tally.failed,
        cancelled: tally.cancelled,
        open: tally.open,
        unknown: tally.unknown,
        events: counts.events,
        skipped: counts.skipped,
        rejected: counts.rejected,
        torn: counts.torn,
        lost: counts.lost,
        unstored: 0,
    }
}

/// A run that was over long ago.
fn old_run(run: u64, name: &str, state: &str) -> RunLine {
    RunLine {
        name: Some(name.to_owned()),
        state: state.to_owned(),
        began_ms: Some(NOON_MS - 3_600_000.0 * (20 - run) as f64),
        heard_ms: Some(NOON_MS - 3_600_000.0 * (20 - run) as f64 + 1_500.0),
        spans: 3,
        run,
        ..run_line(&Forest::new())
    }
}

fn run_of(forest: &Forest) -> RunId {
    forest.runs().next().map_or(RunId(1), |(run, _)| run)
}

fn news(runs: Vec<RunLine>, forest: Option<Forest>) -> Input {
    Input::News(News {
        store: Store::Collected,
        runs,
        instead: None,
        tree: forest.map(|forest| TreeNews::Whole(run_of(&forest), Box::new(forest))),
    })
}

/// A store whose newest run is of this tree, five seconds after it began.
fn shown(forest: Forest) -> State {
    let mut state = State::new("/home/u/.hero/var/hero-span/spans.db".to_owned(), None);
    update(&mut state, Input::Clock(NOON_MS + 5_000.0));
    let runs = vec![run_line(&forest)];
    update(&mut state, news(runs.clone(), None));
    update(&mut state, news(runs, Some(forest)));
    state
}

fn script(script: &str) -> State {
    shown(grow(script))
}

/// A key: its character, or the name of its code.
fn key(name: &str) -> KeyEvent {
    let code = match name {
        "down" => KeyCode::Down,
        "up" => KeyCode::Up,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "pgdn" => KeyCode::PageDown,
        "pgup" => KeyCode::PageUp,
        "backspace" => KeyCode::Backspace,
        "space" => KeyCode::Char(' '),
        name => KeyCode::Char(name.chars().next().expect("a character")),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn press(state: &mut State, keys: &str) {
    for name in keys.split_whitespace() {
        update(state, Input::Key(key(name)));
    }
}

/// Types letters, without Enter.
fn type_in(state: &mut State, text: &str) {
    for c in text.chars() {
        update(
            state,
            Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)),
        );
    }
}

fn buffer(state: &mut State, (width, height): (u16, u16)) -> Buffer {
    update(state, Input::Resize(width, height));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen");
    let theme = Theme { colour: true };
    terminal
        .draw(|frame| draw(frame, state, theme))
        .expect("drawn");
    terminal.backend().buffer().clone()
}

/// The screen as text, and which parts of it are selected.
fn screen(state: &mut State, size: (u16, u16)) -> String {
    let buffer = buffer(state, size);
    let mut lines = Vec::new();
    let mut selected = Vec::new();
    for y in 0..size.1 {
        let mut line = String::new();
        let mut reversed: Option<(u16, u16, bool)> = None;
        let mut covered = 0;
        for x in 0..size.0 {
            let cell = &buffer[(x, y)];
            if covered == 0 {
                line.push_str(cell.symbol());
                covered = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1);
            }
            covered -= 1;
            if cell.modifier.contains(Modifier::REVERSED) {
                let is_dim = cell.modifier.contains(Modifier::DIM);
                let (first, _, was_dim) = reversed.unwrap_or((x, x, true));
                reversed = Some((first, x, was_dim && is_dim));
            }
        }
        lines.push(line.trim_end().to_owned());
        selected
            .extend(reversed.map(|(from, to, dim)| {
                format!("{y}:{from}-{to}{}", if dim { " dim" } else { "" })
            }));
    }
    format!("{}\nselected {}", lines.join("\n"), selected.join(", "))
}

fn selected_name(state: &State) -> String {
    let tree = state.shown_tree();
    let name = tree.and_then(|tree| Some(tree.forest.span(tree.selected()?).name().to_owned()));
    name.unwrap_or_default()
}

/// A tree of lines as they are sent, all over one connection.
fn from_lines(lines: impl IntoIterator<Item = String>) -> Forest {
    let mut forest = Forest::new();
    for line in lines {
        hear(&mut forest, &line);
    }
    forest
}

fn hear(forest: &mut Forest, line: &str) {
    let Ok(Parsed::Event(event)) = parse(line.as_bytes()) else {
        panic!("no event: {line}")
    };
    forest.hear(SessionId(1), &event, &[], 0);
}

fn start(span: u64, parent: Option<u64>, name: &str) -> String {
    let parent = parent.map(|parent| format!("{parent:016x}"));
    serde_json::json!({
        "type": "span_start", "span_id": format!("{span:016x}"), "parent_span_id": parent,
        "ts_ms": NOON_MS + span as f64, "name": name, "kind": "step",
    })
    .to_string()
}

/// What must hold, whatever came.
#[track_caller]
fn check_selection(state: &State) {
    let Some(tree) = &state.tree else { return };
    let shown = tree.outline.shown();
    assert_eq!(tree.selected().is_none(), shown.is_empty());
    assert!(shown.is_empty() || tree.row() < shown.len());
    if let Some(key) = tree.selected() {
        let entry = tree.outline.row(tree.row()).expect("a row");
        assert_eq!(id(&tree.forest, entry.key), id(&tree.forest, key));
    }
    let height = super::areas::rows(state.areas().tree);
    assert!(tree.top <= tree.row());
    assert!(height == 0 || tree.row() < tree.top + height);
}
