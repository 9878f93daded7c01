//! Lines that an SDK could send, drawn without the help of what searches for witnesses.

use hero_span_contract::Contract;
use hero_span_contract::Reading;
use hero_span_contract::model::{Base, Bound, EventType, Field, Presence, Rules, Type};
use serde_json::{Map, Number, Value, json};

use super::plan::{PATTERNS, WORDS};
use crate::faults::Judge;

/// What is at an edge in either contract.
pub(super) struct Edges {
    numbers: Vec<f64>,
    sizes: Vec<u64>,
    lines: [u64; 2],
    depths: [u64; 2],
}

impl Edges {
    pub(super) fn new(old: &Contract, new: &Contract) -> Self {
        let mut edges = Self {
            numbers: vec![0.0, 1.0, 1000.0],
            sizes: vec![0, 1, 3, 8],
            lines: [old, new].map(|it| it.limit("LINE").unwrap_or(900)),
            depths: [old, new].map(|it| it.limit("DEPTH").unwrap_or(8)),
        };
        for contract in [old, new] {
            for declared in &contract.types {
                edges.add(contract, &declared.rules);
                edges.add(contract, &declared.sent);
            }
        }
        edges
    }

    fn add(&mut self, contract: &Contract, rules: &Rules) {
        let number = |bound: &Bound| contract.number(bound).as_f64().unwrap_or_default();
        let numbers = [&rules.minimum, &rules.maximum].into_iter().flatten();
        self.numbers.extend(numbers.map(number));
        let ranges = [&rules.bytes, &rules.members].into_iter().flatten();
        let sizes = ranges.flat_map(|range| [&range.from, &range.to]);
        self.sizes.extend(sizes.map(|bound| number(bound) as u64));
    }
}

/// Numbers drawn from a seed (SplitMix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

pub(super) struct Sender<'a> {
    pub(super) contract: &'a Contract,
    pub(super) edges: &'a Edges,
    pub(super) dice: Dice,
    /// Objects within one another that are being drawn.
    pub(super) within: usize,
}

/// What a value should come to.
#[derive(Clone, Copy, Default)]
struct Wish {
    /// So many objects and arrays within one another.
    depth: Option<u64>,
    /// So many bytes of JSON text.
    bytes: Option<u64>,
}

impl Sender<'_> {
    /// A line of that event; not all may be sent.
    pub(super) fn line(&mut self, event: &EventType) -> Value {
        let fields: Vec<&Field> = self.contract.fields_of(event).collect();
        let mut line = self.members(&fields, Wish::default());
        line.insert("type".to_owned(), json!(event.name));
        if line.get("status") == Some(&json!("failed")) {
            for field in fields
                .iter()
                .filter(|field| field.presence == Presence::Failed)
            {
                if let Some(value) = self.field(field, Wish::default()) {
                    line.insert(field.name.clone(), value);
                }
            }
        }
        match self.dice.below(4) {
            0 => self.fill(&mut line, &fields),
            1 => self.sink(&mut line, &fields),
            _ => {}
        }
        Value::Object(line)
    }

    fn members(&mut self, fields: &[&Field], wish: Wish) -> Map<String, Value> {
        let chosen = self.dice.below(fields.len());
        let often = 1 + self.dice.below(4);
        let mut members = Map::new();
        for (index, field) in fields.iter().enumerate() {
            let due = matches!(field.presence, Presence::Required | Presence::Expected);
            let is_wished =
                index == chosen && wish.depth.or(wish.bytes).is_some() && field.name != "type";
            let used = field.presence != Presence::Reserved;
            // Types may name each other in a circle.
            let is_chance = self.within < 5 && self.dice.one_in(often);
            if !used || !(due || is_wished || is_chance) {
                continue;
            }
            let wish = if is_wished { wish } else { Wish::default() };
            if let Some(value) = self.field(field, wish) {
                members.insert(field.name.clone(), value);
            }
        }
        members
    }

    fn field(&mut self, field: &Field, wish: Wish) -> Option<Value> {
        if field.nullable && wish.depth.is_none() && self.dice.one_in(4) {
            return Some(Value::Null);
        }
        self.value(&field.type_name, wish)
    }

    /// Fields as long as they can be, until the line is as long as an edge.
    fn fill(&mut self, line: &mut Map<String, Value>, fields: &[&Field]) {
        let edge = *self.dice.of(&self.edges.lines);
        let goal = (edge + self.dice.below(4) as u64).saturating_sub(2);
        let bytes = |line: &Map<String, Value>| json!(line).to_string().len() as u64 + 1;
        let first = self.dice.below(fields.len());
        for index in 0..fields.len() {
            let field = fields[(first + index) % fields.len()];
            if field.name == "type" || field.presence == Presence::Reserved {
                continue;
            }
            let mut best = line.clone();
            for _ in 0..3 {
                let here = line.get(&field.name);
                let here = here.map_or_else(
                    || field.name.len() as u64 + 4,
                    |here| here.to_string().len() as u64,
                );
                let wanting = (goal + here).saturating_sub(bytes(line));
                let wish = Wish {
                    bytes: Some(wanting),
                    ..Wish::default()
                };
                if let Some(value) = self.value(&field.type_name, wish) {
                    let mut longer = line.clone();
                    longer.insert(field.name.clone(), value);
                    if bytes(&longer) <= goal && bytes(&longer) > bytes(&best) {
                        best = longer;
                    }
                }
            }
            *line = best;
        }
    }

    /// One field as deep as an edge.
    fn sink(&mut self, line: &mut Map<String, Value>, fields: &[&Field]) {
        let edge = *self.dice.of(&self.edges.depths);
        let depth = (edge + self.dice.below(3) as u64).saturating_sub(2);
        let field = *self.dice.of(fields);
        let wish = Wish {
            depth: Some(depth.max(1)),
            ..Wish::default()
        };
        if field.name != "type"
            && field.presence != Presence::Reserved
            && let Some(value) = self.value(&field.type_name, wish)
        {
            line.insert(field.name.clone(), value);
        }
    }

    fn value(&mut self, type_name: &str, wish: Wish) -> Option<Value> {
        let contract = self.contract;
        let declared = contract.type_named(type_name)?;
        let judge = Judge::new(contract, Reading::Emit);
        // What is within a circle is tried once, or the tries of each would multiply.
        let tries = if self.within > 2 { 1 } else { 8 };
        (0..tries).find_map(|_| {
            let value = self.draw(declared, wish)?;
            judge
                .value_of(type_name, &value)
                .is_empty()
                .then_some(value)
        })
    }

    fn draw(&mut self, declared: &Type, wish: Wish) -> Option<Value> {
        let rules = declared.rules.merged(&declared.sent);
        match declared.base {
            Base::String => Some(Value::from(self.text(&rules, wish))),
            Base::Number | Base::Integer => self.number(declared.base, &rules),
            Base::Any => Some(self.anything(&rules, wish)),
            Base::Object => self.object(declared, &rules, wish),
        }
    }

    fn object(&mut self, declared: &Type, rules: &Rules, wish: Wish) -> Option<Value> {
        if self.within > 9 {
            return None;
        }
        self.within += 1;
        let object = match &declared.entries {
            Some(entries) => self.entries(&entries.keys, &entries.values, rules, wish),
            None => {
                let inner = Wish {
                    depth: wish.depth.map(|depth| depth.saturating_sub(1)),
                    bytes: wish.bytes.map(|bytes| bytes.saturating_sub(12)),
                };
                let fields: Vec<&Field> = declared.fields.iter().collect();
                Some(Value::Object(self.members(&fields, inner)))
            }
        };
        self.within -= 1;
        object
    }

    fn text(&mut self, rules: &Rules, wish: Wish) -> String {
        if wish.bytes.is_none() && !rules.one_of.is_empty() && !self.dice.one_in(8) {
            return self.dice.of(&rules.one_of).clone();
        }
        if wish.bytes.is_none() && self.dice.one_in(6) {
            let words = ["", "a", "ab", "b", "bb", "x", "ok", WORDS[1], WORDS[2]];
            return (*self.dice.of(&words)).to_owned();
        }
        let own = PATTERNS
            .iter()
            .find(|(pattern, _)| Some(*pattern) == rules.pattern.as_deref());
        let any = PATTERNS[self.dice.below(PATTERNS.len())];
        let mut pieces: Vec<&str> = own.unwrap_or(&any).1.to_vec();
        if self.dice.one_in(3) {
            pieces.extend(["x", "\"", "\u{1}", "é", "😀", " "]);
        }
        if self.dice.one_in(3) {
            pieces = vec![*self.dice.of(&pieces)];
        }
        let length = match self.dice.below(3) {
            0 => self.dice.below(5) as u64,
            _ => (*self.dice.of(&self.edges.sizes) + self.dice.below(3) as u64).saturating_sub(1),
        };
        let most = rules.bytes.as_ref();
        let most = most.and_then(|bytes| self.contract.number(&bytes.to).as_u64());
        let mut text = String::new();
        let mut json = 2;
        while let Some(piece) = Some(*self.dice.of(&pieces)).filter(|piece| !piece.is_empty()) {
            json += json!(piece).to_string().len() as u64 - 2;
            let bytes = (text.len() + piece.len()) as u64;
            let enough = match wish.bytes {
                Some(wish) => json > wish || most.is_some_and(|most| bytes > most),
                None => bytes > length.min(100),
            };
            if enough {
                break;
            }
            text += piece;
        }
        text
    }

    fn number(&mut self, base: Base, rules: &Rules) -> Option<Value> {
        let edge = *self.dice.of(&self.edges.numbers);
        let step = *self
            .dice
            .of(&[0.0, 0.0, 1.0, -1.0, 0.5, 0.1, -0.01, 0.001, 0.0001]);
        let number = edge + step;
        let number = match (base, rules.decimals) {
            (Base::Integer, _) => number.round(),
            (_, Some(decimals)) => {
                let scale = 10_f64.powi(decimals as i32);
                (number * scale).round() / scale
            }
            _ => number,
        };
        if number.fract() == 0.0 && !self.dice.one_in(10) {
            return Some(json!(number as i64));
        }
        Number::from_f64(number).map(Value::Number)
    }

    fn anything(&mut self, rules: &Rules, wish: Wish) -> Value {
        if let Some(depth) = wish.depth {
            let inner = self.dice.of(&[json!([]), json!({})]).clone();
            return (1..depth.min(20)).fold(inner, |inner, _| match self.dice.one_in(3) {
                true => json!({"": inner}),
                false => json!([inner]),
            });
        }
        match self.dice.below(6) {
            _ if wish.bytes.is_some() => Value::from(self.text(rules, wish)),
            0 => Value::from(self.text(rules, wish)),
            1 => json!({"a": self.text(rules, wish)}),
            2 => json!([self.text(rules, wish), 1]),
            3 => self
                .dice
                .of(&[json!(null), json!(true), json!([]), json!({})])
                .clone(),
            4 => json!([[[1]]]),
            _ => self.number(Base::Number, rules).unwrap_or_default(),
        }
    }

    fn entries(&mut self, keys: &str, values: &str, rules: &Rules, wish: Wish) -> Option<Value> {
        let most = rules.members.as_ref();
        let most = most.and_then(|members| self.contract.number(&members.to).as_u64());
        let wished = wish.depth.or(wish.bytes).is_some();
        let count = match self.dice.below(3) {
            0 => self.dice.below(3) as u64,
            _ => (*self.dice.of(&self.edges.sizes) + self.dice.below(3) as u64).saturating_sub(1),
        };
        let count = count
            .max(u64::from(wished))
            .min(most.unwrap_or(70))
            .min(if self.within > 2 { 2 } else { 70 });
        let mut members = Map::new();
        for index in 0..count {
            let key = match keys {
                "string" => format!("k{index}"),
                keys => self.value(keys, Wish::default())?.as_str()?.to_owned(),
            };
            let wish = match index {
                0 => Wish {
                    depth: wish.depth.map(|depth| depth.saturating_sub(1)),
                    bytes: wish
                        .bytes
                        .map(|bytes| bytes.saturating_sub(key.len() as u64 + 5)),
                },
                _ => Wish::default(),
            };
            members.insert(key, self.value(values, wish)?);
        }
        Some(Value::Object(members))
    }
}
