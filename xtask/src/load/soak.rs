//! `cargo xtask soak`: many producers for a long time, and nothing is lost.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::lines::{Lines, now_ms};
use super::observed::{Observed, observe, wait_for};
use super::service::{Service, store};
use super::{Failure, build, hold, verdict};

/// A write that takes longer would be a loss for an SDK.
const PATIENCE: Duration = Duration::from_millis(250);

/// What an interpreter takes to start, with as many others beside it.
const INTERPRETER: Duration = Duration::from_millis(150);

/// How often a producer writes its share.
const BEAT: Duration = Duration::from_millis(20);

/// How far memory may rise from the end of its first third, in KiB.
const RISE_KIB: u64 = 64 * 1024;

const FLOW: &str = include_str!("soak.py");

/// Send spans from many producers at once, and prove that none is lost
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long
    #[arg(long, default_value_t = 60)]
    seconds: u64,

    /// How many producers, each with a connection of its own
    #[arg(long, default_value_t = 50)]
    producers: u64,

    /// Lines a second, of all together
    #[arg(long, default_value_t = 50_000)]
    rate: u64,

    /// Real processes that use the Python SDK, in place of threads
    #[arg(long)]
    python: bool,

    /// The unoptimised build, which is there sooner
    #[arg(long)]
    dev: bool,
}

pub(crate) fn run(root: &Path, args: &Args) -> ExitCode {
    verdict(soak(root, args))
}

/// What producers say that they did.
#[derive(Debug, Default, Clone, Copy)]
struct Sent {
    lines: u64,
    /// Writes that an SDK would have given up.
    given_up: u64,
    longest: Duration,
}

fn soak(root: &Path, args: &Args) -> Result<(), Failure> {
    let program = build(root, !args.dev)?;
    let directory = tempfile::tempdir().map_err(|e| format!("no directory: {e}"))?;
    let service = Service::start(&program, directory.path())?;
    let patience = INTERPRETER
        * if args.python {
            args.producers as u32
        } else {
            0
        };
    let start = Instant::now() + patience;
    let start_ms = now_ms() + patience.as_secs_f64() * 1e3;
    let producers: Vec<Producer> = (1..=args.producers)
        .map(|number| Producer::start(root, args, &service.socket, number, start_ms))
        .collect::<Result<_, _>>()?;
    std::thread::sleep(start.saturating_duration_since(Instant::now()));
    let begun = Instant::now();
    let memory = watch(&service, args.seconds);
    let mut sent = Sent::default();
    for producer in producers {
        let one = producer.finish()?;
        sent.lines += one.lines;
        sent.given_up += one.given_up;
        sent.longest = sent.longest.max(one.longest);
    }
    let took = begun.elapsed();
    wait_for(&store(directory.path()), sent.lines)?;
    let cpu = service.cpu_ticks() as f64 / 100.0;
    service.stop()?;
    let observed = observe(&store(directory.path()))?;
    report(&sent, took, cpu, &memory, &observed);
    judge(args, &sent, took, &memory, &observed)
}

/// Memory once a second, in KiB.
fn watch(service: &Service, seconds: u64) -> Vec<u64> {
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut memory = Vec::new();
    while Instant::now() < until {
        std::thread::sleep(Duration::from_secs(1));
        memory.push(service.resident_kib());
        eprint!(
            "\r{} s, {} MiB ",
            memory.len(),
            service.resident_kib() / 1024
        );
    }
    eprintln!();
    memory
}

fn report(sent: &Sent, took: Duration, cpu: f64, memory: &[u64], observed: &Observed) {
    let seconds = took.as_secs_f64();
    println!(
        "{} lines sent in {seconds:.1} s: {:.0} a second; longest write {:.1} ms, {} given up",
        sent.lines,
        sent.lines as f64 / seconds,
        sent.longest.as_secs_f64() * 1e3,
        sent.given_up
    );
    println!(
        "{} events and {} spans stored, {} lost, {} rejected, {} not kept; integrity: {}",
        observed.events,
        observed.spans,
        observed.lost,
        observed.rejected,
        observed.unstored,
        observed.integrity
    );
    println!(
        "{:.0} bytes of store a line; collector: {:.1} us of CPU a line, memory {} to {} MiB",
        observed.bytes as f64 / observed.events.max(1) as f64,
        cpu * 1e6 / sent.lines.max(1) as f64,
        memory.iter().min().unwrap_or(&0) / 1024,
        memory.iter().max().unwrap_or(&0) / 1024
    );
}

fn judge(
    args: &Args,
    sent: &Sent,
    took: Duration,
    memory: &[u64],
    observed: &Observed,
) -> Result<(), Failure> {
    let aim = (args.rate * args.seconds) as f64;
    hold(sent.lines as f64 >= 0.98 * aim, || {
        format!("{} of {aim} lines could be sent in {took:?}", sent.lines)
    })?;
    hold(sent.given_up == 0, || "writes were given up".to_owned())?;
    hold(observed.events == sent.lines, || {
        format!("{} lines sent, {} stored", sent.lines, observed.events)
    })?;
    let faults = observed.lost + observed.rejected + observed.unstored;
    hold(faults == 0, || {
        format!("{faults} lost, rejected or not kept")
    })?;
    hold(observed.integrity == "ok", || observed.integrity.clone())?;
    let third = memory.get(memory.len() / 3).copied().unwrap_or(0);
    let last = memory.last().copied().unwrap_or(0);
    hold(last <= third + RISE_KIB, || {
        format!("memory rose from {third} to {last} KiB")
    })
}

enum Producer {
    Thread(JoinHandle<Result<Sent, Failure>>),
    Process(Child),
}

impl Producer {
    fn start(
        root: &Path,
        args: &Args,
        socket: &Path,
        number: u64,
        start_ms: f64,
    ) -> Result<Self, Failure> {
        let rate = args.rate as f64 / args.producers as f64;
        let seconds = args.seconds;
        if args.python {
            return process(root, socket, rate, seconds, start_ms).map(Self::Process);
        }
        let socket: PathBuf = socket.to_owned();
        let work = move || write(&socket, number, rate, seconds);
        Ok(Self::Thread(std::thread::spawn(work)))
    }

    fn finish(self) -> Result<Sent, Failure> {
        match self {
            Self::Thread(thread) => thread.join().map_err(|_| "a producer broke".to_owned())?,
            Self::Process(mut child) => {
                let mut line = String::new();
                if let Some(out) = child.stdout.take() {
                    let read = BufReader::new(out).read_line(&mut line);
                    read.map_err(|e| format!("cannot hear a producer: {e}"))?;
                }
                child.wait().map_err(|e| format!("cannot wait: {e}"))?;
                let lines = line.trim().parse();
                let lines = lines.map_err(|_| format!("a producer said {line:?}"))?;
                Ok(Sent {
                    lines,
                    ..Sent::default()
                })
            }
        }
    }
}

/// A process that runs a flow with the real SDK from that time on, and says how
/// many events it told.
fn process(
    root: &Path,
    socket: &Path,
    rate: f64,
    seconds: u64,
    start_ms: f64,
) -> Result<Child, Failure> {
    let start = start_ms / 1e3;
    let arguments = [rate.to_string(), seconds.to_string(), start.to_string()];
    Command::new("python3")
        .args(["-c", FLOW])
        .args(arguments)
        .env("HERO_FLOW_SPAN_SOCK", socket)
        .env("PYTHONPATH", root.join("sdk/python"))
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot run python3: {e}"))
}

/// Writes at that rate, a burst a beat.
fn write(socket: &Path, number: u64, rate: f64, seconds: u64) -> Result<Sent, Failure> {
    let fault = |e: std::io::Error| format!("producer {number}: {e}");
    let mut stream = UnixStream::connect(socket).map_err(fault)?;
    let mut lines = Lines::new(number);
    let mut sent = Sent::default();
    let begun = Instant::now();
    let mut text = String::new();
    while begun.elapsed() < Duration::from_secs(seconds) {
        let due = (begun.elapsed().as_secs_f64() * rate) as u64;
        text.clear();
        while lines.count() < due {
            lines.next(&mut text);
        }
        let before = Instant::now();
        stream.write_all(text.as_bytes()).map_err(fault)?;
        let waited = before.elapsed();
        sent.given_up += u64::from(waited > PATIENCE);
        sent.longest = sent.longest.max(waited);
        std::thread::sleep(BEAT.saturating_sub(waited));
    }
    sent.lines = lines.count();
    Ok(sent)
}
