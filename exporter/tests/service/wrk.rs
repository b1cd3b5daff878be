//! The service under wrk, a load generator of somebody else's: 20 connections with a
//! body of 1,000 rows get nothing but 200 and 429, and the counters add up.

use std::{collections::BTreeMap, process::Command};

use rustix::process::Signal;

use crate::{
    outside,
    process::Process,
    service::{body, total},
};

const CONNECTIONS: u64 = 20;
/// What wrk sends, and what it counts by status.
const SCRIPT: &str = r#"
wrk.method = "POST"
wrk.body = io.open("BODY", "rb"):read("*a")
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() succeeded, busy, other = 0, 0, 0 end
function response(status)
  if status == 200 then succeeded = succeeded + 1
  elseif status == 429 then busy = busy + 1
  else other = other + 1 end
end
function done(summary)
  local seen = { succeeded = 0, busy = 0, other = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(seen) do seen[name] = seen[name] + thread:get(name) end
  end
  for name, count in pairs(seen) do print("SEEN " .. name .. " " .. count) end
  local errors = summary.errors
  print("SEEN broken " .. errors.connect + errors.read + errors.write + errors.timeout)
end
"#;

/// What wrk saw of a service with these flags, by name, and the exposition afterwards.
fn load(arguments: &[&str]) -> (BTreeMap<String, u64>, String) {
    let folder = tempfile::tempdir().unwrap();
    let (request, script) = (folder.path().join("body.json"), folder.path().join("post.lua"));
    std::fs::write(&request, body("csv", 1_000)).unwrap();
    std::fs::write(&script, SCRIPT.replace("BODY", request.to_str().unwrap())).unwrap();
    let process = Process::start(arguments);
    let output = Command::new("wrk")
        .args(["-t", "2", "-c", &CONNECTIONS.to_string(), "-d", "3s", "--timeout", "30s", "-s"])
        .arg(&script)
        .arg(format!("http://{}/export/run", process.address))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let count = |line: &str| {
        let (name, count) = line.strip_prefix("SEEN ")?.split_once(' ')?;
        Some((name.to_owned(), count.parse::<u64>().unwrap()))
    };
    let seen: BTreeMap<_, _> = said.lines().filter_map(count).collect();
    assert_eq!(seen.len(), 4, "{said}{}", String::from_utf8_lossy(&output.stderr));
    process.wait_for_status("\"concurrentExports\":0,\"queueDepth\":0");
    let exposition = process.get("/export/metrics");
    process.signal(Signal::TERM);
    assert_eq!(process.wait().0, Some(0));
    (seen, exposition)
}

/// At its end wrk leaves, and up to one request a connection is counted unseen.
fn check(seen: &BTreeMap<String, u64>, exposition: &str) {
    eprintln!("wrk with {CONNECTIONS} connections saw {seen:?}");
    assert_eq!((seen["other"], seen["broken"]), (0, 0), "{seen:?}");
    let status =
        |name: &str| total(exposition, "export_requests_total{", &format!("status=\"{name}\""));
    let reason =
        |name: &str| total(exposition, "export_fail_total{", &format!("reason=\"{name}\""));
    let unseen = |counted: u64, seen: u64| {
        assert!(counted >= seen && counted <= seen + CONNECTIONS, "{counted} for {seen}");
        counted - seen
    };
    let left = unseen(status("succeeded"), seen["succeeded"])
        + unseen(reason("queue_full"), seen["busy"])
        + reason("client_gone");
    assert!(left <= CONNECTIONS, "{left} requests are counted that nobody sent");
    let lost = reason("queue_full") + reason("client_gone");
    assert_eq!(total(exposition, "export_fail_total{", ""), lost, "{exposition}");
    assert_eq!(status("failed") + status("rejected"), lost);
    let latencies = total(exposition, "export_latency_ms_count{", "");
    assert_eq!(latencies, status("succeeded"));
}

#[test]
fn twenty_connections_of_wrk_get_files() {
    if !outside::has("wrk") {
        return;
    }
    let (seen, exposition) = load(&[]);
    check(&seen, &exposition);
    assert!(seen["succeeded"] > 0 && seen["busy"] == 0, "{seen:?}");
}

#[test]
fn twenty_connections_of_wrk_where_ten_have_room_get_files_or_429() {
    if !outside::has("wrk") {
        return;
    }
    let (seen, exposition) = load(&["--max-queue", "5"]);
    check(&seen, &exposition);
    assert!(seen["succeeded"] > 0 && seen["busy"] > 0, "{seen:?}");
}
