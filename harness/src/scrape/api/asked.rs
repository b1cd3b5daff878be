//! An API that is asked single questions, and from which nothing is fetched to be judged.

use std::time::Duration;

use slogate_promql::Labels;

use super::client::ApiClient;
use super::error::ApiError;
use super::http;
use crate::scenario::Credentials;

/// Most bytes of one answer: a question has few elements.
const BODY_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// An API with the address that its name has now.
#[derive(Clone, Debug)]
pub struct AskedApi {
    client: ApiClient,
}

impl AskedApi {
    /// Resolves its name; nothing is asked yet.
    pub async fn find(
        url: &str,
        credentials: &Credentials,
        timeout: Duration,
    ) -> Result<Self, ApiError> {
        let (http, url) = http::client(url, credentials).await?;
        let client = ApiClient::new((http, credentials), &url, timeout, BODY_LIMIT_BYTES)?;
        Ok(Self { client })
    }

    /// The elements that an expression has at a time, milliseconds since the epoch. A scalar is
    /// one element without labels; a native histogram has no number.
    pub async fn elements(
        &self,
        expression: &str,
        at_ms: i64,
    ) -> Result<Vec<(Labels, Option<f64>)>, ApiError> {
        self.client.elements(expression, at_ms).await
    }
}
