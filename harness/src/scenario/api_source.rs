//! A Prometheus-compatible API as the place of the metrics: `metrics: { prometheus: … }`.

use std::time::Duration;

use reqwest::Url;
use slogate_promql::{Selector, parse_selector};

use super::access::{Over, access};
use super::codes;
use super::context::Context;
use super::fields::{self, Fields};
use super::metrics::{is_this_machine, sample_limit, timeout, url, value_at};
use super::model::{ApiSource, Target};
use super::tree::Node;

/// The longest time that a file may have a run wait for samples, at each end.
const LONGEST_SETTLE: Duration = Duration::from_secs(30 * 60);
/// Keys that speak of scrapes that are made here.
const OWN_SCRAPES: [&str; 2] = ["every", "honor_timestamps"];
/// Keys that speak of an API.
const API_KEYS: [&str; 2] = ["matcher", "settle"];

/// Lowers a `metrics:` that has `prometheus`; `None` after an error.
pub(super) fn api_source(
    fields: &Fields,
    target: Option<&Target>,
    cx: &mut Context,
) -> Option<ApiSource> {
    refuse_own_scrapes(fields, cx);
    refuse_reference(fields, target, cx);
    let url = fields.get("prometheus").and_then(|node| api_url(node, cx));
    let matcher = matcher(fields, cx);
    let settle = fields.has("settle").then(|| settle(fields, cx));
    let timeout = timeout(fields, cx);
    let series_limit = sample_limit(fields, cx);
    let over = url.as_ref().map(|url| over(url, fields));
    let access = access(fields, over.as_ref(), cx);
    let (matcher, selector) = matcher?;
    Some(ApiSource {
        url: url?.into(),
        matcher,
        selector,
        settle: match settle {
            Some(settle) => Some(settle?),
            None => None,
        },
        timeout: timeout?,
        series_limit: series_limit?,
        access: access?,
    })
}

/// Reports keys of an API where there is none.
pub(super) fn refuse_without_api(fields: &Fields, cx: &mut Context) {
    let keys = API_KEYS.into_iter().filter(|_| fields.lacks("prometheus"));
    for name in keys {
        if let Some(key) = fields.key(name) {
            cx.error(codes::CONFLICTING_KEYS, key.span, format!("`{name}` without `prometheus`"))
                .help("pages that are scraped are taken whole; remove it");
        }
    }
}

fn refuse_own_scrapes(fields: &Fields, cx: &mut Context) {
    for name in OWN_SCRAPES {
        if let Some(key) = fields.key(name) {
            cx.error(codes::CONFLICTING_KEYS, key.span, format!("`{name}` beside `prometheus`")).help(
                "nothing is scraped here: the API has samples in an interval and with times of its own; remove it",
            );
        }
    }
}

/// The reference service is started for the scenario and on a port that nobody knows:
/// whatever series an API has are those of something else.
fn refuse_reference(fields: &Fields, target: Option<&Target>, cx: &mut Context) {
    if let (Some(key), Some(Target::Reference { .. })) = (fields.key("prometheus"), target) {
        cx.error(codes::CONFLICTING_KEYS, key.span, "`prometheus` beside `target: reference`").help(
            "nobody can have scraped a service that is started for this run; write `path: /export/metrics`",
        );
    }
}

pub(super) fn api_url(node: &Node, cx: &mut Context) -> Option<Url> {
    let url = url(node, cx)?;
    if url.query().is_some() {
        cx.error(codes::INVALID_URL, node.span, "the URL of an API has no `?` part")
            .help("remove it");
        return None;
    }
    if url.path().trim_end_matches('/').ends_with("/api/v1") {
        cx.error(codes::INVALID_URL, node.span, "the URL of an API ends before `/api/v1`")
            .help("write what a Grafana data source would have, such as http://host:9090");
        return None;
    }
    Some(url)
}

fn matcher(fields: &Fields, cx: &mut Context) -> Option<(String, Selector)> {
    if fields.lacks("matcher") {
        cx.error(codes::MISSING_KEY, fields.at, "`prometheus` without `matcher`")
            .help("say which series are the target's: `matcher: '{job=\"x\"}'`");
        return None;
    }
    let node = fields.get("matcher")?;
    let text = fields::text(node, cx)?;
    match parse_selector(text) {
        Ok(selector) => Some((text.to_owned(), selector)),
        Err(error) => {
            cx.error(codes::NOT_A_SELECTOR, node.span, format!("this is not a selector: {error}"))
                .help(
                    "write matchers without range or function: `{job=\"x\", namespace=\"shop\"}`",
                );
            None
        }
    }
}

fn settle(fields: &Fields, cx: &mut Context) -> Option<Duration> {
    let settle = fields.duration("settle", cx)?;
    if settle > LONGEST_SETTLE {
        cx.error(
            codes::OUT_OF_RANGE,
            value_at(fields, "settle"),
            "a run would wait so long for samples at each end",
        )
        .help("write 30m or less");
        return None;
    }
    Some(settle)
}

pub(super) fn over(url: &Url, fields: &Fields) -> Over {
    let host = url.host_str().filter(|host| !is_this_machine(host)).map(str::to_owned);
    match url.scheme() {
        "https" => {
            Over { https: Some(value_at(fields, "prometheus")), plain_host: None, tls: None }
        }
        _ => Over { https: None, plain_host: host, tls: None },
    }
}
