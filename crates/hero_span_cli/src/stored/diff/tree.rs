//! A run as a comparison sees it: its spans in one list in tree order, each
//! before those beneath it, told apart by their paths.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use hero_span_collector::Forest;
use hero_span_collector::tree::{RunId, SpanKey, State};
use hero_span_protocol::Kind;

use crate::view::is_origin;

/// Names and kinds from the root down: the same for spans of both runs that
/// may be each other's counterparts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PathId(usize);

/// A path's last step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Step {
    above: Option<PathId>,
    /// How many steps stand above it.
    pub(super) depth: usize,
    /// `None` for a span whose start was never seen.
    pub(super) name: Option<Rc<str>>,
    pub(super) kind: Kind,
}

/// All paths of both runs. A path is its step and the path above it, so that a
/// deep tree takes no more room than a wide one.
#[derive(Debug, Default)]
pub(super) struct Paths {
    known: HashMap<Step, PathId>,
    steps: Vec<Step>,
    names: HashSet<Rc<str>>,
}

impl Paths {
    /// The id of a path, which is a new one's if it was not known.
    fn id(&mut self, above: Option<PathId>, name: Option<&str>, kind: Kind) -> PathId {
        let name = name.map(|name| self.name(name));
        let depth = above.map_or(0, |above| self.step(above).depth + 1);
        let step = Step {
            above,
            depth,
            name,
            kind,
        };
        if let Some(&id) = self.known.get(&step) {
            return id;
        }
        let id = PathId(self.steps.len());
        self.steps.push(step.clone());
        self.known.insert(step, id);
        id
    }

    fn name(&mut self, name: &str) -> Rc<str> {
        if let Some(known) = self.names.get(name) {
            return Rc::clone(known);
        }
        let name: Rc<str> = name.into();
        self.names.insert(Rc::clone(&name));
        name
    }

    pub(super) fn step(&self, id: PathId) -> &Step {
        &self.steps[id.0]
    }

    /// The path's steps from its end up.
    pub(super) fn up(&self, id: PathId) -> impl Iterator<Item = &Step> {
        std::iter::successors(Some(self.step(id)), |step| {
            step.above.map(|above| self.step(above))
        })
    }
}

/// What a span is called.
#[derive(Debug, Clone)]
pub(super) struct Called {
    /// `None` for a span whose start was never seen.
    pub(super) name: Option<Box<str>>,
    pub(super) kind: Kind,
}

/// What is known of a span before its events are read.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Which one it hangs under, by its place in the list.
    pub(super) above: Option<usize>,
    /// Its number in the store.
    pub(super) number: u64,
    pub(super) state: State,
    /// When it began, or was last heard of if that is not known.
    pub(super) began_ms: f64,
    pub(super) ended_ms: Option<f64>,
    /// `None` where start or end was not heard, or they make no sense.
    pub(super) duration_ms: Option<f64>,
    pub(super) failure: Option<Box<Failure>>,
}

/// Why a span failed, as far as its tree knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Failure {
    /// It did not come up from a child.
    pub(super) is_origin: bool,
    pub(super) error_type: Option<Box<str>>,
    /// The error's last line, cut short.
    pub(super) line: Option<Box<str>>,
}

/// A span in its tree.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) path: PathId,
    /// How many spans hang under it, those under these included.
    pub(super) beneath: usize,
    /// Which one of the siblings with its path it is, from 0.
    pub(super) turn: usize,
    pub(super) seen: Seen,
}

/// The spans of a run, each before those beneath it, siblings in the order in
/// which they began.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// How many siblings have a path.
    alike: HashMap<(Option<usize>, PathId), usize>,
    /// How many spans have a path.
    counts: HashMap<PathId, u64>,
}

impl Tree {
    pub(super) fn of(forest: &Forest, run: RunId, paths: &mut Paths) -> Self {
        Self::new(Walk::new(forest, run), paths)
    }

    /// Takes spans in tree order.
    pub(super) fn new(spans: impl Iterator<Item = (Called, Seen)>, paths: &mut Paths) -> Self {
        let mut tree = Self::default();
        for (called, seen) in spans {
            tree.push(&called, seen, paths);
        }
        for at in (0..tree.nodes.len()).rev() {
            if let Some(above) = tree.nodes[at].seen.above {
                tree.nodes[above].beneath += tree.nodes[at].beneath + 1;
            }
        }
        tree
    }

    fn push(&mut self, called: &Called, seen: Seen, paths: &mut Paths) {
        let above = seen.above.map(|above| self.nodes[above].path);
        let path = paths.id(above, called.name.as_deref(), called.kind);
        *self.counts.entry(path).or_default() += 1;
        let alike = self.alike.entry((seen.above, path)).or_default();
        self.nodes.push(Node {
            path,
            beneath: 0,
            turn: *alike,
            seen,
        });
        *alike += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, at: usize) -> &Node {
        &self.nodes[at]
    }

    /// The roots, or the spans directly under one, in order.
    pub(super) fn below(&self, at: Option<usize>) -> impl Iterator<Item = usize> {
        let (first, end) = match at {
            None => (0, self.len()),
            Some(at) => (at + 1, at + 1 + self.nodes[at].beneath),
        };
        let within = move |at: usize| (at < end).then_some(at);
        std::iter::successors(within(first), move |&at| {
            within(at + 1 + self.nodes[at].beneath)
        })
    }

    /// How many siblings have the span's path, itself among them.
    pub(super) fn alike(&self, at: usize) -> usize {
        let node = self.node(at);
        let alike = self.alike.get(&(node.seen.above, node.path));
        alike.copied().unwrap_or(1)
    }

    /// How many spans of the run have that path.
    pub(super) fn count(&self, path: PathId) -> u64 {
        self.counts.get(&path).copied().unwrap_or(0)
    }

    /// The span and those above it, from it up.
    pub(super) fn up(&self, at: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(at), |&at| self.nodes[at].seen.above)
    }
}

/// A forest's spans in tree order, without recursion.
struct Walk<'a> {
    forest: &'a Forest,
    waiting: Vec<(SpanKey, Option<usize>)>,
    count: usize,
}

impl<'a> Walk<'a> {
    fn new(forest: &'a Forest, run: RunId) -> Self {
        let mut walk = Self {
            forest,
            waiting: Vec::new(),
            count: 0,
        };
        walk.wait(forest.roots(run), None);
        walk
    }

    fn wait(&mut self, keys: Vec<SpanKey>, above: Option<usize>) {
        let keys = keys.into_iter().rev();
        self.waiting.extend(keys.map(|key| (key, above)));
    }
}

impl Iterator for Walk<'_> {
    type Item = (Called, Seen);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, above) = self.waiting.pop()?;
        self.wait(self.forest.children(key), Some(self.count));
        self.count += 1;
        let span = self.forest.span(key);
        let called = Called {
            name: span.started().map(|_| span.name().into()),
            kind: span.kind(),
        };
        Some((called, seen(self.forest, key, above)))
    }
}

fn seen(forest: &Forest, key: SpanKey, above: Option<usize>) -> Seen {
    let span = forest.span(key);
    Seen {
        above,
        number: span.number(),
        state: span.state(),
        began_ms: span.started().unwrap_or(span.last_heard().1).as_f64(),
        ended_ms: span.ended().map(|at| at.as_f64()),
        duration_ms: span.duration_ms(),
        failure: failure(forest, key),
    }
}

fn failure(forest: &Forest, key: SpanKey) -> Option<Box<Failure>> {
    let span = forest.span(key);
    let has_error = span.error_type().is_some() || span.error_line().is_some();
    let is_origin = is_origin(forest, key);
    (has_error || is_origin).then(|| {
        Box::new(Failure {
            is_origin,
            error_type: span.error_type().map(Into::into),
            line: span.error_line().map(Into::into),
        })
    })
}
