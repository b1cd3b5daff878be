//! Metrics from an API that a test plays: with a clock of its own, an interval of its
//! own, and every way to be not quite right.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use support::{Answer, Service, Workspace, objective};

/// How an API of a test behaves.
#[derive(Clone, Copy)]
struct Manner {
    /// Its clock against ours.
    ahead_ms: i64,
    interval: Duration,
    /// Scrapes that it made before the test began.
    history: i64,
    /// What is odd about ranges once the load has begun.
    oddity: Oddity,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Oddity {
    None,
    /// It warns that something may be missing.
    Warns,
    /// It answers with an error.
    Fails,
    /// A sample more each time that it is asked.
    NeverSettles,
    /// Its clock is set an hour back.
    ClockJumps,
}

const GOOD: Manner =
    Manner { ahead_ms: 0, interval: Duration::from_millis(200), history: 20, oddity: Oddity::None };

/// A target that counts its requests, and an API that scrapes it.
struct World {
    target: Service,
    api: Service,
}

/// What the API has: times by its clock, and the counter's values.
type Samples = Arc<Mutex<Vec<(i64, f64)>>>;

impl World {
    fn start(manner: Manner) -> Self {
        let counted = Arc::new(AtomicUsize::new(0));
        let by_target = Arc::clone(&counted);
        let target = Service::start(move |_, _| {
            by_target.fetch_add(1, Ordering::SeqCst);
            Answer::Http(200, String::new())
        });
        let interval_ms = i64::try_from(manner.interval.as_millis()).unwrap();
        let now_ms = their_ms(manner.ahead_ms);
        let before = (1..=manner.history).rev().map(|back| (now_ms - back * interval_ms, 1000.0));
        let samples: Samples = Arc::new(Mutex::new(before.collect()));
        scrape_for_ever(Arc::clone(&samples), Arc::clone(&counted), manner);
        let polls = AtomicUsize::new(0);
        let jumped = AtomicBool::new(false);
        let api = Service::start(move |path, _| {
            let is_odd = manner.oddity != Oddity::None && counted.load(Ordering::SeqCst) > 0;
            let oddity = if is_odd { manner.oddity } else { Oddity::None };
            jumped.fetch_or(oddity == Oddity::ClockJumps, Ordering::SeqCst);
            let back_ms = if jumped.load(Ordering::SeqCst) { 3_600_000 } else { 0 };
            let now_ms = their_ms(manner.ahead_ms) - back_ms;
            answer(path, &samples.lock().unwrap(), now_ms, (oddity, &polls))
        });
        Self { target, api }
    }

    /// Runs a load of `seconds` against the target, judged by what the API has.
    fn run(&self, seconds: f64, slo: &str, code: i32) -> Value {
        let (target, api) = (self.target.url(), self.api.url());
        let scenario = format!(
            "version: 1\nname: api\ntarget: {target}\n\
             metrics: {{ prometheus: '{api}/prefix/', matcher: '{{job=\"x\"}}', settle: 3s }}\n\
             load:\n  - {{ name: steady, rate: 50/s, for: {seconds}s }}\n\
             requests:\n  - {{ name: get, get: / }}\nslo:\n{slo}"
        );
        let workspace = Workspace::new();
        let file = workspace.write("scenario.yaml", &scenario);
        let ended = workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]);
        ended.expect_code(code).report()
    }
}

fn their_ms(ahead_ms: i64) -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap() + ahead_ms
}

fn scrape_for_ever(samples: Samples, counted: Arc<AtomicUsize>, manner: Manner) {
    thread::spawn(move || {
        while Arc::strong_count(&samples) > 1 {
            thread::sleep(manner.interval);
            let value = 1000.0 + counted.load(Ordering::SeqCst) as f64;
            samples.lock().unwrap().push((their_ms(manner.ahead_ms), value));
        }
    });
}

fn answer(
    path: &str,
    samples: &[(i64, f64)],
    now_ms: i64,
    (oddity, polls): (Oddity, &AtomicUsize),
) -> Answer {
    let seconds = |ms: i64| ms as f64 / 1000.0;
    let data = match path.strip_prefix("/prefix/api/v1/").unwrap_or_default() {
        "metadata" => json!({ "done_total": [{ "type": "counter", "help": "", "unit": "" }] }),
        query if query.starts_with("query?query=time%28") => {
            json!({ "resultType": "scalar", "result": [seconds(now_ms), seconds(now_ms).to_string()] })
        }
        query if query.starts_with("query?query=timestamp") => {
            let last = samples.last().unwrap().0;
            json!({ "resultType": "vector", "result": [
                { "metric": labels(""), "value": [seconds(now_ms), seconds(last).to_string()] }
            ]})
        }
        query if query.contains("ms%5D") => return range(query, samples, (oddity, polls)),
        query if query.starts_with("query?query=up") => {
            json!({ "resultType": "vector", "result": [{ "metric": labels("up"), "value": [1, "1"] }] })
        }
        query if query.starts_with("query?query=%7Bjob") => {
            json!({ "resultType": "vector", "result": [
                { "metric": labels("up"), "value": [1, "1"] },
                { "metric": labels("done_total"), "value": [1, "1"] }
            ]})
        }
        _ => return Answer::Http(404, "404 page not found".to_owned()),
    };
    Answer::Http(200, json!({ "status": "success", "data": data }).to_string())
}

fn range(query: &str, samples: &[(i64, f64)], (oddity, polls): (Oddity, &AtomicUsize)) -> Answer {
    let number = |text: &str| text.parse::<f64>().unwrap();
    let (selector, rest) = query.split_once("%5B").unwrap();
    let (range_ms, rest) = rest.split_once("ms%5D").unwrap();
    let until_ms = number(rest.split_once("time=").unwrap().1) * 1000.0;
    let from_ms = until_ms - number(range_ms);
    let mut within: Vec<(i64, f64)> = samples.to_vec();
    within.retain(|(at, _)| (*at as f64) > from_ms && (*at as f64) <= until_ms + 0.5);
    if oddity == Oddity::NeverSettles {
        let poll = polls.fetch_add(1, Ordering::SeqCst) as f64;
        for (_, value) in &mut within {
            *value += poll;
        }
    }
    let row = |name: &str, value: fn(f64) -> f64| {
        let values = within
            .iter()
            .map(|(at, count)| json!([*at as f64 / 1000.0, value(*count).to_string()]));
        json!({ "metric": labels(name), "values": values.collect::<Vec<_>>() })
    };
    let mut rows = vec![row("up", |_| 1.0)];
    if !selector.contains("up") {
        rows.push(row("done_total", |count| count));
    }
    let mut envelope =
        json!({ "status": "success", "data": { "resultType": "matrix", "result": rows } });
    if oddity == Oddity::Warns {
        envelope["warnings"] = json!(["one store did not answer"]);
    }
    if oddity == Oddity::Fails {
        let error =
            json!({ "status": "error", "errorType": "timeout", "error": "query timed out" });
        return Answer::Http(503, error.to_string());
    }
    Answer::Http(200, envelope.to_string())
}

fn labels(name: &str) -> Value {
    let mut labels = json!({ "instance": "one:80", "job": "x" });
    if !name.is_empty() {
        labels["__name__"] = json!(name);
    }
    labels
}

const DONE: &str = "  - { id: done, counter: done_total, is: '== 100' }\n";

/// Why `done` cannot be judged; the scrapes of the run failed with this code.
fn why(report: &Value, code: &str) -> String {
    let scrapes = &report["scenarios"][0]["scrapes"];
    assert!(scrapes["codes"].as_array().unwrap().iter().any(|one| one == code), "{scrapes:#}");
    reason(report, "done")
}

fn reason(report: &Value, id: &str) -> String {
    let judged = objective(report, id);
    assert_eq!(judged["verdict"], "inconclusive", "{judged:#}");
    judged["reason"].as_str().unwrap().to_owned()
}

#[test]
fn a_clock_that_is_off_is_measured_and_moves_the_window() {
    for ahead_ms in [30_000, -30_000] {
        let world = World::start(Manner { ahead_ms, ..GOOD });
        let report = world.run(2.0, DONE, 0);
        assert_eq!(objective(&report, "done")["observed"], 100.0);
        let scenario = &report["scenarios"][0];
        let window = |edge: &str| scenario["window"][edge].as_i64().unwrap();
        let phase = |edge: &str| scenario["phases"][0]["ran"][edge].as_i64().unwrap();
        let early_ms = phase("first_intended_ms") - window("opened_ms");
        let late_ms = window("closed_ms") - phase("last_response_ms");
        assert!((0..2_000).contains(&early_ms), "{early_ms}");
        assert!((0..2_000).contains(&late_ms), "{late_ms}");
        let notes = scenario["notes"].to_string();
        let side = if ahead_ms > 0 { "ahead of ours" } else { "behind ours" };
        assert!(notes.contains(side) && notes.contains("differ by more than a second"), "{notes}");
    }
}

#[test]
fn a_clock_that_is_right_is_no_note_of_its_own() {
    let report = World::start(GOOD).run(2.0, DONE, 0);
    let notes = report["scenarios"][0]["notes"].to_string();
    assert!(notes.contains("its clock is 0.0"), "{notes}");
    assert!(notes.contains("sampled every 0.2 s"), "{notes}");
    assert!(!notes.contains("differ"), "{notes}");
}

#[test]
fn an_answer_that_may_not_be_all_is_never_green() {
    let world = World::start(Manner { oddity: Oddity::Warns, ..GOOD });
    let reason = why(&world.run(2.0, DONE, 3), "api-warning");
    assert!(reason.contains("one store did not answer"), "{reason}");
}

#[test]
fn an_api_that_fails_after_the_load_is_told_in_its_own_words() {
    let world = World::start(Manner { oddity: Oddity::Fails, ..GOOD });
    let reason = why(&world.run(2.0, DONE, 3), "api-refused");
    assert!(reason.contains("the API answered timeout: query timed out"), "{reason}");
}

#[test]
fn samples_that_still_change_are_not_judged() {
    let world = World::start(Manner { oddity: Oddity::NeverSettles, ..GOOD });
    let reason = why(&world.run(2.0, DONE, 3), "unsettled-samples");
    assert!(reason.contains("still arriving"), "{reason}");
}

#[test]
fn a_clock_that_is_set_during_the_run_leaves_nothing_to_judge() {
    let world = World::start(Manner { oddity: Oddity::ClockJumps, ..GOOD });
    let reason = why(&world.run(2.0, DONE, 3), "clock-moved");
    assert!(reason.contains("its clock moved by 3600.0s"), "{reason}");
}

#[test]
fn an_interval_that_is_too_long_for_the_run_is_inconclusive_and_shown() {
    let interval = Duration::from_millis(1500);
    let world = World::start(Manner { interval, ..GOOD });
    let rate = "  - { id: grown, promql: 'sum(increase(done_total[$run]))', is: '> 0' }\n";
    let report = world.run(1.0, &format!("{}{rate}", DONE.replace("100", "50")), 3);
    // What grew is exact all the same.
    assert_eq!(objective(&report, "done")["verdict"], "pass", "{report:#}");
    let reason = reason(&report, "grown");
    assert!(reason.contains("good scrapes and needs 4"), "{reason}");
    let notes = report["scenarios"][0]["notes"].to_string();
    assert!(notes.contains("sampled every 1.5 s"), "{notes}");
}

#[test]
fn samples_that_do_not_come_are_waited_for_and_then_missed() {
    let stopped = Manner { interval: Duration::from_mins(5), history: 2, ..GOOD };
    let reason = why(&World::start(stopped).run(1.0, DONE, 3), "no-new-sample");
    assert!(reason.contains("had no new sample before the load within 3s"), "{reason}");
}

#[test]
fn a_target_that_was_scraped_once_stops_before_the_load() {
    let young = Manner { interval: Duration::from_mins(5), history: 1, ..GOOD };
    let report = World::start(young).run(1.0, DONE, 4);
    let codes = report["scenarios"][0]["codes"].to_string();
    assert_eq!(codes, r#"["not-reachable","unknown-interval"]"#);
}

#[test]
fn what_is_not_the_api_stops_before_the_load() {
    let target = Service::start(|_, _| Answer::Http(200, "<html></html>".to_owned()));
    let workspace = Workspace::new();
    let scenario = format!(
        "version: 1\nname: api\ntarget: {0}\nmetrics: {{ prometheus: '{0}', matcher: up }}\n\
         load:\n  - {{ name: steady, rate: 50/s, for: 1s }}\nrequests:\n  - {{ name: get, get: / }}\n\
         slo:\n{DONE}",
        target.url()
    );
    let file = workspace.write("scenario.yaml", &scenario);
    let ended = workspace.run(&["run", file.to_str().unwrap()]).expect_code(4);
    assert!(ended.stdout.contains("Grafana data source"), "{}", ended.stdout);
    assert!(ended.stdout.contains("slogate explain not-reachable not-the-api"), "{}", ended.stdout);
    assert_eq!(target.seen(), 1);
}
