//! Puts events under their spans.

use std::collections::HashMap;
use std::hash::Hash;

/// One event to draw.
#[derive(Clone, Debug)]
pub(super) struct Item<Span> {
    pub(super) span: Span,
    /// The span's parent, if the event is a start and the parent is drawn.
    pub(super) parent: Option<Span>,
    pub(super) is_start: bool,
    pub(super) label: String,
}

/// What stands under a span, in order.
enum Entry {
    Line(String),
    /// A child, by its place among the spans.
    Child(usize),
}

#[derive(Default)]
struct Node {
    label: String,
    entries: Vec<Entry>,
}

/// The lines of the tree. An event whose span has not started stands by
/// itself.
pub(super) fn lay_out<Span: Copy + Eq + Hash>(items: &[Item<Span>]) -> Vec<String> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut places: HashMap<Span, usize> = HashMap::new();
    let mut roots: Vec<Entry> = Vec::new();
    for item in items {
        let is_new = item.is_start && !places.contains_key(&item.span);
        let (owner, entry) = if is_new {
            let place = nodes.len();
            nodes.push(Node {
                label: item.label.clone(),
                entries: Vec::new(),
            });
            let parent = item.parent.and_then(|parent| places.get(&parent).copied());
            places.insert(item.span, place);
            (parent, Entry::Child(place))
        } else {
            let place = places.get(&item.span).copied();
            (place, Entry::Line(item.label.clone()))
        };
        match owner.and_then(|place| nodes.get_mut(place)) {
            Some(node) => node.entries.push(entry),
            None => roots.push(entry),
        }
    }
    fold(lines(&nodes, &roots))
}

/// Without recursion, for a tree may be deep.
fn lines(nodes: &[Node], roots: &[Entry]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open: Vec<std::slice::Iter<'_, Entry>> = vec![roots.iter()];
    while let Some(entries) = open.last_mut() {
        let Some(entry) = entries.next() else {
            open.pop();
            continue;
        };
        let indent = "  ".repeat(open.len() - 1);
        match entry {
            Entry::Line(label) => lines.push(format!("{indent}{label}")),
            Entry::Child(place) => {
                if let Some(node) = nodes.get(*place) {
                    lines.push(format!("{indent}{}", node.label));
                    open.push(node.entries.iter());
                }
            }
        }
    }
    lines
}

/// Lines that repeat stand once, with their number.
fn fold(lines: Vec<String>) -> Vec<String> {
    let mut folded: Vec<(String, usize)> = Vec::new();
    for line in lines {
        match folded.last_mut() {
            Some((last, times)) if *last == line => *times += 1,
            _ => folded.push((line, 1)),
        }
    }
    let shown = |(line, times): (String, usize)| match times {
        1 => line,
        times => format!("{line}  (× {times})"),
    };
    folded.into_iter().map(shown).collect()
}
