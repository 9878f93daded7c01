//! Where lines come from: a file, or a connection and who writes on it.

use hero_span_protocol::{Producer, printable};

/// Characters shown of the name that an SDK gives itself.
const NAME_CHARS: usize = 32;

#[derive(Debug)]
pub(super) struct Source {
    name: String,
    connection: Option<Connection>,
}

/// A connection by its number, from 1.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) number: u64,
    /// Who writes, once it has said so.
    pub(super) producer: Option<Producer<'static>>,
}

impl Source {
    pub(super) fn file(name: String) -> Self {
        let connection = None;
        Self { name, connection }
    }

    pub(super) fn connection(number: u64) -> Self {
        let producer = None;
        Self {
            name: format!("connection {number}"),
            connection: Some(Connection { number, producer }),
        }
    }

    /// What people are shown: `capture.jsonl`, `connection 1 (python, pid 42)`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn as_connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// Notes who writes; the first word counts.
    pub(super) fn introduce(&mut self, producer: &Producer<'_>) {
        if let Some(connection) = &mut self.connection
            && connection.producer.is_none()
        {
            self.name += &words(producer);
            connection.producer = Some(producer.clone().into_owned());
        }
    }
}

fn words(producer: &Producer<'_>) -> String {
    let name = |sdk: &str| -> String { printable(sdk).chars().take(NAME_CHARS).collect() };
    let sdk = producer.sdk.as_deref().map(name);
    let pid = producer.pid.map(|pid| format!("pid {pid}"));
    let words: Vec<_> = sdk.into_iter().chain(pid).collect();
    if words.is_empty() {
        return String::new();
    }
    format!(" ({})", words.join(", "))
}
