//! Asks the API over HTTP, within bounds of time and size.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Client, Url};
use serde::de::DeserializeOwned;
use slogate_promql::{Labels, Sample};

use super::answer::{
    InstantResult, MatrixRow, MetadataRow, Point, QueryData, RawSeries, VectorRow, read,
};
use super::error::ApiError;
use crate::scenario::Credentials;
use crate::scrape::{ScrapeError, read_body};

/// Asks one API.
#[derive(Clone, Debug)]
pub(super) struct ApiClient {
    client: Client,
    credentials: Credentials,
    base: Url,
    timeout: Duration,
    body_limit_bytes: usize,
}

impl ApiClient {
    /// A client for the API below `base`; a path of it is kept.
    pub(super) fn new(
        (client, credentials): (Client, &Credentials),
        base: &Url,
        timeout: Duration,
        body_limit_bytes: usize,
    ) -> Result<Self, ApiError> {
        let with_slash = format!("{}/", base.as_str().trim_end_matches('/'));
        let base =
            Url::parse(&with_slash).map_err(|error| ApiError::NotTheApi(error.to_string()))?;
        Ok(Self { client, credentials: credentials.clone(), base, timeout, body_limit_bytes })
    }

    /// Their time, milliseconds since the epoch.
    pub(super) async fn time_ms(&self) -> Result<i64, ApiError> {
        let data: QueryData<Point> = self.query("time()", None).await?;
        milliseconds(data.result.value()?)
    }

    /// The elements that an expression has now.
    pub(super) async fn vector(&self, expression: &str) -> Result<Vec<VectorRow>, ApiError> {
        let data: QueryData<Vec<VectorRow>> = self.query(expression, None).await?;
        Ok(data.result)
    }

    /// The elements that an expression has at a time; a scalar is one without labels, and a
    /// native histogram one without a value.
    pub(super) async fn elements(
        &self,
        expression: &str,
        at_ms: i64,
    ) -> Result<Vec<(Labels, Option<f64>)>, ApiError> {
        let data: QueryData<InstantResult> = self.query(expression, Some(at_ms)).await?;
        match data.result {
            InstantResult::Scalar(point) => Ok(vec![(Labels::default(), Some(point.value()?))]),
            InstantResult::Vector(rows) => {
                rows.iter().map(|row| Ok((row.labels(), row.value()?))).collect()
            }
        }
    }

    /// The samples of a selector from `from_ms` to `until_ms`, both included, as they are
    /// stored: a range selector at an instant, for a range query would make others of them.
    pub(super) async fn samples(
        &self,
        selector: &str,
        (from_ms, until_ms): (i64, i64),
    ) -> Result<Vec<RawSeries>, ApiError> {
        // Prometheus 3 leaves out the sample at the start of a range, 2 does not.
        let range_ms = (until_ms - from_ms).max(0) + 1;
        let expression = format!("{selector}[{range_ms}ms]");
        let data: QueryData<Vec<MatrixRow>> = self.query(&expression, Some(until_ms)).await?;
        let mut series: Vec<RawSeries> =
            data.result.iter().map(MatrixRow::series).collect::<Result<_, _>>()?;
        for one in &mut series {
            let within = |sample: &Sample| (from_ms..=until_ms).contains(&sample.t_ms);
            one.samples.retain(within);
        }
        Ok(series)
    }

    /// What the API knows about each metric.
    pub(super) async fn metadata(&self) -> Result<BTreeMap<String, Vec<MetadataRow>>, ApiError> {
        self.get(self.url("api/v1/metadata")?).await
    }

    async fn query<R: DeserializeOwned>(
        &self,
        expression: &str,
        at_ms: Option<i64>,
    ) -> Result<QueryData<R>, ApiError> {
        let mut url = self.url("api/v1/query")?;
        url.query_pairs_mut().append_pair("query", expression);
        if let Some(at_ms) = at_ms {
            let seconds = format!("{}.{:03}", at_ms.div_euclid(1000), at_ms.rem_euclid(1000));
            url.query_pairs_mut().append_pair("time", &seconds);
        }
        self.get(url).await
    }

    fn url(&self, path: &str) -> Result<Url, ApiError> {
        self.base.join(path).map_err(|error| ApiError::NotTheApi(error.to_string()))
    }

    async fn get<D: DeserializeOwned>(&self, url: Url) -> Result<D, ApiError> {
        let asked = tokio::time::timeout(self.timeout, self.fetch(url));
        let (status, body) = asked.await.map_err(|_| ApiError::Timeout(self.timeout))??;
        read(status, &body).map_err(|error| {
            // Errors show the beginning of a body, which could end within a secret.
            let blanked = self.credentials.blank(&String::from_utf8_lossy(&body));
            let again = read::<D>(status, blanked.as_bytes()).err();
            again.unwrap_or(error).map_text(|text| self.credentials.blank(text))
        })
    }

    async fn fetch(&self, url: Url) -> Result<(u16, Bytes), ApiError> {
        let sent = self.client.get(url).header("accept", "application/json").send().await;
        let response = sent.map_err(|error| failed(ScrapeError::transport(&error)))?;
        let status = response.status().as_u16();
        let body = read_body(response, self.body_limit_bytes).await.map_err(failed)?;
        Ok((status, body))
    }
}

fn failed(error: ScrapeError) -> ApiError {
    match error {
        ScrapeError::TooLarge(limit_bytes) => ApiError::TooLarge(limit_bytes),
        other => ApiError::Transport { code: other.code(), text: other.to_string() },
    }
}

/// Seconds as whole milliseconds.
pub(super) fn milliseconds(seconds: f64) -> Result<i64, ApiError> {
    if !seconds.is_finite() {
        return Err(ApiError::NotTheApi(format!("{seconds} is not a time")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "floats saturate")]
    let milliseconds = (seconds * 1000.0).round() as i64;
    Ok(milliseconds)
}
