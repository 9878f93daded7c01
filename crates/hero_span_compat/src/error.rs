//! The one error of the crate.

use std::fmt;

/// Why two contracts could not be compared.
#[derive(Debug)]
pub struct Error(Kind);

#[derive(Debug)]
enum Kind {
    Table(String),
    Contract(hero_span_contract::Error),
    Json {
        path: String,
        cause: serde_json::Error,
    },
    Pattern {
        path: String,
        clause: String,
        pattern: String,
    },
    Reference {
        path: String,
        name: String,
    },
    Schema(String),
    Approvals {
        path: String,
        cause: String,
    },
}

impl Error {
    pub(crate) fn table(cause: &str) -> Self {
        Self(Kind::Table(cause.to_owned()))
    }

    pub(crate) fn json(path: &str, cause: serde_json::Error) -> Self {
        Self(Kind::Json {
            path: path.to_owned(),
            cause,
        })
    }

    pub(crate) fn pattern(path: &str, clause: &str, pattern: &str) -> Self {
        Self(Kind::Pattern {
            path: path.to_owned(),
            clause: clause.to_owned(),
            pattern: pattern.to_owned(),
        })
    }

    pub(crate) fn reference(path: &str, name: &str) -> Self {
        Self(Kind::Reference {
            path: path.to_owned(),
            name: name.to_owned(),
        })
    }

    pub(crate) fn schema(cause: &impl fmt::Display) -> Self {
        Self(Kind::Schema(cause.to_string()))
    }

    pub(crate) fn approvals(path: &str, cause: String) -> Self {
        Self(Kind::Approvals {
            path: path.to_owned(),
            cause,
        })
    }
}

impl From<hero_span_contract::Error> for Error {
    fn from(cause: hero_span_contract::Error) -> Self {
        Self(Kind::Contract(cause))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Table(cause) => write!(f, "the table of rules: {cause}"),
            Kind::Contract(cause) => cause.fmt(f),
            Kind::Json { path, cause } => write!(
                f,
                "{path}: expected a contract as JSON (the contract.json of a version), found {cause}"
            ),
            Kind::Pattern {
                path,
                clause,
                pattern,
            } => write!(
                f,
                "{path}: {clause}: expected a regular expression, found `{pattern}`"
            ),
            Kind::Reference { path, name } => write!(
                f,
                "{path}: expected every type and limit to be declared, found no `{name}`"
            ),
            Kind::Schema(cause) => write!(f, "a contract makes no JSON Schema: {cause}"),
            Kind::Approvals { path, cause } => write!(
                f,
                "{path}: expected [[approved]] tables with rule, place and reason, found {cause}"
            ),
        }
    }
}

impl std::error::Error for Error {}
