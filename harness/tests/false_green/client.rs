//! Objectives on what the generator measured, and files that ask for nothing.

use crate::shop::{
    DEPTH, ORDER, P95, SUCCESS, USERS, healthy, passes_once, run, run_with, scenario,
};

/// The scenario with this trap in its text.
#[track_caller]
fn trapped(objective: &str, text: &str, trap: &str) -> String {
    let service = healthy();
    let control = scenario(&service.url(), &[objective]);
    run(&control).passes();
    let trapped = control.replace(text, trap);
    assert_ne!(trapped, control, "the trap is in the text");
    // The service lives as long as the test process does.
    trapped
}

/// Two requests, of which the second is picked once in so many times, and what is judged of it.
fn with_rare_request(url: &str, times: u32) -> String {
    let refunds = "'p95(latency{request=\"refund\"}) < 5s'";
    let weight = times - 1;
    let also = format!(
        "{{ name: order, weight: {weight}, {ORDER} }}\n  - {{ name: refund, get: /refund }}"
    );
    scenario(url, &[refunds]).replace(&format!("{{ name: order, {ORDER} }}"), &also)
}

#[test]
fn no_request_was_sent() {
    let text = trapped(P95, USERS, "rate: 0/s -> 0.1/s, for: 300ms");
    run(&text).is_row("no request sent");
}

#[test]
fn a_percentile_has_no_samples() {
    let service = healthy();
    run(&with_rare_request(&service.url(), 2)).passes();
    run(&with_rare_request(&service.url(), 1000)).is_row("no samples");
}

#[test]
fn a_percentile_has_too_few_samples() {
    let text = trapped(P95, "iterations: 200", "iterations: 40");
    run(&text).is_row_of_any_count("too few samples");
}

#[test]
fn a_ratio_has_too_few_samples() {
    let text = trapped(SUCCESS, "iterations: 200", "iterations: 40");
    run(&text).is_row("ratio unproven");
}

#[test]
fn a_phase_is_misspelt() {
    let text = trapped("'p95(latency) < 5s during steady'", "during steady", "during stedy");
    run(&text).is_row("misspelt phase");
}

#[test]
fn a_request_is_misspelt() {
    let text = trapped(r#"'p95(latency{request="order"}) < 5s'"#, r#"t="order""#, r#"t="ordre""#);
    run(&text).is_row("misspelt request");
}

#[test]
fn only_the_warm_up_would_be_judged() {
    let text = trapped(P95, USERS, "users: 4, iterations: 200, measure: false");
    run(&text).is_row("warm-up only");
}

#[test]
fn load_only_is_no_pass() {
    let text = trapped(P95, "slo:\n  - 'p95(latency) < 5s'", "slo: none");
    run(&text).is_row("slo none");
}

#[test]
fn a_key_stands_twice() {
    let text = trapped(P95, "slo:\n", "slo:\n  - 'p95(latency) < 1ms'\nslo:\n");
    run(&text).is_row("key twice");
}

#[test]
fn the_order_of_magnitude_is_a_typo() {
    let text = trapped(P95, "< 5s", "< 5");
    run(&text).is_row("unit missing");
}

#[test]
fn an_objective_is_missed() {
    let text = trapped(P95, "< 5s", "< 1ms");
    run(&text).is_row_of_any_count("missed");
}

#[test]
fn arrivals_were_dropped() {
    let service = healthy();
    let slow = scenario(&service.url(), &["'count(sent) >= 1'", "'count(dropped) == 0'"])
        .replace(USERS, "rate: 200/s, for: 1s");
    passes_once(&slow);
    let stuck =
        crate::shop::shop(|path, _| (path == "/order").then_some(crate::support::Answer::Hang));
    let text = slow
        .replace(&service.url(), &stuck.url())
        .replace("timeout: 2s", "timeout: 20s")
        .replace("/metrics, every: 20ms", "/metrics, every: 1s");
    run_with(&text, &["--max-in-flight", "10"]).is_row("nothing answered");
}

#[test]
fn the_generator_reached_its_limit_and_dropped_the_rest() {
    let service = crate::shop::shop(|path, _| {
        if path == "/order" {
            std::thread::sleep(std::time::Duration::from_secs(2));
        }
        None
    });
    let text = scenario(&service.url(), &["'count(dropped) == 0'", DEPTH])
        .replace(USERS, "rate: 100/s, for: 1s")
        .replace("timeout: 2s", "timeout: 20s");
    passes_once(&text);
    run_with(&text, &["--max-in-flight", "2"]).is_row_of_any_count("dropped arrivals");
}

#[test]
fn a_target_cannot_be_missed() {
    let service = healthy();
    let judged = |objective: &str| run(&scenario(&service.url(), &[objective]));
    judged("'count(responses) >= 1'").passes();
    judged("'count(responses) >= 0'").is_row("target for every count");
    judged("{ id: failures, counter: shop_fail_total, is: '>= 0' }")
        .is_row("target for every growth");
}
