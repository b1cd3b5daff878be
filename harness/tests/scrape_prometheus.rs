//! A real Prometheus scrapes what our scraper scrapes, and both end up with the
//! same series, labels and values.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use slogate::clock::Clock;
use slogate::scenario::Credentials;
use slogate::scrape::{ScrapeConfig, Scraper};
use slogate::series::{ScrapeMoment, SeriesStore};
use support::generations::prometheuses;
use support::prometheus::Prometheus;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Every awkward thing that Prometheus 2.42 and 3 take alike.
const EXPOSITION: &str = r#"# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code="200",path="/a\"b\\c\nd{},=é"} 1.5e3
requests_total{code="500",instance="mine",job="own",exported_job="odd"} 0
# TYPE latency_ms histogram
latency_ms_bucket{le="0.5"} 1
latency_ms_bucket{le="+Inf"} 2
latency_ms_sum 3.25
latency_ms_count 2 12345
# TYPE quantiles summary
quantiles{quantile="0.99"} NaN
quantiles_sum -0
rule:of:thumb { a = "b" , empty="" } -Inf
plain 0.30000000000000004
"#;

/// A Prometheus starts within a second and scrapes within six; CI machines are slow.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_real_prometheus_scrapes_the_same_series() {
    let address = serve_exposition().await;
    let scrape = "{ job_name: target, scrape_interval: 1s, honor_timestamps: false";
    let targets = format!("[{{ targets: ['{address}'], labels: {{ instance: one }} }}]");
    let config = format!("scrape_configs: [{scrape}, static_configs: {targets} }}]\n");
    for tool in prometheuses() {
        let prometheus = Prometheus::start_as(&tool, &config);
        let theirs = tokio::time::timeout(PATIENCE, series_of(&prometheus.url)).await.unwrap();
        drop(prometheus);
        assert_eq!(ours(address).await, theirs, "{tool:?}");
    }
}

/// Serves the exposition to whoever asks.
async fn serve_exposition() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let _ = connection.read(&mut [0; 4096]).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                EXPOSITION.len()
            );
            let _ = connection.write_all((head + EXPOSITION).as_bytes()).await;
        }
    });
    address
}

/// Labels and value of every series after one scrape of ours.
async fn ours(address: SocketAddr) -> BTreeMap<String, String> {
    let config = ScrapeConfig {
        url: format!("http://{address}/metrics"),
        address,
        instance: "one".to_owned(),
        job: "target".to_owned(),
        every: Duration::from_secs(1),
        timeout: Duration::from_secs(5),
        sample_limit: Some(100),
        body_limit_bytes: 10_000,
        seed: 1,
        honor_timestamps: false,
        credentials: Credentials::default(),
    };
    let store: Arc<Mutex<SeriesStore>> = Arc::default();
    let scraper = Scraper::new(config, Clock::start(), Arc::clone(&store)).unwrap();
    scraper.scrape(ScrapeMoment::Scheduled).await.outcome.unwrap();
    let store = store.lock().unwrap();
    let shown = store.iter().map(|series| {
        let labels = series.labels.iter().map(|(name, value)| (name.into(), value.into()));
        (show(&labels.collect()), show_value(series.samples[0].value))
    });
    shown.filter(|(labels, _)| !is_about_the_scrape(labels)).collect()
}

/// Labels and value of every series of the target, once there are any.
async fn series_of(url: &str) -> BTreeMap<String, String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let query = format!("{url}/api/v1/query?query=%7Binstance%3D%22one%22%7D");
    let mut poll = tokio::time::interval(Duration::from_millis(100));
    loop {
        poll.tick().await;
        let Ok(response) = client.get(&query).send().await else { continue };
        let answer: serde_json::Value = response.json().await.unwrap_or_default();
        let result = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        if !result.is_empty() {
            return result
                .iter()
                .map(shown_result)
                .filter(|(l, _)| !is_about_the_scrape(l))
                .collect();
        }
    }
}

fn shown_result(result: &serde_json::Value) -> (String, String) {
    let labels: BTreeMap<String, String> =
        serde_json::from_value(result["metric"].clone()).unwrap();
    let value: f64 = result["value"][1].as_str().unwrap().parse().unwrap();
    (show(&labels), show_value(value))
}

fn show(labels: &BTreeMap<String, String>) -> String {
    format!("{labels:?}")
}

/// Text, so that NaN equals NaN; the API does not tell -0 from 0.
fn show_value(value: f64) -> String {
    format!("{:?}", if value == 0.0 { 0.0 } else { value })
}

/// `up`, `scrape_…`: Prometheus writes more of these than we do.
fn is_about_the_scrape(labels: &str) -> bool {
    labels.contains("\"__name__\": \"up\"") || labels.contains("\"__name__\": \"scrape_")
}
