//! `metrics:` in all its forms: what the reader makes of them, and what is read when a
//! run begins.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic in a test is its failure report")]

use std::path::Path;
use std::time::Duration;

use slogate::scenario::{
    Access, AddressFamily, Authorization, Credentials, DnsTargets, Loaded, Metrics, Problems,
    ReadOptions, ScrapeSource, ScrapeTargets, ScrapeUrl, SecretSource, Variables, read_text,
};

const VARIABLES: [(&str, &str); 4] =
    [("TOKEN", "s3cret-token"), ("PIN", "1.50"), ("EMPTY", " "), ("LINES", "a\nb")];

fn load(folder: &Path, metrics: &str) -> Result<Loaded, Problems> {
    let text = format!(
        "version: 1\nname: m\ntarget: http://127.0.0.1:8080\nmetrics: {metrics}\n\
         load: [{{ name: a, users: 1, iterations: 1 }}]\nrequests: [{{ name: r, get: / }}]\nslo: none\n"
    );
    let variables: Variables =
        VARIABLES.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    read_text(&folder.join("m.yaml"), &text, &variables, &ReadOptions::default())
}

fn source_in(folder: &Path, metrics: &str) -> ScrapeSource {
    let loaded = load(folder, metrics).unwrap_or_else(|problems| panic!("{}", problems.render()));
    let Metrics::Scrape(source) = loaded.scenario.metrics else { panic!("nothing is scraped") };
    *source
}

fn source(metrics: &str) -> ScrapeSource {
    source_in(Path::new(""), metrics)
}

fn problem(metrics: &str) -> String {
    load(Path::new(""), metrics).unwrap_err().render()
}

/// The credentials of a source whose files are in a folder of its own.
fn credentials(files: &[(&str, &str)], metrics: &str) -> Result<Credentials, Problems> {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        std::fs::write(folder.path().join(name), contents).unwrap();
    }
    source_in(folder.path(), metrics).access.read()
}

fn header(credentials: &Credentials, name: &str) -> Option<String> {
    let mut headers = credentials.headers.iter();
    headers.find(|(header, _)| header == name).map(|(_, value)| value.expose().to_owned())
}

#[test]
fn a_path_on_the_target_has_defaults_for_all_else() {
    let every = Duration::from_secs(1);
    let of_path = Metrics::of_path("/metrics", every);
    assert_eq!(Metrics::Scrape(Box::new(source("{ path: /metrics }"))), of_path);
}

#[test]
fn urls_are_instances_by_host_and_port_or_by_name() {
    let source = source(
        "{ scrape: [ http://127.0.0.1:9101/metrics, { url: 'http://[::1]/m?a=b', instance: b } ], \
         every: 250ms, timeout: 2s, sample_limit: 500, honor_timestamps: true }",
    );
    let url = |url: &str, instance: &str| ScrapeUrl { url: url.into(), instance: instance.into() };
    assert_eq!(
        source.targets,
        ScrapeTargets::Urls(vec![
            url("http://127.0.0.1:9101/metrics", "127.0.0.1:9101"),
            url("http://[::1]/m?a=b", "b"),
        ])
    );
    assert_eq!(
        (source.every, source.timeout),
        (Duration::from_millis(250), Duration::from_secs(2))
    );
    assert_eq!((source.sample_limit, source.honor_timestamps), (Some(500), true));
}

#[test]
fn a_name_is_resolved_later_and_asked_over_https_where_tls_is_set() {
    let dns = |metrics: &str| match source(metrics).targets {
        ScrapeTargets::Dns(dns) => dns,
        other => panic!("{other:?}"),
    };
    let plain = DnsTargets {
        name: "localhost".into(),
        port: 9100,
        path: "/metrics".into(),
        scheme: "http",
        family: None,
    };
    assert_eq!(dns("{ dns: { name: localhost, port: 9100 } }"), plain);
    let secure = dns("{ dns: { name: '::1', port: 9100, path: /m, type: AAAA }, tls: {} }");
    let family = Some(AddressFamily::V6);
    let expected =
        DnsTargets { name: "::1".into(), path: "/m".into(), scheme: "https", family, ..plain };
    assert_eq!(secure, expected);
}

#[test]
fn a_token_comes_from_a_file_without_its_line_end_or_from_a_variable() {
    let of_file = "{ path: /m, auth: { bearer_file: token } }";
    let read = credentials(&[("token", "abc \r\n")], of_file).unwrap();
    assert_eq!(header(&read, "authorization").unwrap(), "Bearer abc");
    let read = credentials(&[], "{ path: /m, auth: { bearer: '${TOKEN}' } }").unwrap();
    assert_eq!(header(&read, "authorization").unwrap(), "Bearer s3cret-token");
}

#[test]
fn a_password_that_looks_like_a_number_stays_as_it_is() {
    let metrics = "{ path: /m, auth: { basic: { username: 7, password: ${PIN} } } }";
    let read = credentials(&[], &metrics.replace("${PIN}", "\"${PIN}\"")).unwrap();
    assert_eq!(header(&read, "authorization").unwrap(), "Basic NzoxLjUw");
    let source = source(
        "\n  path: /m\n  auth:\n    basic:\n      username: 7\n      password: ${PIN}\n  headers:\n    X-Pin: ${PIN}",
    );
    let read = source.access.read().unwrap();
    assert_eq!(header(&read, "authorization").unwrap(), "Basic NzoxLjUw");
    assert_eq!(header(&read, "X-Pin").unwrap(), "1.50");
}

#[test]
fn a_secret_file_that_cannot_be_used_is_a_problem_at_its_place() {
    let metrics = "{ path: /m, auth: { bearer_file: token } }";
    let said = |files: &[(&str, &str)]| credentials(files, metrics).unwrap_err().render();
    let missing = said(&[]);
    assert!(missing.contains("token is not there"), "{missing}");
    assert!(missing.contains("m.yaml:4:43"), "{missing}");
    assert!(said(&[("token", " \n")]).contains("is empty, where a secret"));
    assert!(said(&[("token", "a\nb\n")]).contains("more than one line"));
}

#[test]
fn every_file_of_tls_is_tried_at_once() {
    let metrics = "{ scrape: [ https://a/m ], auth: { bearer_file: token }, tls: { ca: ca.pem } }";
    let problems = credentials(&[("ca.pem", "no certificate")], metrics).unwrap_err();
    assert_eq!(problems.problems.len(), 2, "{}", problems.render());
    assert!(problems.render().contains("ca.pem holds no certificate in PEM"));
}

#[test]
fn a_secret_in_the_file_itself_is_refused_and_not_shown() {
    for metrics in [
        "{ path: /m, auth: { bearer: hunter2 } }",
        "{ path: /m, auth: { basic: { username: 'a:b', password: hunter2 } } }",
        "{ path: /m, auth: { bearer: '$${hunter2}' } }",
        "{ scrape: [ 'http://u:hunter2@a/m' ] }",
    ] {
        let said = problem(metrics);
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_variable_that_can_be_no_secret_is_refused_and_not_shown() {
    assert!(problem("{ path: /m, auth: { bearer: '${EMPTY}' } }").contains("this secret is empty"));
    assert!(problem("{ path: /m, auth: { bearer: '${LINES}' } }").contains("line break"));
    let said = problem("{ path: '${TOKEN}', headers: { 'a b': '${TOKEN}' } }");
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn nothing_shows_a_secret_by_debug() {
    let source = source("{ path: /m, auth: { bearer: '${TOKEN}' }, headers: { X-A: '${TOKEN}' } }");
    let Access { authorization: Some(Authorization::Bearer(token)), .. } = &source.access else {
        panic!("no token")
    };
    assert!(matches!(token, SecretSource::Variable(secret) if secret.expose() == "s3cret-token"));
    let read = source.access.read().unwrap();
    for shown in [format!("{source:?}"), format!("{read:?}")] {
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[test]
fn credentials_in_plain_text_are_a_warning_unless_they_stay_here() {
    let warnings = |metrics: &str| load(Path::new(""), metrics).unwrap().warnings.len();
    let auth = "auth: { bearer: '${TOKEN}' }";
    assert_eq!(warnings(&format!("{{ path: /m, {auth} }}")), 0);
    assert_eq!(warnings(&format!("{{ scrape: [ http://localhost/m ], {auth} }}")), 0);
    assert_eq!(warnings(&format!("{{ scrape: [ https://a.test/m ], {auth} }}")), 0);
    assert_eq!(
        warnings(&format!("{{ scrape: [ https://a.test/m, http://b.test/m ], {auth} }}")),
        1
    );
    assert_eq!(warnings(&format!("{{ dns: {{ name: a.test, port: 80 }}, {auth} }}")), 1);
    assert_eq!(warnings("{ scrape: [ http://b.test/m ] }"), 0);
}
