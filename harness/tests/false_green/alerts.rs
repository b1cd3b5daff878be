//! Alerts that are quiet because they cannot speak.

use crate::page::Seen;
use crate::shop::{SUCCESS, healthy, scenario};
use crate::support::Workspace;

/// An alert that could fire on the shop's queue.
const DEEP: &str = "{ alert: Shop, expr: shop_depth > 5 }";

/// Two hundred requests, and one alert that must stay quiet.
fn quiet(rule: &str, except: &str) -> Seen {
    let workspace = Workspace::new();
    let text = scenario(&healthy().url(), &[SUCCESS]);
    let alerts =
        format!("alerts:\n  rules: rules.yml\n  must_not_fire: {{ except: [{except}] }}\n");
    workspace.write("rules.yml", &format!("groups: [{{ name: shop, rules: [{rule}] }}]\n"));
    workspace.write("shop.yaml", &(text + &alerts));
    Seen::of(&workspace, &workspace.run(&["run", "shop.yaml", "--out", "json"]))
}

#[test]
fn an_alert_that_could_not_have_fired() {
    quiet(DEEP, "").passes();
    quiet("{ alert: Shop, expr: shop_detph > 5 }", "").is_row("alert on nothing");
    quiet("{ alert: Shop, expr: shop_depth > 5, for: 5m }", "")
        .is_row_of_any_count("alert too slow");
    let quantile =
        "histogram_quantile(0.95, sum by (le) (rate(shop_latency_seconds_bucket[300ms])))";
    quiet(&format!("{{ alert: Shop, expr: '{quantile} > 0.5' }}"), "").passes();
    quiet(&format!("{{ alert: Shop, expr: '{quantile} > 10' }}"), "")
        .is_row("alert above all buckets");
    let share = "sum(rate(shop_requests_total{status=\"ok\"}[300ms])) / sum(rate(shop_requests_total[300ms]))";
    quiet(&format!("{{ alert: Shop, expr: '{share} < 0.5' }}"), "").passes();
    quiet(&format!("{{ alert: Shop, expr: '{share} > 1' }}"), "")
        .is_row("alert that cannot come true");
}

#[test]
fn sides_of_an_alert_that_never_meet() {
    quiet("{ alert: Shop, expr: shop_depth > 5 or on() shop_requests_total > 1e9 }", "").passes();
    quiet("{ alert: Shop, expr: 'shop_depth >= 0 and shop_requests_total >= 0' }", "")
        .is_row("alert whose sides never meet");
}

#[test]
fn an_alert_that_fires_whatever_happens() {
    let workspace = Workspace::new();
    let text = scenario(&healthy().url(), &[SUCCESS]);
    let rules = "groups: [{ name: shop, rules: [{ alert: Shop, expr: absent(shop_detph) }] }]\n";
    workspace.write("rules.yml", rules);
    let alerts = "alerts:\n  rules: rules.yml\n  must_fire: [Shop]\n";
    workspace.write("shop.yaml", &(text + alerts));
    Seen::of(&workspace, &workspace.run(&["run", "shop.yaml", "--out", "json"]))
        .is_row("alert that fires anyway");
}

#[test]
fn every_alert_is_excepted() {
    quiet(DEEP, "Shop").is_row("alerts all excepted");
}
