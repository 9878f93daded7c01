//! What happens in one simulation: all of it drawn from the seed beforehand.

use std::ops::Range;
use std::time::Duration;

use super::random::Random;
use super::script::{Script, Style, write};
use crate::limits::Limits;

/// One file's life: collectors, one after the other.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) lives: Vec<Life>,
}

/// A collector from its start to its end. All times are milliseconds since
/// its start.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) limits: Limits,
    pub(super) clients: Vec<Client>,
    pub(super) faults: Vec<(Range<u64>, Fault)>,
    /// When the keeper does nothing, as one that waits for its disk.
    pub(super) stalls: Vec<Range<u64>>,
    /// Which calls of `accept` fail.
    pub(super) refused: Vec<u64>,
    pub(super) end: End,
}

/// Why nothing can be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The disk has only so many pages left.
    Full(i64),
    /// Another program has the file.
    Busy,
    /// What is to be written cannot be written, ever.
    Refused,
}

/// How a collector ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// As by SIGKILL; in the midst of a transaction, if there is one soon.
    Killed { at: u64, is_writing: bool },
    /// In order, whatever goes on.
    Stopped { at: u64 },
    /// In order, once everything is over and stored; perhaps with a disk that
    /// is full again by then, and a client that still speaks.
    Quiet { last: Option<Fault> },
}

/// One that connects.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) number: u64,
    pub(super) script: Script,
    /// When it connects.
    pub(super) at: u64,
    /// Bytes that wait between it and the collector.
    pub(super) room: usize,
    /// Bytes that it writes at once, at most; 0 for line by line.
    pub(super) chunk: u64,
    /// How many percent of its writes it waits after, and for how long.
    pub(super) stalls: (u64, u64),
    pub(super) leaves: Leaves,
    pub(super) random: Random,
}

/// How a client leaves once it has said everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaves {
    Closes,
    /// After so many bytes, where that is less.
    Cut(usize),
    /// The connection breaks.
    Breaks,
    /// It stays, and says no more.
    Stays,
}

impl Plan {
    pub(super) fn of(seed: u64) -> Self {
        // Seeds are small numbers: their first numbers would be alike.
        let mut random = Random::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d)).fork();
        let lives = *random.pick(&[1, 1, 2, 2, 3]);
        let clients = random.between(1, 12);
        let mut counted = 0;
        let lives = (1..=lives).map(|life| {
            let left = clients.saturating_sub(counted);
            let own = if life == lives {
                left.max(1)
            } else {
                random.between(1, left.max(1))
            };
            let first = counted;
            counted += own;
            let last = life == lives;
            draw_life(&mut random, first..first + own, last)
        });
        Self {
            lives: lives.collect(),
        }
    }
}

fn draw_life(random: &mut Random, clients: Range<u64>, is_last: bool) -> Life {
    let idle = random
        .chance(15)
        .then(|| Duration::from_millis(random.between(300, 3_000)));
    let few = random.between(1, 6) as usize;
    let connections = if random.chance(15) { few } else { 10_000 };
    let is_flood = random.chance(3);
    let mut clients: Vec<_> = clients.map(|number| draw_client(random, number)).collect();
    if is_flood {
        flood(random, &mut clients[0]);
    }
    let mut stalls = Vec::new();
    if random.chance(10) || is_flood {
        let from = random.below(500);
        stalls.push(from..from + random.between(50, 1_000));
    }
    let faults = if is_flood && random.chance(70) {
        let from = clients[0].at;
        vec![(
            from..from + random.between(1_000, 4_000),
            draw_fault(random),
        )]
    } else {
        draw_faults(random)
    };
    Life {
        limits: Limits { idle, connections },
        clients,
        faults,
        stalls,
        refused: (0..random.below(4)).map(|_| random.below(12)).collect(),
        end: draw_end(random, is_last),
    }
}

fn draw_end(random: &mut Random, is_last: bool) -> End {
    let at = random.between(1, 2_000);
    match random.below(10) {
        0..=5 if !is_last => End::Killed {
            at,
            is_writing: random.chance(50),
        },
        6 | 7 => End::Stopped { at },
        8 => End::Quiet {
            last: Some(draw_fault(random)),
        },
        _ => End::Quiet { last: None },
    }
}

fn draw_faults(random: &mut Random) -> Vec<(Range<u64>, Fault)> {
    if random.chance(50) {
        return Vec::new();
    }
    let mut from = 0;
    let faults = (0..random.between(1, 3)).map(|_| {
        from += random.below(800);
        let until = from + random.between(1, 1_500);
        let fault = (from..until, draw_fault(random));
        from = until;
        fault
    });
    faults.collect()
}

fn draw_fault(random: &mut Random) -> Fault {
    match random.below(8) {
        0..=3 => Fault::Full(random.below(20).cast_signed()),
        4..=6 => Fault::Busy,
        _ => Fault::Refused,
    }
}

fn draw_client(random: &mut Random, number: u64) -> Client {
    let is_foreign = |random: &mut Random| number > 0 && random.chance(40);
    let style = Style {
        number,
        parent: is_foreign(random).then(|| random.below(number)),
        producer: if number > 0 && random.chance(5) {
            random.below(number)
        } else {
            number
        },
        steps: match random.below(10) {
            0 => 0,
            1..=7 => random.between(1, 40),
            _ => random.between(40, 300),
        },
        long: 0,
        is_numbered: random.chance(80),
        wrong: *random.pick(&[0, 5, 15, 40]),
    };
    let script = write(style, random);
    let leaves = match random.below(10) {
        0 => Leaves::Breaks,
        1 | 2 => Leaves::Cut(random.below(script.bytes() as u64 + 1) as usize),
        3 => Leaves::Stays,
        _ => Leaves::Closes,
    };
    Client {
        number,
        script,
        at: random.below(1_500),
        room: 1 << random.between(6, 14),
        chunk: *random.pick(&[0, 0, 7, 100, 5_000, 100_000]),
        stalls: (*random.pick(&[0, 2, 20]), *random.pick(&[1, 20, 120])),
        leaves,
        random: random.fork(),
    }
}

/// As much as the queue and what is kept for later do not hold.
fn flood(random: &mut Random, client: &mut Client) {
    let style = Style {
        number: client.number,
        parent: None,
        producer: client.number,
        steps: random.between(1_500, 5_000),
        long: random.between(8_000, 12_000),
        is_numbered: true,
        wrong: 1,
    };
    client.script = write(style, random);
    client.leaves = Leaves::Closes;
    client.room = 1 << 16;
    client.chunk = 100_000;
    client.stalls = (0, 0);
}

/// One that says a little at once.
pub(super) fn last_client(number: u64) -> Client {
    let mut random = Random::new(number);
    let style = Style {
        number,
        parent: None,
        producer: number,
        steps: 20,
        long: 0,
        is_numbered: true,
        wrong: 0,
    };
    Client {
        number,
        script: write(style, &mut random),
        at: 0,
        room: 1 << 14,
        chunk: 0,
        stalls: (0, 0),
        leaves: Leaves::Closes,
        random,
    }
}
