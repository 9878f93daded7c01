//! A field's place in a line, and what is said when it is not as it must be.

use crate::contract::{Clause, limit};
use crate::error::Violation;
use crate::id::SpanId;
use crate::names::Status;
use crate::scan::{Key, Slot};

/// Where a field stands, or would stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Its path, such as `producer.id`.
    pub(crate) path: &'static str,
    /// The clause of its type.
    pub(crate) type_clause: Clause,
    /// The clause that lists it.
    pub(crate) owner: Clause,
    /// What stands there.
    pub(crate) slot: Slot<'a>,
    /// Past the object that it belongs to.
    pub(crate) end: usize,
}

impl<'a> Place<'a> {
    /// The value of a field that must be there.
    pub(crate) fn required<T>(
        &self,
        read: impl FnOnce(&Slot<'a>) -> Option<T>,
    ) -> Result<T, Violation> {
        read(&self.slot).ok_or_else(|| self.unread())
    }

    /// The value of a field that may be absent.
    pub(crate) fn optional<T>(
        &self,
        read: impl FnOnce(&Slot<'a>) -> Option<T>,
    ) -> Result<Option<T>, Violation> {
        if self.slot.is_present() {
            self.required(read).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The field could not be read: it is not there, or of another type.
    #[cold]
    pub(crate) fn unread(&self) -> Violation {
        if self.slot.is_present() {
            self.wrong_type()
        } else {
            self.missing()
        }
    }

    /// The field is not in its object.
    #[cold]
    pub(crate) fn missing(&self) -> Violation {
        let name = self.path.rsplit('.').next().unwrap_or(self.path);
        Violation::new(self.owner, format!("the field {name}"), "none")
            .field(self.path)
            .at(self.end.saturating_sub(1))
    }

    /// The field has a value of another type.
    fn wrong_type(&self) -> Violation {
        let expected = expected(self.type_clause);
        self.fault(self.type_clause, expected, self.slot.describe())
    }

    /// The field's value is not as `clause` says.
    #[cold]
    pub(crate) fn fault(
        &self,
        clause: Clause,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Violation {
        Violation::new(clause, expected, found)
            .field(self.path)
            .at(self.slot.at)
    }
}

/// What a type asks of a value.
fn expected(type_clause: Clause) -> String {
    match type_clause {
        Clause::TypeId => SpanId::expected().into(),
        Clause::TypeTime => "a number".into(),
        Clause::TypeCount => format!("an integer from 0 to {}", limit::INTEGER_MAX),
        Clause::TypeStatus => Status::expected(),
        Clause::TypeMembers | Clause::TypeSizes | Clause::TypeProducer => "an object".into(),
        _ => "a string".into(),
    }
}

/// An entry of `truncated` is no count.
#[cold]
pub(crate) fn wrong_size(key: Key<'_>, slot: &Slot<'_>) -> Violation {
    Violation::new(
        Clause::TypeCount,
        expected(Clause::TypeCount),
        slot.describe(),
    )
    .field(format!("truncated.{}", key.name()))
    .at(slot.at)
}
