//! Which files are taken for a store, and what becomes of those that are not.

use std::fs::{self, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use insta::assert_snapshot;
use rusqlite::Connection;

use super::script::{directory, kept, rows, writer};
use crate::Error;
use crate::store::{Reader, Store};

fn digest(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    match fs::read(path) {
        Ok(bytes) => bytes.hash(&mut hasher),
        Err(error) => error.kind().hash(&mut hasher),
    }
    hasher.finish()
}

fn told<T>(path: &Path, opened: Result<T, Error>) -> String {
    let error = opened.err().expect("refused").to_string();
    let place = path.display().to_string();
    error.replace(&place, "PATH")
}

/// Makes something, and opens it to write and to read; it must stay as it is.
fn refused(make: impl FnOnce(&Path)) -> String {
    let directory = directory();
    let path = directory.path().join("store");
    make(&path);
    let before = digest(&path);
    let written = told(&path, Store::open(&path, writer()));
    let read = told(&path, Reader::open(&path));
    assert_eq!(digest(&path), before, "it was changed: {written}");
    format!("to write: {written}\nto read: {read}")
}

/// A store with a run, to be spoilt.
fn store(path: &Path) {
    let kept = kept("1 start a\n1 log a\n1 end a\n1 close");
    fs::copy(kept.path(), path).expect("copied");
}

#[test]
fn a_new_store_is_private_and_up_to_date() {
    let directory = directory();
    let path = directory.path().join("store");
    let store = Store::open(&path, writer()).expect("a store");
    let mode = fs::metadata(&path).expect("a file").mode() & 0o7777;
    assert_eq!(mode, 0o600);
    assert_eq!(rows(&path, "PRAGMA user_version"), "1\n");
    assert_eq!(rows(&path, "PRAGMA application_id"), "1751478895\n");
    assert_eq!(rows(&path, "PRAGMA journal_mode"), "wal\n");
    assert_eq!(rows(&path, "PRAGMA auto_vacuum"), "2\n");
    drop(store);
    for _ in 0..3 {
        drop(Store::open(&path, writer()).expect("a store"));
    }
    assert_eq!(rows(&path, "PRAGMA user_version"), "1\n");
    assert_eq!(rows(&path, "SELECT count(*) FROM collectors"), "4\n");
    assert_eq!(rows(&path, "PRAGMA integrity_check"), "ok\n");
}

#[test]
fn an_empty_file_becomes_a_store() {
    let directory = directory();
    let path = directory.path().join("store");
    fs::write(&path, "").expect("written");
    fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("set");
    drop(Store::open(&path, writer()).expect("a store"));
    assert_eq!(rows(&path, "PRAGMA user_version"), "1\n");
    let mode = fs::metadata(&path).expect("a file").mode() & 0o7777;
    assert_eq!(mode, 0o600);
}

#[test]
fn a_second_writer_is_refused() {
    let directory = directory();
    let path = directory.path().join("store");
    let first = Store::open(&path, writer()).expect("a store");
    assert_snapshot!(told(&path, Store::open(&path, writer())), @"PATH: expected to be its only collector, found one that holds PATH.lock: stop it, or choose another path");
    drop(first);
    drop(Store::open(&path, writer()).expect("free again"));
}

#[test]
fn what_is_no_plain_file_is_refused() {
    assert_snapshot!(refused(|path| {
        let other = path.with_file_name("other");
        fs::write(&other, "").expect("written");
        std::os::unix::fs::symlink(other, path).expect("linked");
    }), @r"
    to write: PATH: expected a store of hero-span, found a symbolic link: choose another path; nothing was changed
    to read: PATH: expected a store, found none: run hero-span collect once, or say where it is with --store PATH
    ");
    assert_snapshot!(refused(|path| {
        std::os::unix::fs::symlink("nowhere", path).expect("linked");
    }), @r"
    to write: PATH: expected a store of hero-span, found a symbolic link: choose another path; nothing was changed
    to read: PATH: expected a store, found none: run hero-span collect once, or say where it is with --store PATH
    ");
    assert_snapshot!(refused(|path| fs::create_dir(path).expect("made")), @r"
    to write: PATH: expected a store of hero-span, found a directory: choose another path; nothing was changed
    to read: PATH: cannot open the store: disk I/O error
    ");
    assert_snapshot!(refused(|path| {
        std::os::unix::net::UnixListener::bind(path).expect("bound");
    }), @r"
    to write: PATH: expected a store of hero-span, found something else: choose another path; nothing was changed
    to read: PATH: cannot open the store: unable to open database file: PATH
    ");
}

#[test]
fn what_somebody_else_made_is_refused() {
    assert_snapshot!(refused(|path| {
        let other = Connection::open(path).expect("a database");
        other.execute_batch("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)").expect("made");
    }), @r"
    to write: PATH: expected a store of hero-span, found a database of another program: choose another path; nothing was changed
    to read: PATH: expected a store of hero-span, found a database of another program: choose another path; nothing was changed
    ");
    assert_snapshot!(refused(|path| {
        let other = Connection::open(path).expect("a database");
        other.pragma_update(None, "application_id", 7).expect("set");
    }), @r"
    to write: PATH: expected a store of hero-span, found a database of another program: choose another path; nothing was changed
    to read: PATH: expected a store of hero-span, found a database of another program: choose another path; nothing was changed
    ");
    let text = "dear diary, ".repeat(1_000);
    assert_snapshot!(refused(|path| fs::write(path, text).expect("written")), @r"
    to write: PATH: expected a store, found a damaged file (file is not a database): move it away, or try sqlite3's .recover on a copy; nothing was changed
    to read: PATH: expected a store, found a damaged file (file is not a database): move it away, or try sqlite3's .recover on a copy; nothing was changed
    ");
    assert_snapshot!(refused(|path| fs::write(path, "no").expect("written")), @r"
    to write: PATH: expected a store, found a damaged file (file is not a database): move it away, or try sqlite3's .recover on a copy; nothing was changed
    to read: PATH: expected a store, found a damaged file (file is not a database): move it away, or try sqlite3's .recover on a copy; nothing was changed
    ");
}

#[test]
fn what_a_newer_program_made_is_refused() {
    assert_snapshot!(refused(|path| {
        store(path);
        let newer = Connection::open(path).expect("a store");
        newer.pragma_update(None, "journal_mode", "DELETE").expect("set");
        newer.pragma_update(None, "user_version", 99).expect("set");
    }), @r"
    to write: PATH: expected a store of version 1 or older, found version 99: use a newer hero-span, or choose another path; nothing was changed
    to read: PATH: expected a store of version 1 or older, found version 99: use a newer hero-span, or choose another path; nothing was changed
    ");
}

#[test]
fn what_is_damaged_is_refused() {
    let spoilt = |spoil: fn(&mut Vec<u8>)| {
        refused(|path| {
            store(path);
            let mut bytes = fs::read(path).expect("a store");
            spoil(&mut bytes);
            fs::write(path, bytes).expect("written");
        })
    };
    assert_snapshot!(spoilt(|bytes| bytes.truncate(bytes.len() / 2)), @r"
    to write: PATH: expected a store, found a damaged file (database disk image is malformed): move it away, or try sqlite3's .recover on a copy; nothing was changed
    to read: PATH: expected a store, found a damaged file (database disk image is malformed): move it away, or try sqlite3's .recover on a copy; nothing was changed
    ");
    assert_snapshot!(spoilt(|bytes| bytes.truncate(1_000)), @r"
    to write: PATH: expected a store, found a damaged file (database disk image is malformed): move it away, or try sqlite3's .recover on a copy; nothing was changed
    to read: PATH: expected a store, found a damaged file (database disk image is malformed): move it away, or try sqlite3's .recover on a copy; nothing was changed
    ");
    assert_snapshot!(spoilt(|bytes| bytes[..4_096].fill(0xAA)), @r"
    to write: PATH: expected a store, found a damaged file (file is not a database): move it away, or try sqlite3's .recover on a copy; nothing was changed
    to read: PATH: expected a store, found a damaged file (file is not a database): move it away, or try sqlite3's .recover on a copy; nothing was changed
    ");
    assert_snapshot!(spoilt(|bytes| bytes[4_096..].fill(0xAA)), @r"
    to write: PATH: expected a store, found a damaged file (database disk image is malformed): move it away, or try sqlite3's .recover on a copy; nothing was changed
    to read: PATH: expected a store, found a damaged file (database disk image is malformed): move it away, or try sqlite3's .recover on a copy; nothing was changed
    ");
    assert_snapshot!(spoilt(|bytes| bytes[16..100].fill(0)), @r"
    to write: PATH: expected a store, found a damaged file (file is not a database): move it away, or try sqlite3's .recover on a copy; nothing was changed
    to read: PATH: expected a store, found a damaged file (file is not a database): move it away, or try sqlite3's .recover on a copy; nothing was changed
    ");
}

#[test]
fn a_place_that_is_not_there_is_named() {
    let directory = directory();
    let path = directory.path().join("none/store");
    assert_snapshot!(told(&path, Store::open(&path, writer())), @"PATH.lock: cannot open the lock file: No such file or directory (os error 2)");
    assert_snapshot!(told(&path, Reader::open(&path)), @"PATH: expected a store, found none: run hero-span collect once, or say where it is with --store PATH");
}

#[test]
fn what_may_not_be_written_is_named() {
    if rustix::process::geteuid().is_root() {
        eprintln!("left out: root may write everywhere");
        return;
    }
    let directory = directory();
    let path = directory.path().join("store");
    let allow = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
    allow(directory.path(), 0o500).expect("set");
    let told = told(&path, Store::open(&path, writer()));
    assert!(told.contains("Permission denied"), "{told}");
    allow(directory.path(), 0o700).expect("set");
    store(&path);
    allow(&path, 0o400).expect("set");
    let told = self::told(&path, Store::open(&path, writer()));
    assert!(told.contains("cannot write to the store"), "{told}");
}
