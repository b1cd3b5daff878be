//! The exposition, as Prometheus and its own linter read it.

use exporter::catalogue::{LATENCY_BUCKETS_MS, METRICS};

use crate::{
    outside,
    service::{Service, body},
};

#[tokio::test]
async fn the_exposition_holds_the_nine_metrics_and_those_of_the_process() {
    let service = Service::start().await;
    service.export(body("csv", 1)).await;
    let response = service.get("/export/metrics").await;
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
    let exposition = response.text().await.unwrap();
    for metric in METRICS {
        assert!(exposition.contains(&format!("# TYPE {} {}", metric.name, metric.kind.name())));
    }
    assert!(exposition.contains("\nprocess_start_time_seconds "));
    for bound in LATENCY_BUCKETS_MS {
        assert!(exposition.contains(&format!("le=\"{bound}\"")), "{bound}");
    }
}

#[tokio::test]
async fn promtool_finds_the_two_abbreviated_units_and_nothing_else() {
    if !outside::has("promtool") {
        return;
    }
    let service = Service::start().await;
    service.export(body("csv", 1)).await;
    let exposition = service.get("/export/metrics").await.text().await.unwrap();
    let output = outside::run("promtool", &["check", "metrics"], exposition.as_bytes());
    let findings = String::from_utf8(output.stderr).unwrap();
    let names: Vec<_> = findings.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["export_latency_ms", "export_throughput_ops_per_sec"], "{findings}");
}

#[tokio::test]
async fn an_export_is_counted_with_its_size_bytes_and_user() {
    let service = Service::start().await;
    let request = body("csv", 1_001).replacen('{', r#"{"user":"ann","#, 1);
    let (_, file) = service.export_file(request).await;
    let sample = async |series: &str| service.sample(series).await;
    let requests = r#"export_requests_total{format="csv",status="succeeded",user="ann"}"#;
    assert_eq!(sample(requests).await, Some(1.0));
    let latency = r#"export_latency_ms_count{format="csv",size="medium"}"#;
    assert_eq!(sample(latency).await, Some(1.0));
    let bytes = r#"export_bytes_total{format="csv",status="success"}"#;
    assert_eq!(sample(bytes).await, Some(file.len() as f64));
    assert_eq!(sample(r#"export_success_rate{format="csv"}"#).await, Some(1.0));
    assert!(sample(r#"export_memory_bytes{format="csv"}"#).await.unwrap() > 10_000.0);
    assert!(sample(r#"export_throughput_ops_per_sec{format="csv"}"#).await.unwrap() > 0.0);
}

#[tokio::test]
async fn success_rate_is_absent_until_an_export_ends() {
    let service = Service::start().await;
    assert_eq!(service.sample(r#"export_success_rate{format="csv"}"#).await, None);
    service.export("not json").await;
    assert_eq!(service.sample(r#"export_success_rate{format="csv"}"#).await, None);
}

#[tokio::test]
async fn buffers_of_an_export_do_not_grow_with_its_rows() {
    let service = Service::start().await;
    service.export(body("csv", 30_000)).await;
    let held = service.sample(r#"export_memory_bytes{format="csv"}"#).await.unwrap();
    assert!(held < 4e6, "{held} bytes");
}
