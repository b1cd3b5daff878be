//! Answers that are none: errors, redirects, bodies that are cut short or empty.

use crate::page::Seen;
use crate::shop::{DEPTH, NO_FAILURES, P95, SERVER_P95, SUCCESS, run, scenario, shop};
use crate::support::{Answer, http};

/// The same scenario against a healthy service, which it passes, and against one whose
/// answers to the load are these.
#[track_caller]
fn against(answer: Answer, objectives: &[&str], expect: &str) -> Seen {
    let judged = |service: crate::support::Service| {
        let text = scenario(&service.url(), objectives);
        run(&text.replace("timeout: 2s", &format!("timeout: 2s{expect}")))
    };
    judged(shop(|_, _| None)).passes();
    judged(shop(move |path, _| (path == "/order").then(|| answer.clone())))
}

fn error() -> Answer {
    Answer::Http(500, String::new())
}

#[test]
fn every_answer_is_an_error() {
    against(error(), &[SUCCESS], "").is_row("all 500");
}

#[test]
fn fast_errors_do_not_flatter_a_percentile() {
    against(error(), &[P95], "").is_row("fast 500");
}

#[test]
fn fast_errors_do_not_flatter_the_generators_own_histogram() {
    let own = "{ id: own, promql: 'histogram_quantile(0.95, sum by (le) (increase(slogate_request_duration_seconds_bucket[$run])))', unit: s, is: '< 5s' }";
    against(error(), &[own], "").is_row("fast 500 in own histogram");
}

#[test]
fn errors_are_responses_and_prove_nothing() {
    against(error(), &["'rate(responses) >= 1/s'"], "")
        .is_row_of_any_count("only responses counted");
}

#[test]
fn nothing_of_the_load_got_to_the_service() {
    let not_found = Answer::Http(404, String::new());
    against(not_found, &[NO_FAILURES, DEPTH], "").is_row("wrong path, metrics only");
}

#[test]
fn one_request_never_works() {
    let service = |trap: bool| {
        shop(move |path, _| (trap && path == "/refund").then(|| Answer::Http(404, String::new())))
    };
    let judged = |trap: bool| {
        let service = service(trap);
        let also = "timeout: 2s }\n  - { name: refund, get: /refund }";
        run(&scenario(&service.url(), &[SERVER_P95]).replace("timeout: 2s }", also))
    };
    judged(false).passes();
    judged(true).is_row("one request never works");
}

#[test]
fn one_request_is_never_sent() {
    let judged = |weight: u32| {
        let also = format!(
            "timeout: 2s, weight: {weight} }}\n  - {{ name: refund, get: /refund, timeout: 2s }}"
        );
        run(&scenario(&shop(|_, _| None).url(), &[SUCCESS]).replace("timeout: 2s }", &also))
    };
    judged(1).passes();
    judged(10_000).is_row("never sent");
}

#[test]
fn kept_connections_are_closed_instead_of_an_answer() {
    let judged = |trap: bool| {
        let service = shop(move |path, done| {
            (trap && path == "/order" && done.worked() % 2 == 1).then_some(Answer::Close)
        });
        let none_dropped = "{ id: dropped, client: count(dropped), is: '== 0' }";
        run(&scenario(&service.url(), &[none_dropped]))
    };
    judged(false).passes();
    judged(true).is_row_of_any_count("kept connections dropped");
}

#[test]
fn what_is_expected_never_comes() {
    against(
        Answer::Http(200, r#"{"sold":false}"#.into()),
        &[DEPTH],
        ", expect: { json: { $.sold: true } }",
    )
    .is_row_of_any_count("expectation never met");
}

#[test]
fn a_redirect_is_no_answer() {
    let moved = "HTTP/1.1 302 X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
    against(Answer::Raw(moved.into()), &[SUCCESS], "").is_row("redirect");
}

#[test]
fn an_empty_body_is_not_the_json_that_is_expected() {
    against(Answer::Http(200, String::new()), &[SUCCESS], ", expect: { json: { $.sold: true } }")
        .is_row("empty body");
}

#[test]
fn a_body_is_cut_short() {
    let cut = "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\nf\r\n{\"sold\":";
    against(Answer::Raw(cut.into()), &[SUCCESS], "").is_row("chunk cut short");
    let whole = http(200, r#"{"sold":true}"#);
    let short = whole.as_bytes()[..whole.len() - 4].to_vec();
    against(Answer::Raw(short), &[SUCCESS], "").is_row("length cut short");
}

#[test]
fn an_answer_goes_wrong_after_the_first_ones() {
    let service = shop(|path, done| {
        (path == "/order" && done.worked() >= 100).then(|| Answer::Http(503, String::new()))
    });
    run(&scenario(&service.url(), &[SUCCESS])).is_row_of_any_count("errors after a while");
}
