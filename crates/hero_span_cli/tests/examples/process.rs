//! Programs run to their end, and never longer than a test may take.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hero_span_protocol::env;

const PATIENCE: Duration = Duration::from_secs(60);

/// How a program ended, and what it printed.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Finished {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    finish(child.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}")))
}

/// Waits for a program whose output is piped.
pub(crate) fn finish(mut child: Child) -> Finished {
    let stdout = read_aside(child.stdout.take());
    let stderr = read_aside(child.stderr.take());
    let status = wait(&mut child);
    let [stdout, stderr] = [stdout, stderr].map(|reader| reader.join().unwrap());
    Finished {
        status,
        stdout,
        stderr,
    }
}

/// Reads on a thread of its own: a full pipe would hold the program up.
fn read_aside(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_string(&mut text).unwrap();
        }
        text
    })
}

fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("a program did not end within {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// An example as `python3 sdk/python/examples/NAME.py`.
pub(crate) fn script(name: &str, socket: Option<&Path>) -> Command {
    let mut command = python(socket);
    command.arg(examples().join(name).with_extension("py"));
    command
}

/// An example through the door that executors use.
pub(crate) fn flow(name: &str, socket: Option<&Path>) -> Command {
    const DOOR: &str = "\
import importlib, sys
sys.path.insert(0, sys.argv[1])
import hero_tracing
module = importlib.import_module(sys.argv[2])
hero_tracing._bootstrap_run(getattr(module, sys.argv[2]), {})
";
    let mut command = python(socket);
    command.args(["-c", DOOR]).arg(examples()).arg(name);
    command
}

/// An example of the Rust SDK, with its feature `tracing`; it is built first.
pub(crate) fn rust_example(name: &str) -> Command {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "hero_tracing"])
        .args(["--all-features", "--example", name])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        // Set for this program's own build; a build inside would differ by it and start anew.
        .env_remove("CARGO_MANIFEST_DIR")
        .status();
    assert!(built.unwrap().success(), "{name} cannot be built");
    let commands = Path::new(env!("CARGO_BIN_EXE_hero-span")).parent().unwrap();
    let mut command = Command::new(commands.join("examples").join(name));
    command.env_remove(env::SOCKET).env_remove(env::PARENT);
    command
}

fn python(socket: Option<&Path>) -> Command {
    let mut command = Command::new("python3");
    command.env_remove(env::SOCKET).env_remove(env::PARENT);
    command.envs(socket.map(|socket| (env::SOCKET, socket)));
    command
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/python/examples")
}
