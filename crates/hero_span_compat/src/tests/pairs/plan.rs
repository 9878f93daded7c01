//! What a contract is made from, such that every plan makes a valid one.
//!
//! Whatever a plan says twice, out of range or where it does not fit, is left out or wrapped
//! around: so plans can be drawn, edited and shrunk without a thought.

use hero_span_contract::Contract;
use hero_span_contract::model::{
    Base, Bound, Entries, EventType, Field, Limit, Presence, Range, Rules, Type,
};

/// Patterns, each with pieces that texts which match it are made of.
pub(super) const PATTERNS: [(&str, &[&str]); 14] = [
    ("^[a-c]+$", &["a", "b", "c"]),
    ("^[a-d]{1,3}$", &["a", "c", "d"]),
    ("^[0-9]{2}$", &["0", "9", "5"]),
    ("^\\d+$", &["0", "7"]),
    ("b", &["a", "b", "\""]),
    ("^a", &["a", "z"]),
    ("c$", &["c", "\\"]),
    ("^(ab|cd)*$", &["ab", "cd"]),
    ("^$", &[""]),
    ("^[^x]*$", &["y", "\n", "é"]),
    ("^\\w{0,4}$", &["w", "_", "0"]),
    ("^.{2,4}$", &["é", "a", "😀", "\""]),
    ("é", &["é", "e"]),
    ("^a*(b|c)?d*$", &["a", "d"]),
];
pub(super) const WORDS: [&str; 5] = ["ok", "failed", "info", "warn", "b"];
const NOTS: [&str; 4] = ["", "a", "ok", "ab"];
const UNITS: [&str; 4] = ["s", "ms", "us", "ns"];
const FIELDS: [&str; 6] = ["a", "b", "c", "d", "e", "status"];
const LIMITS: [&str; 4] = ["line", "depth", "some", "many"];
const EVENTS: [&str; 4] = ["e0", "e1", "e2", "e3"];

#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) types: Vec<TypePlan>,
    pub(super) common: Vec<FieldPlan>,
    pub(super) events: Vec<EventPlan>,
    pub(super) limits: [Option<u64>; 4],
}

#[derive(Debug, Clone)]
pub(super) struct TypePlan {
    pub(super) base: BasePlan,
    pub(super) rules: RulesPlan,
    pub(super) sent: RulesPlan,
    pub(super) otherwise: bool,
}

#[derive(Debug, Clone)]
pub(super) enum BasePlan {
    String,
    Number,
    Integer,
    Any,
    /// The types of its keys, or any string, and of its values.
    Entries(Option<usize>, usize),
    Fields(Vec<FieldPlan>),
}

#[derive(Debug, Clone, Default)]
pub(super) struct RulesPlan {
    pub(super) pattern: Option<usize>,
    pub(super) not: Option<usize>,
    pub(super) words: Vec<usize>,
    pub(super) unit: Option<usize>,
    pub(super) minimum: Option<BoundPlan>,
    pub(super) maximum: Option<BoundPlan>,
    pub(super) decimals: Option<u64>,
    pub(super) bytes: Option<(BoundPlan, BoundPlan)>,
    pub(super) members: Option<(BoundPlan, BoundPlan)>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum BoundPlan {
    Number(i64),
    /// One of the limits.
    Limit(usize),
}

#[derive(Debug, Clone)]
pub(super) struct FieldPlan {
    pub(super) name: usize,
    pub(super) of: usize,
    pub(super) nullable: bool,
    pub(super) presence: Presence,
}

#[derive(Debug, Clone)]
pub(super) struct EventPlan {
    pub(super) name: usize,
    pub(super) fields: Vec<FieldPlan>,
}

impl Plan {
    pub(super) fn contract(&self) -> Contract {
        let mut types: Vec<Type> = Vec::new();
        for plan in &self.types {
            types.push(self.declared(plan, &types));
        }
        let common = self.fields(&self.common, &types, &[]);
        let events = self.events(&types, &common);
        types.push(named("word", Base::String));
        let kind = Field {
            name: "type".to_owned(),
            type_name: "word".to_owned(),
            nullable: false,
            presence: Presence::Required,
            meaning: String::new(),
        };
        let limits = LIMITS.iter().zip(self.limits);
        let limits = limits.filter_map(|(name, value)| {
            Some(Limit {
                clause: format!("limit.{name}"),
                name: name.to_uppercase(),
                value: value?,
            })
        });
        Contract {
            protocol: 1,
            revision: 0,
            sections: Vec::new(),
            environment: Vec::new(),
            types,
            common_fields: std::iter::once(kind).chain(common).collect(),
            events,
            limits: limits.collect(),
            features: Vec::new(),
        }
    }

    fn events(&self, types: &[Type], common: &[Field]) -> Vec<EventType> {
        let mut events: Vec<EventType> = Vec::new();
        for plan in &self.events {
            let name = EVENTS[plan.name % EVENTS.len()];
            if events.iter().any(|event| event.name == name) {
                continue;
            }
            let mut fields = self.fields(&plan.fields, types, common);
            let has_status = fields.iter().any(|field| field.name == "status");
            for field in &mut fields {
                match field.presence {
                    Presence::First => field.presence = Presence::Optional,
                    Presence::Failed if !has_status => field.presence = Presence::Optional,
                    _ => {}
                }
            }
            events.push(EventType {
                clause: format!("event.{name}"),
                name: name.to_owned(),
                fields,
            });
        }
        events
    }

    fn fields(&self, plans: &[FieldPlan], types: &[Type], taken: &[Field]) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for plan in plans {
            let name = FIELDS[plan.name % FIELDS.len()];
            let mut known = taken.iter().chain(&fields);
            if types.is_empty() || known.any(|field| field.name == name) {
                continue;
            }
            fields.push(Field {
                name: name.to_owned(),
                type_name: types[plan.of % types.len()].name.clone(),
                nullable: plan.nullable,
                presence: plan.presence,
                meaning: String::new(),
            });
        }
        fields
    }

    /// A type, made of those before it, but for what it can do without.
    fn declared(&self, plan: &TypePlan, before: &[Type]) -> Type {
        let name = format!("t{}", before.len());
        let mut declared = named(&name, Base::Any);
        match &plan.base {
            BasePlan::String => declared.base = Base::String,
            BasePlan::Number => declared.base = Base::Number,
            BasePlan::Integer => declared.base = Base::Integer,
            BasePlan::Any => {}
            BasePlan::Entries(keys, values) if !before.is_empty() => {
                let keys = keys.map(|keys| &before[keys % before.len()]);
                let keys = keys.filter(|keys| keys.base == Base::String);
                declared.base = Base::Object;
                declared.entries = Some(Entries {
                    keys: keys.map_or("string".to_owned(), |keys| keys.name.clone()),
                    values: before[values % before.len()].name.clone(),
                });
            }
            BasePlan::Fields(plans) => {
                declared.fields = self.fields(plans, before, &[]);
                for field in &mut declared.fields {
                    if matches!(field.presence, Presence::First | Presence::Failed) {
                        // Of any type, such that types name each other in circles.
                        field.type_name = format!("t{}", plans.len() % self.types.len());
                        field.presence = Presence::Optional;
                    }
                }
                if !declared.fields.is_empty() {
                    declared.base = Base::Object;
                }
            }
            BasePlan::Entries(..) => {}
        }
        declared.rules = self.rules(&plan.rules, declared.base);
        let sent = self.rules(&plan.sent, declared.base);
        declared.sent = self.within(&declared.rules, sent);
        let words = declared.rules.merged(&declared.sent).one_of;
        declared.otherwise = words.first().filter(|_| plan.otherwise).cloned();
        declared
    }

    /// What fits the base.
    fn rules(&self, plan: &RulesPlan, base: Base) -> Rules {
        let bound = |plan: &BoundPlan| match plan {
            BoundPlan::Number(number) => Bound::Number((*number).into()),
            BoundPlan::Limit(index) => {
                let index = index % LIMITS.len();
                match self.limits[index] {
                    Some(_) => Bound::Limit(LIMITS[index].to_uppercase()),
                    None => Bound::Number(3.into()),
                }
            }
        };
        let size = |plan: &BoundPlan| match plan {
            BoundPlan::Number(number) => Bound::Number(number.unsigned_abs().into()),
            limit => bound(limit),
        };
        let range = |(from, to): &(BoundPlan, BoundPlan)| Range {
            from: size(from),
            to: size(to),
        };
        let text = base == Base::String;
        let number = matches!(base, Base::Number | Base::Integer);
        let mut one_of: Vec<String> = Vec::new();
        for word in plan.words.iter().filter(|_| text) {
            let word = WORDS[word % WORDS.len()].to_owned();
            if !one_of.contains(&word) {
                one_of.push(word);
            }
        }
        let pick = |list: &[&str], index: Option<usize>, fits: bool| {
            let index = index.filter(|_| fits)?;
            Some(list[index % list.len()].to_owned())
        };
        let patterns = PATTERNS.map(|(pattern, _)| pattern);
        Rules {
            pattern: pick(&patterns, plan.pattern, text),
            not: pick(&NOTS, plan.not, text),
            unit: pick(&UNITS, plan.unit, number),
            one_of,
            minimum: plan.minimum.as_ref().filter(|_| number).map(bound),
            maximum: plan.maximum.as_ref().filter(|_| number).map(bound),
            decimals: plan.decimals.filter(|_| base == Base::Number),
            bytes: plan
                .bytes
                .as_ref()
                .filter(|_| text || base == Base::Any)
                .map(range),
            members: plan
                .members
                .as_ref()
                .filter(|_| base == Base::Object)
                .map(range),
        }
    }

    /// What SDKs keep to lies within what consumers take.
    fn within(&self, rules: &Rules, mut sent: Rules) -> Rules {
        sent.unit = None;
        if rules.pattern.is_some() {
            sent.pattern = None;
        }
        if rules.not.is_some() {
            sent.not = None;
        }
        if !rules.one_of.is_empty() {
            sent.one_of.retain(|word| rules.one_of.contains(word));
        }
        let least = |bound: &Option<Bound>| bound.as_ref().map_or(i64::MIN, |it| self.number(it));
        let most = |bound: &Option<Bound>| bound.as_ref().map_or(i64::MAX, |it| self.number(it));
        sent.minimum = sent
            .minimum
            .filter(|it| self.number(it) >= least(&rules.minimum));
        sent.maximum = sent
            .maximum
            .filter(|it| self.number(it) <= most(&rules.maximum));
        sent.decimals = sent
            .decimals
            .filter(|it| *it <= rules.decimals.unwrap_or(u64::MAX));
        let inside = |sent: &Range, rules: &Option<Range>| {
            rules.as_ref().is_none_or(|rules| {
                self.number(&sent.from) >= self.number(&rules.from)
                    && self.number(&sent.to) <= self.number(&rules.to)
            })
        };
        sent.bytes = sent.bytes.filter(|it| inside(it, &rules.bytes));
        sent.members = sent.members.filter(|it| inside(it, &rules.members));
        sent
    }

    fn number(&self, bound: &Bound) -> i64 {
        match bound {
            Bound::Number(number) => number.as_i64().unwrap_or_default(),
            Bound::Limit(limit) => {
                let mut limits = LIMITS.iter().zip(self.limits);
                let limit = limits.find(|(name, _)| name.to_uppercase() == *limit);
                limit.and_then(|(_, value)| value).unwrap_or_default() as i64
            }
        }
    }
}

fn named(name: &str, base: Base) -> Type {
    Type {
        clause: format!("type.{name}"),
        name: name.to_owned(),
        base,
        entries: None,
        rules: Rules::default(),
        sent: Rules::default(),
        otherwise: None,
        fields: Vec::new(),
    }
}
