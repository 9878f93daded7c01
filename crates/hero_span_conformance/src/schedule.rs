//! The other half of a case: what the collector's end of the socket does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the socket does while the script runs.
///
/// With the first eight the SDK is off: there is no usable socket (`env.socket`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Schedule {
    /// There is none: the variable is unset.
    Unset,
    /// The variable is set to the empty string.
    Empty,
    /// The path leads nowhere.
    Missing,
    /// The path is relative. Somebody listens there, and must not be called.
    Relative,
    /// The socket's file is there, but nobody listens any more.
    Refused,
    /// The path leads to a plain file, which must stay as it is.
    NotASocket,
    /// Connecting is forbidden, for root as well.
    Denied,
    /// The path is longer than an address may be. Somebody listens there, and
    /// where it would lead if it were cut, and must not be called.
    TooLong,
    /// It takes everything at once.
    #[default]
    Normal,
    /// It closes after `line` whole lines and `byte` bytes of the next one, or
    /// at the end of that line if it is shorter.
    Close {
        /// Whole lines before.
        line: usize,
        /// Bytes of the next line.
        byte: usize,
    },
    /// It closes when the script comes to that checkpoint.
    CloseAtCheckpoint {
        /// The checkpoint.
        name: String,
    },
    /// It takes `lines` lines, nothing more for a while, then everything.
    Stall {
        /// Whole lines before.
        lines: usize,
        /// How long it takes nothing.
        ms: u64,
    },
    /// It takes `lines` lines, and nothing more while the script runs.
    StallForEver {
        /// Whole lines before.
        lines: usize,
    },
    /// It takes everything until the first checkpoint. There the SDK's end
    /// becomes tiny, so that the kernel takes long lines in parts, and it takes
    /// nothing for a while, then everything.
    TinyStall {
        /// How long it takes nothing.
        ms: u64,
    },
    /// It takes everything at once, in pieces. From the first line on the
    /// SDK's end holds so little that the kernel takes long lines in parts.
    TinyBuffers {
        /// How much is taken at once, at least one.
        bytes: usize,
    },
    /// It takes a little at a time.
    Slow {
        /// How much, at least one.
        bytes: usize,
        /// How often.
        every_ms: u64,
    },
    /// It accepts nobody for a while.
    AcceptLate {
        /// How long.
        ms: u64,
    },
}

impl Schedule {
    /// Whether it takes everything at once.
    pub(crate) const fn is_normal(&self) -> bool {
        matches!(self, Self::Normal)
    }

    /// Whether the SDK is off from the beginning.
    pub(crate) const fn is_off(&self) -> bool {
        matches!(
            self,
            Self::Unset
                | Self::Empty
                | Self::Missing
                | Self::Relative
                | Self::Refused
                | Self::NotASocket
                | Self::Denied
                | Self::TooLong
        )
    }

    /// Whether it goes away while the script runs.
    pub(crate) const fn closes(&self) -> bool {
        matches!(self, Self::Close { .. } | Self::CloseAtCheckpoint { .. })
    }

    /// Whether it takes nothing for so long that lines may be lost.
    pub(crate) const fn stalls(&self) -> bool {
        matches!(
            self,
            Self::Stall { .. } | Self::TinyStall { .. } | Self::StallForEver { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_comes_back_as_it_was() {
        for json in [
            r#"{"kind":"normal"}"#,
            r#"{"kind":"not-a-socket"}"#,
            r#"{"kind":"tiny-buffers","bytes":64}"#,
            r#"{"kind":"close","line":3,"byte":17}"#,
            r#"{"kind":"close-at-checkpoint","name":"mid"}"#,
            r#"{"kind":"stall-for-ever","lines":2}"#,
            r#"{"kind":"slow","bytes":512,"every_ms":1}"#,
        ] {
            let schedule: Schedule = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&schedule).unwrap(), json);
        }
    }
}
