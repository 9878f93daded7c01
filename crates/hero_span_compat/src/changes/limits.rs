//! Limits and the variables of the environment.

use hero_span_contract::model::{Bound, Contract, Limit, Rules, Type, Variable};

use super::{Both, Change, Spot};

/// Variables that came, went or got another name.
pub(super) fn variables(both: Both<'_>, found: &mut Vec<Change>) {
    let (old, new) = (&both.old.environment, &both.new.environment);
    let named = |list: &[Variable], name: &str| list.iter().any(|it| it.name == name);
    let gone = old.iter().filter(|it| !named(new, &it.name));
    let come: Vec<&Variable> = new.iter().filter(|it| !named(old, &it.name)).collect();
    let mut renamed: Vec<&str> = Vec::new();
    for variable in gone {
        let twin = come.iter().find(|other| other.clause == variable.clause);
        renamed.extend(twin.map(|twin| twin.name.as_str()));
        found.push(match twin {
            Some(twin) => variable_change("variable-renamed", Some(variable), Some(twin)),
            None => variable_change("variable-removed", Some(variable), None),
        });
    }
    let added = come
        .iter()
        .filter(|it| !renamed.contains(&it.name.as_str()));
    found.extend(added.map(|it| variable_change("variable-added", None, Some(it))));
}

fn variable_change(rule: &'static str, old: Option<&Variable>, new: Option<&Variable>) -> Change {
    let name = |variable: Option<&Variable>| variable.map(|variable| variable.name.clone());
    let clause = old.or(new).map_or(String::new(), |it| it.clause.clone());
    Change {
        rule,
        place: clause.clone(),
        clause: clause.clone(),
        before: name(old).unwrap_or_default(),
        after: name(new).unwrap_or_default(),
        spot: Spot::Variable {
            clause,
            old: name(old),
            new: name(new),
        },
    }
}

/// The limits that collectors keep to whatever else names them, by their clauses.
const FOR_LINES: [(&str, [&str; 2]); 2] = [
    ("limit.line", ["line-limit-lowered", "line-limit-raised"]),
    ("limit.depth", ["depth-limit-lowered", "depth-limit-raised"]),
];

/// Limits that came, went, or are called or set otherwise.
pub(super) fn limits(both: Both<'_>, found: &mut Vec<Change>) {
    for (clause, rules) in FOR_LINES {
        found.extend(of_lines(both, clause, rules));
    }
    let (old, new) = (&both.old.limits, &both.new.limits);
    for limit in old {
        let same = new.iter().find(|other| other.name == limit.name);
        let twin = same.or_else(|| new.iter().find(|other| other.clause == limit.clause));
        let Some(other) = twin else {
            found.push(limit_change("limit-removed", limit, None, Spot::Nowhere));
            continue;
        };
        if other.name != limit.name {
            found.push(limit_change(
                "limit-renamed",
                limit,
                Some(other),
                Spot::Nowhere,
            ));
        }
        if other.value != limit.value {
            moved(both, limit, other, found);
        }
    }
    let known = |limit: &&Limit| {
        let twin = |it: &Limit| it.name == limit.name || it.clause == limit.clause;
        !old.iter().any(twin)
    };
    for limit in new.iter().filter(known) {
        let mut change = limit_change("limit-added", limit, None, Spot::Nowhere);
        change.after = std::mem::take(&mut change.before);
        found.push(change);
    }
}

/// How long or how deep lines are, where that changed; without the limit they are so at will.
fn of_lines(both: Both<'_>, clause: &str, rules: [&'static str; 2]) -> Option<Change> {
    let of = |contract: &'_ Contract| {
        let limit = contract.limits.iter().find(|limit| limit.clause == clause);
        limit.cloned()
    };
    let (old, new) = (of(both.old), of(both.new));
    let value = |limit: &Option<Limit>| limit.as_ref().map_or(u64::MAX, |limit| limit.value);
    if value(&old) == value(&new) {
        return None;
    }
    let rule = rules[usize::from(value(&new) > value(&old))];
    let shown = |limit: &Option<Limit>| limit.as_ref().map_or(String::new(), shown);
    Some(Change {
        rule,
        place: clause.to_owned(),
        clause: clause.to_owned(),
        before: shown(&old),
        after: shown(&new),
        spot: Spot::Clauses(vec![clause.to_owned()]),
    })
}

fn moved(both: Both<'_>, old: &Limit, new: &Limit, found: &mut Vec<Change>) {
    let lowered = new.value < old.value;
    let mut push = |names: [&'static str; 2], spot| {
        let name = if lowered { names[0] } else { names[1] };
        found.push(limit_change(name, old, Some(new), spot));
    };
    let for_lines = |limit: &Limit| FOR_LINES.iter().any(|(clause, _)| *clause == limit.clause);
    let mut is_used = for_lines(old) || for_lines(new);
    for (end, for_all, for_sdks) in [
        (
            End::Most,
            ["limit-lowered-for-all", "limit-raised-for-all"],
            ["limit-lowered", "limit-raised"],
        ),
        (
            End::Least,
            ["least-lowered-for-all", "least-raised-for-all"],
            ["least-lowered", "least-raised"],
        ),
    ] {
        let all = users(both, old, new, |declared| &declared.rules, end);
        let sdks = users(both, old, new, |declared| &declared.sent, end);
        is_used |= !all.is_empty() || !sdks.is_empty();
        if !all.is_empty() {
            push(for_all, Spot::Clauses(all));
        } else if !sdks.is_empty() {
            push(for_sdks, Spot::Clauses(sdks));
        }
    }
    if !is_used {
        push(["behaviour-limit-changed"; 2], Spot::Nowhere);
    }
}

/// Which end of a range a limit is.
#[derive(Clone, Copy)]
enum End {
    Least,
    Most,
}

/// The clauses of the types that this limit bounds at that end, in either contract.
fn users(
    both: Both<'_>,
    old: &Limit,
    new: &Limit,
    of: fn(&Type) -> &Rules,
    end: End,
) -> Vec<String> {
    let sides = [(both.old, &old.name), (both.new, &new.name)];
    let each = sides.iter().flat_map(|(contract, name)| {
        let types = contract.types.iter();
        types
            .filter(|declared| uses(of(declared), name, end))
            .map(|declared| declared.clause.clone())
    });
    each.collect()
}

fn uses(rules: &Rules, name: &str, end: End) -> bool {
    let ranges = [&rules.bytes, &rules.members].into_iter().flatten();
    let ends = ranges.map(|range| match end {
        End::Least => &range.from,
        End::Most => &range.to,
    });
    let single = match end {
        End::Least => &rules.minimum,
        End::Most => &rules.maximum,
    };
    let is = |bound: &Bound| matches!(bound, Bound::Limit(limit) if limit == name);
    ends.chain(single).any(is)
}

fn limit_change(rule: &'static str, old: &Limit, new: Option<&Limit>, spot: Spot) -> Change {
    Change {
        rule,
        place: old.clause.clone(),
        clause: old.clause.clone(),
        before: shown(old),
        after: new.map_or(String::new(), shown),
        spot,
    }
}

fn shown(limit: &Limit) -> String {
    format!("{} = {}", limit.name, limit.value)
}
