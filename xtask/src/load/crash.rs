//! `cargo xtask crash`: the collector is killed under load again and again, and
//! what it had stored is there.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::lines::{Lines, now_ms};
use super::observed::observe;
use super::service::{Service, store};
use super::{Failure, build, hold, verdict};

/// Kill the collector under load, and prove that what was stored is there
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How often
    #[arg(long, default_value_t = 200)]
    kills: u64,

    /// How many producers at once
    #[arg(long, default_value_t = 8)]
    producers: u64,

    /// Lines a second, of all together
    #[arg(long, default_value_t = 8_000)]
    rate: u64,

    /// How old a line may be that is not stored yet, in milliseconds
    #[arg(long, default_value_t = 200.0)]
    within: f64,

    /// The unoptimised build, which is there sooner
    #[arg(long)]
    dev: bool,
}

pub(crate) fn run(root: &Path, args: &Args) -> ExitCode {
    verdict(crash(root, args))
}

/// One producer's lines of one life of the collector.
struct Told {
    producer: u64,
    /// When each was written, by its `seq`.
    at: Vec<f64>,
}

fn crash(root: &Path, args: &Args) -> Result<(), Failure> {
    let program = build(root, !args.dev)?;
    let directory = tempfile::tempdir().map_err(|e| format!("no directory: {e}"))?;
    let (mut worst, mut lines, mut stored) = (0.0_f64, 0, 0);
    for kill in 0..args.kills {
        let service = Service::start(&program, directory.path())?;
        let (told, killed_at) = life(service, args, kill)?;
        let observed = observe(&store(directory.path()))?;
        hold(observed.integrity == "ok", || observed.integrity.clone())?;
        hold(observed.events >= stored, || {
            format!("{stored} events were stored, {} are left", observed.events)
        })?;
        stored = observed.events;
        for one in &told {
            lines += one.at.len();
            worst = worst.max(missing_ms(one, killed_at, &observed)?);
        }
        eprint!("\r{} kills, {stored} events stored ", kill + 1);
    }
    eprintln!();
    println!(
        "{} kills: {lines} lines written, {stored} stored, each producer's without a gap; the oldest that was not stored was {worst:.0} ms old",
        args.kills
    );
    hold(worst <= args.within, || {
        format!("a line of {worst:.0} ms was not stored")
    })
}

/// Producers write until the collector is killed.
fn life(service: Service, args: &Args, kill: u64) -> Result<(Vec<Told>, f64), Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let rate = args.rate as f64 / args.producers as f64;
    let producers: Vec<_> = (0..args.producers)
        .map(|number| {
            let producer = kill * args.producers + number + 1;
            let (socket, stop) = (service.socket.clone(), Arc::clone(&stop));
            std::thread::spawn(move || write(socket, producer, rate, &stop))
        })
        .collect();
    // Between one and five commits, at no particular moment of them.
    std::thread::sleep(Duration::from_millis(100 + kill * 37 % 400));
    let killed_at = now_ms();
    service.kill()?;
    stop.store(true, Ordering::Relaxed);
    let told = producers.into_iter().map(|producer| {
        let told = producer.join().map_err(|_| "a producer broke".to_owned())?;
        told.map_err(|e| format!("a producer cannot connect: {e}"))
    });
    Ok((told.collect::<Result<_, _>>()?, killed_at))
}

fn write(socket: PathBuf, producer: u64, rate: f64, stop: &AtomicBool) -> std::io::Result<Told> {
    let mut stream = UnixStream::connect(socket)?;
    let (mut lines, mut at, mut text) = (Lines::new(producer), Vec::new(), String::new());
    let begun = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        while lines.count() < (begun.elapsed().as_secs_f64() * rate) as u64 {
            text.clear();
            lines.next(&mut text);
            // The collector is dead: what comes now is nobody's.
            if stream.write_all(text.as_bytes()).is_err() {
                return Ok(Told { producer, at });
            }
            at.push(now_ms());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(Told { producer, at })
}

/// How old the oldest line was, when the collector was killed, that is not in
/// the store; fails when a line is missing before one that is there.
fn missing_ms(
    told: &Told,
    killed_at: f64,
    observed: &super::observed::Observed,
) -> Result<f64, Failure> {
    let id = format!("{:016x}", told.producer);
    let stored = observed.producers.get(&id);
    let count = stored.map_or(0, |stored| stored.lines);
    hold(
        stored.is_none_or(|stored| stored.last + 1 == stored.lines),
        || format!("producer {id}: lines are missing among those that are stored"),
    )?;
    let missing = usize::try_from(count)
        .ok()
        .and_then(|count| told.at.get(count));
    Ok(missing.map_or(0.0, |at| (killed_at - at).max(0.0)))
}
