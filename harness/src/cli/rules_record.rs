//! `slogate rules record`: a unit test of rules out of a saved run.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use clap::Args;
use slogate_promql::format_duration_ms;
use slogate_promql::rules::RuleFile;

use super::output::{self, error, say, to_standard_output, warning};
use super::workflow_commands::Notation;
use super::{Failure, codes};
use crate::code::Code;
use crate::gate::ExitCode;
use crate::query::codes::{FAILED_QUERY, QUERY_TIME};
use crate::query::{Made, RecordedScenario, RuleTestError, RuleTestRequest};
use crate::rules::codes::{NO_RULES, UNKNOWN_ALERT};
use crate::rules::{find, read_rules};
use crate::slo::algebra::no_such_series;
use crate::units::parse_duration;

#[derive(Debug, Args)]
pub(super) struct RulesRecordArguments {
    /// A folder that `--save` wrote
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Rule files or patterns of files, repeatable; files of tests among them are passed over
    #[arg(long, required = true, value_name = "GLOB")]
    rules: Vec<String>,
    /// Test this alert only, and the recording rules that it reads; repeatable
    #[arg(long = "alert", value_name = "NAME")]
    alerts: Vec<String>,
    /// Whose series, where the run has several scenarios
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// Time between two samples, and two evaluations of the rules [default: that of the scrapes, or
    /// the next one that divides no range of the rules]
    #[arg(long, value_name = "DURATION", value_parser = parse_interval_ms)]
    interval: Option<i64>,
    /// Write the test to this file, which must not be there [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long, requires = "output")]
    force: bool,
}

/// Writes the test, and says what is to be known of it.
pub(super) fn record(arguments: &RulesRecordArguments) -> Result<ExitCode, Failure> {
    let file = arguments.output.as_deref();
    if let Some(file) = file {
        refuse_existing(file, arguments.force)?;
    }
    let mut paths = Vec::new();
    for pattern in &arguments.rules {
        paths.extend(find(pattern)?);
    }
    paths.sort();
    paths.dedup();
    let folder = file.map_or(Path::new("."), folder_of);
    let files: Vec<(String, RuleFile)> = read_rules(&paths)?
        .into_iter()
        .map(|rules| (relative(Path::new(&rules.name), folder), rules))
        .collect();
    let scenario =
        RecordedScenario::open(&arguments.run, arguments.scenario.as_deref()).map_err(|found| {
            Failure { exit_code: found.exit_code(), message: error(found.code(), found) }
        })?;
    let (alerts, interval_ms) = (arguments.alerts.as_slice(), arguments.interval);
    let request = RuleTestRequest { files: &files, alerts, interval_ms };
    let made =
        scenario.rule_tests(&request).map_err(|found| Failure::usage(code(&found), found))?;
    write(&(head(&scenario.name, &made) + &made.file.to_yaml()), file, arguments.force)?;
    tell(&made, file);
    // A test of some of the rules is no test of the others.
    Ok(if made.failing.is_empty() { ExitCode::Pass } else { ExitCode::Inconclusive })
}

fn code(found: &RuleTestError) -> Code {
    match found {
        RuleTestError::UnknownAlert { .. } => UNKNOWN_ALERT,
        RuleTestError::NoRules => NO_RULES,
        RuleTestError::NoSeries(_) => no_such_series::CODE,
        RuleTestError::Failed(_) => FAILED_QUERY,
        RuleTestError::TooLong { .. } => QUERY_TIME,
    }
}

/// What somebody who opens the file must know.
fn head(scenario: &str, made: &Made) -> String {
    let shown: String = scenario.chars().filter(|c| !c.is_control()).collect();
    let interval = format_duration_ms(made.grid.interval_ms);
    let lines = made.notes.iter().map(|note| format!("# Note: {note}.\n"));
    let text = format!(
        "# What the scenario `{shown}` recorded, made by `slogate rules record`. 0 is the first\n\
         # sample, at {} ms since the epoch. Each sample stands at the next multiple of {interval}.\n",
        made.grid.start_ms
    );
    text + &lines.collect::<String>()
}

fn tell(made: &Made, file: Option<&Path>) {
    for (file, failure) in &made.failing {
        let text =
            format!("{file} is left out, because a unit test ends where a rule fails: {failure}");
        say(&warning(FAILED_QUERY, &text));
    }
    for doubt in &made.doubts {
        say(&warning(doubt.code, &doubt.reason));
    }
    for note in &made.notes {
        say(&format!("note: {note}"));
    }
    let Made { kept, left_out, alerts, firing, .. } = made;
    let (series, interval) =
        (made.file.tests[0].input_series.len(), format_duration_ms(made.grid.interval_ms));
    say(&format!("note: {series} series with {kept} samples, one every {interval} at most"));
    if *left_out > 0 {
        say(&format!(
            "note: {left_out} samples are left out, because a later one came in the same {interval}"
        ));
    }
    say(&match firing {
        0 => format!(
            "note: none of {alerts} alerts fires in it, so that it shows only that they stay quiet"
        ),
        _ => format!("note: {firing} of {alerts} alerts fire in it"),
    });
    if let Some(file) = file {
        say(&format!("run it: slogate rules test {}", file.display()));
    }
}

fn refuse_existing(file: &Path, force: bool) -> Result<(), Failure> {
    if !force && fs::metadata(file).is_ok_and(|found| found.is_file()) {
        return Err(is_there(file));
    }
    output::probe_file(file).map_err(|error| not_written(file, &error))
}

fn is_there(file: &Path) -> Failure {
    let text = format!(
        "{} is there already; --force writes over it, --output names another file",
        file.display()
    );
    Failure::usage(codes::EXISTING_FILE, text)
}

fn not_written(file: &Path, error: &std::io::Error) -> Failure {
    let text = format!(
        "cannot write {}: {error}; choose a folder that exists and may be written",
        file.display()
    );
    Failure::usage(codes::UNWRITABLE_OUTPUT, text)
}

fn write(text: &str, file: Option<&Path>, force: bool) -> Result<(), Failure> {
    let Some(file) = file else {
        return Ok(to_standard_output(text, Notation::Json)?);
    };
    let written = if force {
        output::to_file(file, text.as_bytes())
    } else {
        output::to_new_file(file, text.as_bytes())
    };
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => is_there(file),
        _ => not_written(file, &error),
    })
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file as it is named from a folder; as it was given where one of them is not there.
fn relative(file: &Path, folder: &Path) -> String {
    let found = file.canonicalize().ok().zip(folder.canonicalize().ok());
    let Some((to, from)) = found else { return file.display().to_string() };
    let shared = to.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to.components().skip(shared)).collect();
    path.display().to_string()
}

fn parse_interval_ms(text: &str) -> Result<i64, String> {
    let interval = parse_duration(text).map_err(|error| error.to_string())?;
    // A part of a millisecond has no place in the format.
    let is_whole = interval.subsec_nanos() % 1_000_000 == 0;
    match i64::try_from(interval.as_millis()) {
        Ok(interval_ms)
            if interval_ms > 0 && is_whole && interval < Duration::from_secs(86_400) =>
        {
            Ok(interval_ms)
        }
        _ => Err("write whole milliseconds, from 1ms to a day".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_file_is_named_from_where_the_test_is() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        for folder in ["a/b", "a/c"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        fs::write(at("a/b/rules.yml"), "").unwrap();
        for (folder, name) in
            [("a/b", "rules.yml"), ("a", "b/rules.yml"), ("a/c", "../b/rules.yml")]
        {
            assert_eq!(relative(&at("a/b/rules.yml"), &at(folder)), name);
        }
        assert_eq!(relative(Path::new("nowhere.yml"), &at("a")), "nowhere.yml");
    }

    #[test]
    fn an_interval_is_whole_milliseconds() {
        assert_eq!(parse_interval_ms("1.5s"), Ok(1_500));
        for text in ["0s", "1us", "1.0001ms", "2d", "fast"] {
            assert!(parse_interval_ms(text).is_err(), "{text}");
        }
    }
}
