//! What an executor and the stub that runs a flow say to each other, over a
//! socket of their own: JSON, a line each.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::flow::FlowInfo;

/// The longest line that is listened to: a result is at most 1 MiB before it is
/// escaped.
const LINE_BYTES: u64 = 16 << 20;

/// Where the stub is waited for.
#[derive(Debug)]
pub(crate) struct Control(UnixListener);

impl Control {
    /// Binds a socket in a private directory.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        UnixListener::bind(path).map(Self)
    }

    /// The first that connects is the stub: the flow is not loaded yet.
    pub(crate) async fn accept(self) -> io::Result<Conversation> {
        let (stream, _) = self.0.accept().await?;
        Ok(Conversation(BufReader::new(stream)))
    }
}

/// A stub that has connected.
#[derive(Debug)]
pub(crate) struct Conversation(BufReader<UnixStream>);

/// What the stub says of the file.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Loaded {
    Flows(Vec<FlowInfo>),
    Broken(Raised),
}

/// An exception.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// The traceback, whose last line names the exception.
    pub error: String,
    /// The exception's type.
    pub error_type: String,
}

/// What to run.
#[derive(Debug, Serialize)]
pub(crate) struct Order<'a> {
    pub(crate) run: &'a str,
    pub(crate) input: &'a Map<String, Value>,
}

/// What the stub says of the flow's end.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Outcome {
    Ok {
        result: Value,
        #[serde(default)]
        cut: bool,
    },
    Failed {
        error: String,
    },
    Raised {
        #[serde(flatten)]
        raised: Raised,
    },
    Exited {
        code: i32,
    },
    Interrupted {},
}

/// How the line of a flow that returned begins.
const OK: &[u8] = b"{\"outcome\":\"ok\",";

impl Outcome {
    fn beyond() -> Self {
        Self::Ok {
            result: "a result that is too deep, or has too large a number".into(),
            cut: true,
        }
    }
}

impl Conversation {
    /// The next line; `None` at the end, and when it is not one of those that
    /// are expected: whoever runs a flow believes what it says of itself, and
    /// what it does not say.
    pub(crate) async fn hear<T: for<'a> Deserialize<'a>>(&mut self) -> Option<T> {
        serde_json::from_slice(&self.line().await?).ok()
    }

    /// How the flow ended. Its result may be JSON that nobody here can hold: so
    /// deep, or with so large a number.
    pub(crate) async fn hear_outcome(&mut self) -> Option<Outcome> {
        let line = self.line().await?;
        let outcome = serde_json::from_slice(&line).ok();
        outcome.or_else(|| line.starts_with(OK).then(Outcome::beyond))
    }

    async fn line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.0).take(LINE_BYTES);
        bounded.read_until(b'\n', &mut line).await.ok()?;
        Some(line)
    }

    /// A stub that is gone has nothing to run.
    pub(crate) async fn say(&mut self, order: &Order<'_>) {
        let line = serde_json::to_string(order).unwrap_or_default() + "\n";
        let _ = self.0.get_mut().write_all(line.as_bytes()).await;
    }
}
