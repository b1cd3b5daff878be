//! `--verify-with` a real Prometheus: one that has a saved run's own series says the same to
//! the last digits, one that has others or none is told apart, and one that has scraped the
//! target itself agrees within a stated tolerance.

use serde_json::{Value, json};
use slogate::series::write_openmetrics;

use super::saved::{Saved, generations, make_blocks};
use super::support::generations::prometheuses;
use super::support::prometheus::Prometheus;
use super::support::{Answer, Service, Workspace};

/// Judges the saved run again, held against an API.
fn verified(saved: &Saved, url: &str) -> (Option<i32>, Value) {
    let ended = saved.workspace.run(&["report", "kept", "--out", "json", "--verify-with", url]);
    (ended.code, ended.report())
}

fn compared(report: &Value) -> Vec<Value> {
    report["scenarios"][0]["verification"]["compared"].as_array().unwrap().clone()
}

fn has_condition(report: &Value, kind: &str) -> bool {
    let conditions = report["scenarios"][0]["conditions"].as_array().unwrap();
    conditions.iter().any(|one| one["kind"] == kind)
}

#[test]
fn a_prometheus_with_the_runs_own_series_says_the_same() {
    let saved = Saved::make();
    let before = saved.workspace.run(&["report", "kept", "--out", "json"]);
    for generation in generations().iter().filter(|(_, server)| server.major() >= 3) {
        let prometheus = saved.in_prometheus(generation);
        let (code, report) = verified(&saved, &prometheus.url);
        assert_eq!(code, before.code, "{report:#}");
        let compared = compared(&report);
        assert_eq!(compared.len(), 6, "{compared:#?}");
        for one in &compared {
            assert_eq!(one["agreement"], "same", "{one:#}");
            assert!(one["relative_difference"].as_f64().unwrap() <= 1e-9, "{one:#}");
            assert!(one["observed"].is_number() && one["theirs"].is_number(), "{one:#}");
        }
        assert_eq!(report["scenarios"][0]["conditions"], json!([]));
    }
}

#[test]
fn a_prometheus_with_other_series_or_none_does_not_pass() {
    let saved = Saved::make();
    for (promtool, prometheus) in &generations() {
        let none = Prometheus::start_as(prometheus, "scrape_configs: []\n");
        let (code, report) = verified(&saved, &none.url);
        assert_ne!(code, Some(0));
        assert!(has_condition(&report, "not_verified"), "{report:#}");
        assert!(compared(&report).iter().all(|one| one["agreement"] == "no such series"));

        let mut others = Vec::new();
        write_openmetrics(&saved.series(), &mut others).unwrap();
        let others = String::from_utf8(others).unwrap();
        // Twice as many bytes at the end as at the beginning, in a series that only grows.
        let last = others.lines().rfind(|line| line.starts_with("export_bytes_total{")).unwrap();
        let words = last.split_whitespace().collect::<Vec<_>>();
        let changed =
            format!("{} 7e15 {}", words[..words.len() - 2].join(" "), words[words.len() - 1]);
        let path = saved.workspace.write("others.om", &others.replace(last, &changed));
        let blocks = saved.workspace.path().join(format!("others-{}", promtool.version));
        make_blocks(promtool, &path, &blocks);
        let prometheus = Prometheus::on_blocks(prometheus, &blocks);
        let (code, report) = verified(&saved, &prometheus.url);
        assert_eq!(code, Some(1), "{report:#}");
        assert!(has_condition(&report, "sources_differ"), "{report:#}");
    }
}

#[test]
fn a_prometheus_that_has_scraped_the_target_agrees_within_a_tolerance() {
    let shop = Service::start(|path, before| match path {
        "/metrics" => Answer::Http(200, "# TYPE shop_depth gauge\nshop_depth 4\n".into()),
        _ => Answer::Http(200, before.to_string()),
    });
    let scenario = format!(
        "version: 1\nname: shop\ntarget: {}\nunmoved: allow\n\
         metrics: {{ path: /metrics, every: 100ms }}\n\
         load:\n  - {{ name: steady, rate: 50/s, for: 3s }}\n\
         requests:\n  - {{ name: order, get: / }}\nslo:\n  \
         - {{ id: depth, promql: 'avg_over_time(shop_depth[$run])', is: '<= 5' }}\n  \
         - {{ id: sent, promql: 'sum(increase(slogate_sent_total[$run]))', is: '> 100' }}\n",
        shop.url()
    );
    for tool in prometheuses() {
        let address = shop.url().trim_start_matches("http://").parse().unwrap();
        let prometheus = Prometheus::scraping_as(&tool, ("1s", address, "/metrics"));
        let workspace = Workspace::new();
        workspace.write("shop.yaml", &scenario);
        let run = |more: &[&str]| {
            let verify = ["run", "shop.yaml", "--out", "json", "--verify-with", &prometheus.url];
            workspace.run(&[&verify[..], more].concat())
        };
        let report = run(&["--verify-tolerance", "20%"]).expect_code(0).report();
        let compared = compared(&report);
        assert_eq!(compared.len(), 1, "{compared:#?}");
        assert_eq!(compared[0]["agreement"], "same");
        let left_out = &report["scenarios"][0]["verification"]["left_out"];
        assert_eq!(left_out[0]["id"], "sent", "{left_out:#}");
        // Without a tolerance that API must have everything that the run has.
        let report = run(&[]).expect_code(3).report();
        assert!(has_condition(&report, "not_verified"), "{report:#}");
    }
}
