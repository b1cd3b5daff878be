//! Never red by noise: the gate again and again, on an idle machine or beside stress-ng.
//!
//! `cargo bench -p slogate --bench steadiness -- --runs 20 [--stress 4] [--write]`. It runs
//! the built `slogate gate` over this repository's scenarios and prints how each run
//! ended, how long it took, and every objective that did not pass, with its reason.
//! Idle, all must end with 0; under stress with 0 or 3, and never with 1: the code of
//! this program says so. `--write` puts the line into docs/false-green.md.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark talks on the terminal")]

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

type Failure = Box<dyn Error + Send + Sync>;

/// The mark of the page's table; rows follow its head.
const BEGIN: &str = "<!-- steadiness: written by this command with --write -->";
const END: &str = "<!-- end of steadiness -->";
/// A gate takes about a minute; stress-ng ends by itself after so many for each run.
const LONGEST_GATE: Duration = Duration::from_secs(600);
/// Objectives that a row of the page names; the terminal shows all.
const MOST_SHOWN: usize = 4;

fn main() -> Result<ExitCode, Failure> {
    let asked = Asked::of(std::env::args().skip(1))?;
    let stress = asked.stress.map(|workers| Stress::start(workers, asked.runs)).transpose()?;
    let mut seen = Vec::new();
    for number in 1..=asked.runs {
        let run = Run::of_gate()?;
        eprintln!("run {number} of {}: exit {} in {:.1?}", asked.runs, run.code, run.took);
        for reason in &run.reasons {
            eprintln!("  {reason}");
        }
        seen.push(run);
    }
    drop(stress);
    let summary = Summary::of(&seen);
    println!("{}\n{}", HEAD, summary.row(&asked));
    for (reason, runs) in &summary.reasons {
        println!("{runs} x {reason}");
    }
    if asked.write {
        write_row(&asked, &summary.row(&asked))?;
    }
    Ok(if summary.is_steady(&asked) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the command line asks for.
struct Asked {
    runs: u32,
    stress: Option<u32>,
    write: bool,
}

impl Asked {
    fn of(arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut asked = Self { runs: 3, stress: None, write: false };
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        while let Some(argument) = arguments.next() {
            let mut number = || arguments.next().and_then(|text| text.parse().ok());
            match argument.as_str() {
                "--runs" => asked.runs = number().ok_or("--runs wants a number")?,
                "--stress" => asked.stress = Some(number().ok_or("--stress wants a number")?),
                "--write" => asked.write = true,
                other => return Err(format!("no such flag: {other}").into()),
            }
        }
        Ok(asked)
    }

    /// The machine's state, as the table names it.
    fn machine(&self) -> String {
        match self.stress {
            None => "idle".into(),
            Some(workers) => format!("`stress-ng --cpu {workers}`"),
        }
    }
}

/// stress-ng for as long as this lives.
struct Stress(Child);

impl Stress {
    fn start(workers: u32, runs: u32) -> Result<Self, Failure> {
        let longest = LONGEST_GATE * runs;
        let child = Command::new("stress-ng")
            .args(["--cpu", &workers.to_string(), "--timeout", &format!("{}s", longest.as_secs())])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("stress-ng: {error}; install the Debian package stress-ng"))?;
        Ok(Self(child))
    }
}

impl Drop for Stress {
    fn drop(&mut self) {
        // It ends its workers on SIGTERM; SIGKILL would leave them.
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _ = self.0.wait();
    }
}

/// One gate.
struct Run {
    code: i32,
    took: Duration,
    /// What did not pass, and why.
    reasons: Vec<String>,
}

impl Run {
    fn of_gate() -> Result<Self, Failure> {
        let began = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_slogate"))
            .args(["gate", "--quiet", "--out", "json"])
            .current_dir(repository())
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        let took = began.elapsed();
        let report: Value = serde_json::from_slice(&output.stdout)?;
        let code = output.status.code().ok_or("the gate was ended by a signal")?;
        Ok(Self { code, took, reasons: reasons(&report) })
    }
}

/// Every objective that did not pass, and what else decided.
fn reasons(report: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut reasons = Vec::new();
    for scenario in list(&report["scenarios"]) {
        let name = text(&scenario["name"]);
        for slo in list(&scenario["slos"]).iter().filter(|slo| slo["verdict"] != "pass") {
            let (id, verdict) = (text(&slo["id"]), text(&slo["verdict"]));
            reasons.push(format!("{name}/{id} {verdict}: {}", text(&slo["reason"])));
        }
        reasons
            .extend(list(&scenario["reasons"]).iter().map(|one| format!("{name}: {}", text(one))));
    }
    if report["rules"]["verdict"] != "pass" {
        reasons.push(format!("rules: {}", report["rules"]["verdict"]));
    }
    reasons
}

const HEAD: &str = "| machine | runs | exit codes | shortest | median | longest | not passed |\n\
                    |---|---|---|---|---|---|---|";

/// All runs together.
struct Summary {
    codes: BTreeMap<i32, usize>,
    /// Sorted.
    durations: Vec<Duration>,
    /// Each reason, without its numbers, with the runs that had it.
    reasons: BTreeMap<String, usize>,
}

impl Summary {
    fn of(runs: &[Run]) -> Self {
        let mut summary =
            Self { codes: BTreeMap::new(), durations: Vec::new(), reasons: BTreeMap::new() };
        for run in runs {
            *summary.codes.entry(run.code).or_default() += 1;
            summary.durations.push(run.took);
            for reason in &run.reasons {
                let name = reason.split(':').next().unwrap_or_default().to_owned();
                *summary.reasons.entry(name).or_default() += 1;
            }
        }
        summary.durations.sort();
        summary
    }

    fn row(&self, asked: &Asked) -> String {
        let seconds = |at: usize| {
            self.durations.get(at).map_or("-".into(), |took| format!("{:.1} s", took.as_secs_f64()))
        };
        let codes: Vec<String> =
            self.codes.iter().map(|(code, runs)| format!("{runs} x {code}")).collect();
        let count = self.durations.len();
        format!(
            "| {} | {count} | {} | {} | {} | {} | {} |",
            asked.machine(),
            codes.join(", "),
            seconds(0),
            seconds(count / 2),
            seconds(count.saturating_sub(1)),
            self.most_frequent_reasons(),
        )
    }

    /// As many as a table's cell can hold, and how many there are besides.
    fn most_frequent_reasons(&self) -> String {
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|&(_, &runs)| Reverse(runs));
        let mut shown: Vec<String> = reasons
            .iter()
            .take(MOST_SHOWN)
            .map(|(name, runs)| format!("{runs} x {name}"))
            .collect();
        match reasons.len().checked_sub(MOST_SHOWN) {
            Some(more) if more > 0 => shown.push(format!("{more} more")),
            _ if shown.is_empty() => shown.push("nothing".into()),
            _ => {}
        }
        shown.join(", ")
    }

    fn is_steady(&self, asked: &Asked) -> bool {
        let allowed: &[i32] = if asked.stress.is_some() { &[0, 3] } else { &[0] };
        self.codes.keys().all(|code| allowed.contains(code))
    }
}

/// Puts the row in place of the one for the same state of the machine.
fn write_row(asked: &Asked, row: &str) -> Result<(), Failure> {
    let path = repository().join("docs/false-green.md");
    let page = fs::read_to_string(&path)?;
    let (before, rest) = page.split_once(BEGIN).ok_or("the page has no table for this")?;
    let (table, after) = rest.split_once(END).ok_or("the page's table has no end")?;
    let start = format!("| {} |", asked.machine());
    let is_other = |line: &&str| {
        line.starts_with("| ") && !line.starts_with("| machine") && !line.starts_with(&start)
    };
    let mut rows: Vec<&str> = table.lines().filter(is_other).collect();
    rows.push(row);
    rows.sort_by_key(|row| !row.starts_with("| idle"));
    let table = rows.join("\n");
    fs::write(path, format!("{before}{BEGIN}\n{HEAD}\n{table}\n{END}{after}"))?;
    Ok(())
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
