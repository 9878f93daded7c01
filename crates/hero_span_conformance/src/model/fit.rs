//! What stands on the line: every field of an event cut to its limit.

use hero_span_protocol::contract::{Clause, limit};
use hero_span_protocol::limits::{cut, cut_error};

use super::{Body, Ending, Presence};
use crate::script::Level;
use crate::value::{Sent, compact};

/// The limits that one event was built with (`value.line`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// `VALUE_BYTES`, halved so many times.
    pub value: usize,
    /// `ERROR_BYTES`, halved so many times.
    pub error: usize,
    /// `ERROR_HEAD_BYTES`, halved so many times.
    pub error_head: usize,
    /// `NAME_BYTES`, or `value` if that is less.
    pub name: usize,
}

impl Limits {
    /// More halvings leave nothing of a value.
    pub(crate) const MOST_HALVINGS: u32 = 12;

    /// The limits after that many halvings.
    pub(crate) fn halved(times: u32) -> Self {
        let value = limit::VALUE_BYTES >> times;
        Self {
            value,
            error: limit::ERROR_BYTES >> times,
            error_head: limit::ERROR_HEAD_BYTES >> times,
            name: limit::NAME_BYTES.min(value),
        }
    }
}

/// An event as it must stand on its line, but for ids, times and numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rendered {
    pub(crate) fields: Vec<Field>,
    pub(crate) announced: Vec<Announced>,
}

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) want: Want,
}

/// What a field must hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Want {
    /// The field must not be there.
    Absent,
    /// Whatever the schema allows, or nothing.
    Free,
    /// A value.
    Value(Wanted),
    /// A value, or nothing.
    Optional(Wanted),
    /// Members: the key, and what it must hold.
    Members(Vec<(String, Wanted)>),
    /// A traceback.
    Traceback { type_name: String, message: String },
}

/// A value after cutting.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) sent: Sent,
    /// The whole text, when the value is a text or became one.
    pub(crate) whole: Option<String>,
    /// The limit that bounds it.
    pub(crate) limit: Clause,
    /// Whether it is an array or object, or the text of one.
    pub(crate) was_structure: bool,
    /// Its text holds what the SDK words itself, so a cut cannot be predicted.
    pub(crate) is_loose: bool,
}

/// An entry of `truncated`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Announced {
    pub(crate) field: String,
    /// The size before; `None` if the SDK words the value.
    pub(crate) size: Option<usize>,
    /// It may be left out, for the model cannot know whether there was a cut.
    pub(crate) is_optional: bool,
}

/// An event as it must stand on its line under these limits.
pub(crate) fn render(body: &Body, limits: &Limits) -> Rendered {
    let mut fitter = Fitter {
        limits,
        rendered: Rendered::default(),
    };
    match body {
        Body::Start {
            kind,
            name,
            tags,
            params,
        } => {
            fitter.name("name", name);
            fitter.plain("kind", kind, Clause::TypeKind);
            fitter.members("tags", tags);
            fitter.presence("params", params);
        }
        Body::Tag { key, value } => {
            fitter.name("key", key);
            fitter.presence("value", &Presence::Required(value.clone()));
        }
        Body::Log {
            message,
            level,
            fields,
        } => {
            fitter.presence("message", &Presence::Required(Sent::Text(message.clone())));
            fitter.level(*level);
            fitter.members("fields", fields);
        }
        Body::End { ending, result } => {
            fitter.ending(ending);
            fitter.presence("result", result);
        }
    }
    fitter.rendered
}

struct Fitter<'a> {
    limits: &'a Limits,
    rendered: Rendered,
}

impl Fitter<'_> {
    fn push(&mut self, name: &'static str, want: Want) {
        self.rendered.fields.push(Field { name, want });
    }

    fn announce(&mut self, field: &str, size: usize) {
        self.rendered
            .announced
            .push(Announced::cut(field, measured(size)));
    }

    fn plain(&mut self, name: &'static str, text: &str, clause: Clause) {
        self.push(name, Want::Value(exactly(text, clause)));
    }

    fn name(&mut self, field: &'static str, given: &str) {
        let whole = if given.is_empty() { "unnamed" } else { given };
        let kept = cut(whole, self.limits.name);
        if kept.len() < whole.len() {
            self.announce(field, whole.len());
        }
        let wanted = Wanted {
            whole: Some(whole.into()),
            ..exactly(kept, Clause::LimitName)
        };
        self.push(field, Want::Value(wanted));
    }

    fn presence(&mut self, field: &'static str, presence: &Presence) {
        let want = match presence {
            Presence::Absent => Want::Absent,
            Presence::Optional(sent) => Want::Optional(self.value(field, sent)),
            Presence::Required(sent) => Want::Value(self.value(field, sent)),
        };
        self.push(field, want);
    }

    fn value(&mut self, field: &str, sent: &Sent) -> Wanted {
        let (wanted, announced) = fit_value(field, sent, self.limits.value);
        self.rendered.announced.extend(announced);
        wanted
    }

    fn level(&mut self, level: Option<Level>) {
        let level = match level {
            None => {
                let info = exactly("info", Clause::TypeLevel);
                return self.push("level", Want::Optional(info));
            }
            Some(Level::Debug) => "debug",
            Some(Level::Info) => {
                return self.push("level", Want::Optional(exactly("info", Clause::TypeLevel)));
            }
            Some(Level::Warn) => "warn",
            Some(Level::Error) => "error",
        };
        self.plain("level", level, Clause::TypeLevel);
    }

    fn ending(&mut self, ending: &Ending) {
        let status = match ending {
            Ending::Ok => "ok",
            Ending::Cancelled => "cancelled",
            Ending::Clean { .. } | Ending::Traceback { .. } => "failed",
        };
        self.push("status", Want::Value(exactly(status, Clause::SdkStatus)));
        match ending {
            Ending::Ok | Ending::Cancelled => {
                self.unknown("error", Want::Free);
                self.unknown("error_type", Want::Free);
            }
            Ending::Clean { error } => {
                self.error(error);
                self.unknown("error_type", Want::Free);
            }
            Ending::Traceback { type_name, message } => {
                let (type_name, message) = (type_name.clone(), message.clone());
                self.error_type(&type_name);
                self.unknown("error", Want::Traceback { type_name, message });
            }
        }
    }

    /// A field that the SDK words, so it may have been cut or not.
    fn unknown(&mut self, field: &'static str, want: Want) {
        self.rendered.announced.push(Announced {
            field: field.into(),
            size: None,
            is_optional: true,
        });
        self.push(field, want);
    }

    fn error(&mut self, whole: &str) {
        let kept = cut_error(whole, self.limits.error, self.limits.error_head);
        if whole.len() > self.limits.error {
            self.announce("error", whole.len());
        }
        let wanted = Wanted {
            whole: Some(whole.into()),
            ..exactly(&kept, Clause::LimitError)
        };
        self.push("error", Want::Value(wanted));
    }

    fn error_type(&mut self, whole: &str) {
        let kept = cut(whole, self.limits.name);
        if kept.len() < whole.len() {
            // The field is optional, so its entry is.
            self.rendered.announced.push(Announced {
                is_optional: true,
                ..Announced::cut("error_type", whole.len())
            });
        }
        self.push(
            "error_type",
            Want::Optional(exactly(kept, Clause::LimitName)),
        );
    }

    fn members(&mut self, field: &'static str, members: &[(String, Sent)]) {
        let mut kept: Vec<(String, Wanted)> = Vec::new();
        for (given, sent) in members.iter().take(limit::MEMBERS) {
            let whole = if given.is_empty() { "unnamed" } else { given };
            let key = cut(whole, self.limits.name);
            if kept.iter().all(|(name, _)| name != key) {
                let wanted = self.member(field, whole, key, sent);
                kept.push((key.into(), wanted));
            }
        }
        self.announce_members(field, members.len(), kept.len());
        let want = if kept.is_empty() {
            Want::Optional(empty())
        } else {
            Want::Members(kept)
        };
        self.push(field, want);
    }

    /// A member has one entry, whether its key, its value or both were cut.
    fn member(&mut self, field: &str, whole: &str, key: &str, sent: &Sent) -> Wanted {
        let path = format!("{field}.{key}");
        let (wanted, of_value) = fit_value(&path, sent, self.limits.value);
        let of_key = (key.len() < whole.len()).then(|| measured(whole.len()));
        let entry = match (of_key, of_value) {
            (None, of_value) => of_value,
            (Some(size), None) => Some(Announced::cut(&path, size)),
            (Some(_), Some(loose)) if loose.size.is_none() => Some(Announced {
                is_optional: false,
                ..loose
            }),
            (Some(size), Some(cut)) => Some(Announced {
                size: cut.size.max(Some(size)),
                ..cut
            }),
        };
        self.rendered.announced.extend(entry);
        wanted
    }

    fn announce_members(&mut self, field: &str, given: usize, kept: usize) {
        if kept < given {
            self.rendered.announced.push(Announced::cut(field, given));
        }
    }
}

fn fit_value(field: &str, sent: &Sent, max: usize) -> (Wanted, Option<Announced>) {
    let whole = match sent {
        Sent::Text(text) => Some(text.clone()),
        Sent::Array(_) | Sent::Object(_) => Some(compact(sent)),
        _ => None,
    };
    let is_loose = sent.has_other();
    let mut wanted = Wanted {
        sent: sent.clone(),
        whole,
        limit: Clause::LimitValue,
        was_structure: matches!(sent, Sent::Array(_) | Sent::Object(_)),
        is_loose,
    };
    if is_loose {
        let announced = Announced {
            size: None,
            is_optional: true,
            ..Announced::cut(field, 0)
        };
        return (wanted, Some(announced));
    }
    let cut_from = wanted.whole.as_deref().filter(|whole| whole.len() > max);
    let Some(whole) = cut_from else {
        return (wanted, None);
    };
    let announced = Announced::cut(field, measured(whole.len()));
    wanted.sent = Sent::Text(cut(whole, max).into());
    (wanted, Some(announced))
}

fn exactly(text: &str, limit: Clause) -> Wanted {
    Wanted {
        sent: Sent::Text(text.into()),
        whole: None,
        limit,
        was_structure: false,
        is_loose: false,
    }
}

fn empty() -> Wanted {
    Wanted {
        sent: Sent::Object(Vec::new()),
        ..exactly("", Clause::TypeMembers)
    }
}

/// How far a size is measured (`limit.measured`).
fn measured(size: usize) -> usize {
    size.min(limit::MEASURED_BYTES)
}

impl Announced {
    fn cut(field: &str, size: usize) -> Self {
        Self {
            field: field.into(),
            size: Some(size),
            is_optional: false,
        }
    }

    /// Whether it may have this size.
    pub(crate) fn allows(&self, size: u64) -> bool {
        self.size.is_none_or(|expected| expected as u64 == size)
    }
}
