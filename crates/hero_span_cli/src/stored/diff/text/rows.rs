//! A row for each group of findings.

use hero_span_collector::tree::State;
use hero_span_protocol::Status;
use hero_span_protocol::printable;

use super::super::findings::{Alone, Changed, Standing};
use super::super::groups::{Group, Groups, Spot};
use super::super::said::What;
use super::super::times::{Timing, durations};
use super::super::tree::Failure;
use super::super::value::{Change, around};
use super::place::painted;
use super::{Rows, Shown};
use crate::view::{duration, error_text, plural};

/// Characters of a value.
const WIDTH: usize = 60;

impl Shown<'_> {
    pub(super) fn states(self) -> Rows {
        let groups = self.findings().states.list().iter();
        self.rows(groups, |group| self.state(group))
    }

    fn state(self, group: &Group<Standing>) -> String {
        let states = [group.detail.before, group.detail.after];
        let states = states.map(|state| painted(state, self.paint));
        let mut parts = vec![self.pairs(group), states.join(" → ")];
        parts.extend(self.reason(&group.detail));
        if !group.detail.is_same {
            parts.push(self.paint.dim("and others"));
        }
        parts.join("  ")
    }

    /// Why the first of them failed.
    fn reason(self, standing: &Standing) -> Option<String> {
        let text = reason(standing.failure.as_deref()?)?;
        Some(match standing.after {
            State::Ended(Status::Failed) => self.paint.bad(&text),
            _ => self.paint.dim(&text),
        })
    }

    /// The pairs of a group.
    fn pairs<D>(self, group: &Group<D>) -> String {
        let of = self.findings().matched_with(group.path);
        self.spans(group.path, group.first, group.count, of)
    }

    pub(super) fn alone(self, groups: &Groups<State, Alone>, sign: &str) -> Rows {
        self.rows(groups.list().iter(), |group| self.subtree(group, sign))
    }

    fn subtree(self, group: &Group<Alone>, sign: &str) -> String {
        let [before, after] = &self.comparison.trees;
        let (tree, _) = group.first.place(before, after);
        let of = tree.count(group.path);
        let spans = self.spans(group.path, group.first, group.count, of);
        let kind = self.comparison.paths.step(group.path).kind;
        let mut parts = vec![format!("{sign} {spans}"), self.paint.dim(kind.as_str())];
        if group.detail.state != State::Ended(Status::Ok) {
            parts.push(painted(group.detail.state, self.paint));
        }
        if group.detail.beneath > 0 {
            parts.push(format!("{} beneath", plural(group.detail.beneath, "span")));
        }
        parts.join("  ")
    }

    pub(super) fn timings(self, timings: &[Timing]) -> Rows {
        self.rows(timings.iter(), |timing| self.timing(timing))
    }

    fn timing(self, timing: &Timing) -> String {
        let (one, other) = timing.first;
        let path = self.comparison.trees[1].node(other).path;
        let spans = self.spans(path, Spot::Pair(one, other), timing.spans(), timing.count);
        let mut parts = vec![spans];
        match timing {
            Timing { count: 1, .. } => parts.push(self.lengths(timing.total_ms)),
            Timing { in_all: true, .. } => {
                parts.push(format!("{} in all", self.lengths(timing.total_ms)));
                parts.push(format!("median {}", arrow(timing.median_ms)));
            }
            Timing { .. } => {}
        }
        parts.extend(self.most(timing));
        parts.join("  ")
    }

    /// The one of several that differs most.
    fn most(self, timing: &Timing) -> Option<String> {
        let pair = timing.most.filter(|_| timing.count > 1)?;
        let [before, after] = &self.comparison.trees;
        let (one, other) = durations((before, after), pair)?;
        let which = self.which(after, pair.1);
        let lengths = self.lengths([one, other]);
        Some(match timing {
            Timing {
                in_all: false,
                beyond: 1,
                ..
            } => lengths,
            _ => format!("most {which}: {lengths}"),
        })
    }

    /// Two durations, and how far apart they are.
    fn lengths(self, ms: [f64; 2]) -> String {
        let percent = (ms[1] / ms[0] - 1.0) * 100.0;
        let is_sane = percent.is_finite() && percent.abs() < 1e6;
        let percent = is_sane.then(|| self.paint.dim(&format!("{percent:+.0}%")));
        let parts = [Some(arrow(ms)), percent];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    pub(super) fn values(self, is_meant: fn(&What) -> bool) -> Rows {
        let groups = self.findings().values.list().iter();
        let groups = groups.filter(|group| is_meant(&group.detail.what));
        self.rows(groups, |group| self.value(group))
    }

    fn value(self, group: &Group<Changed>) -> String {
        let Changed {
            what,
            change,
            is_same,
        } = &group.detail;
        let mut text = label(what, &change.place);
        text.push_str(&self.change(change));
        if change.more > 0 {
            text.push_str(&format!(", {}", plural(change.more as u64, "more place")));
        }
        if change.is_cut {
            text.push_str(&self.paint.warn("  [cut by its producer]"));
        }
        if !is_same {
            text.push_str(&self.paint.dim("  and others"));
        }
        format!("{}  {text}", self.pairs(group))
    }

    fn change(self, change: &Change) -> String {
        let texts = around(change.before.as_deref(), change.after.as_deref(), WIDTH);
        let texts = texts.map(|text| match text {
            Some(text) => printable(&text).into_owned(),
            None => self.paint.dim("(none)"),
        });
        texts.join(" → ")
    }
}

pub(super) fn reason(failure: &Failure) -> Option<String> {
    let text = error_text(failure.error_type.as_deref(), failure.line.as_deref());
    (!text.is_empty()).then_some(text)
}

/// Which tag, and where in the value.
fn label(what: &What, place: &str) -> String {
    let label = match what {
        What::Tag(key) => format!("{key}{place}"),
        What::Params | What::Result | What::Error => {
            place.strip_prefix('.').unwrap_or(place).to_owned()
        }
    };
    match &*label {
        "" => String::new(),
        label => format!("{}: ", printable(label)),
    }
}

fn arrow(ms: [f64; 2]) -> String {
    ms.map(duration).join(" → ")
}
