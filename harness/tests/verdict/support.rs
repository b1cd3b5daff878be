//! Runs made by hand: what the load engine and the scraper would leave behind.

use std::path::{Path, PathBuf};
use std::time::Duration;

use slogate::archive::{RunRecord, ScenarioRecord, ScenarioRun, Tool};
use slogate::gate::{Condition, RuleResult};
use slogate::histogram::LatencyHistogram;
use slogate::load::{
    FailureKind, GeneratorReport, LoadModel, LoadResult, Part, PhaseResult, RequestResult,
    TimeInParts,
};
use slogate::scenario::{
    Beside, ClientExpression, Comparator, Counted, HttpSettings, Metrics, Objective, ObjectiveKind,
    Objectives, Phase, PhaseLoad, Place, RequestFilter, Restarts, Scenario, Statistic, Stop,
    Target, Threshold, TimeKind, Unmoved,
};
use slogate::series::{FamilyKind, ScrapeMoment, ScrapeRecord, SeriesStore};
use slogate::slo::{Doubt, Evidence, JudgedObjective, Verdict, judge, not_judged};
use slogate::units::Unit;
use slogate_promql::Labels;

/// Milliseconds since the epoch: 2026-01-02T03:04:05Z.
pub(crate) const STARTED_MS: i64 = 1_767_323_045_000;

/// Compares a text with a file in `tests`, or writes it there with `SLOGATE_BLESS=1`.
pub(crate) fn assert_matches_file(relative: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(relative);
    if std::env::var_os("SLOGATE_BLESS").is_some() {
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{relative} is not what comes out; SLOGATE_BLESS=1 renews it\n--- expected\n{expected}\n\
         --- actual\n{actual}"
    );
}

/// A request whose good answers took these milliseconds.
pub(crate) fn answered(name: &str, milliseconds: impl IntoIterator<Item = u64>) -> RequestResult {
    let mut latency_ok = LatencyHistogram::new();
    let mut lag = LatencyHistogram::new();
    for millis in milliseconds {
        latency_ok.record(Duration::from_millis(millis));
        lag.record(Duration::from_micros(40));
    }
    let count = latency_ok.count();
    RequestResult {
        name: name.into(),
        intended: count,
        sent: count,
        succeeded: count,
        responses: count,
        bytes_sent: count * 1_000,
        bytes_received: count * 200,
        service_ok: latency_ok.clone(),
        latency_ok,
        lag,
        ..RequestResult::default()
    }
}

/// The same and so many quick answers of status 500.
pub(crate) fn with_failures(mut request: RequestResult, failures: u64) -> RequestResult {
    for _ in 0..failures {
        request.latency_failed.record(Duration::from_millis(1));
        request.service_failed.record(Duration::from_millis(1));
        request.lag.record(Duration::from_micros(40));
    }
    request.intended += failures;
    request.sent += failures;
    request.responses += failures;
    request.failed += failures;
    *request.failures.entry(FailureKind::Status(500)).or_default() += failures;
    request
}

/// A measured open phase of ten seconds that begins so many seconds after the start.
pub(crate) fn open_phase(
    name: &str,
    after_seconds: i64,
    requests: Vec<RequestResult>,
) -> PhaseResult {
    let first_intended_ms = STARTED_MS + after_seconds * 1_000;
    PhaseResult {
        name: name.into(),
        measured: true,
        model: LoadModel::Open,
        first_intended_ms,
        last_response_ms: first_intended_ms + 10_000,
        span: Duration::from_secs(10),
        parts: parts(),
        requests,
    }
}

/// Five connections without TLS, and a hundred answers on them.
fn parts() -> TimeInParts {
    let mut parts = TimeInParts::default();
    (1..=5).for_each(|n| parts.record(Part::Connect, Duration::from_micros(n * 80)));
    for n in 1..=100 {
        parts.record(Part::FirstByte, Duration::from_millis(n));
        parts.record(Part::Body, Duration::from_micros(n * 10));
    }
    parts
}

/// A run of these phases by a generator that kept up.
pub(crate) fn load_of(phases: Vec<PhaseResult>) -> LoadResult {
    let generator = GeneratorReport {
        threads: 1,
        cpu_seconds: 0.4,
        wall_seconds: 12.0,
        open_file_limit: 1_024,
        peak_in_flight: 5,
        connections_opened: 5,
        requests_on_open_connections: Some(135),
        unasked_connections: Some(0),
        responses_ended_by_close: Some(0),
        open_files: Some(16),
        missed_by_generator: 0,
    };
    LoadResult { phases, generator, stopped_early: None }
}

/// Scrapes every 250 ms over `seconds` from the start, with the series of a healthy
/// export service: `requests` exports, `failed` of them failed.
pub(crate) fn scraped(seconds: i64, requests: f64, failed: f64) -> SeriesStore {
    let mut store = SeriesStore::default();
    let last = seconds * 4;
    for at in 0..=last {
        let moment = match at {
            0 => ScrapeMoment::Opening,
            at if at == last => ScrapeMoment::Closing,
            _ => ScrapeMoment::Scheduled,
        };
        let at_ms = STARTED_MS + at * 250;
        let took = Duration::from_millis(2);
        let instance = "127.0.0.1:4001".to_owned();
        store.record_scrape(ScrapeRecord { at_ms, instance, moment, took, outcome: Ok(9) });
        let share = at as f64 / last as f64;
        let mut add = |kind, family: &str, name: &str, labels: &[(&str, &str)], value: f64| {
            store.declare(family, kind);
            let pairs = [("__name__", name), ("instance", "127.0.0.1:4001")];
            let labels = Labels::new(pairs.into_iter().chain(labels.iter().copied()));
            store.append(&labels, at_ms, value);
        };
        if at < last {
            add(FamilyKind::Counter, "export_retry_total", "export_retry_total", &[], 2.0);
        }
        let depth = if at % 4 == 1 { 3.0 } else { 0.0 };
        add(FamilyKind::Gauge, "export_queue_depth", "export_queue_depth", &[], depth);
        let reason = [("reason", "injected")];
        let failures = (failed * share).floor();
        add(FamilyKind::Counter, "export_fail_total", "export_fail_total", &reason, failures);
        for (bound, within) in
            [("100", 0.5), ("1000", 0.97), ("10000", 1.0), ("60000", 1.0), ("+Inf", 1.0)]
        {
            let value = (requests * within * share).floor();
            let name = "export_latency_ms_bucket";
            add(FamilyKind::Histogram, "export_latency_ms", name, &[("le", bound)], value);
        }
    }
    store
}

/// A threshold as a file has it.
pub(crate) fn threshold(comparator: Comparator, bound: f64, text: &str) -> Threshold {
    Threshold { comparator, bound, text: text.into() }
}

/// An objective in `scenarios/10k.yaml`.
pub(crate) fn objective(id: &str, line: usize, kind: ObjectiveKind, is: Threshold) -> Objective {
    Objective {
        id: id.into(),
        description: None,
        kind,
        thresholds: vec![is],
        during: None,
        beside: Vec::new(),
        abort_after: None,
        place: Place { file: "scenarios/10k.yaml".into(), line, column: 5 },
    }
}

/// `p95(latency)`.
pub(crate) fn p95() -> ObjectiveKind {
    let (statistic, time) = (Statistic::Quantile(0.95), TimeKind::Latency);
    let filter = RequestFilter::default();
    ObjectiveKind::Client(ClientExpression::Time { statistic, time, filter })
}

/// `count(dropped)`.
pub(crate) fn dropped() -> ObjectiveKind {
    let filter = RequestFilter::default();
    ObjectiveKind::Client(ClientExpression::Count { counted: Counted::Dropped, filter })
}

/// `ratio(success)`.
pub(crate) fn success() -> ObjectiveKind {
    ObjectiveKind::Client(ClientExpression::SuccessRatio { filter: RequestFilter::default() })
}

/// A PromQL expression without a unit.
pub(crate) fn promql(expression: &str, unit: (Unit, f64)) -> ObjectiveKind {
    ObjectiveKind::Promql {
        expression: expression.into(),
        unit: unit.0,
        scale: unit.1,
        includes_before_run: false,
    }
}

/// The growth of counters.
pub(crate) fn counter(selector: &str) -> ObjectiveKind {
    ObjectiveKind::Counter { selector: selector.into(), unit: Unit::Plain, scale: 1.0 }
}

/// The objectives of a usual scenario.
pub(crate) fn usual_objectives() -> Vec<Objective> {
    use Comparator::{Equal, GreaterOrEqual, Less, LessOrEqual};
    let quantile =
        "histogram_quantile(0.95, sum by (le) (increase(export_latency_ms_bucket[$run])))";
    let depth = "max_over_time(export_queue_depth[$run])";
    let success = objective("success", 21, success(), threshold(GreaterOrEqual, 0.95, ">= 95%"));
    vec![
        objective("p95(latency) < 1s", 20, p95(), threshold(Less, 1.0, "< 1s")),
        Objective { beside: shown_beside(), ..success },
        objective("nothing-dropped", 22, dropped(), threshold(Equal, 0.0, "== 0")),
        objective(
            "p95-server",
            23,
            promql(quantile, (Unit::Seconds, 1e-3)),
            threshold(Less, 10.0, "< 10s"),
        ),
        objective(
            "queue",
            24,
            promql(depth, (Unit::Plain, 1.0)),
            threshold(LessOrEqual, 100.0, "<= 100"),
        ),
        objective("no-failures", 25, counter("export_fail_total"), threshold(Equal, 0.0, "== 0")),
    ]
}

/// A number that is known, one that is in doubt, and one that nobody counted.
fn shown_beside() -> Vec<Beside> {
    let one = |name: &str, selector: &str| Beside { name: name.into(), selector: selector.into() };
    vec![
        one("failed", "export_fail_total"),
        one("retried", "export_retry_total"),
        one("lost", "export_lost_total"),
    ]
}

/// A scenario of these phases and objectives.
pub(crate) fn scenario(name: &str, phases: Vec<Phase>, objectives: Vec<Objective>) -> Scenario {
    Scenario {
        path: PathBuf::from(format!("scenarios/{name}.yaml")),
        source_sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        source: format!("version: 1\nname: {name}\n").into(),
        name: name.into(),
        description: Some("10,000-record CSV exports arriving at a steady rate".into()),
        used_variables: Vec::new(),
        target: Target::Reference { faults: Vec::new() },
        tls: None,
        http: HttpSettings::default(),
        metrics: Metrics::of_path("/export/metrics", Duration::from_millis(250)),
        restarts: Restarts::Fail,
        max_in_flight: None,
        phases,
        requests: Vec::new(),
        flows: Vec::new(),
        sent_files: Vec::new(),
        objectives: Objectives::Judged(objectives),
        alert_rules: None,
        unmoved: Unmoved::Doubt,
    }
}

/// A measured phase of ten requests a second for ten seconds.
pub(crate) fn planned_open(name: &str) -> Phase {
    let load = PhaseLoad::open(10.0, 10.0, Duration::from_secs(10));
    Phase { name: name.into(), group: None, load, measured: true }
}

/// One repetition of a closed phase.
pub(crate) fn planned_batch(group: &str, number: usize) -> Phase {
    let load = PhaseLoad::closed(5, Stop::IterationsPerUser(1));
    let name = format!("{group}-{number}");
    Phase { name, group: Some(group.into()), load, measured: true }
}

/// Judges the scenario's objectives and makes the record.
pub(crate) fn record_of(
    scenario: &Scenario,
    run: Option<(&LoadResult, &SeriesStore)>,
    conditions: Vec<Condition>,
) -> ScenarioRecord {
    let objectives = match &scenario.objectives {
        Objectives::Judged(objectives) => objectives.as_slice(),
        Objectives::LoadOnly => &[],
    };
    let judged = |objective| -> JudgedObjective {
        match run {
            Some((load, series)) => judge(objective, &Evidence::of(scenario, load, series)),
            None => not_judged(
                objective,
                Doubt::new(slogate::gate::codes::SKIPPED, "the scenario was not run"),
            ),
        }
    };
    ScenarioRecord::of(ScenarioRun {
        scenario,
        target: "reference".into(),
        address: Some("127.0.0.1:4001".into()),
        bundled_service: true,
        started_program: None,
        t0_ms: Some(STARTED_MS),
        load: run.map(|(load, _)| load),
        series: run.map(|(_, series)| series),
        objectives: objectives.iter().map(|one| (one, judged(one))).collect(),
        verification: None,
        conditions,
        alerts: &[],
        notes: Vec::new(),
    })
}

/// What wrote the records of these tests.
pub(crate) fn tool() -> Tool {
    Tool {
        name: "slogate".into(),
        version: "0.1.0".into(),
        os: "linux".into(),
        arch: "x86_64".into(),
        cores: 2,
        ci: false,
    }
}

/// The record of an invocation of these scenarios.
pub(crate) fn run_of(scenarios: Vec<ScenarioRecord>, rules: Option<Vec<RuleResult>>) -> RunRecord {
    RunRecord::of(tool(), STARTED_MS, Duration::from_millis(12_345), scenarios, rules)
}

/// A rule test with this verdict.
pub(crate) fn rule(name: &str, verdict: Verdict, detail: &str) -> RuleResult {
    RuleResult {
        file: "rules/export.test.yml".into(),
        name: name.into(),
        engine: "built-in".into(),
        verdict,
        detail: detail.into(),
        codes: if verdict == Verdict::Pass { vec![] } else { vec!["failed-rule-test".into()] },
    }
}

/// A scenario in which everything holds, with a warm-up that is left out.
pub(crate) fn passing() -> ScenarioRecord {
    let warm_up = Phase { measured: false, ..planned_open("warm-up") };
    let mut objectives = usual_objectives();
    objectives[0].id = "p95-latency-of-all-requests-below-a-second".into();
    let scenario = scenario("10k", vec![warm_up, planned_open("steady")], objectives);
    let warm = vec![answered("csv", [700, 40])];
    let load = load_of(vec![
        PhaseResult { measured: false, ..open_phase("warm-up", -11, warm) },
        open_phase("steady", 1, vec![answered("csv", 1..=100)]),
    ]);
    record_of(&scenario, Some((&load, &scraped(12, 100.0, 0.0))), Vec::new())
}

/// A scenario in which a tenth of the requests fails.
pub(crate) fn failing() -> ScenarioRecord {
    let scenario = scenario("10k-faults", vec![planned_open("steady")], usual_objectives());
    let requests = vec![
        with_failures(answered("csv", 1..=90), 10),
        answered("a-request-with-a-long-name", (1..=40).map(|n| n * 11)),
    ];
    let load = load_of(vec![open_phase("steady", 1, requests)]);
    record_of(&scenario, Some((&load, &scraped(12, 90.0, 10.0))), Vec::new())
}

/// A scenario that is too short to prove anything.
pub(crate) fn inconclusive() -> ScenarioRecord {
    let scenario = scenario("short", vec![planned_open("steady")], usual_objectives());
    let load = load_of(vec![open_phase("steady", 0, vec![answered("csv", 1..=12)])]);
    record_of(&scenario, Some((&load, &scraped(1, 12.0, 0.0))), Vec::new())
}

/// A scenario whose target was not there.
pub(crate) fn unreachable() -> ScenarioRecord {
    let scenario = scenario("gone", vec![planned_open("steady")], usual_objectives());
    let reason = "127.0.0.1:4001 refused the connection".to_owned();
    record_of(&scenario, None, vec![Condition::not_reachable(reason, ["connection-refused"])])
}

/// Twelve repetitions of one phase.
pub(crate) fn batches() -> ScenarioRecord {
    let phases = (1..=12).map(|number| planned_batch("batch", number)).collect();
    let is = threshold(Comparator::Less, 30.0, "< 30s");
    let span = ObjectiveKind::Client(ClientExpression::Span);
    let mut objective = objective("span(phase) < 30s during batch", 30, span, is);
    objective.during = Some("batch".into());
    let scenario = scenario("batch", phases, vec![objective]);
    let batch = |number: i64| PhaseResult {
        model: LoadModel::Closed,
        ..open_phase(
            &format!("batch-{number}"),
            number,
            vec![answered("1k-csv", [20, 22]), answered("5k-pdf", [150 + number.unsigned_abs()])],
        )
    };
    let load = load_of((1..=12).map(batch).collect());
    record_of(&scenario, Some((&load, &scraped(24, 36.0, 0.0))), Vec::new())
}

/// A run in which everything holds, rules as well.
pub(crate) fn passing_run() -> RunRecord {
    run_of(vec![passing()], Some(vec![rule("queue alert fires", Verdict::Pass, "")]))
}

/// A run with a good scenario, a bad one, and a rule test that fails.
pub(crate) fn failing_run() -> RunRecord {
    let detail = "expected ExportFailSpike to fire at 10m, got nothing";
    let rules = vec![
        rule("queue alert fires", Verdict::Pass, ""),
        rule("failures fire", Verdict::Fail, detail),
    ];
    run_of(vec![passing(), failing()], Some(rules))
}

/// A run whose every text tries to be more than text.
pub(crate) fn hostile_run() -> RunRecord {
    let mut scenario = failing();
    scenario.name = "<script>alert(1)</script>".into();
    scenario.description = Some("1. a `b` **c** | d\u{1b}[31m & <img src=x> $x$ $y$".into());
    for (at, slo) in scenario.slos.iter_mut().enumerate() {
        slo.id = format!("{HOSTILE} {at}");
        slo.reason = format!("{HOSTILE}\nsecond line {at}");
        slo.file = "dir,with:odd%/a|b`c.yaml".into();
    }
    run_of(vec![scenario], Some(vec![rule(HOSTILE, Verdict::Fail, HOSTILE)]))
}

/// What breaks XML, Markdown, HTML, terminals and workflow commands, in one name.
pub(crate) const HOSTILE: &str =
    "]]> a|b <b>&amp; \u{0}\u{1b}[1m\u{ffff} \"q\" 'p' *s* _u_ `t` [l](x) ::error::%0A 100% $a$";
