//! Readable texts of bounded size, of what describes itself (`value.other`).

use std::fmt::{self, Debug, Display, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::contract::MEASURED_BYTES;

/// As much of a text as is measured, and no more.
struct Bounded {
    text: String,
    limit: usize,
}

impl Write for Bounded {
    /// Fails when it is full: what describes itself without end is stopped by that.
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = self.limit.saturating_sub(self.text.len());
        self.text.push_str(crate::cut::cut(part, room));
        if part.len() > room {
            Err(fmt::Error)
        } else {
            Ok(())
        }
    }
}

/// What `{:?}` writes of something.
pub(crate) fn of_debug<T: Debug + ?Sized>(this: &T) -> String {
    described::<T>(format_args!("{this:?}"), MEASURED_BYTES as usize)
}

/// What `{}` writes of something.
pub(crate) fn of_display<T: Display + ?Sized>(this: &T) -> String {
    described::<T>(format_args!("{this}"), MEASURED_BYTES as usize)
}

/// What it writes, or that it cannot: its own code may fail, and panic.
pub(crate) fn described<T: ?Sized>(arguments: fmt::Arguments<'_>, limit: usize) -> String {
    if let Some(text) = arguments.as_str() {
        return crate::cut::cut(text, limit).to_owned();
    }
    let mut bounded = Bounded {
        text: String::new(),
        // A code point that does not fit would else leave it just under the limit.
        limit: limit + 3,
    };
    let written = catch_unwind(AssertUnwindSafe(|| bounded.write_fmt(arguments)));
    let is_full = bounded.text.len() >= limit;
    match written {
        Ok(Ok(())) => bounded.text,
        Ok(Err(_)) if is_full => bounded.text,
        _ => format!("<{} that cannot describe itself>", short_type_name::<T>()),
    }
}

/// A type's name as its user says it: without the path, but for the crate of a plain `Error`.
pub(crate) fn short_type_name<T: ?Sized>() -> String {
    shorten(std::any::type_name::<T>())
}

fn shorten(path: &str) -> String {
    let path = path.split('<').next().unwrap_or(path);
    let parts: Vec<&str> = path.split("::").collect();
    match parts.as_slice() {
        [modules @ .., "Error"] => {
            let modules = modules.iter().copied().filter(|module| *module != "error");
            modules.chain(["Error"]).collect::<Vec<_>>().join("::")
        }
        [.., last] => (*last).to_owned(),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing(fn(&mut fmt::Formatter<'_>) -> fmt::Result);

    impl Debug for Thing {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (self.0)(f)
        }
    }

    #[test]
    fn whatever_describes_itself_gives_a_text_of_bounded_size() {
        let check = |thing: &Thing, expected: &str| assert_eq!(of_debug(thing), expected);
        let cannot = "<Thing that cannot describe itself>";
        check(&Thing(|f| write!(f, "<thing {}>", 1)), "<thing 1>");
        check(&Thing(|_| Ok(())), "");
        check(&Thing(|f| write!(f, "half").and(Err(fmt::Error))), cannot);
        check(&Thing(|_| panic!("asked for in a test")), cannot);
        let endless = of_debug(&Thing(|f| {
            loop {
                f.write_str("é€")?;
            }
        }));
        let limit = MEASURED_BYTES as usize;
        assert!(
            (limit..=limit + 3).contains(&endless.len()),
            "{}",
            endless.len()
        );
    }

    #[test]
    fn types_are_named_as_their_users_name_them() {
        let check = |path, expected: &str| assert_eq!(shorten(path), expected);
        check("core::num::error::ParseIntError", "ParseIntError");
        check("std::io::error::Error", "std::io::Error");
        check("serde_json::error::Error", "serde_json::Error");
        check("flow::Load<flow::Day>", "Load");
        check("i32", "i32");
        check("&str", "&str");
    }
}
