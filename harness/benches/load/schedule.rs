//! Open load: how exactly a rate is kept, and what is said where it is not.

use serde_json::Value;

use crate::child::{self, Ran};
use crate::table::{Bar, Table};
use crate::target::{PLAIN, Target};
use crate::{Failure, generator};

const ROUNDS: usize = 5;
const SECONDS: u64 = 5;
const RATE: f64 = 10_000.0;
const EXIT_PASS: i32 = 0;
const EXIT_INCONCLUSIVE: i32 = 3;

pub(crate) fn measure(table: &mut Table) -> Result<(), Failure> {
    let target = Target::start(PLAIN)?;
    let (mut errors, mut lags, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let ran = generator::open(&target, RATE, SECONDS, 1000)?;
        errors.push(rate_error(&ran)? * 100.0);
        lags.push(ran.figure("lag-p99")? * 1e3);
        shares.push(ran.cpu_seconds / SECONDS as f64 * 100.0);
    }
    table.line("10,000/s: error of the rate", errors, "%", Bar::AtMost(0.1));
    table.line("10,000/s: error of dispatch, p99", lags, "ms", Bar::AtMost(0.5));
    table.line("10,000/s: CPU, of a core", shares, "%", Bar::None);
    for _ in 0..ROUNDS {
        let ran = gate(&target)?;
        let (holds, seen) = held_or_said(&ran)?;
        table.must("50,000/s by `slogate run`: held, or inconclusive", holds, &seen);
    }
    Ok(())
}

/// How far the rate at which requests were sent is from the one that was asked for. The last
/// arrival is one gap before the end of the schedule, and its answer comes a moment later.
fn rate_error(ran: &Ran) -> Result<f64, Failure> {
    let took = ran.figure("seconds")?.max(SECONDS as f64);
    Ok((ran.figure("sent")? / took / RATE - 1.0).abs())
}

/// The command as people use it, on one core.
fn gate(target: &Target) -> Result<Ran, Failure> {
    let mut command = child::pinned(child::GENERATOR_CORE, env!("CARGO_BIN_EXE_slogate"));
    command.args(["run", &target.url(), "--rate", "50000/s", "--for", "5s", "--quiet"]);
    command.args(["--slo", "p99(latency) < 10s", "--out", "json"]);
    child::run(command)
}

/// Whether the rate was held, or else a generator that was behind is the reason.
fn held_or_said(ran: &Ran) -> Result<(bool, String), Failure> {
    let report: Value = serde_json::from_str(&ran.printed)?;
    let scenario = &report["scenarios"][0];
    let missed = scenario["generator"]["missed_by_generator"].as_u64().ok_or("no missed")?;
    let intended = scenario["requests"][0]["count"].as_u64().ok_or("no count")?;
    let held = missed as f64 <= 0.01 * intended as f64;
    let reason = scenario["slos"][0]["reason"].as_str().unwrap_or_default();
    let holds = match ran.code {
        Some(EXIT_PASS) => held,
        Some(EXIT_INCONCLUSIVE) => reason.starts_with("the generator"),
        _ => false,
    };
    let seen = format!("{missed} of {intended} missed, exit {:?}", ran.code.unwrap_or(-1));
    Ok((holds, seen))
}
