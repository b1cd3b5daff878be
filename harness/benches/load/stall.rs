//! A target that stands still, beside arithmetic: of arrivals at even distances the share
//! that waits longer than x is (stall - x) / period, however few slots there are.

use crate::table::{Bar, Table};
use crate::target::{PERIOD, STALL, STALLING, Target};
use crate::{Failure, generator};

const ROUNDS: usize = 3;
const RATE: f64 = 1000.0;
/// Ten whole periods.
const SECONDS: u64 = 19;
const QUANTILES: [(&str, f64); 3] = [("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];
const MOST_OFF_PERCENT: f64 = 3.0;

pub(crate) fn measure(table: &mut Table) -> Result<(), Failure> {
    let target = Target::start(STALLING)?;
    for cap in [1000, 100] {
        let mut runs = Vec::new();
        for _ in 0..ROUNDS {
            runs.push(generator::open(&target, RATE, SECONDS, cap)?);
        }
        for (name, quantile) in QUANTILES {
            let truth = STALL.as_secs_f64() - (1.0 - quantile) * PERIOD.as_secs_f64();
            let measured: Vec<f64> =
                runs.iter().map(|run| run.figure(name)).collect::<Result<_, _>>()?;
            let off = measured.iter().map(|seconds| (seconds / truth - 1.0).abs() * 100.0);
            let what = format!("stall, cap {cap}: {name} off {:.0} ms", truth * 1e3);
            table.line(&what, off.collect(), "%", Bar::AtMost(MOST_OFF_PERCENT));
        }
        let late: Vec<f64> = runs.iter().map(|run| run.figure("late")).collect::<Result<_, _>>()?;
        // With as many slots as arrivals in a second nobody waits for one.
        let bar = if cap < 1000 { Bar::AtLeast(1.0) } else { Bar::AtMost(0.0) };
        table.line(&format!("stall, cap {cap}: late of 19000"), late, "", bar);
    }
    Ok(())
}
