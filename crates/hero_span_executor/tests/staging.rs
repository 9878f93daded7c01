//! The SDK is put in place whole, whoever dies meanwhile.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{HELPER, staged};
use hero_span_executor::stage;

const SDK: &str = include_str!("../../../sdk/python/hero_tracing.py");

fn base() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn helper(role: &str, base: &Path) -> Command {
    let mut command = Command::new(HELPER);
    command.arg(role).arg(base);
    command
}

fn said(command: &mut Command) -> String {
    let output = command.output().expect("run");
    String::from_utf8(output.stdout).expect("text")
}

/// What is in the SDK's directory, in order.
fn names(base: &Path) -> Vec<String> {
    let directory = staged(base);
    let entries = fs::read_dir(directory.parent().expect("a directory")).expect("a directory");
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("text");
    let mut names: Vec<_> = entries
        .map(|entry| name(entry.expect("an entry")))
        .collect();
    names.sort();
    names
}

#[track_caller]
fn check_staged(base: &Path) {
    assert_eq!(fs::read_to_string(staged(base)).expect("the SDK"), SDK);
    assert_eq!(names(base), ["hero_tracing.py"]);
}

/// After `prepare` was at `BASE/var/flows/sdk`, staging fails so.
#[track_caller]
fn refused(prepare: impl FnOnce(&Path)) -> String {
    let base = base();
    let directory = base.path().join("var/flows/sdk");
    fs::create_dir_all(directory.parent().expect("a parent")).expect("made");
    prepare(&directory);
    let error = stage(base.path()).expect_err("refused").to_string();
    error.replace(&base.path().display().to_string(), "BASE")
}

#[test]
fn it_is_written_once() {
    let base = base();
    let base = base.path().join("home");
    let first = stage(&base).expect("staged");
    assert!(first.written);
    assert_eq!(first.directory, base.join("var/flows/sdk"));
    check_staged(&base);
    let made = staged(&base).metadata().expect("the file");
    assert_eq!(made.mode() & 0o7777, 0o600);
    for directory in ["", "var", "var/flows", "var/flows/sdk"] {
        let made = base.join(directory).metadata().expect("a directory");
        assert_eq!(made.mode() & 0o7777, 0o700, "{directory}");
    }
    let second = stage(&base).expect("staged");
    assert!(!second.written);
    let after = staged(&base).metadata().expect("the file");
    assert_eq!(
        (after.ino(), after.mtime_nsec()),
        (made.ino(), made.mtime_nsec())
    );
}

#[test]
fn what_is_wrong_is_replaced() {
    let wrong: [fn(&Path); 5] = [
        |file| fs::write(file, "print('evil')").expect("written"),
        |file| fs::write(file, "x".repeat(SDK.len())).expect("written"),
        |file| fs::write(file, &SDK[..SDK.len() - 1]).expect("written"),
        |file| fs::write(file, format!("{SDK}#")).expect("written"),
        |file| {
            fs::write(file, SDK).expect("written");
            fs::set_permissions(file, fs::Permissions::from_mode(0o666)).expect("set");
        },
    ];
    for make_wrong in wrong {
        let base = base();
        stage(base.path()).expect("staged");
        make_wrong(&staged(base.path()));
        assert!(stage(base.path()).expect("staged").written);
        check_staged(base.path());
    }
}

#[test]
fn what_is_no_file_is_replaced() {
    let base = base();
    stage(base.path()).expect("staged");
    let file = staged(base.path());
    fs::remove_file(&file).expect("removed");
    let made = Command::new("mkfifo").arg(&file).status().expect("mkfifo");
    assert!(made.success());
    assert!(stage(base.path()).expect("staged").written);
    check_staged(base.path());
}

#[test]
fn a_link_is_replaced_and_not_followed() {
    for text in ["precious", SDK] {
        let base = base();
        stage(base.path()).expect("staged");
        let target = base.path().join("target");
        fs::write(&target, text).expect("written");
        let file = staged(base.path());
        fs::remove_file(&file).expect("removed");
        symlink(&target, &file).expect("linked");
        assert!(stage(base.path()).expect("staged").written);
        assert_eq!(fs::read_to_string(&target).expect("the target"), text);
        assert!(file.symlink_metadata().expect("the file").is_file());
        check_staged(base.path());
    }
}

#[test]
fn a_directory_that_is_none_of_ours_is_refused() {
    let elsewhere = base();
    insta::assert_snapshot!(refused(|directory| symlink(elsewhere.path(), directory).expect("linked")), @r#""BASE/var/flows/sdk": expected a directory that nobody else can change, found a symbolic link: move it away, or choose another base"#);
    assert_eq!(
        fs::read_dir(elsewhere.path()).expect("a directory").count(),
        0
    );
    insta::assert_snapshot!(refused(|directory| symlink("nowhere", directory).expect("linked")), @r#""BASE/var/flows/sdk": expected a directory that nobody else can change, found a symbolic link: move it away, or choose another base"#);
    insta::assert_snapshot!(refused(|directory| fs::write(directory, "precious").expect("written")), @r#""BASE/var/flows/sdk": expected a directory that nobody else can change, found a file that is no directory: move it away, or choose another base"#);
    let open = |directory: &Path| {
        fs::create_dir(directory).expect("made");
        fs::set_permissions(directory, fs::Permissions::from_mode(0o770)).expect("set");
    };
    insta::assert_snapshot!(refused(open), @r#""BASE/var/flows/sdk": expected a directory that nobody else can change, found one of mode 0770: move it away, or choose another base"#);
    let open_above = |directory: &Path| {
        let above = directory.parent().expect("a parent");
        fs::set_permissions(above, fs::Permissions::from_mode(0o777)).expect("set");
    };
    insta::assert_snapshot!(refused(open_above), @r#""BASE/var/flows": expected a directory that nobody else can change, found one of mode 0777: move it away, or choose another base"#);
    let file = |directory: &Path| {
        fs::create_dir_all(directory.join("hero_tracing.py")).expect("made");
    };
    insta::assert_snapshot!(refused(file), @r#""BASE/var/flows/sdk/hero_tracing.py": cannot put the SDK in its place: Is a directory (os error 21): see that the directory can be written to, or choose another base"#);
    let relative = stage(Path::new("here")).expect_err("refused");
    insta::assert_snapshot!(relative, @r#""here": expected an absolute path, found a relative one: give the whole path"#);
}

#[test]
fn what_only_root_can_make_is_refused() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("left out: only root can give a directory away");
        return;
    }
    let foreign = |directory: &Path| {
        fs::create_dir(directory).expect("made");
        chown(directory, Some(65_534), None).expect("given away");
    };
    insta::assert_snapshot!(refused(foreign), @r#""BASE/var/flows/sdk": expected a directory that nobody else can change, found one of user 65534, not of 0: move it away, or choose another base"#);
}

/// Root writes everywhere, so another user stages.
#[test]
fn a_directory_that_cannot_be_written_to_is_told() {
    const NOBODY: u32 = 65_534;
    let root = rustix::process::geteuid().is_root();
    let base = base();
    stage(base.path()).expect("staged");
    let file = staged(base.path());
    let directory = file.parent().expect("a directory");
    for path in [
        base.path(),
        &base.path().join("var"),
        &base.path().join("var/flows"),
        directory,
        &file,
    ] {
        if root {
            chown(path, Some(NOBODY), None).expect("given away");
        }
    }
    fs::set_permissions(directory, fs::Permissions::from_mode(0o500)).expect("set");
    let say = || {
        let mut command = helper("stage", base.path());
        if root {
            command.uid(NOBODY);
        }
        said(&mut command).replace(&base.path().display().to_string(), "BASE")
    };
    // What is right need not be written.
    assert_eq!(say(), "there\n");
    fs::write(&file, "x").expect("written");
    insta::assert_snapshot!(say(), @r#""BASE/var/flows/sdk": cannot make a file for the SDK: Permission denied (os error 13): see that the directory can be written to, or choose another base"#);
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).expect("set");
}

#[test]
fn fifty_processes_stage_at_once() {
    let base = base();
    let start = |_| -> Child {
        let mut command = helper("stage", base.path());
        command.stdout(Stdio::piped()).spawn().expect("started")
    };
    let all: Vec<_> = (0..50).map(start).collect();
    for child in all {
        let output = child.wait_with_output().expect("waited");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        assert!(["written\n", "there\n"].contains(&&*said), "{said}");
    }
    check_staged(base.path());
}

#[test]
fn a_kill_leaves_a_whole_file_or_none() {
    let base = base();
    let mut left = 0;
    for round in 0..100_u64 {
        let mut child = helper("stage-for-ever", base.path())
            .spawn()
            .expect("started");
        // Spread over the first 20 ms, in an order that looks like none.
        std::thread::sleep(Duration::from_micros(2_000 + round * 7_919 % 20_000));
        child.kill().expect("killed");
        child.wait().expect("waited");
        if let Ok(found) = fs::read_to_string(staged(base.path())) {
            assert_eq!(found, SDK);
        }
        left += u32::from(
            base.path().join("var/flows/sdk").exists()
                && names(base.path()).iter().any(|name| name.starts_with('.')),
        );
    }
    println!("{left} of 100 kills left a temporary file");
    stage(base.path()).expect("staged");
    check_staged(base.path());
}

#[test]
fn files_of_the_living_are_left_alone() {
    let base = base();
    stage(base.path()).expect("staged");
    let directory = base.path().join("var/flows/sdk");
    fs::write(directory.join(".hero_tracing.py.1-0"), "half").expect("written");
    let held = fs::File::create(directory.join(".hero_tracing.py.1-1")).expect("made");
    held.lock().expect("locked");
    stage(base.path()).expect("staged");
    assert_eq!(
        names(base.path()),
        [".hero_tracing.py.1-1", "hero_tracing.py"]
    );
    drop(held);
    stage(base.path()).expect("staged");
    check_staged(base.path());
}
