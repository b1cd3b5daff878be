//! Requests a second and processor time for each, beside the peers.

use std::collections::BTreeMap;

use crate::peers::{PEERS, Peer};
use crate::table::{Bar, Table, note};
use crate::target::{PLAIN, Target};
use crate::{Failure, generator};

const ROUNDS: usize = 5;
const SECONDS: u64 = 2;
const CONNECTIONS: [u32; 2] = [10, 100];
/// How many times a peer's rate slogate's must be at least; no bar on the others.
const BARS: &[(&str, f64)] = &[("wrk", 0.80), ("oha", 1.05)];
const OURS: &str = "slogate";

/// What a generator did in each round.
#[derive(Default)]
struct Rounds {
    per_second: Vec<f64>,
    cpu_microseconds: Vec<f64>,
}

pub(crate) fn measure(table: &mut Table) -> Result<(), Failure> {
    let (installed, missing): (Vec<_>, Vec<_>) = PEERS.iter().partition(|one| one.is_installed());
    for peer in missing {
        note(&format!("{} is not installed: not compared", peer.name));
    }
    let target = Target::start(PLAIN)?;
    for users in CONNECTIONS {
        let rounds = take_turns(&target, users, &installed)?;
        show(table, users, &rounds);
    }
    Ok(())
}

/// Each generator once in each round.
fn take_turns(
    target: &Target,
    users: u32,
    peers: &[&Peer],
) -> Result<BTreeMap<&'static str, Rounds>, Failure> {
    let mut rounds = BTreeMap::<_, Rounds>::new();
    for _ in 0..ROUNDS {
        let ran = generator::closed(target, users, &format!("{SECONDS}s"))?;
        if ran.figure("failed")? > 0.0 {
            return Err(format!("requests failed: {}", ran.printed).into());
        }
        let per_second = ran.figure("succeeded")? / ran.figure("seconds")?;
        rounds.entry(OURS).or_default().add(per_second, ran.cpu_seconds);
        for peer in peers {
            let (per_second, ran) = peer.run(target, users, SECONDS)?;
            rounds.entry(peer.name).or_default().add(per_second, ran.cpu_seconds);
        }
    }
    Ok(rounds)
}

impl Rounds {
    fn add(&mut self, per_second: f64, cpu_seconds: f64) {
        self.per_second.push(per_second);
        self.cpu_microseconds.push(cpu_seconds * 1e6 / (per_second * SECONDS as f64));
    }
}

fn show(table: &mut Table, users: u32, rounds: &BTreeMap<&'static str, Rounds>) {
    let Some(ours) = rounds.get(OURS) else { return };
    for (name, one) in rounds {
        table.line(
            &format!("{users} connections: {name}"),
            one.per_second.clone(),
            "/s",
            Bar::None,
        );
        let what = format!("{users} connections: {name}, CPU a request");
        table.line(&what, one.cpu_microseconds.clone(), "µs", Bar::None);
    }
    for (name, theirs) in rounds.iter().filter(|(name, _)| **name != OURS) {
        let bar = BARS.iter().find(|(peer, _)| peer == name);
        let bar = bar.map_or(Bar::None, |(_, bar)| Bar::AtLeast(*bar));
        let rate = ratios(&ours.per_second, &theirs.per_second);
        table.line(&format!("{users} connections: rate, slogate : {name}"), rate, "×", bar);
        let cpu = ratios(&ours.cpu_microseconds, &theirs.cpu_microseconds);
        let what = format!("{users} connections: CPU a request, slogate : {name}");
        table.line(&what, cpu, "×", Bar::None);
    }
}

/// Of figures that were taken one after the other.
fn ratios(ours: &[f64], theirs: &[f64]) -> Vec<f64> {
    ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect()
}
