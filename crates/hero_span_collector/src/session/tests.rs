//! A connection's life, with time standing still.

use std::time::Duration;

use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::{DRAIN, QUIET, TURNS, Turns, listen};
use crate::message::{Message, Said};
use crate::reader::Reader;
use crate::stop::{Stopping, stopping};
use crate::tree::{Ending, SessionId};

const LINE: &[u8] = b"{\"type\":\"x\"}\n";

const IDLE: Duration = Duration::from_secs(60);

struct Fixture {
    client: DuplexStream,
    stop: Stopping,
    heard: mpsc::Receiver<Message<Said<'static>>>,
    task: JoinHandle<()>,
}

fn connect() -> Fixture {
    connect_within(None, 1024)
}

fn connect_within(idle: Option<Duration>, queue: usize) -> Fixture {
    let (client, server) = duplex(1024);
    let (stop, stopped) = stopping();
    let (tell, heard) = mpsc::channel(queue);
    let id = SessionId(7);
    let session = listen::<Reader>(id, server, idle, tell, Turns::new(), stopped);
    let task = tokio::spawn(session);
    Fixture {
        client,
        stop,
        heard,
        task,
    }
}

impl Fixture {
    /// Everything the connection said: its lines, and how it ended.
    async fn finish(mut self) -> (u64, Ending, Option<u64>) {
        let mut lines = 0;
        while let Some(Message::Session(id, said)) = self.heard.recv().await {
            assert_eq!(id, SessionId(7));
            match said {
                Said::Opened => assert_eq!(lines, 0),
                Said::Skipped(skipped) => lines += skipped.lines,
                Said::Closed { ending, torn } => return (lines, ending, torn),
                other => panic!("unexpected: {other:?}"),
            }
        }
        panic!("never closed")
    }
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_its_producer() {
    let mut fixture = connect();
    fixture.client.write_all(LINE).await.expect("written");
    fixture.client.write_all(b"{\"torn").await.expect("written");
    fixture.client.shutdown().await.expect("closed");
    assert_eq!(fixture.finish().await, (1, Ending::Closed, Some(6)));
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_a_silent_producer() {
    let mut fixture = connect();
    sleep(Duration::from_secs(1_000_000)).await;
    fixture.client.write_all(LINE).await.expect("written");
    drop(std::mem::replace(&mut fixture.client, duplex(1).0));
    assert_eq!(fixture.finish().await, (1, Ending::Closed, None));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_silent_too_long_is_closed() {
    let mut fixture = connect_within(Some(IDLE), 1024);
    let begun = Instant::now();
    fixture.client.write_all(LINE).await.expect("written");
    fixture.client.write_all(b"{\"torn").await.expect("written");
    sleep(IDLE - Duration::from_secs(1)).await;
    assert!(!fixture.task.is_finished());
    let mut client = std::mem::replace(&mut fixture.client, duplex(1).0);
    assert_eq!(fixture.finish().await, (1, Ending::Idle, Some(6)));
    assert!(begun.elapsed() < IDLE + QUIET, "{:?}", begun.elapsed());
    client.write_all(LINE).await.expect_err("closed");
}

#[tokio::test(start_paused = true)]
async fn a_byte_now_and_then_is_no_silence() {
    let mut fixture = connect_within(Some(IDLE), 1024);
    for byte in LINE.repeat(10) {
        fixture.client.write_all(&[byte]).await.expect("written");
        sleep(IDLE - Duration::from_secs(1)).await;
    }
    fixture.client.shutdown().await.expect("closed");
    assert_eq!(fixture.finish().await, (10, Ending::Closed, None));
}

#[tokio::test(start_paused = true)]
async fn what_the_collector_lets_wait_is_no_silence() {
    let mut fixture = connect_within(Some(IDLE), 1);
    fixture.client.write_all(LINE).await.expect("written");
    sleep(IDLE * 2).await;
    fixture.client.write_all(LINE).await.expect("written");
    sleep(IDLE * 2).await;
    fixture.client.shutdown().await.expect("closed");
    assert_eq!(fixture.finish().await, (2, Ending::Closed, None));
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_the_stop_is_read() {
    let mut fixture = connect();
    fixture.client.write_all(LINE).await.expect("written");
    fixture.stop.say();
    fixture.client.write_all(LINE).await.expect("written");
    let begun = Instant::now();
    assert_eq!(fixture.finish().await, (2, Ending::Stopped, None));
    assert!(begun.elapsed() <= QUIET * 2, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_producer_that_goes_on_is_cut_off_after_a_while() {
    let mut fixture = connect();
    fixture.stop.say();
    let (mut client, _) = (std::mem::replace(&mut fixture.client, duplex(1).0), ());
    tokio::spawn(async move {
        while client.write_all(LINE).await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    let begun = Instant::now();
    let (lines, ending, _) = fixture.finish().await;
    assert_eq!(ending, Ending::Stopped);
    assert!(lines > 10, "{lines}");
    assert!(begun.elapsed() <= DRAIN + QUIET, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_nobody_listens_to_it() {
    let mut fixture = connect();
    fixture.heard.close();
    while fixture.heard.recv().await.is_some() {}
    fixture.client.write_all(LINE).await.expect("written");
    fixture.task.await.expect("ended");
}

/// However many have something to say while the hub is busy.
#[tokio::test(start_paused = true)]
async fn so_many_at_most_have_said_what_nobody_heard() {
    let turns = Turns::new();
    let (_stop, stopped) = stopping();
    let (tell, mut messages) = mpsc::channel(1);
    let mut clients = Vec::new();
    for id in 0..1_000 {
        let (mut client, server) = duplex(1024);
        client.write_all(LINE).await.expect("written");
        let (tell, turns, stopped) = (tell.clone(), turns.clone(), stopped.clone());
        let session = listen::<Reader>(SessionId(id), server, None, tell, turns, stopped);
        clients.push((client, tokio::spawn(session)));
    }
    let (mut opened, mut heard) = (0, 0);
    while opened < 1_000 {
        match messages.recv().await {
            Some(Message::Session(_, Said::Opened)) => opened += 1,
            _ => heard += 1,
        }
    }
    sleep(Duration::from_secs(1)).await;
    let mut read = 0;
    for (client, _) in &mut clients {
        // All the room is there again where what was written was read.
        let room = client.write(&[b' '; 1024]).await.expect("written");
        read += usize::from(room == 1024);
    }
    let waiting = read - heard;
    assert!((1..=TURNS + 1).contains(&waiting), "{waiting} wait");
    while heard < 1_000 {
        messages.recv().await.expect("the others");
        heard += 1;
    }
}
