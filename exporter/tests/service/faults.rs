//! Faults on purpose, as a client sees them.

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
