//! Memory: with few connections, with many users, and with many requests.

use crate::table::{Bar, Table, note};
use crate::target::{PLAIN, Target};
use crate::{Failure, generator};

const ROUNDS: usize = 3;
const MANY_USERS: u32 = 10_000;
const MILLION: f64 = 1e6;

pub(crate) fn measure(table: &mut Table) -> Result<(), Failure> {
    let target = Target::start(PLAIN)?;
    let mut few = Vec::new();
    let mut many = Vec::new();
    for _ in 0..ROUNDS {
        few.push(generator::closed(&target, 100, "2s")?.figure("peak")? / MILLION);
        let ran = generator::closed(&target, MANY_USERS, "4s")?;
        let failed = ran.figure("failed")?;
        if failed > 0.0 {
            note(&format!("{failed} requests of {MANY_USERS} users failed"));
        }
        let grown = ran.figure("peak")? - ran.figure("idle")?;
        many.push(grown / f64::from(MANY_USERS) / 1e3);
    }
    table.line("100 connections: peak memory", few, "MB", Bar::AtMost(16.0));
    table.line("10,000 users: memory of each", many, "kB", Bar::AtMost(40.0));
    let peak = |requests: &str| generator::closed(&target, 100, requests)?.figure("peak");
    let (one, ten) = (peak("1000000")?, peak("10000000")?);
    table.line("1 million requests: peak memory", vec![one / MILLION], "MB", Bar::None);
    table.line("10 million requests: peak memory", vec![ten / MILLION], "MB", Bar::None);
    // The allocator's own noise is below a tenth.
    table.line("10 million : 1 million", vec![ten / one], "×", Bar::AtMost(1.1));
    Ok(())
}
