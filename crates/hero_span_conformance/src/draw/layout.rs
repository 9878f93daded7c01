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
    lines(&nodes, &roots)
}

/// Children come after their parents, so from the last node to the first each
/// finds its children drawn; and without recursion, for a tree may be deep.
fn lines(nodes: &[Node], roots: &[Entry]) -> Vec<String> {
    let mut drawn: Vec<Vec<String>> = vec![Vec::new(); nodes.len()];
    for (place, node) in nodes.iter().enumerate().rev() {
        let within = fold(&node.entries, &mut drawn);
        let within = within.into_iter().map(|line| format!("  {line}"));
        let lines = std::iter::once(node.label.clone()).chain(within).collect();
        if let Some(block) = drawn.get_mut(place) {
            *block = lines;
        }
    }
    fold(roots, &mut drawn)
}

/// What repeats, be it a line or a whole span, stands once, with its number.
fn fold(entries: &[Entry], drawn: &mut [Vec<String>]) -> Vec<String> {
    let mut folded: Vec<(Vec<String>, usize)> = Vec::new();
    for entry in entries {
        let block = match entry {
            Entry::Line(label) => vec![label.clone()],
            Entry::Child(place) => drawn
                .get_mut(*place)
                .map(std::mem::take)
                .unwrap_or_default(),
        };
        match folded.last_mut() {
            Some((last, times)) if *last == block => *times += 1,
            _ => folded.push((block, 1)),
        }
    }
    let shown = |(mut block, times): (Vec<String>, usize)| {
        if let (Some(first), 2..) = (block.first_mut(), times) {
            first.push_str(&format!("  (× {times})"));
        }
        block
    };
    folded.into_iter().flat_map(shown).collect()
}
