//! Where reports go: `--report FORMAT=FILE`.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::{Report, badge, github, html, json, junit, markdown, tap, text};
use crate::error::Error;

/// A form that a report can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// As on the terminal, without colours.
    Text,
    /// Everything, for programs; `conformance/report.schema.json`.
    Json,
    /// JUnit XML.
    Junit,
    /// TAP version 14.
    Tap,
    /// Markdown, for a comment or the summary of a job.
    Markdown,
    /// Annotations for GitHub's workflows.
    Github,
    /// One page that needs nothing beside it.
    Html,
    /// An SVG image.
    Badge,
}

/// A report that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportArgument {
    /// Its form.
    pub format: ReportFormat,
    /// Its file; `-` is standard output.
    pub file: PathBuf,
}

/// The reports that a command is asked for.
#[derive(Args, Clone, Debug, Default)]
pub struct ReportArguments {
    /// Also write the report in this format (text, json, junit, tap, markdown, github, html or
    /// badge) to this file, - for standard output; may be given again
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    pub reports: Vec<ReportArgument>,
}

const EXPECTED: &str = "expected FORMAT=FILE, such as junit=report.xml";
const WRITABLE: &str = "a file that a report can be written to";

impl FromStr for ReportArgument {
    type Err = String;

    fn from_str(argument: &str) -> Result<Self, String> {
        let (format, file) = argument.split_once('=').ok_or(EXPECTED)?;
        let format = ReportFormat::from_str(format, false).map_err(|_| {
            let known = ReportFormat::value_variants()
                .iter()
                .filter_map(|f| f.to_possible_value());
            let known: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
            format!("{EXPECTED}; the formats are {}", known.join(", "))
        })?;
        if file.is_empty() {
            return Err(EXPECTED.into());
        }
        Ok(Self {
            format,
            file: file.into(),
        })
    }
}

impl ReportArgument {
    fn is_standard_output(&self) -> bool {
        self.file.as_os_str() == "-"
    }
}

/// Whether the reports can be written, before anything runs.
///
/// # Errors
/// When a file cannot be written, or two reports would go to the same place.
pub(crate) fn prepare(reports: &[ReportArgument]) -> Result<(), Error> {
    for (place, report) in reports.iter().enumerate() {
        if reports[..place]
            .iter()
            .any(|other| other.file == report.file)
        {
            let why = "found a second report for the same place";
            return Err(Error::file(WRITABLE, &report.file, why));
        }
        if !report.is_standard_output() {
            try_file(&report.file).map_err(|error| Error::file(WRITABLE, &report.file, error))?;
        }
    }
    Ok(())
}

/// Leaves everything as it is.
fn try_file(file: &Path) -> io::Result<()> {
    if file.exists() {
        return OpenOptions::new().append(true).open(file).map(drop);
    }
    let directory = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    tempfile::tempfile_in(directory.unwrap_or(Path::new("."))).map(drop)
}

/// Writes the report as it was asked for, and for people on standard output;
/// on standard error, if a report goes to standard output.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(report: &Report, reports: &[ReportArgument]) -> Result<(), Error> {
    let told = text::text(report);
    match reports.iter().any(ReportArgument::is_standard_output) {
        true => say(anstream::stderr(), &told)?,
        false => say(anstream::stdout(), &told)?,
    }
    for argument in reports {
        let text = report.render(argument.format);
        if argument.is_standard_output() {
            say(io::stdout(), &text)?;
        } else {
            let written = std::fs::write(&argument.file, text);
            written.map_err(|error| Error::file(WRITABLE, &argument.file, error))?;
        }
    }
    Ok(())
}

/// Whoever stops listening has heard enough.
fn say(mut stream: impl Write, text: &str) -> Result<(), Error> {
    let said = stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush());
    match said {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::file(WRITABLE, Path::new("standard output"), error))
        }
        _ => Ok(()),
    }
}

impl Report {
    /// The report in a format.
    pub fn render(&self, format: ReportFormat) -> String {
        match format {
            ReportFormat::Text => self.to_text(),
            ReportFormat::Json => json::json(self),
            ReportFormat::Junit => junit::junit(self),
            ReportFormat::Tap => tap::tap(self),
            ReportFormat::Markdown => markdown::markdown(self),
            ReportFormat::Github => github::github(self),
            ReportFormat::Html => html::html(self),
            ReportFormat::Badge => badge::badge(self),
        }
    }

    /// The report for people, without colours.
    pub fn to_text(&self) -> String {
        super::detail::plain(&text::text(self))
    }
}
