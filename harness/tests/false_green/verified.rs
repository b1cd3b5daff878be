//! A second source that was asked for (`--verify-with`) and says nothing, or something else.

use crate::page::Seen;
use crate::shop::{DEPTH, NO_FAILURES, healthy, run_with, scenario};
use crate::support::{Answer, Service};

/// A run of the healthy service, held against an API that answers every question so.
fn held_against(api: &str) -> Seen {
    let text = scenario(&healthy().url(), &[DEPTH, NO_FAILURES]);
    run_with(&text, &["--verify-with", api])
}

/// An API with these elements: the depth of the queue, and how many failures there were.
fn api(depth: Option<&'static str>, failures: Option<&'static str>, more: &'static str) -> Service {
    Service::start(move |path, _| {
        let value = if path.contains("shop_depth") { depth } else { failures };
        let element = |value| format!("{{\"metric\":{{}},\"value\":[1,\"{value}\"]}}");
        let elements = value.map(element).unwrap_or_default();
        Answer::Http(
            200,
            format!(
                "{{\"status\":\"success\",{more}\"data\":{{\"resultType\":\"vector\",\"result\":[{elements}]}}}}"
            ),
        )
    })
}

#[test]
fn a_second_source_that_says_the_same_passes_and_one_that_does_not_fails() {
    held_against(&api(Some("1"), Some("0"), "").url()).passes();
    held_against(&api(Some("1"), Some("3"), "").url()).is_row("other source differs");
}

#[test]
fn a_second_source_without_the_series_is_no_second_source() {
    held_against(&api(Some("1"), None, "").url()).is_row("other source is empty");
}

#[test]
fn a_second_source_that_warns_may_not_have_everything() {
    let warning = "\"warnings\":[\"store gateway: timeout\"],";
    held_against(&api(Some("1"), Some("0"), warning).url()).is_row("other source warns");
}

#[test]
fn a_second_source_that_nobody_answers_for() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    held_against(&url).is_row("other source is gone");
}

#[test]
fn a_second_source_and_nothing_that_it_could_be_asked() {
    let text = scenario(&healthy().url(), &["'p95(latency) < 5s'"]);
    run_with(&text, &[]).passes();
    let api = api(Some("1"), Some("0"), "");
    run_with(&text, &["--verify-with", &api.url()]).is_row("nothing to verify");
}
