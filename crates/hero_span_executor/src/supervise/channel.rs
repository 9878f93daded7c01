//! The executor's end of the channel to a supervisor.

use std::io;
use std::os::unix::net::UnixStream;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::Instant;

use super::end::{Fate, Swept};
use crate::words::{Order, Report, line};

/// The channel, and what was heard on it.
#[derive(Debug)]
pub(super) struct Channel {
    reports: Lines<BufReader<OwnedReadHalf>>,
    orders: OwnedWriteHalf,
    heard: Heard,
}

/// What a supervisor told of a run.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) fate: Option<Fate>,
    pub(super) swept: Option<Swept>,
    /// When the flow's end was heard.
    pub(super) ended: Option<Instant>,
}

impl Channel {
    pub(super) fn new(channel: UnixStream) -> io::Result<Self> {
        channel.set_nonblocking(true)?;
        let channel = tokio::net::UnixStream::from_std(channel)?;
        let (reports, orders) = channel.into_split();
        let reports = BufReader::new(reports).lines();
        let heard = Heard::default();
        Ok(Self {
            reports,
            orders,
            heard,
        })
    }

    /// Who does not get it is gone, which the reports tell.
    pub(super) async fn order(&mut self, order: &Order) {
        if let Ok(line) = line(order) {
            let _ = self.orders.write_all(&line).await;
        }
    }

    /// The next report; none at the end of the channel, or of its sense. Nothing
    /// is lost when it is no longer waited for.
    pub(super) async fn report(&mut self) -> Option<Report> {
        let line = self.reports.next_line().await.ok()??;
        serde_json::from_str(&line).ok()
    }

    /// Until the run is over, or its supervisor gone.
    pub(super) async fn until_over(&mut self) {
        while self.heard.swept.is_none() {
            match self.report().await {
                Some(report) => self.keep(report),
                None => return,
            }
        }
    }

    pub(super) fn keep(&mut self, report: Report) {
        match report {
            Report::Started { .. } => {}
            Report::NotStarted { why } => {
                self.heard.fate = Some(Fate::NotStarted { why });
                self.heard.swept = Some(Swept::default());
                self.heard.ended = Some(Instant::now());
            }
            Report::Ended { status, asked } => {
                self.heard.fate = Some(Fate::Ended { status, asked });
                self.heard.ended = Some(Instant::now());
            }
            Report::Swept { killed, left } => self.heard.swept = Some(Swept { killed, left }),
        }
    }

    /// Closes the channel, for which a supervisor sweeps and ends, if it has not.
    pub(super) fn close(self) -> Heard {
        self.heard
    }
}
