//! Other processes that have the CPU: they excuse what waits, and nothing else.

use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::page::Seen;
use crate::shop::{ORDER, SUCCESS, USERS, run, scenario};

/// Processes that only count, until this is dropped.
struct Neighbours(Vec<Child>);

impl Neighbours {
    /// Six for each core, so that they have most of it whoever else is there.
    fn move_in() -> Self {
        let cores = thread::available_parallelism().unwrap().get();
        let one = |_| {
            Command::new("sh")
                .args(["-c", "while :; do :; done"])
                .stdin(Stdio::null())
                .spawn()
                .unwrap()
        };
        Self((0..cores * 6).map(one).collect())
    }
}

impl Drop for Neighbours {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Some requests have no time at all, and `abort` ends the load that their failing misses.
fn hurried() -> String {
    let success = "{ id: success, client: ratio(success), is: '>= 95%', abort: { after: 1s } }";
    let other = "requests:\n  - { name: hurried, get: /export/metrics, timeout: 10us }\n";
    exports("", &[success]).replace("requests:\n", other)
}

/// Two seconds of exports at the reference service, which slogate starts.
fn exports(faults: &str, objectives: &[&str]) -> String {
    scenario("reference", objectives)
        .replace("metrics:", &format!("{faults}metrics:"))
        .replace("path: /metrics", "path: /export/metrics")
        .replace(USERS, "users: 2, for: 2s")
        .replace(ORDER, "post: /export/run, json: { format: csv, data: [{ a: 1 }] }")
}

fn machine(seen: &Seen) -> &Value {
    &seen.report.as_ref().unwrap()["scenarios"][0]["generator"]["machine"]
}

#[test]
fn others_have_the_cpu() {
    let slow = exports("", &["'p95(latency) < 1us'"]);
    let broken = exports("reference: { faults: ['error:1'] }\n", &[SUCCESS]);
    // Whoever else is busy, what is judged is told from what was seen.
    let control = run(&slow);
    let is_starved = machine(&control)["is_starved"].as_bool().unwrap();
    assert_eq!(control.code, if is_starved { 3 } else { 1 }, "{control:?}");
    let aborted = run(&hurried());
    let is_starved = machine(&aborted)["is_starved"].as_bool().unwrap();
    assert_eq!(aborted.code, if is_starved { 3 } else { 1 }, "{aborted:?}");
    let ended_by = &aborted.report.as_ref().unwrap()["scenarios"][0]["conditions"][0]["kind"];
    assert!(is_starved || ended_by == "aborted", "{aborted:?}");
    assert!(machine(&control)["target_share"].as_f64().unwrap() > 0.0, "{control:?}");

    let neighbours = Neighbours::move_in();
    run(&slow).is_row_of_any_count("slow and starved");
    run(&hurried()).is_row_of_any_count("abort and starved");
    let failed = run(&broken);
    assert_eq!(machine(&failed)["is_starved"], true, "{failed:?}");
    failed.is_row_of_any_count("500 and starved");
    drop(neighbours);
}
