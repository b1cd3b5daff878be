//! Reads `/proc` and writes who had the CPU into the series.
//!
//! A sample reads `/proc/stat`, this process and those of the target's group, found
//! from its leader down by the kernel's lists of children; `/proc` is never listed.
//! What the target's processes used is counted on from sample to sample, so that one
//! that dies without being waited for takes nothing back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Mutex, PoisonError};

use slogate_promql::{Labels, METRIC_NAME};

use super::proc_text::{self, MachineTicks, ProcessTicks, TICKS_PER_SECOND};
use super::{CPU_SECONDS, OWNER, Owner};
use crate::series::{FamilyKind, SeriesStore};

/// Samples the CPU time of this machine by owner.
#[derive(Debug)]
pub struct MachineMeter {
    /// The leader of the target's process group, if it is certain that it is the target.
    target: Option<u32>,
    state: Mutex<State>,
}

/// What was read before.
#[derive(Debug, Default)]
struct State {
    /// The first reading, which all are counted from.
    first: Option<(MachineTicks, u64)>,
    /// Processes of the target's group at the last reading.
    known: BTreeSet<u32>,
    /// What they had used by then, and since the first reading.
    target_before: Option<u64>,
    target: u64,
    other: u64,
}

/// Ticks since the first sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Used {
    idle: u64,
    interrupts: u64,
    generator: u64,
    target: Option<u64>,
    other: u64,
}

impl MachineMeter {
    /// Of a machine whose target is not known to be on it.
    pub fn new() -> Self {
        Self { target: None, state: Mutex::default() }
    }

    /// Of a machine on which slogate started the target: a process group by its leader.
    /// It is known to be the target only if one of the group listens on the port: what
    /// a container's command line or a daemon starts is somewhere else.
    pub fn with_target(leader: u32, port: u16) -> Self {
        let group = processes_of(leader, &[leader].into());
        let target = listens(group.keys(), port).then_some(leader);
        Self { target, ..Self::new() }
    }

    /// Appends a sample at `at_ms` (milliseconds since the epoch) for each owner;
    /// nothing where this machine does not tell.
    pub fn write_series(&self, store: &mut SeriesStore, at_ms: i64) {
        let Some(used) = self.read() else { return };
        store.declare(CPU_SECONDS, FamilyKind::Counter);
        for (owner, ticks) in [
            (Owner::Idle, Some(used.idle)),
            (Owner::Interrupts, Some(used.interrupts)),
            (Owner::Generator, Some(used.generator)),
            (Owner::Target, used.target),
            (Owner::Other, Some(used.other)),
        ] {
            let labels = Labels::new([(METRIC_NAME, CPU_SECONDS), (OWNER, owner.word())]);
            if let Some(ticks) = ticks {
                store.append(&labels, at_ms, ticks as f64 / TICKS_PER_SECOND);
            }
        }
    }

    fn read(&self) -> Option<Used> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let group = self.target.map(|leader| {
            let known = state.known.iter().copied().chain([leader]).collect();
            processes_of(leader, &known)
        });
        let own = proc_text::process(&fs::read_to_string("/proc/self/stat").ok()?)?.own;
        // Last, so that what was used until now is in it.
        let machine = proc_text::machine(&fs::read_to_string("/proc/stat").ok()?)?;
        Some(state.note(machine, own, group.as_ref()))
    }
}

impl Default for MachineMeter {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn note(
        &mut self,
        now: MachineTicks,
        own: u64,
        group: Option<&BTreeMap<u32, ProcessTicks>>,
    ) -> Used {
        let (first, own_first) = *self.first.get_or_insert((now, own));
        let group = group.filter(|group| !group.is_empty());
        if let Some(group) = group {
            let sum: u64 = group.values().map(|one| one.own + one.children).sum();
            let before = self.target_before.replace(sum).unwrap_or(sum);
            self.target += sum.saturating_sub(before);
            self.known = group.keys().copied().collect();
        }
        let generator = own.saturating_sub(own_first);
        let processes = now.processes.saturating_sub(first.processes);
        // Ticks are coarse: a little too much of one must not make a counter fall.
        let other = processes.saturating_sub(generator + self.target);
        self.other = self.other.max(other);
        Used {
            idle: now.idle.saturating_sub(first.idle),
            interrupts: now.interrupts.saturating_sub(first.interrupts),
            generator,
            target: group.map(|_| self.target),
            other: self.other,
        }
    }
}

/// The processes of a group, found among `known` and their descendants.
fn processes_of(leader: u32, known: &BTreeSet<u32>) -> BTreeMap<u32, ProcessTicks> {
    let mut found = BTreeMap::new();
    let mut left: Vec<u32> = known.iter().copied().collect();
    let mut seen = known.clone();
    while let Some(id) = left.pop() {
        let Ok(text) = fs::read_to_string(format!("/proc/{id}/stat")) else { continue };
        let Some(ticks) = proc_text::process(&text).filter(|ticks| ticks.group == leader) else {
            continue;
        };
        found.insert(id, ticks);
        left.extend(children_of(id).into_iter().filter(|child| seen.insert(*child)));
    }
    found
}

/// The children of a process: each of its threads has a list of its own.
fn children_of(id: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| proc_text::children(&list).collect::<Vec<_>>()).collect()
}

/// Whether one of these processes holds a socket that listens on a port.
fn listens<'a>(processes: impl Iterator<Item = &'a u32>, port: u16) -> bool {
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
    let tables = tables.iter().filter_map(|table| fs::read_to_string(table).ok());
    let sockets: BTreeSet<String> = tables
        .flat_map(|table| proc_text::listening(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let holds = |id: &u32| {
        let open = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
        let links = open.filter_map(|one| fs::read_link(one.path()).ok());
        links.into_iter().any(|link| link.to_str().is_some_and(|link| sockets.contains(link)))
    };
    processes.into_iter().any(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(idle: u64, processes: u64) -> MachineTicks {
        MachineTicks { idle, interrupts: 0, processes }
    }

    fn group(ticks: &[(u32, u64)]) -> BTreeMap<u32, ProcessTicks> {
        let one = |(id, own): &(u32, u64)| (*id, ProcessTicks { group: 7, own: *own, children: 0 });
        ticks.iter().map(one).collect()
    }

    #[test]
    fn what_is_left_of_the_processes_time_is_of_others() {
        let mut state = State::default();
        state.note(machine(1_000, 500), 40, Some(&group(&[(7, 100)])));
        let used = state.note(machine(1_010, 690), 90, Some(&group(&[(7, 130), (8, 10)])));
        let expected =
            Used { idle: 10, interrupts: 0, generator: 50, target: Some(40), other: 100 };
        assert_eq!(used, expected);
    }

    #[test]
    fn a_worker_that_dies_takes_nothing_back() {
        let mut state = State::default();
        state.note(machine(0, 0), 0, Some(&group(&[(7, 0), (8, 0)])));
        state.note(machine(0, 60), 0, Some(&group(&[(7, 10), (8, 50)])));
        let used = state.note(machine(0, 60), 0, Some(&group(&[(7, 10)])));
        assert_eq!((used.target, used.other), (Some(60), 0));
        let used = state.note(machine(0, 80), 0, Some(&group(&[(7, 30)])));
        assert_eq!((used.target, used.other), (Some(80), 0));
    }

    #[test]
    fn a_target_that_is_gone_has_no_sample() {
        let mut state = State::default();
        state.note(machine(0, 0), 0, Some(&group(&[(7, 0)])));
        assert_eq!(state.note(machine(0, 9), 0, Some(&group(&[]))).target, None);
        assert_eq!(state.note(machine(0, 9), 0, None).target, None);
    }

    #[test]
    fn only_a_group_that_listens_on_the_port_is_the_target() {
        let group = rustix::process::getpgrp().as_raw_nonzero().get().unsigned_abs();
        let me = std::process::id();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = processes_of(group, &[me].into());
        assert!(found.contains_key(&me), "this machine tells of its processes");
        assert!(listens(found.keys(), port));
        drop(listener);
        assert!(!listens(found.keys(), port));
    }
}
