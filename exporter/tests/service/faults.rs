//! Faults on purpose, as a client sees them.

use std::time::Instant;

use exporter::Faults;

use crate::service::{Service, body};

async fn service_with(rules: &[&str]) -> Service {
    let rules = rules.iter().map(|rule| rule.parse().unwrap()).collect();
    Service::start_with(|config| config.faults = Faults::new(rules)).await
}

#[tokio::test]
async fn a_tenth_of_the_exports_fails_and_is_counted_as_failed() {
    let service = service_with(&["error:0.1"]).await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(service.export(body("csv", 1)).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 500).count(), 2);
    let failed = r#"export_requests_total{format="csv",status="failed",user="anonymous"}"#;
    assert_eq!(service.sample(failed).await, Some(2.0));
    let reason = r#"export_fail_total{format="csv",reason="fault"}"#;
    assert_eq!(service.sample(reason).await, Some(2.0));
    assert_eq!(service.sample(r#"export_success_rate{format="csv"}"#).await, Some(0.9));
    assert_eq!(service.files().len(), 18);
}

#[tokio::test]
async fn added_latency_is_in_the_answer_and_in_the_histogram() {
    let service = service_with(&["latency:60ms,format=csv"]).await;
    let answer = service.export(body("csv", 1)).await;
    assert!(answer.json["processingTime"].as_f64().unwrap() >= 60.0);
    let sum = r#"export_latency_ms_sum{format="csv",size="small"}"#;
    assert!(service.sample(sum).await.unwrap() >= 60.0);
}

#[tokio::test]
async fn a_lost_file_is_empty_and_its_bytes_are_not_counted() {
    let service = service_with(&["lost-bytes:1"]).await;
    let (receipt, file) = service.export_file(body("csv", 5)).await;
    assert_eq!((receipt["bytes"].as_u64(), file.len()), (Some(0), 0));
    let bytes = r#"export_bytes_total{format="csv",status="success"}"#;
    assert_eq!(service.sample(bytes).await, Some(0.0));
}

#[tokio::test]
async fn held_memory_is_in_the_gauge() {
    let service = service_with(&["memory:20MB,format=csv"]).await;
    service.export(body("csv", 1)).await;
    let held = service.sample(r#"export_memory_bytes{format="csv"}"#).await;
    assert!(held.unwrap() >= 2e7, "{held:?}");
}

#[tokio::test]
async fn a_truncated_answer_is_an_error_for_its_client() {
    let service = service_with(&["truncated-body:1"]).await;
    let request = service.client.post(service.url("/export/run")).body(body("csv", 1));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_slow_answer_is_whole_and_slow() {
    let service = service_with(&["slow-body:100ms"]).await;
    let before = Instant::now();
    let answer = service.export(body("csv", 1)).await;
    assert_eq!(answer.json["records"], 1);
    assert!(before.elapsed().as_millis() >= 100);
}

#[tokio::test]
async fn a_stuck_queue_keeps_places_until_the_service_drains() {
    let mut service = service_with(&["stuck-queue"]).await;
    for _ in 0..5 {
        assert_eq!(service.export(body("csv", 1)).await.status, 200);
    }
    service.wait_for(5, 0).await;
    service.begin_shutdown();
    service.stopped().await;
}

#[tokio::test]
async fn a_missing_metric_is_not_exposed() {
    let service = service_with(&["missing-metric:export_latency_ms"]).await;
    let exposition = service.get("/export/metrics").await.text().await.unwrap();
    assert!(!exposition.contains("export_latency_ms"));
    assert!(exposition.contains("export_bytes_total"));
}

#[tokio::test]
async fn a_stuck_gauge_keeps_its_first_value() {
    let gauge = "export_throughput_ops_per_sec";
    let service = service_with(&[&format!("stuck-gauge:{gauge}")]).await;
    let series = format!("{gauge}{{format=\"csv\"}}");
    assert_eq!(service.sample(&series).await, Some(0.0));
    service.export(body("csv", 1)).await;
    assert_eq!(service.sample(&series).await, Some(0.0));
}
