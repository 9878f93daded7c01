//! How many connections the system lets us have.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the limit of open files to the most that is allowed: the usual 1024
/// is for programs that use `select`, and would be the limit of connections.
pub(crate) fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where the system refuses, connections wait for descriptors.
    let _ = setrlimit(Resource::Nofile, limit);
}
