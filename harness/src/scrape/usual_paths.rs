//! Looks for a page with metrics where services usually have one.

use std::net::SocketAddr;
use std::time::Duration;

use super::error::ScrapeError;
use super::http::{self, Page};
use super::{ScrapeConfig, USUAL_SAMPLE_LIMIT};
use crate::exposition::{ContentTypeError, Exposition, ParseRules, parse_with};
use crate::scenario::{Credentials, TlsClient};

/// Longest wait for one page.
const LOOK_WITHIN: Duration = Duration::from_secs(3);
/// Largest page, bytes: the limit of a scrape.
const LARGEST_PAGE_BYTES: usize = 64 * 1024 * 1024;

/// Paths that are somebody's default, the likeliest first.
const USUAL_PATHS: [&str; 7] = [
    // Prometheus' own default, `metrics_path` in
    // https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config
    "/metrics",
    // https://docs.spring.io/spring-boot/api/rest/actuator/prometheus.html
    "/actuator/prometheus",
    // Quarkus: https://quarkus.io/guides/telemetry-micrometer
    "/q/metrics",
    // Micronaut: https://micronaut-projects.github.io/micronaut-micrometer/latest/guide/
    "/prometheus",
    // Helidon: https://helidon.io/docs/core/v27/modules/metrics/micrometer
    "/observe/metrics",
    // Envoy: https://www.envoyproxy.io/docs/envoy/latest/operations/admin
    "/stats/prometheus",
    // The reference export service.
    "/export/metrics",
];

/// A path that was asked for, and why it has no metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The path.
    pub path: &'static str,
    /// What came instead.
    pub reason: String,
}

/// The first usual path of a service that has metrics which can be read, or what every
/// one of them has instead. `origin` is `http://host:port`, or `https://…` with this TLS.
pub async fn find_metrics(
    origin: &str,
    address: SocketAddr,
    tls: Option<TlsClient>,
) -> Result<&'static str, Vec<Looked>> {
    let credentials = Credentials { headers: Vec::new(), tls };
    let mut looked = Vec::new();
    for path in USUAL_PATHS {
        match look(&format!("{origin}{path}"), address, &credentials).await {
            Ok(()) => return Ok(path),
            Err(error) => looked.push(Looked { path, reason: in_short(&error) }),
        }
    }
    Err(looked)
}

/// What came instead, without advice: most of these paths are not there, and should not be.
fn in_short(error: &ScrapeError) -> String {
    match error {
        ScrapeError::Status(status @ (401 | 403)) => {
            format!("answered {status}, so it wants `auth: {{ bearer_file: FILE }}` in `metrics`")
        }
        ScrapeError::Status(status) => format!("answered {status}"),
        ScrapeError::ContentType(ContentTypeError::NotAnExposition(content_type)) => {
            format!("answered with `{content_type}`, which is no exposition")
        }
        ScrapeError::Redirect { status, location } => {
            format!("answered {status} and points to {location}")
        }
        other => other.to_string(),
    }
}

async fn look(
    url: &str,
    address: SocketAddr,
    credentials: &Credentials,
) -> Result<(), ScrapeError> {
    read_once(url, address, credentials).await.map(drop)
}

/// Reads one page once, as a scrape would; one without samples is an error.
pub async fn read_once(
    url: &str,
    address: SocketAddr,
    credentials: &Credentials,
) -> Result<Exposition, ScrapeError> {
    let config = ScrapeConfig {
        url: url.to_owned(),
        address,
        instance: String::new(),
        job: String::new(),
        every: LOOK_WITHIN,
        timeout: LOOK_WITHIN,
        sample_limit: Some(USUAL_SAMPLE_LIMIT),
        body_limit_bytes: LARGEST_PAGE_BYTES,
        seed: 0,
        honor_timestamps: false,
        credentials: credentials.clone(),
    };
    let page = Page::new(url, address, &config.credentials)?;
    let fetch = http::fetch(&page, &config);
    let received = tokio::time::timeout(LOOK_WITHIN, fetch).await;
    let received = received.unwrap_or(Err(ScrapeError::Timeout(LOOK_WITHIN)))?;
    let rules = ParseRules { sample_limit: config.sample_limit, ..ParseRules::default() };
    let exposition = parse_with(&received.body, received.format, rules)?;
    if exposition.samples.is_empty() { Err(ScrapeError::Empty) } else { Ok(exposition) }
}
