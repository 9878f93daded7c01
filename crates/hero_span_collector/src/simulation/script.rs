//! What one producer sends: lines, each with what a collector must make of
//! it. Known from how they were made, so that it is no second parser.

use super::random::Random;
use crate::tree::Counts;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Event,
    Rejected,
    Skipped,
}

#[derive(Debug)]
pub(super) struct Line {
    /// With its LF.
    pub(super) bytes: Vec<u8>,
    pub(super) class: Class,
    /// Events that were dropped since the event before this one.
    lost: u64,
}

impl Line {
    /// As a store keeps it.
    pub(super) fn text(&self) -> &[u8] {
        self.bytes.trim_ascii_end()
    }
}

/// All that one connection says.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) lines: Vec<Line>,
}

impl Script {
    /// What a collector has counted that read the first bytes and the end.
    pub(super) fn expected(&self, bytes: usize) -> Counts {
        let mut counts = Counts::default();
        let mut left = bytes;
        for line in &self.lines {
            if left < line.bytes.len() {
                counts.torn = u64::from(left > 0);
                break;
            }
            left -= line.bytes.len();
            line.count(&mut counts);
        }
        counts
    }

    /// What it has counted after each line, from none to all.
    pub(super) fn steps(&self) -> impl Iterator<Item = Counts> {
        let lines = self.lines.iter().scan(Counts::default(), |counts, line| {
            line.count(counts);
            Some(*counts)
        });
        std::iter::once(Counts::default()).chain(lines)
    }

    /// The texts of the events.
    pub(super) fn events(&self) -> impl Iterator<Item = &[u8]> {
        let events = self.lines.iter();
        events
            .filter(|line| line.class == Class::Event)
            .map(Line::text)
    }

    pub(super) fn bytes(&self) -> usize {
        self.lines.iter().map(|line| line.bytes.len()).sum()
    }
}

impl Line {
    fn count(&self, counts: &mut Counts) {
        match self.class {
            Class::Event => counts.events += 1,
            Class::Rejected => counts.rejected += 1,
            Class::Skipped => counts.skipped += 1,
        }
        counts.lost += self.lost;
    }
}

/// How a script is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Which connection of the simulation.
    pub(super) number: u64,
    /// Another one, under whose spans its roots hang.
    pub(super) parent: Option<u64>,
    /// The id that its producer says it has.
    pub(super) producer: u64,
    /// How many steps.
    pub(super) steps: u64,
    /// Bytes of a long text; 0 for none.
    pub(super) long: u64,
    /// Whether its lines have numbers, garbage included.
    pub(super) is_numbered: bool,
    /// How many percent of the steps go wrong.
    pub(super) wrong: u64,
}

/// The id of a span: any connection can name that of any other.
fn id(connection: u64, span: u64) -> String {
    format!("{:08x}{:08x}", connection + 1, span + 1)
}

struct Writer<'r> {
    random: &'r mut Random,
    style: Style,
    script: Script,
    /// Open spans by number, the innermost last.
    open: Vec<u64>,
    begun: u64,
    said: u64,
    seq: u64,
    dropped: u64,
    at: f64,
}

/// Makes a script.
pub(super) fn write(style: Style, random: &mut Random) -> Script {
    let skew = random.below(2_000) as f64;
    let mut writer = Writer {
        random,
        style,
        script: Script::default(),
        open: Vec::new(),
        begun: 0,
        said: 0,
        seq: 0,
        dropped: 0,
        at: 1_700_000_000_000.0 + skew,
    };
    for _ in 0..style.steps {
        writer.step();
    }
    while writer.random.chance(80) && !writer.open.is_empty() {
        writer.end();
    }
    writer.script
}

impl Writer<'_> {
    fn step(&mut self) {
        self.at += self.random.below(40) as f64 / 4.0;
        if self.random.chance(self.style.wrong) {
            return self.go_wrong();
        }
        match self.random.below(10) {
            0..=3 => self.start(),
            4 => self.tag(),
            5 | 6 => self.log(),
            _ => self.end(),
        }
    }

    fn go_wrong(&mut self) {
        match self.random.below(8) {
            0..=2 => self.garbage(),
            3 | 4 => {
                let lost = self.random.between(1, 20);
                if self.style.is_numbered {
                    self.seq += lost;
                    self.dropped += lost;
                }
            }
            5 => self.end_of(self.begun + 1_000),
            6 => {
                // Something of a span that may be over, or never began.
                let span = self.random.below(self.begun + 2);
                let rest = r#","message":"late","level":"warn""#;
                self.say("span_log", &id(self.style.number, span), rest);
            }
            _ => {
                let span = self.random.below(self.begun + 1);
                self.start_of(span);
            }
        }
    }

    fn start(&mut self) {
        let span = self.begun;
        self.begun += 1;
        self.start_of(span);
        if self.open.len() < 12 {
            self.open.push(span);
        }
    }

    fn start_of(&mut self, span: u64) {
        let name = self.name();
        let kind = *self.random.pick(&["step", "span", "flow", "rpc"]);
        let mut rest = format!(
            r#","parent_span_id":{},"name":"{name}","kind":"{kind}""#,
            self.parent()
        );
        if self.random.chance(30) {
            rest += &format!(r#","tags":{{"day":"d{}","k":[1]}}"#, self.random.below(3));
        }
        if self.random.chance(20) {
            rest += &format!(r#","params":{{"text":"{}"}}"#, self.text());
        }
        self.say("span_start", &id(self.style.number, span), &rest);
    }

    fn parent(&mut self) -> String {
        let odd = self.random.chance(self.style.wrong);
        match (self.open.last(), self.style.parent) {
            (Some(&span), _) if !odd => format!("\"{}\"", id(self.style.number, span)),
            (_, Some(other)) => {
                let span = self.random.below(4);
                format!("\"{}\"", id(other, span))
            }
            // Nobody's, or one's own that comes later: a circle, perhaps.
            _ if odd => {
                let span = self.random.below(self.begun + 5);
                format!("\"{}\"", id(self.style.number, span))
            }
            _ => "null".to_owned(),
        }
    }

    fn tag(&mut self) {
        let value = match self.random.below(4) {
            0 => format!("\"{}\"", self.text()),
            1 => self.random.below(1_000).to_string(),
            2 => r#"{"a":[1,null,true]}"#.to_owned(),
            _ => format!("\"v{}\"", self.random.below(3)),
        };
        let key = format!("k{}", self.random.below(3));
        let span = self.current();
        self.say(
            "span_tag",
            &span,
            &format!(r#","key":"{key}","value":{value}"#),
        );
    }

    fn log(&mut self) {
        let text = self.text();
        let level = *self.random.pick(&["debug", "info", "warn", "error"]);
        let rest = format!(r#","message":"{text}","level":"{level}","fields":{{"n":1}}"#);
        let span = self.current();
        self.say("span_log", &span, &rest);
    }

    fn end(&mut self) {
        let at = self
            .open
            .len()
            .saturating_sub(1 + self.random.below(2) as usize);
        if at < self.open.len() {
            let span = self.open.remove(at);
            self.end_of(span);
        }
    }

    fn end_of(&mut self, span: u64) {
        let rest = match self.random.below(4) {
            0 => format!(
                r#","status":"failed","error":"Traceback\nTypeError: {}","error_type":"TypeError""#,
                self.text()
            ),
            1 => r#","status":"cancelled""#.to_owned(),
            _ => r#","status":"ok","result":{"rows":[1,2]}"#.to_owned(),
        };
        self.say("span_end", &id(self.style.number, span), &rest);
    }

    fn current(&mut self) -> String {
        let span = self.open.last().copied().unwrap_or(0);
        id(self.style.number, span)
    }

    fn name(&mut self) -> String {
        match self.random.below(12) {
            0 => "näme mit * und [x]".to_owned(),
            1 => "x'; DROP TABLE events; --".to_owned(),
            2 => "n".repeat(300),
            other => format!("name{}", other % 5),
        }
    }

    fn text(&mut self) -> String {
        if self.style.long > 0 {
            return "long words ".repeat(self.style.long as usize / 11);
        }
        match self.random.below(6) {
            0 => "grün über".repeat(40),
            1 => String::new(),
            number => format!("word{number} and more"),
        }
    }

    /// Sends an event. The field `n` is its own in the whole simulation.
    fn say(&mut self, name: &str, span: &str, rest: &str) {
        let mut extra = String::new();
        if self.style.is_numbered {
            extra += &format!(r#","seq":{}"#, self.seq);
        }
        if self.said == 0 {
            extra += &format!(
                r#","producer":{{"id":"{:016x}","sdk":"simulated","version":"1","protocol":1,"pid":{}}}"#,
                self.style.producer + 1,
                self.style.number + 100
            );
        }
        let number = self.style.number * 1_000_000 + self.said;
        let line = format!(
            r#"{{"type":"{name}","span_id":"{span}","ts_ms":{}{extra}{rest},"n":{number}}}"#,
            self.at
        );
        self.said += 1;
        self.seq += 1;
        let lost = std::mem::take(&mut self.dropped);
        self.push(line.into_bytes(), Class::Event, lost);
    }

    /// It stands where an event was meant to, and has its number.
    fn garbage(&mut self) {
        self.seq += 1;
        let (line, class) = garbage(self.random);
        self.push(line, class, 0);
    }

    fn push(&mut self, mut bytes: Vec<u8>, class: Class, lost: u64) {
        if self.random.chance(3) {
            bytes.push(b'\r');
        }
        bytes.push(b'\n');
        self.script.lines.push(Line { bytes, class, lost });
    }
}

fn garbage(random: &mut Random) -> (Vec<u8>, Class) {
    const BAD: [&[u8]; 14] = [
        b"",
        b"  ",
        b"null",
        b"[]",
        b"\xff\xfe{}",
        b"{\"type\":\"span_log\",\"message\":\"\xc3\x28\"}",
        b"{\"type\":\"span_tag\",\"value\":NaN}",
        b"{\"type\":\"span_tag\",\"a\":1,\"a\":2}",
        b"{\"type\":\"span_end\",\"span_id\":\"0000000000000000\",\"ts_ms\":1,\"status\":\"ok\"}",
        b"{\"type\":\"span_start\",\"span_id\":\"",
        b"\x00\x1b[2J",
        b"{\"type\":\"later\",\"a\":1e999}",
        b"{\"type\":\"later\",\"a\":\"\\ud800\"}",
        b"{} {}",
    ];
    match random.below(20) {
        0..=1 => {
            let kind = random.below(40);
            let line = format!(r#"{{"type":"span_link{kind}","x":{{"y":[1]}}}}"#);
            (line.into_bytes(), Class::Skipped)
        }
        2 => {
            let deep = "[".repeat(40) + &"]".repeat(40);
            let line = format!(r#"{{"type":"later","a":{deep}}}"#);
            (line.into_bytes(), Class::Rejected)
        }
        3 => {
            let bytes = random.between(32_768, 90_000);
            (vec![b'x'; bytes as usize], Class::Rejected)
        }
        _ => (random.pick(&BAD).to_vec(), Class::Rejected),
    }
}
