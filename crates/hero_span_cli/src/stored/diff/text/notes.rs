//! What a comparison does not know.

use hero_span_collector::store::RunLine;

use super::Shown;
use crate::view::plural;

impl Shown<'_> {
    /// What makes it less than whole.
    pub(super) fn warnings(self) -> Vec<String> {
        let runs = self.comparison.runs.iter();
        let mut lines: Vec<_> = runs.filter_map(missing).collect();
        if !lines.is_empty() {
            lines.push("what differs may be owed to that".to_owned());
        }
        let running = self.comparison.runs.iter().filter(|run| run.is_running());
        lines.extend(running.map(|run| {
            format!(
                "run {} goes on: it is compared as far as it is stored",
                run.run
            )
        }));
        if self.findings().matched == 0 {
            lines.push("no span is in both: are they runs of one flow?".to_owned());
        }
        let lines = lines.iter();
        lines
            .map(|line| self.paint.warn(&format!("! {line}")))
            .collect()
    }

    /// What was not compared.
    pub(super) fn remarks(self) -> Vec<String> {
        let findings = self.findings();
        let untimed = (findings.untimed > 0).then(|| {
            let durations = plural(findings.untimed, "duration");
            format!("{durations} not compared: a start or an end is not known")
        });
        let so_far = (findings.so_far > 0).then(|| {
            let values = plural(findings.so_far, "value");
            format!("{values} known only in part: the same up to there")
        });
        let untold = findings.values.left_out();
        let untold = (untold > 0).then(|| format!("{} not told", plural(untold, "more value")));
        let remarks = [untimed, so_far, untold].into_iter().flatten();
        remarks
            .map(|text| self.paint.dim(&format!("· {text}")))
            .collect()
    }
}

/// What never reached the store of a run.
fn missing(run: &RunLine) -> Option<String> {
    let count = |count: u64, thing: &str, how: &str| {
        (count > 0).then(|| format!("{} {how}", plural(count, thing)))
    };
    let parts = [
        count(run.lost, "event", "lost"),
        count(run.unstored, "event", "not kept"),
        count(run.rejected, "line", "rejected"),
        count(run.torn, "line", "torn"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("run {} is not whole: {}", run.run, parts.join(", ")))
}
