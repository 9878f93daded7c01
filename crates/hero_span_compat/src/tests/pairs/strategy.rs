//! Plans drawn at random, and edits of them.

use hero_span_contract::model::Presence;
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;

use super::plan::{BasePlan, BoundPlan, EventPlan, FieldPlan, Plan, RulesPlan, TypePlan};

/// A contract, and another that is an edit of it or none.
pub(super) fn pair() -> impl Strategy<Value = (Plan, Plan)> {
    let edited = (plan(), vec(edit(), 1..=4)).prop_map(|(old, edits)| {
        let mut new = old.clone();
        for edit in &edits {
            edit.apply(&mut new);
        }
        (old, new)
    });
    prop_oneof![5 => edited, 1 => (plan(), plan())]
}

pub(super) fn plan() -> impl Strategy<Value = Plan> {
    let limits = (
        weighted(0.97, line()),
        weighted(0.97, 3..=6_u64),
        0..=40_u64,
        0..=5_u64,
    );
    let parts = (
        vec(type_plan(), 1..=5),
        vec(field(), 0..=2),
        vec(event(), 1..=3),
        limits,
    );
    parts.prop_map(|(types, common, events, (line, depth, some, many))| Plan {
        types,
        common,
        events,
        limits: [line, depth, Some(some), Some(many)],
    })
}

fn line() -> impl Strategy<Value = u64> {
    60..=900_u64
}

fn type_plan() -> impl Strategy<Value = TypePlan> {
    let parts = (base(), rules(), rules(), any::<bool>());
    parts.prop_map(|(base, rules, sent, otherwise)| TypePlan {
        base,
        rules,
        sent,
        otherwise,
    })
}

fn base() -> impl Strategy<Value = BasePlan> {
    prop_oneof![
        4 => Just(BasePlan::String),
        2 => Just(BasePlan::Number),
        1 => Just(BasePlan::Integer),
        2 => Just(BasePlan::Any),
        2 => (of(0..5_usize), 0..5_usize).prop_map(|(keys, values)| BasePlan::Entries(keys, values)),
        2 => vec(field(), 1..=3).prop_map(BasePlan::Fields),
    ]
}

fn rules() -> impl Strategy<Value = RulesPlan> {
    let rare = 0.2;
    let texts = (
        weighted(rare, 0..14_usize),
        weighted(rare, 0..4_usize),
        prop_oneof![3 => Just(Vec::new()), 1 => vec(0..5_usize, 1..=3)],
        weighted(rare, (size(), size())),
    );
    let numbers = (
        weighted(rare, 0..4_usize),
        weighted(rare, bound()),
        weighted(rare, bound()),
        weighted(rare, 0..=3_u64),
        weighted(rare, (size(), size())),
    );
    (texts, numbers).prop_map(|(texts, numbers)| RulesPlan {
        pattern: texts.0,
        not: texts.1,
        words: texts.2,
        unit: numbers.0,
        minimum: numbers.1,
        maximum: numbers.2,
        decimals: numbers.3,
        bytes: texts.3,
        members: numbers.4,
    })
}

fn bound() -> impl Strategy<Value = BoundPlan> {
    prop_oneof![
        3 => (-3..=20_i64).prop_map(BoundPlan::Number),
        1 => Just(BoundPlan::Number(9_007_199_254_740_991)),
        1 => (0..4_usize).prop_map(BoundPlan::Limit),
    ]
}

/// Of bytes or members.
fn size() -> impl Strategy<Value = BoundPlan> {
    prop_oneof![
        3 => (0..=3_i64).prop_map(BoundPlan::Number),
        2 => (0..=60_i64).prop_map(BoundPlan::Number),
        1 => (0..4_usize).prop_map(BoundPlan::Limit),
    ]
}

fn field() -> impl Strategy<Value = FieldPlan> {
    let parts = (
        0..6_usize,
        0..5_usize,
        proptest::bool::weighted(0.15),
        presence(),
    );
    parts.prop_map(|(name, of, nullable, presence)| FieldPlan {
        name,
        of,
        nullable,
        presence,
    })
}

fn presence() -> impl Strategy<Value = Presence> {
    prop_oneof![
        4 => Just(Presence::Optional),
        3 => Just(Presence::Required),
        2 => Just(Presence::Expected),
        1 => Just(Presence::First),
        1 => Just(Presence::Failed),
        1 => Just(Presence::Deprecated),
        1 => Just(Presence::Reserved),
    ]
}

fn event() -> impl Strategy<Value = EventPlan> {
    let parts = (0..4_usize, vec(field(), 0..=4));
    parts.prop_map(|(name, fields)| EventPlan { name, fields })
}

/// One change of a plan; what it points at wraps around.
#[derive(Debug, Clone)]
enum Edit {
    Type(usize, TypePlan),
    Base(usize, BasePlan),
    Rules(usize, bool, Kind, RulesPlan),
    Otherwise(usize),
    AddType(TypePlan),
    Add(usize, FieldPlan),
    Remove(usize, usize),
    Replace(usize, usize, Part, FieldPlan),
    Limit(usize, Option<u64>),
    AddEvent(EventPlan),
    RemoveEvent(usize),
    RenameEvent(usize, usize),
    /// A field of one event becomes every event's.
    Common(usize, usize),
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Pattern,
    Not,
    Words,
    Unit,
    Minimum,
    Maximum,
    Decimals,
    Bytes,
    Members,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Name,
    Type,
    Nullable,
    Presence,
}

fn edit() -> impl Strategy<Value = Edit> {
    use Kind::{Bytes, Decimals, Maximum, Members, Minimum, Not, Pattern, Unit, Words};
    let kinds = vec![
        Pattern, Not, Words, Unit, Minimum, Maximum, Decimals, Bytes, Members,
    ];
    let kind = proptest::sample::select(kinds);
    let part =
        proptest::sample::select(vec![Part::Name, Part::Type, Part::Nullable, Part::Presence]);
    let at = 0..8_usize;
    prop_oneof![
        1 => (at.clone(), type_plan()).prop_map(|(at, plan)| Edit::Type(at, plan)),
        2 => (at.clone(), base()).prop_map(|(at, base)| Edit::Base(at, base)),
        8 => (at.clone(), any::<bool>(), kind, rules())
            .prop_map(|(at, sent, kind, rules)| Edit::Rules(at, sent, kind, rules)),
        1 => at.clone().prop_map(Edit::Otherwise),
        1 => type_plan().prop_map(Edit::AddType),
        2 => (at.clone(), field()).prop_map(|(at, field)| Edit::Add(at, field)),
        2 => (at.clone(), at.clone()).prop_map(|(at, field)| Edit::Remove(at, field)),
        5 => (at.clone(), at.clone(), part, field())
            .prop_map(|(at, field, part, plan)| Edit::Replace(at, field, part, plan)),
        1 => weighted(0.9, line()).prop_map(|line| Edit::Limit(0, line)),
        1 => weighted(0.9, 3..=6_u64).prop_map(|depth| Edit::Limit(1, depth)),
        1 => (2..=3_usize, 0..=40_u64).prop_map(|(which, value)| Edit::Limit(which, Some(value))),
        1 => event().prop_map(Edit::AddEvent),
        1 => at.clone().prop_map(Edit::RemoveEvent),
        1 => (at.clone(), at.clone()).prop_map(|(at, name)| Edit::RenameEvent(at, name)),
        1 => (at.clone(), at).prop_map(|(at, field)| Edit::Common(at, field)),
    ]
}

impl Edit {
    fn apply(&self, plan: &mut Plan) {
        match self {
            Self::Type(at, with) => *wrapped(&mut plan.types, *at) = with.clone(),
            Self::Base(at, base) => wrapped(&mut plan.types, *at).base = base.clone(),
            Self::Rules(at, sent, kind, from) => {
                let declared = wrapped(&mut plan.types, *at);
                let rules = match sent {
                    true => &mut declared.sent,
                    false => &mut declared.rules,
                };
                kind.apply(rules, from);
            }
            Self::Otherwise(at) => {
                let declared = wrapped(&mut plan.types, *at);
                declared.otherwise = !declared.otherwise;
            }
            Self::AddType(declared) => plan.types.push(declared.clone()),
            Self::Add(at, field) => fields(plan, *at).push(field.clone()),
            Self::Remove(at, field) => {
                take(fields(plan, *at), *field);
            }
            Self::Replace(at, field, part, from) => {
                let fields = fields(plan, *at);
                if !fields.is_empty() {
                    part.apply(wrapped(fields, *field), from);
                }
            }
            Self::Limit(which, value) => plan.limits[*which] = *value,
            Self::AddEvent(event) => plan.events.push(event.clone()),
            // A contract without events makes no schema.
            Self::RemoveEvent(at) if plan.events.len() > 1 => {
                take(&mut plan.events, *at);
            }
            Self::RemoveEvent(_) => {}
            Self::RenameEvent(at, name) => wrapped(&mut plan.events, *at).name = *name,
            Self::Common(at, field) => {
                let own = &mut wrapped(&mut plan.events, *at).fields;
                let field = take(own, *field);
                plan.common.extend(field);
            }
        }
    }
}

impl Kind {
    fn apply(self, rules: &mut RulesPlan, from: &RulesPlan) {
        match self {
            Self::Pattern => rules.pattern = from.pattern.or(Some(0)),
            Self::Not => rules.not = from.not,
            Self::Words => rules.words.clone_from(&from.words),
            Self::Unit => rules.unit = from.unit,
            Self::Minimum => rules.minimum = from.minimum,
            Self::Maximum => rules.maximum = from.maximum,
            Self::Decimals => rules.decimals = from.decimals,
            Self::Bytes => rules.bytes = from.bytes,
            Self::Members => rules.members = from.members,
        }
    }
}

impl Part {
    fn apply(self, field: &mut FieldPlan, from: &FieldPlan) {
        match self {
            Self::Name => field.name = from.name,
            Self::Type => field.of = from.of,
            Self::Nullable => field.nullable = !field.nullable,
            Self::Presence => field.presence = from.presence,
        }
    }
}

/// The fields of every event, of one, or of an object.
fn fields(plan: &mut Plan, at: usize) -> &mut Vec<FieldPlan> {
    let objects = plan.types.iter().enumerate();
    let objects = objects.filter(|(_, declared)| matches!(declared.base, BasePlan::Fields(_)));
    let objects: Vec<usize> = objects.map(|(index, _)| index).collect();
    let owners = 1 + plan.events.len() + objects.len();
    match at % owners {
        0 => &mut plan.common,
        event if event <= plan.events.len() => &mut plan.events[event - 1].fields,
        other => {
            let index = objects[other - 1 - plan.events.len()];
            match &mut plan.types[index].base {
                BasePlan::Fields(fields) => fields,
                _ => &mut plan.common,
            }
        }
    }
}

fn wrapped<T>(list: &mut [T], at: usize) -> &mut T {
    let length = list.len();
    &mut list[at % length]
}

fn take<T>(list: &mut Vec<T>, at: usize) -> Option<T> {
    let length = list.len();
    (length > 0).then(|| list.remove(at % length))
}
