//! What is said about files that are wrong. Each `tests/scenarios/NAME.yaml` has its
//! expected report beside it in `NAME.txt`; `SLOGATE_BLESS=1` writes the reports anew.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

use std::path::Path;

use slogate::scenario::{
    KnownFamily, KnownMetrics, Problems, ReadOptions, Target, Variables, check, read, read_text,
};
use slogate::series::FamilyKind;

fn variables() -> Variables {
    let pairs = [("NAME", "steady"), ("TARGET", "reference"), ("RATE", "fast"), ("WEIGHT", "3")];
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn known() -> KnownMetrics {
    let family = |name: &str, kind, labels: &[&str], highest_bound| KnownFamily {
        name: name.to_owned(),
        kind,
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        highest_bound,
    };
    KnownMetrics::new([
        family("export_requests_total", FamilyKind::Counter, &["format", "status", "user"], None),
        family("export_bytes_total", FamilyKind::Counter, &["format", "status"], None),
        family("export_latency_ms", FamilyKind::Histogram, &["format", "size"], Some(120_000.0)),
    ])
}

/// Reads a fixture by its path from the package, so that reports name it everywhere
/// the same.
fn report(name: &str, known: Option<KnownMetrics>) -> Problems {
    let path = Path::new("tests/scenarios").join(format!("{name}.yaml"));
    check(&path, &variables(), &ReadOptions { known, ..ReadOptions::default() })
}

fn matches_expected(name: &str, known: Option<KnownMetrics>) -> Problems {
    let problems = report(name, known);
    let rendered = problems.render();
    let expected_path = Path::new("tests/scenarios").join(format!("{name}.txt"));
    if std::env::var_os("SLOGATE_BLESS").is_some() {
        std::fs::write(&expected_path, &rendered).unwrap();
    }
    let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
    assert!(rendered == expected, "{name} now gives this (SLOGATE_BLESS=1 keeps it):\n{rendered}");
    problems
}

macro_rules! fixtures {
    ($($test:ident: $name:literal;)*) => {
        $(#[test]
        fn $test() {
            assert!(!matches_expected($name, None).problems.is_empty());
        })*
    };
}

fixtures! {
    flows_that_cannot_follow: "flows";
    data_that_cannot_be_sent: "data";
    unknown_keys_are_reported_with_what_was_meant: "typos";
    wrong_types_are_reported_with_what_is_expected: "types";
    phases_that_cannot_run_are_reported: "phases";
    unmeasured_phases_in_the_middle_and_duplicate_names_are_reported: "measure";
    requests_that_cannot_be_sent_are_reported: "requests";
    objectives_that_cannot_be_judged_are_reported: "objectives";
    promql_that_cannot_be_judged_is_reported: "promql";
    targets_that_cannot_be_missed_or_met_are_reported: "targets";
    what_is_not_built_is_an_error: "unsupported";
    undefined_variables_are_reported: "variables";
    a_syntax_error_is_reported_at_its_place: "syntax";
    a_bare_variable_in_braces_gets_advice: "flow-variable";
    problems_behind_an_alias_are_reported_once: "aliases";
    an_empty_file_is_an_error: "empty";
    empty_lists_are_errors: "empty-lists";
    alerts_that_cannot_be_judged_are_reported: "alerts";
    rule_files_that_cannot_be_read_are_reported_at_their_own_places: "alerts-rules";
    alerts_of_which_all_are_excepted_are_reported: "alerts-none";
    alerts_that_must_fire_and_must_not_are_reported: "alerts-both";
    alerts_that_are_not_there_are_reported: "alerts-nothing";
    metrics_sources_that_cannot_be_asked_are_reported: "metrics";
    metrics_sources_beside_each_other_are_reported: "metrics-path";
    an_api_with_what_belongs_to_scrapes_is_reported: "metrics-api";
    an_abort_is_refused_where_series_are_fetched_after_the_load: "metrics-api-abort";
    an_api_cannot_have_scraped_the_reference_service: "metrics-api-reference";
    what_belongs_to_an_api_is_refused_without_one: "metrics-api-none";
    tls_without_https_and_secrets_in_the_file_are_reported: "metrics-idle-tls";
    tls_for_a_target_without_https_is_reported: "idle-tls";
    http_that_is_not_spoken_is_reported: "http";
    timeouts_that_nothing_could_reach_are_reported: "timeouts";
    kinds_of_objective_that_do_not_fit_are_reported: "kinds";
    parameters_and_credentials_that_cannot_be_sent_are_reported: "parameters";
    repetitions_that_cannot_be_meant_are_reported: "retry";
    what_no_answer_could_be_expected_to_be_is_reported: "expect";
    overrides_of_nothing_are_reported: "overrides";
    alerts_in_a_list_of_objectives_are_not_built: "alerts-list";
    includes_that_lead_nowhere_or_back_are_reported: "include";
}

#[test]
fn names_that_the_target_is_not_known_to_have_are_warnings() {
    let problems = matches_expected("warnings", Some(known()));
    assert!(problems.problems.is_empty());
    assert_eq!(problems.warnings.len(), 8);
}

#[test]
fn alerts_that_may_fire_after_their_phase_are_warnings() {
    let problems = matches_expected("alerts-late", None);
    assert!(problems.problems.is_empty());
    assert_eq!(problems.warnings.len(), 2);
}

#[test]
fn what_every_scrape_and_the_generator_add_is_known() {
    let scenario = |metric: &str| {
        format!(
            "version: 1\nname: s\ntarget: reference\nmetrics: {{ path: /metrics }}\n\
             load: [{{ name: steady, rate: 4/s, for: 10s }}]\nrequests: [{{ name: csv, get: / }}]\n\
             slo:\n  - {{ id: asked, promql: 'max_over_time({metric}[$run])', is: '> 0.5' }}\n"
        )
    };
    let warnings = |metric: &str| {
        let options = ReadOptions { known: Some(known()), ..ReadOptions::default() };
        let path = Path::new("tests/scenarios/scraped.yaml");
        read_text(path, &scenario(metric), &Variables::new(), &options).unwrap().warnings
    };
    for metric in [
        "up",
        "scrape_duration_seconds",
        "scrape_samples_scraped{instance=\"a\",job=\"s\"}",
        "scrape_sample_limit",
        "slogate_in_flight",
    ] {
        assert!(warnings(metric).is_empty(), "{metric}");
    }
    assert!(!warnings("scrape_sample_limits").is_empty());
}

#[test]
fn a_threshold_that_no_bucket_can_show_is_an_error() {
    assert_eq!(matches_expected("bucket-bound", Some(known())).problems.len(), 1);
    assert!(report("bucket-bound", None).is_empty());
}

#[test]
fn another_target_is_not_measured_by_the_list_of_the_reference_service() {
    let target = Some(Target::Url("http://127.0.0.1:9".to_owned()));
    let options = ReadOptions { target, known: Some(known()) };
    let path = Path::new("tests/scenarios/bucket-bound.yaml");
    assert!(check(path, &Variables::new(), &options).is_empty());
}

#[test]
fn a_list_of_objectives_is_no_scenario() {
    let path = Path::new("tests/scenarios/list-as-scenario.yaml");
    assert!(check(path, &Variables::new(), &ReadOptions::default()).is_empty());
    let problems = read(path, &Variables::new(), &ReadOptions::default()).unwrap_err();
    assert!(problems.to_string().contains("not a scenario"), "{problems}");
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("binary.yaml");
    std::fs::write(&binary, b"name: \xff\xfe\n").unwrap();
    let message = |path: &Path| {
        let problems = read(path, &Variables::new(), &ReadOptions::default()).unwrap_err();
        problems.to_string()
    };
    assert!(message(&folder.path().join("nowhere.yaml")).contains("no such file"));
    assert!(message(folder.path()).contains("it is a directory"));
    assert!(message(&binary).contains("not UTF-8: the byte at offset 6"));
}

#[test]
fn the_value_of_a_variable_is_neither_in_the_source_nor_in_a_message() {
    let text = "\
version: 1
name: secret
target: http://127.0.0.1:1
load: [{ name: a, users: 1, iterations: 1 }]
requests: [{ name: r, get: /, headers: { authorization: \"Bearer ${TOKEN}\" } }]
slo: none
";
    let options = ReadOptions::default();
    let read = |token: &str| {
        let variables = Variables::from([("TOKEN".to_owned(), token.to_owned())]);
        read_text(Path::new("secret.yaml"), text, &variables, &options)
    };
    let scenario = read("s3cr3t").unwrap().scenario;
    assert_eq!(scenario.requests[0].headers[0].1, "Bearer s3cr3t");
    assert!(!scenario.source.contains("s3cr3t"));
    let problems = read("s3cr3t\n").unwrap_err();
    assert!(!problems.render().contains("s3cr3t"), "{}", problems.render());
}
