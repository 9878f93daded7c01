//! `hero-span collect` as a service that systemd starts.

use std::io::{Read, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::common::{Collector, Finished, end, hero_span, run, start};

/// Does what systemd does: makes the socket `listener`, and hands it over.
const HAND_OVER: &str = "\
import os, socket, sys
path, program = sys.argv[1:3]
def unix(address=path):
    made = socket.socket(socket.AF_UNIX)
    made.bind(address)
    return made
def listening(made):
    made.listen()
    return made
listener = LISTENER
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
EXTRA
os.execv(program, sys.argv[2:])
";

struct Service {
    directory: TempDir,
    notified: UnixDatagram,
}

impl Service {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let notified = UnixDatagram::bind(directory.path().join("notify")).expect("bound");
        let timeout = Some(Duration::from_secs(20));
        notified.set_read_timeout(timeout).expect("set");
        Self {
            directory,
            notified,
        }
    }

    fn command(&self, listener: &str, extra: &str, args: &[&str]) -> Command {
        let script = HAND_OVER
            .replace("LISTENER", listener)
            .replace("EXTRA", extra);
        let mut command = Command::new("python3");
        command.args(["-c", &script]).arg(self.path("s"));
        command
            .arg(hero_span().get_program())
            .arg("collect")
            .args(args);
        command.env("NOTIFY_SOCKET", self.path("notify"));
        command.env("HERO_HOME", self.directory.path());
        command
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command("listening(unix())", "", args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("it runs")
    }

    /// What the service told systemd, with DIR for the directory.
    fn told(&self) -> String {
        let mut bytes = [0; 1000];
        let count = self.notified.recv(&mut bytes).expect("told");
        let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
        text.replace(&self.directory.path().display().to_string(), "DIR")
    }

    fn send(&self, lines: &[String]) {
        let mut stream = UnixStream::connect(self.path("s")).expect("it listens");
        stream.write_all(lines.concat().as_bytes()).expect("sent");
    }
}

const READY: &str = "READY=1\nSTATUS=Listening on DIR/s\n";
const STOPPING: &str = "STOPPING=1\nSTATUS=Reading what was sent\n";

#[test]
fn it_serves_the_socket_that_is_handed_over() {
    let service = Service::new();
    let child = service.start(&["--once", "--stable", "--view", "trees"]);
    assert_eq!(service.told(), READY);
    service.send(&[start(1, None), end(1, "ok")]);
    assert_eq!(service.told(), STOPPING);
    let output = child.wait_with_output().expect("ended");
    let stdout = String::from_utf8_lossy(&output.stdout);
    insta::assert_snapshot!(stdout, @"
    run 1  1 span
    ✓ n1  step
    ");
    assert_eq!(output.status.code(), Some(0));
    assert!(service.path("s").exists(), "the name is systemd's");
    assert!(
        !service.path("s.lock").exists(),
        "there is one by its nature"
    );
}

#[test]
fn it_tells_when_it_is_asked_to_stop() {
    let service = Service::new();
    let child = service.start(&["--view", "trees"]);
    assert_eq!(service.told(), READY);
    let _open = UnixStream::connect(service.path("s")).expect("it listens");
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("a process id"), Signal::TERM).expect("sent");
    assert_eq!(service.told(), STOPPING);
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(0));
    let nothing = service.notified.set_nonblocking(true);
    nothing.expect("set");
    assert!(service.notified.recv(&mut [0]).is_err(), "told once");
}

#[test]
fn what_came_before_it_started_is_heard() {
    let service = Service::new();
    let mut command = service.command(
        "listening(unix())",
        "open(path + '.there', 'w').close(); sys.stdin.read()",
        &["--once", "--stable"],
    );
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    while !service.path("s.there").exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    service.send(&[start(1, None), end(1, "ok")]);
    drop(child.stdin.take());
    let mut stdout = String::new();
    let mut pipe = child.stdout.take().expect("piped");
    pipe.read_to_string(&mut stdout).expect("text");
    assert!(stdout.starts_with("#1 ▶ n1  step\n"), "{stdout}");
    child.wait().expect("ended");
}

#[test]
fn a_service_manager_that_is_gone_is_no_reason_to_stop() {
    let mut command = hero_span();
    command.stdout(Stdio::piped());
    command.env("NOTIFY_SOCKET", "/no/such/socket");
    let collector = Collector::spawn(command, &["--once", "--stable"]);
    collector.send(&[start(1, None), end(1, "ok")]);
    let Finished { code, stderr, .. } = collector.finish();
    insta::assert_snapshot!(stderr, @"
    hero-span: cannot tell the service manager: No such file or directory (os error 2)
    hero-span: cannot tell the service manager: No such file or directory (os error 2)
    1 run, 1 span, 2 lines, 0 lost
    ");
    assert_eq!(code, Some(0));
}

/// A socket that cannot be served is refused.
#[track_caller]
fn check_refused(listener: &str, extra: &str, args: &[&str], expected: &str) {
    let service = Service::new();
    let Finished { code, stderr, .. } = run(&mut service.command(listener, extra, args));
    let place = service.directory.path().display().to_string();
    assert_eq!(stderr.replace(&place, "DIR"), expected);
    assert_eq!(code, Some(2));
}

#[test]
fn what_is_no_listening_unix_socket_is_refused() {
    let refused = |found: &str| {
        format!(
            "hero-span: LISTEN_FDS: expected one Unix stream socket that listens, found {found}: give the socket unit one ListenStream=PATH and no Accept=yes\n"
        )
    };
    let check = |listener: &str, extra: &str, found: &str| {
        check_refused(listener, extra, &[], &refused(found));
    };
    let tcp = "listening(socket.create_server(('127.0.0.1', 0)))";
    check(tcp, "", "fd 3 is not a valid unix stream socket");
    let datagrams = "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)";
    check(datagrams, "", "fd 3 is not a valid unix stream socket");
    check("open('/dev/null')", "", "fd 3 is not a socket");
    check("unix()", "os.close(3)", "fd 3 is not a socket");
    check("unix()", "", "a socket that does not listen");
    check(
        "socket.socketpair()[0]",
        "",
        "a socket that does not listen",
    );
    let nameless = "listening(unix('\\0hero-span-' + str(os.getpid())))";
    check(nameless, "", "a socket without an absolute path");
    let two = "os.environ['LISTEN_FDS'] = '2'";
    check("listening(unix())", two, "2 descriptors");
    let odd = "os.environ['LISTEN_FDS'] = 'many'";
    check("listening(unix())", odd, "\"many\"");
}

#[test]
fn a_path_beside_a_socket_that_is_handed_over_is_refused() {
    check_refused(
        "listening(unix())",
        "",
        &["--listen", "/tmp/other"],
        "hero-span: /tmp/other: expected to listen there, found that DIR/s was handed over: leave --listen out, or start it without the socket unit\n",
    );
}

#[test]
fn the_same_path_as_it_is_written_here_is_no_other() {
    let service = Service::new();
    let args = ["--listen", "s", "--view", "trees"];
    let mut command = service.command("listening(unix())", "", &args);
    command.current_dir(service.directory.path());
    let mut child = command.stdout(Stdio::null()).spawn().expect("it runs");
    assert_eq!(service.told(), READY);
    child.kill().expect("killed");
    child.wait().expect("ended");
}

#[test]
fn what_is_handed_to_another_process_is_none_of_our_business() {
    let service = Service::new();
    let other = service.path("other").display().to_string();
    let elsewhere = "os.environ['LISTEN_PID'] = '1'";
    let mut command = service.command("listening(unix())", elsewhere, &["--listen", &other]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it runs");
    assert_eq!(service.told(), "READY=1\nSTATUS=Listening on DIR/other\n");
    child.kill().expect("killed");
    child.wait().expect("ended");
}

/// The value of a setting in one of the example units.
fn setting(unit: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("systemd")
        .join(unit);
    let text = std::fs::read_to_string(path).expect("an example unit");
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("no {name}")).to_owned()
}

#[test]
fn the_example_units_run_what_there_is_where_flows_look_for_it() {
    let start = setting("hero-span.service", "ExecStart");
    let words: Vec<_> = start.split(' ').collect();
    let (program, args) = words.split_first().expect("a program");
    assert!(program.ends_with("/hero-span"), "{program}");
    let runtime = tempfile::tempdir().expect("a directory");
    let place = runtime.path().to_str().expect("text");
    let mut command = hero_span();
    command
        .env("XDG_RUNTIME_DIR", place)
        .args(args)
        .arg("--print-env");
    let asked = run(&mut command);
    assert_eq!(asked.code, Some(0), "{}", asked.stderr);
    let listen = setting("hero-span.socket", "ListenStream").replace("%t", place);
    assert_eq!(
        asked.stdout,
        format!("export HERO_FLOW_SPAN_SOCK={listen}\n")
    );
    assert_eq!(setting("hero-span.service", "Type"), "notify");
    assert_eq!(setting("hero-span.socket", "SocketMode"), "0600");
    assert_eq!(setting("hero-span.socket", "DirectoryMode"), "0700");
}
