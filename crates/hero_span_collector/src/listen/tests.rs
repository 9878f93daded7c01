//! Where a collector listens, and where it refuses to.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tempfile::TempDir;

use super::Listener;

/// A private directory, and a socket's path in it.
fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("s");
    (directory, path)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().expect("a runtime");
    runtime.block_on(future)
}

fn names(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("readable");
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry.expect("an entry")))
        .collect();
    names.sort();
    names
}

/// Binding fails, the message is this (with DIR for the directory), and
/// nothing is left behind but what was there before.
#[track_caller]
fn check_refused(directory: &TempDir, path: &Path, expected: &str) {
    let before = names(directory);
    let error = block_on(Listener::bind(path)).expect_err("refused");
    let place = directory.path().display().to_string();
    assert_eq!(error.to_string().replace(&place, "DIR"), expected);
    assert_eq!(names(directory), before);
}

#[test]
fn the_socket_is_private_and_goes_with_its_lock() {
    let (directory, path) = place();
    block_on(async {
        let listener = Listener::bind(&path).await.expect("bound");
        assert_eq!(listener.path(), path);
        assert_eq!(names(&directory), ["s", "s.lock"]);
        for name in names(&directory) {
            let file = directory.path().join(name).metadata().expect("there");
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    });
    assert_eq!(names(&directory), [""; 0]);
}

#[test]
fn two_collectors_do_not_share_a_path() {
    let (directory, path) = place();
    block_on(async {
        let first = Listener::bind(&path).await.expect("bound");
        let error = Listener::bind(&path).await.expect_err("locked");
        let place = directory.path().display().to_string();
        insta::assert_snapshot!(error.to_string().replace(&place, "DIR"), @"DIR/s: expected to be its only collector, found one that holds DIR/s.lock: stop it, or choose another path");
        assert_eq!(names(&directory), ["s", "s.lock"], "the first one's stay");
        StdStream::connect(&path).expect("the first still listens");
        drop(first);
    });
    block_on(async { Listener::bind(&path).await.expect("free again") });
}

#[test]
fn a_dead_collectors_socket_is_replaced() {
    let (directory, path) = place();
    drop(StdListener::bind(&path).expect("bound"));
    fs::write(directory.path().join("s.lock"), "").expect("written");
    assert_eq!(names(&directory), ["s", "s.lock"]);
    block_on(async {
        let _listener = Listener::bind(&path).await.expect("bound");
        StdStream::connect(&path).expect("somebody listens");
    });
}

#[test]
fn a_living_programs_socket_is_left_alone() {
    let (directory, path) = place();
    let other = StdListener::bind(&path).expect("bound");
    check_refused(
        &directory,
        &path,
        "DIR/s: expected a free name, found a program that listens there: stop it, or choose another path",
    );
    StdStream::connect(&path).expect("the other one still listens");
    drop(other);
}

#[test]
fn a_program_that_accepts_nobody_is_still_there() {
    let (directory, path) = place();
    let other = StdListener::bind(&path).expect("bound");
    rustix::net::listen(&other, 0).expect("a queue for one");
    let _waiting = StdStream::connect(&path).expect("queued");
    check_refused(
        &directory,
        &path,
        "DIR/s: expected a free name, found a program that listens there: stop it, or choose another path",
    );
}

#[test]
fn a_file_is_left_alone() {
    let (directory, path) = place();
    fs::write(&path, "precious").expect("written");
    check_refused(
        &directory,
        &path,
        "DIR/s: expected a free name or a collector's old socket, found a file that is no socket: move it, or choose another path",
    );
    assert_eq!(fs::read(&path).expect("there"), b"precious");
}

#[test]
fn a_directory_is_left_alone() {
    let (directory, path) = place();
    fs::create_dir(&path).expect("made");
    check_refused(
        &directory,
        &path,
        "DIR/s: expected a free name or a collector's old socket, found a directory: move it, or choose another path",
    );
}

#[test]
fn a_symbolic_link_is_refused_wherever_it_points() {
    let (directory, path) = place();
    let target = directory.path().join("old");
    drop(StdListener::bind(&target).expect("bound"));
    for target in [&target, &directory.path().join("missing")] {
        symlink(target, &path).expect("linked");
        check_refused(
            &directory,
            &path,
            "DIR/s: expected a free name or a collector's old socket, found a symbolic link: move it, or choose another path",
        );
        fs::remove_file(&path).expect("removed");
    }
}

#[test]
fn a_linked_lock_file_is_refused() {
    let (directory, path) = place();
    let target = directory.path().join("target");
    symlink(&target, directory.path().join("s.lock")).expect("linked");
    let error = block_on(Listener::bind(&path)).expect_err("refused");
    assert!(
        error.to_string().contains("cannot open the lock file"),
        "{error}"
    );
    assert!(!target.exists());
}

#[test]
fn a_missing_directory_is_named() {
    let (directory, _) = place();
    let path = directory.path().join("no/s");
    check_refused(
        &directory,
        &path,
        "DIR/no: expected a directory for the socket, found none (No such file or directory (os error 2)): make it, or choose another path",
    );
}

#[test]
fn a_directory_open_to_everybody_is_refused_unless_sticky() {
    let (directory, path) = place();
    let open = |mode| fs::Permissions::from_mode(mode);
    fs::set_permissions(&directory, open(0o777)).expect("opened");
    check_refused(
        &directory,
        &path,
        "DIR: expected a directory that nobody else can change, found one that everybody can write to: choose a private directory",
    );
    fs::set_permissions(&directory, open(0o1777)).expect("opened");
    block_on(Listener::bind(&path)).expect("as in /tmp");
}

#[test]
fn a_path_must_be_one_that_an_sdk_can_use() {
    let (directory, path) = place();
    check_refused(
        &directory,
        Path::new("s"),
        "s: expected an absolute path, found a relative one: give the socket's whole path",
    );
    let room = super::place::PATH_BYTES - path.as_os_str().len();
    let longest = directory.path().join("s".repeat(room + 1));
    block_on(Listener::bind(&longest)).expect("just short enough");
    let path = directory.path().join("s".repeat(room + 2));
    let error = block_on(Listener::bind(&path)).expect_err("too long");
    let expected = "expected a socket path of at most 107 bytes, found 108: choose a shorter one";
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[test]
fn somebody_elses_new_socket_is_left_alone_at_the_end() {
    let (directory, path) = place();
    block_on(async {
        let _listener = Listener::bind(&path).await.expect("bound");
        fs::remove_file(&path).expect("removed");
        let _other = StdListener::bind(&path).expect("bound");
    });
    assert_eq!(names(&directory), ["s"]);
}

#[test]
fn of_many_that_come_and_go_at_most_one_listens_at_a_time() {
    let (_directory, path) = place();
    let (holders, bound) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let begun = std::time::Instant::now();
    thread::scope(|scope| {
        for _ in 0..4 {
            // However slow the machine: until so many were the one.
            scope.spawn(|| {
                while bound.load(Ordering::SeqCst) < 200 {
                    assert!(begun.elapsed().as_secs() < 60, "nobody gets it");
                    let Ok(listener) = block_on(Listener::bind(&path)) else {
                        continue;
                    };
                    assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                    thread::yield_now();
                    assert!(path.exists(), "nobody took our name");
                    assert_eq!(holders.fetch_sub(1, Ordering::SeqCst), 1);
                    bound.fetch_add(1, Ordering::SeqCst);
                    drop(listener);
                }
            });
        }
    });
}
