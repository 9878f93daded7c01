//! Which file is a store, and of which version.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::Error;

/// "hero", so that a file that is something else is never written to.
const APPLICATION_ID: i32 = 0x6865_726f;

/// What makes a store of version n out of one of version n − 1.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// The version that this program reads and writes.
pub(super) const VERSION: i32 = MIGRATIONS.len() as i32;

/// How long to wait for another program that writes to the file, unless what
/// waits behind it cannot wait too.
const BUSY: std::time::Duration = std::time::Duration::from_secs(2);

/// Statements that are kept prepared: more than there are.
const STATEMENTS: usize = 64;

/// What a file is before it is touched.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Empty,
    Store { version: i32 },
}

/// Opens the file to write to it, made and brought up to date where needed. Any
/// other file is refused, and left as it is.
pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    create_private(path)?;
    let fault = |e| Error::store(path, "open the store", e);
    let mut connection =
        Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))
            .map_err(fault)?;
    connection.busy_timeout(BUSY).map_err(fault)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    let found = identify(&connection, path)?;
    if found == Found::Empty {
        make_private(path)?;
    }
    prepare(&connection, &found).map_err(fault)?;
    migrate(&mut connection, &found)
        .map_err(|e| Error::store(path, "bring the store up to date", e))?;
    Ok(connection)
}

/// Opens a store that is there to read it, while a collector may write to it.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, Error> {
    if !path.exists() {
        return Err(Error::no_store(path));
    }
    let fault = |e| Error::store(path, "open the store", e);
    let connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_ONLY))
        .map_err(fault)?;
    connection.busy_timeout(BUSY).map_err(fault)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    match identify(&connection, path)? {
        Found::Store { version: VERSION } => Ok(connection),
        Found::Store { version } => Err(Error::older_store(path, version, VERSION)),
        Found::Empty => Err(Error::no_store(path)),
    }
}

fn flags(mode: OpenFlags) -> OpenFlags {
    mode | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// The system would make the file readable by all.
fn create_private(path: &Path) -> Result<(), Error> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => check_plain(path),
        Err(e) => Err(Error::system(path, "make the store", e)),
    }
}

/// A file that was there, and empty. What was a store already is as open to
/// others as its owner wants it to be.
fn make_private(path: &Path) -> Result<(), Error> {
    let private = Permissions::from_mode(0o600);
    std::fs::set_permissions(path, private)
        .map_err(|e| Error::system(path, "make the store private", e))
}

fn check_plain(path: &Path) -> Result<(), Error> {
    let found = std::fs::symlink_metadata(path)
        .map_err(|e| Error::system(path, "look at the store", e))?
        .file_type();
    if found.is_file() {
        // SQLite would open it to read only, and say so late.
        let opened = File::options().write(true).open(path);
        return opened
            .map(|_| ())
            .map_err(|e| Error::system(path, "write to the store", e));
    }
    let found = match (found.is_symlink(), found.is_dir()) {
        (true, _) => "a symbolic link",
        (_, true) => "a directory",
        _ => "something else",
    };
    Err(Error::foreign_store(path, found.to_owned()))
}

fn identify(connection: &Connection, path: &Path) -> Result<Found, Error> {
    let fault = |e| Error::store(path, "read the store", e);
    let number = |pragma: &str| {
        connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i32>(0))
    };
    let look = || {
        // One moment: somebody else may just be making it.
        let moment = connection.unchecked_transaction()?;
        let sql = "SELECT count(*) FROM sqlite_schema";
        let tables: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        let found = (number("application_id")?, number("user_version")?, tables);
        moment.finish()?;
        Ok(found)
    };
    let (application, version, tables) = look().map_err(fault)?;
    match (application, version, tables) {
        (0, 0, 0) => Ok(Found::Empty),
        (APPLICATION_ID, 1..=VERSION, _) => Ok(Found::Store { version }),
        (APPLICATION_ID, ..) => Err(Error::newer_store(path, version, VERSION)),
        _ => Err(Error::foreign_store(
            path,
            "a database of another program".to_owned(),
        )),
    }
}

/// WAL, so that nobody who reads holds the collector up. With FULL, what is
/// committed survives the machine's death too.
fn prepare(connection: &Connection, found: &Found) -> rusqlite::Result<()> {
    if *found == Found::Empty {
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_096)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)
}

fn migrate(connection: &mut Connection, found: &Found) -> rusqlite::Result<()> {
    if *found == (Found::Store { version: VERSION }) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Somebody else may have done it meanwhile.
    let version: i32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for migration in MIGRATIONS
        .iter()
        .skip(usize::try_from(version).unwrap_or(0))
    {
        transaction.execute_batch(migration)?;
    }
    if version != VERSION {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}
