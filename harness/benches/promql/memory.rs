//! What an hour of 1,000 series at one sample a second takes: 3.6 million samples.

use slogate::series::SeriesStore;

use crate::Failure;
use crate::hour::{self, END_MS, INSTANCES, REQUESTS};
use crate::process;
use crate::table::{Bar, Table};

const SERIES: usize = 1000;
const SECONDS: i64 = 3600;
const ROUNDS: usize = 3;
const MEGABYTE: f64 = 1e6;

pub(crate) fn measure(table: &mut Table) -> Result<(), Failure> {
    let mut peaks = Vec::new();
    for _ in 0..ROUNDS {
        let output = process::this(process::HOUR)?.output()?;
        let told = String::from_utf8(output.stdout)?;
        peaks.push(told.trim().parse::<f64>().map_err(|_| format!("told `{told}`"))? / MEGABYTE);
    }
    let what = "1 h of 1,000 series at 1 s: peak memory";
    table.line(what, peaks, "MB", Bar::AtMost(100.0));
    Ok(())
}

/// The role: holds the hour as a run does, sample by sample of all series, and prints the most
/// memory that the process had, in bytes.
pub(crate) fn hold() -> Result<(), Failure> {
    let labels: Vec<_> = (0..SERIES)
        .map(|index| hour::labels(REQUESTS, index % INSTANCES, index / INSTANCES))
        .collect();
    let mut store = SeriesStore::default();
    for second in 0..SECONDS {
        for (index, labels) in labels.iter().enumerate() {
            let value = second as f64 * (1.0 + index as f64);
            store.append(labels, END_MS + second * 1000, value);
        }
    }
    let samples: usize = store.iter().map(|series| series.samples.len()).sum();
    if samples != 3_600_000 {
        return Err(format!("{samples} samples are held").into());
    }
    println!("{}", peak_bytes()?);
    Ok(())
}

/// `VmHWM` of this process, proc(5).
fn peak_bytes() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes: f64 = line.ok_or("no VmHWM")?.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024.0)
}
