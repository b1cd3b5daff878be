//! Expositions that are wrong, missing, old or somebody else's, and objectives on them.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::page::Seen;
use crate::shop::{
    DEPTH, Done, NO_FAILURES, P95, SERVER_P95, metrics_of, run, run_with, scenario, shop,
};
use crate::support::Answer;

fn text(body: String) -> Answer {
    Answer::Http(200, body)
}

fn raw(content_type: &str, body: &[u8]) -> Answer {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 X\r\n{content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    Answer::Raw([head.as_bytes(), body].concat())
}

/// The same objectives against a healthy service, which they pass, and against one with
/// this exposition.
#[track_caller]
fn exposing(
    objectives: &[&str],
    metrics: impl Fn(&Done) -> Answer + Send + Sync + 'static,
) -> Seen {
    let judged = |service: crate::support::Service| run(&scenario(&service.url(), objectives));
    judged(shop(|_, _| None)).passes();
    judged(shop(move |path, done| (path == "/metrics").then(|| metrics(done))))
}

/// Against a healthy service: `good` passes, and `bad` is what is seen.
#[track_caller]
fn asking(good: &str, bad: &str) -> Seen {
    let service = shop(|_, _| None);
    run(&scenario(&service.url(), &[good])).passes();
    run(&scenario(&service.url(), &[bad]))
}

fn promql(expression: &str, target: &str) -> String {
    format!("{{ id: asked, promql: '{expression}', is: '{target}' }}")
}

fn counter(selector: &str, target: &str) -> String {
    format!("{{ id: asked, counter: '{selector}', is: '{target}' }}")
}

#[test]
fn a_metric_does_not_exist() {
    asking(&counter("shop_fail_total", "== 0"), &counter("shop_failed_total", "== 0"))
        .is_row("no such metric");
}

#[test]
fn a_label_is_misspelt() {
    asking(
        &counter("shop_fail_total", "== 0"),
        &counter("shop_fail_total{resaon=\"disk\"}", "== 0"),
    )
    .is_row("misspelt label");
}

#[test]
fn a_label_that_must_differ_is_misspelt() {
    asking(
        &counter("shop_requests_total{status!=\"failed\"}", ">= 200"),
        &counter("shop_requests_total{sttus!=\"failed\"}", ">= 200"),
    )
    .is_row("misspelt negative label");
}

#[test]
fn a_label_to_group_by_is_misspelt() {
    let worst = |label: &str| {
        promql(&format!("max(sum by ({label}) (increase(shop_requests_total[$run])))"), "> 0")
    };
    asking(&worst("status"), &worst("sttus")).is_row("misspelt grouping");
}

#[test]
fn the_exposition_is_empty() {
    let absent = promql("absent(shop_panics_total)", "== 1");
    exposing(&[&absent], |_| text(String::new())).is_row("empty exposition");
}

#[test]
fn a_page_for_people_is_no_exposition() {
    exposing(&[NO_FAILURES], |_| raw("content-type: text/html", b"<html>Welcome</html>"))
        .is_row("html");
    exposing(&[NO_FAILURES], |_| raw("content-type: text/plain", b"<html>Welcome</html>"))
        .is_row("html as text");
}

#[test]
fn an_exposition_is_compressed() {
    let squeezed = |plain: &str| {
        let mut gzip = Command::new("gzip")
            .arg("-c")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        gzip.stdin.take().unwrap().write_all(plain.as_bytes()).unwrap();
        gzip.wait_with_output().unwrap().stdout
    };
    exposing(&[NO_FAILURES], move |done| {
        raw(
            "content-type: text/plain; version=0.0.4\r\ncontent-encoding: gzip",
            &squeezed(&done.metrics()),
        )
    })
    .is_row("gzip");
}

#[test]
fn the_last_scrapes_are_cut_short() {
    exposing(&[NO_FAILURES], |done| {
        let mut body = done.metrics();
        if done.worked() >= 100 {
            body.truncate(body.find("shop_depth 1").unwrap() - 40);
            let head = "HTTP/1.1 200 X\r\ncontent-type: text/plain\r\ncontent-length: 5000\r\n\r\n";
            return Answer::Raw(format!("{head}{body}").into_bytes());
        }
        text(body)
    })
    .is_row("cut short at the end");
}

#[test]
fn scrapes_fail_only_under_load() {
    exposing(&[DEPTH], |done| {
        let in_trouble = (20..180).contains(&done.worked());
        if in_trouble { Answer::Http(503, String::new()) } else { text(done.metrics()) }
    })
    .is_row_of_any_count("scrapes fail under load");
}

#[test]
fn a_counter_is_born_late() {
    let born = |done: &Done| {
        let late = done.worked() < 100;
        let seen = if late { "" } else { "shop_fail_total{reason=\"disk\"} 3\n" };
        text(done.metrics().replace("shop_fail_total{reason=\"disk\"} 0\n", seen))
    };
    exposing(&[NO_FAILURES], born).is_row("born late, counter");
    let increase = promql("sum(increase(shop_fail_total[$run]))", "== 0");
    exposing(&[&increase], born).is_row("born late, increase");
}

#[test]
fn a_series_disappears() {
    exposing(&[NO_FAILURES], |done| {
        let gone = done.worked() >= 100;
        let body = done.metrics();
        text(if gone { body.replace("shop_fail_total{reason=\"disk\"} 0\n", "") } else { body })
    })
    .is_row("series disappears");
}

#[test]
fn everything_is_in_the_infinite_bucket() {
    let slow = |done: &Done| {
        let worked = done.worked();
        let finite = |body: String, le: &str| {
            let bucket = format!("shop_latency_seconds_bucket{{le=\"{le}\"}} ");
            body.replace(&format!("{bucket}{worked}\n"), &format!("{bucket}0\n"))
        };
        text(["0.1", "1", "10"].into_iter().fold(metrics_of(crate::shop::STARTED, worked), finite))
    };
    exposing(&[SERVER_P95], slow).is_row_of_any_count("infinite bucket");
}

#[test]
fn no_observation_could_miss_the_target() {
    asking(SERVER_P95, &SERVER_P95.replace("< 1s", "< 60s")).is_row("target above all buckets");
}

#[test]
fn the_target_lies_inside_a_bucket() {
    asking(SERVER_P95, &SERVER_P95.replace("< 1s", "< 50ms")).is_row("target inside a bucket");
}

#[test]
fn a_result_is_not_a_number() {
    let failures = "sum(increase(shop_fail_total[$run]))";
    let for_each_failure = |of: &str| promql(&format!("{of} / {failures}"), "<= 5");
    let twice = format!("({failures} + {failures})");
    asking(&promql(failures, "<= 5"), &for_each_failure(&twice)).is_row("NaN");
    let requests = "sum(increase(shop_requests_total[$run]))";
    asking(&promql(failures, "<= 5"), &for_each_failure(requests)).is_row("infinite");
}

#[test]
fn a_range_is_longer_than_the_run() {
    asking(
        &promql("max_over_time(shop_depth[$run])", "<= 5"),
        &promql("max_over_time(shop_depth[10m])", "<= 5"),
    )
    .is_row_of_any_count("long range");
}

#[test]
fn a_gauge_is_judged_as_a_counter() {
    asking(&counter("shop_fail_total", "<= 5"), &counter("shop_depth", "<= 5"))
        .is_row("gauge as counter");
    asking(
        &promql("increase(shop_fail_total[$run])", "<= 5"),
        &promql("increase(shop_depth[$run])", "<= 5"),
    )
    .is_row("increase of a gauge");
}

#[test]
fn a_counter_counted_before_the_run() {
    asking(
        &promql("sum(increase(shop_requests_total[$run]))", "> 0"),
        &promql("sum(shop_requests_total)", "> 0"),
    )
    .is_row("counted before");
}

#[test]
fn a_unit_is_wrong() {
    let waits = |unit: &str| {
        format!(
            "{{ id: asked, promql: 'max_over_time(shop_wait_seconds[$run])', unit: {unit}, is: '< 5s' }}"
        )
    };
    asking(&waits("s"), &waits("ms")).is_row("wrong unit");
}

#[test]
fn a_comparison_hides_what_it_filters() {
    let max = "max_over_time(shop_depth[$run])";
    asking(&promql(max, "<= 5"), &promql(&format!("{max} < 5"), ">= 0"))
        .is_row("comparison on top");
    asking(&promql(max, "<= 5"), &promql("sum(shop_panics_total) or vector(0)", "== 0"))
        .is_row("or vector");
}

#[test]
fn a_gauge_is_seen_too_seldom() {
    let service = shop(|_, _| None);
    let often = scenario(&service.url(), &[DEPTH]);
    run(&often).passes();
    run(&often.replace("every: 20ms", "every: 90ms")).is_row_of_any_count("gauge seen seldom");
}

#[test]
fn another_target_without_these_metrics() {
    let (service, other) = (
        shop(|_, _| None),
        shop(|path, _| (path == "/metrics").then(|| Answer::Http(404, String::new()))),
    );
    let text = scenario(&service.url(), &[P95]);
    run(&text).passes();
    run_with(&text, &["--target", &other.url()]).is_row("other target");
}

#[test]
fn a_metric_changes_its_type() {
    exposing(&[NO_FAILURES], |done| {
        let changed = done.worked() >= 100;
        let body = done.metrics();
        text(if changed {
            body.replace("shop_fail_total counter", "shop_fail_total gauge")
        } else {
            body
        })
    })
    .is_row("type changes");
}
