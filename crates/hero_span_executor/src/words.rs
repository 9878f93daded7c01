//! What an executor and a supervisor say to each other: JSON, a line each.

use std::ffi::OsString;
use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

/// What to run. Names and values need not be text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Launch {
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
    /// All of it: nothing is inherited.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// Where the program starts; where the executor is, if none.
    pub(crate) directory: Option<OsString>,
}

/// How a flow is asked, or made, to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// SIGINT, to the flow's process group: a Python flow gets a
    /// `KeyboardInterrupt`, and its open spans end as cancelled (`sdk.status`).
    Interrupt,
    /// SIGTERM, to the flow's process group: a Python flow that has no handler
    /// dies of it at once, and leaves its spans open.
    Terminate,
    /// SIGKILL, to every process of the run.
    Kill,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::Kill => "SIGKILL",
        })
    }
}

/// From the executor. The end of the channel means `Stop(Kill)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    Start(Launch),
    Stop(Signal),
}

/// From the supervisor: `Started`, `Ended`, `Swept`, in this order, or only
/// `NotStarted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    Started {
        pid: u32,
    },
    NotStarted {
        why: String,
    },
    Ended {
        status: Status,
        /// The last order that was carried out while the flow still ran.
        asked: Option<Signal>,
    },
    Swept {
        killed: u32,
        left: u32,
    },
}

/// What the kernel says of a process that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Code(i32),
    Signal(i32),
}

/// `word` as a line, with its LF.
pub(crate) fn line(word: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(word)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[track_caller]
    fn check<T: Serialize + for<'a> Deserialize<'a> + PartialEq + Debug>(word: &T) -> String {
        let line = String::from_utf8(line(word).expect("a line")).expect("text");
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(&serde_json::from_str::<T>(&line).expect("a word"), word);
        line.trim_end().to_owned()
    }

    #[test]
    fn words_are_lines() {
        insta::assert_snapshot!(check(&Order::Stop(Signal::Interrupt)), @r#"{"stop":"interrupt"}"#);
        insta::assert_snapshot!(check(&Report::Started { pid: 7 }), @r#"{"started":{"pid":7}}"#);
        let ended = Report::Ended {
            status: Status::Signal(9),
            asked: Some(Signal::Kill),
        };
        insta::assert_snapshot!(check(&ended), @r#"{"ended":{"status":{"signal":9},"asked":"kill"}}"#);
        insta::assert_snapshot!(check(&Report::Swept { killed: 2, left: 0 }), @r#"{"swept":{"killed":2,"left":0}}"#);
    }

    #[test]
    fn what_is_no_text_passes() {
        let odd = OsString::from_vec(vec![b'\n', 0xff, b'"']);
        check(&Order::Start(Launch {
            program: odd.clone(),
            arguments: vec![odd.clone()],
            environment: vec![("A".into(), odd.clone())],
            directory: Some(odd),
        }));
    }
}
