//! What a span costs beside the two raw sends of its lines: `ratio --spans 20000 --rounds 5`.
//!
//! Ours is a child span with two tags, opened and closed, sent by the SDK to the socket that
//! HERO_FLOW_SPAN_SOCK names; theirs are two `write` calls of the same two lines over a second
//! connection to it. A round prints the processor's time for each in nanoseconds a span, as
//! `{"ours_ns":…,"theirs_ns":…}`.

use std::env;
use std::error::Error;
use std::ffi::{c_int, c_long};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;

use hero_tracing::step;

const SOCKET: &str = "HERO_FLOW_SPAN_SOCK";
const CAPTURE: &str = "RATIO_CAPTURE";

fn main() -> Result<(), Box<dyn Error>> {
    if env::var_os(CAPTURE).is_some() {
        spans(1);
        return Ok(());
    }
    let (spans_a_round, rounds) = (number("--spans", 20_000), number("--rounds", 5));
    let path = env::var_os(SOCKET).ok_or("HERO_FLOW_SPAN_SOCK is not set")?;
    let lines = capture()?;
    let mut raw = UnixStream::connect(Path::new(&path))?;
    set_send_buffer(&raw)?;
    let outer = step("outer").enter();
    spans(100); // connected and warm
    for round in 0..rounds {
        let ours = || measure(spans_a_round, || spans(spans_a_round));
        let mut theirs = || {
            measure(spans_a_round, || {
                for _ in 0..spans_a_round {
                    for line in &lines {
                        raw.write_all(line)
                            .unwrap_or_else(|error| panic!("{error}"));
                    }
                }
            })
        };
        let (ours, theirs) = if round % 2 == 0 {
            let first = ours();
            (first, theirs())
        } else {
            let first = theirs();
            (ours(), first)
        };
        println!(r#"{{"ours_ns":{ours:.0},"theirs_ns":{theirs:.0}}}"#);
    }
    outer.end();
    Ok(())
}

fn number(name: &str, otherwise: u32) -> u32 {
    let after = env::args().skip_while(|argument| argument != name).nth(1);
    after
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

fn spans(count: u32) {
    for _ in 0..count {
        step("child")
            .tag("day", "monday")
            .tag("rows", 3)
            .enter()
            .end();
    }
}

/// The two lines of a span as the SDK writes them, from another run of this program.
fn capture() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let path = env::temp_dir().join(format!("ratio-{}", std::process::id()));
    let listener = UnixListener::bind(&path)?;
    let mut program = Command::new(env::current_exe()?);
    let variables = [(CAPTURE, "1".as_ref()), (SOCKET, path.as_os_str())];
    let mut child = program
        .envs(variables)
        .env("HERO_FLOW_PARENT_SPAN", "4bf92f3577b34da6")
        .spawn()?;
    let (stream, _) = listener.accept()?;
    std::fs::remove_file(&path)?;
    let lines: Result<Vec<Vec<u8>>, _> = BufReader::new(stream).split(b'\n').collect();
    child.wait()?;
    let lines = lines?.into_iter().map(|mut line| {
        // Only the first line of a connection says who writes.
        if let Some(at) = line.windows(11).position(|part| part == br#","producer""#) {
            line.truncate(at);
            line.push(b'}');
        }
        line.push(b'\n');
        line
    });
    Ok(lines.collect())
}

/// Gives a socket as much room as the SDK gives to its own.
#[allow(unsafe_code)]
fn set_send_buffer(stream: &UnixStream) -> io::Result<()> {
    const SOL_SOCKET: c_int = if cfg!(target_os = "linux") { 1 } else { 0xffff };
    const SO_SNDBUF: c_int = if cfg!(target_os = "linux") { 7 } else { 0x1001 };
    unsafe extern "C" {
        fn setsockopt(fd: c_int, level: c_int, name: c_int, value: *const c_int, len: u32)
        -> c_int;
    }
    let bytes: c_int = 4 << 20;
    // SAFETY: the value is an int, and its length is told.
    match unsafe {
        setsockopt(
            stream.as_raw_fd(),
            SOL_SOCKET,
            SO_SNDBUF,
            &raw const bytes,
            4,
        )
    } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Nanoseconds of the processor's time, in the program and in the kernel for it.
fn measure(count: u32, work: impl FnOnce()) -> f64 {
    let before = usage_ns();
    work();
    (usage_ns() - before) / f64::from(count)
}

/// `struct rusage` begins with the times in the program and in the kernel; more follows.
#[allow(unsafe_code)]
fn usage_ns() -> f64 {
    unsafe extern "C" {
        fn getrusage(who: i32, usage: *mut [c_long; 32]) -> i32;
    }
    let mut usage = [0; 32];
    // SAFETY: the buffer is larger than the structure.
    unsafe { getrusage(0, &raw mut usage) };
    let micros = (usage[0] + usage[2]) * 1_000_000 + usage[1] + usage[3];
    micros as f64 * 1000.0
}
