//! What a scenario file means: the model that each form of the format becomes.

#![expect(clippy::panic, reason = "a panic in a test is its failure report")]

use std::path::Path;
use std::time::Duration;

use slogate::scenario::{
    Arrivals, ClientExpression, Comparator, Counted, Distance, Metrics, Objective, ObjectiveKind,
    Objectives, PhaseLoad, ReadOptions, RepeatOn, RequestFilter, Retry, Scenario, Statistic, Stop,
    Target, ThinkTime, TimeKind, Totalled, Users, Variables, read_text,
};
use slogate::units::Unit;

/// A whole scenario in which each of the parts can be replaced.
struct Parts<'a> {
    head: &'a str,
    load: &'a str,
    requests: &'a str,
    slo: &'a str,
}

const PARTS: Parts = Parts {
    head: "target: http://127.0.0.1:8080\nmetrics: { path: /metrics }",
    load: "load: [{ name: steady, rate: 40/s, for: 10s }]",
    requests: "requests: [{ name: csv, get: / }]",
    slo: "slo: none",
};

impl Parts<'_> {
    fn text(&self) -> String {
        let Parts { head, load, requests, slo } = self;
        format!("version: 1\nname: parts\n{head}\n{load}\n{requests}\n{slo}\n")
    }

    fn read(&self) -> Scenario {
        self.read_with(&[])
    }

    fn read_with(&self, variables: &[(&str, &str)]) -> Scenario {
        let variables: Variables =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        // In the fixture folder, for includes.
        let path = Path::new("tests/scenarios/parts.yaml");
        match read_text(path, &self.text(), &variables, &ReadOptions::default()) {
            Ok(loaded) => loaded.scenario,
            Err(problems) => panic!("{}", problems.render()),
        }
    }

    fn objectives(&self) -> Vec<Objective> {
        match self.read().objectives {
            Objectives::Judged(objectives) => objectives,
            Objectives::LoadOnly => Vec::new(),
        }
    }
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

fn ids(objectives: &[Objective]) -> Vec<&str> {
    objectives.iter().map(|objective| objective.id.as_str()).collect()
}

#[test]
fn phases_are_open_or_closed() {
    let load = "load:
  - { name: warm-up, users: 2, iterations_per_user: 3, measure: false }
  - { name: steady, rate: 90/m, for: 1m30s }
  - { name: ramp, rate: 5/s -> 20/s, for: 500ms }
  - { name: crowd, users: 20, for: 10s }
  - { name: end, users: 1, iterations: 7, measure: false }";
    let phases = Parts { load, ..PARTS }.read().phases;
    let loads: Vec<_> = phases.iter().map(|phase| phase.load.clone()).collect();
    let open = |from, to, millis| PhaseLoad::open(from, to, Duration::from_millis(millis));
    assert_eq!(
        loads,
        [
            PhaseLoad::closed(2, Stop::IterationsPerUser(3)),
            open(1.5, 1.5, 90_000),
            open(5.0, 20.0, 500),
            PhaseLoad::closed(20, Stop::After(Duration::from_secs(10))),
            PhaseLoad::closed(1, Stop::Iterations(7)),
        ]
    );
    let measured: Vec<_> = phases.iter().map(|phase| phase.measured).collect();
    assert_eq!(measured, [false, true, true, true, false]);
}

#[test]
fn arrivals_users_and_think_times_can_vary() {
    let load = "load:
  - { name: crowd, rate: 5/s -> 20/s, for: 10s, arrivals: poisson }
  - { name: come, users: 0 -> 20, for: 10s }
  - { name: stay, users: 20, for: 1m, think_time: 500ms }
  - { name: each, users: 3, iterations_per_user: 2, think_time: 200ms..1s }";
    let phases = Parts { load, ..PARTS }.read().phases;
    let loads: Vec<_> = phases.iter().map(|phase| phase.load.clone()).collect();
    let think = |shortest, longest| {
        let [shortest, longest] = [shortest, longest].map(Duration::from_millis);
        Some(ThinkTime { shortest, longest })
    };
    let seconds = Duration::from_secs;
    let arrivals = Arrivals::Poisson;
    assert_eq!(
        loads,
        [
            PhaseLoad::Open { from: 5.0, to: 20.0, duration: seconds(10), arrivals },
            PhaseLoad::Closed {
                users: Users { from: 0, to: 20 },
                stop: Stop::After(seconds(10)),
                think_time: None,
            },
            PhaseLoad::Closed {
                users: Users::constant(20),
                stop: Stop::After(seconds(60)),
                think_time: think(500, 500),
            },
            PhaseLoad::Closed {
                users: Users::constant(3),
                stop: Stop::IterationsPerUser(2),
                think_time: think(200, 1000),
            },
        ]
    );
}

#[test]
fn a_repeated_phase_is_written_out_and_goes_by_both_names() {
    let load = "load: [{ name: batch, users: 5, iterations: 5, repeat: 3 }]";
    let slo = "slo: ['span(phase) < 30s during batch', 'span(phase) < 20s during batch-2']";
    let scenario = Parts { load, slo, ..PARTS }.read();
    let names: Vec<_> = scenario.phases.iter().map(|phase| phase.name.as_str()).collect();
    assert_eq!(names, ["batch-1", "batch-2", "batch-3"]);
    assert!(scenario.phases.iter().all(|phase| phase.goes_by("batch")));
    assert_eq!(scenario.phases.iter().filter(|phase| phase.goes_by("batch-2")).count(), 1);
}

#[test]
fn a_request_has_every_default_filled_in() {
    let request = PARTS.read().requests.remove(0);
    assert_eq!((request.method.as_str(), request.path.as_str(), request.weight), ("GET", "/", 1));
    assert_eq!(request.timeout, Duration::from_secs(60));
    assert!(request.headers.is_empty() && request.body.is_empty());
    assert!(request.expect.status.is_empty() && request.artifacts.is_none());
}

#[test]
fn a_template_keeps_the_type_of_every_value() {
    let requests = "data: { two: { rows: 2 } }
requests:
  - name: typed
    post: /
    json: { text: '5', number: 5, real: 1.5, yes: true, none: null, list: [a, 1], rows: '{{two}}' }";
    let request = Parts { requests, ..PARTS }.read().requests.remove(0);
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["text"], "5");
    assert_eq!(body["number"], 5);
    assert_eq!(body["real"], 1.5);
    assert_eq!(body["yes"], true);
    assert!(body["none"].is_null());
    assert_eq!(body["rows"].as_array().unwrap().len(), 2);
    let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["text", "number", "real", "yes", "none", "list", "rows"]);
    assert_eq!(request.headers, [("content-type".into(), "application/json".into())]);
}

#[test]
fn a_content_type_of_ones_own_is_kept() {
    let requests = "requests:
  - { name: own, post: /, headers: { Content-Type: application/vnd.x+json }, json: [] }";
    let request = Parts { requests, ..PARTS }.read().requests.remove(0);
    assert_eq!(request.headers, [("Content-Type".into(), "application/vnd.x+json".into())]);
}

#[test]
fn equal_bodies_share_their_memory() {
    let requests = "data: { rows: { rows: 1000 } }
requests:
  - { name: one, post: /1, json: { data: '{{rows}}' } }
  - { name: two, post: /2, json: { data: '{{rows}}' } }
  - { name: raw, post: /3, body: '{\"data\":{{rows}}}' }
  - { name: other, post: /4, json: { other: '{{rows}}' } }";
    let requests = Parts { requests, ..PARTS }.read().requests;
    let address = |at: usize| requests[at].body.as_ptr();
    assert_eq!(address(0), address(1));
    assert_eq!(address(0), address(2));
    assert_ne!(address(0), address(3));
}

#[test]
fn statuses_are_numbers_lists_and_classes() {
    let requests = "requests:
  - { name: one, get: /, expect: { status: 201 } }
  - { name: list, get: /, expect: { status: [404, 200, 404] } }
  - { name: any, get: /, expect: { status: 2xx } }
  - { name: class, get: /, expect: { status: [3xx, 200] } }";
    let requests = Parts { requests, ..PARTS }.read().requests;
    assert_eq!(requests[0].expect.status, [201]);
    assert_eq!(requests[1].expect.status, [200, 404]);
    assert!(requests[2].expect.status.is_empty(), "any 2xx");
    assert_eq!(requests[3].expect.status.len(), 101);
}

#[test]
fn variables_have_the_type_that_their_place_wants() {
    let load = "load: [{ name: '${PHASE}', users: '${USERS}', iterations: 5 }]";
    let requests = r#"requests:
  - name: csv
    post: /
    weight: ${WEIGHT}
    json:
      plain: ${WEIGHT}
      quoted: "${WEIGHT}"
      escaped: "$${WEIGHT}""#;
    let parts = Parts { load, requests, ..PARTS };
    let variables = [("PHASE", "steady"), ("USERS", "5"), ("WEIGHT", "7")];
    let scenario = parts.read_with(&variables);
    assert_eq!(scenario.phases[0].name, "steady");
    assert_eq!(scenario.requests[0].weight, 7);
    let body: serde_json::Value = serde_json::from_slice(&scenario.requests[0].body).unwrap();
    assert_eq!(body["plain"], 7);
    assert_eq!(body["quoted"], "7");
    assert_eq!(body["escaped"], "${WEIGHT}");
    assert!(scenario.source.contains("weight: ${WEIGHT}"), "the source stays as on disk");
}

#[test]
fn short_forms_get_readable_and_unique_ids() {
    let slo = "slo:
  - 'p95(latency{request=\"csv\"}) < 1s during steady'
  - 'count(dropped) == 0'
  - 'count(dropped) <= 5'
  - { id: count-dropped-2, client: count(sent), is: '> 0' }";
    let objectives = Parts { slo, ..PARTS }.objectives();
    assert_eq!(
        ids(&objectives),
        ["p95-latency-csv-steady", "count-dropped", "count-dropped-3", "count-dropped-2"]
    );
    assert_eq!(objectives[0].during.as_deref(), Some("steady"));
    let filter = RequestFilter { request: Some("csv".into()), outcome: None };
    let expression = ClientExpression::Time {
        statistic: Statistic::Quantile(0.95),
        time: TimeKind::Latency,
        filter,
    };
    assert!(matches!(&objectives[0].kind, ObjectiveKind::Client(found) if *found == expression));
}

#[test]
fn units_of_expressions_and_thresholds_meet_in_the_base_unit() {
    let slo = "slo:
  - { id: time, promql: sum(x), unit: ms, is: ['< 10s', '> 5ms'] }
  - { id: share, promql: sum(x), unit: ratio, is: '>= 95%' }
  - { id: size, counter: x_total, unit: MB, is: '< 1GB' }
  - { id: plain, promql: sum(x), is: '!= 1e3' }";
    let objectives = Parts { slo, ..PARTS }.objectives();
    let ObjectiveKind::Promql { unit, scale, .. } = &objectives[0].kind else { panic!() };
    assert!(*unit == Unit::Seconds && (*scale - 0.001).abs() < 1e-15);
    assert_eq!(objectives[0].thresholds.len(), 2);
    assert_eq!(objectives[0].thresholds[1].comparator, Comparator::Greater);
    let bound = |at: usize| objectives[at].thresholds[0].bound;
    assert!(near(bound(0), 10.0) && near(bound(1), 0.95));
    assert!(near(bound(2), 1e9) && near(bound(3), 1e3));
    let ObjectiveKind::Counter { scale, .. } = &objectives[2].kind else { panic!() };
    assert!(near(*scale, 1e6));
}

#[test]
fn an_included_objective_is_overridden_by_its_id_in_its_place() {
    let slo = "slo:
  - include: lists/good.yaml
  - { id: slow, is: '< 30s' }
  - { id: queue, counter: refused_total, is: '== 0' }
  - { id: ratio-success, is: '>= 99%' }
  - 'ratio(success) >= 90%'";
    let objectives = Parts { slo, ..PARTS }.objectives();
    assert_eq!(ids(&objectives), ["queue", "slow", "ratio-success", "ratio-success-2"]);
    let slow = &objectives[1];
    assert_eq!(slow.thresholds[0].text, "< 30s");
    assert_eq!(slow.description.as_deref(), Some("From the list"));
    assert!(
        matches!(&slow.kind, ObjectiveKind::Promql { expression, .. } if expression == "sum(x)")
    );
    assert_eq!(&*slow.place.file, "tests/scenarios/parts.yaml");
    assert!(matches!(&objectives[0].kind, ObjectiveKind::Counter { .. }));
    assert_eq!(&*objectives[3].place.file, "tests/scenarios/parts.yaml");
}

#[test]
fn an_override_gives_each_key_by_itself_and_another_kind_replaces_all() {
    let queue = |given: &str| {
        let slo = format!("slo:\n  - include: lists/good.yaml\n  - {{ id: queue, {given} }}");
        Parts { slo: &slo, ..PARTS }.objectives().remove(0)
    };
    let included = "max_over_time(queue[$run])";
    let expression = |objective: &Objective| match &objective.kind {
        ObjectiveKind::Promql { expression, includes_before_run, .. } => {
            (expression.clone(), *includes_before_run)
        }
        other => panic!("{other:?}"),
    };
    let stricter = queue("is: '<= 5'");
    assert_eq!(expression(&stricter), (included.to_owned(), false));
    assert_eq!(stricter.thresholds[0].text, "<= 5");
    let other = queue("promql: 'max_over_time(depth[$run])'");
    assert_eq!(expression(&other).0, "max_over_time(depth[$run])");
    assert_eq!(other.thresholds[0].text, "<= 100");
    assert!(expression(&queue("window: includes_before_run")).1);
    assert_eq!(queue("during: steady").during.as_deref(), Some("steady"));
    assert_eq!(queue("description: Short").description.as_deref(), Some("Short"));
    assert_eq!(queue("abort: { after: 5s }").abort_after, Some(Duration::from_secs(5)));
    let unit = queue("unit: ms, is: '< 5s'");
    assert!(matches!(unit.kind, ObjectiveKind::Promql { scale, .. } if near(scale, 1e-3)));
    let present = queue("series: queue, is: present");
    assert!(matches!(present.kind, ObjectiveKind::Present { .. }));
    assert!(present.thresholds.is_empty());
}

#[test]
fn presence_has_a_short_form_and_reconciliation_a_long_one() {
    let slo = "slo:
  - series 'x_total{format=\"csv\"}' present
  - series y_total present during steady
  - { id: agree, reconcile: { client: count(responses), counter: x_total } }
  - { id: bytes, reconcile: { client: bytes(sent), counter: y_total }, unit: kB, within: 1% }";
    let objectives = Parts { slo, ..PARTS }.objectives();
    assert_eq!(
        ids(&objectives),
        ["present-x_total-format-csv", "present-y_total-steady", "agree", "bytes"]
    );
    let ObjectiveKind::Present { selector } = &objectives[0].kind else { panic!() };
    assert_eq!(selector, "x_total{format=\"csv\"}");
    assert_eq!(objectives[1].during.as_deref(), Some("steady"));
    let ObjectiveKind::Reconcile(agree) = &objectives[2].kind else { panic!() };
    assert_eq!(agree.client.of, Totalled::Requests(Counted::Responses));
    assert_eq!((agree.within.distance, agree.unit), (Distance::Amount(0.0), Unit::Plain));
    let ObjectiveKind::Reconcile(bytes) = &objectives[3].kind else { panic!() };
    assert_eq!((bytes.within.distance, bytes.unit), (Distance::Share(0.01), Unit::Bytes));
    assert!(near(bytes.scale, 1e3));
}

#[test]
fn target_and_metrics_have_their_forms() {
    let scenario = PARTS.read();
    assert_eq!(scenario.target, Target::Url("http://127.0.0.1:8080".into()));
    let every = Duration::from_secs(1);
    assert_eq!(scenario.metrics, Metrics::of_path("/metrics", every));
    let head = "target: reference\nreference: { faults: [latency=1s] }\nmetrics: none";
    let scenario = Parts { head, ..PARTS }.read();
    assert_eq!(scenario.target, Target::Reference { faults: vec!["latency=1s".into()] });
    assert_eq!(scenario.metrics, Metrics::None);
}

#[test]
fn a_target_of_the_caller_replaces_that_of_the_file() {
    let target = Some(Target::Url("http://127.0.0.1:9".into()));
    let options = ReadOptions { target: target.clone(), ..ReadOptions::default() };
    let read = read_text(Path::new("a.yaml"), &PARTS.text(), &Variables::new(), &options);
    assert_eq!(Some(read.unwrap().scenario.target), target);
}

#[test]
fn faults_of_the_reference_service_do_not_vanish_with_another_target() {
    let head = "target: reference\nreference: { faults: [latency=1s] }";
    let text = Parts { head, ..PARTS }.text();
    let read = |target| {
        let options = ReadOptions { target: Some(target), ..ReadOptions::default() };
        read_text(Path::new("a.yaml"), &text, &Variables::new(), &options)
    };
    let problems = read(Target::Url("http://127.0.0.1:9".into())).unwrap_err();
    assert!(problems.to_string().contains("another target was chosen"));
    let kept = read(Target::Reference { faults: Vec::new() }).unwrap().scenario.target;
    assert_eq!(kept, Target::Reference { faults: vec!["latency=1s".into()] });
}

#[test]
fn line_ends_of_windows_mean_the_same() {
    let slo = "slo:\n  - id: lines\n    promql: |-\n      sum(x)\n      + sum(y)\n    is: '< 5'";
    let text = Parts { slo, ..PARTS }.text().replace('\n', "\r\n");
    let path = Path::new("a.yaml");
    let read = read_text(path, &text, &Variables::new(), &ReadOptions::default()).unwrap();
    let Objectives::Judged(objectives) = &read.scenario.objectives else { panic!() };
    assert!(
        matches!(&objectives[0].kind, ObjectiveKind::Promql { expression, .. } if expression == "sum(x)\n+ sum(y)")
    );
}

#[test]
fn anchors_and_merge_keys_save_repetition() {
    let requests = "requests:
  - &one { name: one, post: /, json: { format: csv }, expect: &good { status: 200 } }
  - { <<: *one, name: two, json: { format: pdf } }
  - { name: three, get: /, expect: *good }";
    let requests = Parts { requests, ..PARTS }.read().requests;
    assert_eq!(requests[1].method, "POST");
    assert_eq!(&requests[1].body[..], br#"{"format":"pdf"}"#);
    assert!(requests.iter().all(|request| request.expect.status == [200]));
}

#[test]
fn the_hash_of_a_scenario_is_that_of_its_file() {
    let scenario = PARTS.read();
    // `sha256sum` of the same text.
    assert_eq!(
        scenario.source_sha256,
        "58d6a02ecfd991fb8f0e5c1a0e77ac72f094c313eade869b309efd4827223dd8"
    );
    assert_eq!(&*scenario.source, PARTS.text());
}

/// The path and the body of the only request.
fn sent(request: &str) -> (String, String) {
    let requests = format!("requests: [{{ name: r, {request} }}]");
    let scenario =
        Parts { requests: &requests, ..PARTS }.read_with(&[("EMPTY", ""), ("TEXT", "ä b")]);
    let body = String::from_utf8_lossy(&scenario.requests[0].body).into_owned();
    (scenario.requests[0].path.clone(), body)
}

#[test]
fn a_query_and_a_form_are_encoded_as_browsers_do() {
    let pairs = "page: 2, tag: [new, 'a+b&c'], q: '${TEXT}', on: true, price: 1.50, none: '${EMPTY}', '~*': -_.";
    // What the URL Standard's own implementation makes of the same pairs.
    let mut url = reqwest::Url::parse("http://a/").unwrap();
    url.query_pairs_mut().extend_pairs([
        ("page", "2"),
        ("tag", "new"),
        ("tag", "a+b&c"),
        ("q", "ä b"),
        ("on", "true"),
        ("price", "1.50"),
        ("none", ""),
        ("~*", "-_."),
    ]);
    let encoded = url.query().unwrap();
    assert!(encoded.contains("tag=new&tag=a%2Bb%26c&q=%C3%A4+b&on=true"), "{encoded}");
    let (path, body) = sent(&format!("post: '/a?b=c', query: {{ {pairs} }}, form: {{ {pairs} }}"));
    assert_eq!(path, format!("/a?b=c&{encoded}"));
    assert_eq!(body, encoded);
}

#[test]
fn a_form_says_what_it_is_unless_the_file_does() {
    let content_type = |headers: &str| {
        let requests = format!("requests: [{{ name: r, post: /, form: {{ a: 1 }}{headers} }}]");
        let request = Parts { requests: &requests, ..PARTS }.read().requests.remove(0);
        assert_eq!(request.headers.len(), 1);
        request.headers[0].1.clone()
    };
    assert_eq!(content_type(""), "application/x-www-form-urlencoded");
    assert_eq!(content_type(", headers: { Content-Type: text/plain }"), "text/plain");
}

#[test]
fn requests_are_sent_by_whom_the_scenario_or_they_themselves_say() {
    let head = "target: http://127.0.0.1:8080\nauth: { bearer: '${TOKEN}' }";
    let requests = "requests:
  - { name: as-the-scenario, get: / }
  - { name: by-itself, get: /, auth: { basic: { username: joe, password: '${PASSWORD}' } } }
  - { name: by-nobody, get: /, auth: none }
  - { name: by-a-header, get: /, auth: none, headers: { authorization: mine } }";
    let variables = [("TOKEN", "t0ken"), ("PASSWORD", "1.50")];
    let scenario = Parts { head, requests, ..PARTS }.read_with(&variables);
    assert!(!format!("{:?}", scenario.requests).contains("t0ken"));
    let ready = scenario.requests_with_credentials().unwrap();
    let header = |at: usize| ready[at].headers.first().map(|(_, value)| value.as_str());
    assert_eq!(header(0), Some("Bearer t0ken"));
    // printf joe:1.50 | base64
    assert_eq!(header(1), Some("Basic am9lOjEuNTA="));
    assert_eq!((header(2), header(3)), (None, Some("mine")));
    assert_eq!(scenario.hidden().taken_out_of("t0ken am9lOjEuNTA="), "${TOKEN} ***");
}

#[test]
fn users_for_whom_no_iteration_is_left_are_a_warning() {
    let warned = |load: &str| {
        let text = format!(
            "version: 1\nname: x\ntarget: http://127.0.0.1:1\nmetrics: none\nload: [{{ name: a, {load} }}]\n\
             requests: [{{ name: r, get: / }}]\nslo: none\n"
        );
        let read =
            read_text(Path::new("x.yaml"), &text, &Variables::new(), &ReadOptions::default());
        read.unwrap().warnings.iter().map(|one| one.code().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(warned("users: 200, iterations: 100"), ["idle-phase"]);
    assert!(warned("users: 100, iterations: 100").is_empty());
    assert!(warned("users: 200, iterations_per_user: 1").is_empty());
}

#[test]
fn credentials_in_plain_text_over_a_network_are_a_warning() {
    let warnings = |target: &str| {
        let head = format!("target: {target}\nauth: {{ bearer: '${{TOKEN}}' }}");
        let variables = Variables::from([("TOKEN".to_owned(), "t0ken".to_owned())]);
        let text = Parts { head: &head, ..PARTS }.text();
        let read = read_text(Path::new("s.yaml"), &text, &variables, &ReadOptions::default());
        read.unwrap().warnings.iter().map(|one| one.code().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(warnings("http://shop.example"), ["plain-text-credential"]);
    assert!(warnings("http://127.0.0.1:1").is_empty());
}

#[test]
fn what_is_repeated_has_its_defaults_filled_in() {
    let retry = |request: &str| {
        let requests = format!("requests: [{{ name: r, {request} }}]");
        Parts { requests: &requests, ..PARTS }.read().requests.remove(0).retry
    };
    assert_eq!(retry("get: /"), None);
    let usual = retry("delete: /, retry: { attempts: 3 }").unwrap();
    let on = [RepeatOn::Connect, RepeatOn::Closed, RepeatOn::Status(429), RepeatOn::Status(503)]
        .to_vec();
    assert_eq!(usual, Retry { attempts: 3, on, backoff: Duration::from_millis(100) });
    let written = "post: /, retry: { attempts: 2, on: [timeout, 502], backoff: 1s, unsafe: true }";
    let written = retry(written).unwrap();
    assert_eq!(written.on, [RepeatOn::Timeout, RepeatOn::Status(502)]);
    assert_eq!(written.backoff, Duration::from_secs(1));
    let class = retry("get: /, retry: { attempts: 2, on: [5xx] }").unwrap().on;
    assert_eq!((class.len(), class[99]), (100, RepeatOn::Status(599)));
}
