//! Every query of the dashboard on a real Prometheus, which scraped the service while
//! it exported, failed on purpose, and refused what was wrong.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use slogate::dashboard::{Choice, View as Time};

use super::grafana::View;
use super::model::{Dashboard, Panel, Target, dashboard, project};
use super::our_engine::Copied;
use super::prometheus_api::{Api, Found};
use super::support::Workspace;
use super::support::daemon::wait_until;
use super::support::exporter::Exporter;
use super::support::generations::prometheuses;
use super::support::prometheus::Prometheus;

/// The job under which the service is scraped.
const JOB: &str = "export";
const REQUESTS: u32 = 240;

/// Exports of two formats and two sizes, a third of the PDFs failing by a fault of the
/// service, and requests that are refused: twelve seconds at 20 a second.
fn scenario(target: &str) -> String {
    let columns = "columns: [id, symbol, price]";
    format!(
        "version: 1\nname: dashboard\ntarget: {target}\nmetrics: none\n\
         data: {{ small: {{ rows: 200, seed: 1 }}, medium: {{ rows: 2000, seed: 2 }} }}\n\
         load:\n  - {{ name: steady, rate: 20/s, for: 12s }}\n\
         requests:\n  \
         - {{ name: csv, post: /export/run, json: {{ format: csv, user: ada, {columns}, data: \"{{{{small}}}}\" }} }}\n  \
         - {{ name: medium, post: /export/run, json: {{ format: csv, {columns}, data: \"{{{{medium}}}}\" }} }}\n  \
         - {{ name: pdf, post: /export/run, json: {{ format: pdf, {columns}, data: \"{{{{small}}}}\" }} }}\n  \
         - {{ name: refused, post: /export/run, json: {{ format: csv, columns: [id], data: [[1, 2]] }}, expect: {{ status: 400 }} }}\n\
         slo: none\n"
    )
}

/// The service and the rules of this repository, looked at every second.
fn configuration(service: &Exporter) -> String {
    format!(
        "global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}\n\
         rule_files: ['{}']\n\
         scrape_configs: [{{ job_name: {JOB}, metrics_path: /export/metrics, \
         static_configs: [{{ targets: ['{}'] }}] }}]\n",
        project("rules/export.yml").display(),
        service.address
    )
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// A Prometheus that watched a run, and when that was over.
struct Watched {
    api: Api,
    instance: String,
    ended_ms: i64,
    _prometheus: Prometheus,
}

/// Starts the service and every generation of Prometheus that is here, drives the scenario,
/// and waits for the last scrapes.
fn watch_a_run() -> (Exporter, Vec<Watched>) {
    let service = Exporter::start_with(&["--fault", "error:0.33,format=pdf"]);
    let mut watchers: Vec<_> = prometheuses()
        .map(|tool| Watched::begin(Prometheus::start_as(&tool, &configuration(&service)), &service))
        .collect();
    for watcher in &watchers {
        wait_until("the first scrape", || watcher.count("up == 1") > 0.0);
    }
    if !watchers.is_empty() {
        drive(&service);
    }
    let ended_ms = now_ms();
    for watcher in &mut watchers {
        watcher.ended_ms = ended_ms;
        let all = f64::from(REQUESTS);
        wait_until("the last scrape", || watcher.count("sum(export_requests_total)") >= all);
    }
    (service, watchers)
}

fn drive(service: &Exporter) {
    let workspace = Workspace::new();
    let file = workspace.write("scenario.yaml", &scenario(&service.url()));
    let arguments = ["run", file.to_str().unwrap(), "--on-inconclusive", "warn"];
    workspace.run(&arguments).expect_code(0);
}

impl Watched {
    fn begin(prometheus: Prometheus, service: &Exporter) -> Self {
        let address = prometheus.url.strip_prefix("http://").unwrap().parse().unwrap();
        let instance = service.address.to_string();
        Self { api: Api(address), instance, ended_ms: now_ms(), _prometheus: prometheus }
    }

    /// The one number that a query has now, or 0.
    fn count(&self, query: &str) -> f64 {
        self.api.instant(query, now_ms()).values().next().map_or(0.0, |points| points[0].1)
    }

    /// The dashboard's own time range, as it was when the run ended.
    fn view(&self, board: &Dashboard, job: Choice, instance: Choice) -> View {
        assert_eq!((board.time.from.as_str(), board.time.to.as_str()), ("now-1h", "now"));
        let time = Time {
            from_ms: self.ended_ms - 3_600_000,
            to_ms: self.ended_ms,
            points: 800,
            scrape_interval: Duration::from_secs(1),
            least_step: None,
        };
        View { time, job, instance }
    }

    /// "All" and "All", as the dashboard opens.
    fn opened(&self, board: &Dashboard) -> View {
        let all = |name: &str| Choice::All(board.variable(name).unwrap().all_value.clone());
        self.view(board, all("job"), all("instance"))
    }

    fn chosen(&self, board: &Dashboard, job: &str) -> View {
        let these = |value: &str| Choice::These(vec![value.to_owned().into()]);
        self.view(board, these(job), these(&self.instance))
    }
}

/// The last number that a person sees.
fn last_finite(found: &Found) -> Option<f64> {
    let points = found.values().flatten().filter(|(_, value)| value.is_finite());
    points.max_by_key(|(at_ms, _)| *at_ms).map(|(_, value)| *value)
}

/// Labels that a legend names and some series does not have: it would show their names.
fn unknown_in_legend(target: &Target, found: &Found) -> Vec<String> {
    let named = target.legend_format.split("{{").skip(1);
    let named = named.map(|rest| rest.split("}}").next().unwrap().trim());
    let missing = named.filter(|label| found.keys().any(|labels| !labels.contains_key(*label)));
    missing.map(str::to_owned).collect()
}

fn line(panel: &Panel, target: &Target, found: &Found) -> String {
    let last = last_finite(found).map_or("-".to_owned(), |value| format!("{value:.4}"));
    let unit = &panel.field_config.defaults.unit;
    format!(
        "{:30} {:1} {:>6} {last:>14} {unit:11} {}",
        panel.title,
        target.ref_id,
        found.len(),
        target.expr
    )
}

#[test]
fn every_query_has_data_after_a_run_with_failures() {
    let board = dashboard();
    let (_service, watchers) = watch_a_run();
    for watched in &watchers {
        variables_list_what_is_there(watched, &board);
        panels_have_data(watched, &board);
        another_job_shows_nothing(watched, &board);
        firing_alerts_are_annotated(watched, &board);
    }
}

fn variables_list_what_is_there(watched: &Watched, board: &Dashboard) {
    for (name, expected) in [("job", JOB), ("instance", &watched.instance)] {
        let query = watched.opened(board).expand(board.variable(name).unwrap().query_text());
        let arguments = query.strip_prefix("label_values(").unwrap().strip_suffix(')').unwrap();
        let (selector, label) = arguments.rsplit_once(", ").unwrap();
        assert_eq!(watched.api.label_values(selector, label), [expected], "{query}");
    }
}

#[expect(clippy::print_stderr, reason = "the table is what a person wants to see of this test")]
fn panels_have_data(watched: &Watched, board: &Dashboard) {
    let copied = Copied::from(watched.api, JOB, watched.ended_ms);
    let mut table =
        format!("{:30} {:1} {:>6} {:>14} unit        query\n", "panel", "", "series", "last");
    let mut wrong = Vec::new();
    let (opened, chosen) = (watched.opened(board), watched.chosen(board, JOB));
    for (panel, target) in board.targets() {
        let found = watched.api.target(target, &opened);
        let _ = writeln!(table, "{}", line(panel, target, &found));
        if last_finite(&found).is_none() {
            wrong.push(format!("{}: no number for {}", panel.title, target.expr));
        }
        for label in unknown_in_legend(target, &found) {
            wrong.push(format!("{}: no label {label} for its legend", panel.title));
        }
        if watched.api.target(target, &chosen) != found && !has_nan(&found) {
            wrong.push(format!("{}: the only instance is not all", panel.title));
        }
        wrong.extend(copied.as_ref().and_then(|ours| ours.difference(target, &opened, &found)));
    }
    let compared = if copied.is_some() { "the same by slogate-promql" } else { "not compared" };
    eprintln!("{table}{compared}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// NaN is not itself: a quantile of nothing cannot be compared so.
fn has_nan(found: &Found) -> bool {
    found.values().flatten().any(|(_, value)| value.is_nan())
}

/// A name that nothing has gives no series: a panel says "No data", and never 0.
fn another_job_shows_nothing(watched: &Watched, board: &Dashboard) {
    let view = watched.chosen(board, "tarmac");
    for (panel, target) in board.targets() {
        let found = watched.api.target(target, &view);
        assert!(found.is_empty(), "{}: {found:?}", panel.title);
    }
}

/// The run had more than ten failures in five minutes, and a third of its PDFs failed.
fn firing_alerts_are_annotated(watched: &Watched, board: &Dashboard) {
    let annotation = board.annotations.list.iter().find(|one| one.name == "Alerts firing").unwrap();
    let target = annotation.target.as_ref().unwrap();
    let shown = || {
        let chosen = watched.chosen(board, JOB);
        let view = View { time: Time { to_ms: now_ms(), ..chosen.time }, ..chosen };
        watched.api.range(&view.expand(&target.expr), &view)
    };
    let of = |found: &Found, alert: &str| -> Vec<String> {
        let alerts = found.keys().filter(|labels| labels["alertname"] == alert);
        alerts.map(|labels| labels["severity"].clone()).collect()
    };
    // Up to a step of the graph passes until a point lies after the alert.
    wait_until("the annotations", || !of(&shown(), "ExportSuccessRateLow").is_empty());
    let found = shown();
    // One with the label `instance`, and one without.
    assert_eq!(of(&found, "ExportSuccessRateLow"), ["warning"]);
    assert_eq!(of(&found, "ExportFailSpike"), ["critical", "warning"]);
    for labels in found.keys() {
        assert!(labels.contains_key("job"), "{labels:?}");
    }
}
