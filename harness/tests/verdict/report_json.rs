//! The JSON report: its first level, its words, and its schema.

use crate::support;
use serde_json::Value;
use slogate::archive::RunRecord;
use slogate::gate::{ExitCode, OnInconclusive};
use slogate::report::{json, schema};
use slogate::slo::Verdict;

fn read(record: &RunRecord) -> Value {
    let outcome = record.outcome(OnInconclusive::Fail);
    serde_json::from_str(&json(record, outcome).unwrap()).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn whole() -> RunRecord {
    let scenarios = vec![
        support::passing(),
        support::failing(),
        support::inconclusive(),
        support::unreachable(),
        support::batches(),
    ];
    let rules = vec![support::rule("failures fire", Verdict::Pass, "")];
    support::run_of(scenarios, Some(rules))
}

#[test]
fn the_first_level_is_stable() {
    let report = read(&whole());
    assert_eq!(
        keys(&report),
        [
            "schema_version",
            "tool",
            "verdict",
            "exit",
            "started_at",
            "duration_seconds",
            "scenarios",
            "rules"
        ]
    );
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["verdict"], "fail");
    assert_eq!(report["exit"]["code"], 1);
    assert_eq!(report["started_at"], "2026-01-02T03:04:05Z");
    assert_eq!(report["rules"]["verdict"], "pass");
}

/// Fields that readers of a report rely on: none of them goes or is renamed within a
/// major version.
#[track_caller]
fn assert_has(value: &Value, fields: &str) {
    for field in fields.split_whitespace() {
        assert!(value.get(field).is_some(), "{field} is missing: {value:#}");
    }
}

#[test]
fn the_fields_of_a_scenario_are_stable() {
    let report = read(&whole());
    assert_has(&report["tool"], "name version os arch cores ci");
    assert_has(&report["rules"], "verdict passed failed inconclusive results");
    let scenario = &report["scenarios"][0];
    assert_has(scenario, "name target verdict phases requests slos alerts generator");
    assert_has(scenario, "shard t0 configuration window conditions notes scrapes");
    assert_has(&scenario["configuration"], "path sha256 text");
    let request = &scenario["requests"][0];
    assert_has(request, "name phase model count sent failed late dropped retried abandoned");
    for times in ["latency_seconds", "service_time_seconds", "latency_ok_seconds", "lag_seconds"] {
        assert_has(&request[times], "p50 p90 p95 p99 p999 max mean");
    }
    let slo = &scenario["slos"][0];
    assert_has(slo, "id source observed target verdict reason samples margin unit uncertainty");
    assert_has(&scenario["phases"][0], "name measured ran");
    let generator = &scenario["generator"];
    assert_has(generator, "cpu_seconds open_file_limit missed_by_generator lag_seconds");
}

#[test]
fn counts_of_requests_add_up_as_they_are_explained() {
    let mut load = support::load_of(vec![support::open_phase(
        "steady",
        1,
        vec![
            support::with_failures(support::answered("csv", 1..=90), 6),
            support::answered("pdf", []),
        ],
    )]);
    let request = &mut load.phases[0].requests[0];
    (request.intended, request.dropped, request.failed) = (100, 4, 10);
    let objectives = support::usual_objectives();
    let planned = vec![support::planned_open("steady")];
    let scenario = support::scenario("s", planned, objectives);
    let series = support::scraped(24, 390.0, 10.0);
    let record = support::record_of(&scenario, Some((&load, &series)), Vec::new());
    let report = read(&support::run_of(vec![record], None));
    let request = &report["scenarios"][0]["requests"][0];
    let counts = ["count", "sent", "dropped", "failed"].map(|name| request[name].as_u64().unwrap());
    // `count` is what was meant to be sent, `failed` includes what was dropped.
    assert_eq!(counts, [100, 96, 4, 10]);
    assert_eq!(request["latency_seconds"]["p90"], request["latency_ok_seconds"]["max"]);
    assert_eq!(request["latency_seconds"]["p95"], "unbounded", "ten of a hundred have no end");
    let never_sent = &report["scenarios"][0]["requests"][1];
    assert_eq!(never_sent["latency_seconds"]["p95"], Value::Null, "no samples are no number");
}

#[test]
fn a_run_that_could_not_be_saved_is_no_pass() {
    let record = support::passing_run();
    let passed = record.outcome(OnInconclusive::Fail);
    let report = json(&record, passed.with(ExitCode::Internal)).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["verdict"], &report["exit"]["code"]), (&"inconclusive".into(), &5.into()));
}

#[test]
fn a_scenario_names_what_was_loaded_and_how_it_ended() {
    let report = read(&whole());
    let scenario = &report["scenarios"][0];
    assert_eq!(scenario["name"], "10k");
    assert_eq!(scenario["target"], "reference");
    assert_eq!(scenario["address"], "127.0.0.1:4001");
    assert_eq!(scenario["bundled_service"], true);
    assert_eq!(scenario["verdict"], "pass");
    assert_eq!(scenario["shard"], Value::Null);
    assert_eq!(scenario["t0"], "2026-01-02T03:04:05Z");
    assert_eq!(scenario["configuration"]["text"], "version: 1\nname: 10k\n");
    assert_eq!(scenario["slos"].as_array().unwrap().len(), 6);
    assert_eq!(report["scenarios"][3]["conditions"][0]["kind"], "not_reachable");
}

#[test]
fn a_percentile_is_a_number_unbounded_or_null() {
    let report = read(&whole());
    let good = &report["scenarios"][0]["requests"][1];
    assert!(good["latency_seconds"]["p95"].is_number());
    assert!(good["latency_seconds"]["p999"].is_number());
    let faulty = &report["scenarios"][1]["requests"][0];
    assert_eq!(faulty["latency_seconds"]["p95"], "unbounded");
    assert_eq!(faulty["latency_seconds"]["mean"], "unbounded");
    assert!(faulty["latency_ok_seconds"]["p95"].is_number());
    let slos = &report["scenarios"][1]["slos"];
    assert_eq!(slos[0]["observed"], "unbounded");
    let closed = &report["scenarios"][4]["requests"][0];
    assert_eq!(closed["model"], "closed");
}

#[test]
fn an_objective_says_everything_that_it_was_judged_by() {
    let report = read(&whole());
    let slo = &report["scenarios"][0]["slos"][3];
    assert_eq!(slo["id"], "p95-server");
    assert_eq!(slo["source"], "promql");
    assert_eq!(slo["unit"], "seconds");
    assert_eq!(slo["target"], "< 10s");
    assert_eq!(slo["samples"], 100);
    assert_eq!(slo["uncertainty"]["kind"], "bucket");
    assert_eq!(slo["verdict"], "pass");
    assert_eq!((&slo["file"], &slo["line"]), (&"scenarios/10k.yaml".into(), &23.into()));
}

#[test]
fn verdicts_are_words_everywhere() {
    fn check(value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    if name == "verdict" {
                        let word = field.as_str().unwrap();
                        assert!(["pass", "fail", "inconclusive"].contains(&word), "{word}");
                    }
                    check(field);
                }
            }
            Value::Array(items) => items.iter().for_each(check),
            _ => {}
        }
    }
    check(&read(&whole()));
}

#[test]
fn a_record_comes_back_from_its_json() {
    let record = whole();
    let outcome = record.outcome(OnInconclusive::Fail);
    let read: RunRecord = serde_json::from_str(&json(&record, outcome).unwrap()).unwrap();
    assert_eq!(read, record.ended(outcome));
}

#[test]
fn the_committed_schema_is_fresh() {
    support::assert_matches_file("../docs/schema/report.json", &schema().unwrap());
}

/// A small reading of JSON Schema: enough for what `schemars` writes here.
fn violations(schema: &Value, root: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
        return violations(&root["$defs"][name], root, value, at);
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[word].as_array() {
            let fits = choices.iter().any(|one| violations(one, root, value, at).is_empty());
            return if fits { vec![] } else { vec![format!("{at}: no choice of {word} fits")] };
        }
    }
    let mut found = Vec::new();
    if schema.get("const").is_some_and(|wanted| wanted != value) {
        found.push(format!("{at}: is not {}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        found.push(format!("{at}: {value} is not one of {}", schema["enum"]));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    let fits = |name: &&str| match *name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    if !types.is_empty() && !types.iter().any(fits) {
        found.push(format!("{at}: {value} is none of {types:?}"));
    }
    if let (Some(items), Some(elements)) = (schema.get("items"), value.as_array()) {
        for (index, element) in elements.iter().enumerate() {
            found.extend(violations(items, root, element, &format!("{at}[{index}]")));
        }
    }
    if let Some(fields) = value.as_object() {
        found.extend(field_violations(schema, root, fields, at));
    }
    found
}

fn field_violations(
    schema: &Value,
    root: &Value,
    fields: &serde_json::Map<String, Value>,
    at: &str,
) -> Vec<String> {
    let mut found = Vec::new();
    for name in schema["required"].as_array().into_iter().flatten() {
        if !fields.contains_key(name.as_str().unwrap()) {
            found.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, field) in fields {
        let at = format!("{at}.{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(known), _) => found.extend(violations(known, root, field, &at)),
            (None, Some(any)) if any.is_object() => {
                found.extend(violations(any, root, field, &at));
            }
            (None, _) if schema.get("properties").is_some() => {
                found.push(format!("{at}: is not in the schema"));
            }
            (None, _) => {}
        }
    }
    found
}

#[test]
fn a_report_fits_its_schema() {
    let schema: Value = serde_json::from_str(&schema().unwrap()).unwrap();
    let mut report = read(&whole());
    assert_eq!(violations(&schema, &schema, &report, "report"), Vec::<String>::new());
    report["scenarios"][0]["verdict"] = "green".into();
    report["scenarios"][0]["requests"][0]["latency_seconds"]["p50"] = "fast".into();
    report.as_object_mut().unwrap().remove("tool");
    assert!(violations(&schema, &schema, &report, "report").len() >= 2);
}

#[test]
fn what_is_not_a_pass_has_a_code_that_can_be_explained() {
    let known: Vec<&str> = slogate::cli::codes()
        .iter()
        .flat_map(|group| group.codes)
        .map(slogate::code::Code::name)
        .collect();
    let is_known = |code: &String| known.contains(&code.as_str());
    let record = whole();
    for scenario in &record.scenarios {
        assert!(scenario.codes.len() >= scenario.reasons.len(), "{}", scenario.name);
        assert!(scenario.codes.iter().all(is_known), "{:?}", scenario.codes);
        for slo in &scenario.slos {
            assert_eq!(slo.codes.is_empty(), slo.verdict == Verdict::Pass, "{slo:?}");
            assert!(slo.codes.iter().all(is_known), "{:?}", slo.codes);
        }
    }
}

#[test]
fn a_record_of_before_there_were_codes_is_read() {
    let record = whole();
    let mut old = read(&record);
    for scenario in old["scenarios"].as_array_mut().unwrap() {
        scenario.as_object_mut().unwrap().remove("codes").unwrap();
        for slo in scenario["slos"].as_array_mut().unwrap() {
            slo.as_object_mut().unwrap().remove("codes").unwrap();
        }
    }
    let old: RunRecord = serde_json::from_value(old).unwrap();
    assert!(old.scenarios.iter().all(|scenario| scenario.codes.is_empty()));
    assert_eq!(old.scenarios.len(), record.scenarios.len());
}
