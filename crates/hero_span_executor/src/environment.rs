//! What a flow sees of the environment that its executor has.
//!
//! Only what is named here is inherited. A flow behaves alike from a shell,
//! from a timer and from a service, and no variable that somebody set for
//! another program decides what its interpreter loads.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use hero_span_protocol::env;

use crate::Error;

/// What every flow inherits, if it is set.
const INHERITED: &[&str] = &[
    "HERO_HOME",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LOGNAME",
    "NO_PROXY",
    "PATH",
    "SHELL",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "VIRTUAL_ENV",
    "XDG_RUNTIME_DIR",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// The names that start so as well.
const INHERITED_FAMILY: &str = "LC_";

/// What no name that a caller adds may bring in: it changes what the
/// interpreter or the dynamic linker loads.
const NEVER_INHERITED: &[&str] = &["BASH_ENV", "ENV"];
const NEVER_INHERITED_FAMILIES: &[&str] = &["LD_", "PYTHON"];

/// Where a flow finds the SDK: nothing else.
const PYTHONPATH: &str = "PYTHONPATH";

/// When a run is to be over, in milliseconds since the Unix epoch: for an
/// executor that is started within it.
pub const DEADLINE: &str = "HERO_FLOW_DEADLINE_MS";

/// What a run is given beside what it inherits.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The directory of the staged SDK: the whole of `PYTHONPATH`.
    pub sdk: &'a Path,
    /// The collector's socket, as `HERO_FLOW_SPAN_SOCK` (`env.socket`); without
    /// one the SDK is off.
    pub socket: Option<&'a Path>,
    /// The span that the flow's roots hang under, as `HERO_FLOW_PARENT_SPAN`
    /// (`env.parent`).
    pub parent: Option<&'a str>,
    /// When it is to be over, in milliseconds since the Unix epoch, as
    /// [`DEADLINE`].
    pub deadline_ms: Option<f64>,
    /// Names to inherit beside the usual ones.
    pub inherit: &'a [OsString],
    /// Names and values that the caller sets; the last of a name wins.
    pub set: &'a [(OsString, OsString)],
}

/// The whole environment of a run, sorted, made of `own`: usually
/// `std::env::vars_os()`.
///
/// `PYTHONUNBUFFERED=1` is set unless the caller sets it otherwise: lines are
/// then seen when they are printed, and what a flow printed before a SIGKILL is
/// not lost in its buffer. An empty value turns that off, for a flow that prints
/// so much that a system call for each `print` counts.
///
/// # Errors
///
/// A name that is empty or has a `=` or a NUL, a value that has a NUL; a name to
/// inherit that decides what is loaded (`LD_*`, `PYTHON*`); a name or value for
/// what the executor alone sets.
pub fn environment(
    own: impl IntoIterator<Item = (OsString, OsString)>,
    given: &Given<'_>,
) -> Result<Vec<(OsString, OsString)>, Error> {
    given
        .inherit
        .iter()
        .try_for_each(|name| may_inherit(name))?;
    let settable = |(name, value): &(OsString, OsString)| may_set(name, value);
    given.set.iter().try_for_each(settable)?;

    let inherited = |name: &OsStr| is_usual(name) || given.inherit.iter().any(|n| n == name);
    let own = own.into_iter().filter(|(name, _)| inherited(name));
    let mut all: BTreeMap<OsString, OsString> = own.collect();
    all.insert("PYTHONUNBUFFERED".into(), "1".into());
    all.extend(given.set.iter().cloned());
    all.insert(PYTHONPATH.into(), given.sdk.into());
    all.extend(given.socket.map(|path| (env::SOCKET.into(), path.into())));
    all.extend(given.parent.map(|span| (env::PARENT.into(), span.into())));
    let deadline = given.deadline_ms.map(|at| at.ceil().to_string());
    all.extend(deadline.map(|at| (DEADLINE.into(), at.into())));
    Ok(all.into_iter().collect())
}

fn is_usual(name: &OsStr) -> bool {
    let name = name.as_bytes();
    INHERITED.iter().any(|usual| usual.as_bytes() == name)
        || name.starts_with(INHERITED_FAMILY.as_bytes())
}

fn may_inherit(name: &OsStr) -> Result<(), Error> {
    may_set(name, OsStr::new(""))?;
    let bytes = name.as_bytes();
    let family = |start: &&str| bytes.starts_with(start.as_bytes());
    let named = |never: &&str| bytes == never.as_bytes();
    if NEVER_INHERITED.iter().any(named) || NEVER_INHERITED_FAMILIES.iter().any(family) {
        return Err(Error::not_inherited(name));
    }
    Ok(())
}

fn may_set(name: &OsStr, value: &OsStr) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::variable(name, "an empty name"));
    }
    if name.as_bytes().contains(&b'=') {
        return Err(Error::variable(name, "a name with a \"=\""));
    }
    if name.as_bytes().contains(&0) || value.as_bytes().contains(&0) {
        return Err(Error::variable(name, "a NUL"));
    }
    if [PYTHONPATH, env::SOCKET, env::PARENT, DEADLINE]
        .iter()
        .any(|own| name == *own)
    {
        return Err(Error::reserved(name));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing<'a>() -> Given<'a> {
        Given {
            sdk: Path::new("/sdk"),
            socket: None,
            parent: None,
            deadline_ms: None,
            inherit: &[],
            set: &[],
        }
    }

    fn pairs(text: &str) -> Vec<(OsString, OsString)> {
        let pair = |word: &str| {
            let (name, value) = word.split_once('=').expect("NAME=VALUE");
            (name.into(), value.into())
        };
        text.split_whitespace().map(pair).collect()
    }

    /// What a run gets of `own`, in words.
    #[track_caller]
    fn check(own: &str, given: &Given<'_>, expected: &str) {
        let found = environment(pairs(own), given).expect("an environment");
        let word = |(name, value): &(OsString, OsString)| {
            format!("{}={}", name.display(), value.display())
        };
        let found: Vec<_> = found.iter().map(word).collect();
        assert_eq!(found.join(" "), expected);
    }

    #[track_caller]
    fn refused(inherit: &[&str], set: &[(&str, &str)]) -> String {
        let inherit: Vec<_> = inherit.iter().map(OsString::from).collect();
        let set: Vec<_> = set.iter().map(|(n, v)| (n.into(), v.into())).collect();
        let given = Given {
            inherit: &inherit,
            set: &set,
            ..nothing()
        };
        environment([], &given).expect_err("refused").to_string()
    }

    #[test]
    fn what_is_usual_is_inherited() {
        check(
            "PATH=/bin HOME=/h LC_ALL=C LC_TIME=de TZ=UTC https_proxy=a HTTPS_PROXY=b VIRTUAL_ENV=/v",
            &nothing(),
            "HOME=/h HTTPS_PROXY=b LC_ALL=C LC_TIME=de PATH=/bin PYTHONPATH=/sdk PYTHONUNBUFFERED=1 TZ=UTC VIRTUAL_ENV=/v https_proxy=a",
        );
    }

    #[test]
    fn what_decides_what_is_loaded_is_not() {
        check(
            "PYTHONPATH=/evil PYTHONSTARTUP=/e PYTHONHOME=/e LD_PRELOAD=/e.so LD_LIBRARY_PATH=/e BASH_ENV=/e LC=1 HERO_FLOW_SPAN_SOCK=/other HERO_FLOW_PARENT_SPAN=1 AWS_SECRET=s",
            &nothing(),
            "PYTHONPATH=/sdk PYTHONUNBUFFERED=1",
        );
    }

    #[test]
    fn the_executor_says_where_spans_go() {
        let given = Given {
            socket: Some(Path::new("/s")),
            parent: Some("00000000000000a1"),
            deadline_ms: Some(1_700_000_000_000.4),
            ..nothing()
        };
        check(
            "HERO_FLOW_SPAN_SOCK=/other",
            &given,
            "HERO_FLOW_DEADLINE_MS=1700000000001 HERO_FLOW_PARENT_SPAN=00000000000000a1 HERO_FLOW_SPAN_SOCK=/s PYTHONPATH=/sdk PYTHONUNBUFFERED=1",
        );
    }

    #[test]
    fn the_caller_adds_names_and_values() {
        let given = Given {
            inherit: &["AWS_PROFILE".into(), "ABSENT".into()],
            set: &pairs("PYTHONUNBUFFERED= LD_PRELOAD=/own.so DAY=monday DAY=tuesday PATH=/own"),
            ..nothing()
        };
        check(
            "AWS_PROFILE=p AWS_SECRET=s PATH=/bin",
            &given,
            "AWS_PROFILE=p DAY=tuesday LD_PRELOAD=/own.so PATH=/own PYTHONPATH=/sdk PYTHONUNBUFFERED=",
        );
    }

    #[test]
    fn values_need_not_be_text() {
        use std::os::unix::ffi::OsStringExt;
        let odd = OsString::from_vec(vec![0xff, 0xfe]);
        let found = environment([("HOME".into(), odd.clone())], &nothing()).expect("taken");
        assert_eq!(found[0], ("HOME".into(), odd));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        insta::assert_snapshot!(refused(&["LD_PRELOAD"], &[]), @r#"the variable "LD_PRELOAD": expected one that a flow may inherit, found one that changes what programs load: give its value if the flow needs it"#);
        insta::assert_snapshot!(refused(&["PYTHONSTARTUP"], &[]), @r#"the variable "PYTHONSTARTUP": expected one that a flow may inherit, found one that changes what programs load: give its value if the flow needs it"#);
        insta::assert_snapshot!(refused(&[], &[("PYTHONPATH", "/x")]), @r#"the variable "PYTHONPATH": expected one that a flow may be given, found one that only the executor sets: leave it out"#);
        insta::assert_snapshot!(refused(&["HERO_FLOW_SPAN_SOCK"], &[]), @r#"the variable "HERO_FLOW_SPAN_SOCK": expected one that a flow may be given, found one that only the executor sets: leave it out"#);
        insta::assert_snapshot!(refused(&[], &[("", "x")]), @r#"the variable "": expected NAME=VALUE without a NUL, found an empty name: leave it out"#);
        insta::assert_snapshot!(refused(&["A=B"], &[]), @r#"the variable "A=B": expected NAME=VALUE without a NUL, found a name with a "=": leave it out"#);
        insta::assert_snapshot!(refused(&[], &[("A", "x\0y")]), @r#"the variable "A": expected NAME=VALUE without a NUL, found a NUL: leave it out"#);
    }
}
