//! `auth:` of a scenario and of its requests: who sends them.
//!
//! The scenario's is that of every request without one of its own; `auth: none` sends a
//! request without any. It is for the load alone: metrics are asked as `metrics.auth`
//! says, so that a user's token does not reach whoever serves the metrics.

use reqwest::Url;

use super::access::{Authorization, authorization};
use super::codes;
use super::context::Context;
use super::fields::Fields;
use super::metrics::is_this_machine;
use super::model::{Request, Scenario, Target};
use super::problem::{Problem, Problems};
use super::secret::Secret;
use super::tree::Node;

/// The header that is made of it.
const HEADER: &str = "authorization";
/// Headers of a request that say nothing of who asks: what is sent, what may come back, and
/// on what connection; besides them all that begin with one of [`OF_ONE_MESSAGE`].
const OF_THE_MESSAGE: [&str; 9] = [
    "accept",
    "accept-encoding",
    "connection",
    "expect",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// How headers begin that describe a body or make a request conditional.
const OF_ONE_MESSAGE: [&str; 2] = ["content-", "if-"];
/// The word for nobody.
const NOBODY: &str = "none";

/// Who sends requests that say nothing of their own, and where they go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Senders<'a> {
    pub(super) of_scenario: Option<&'a Authorization>,
    pub(super) target: Option<&'a Target>,
}

/// Lowers the scenario's own.
#[expect(clippy::option_option, reason = "outer: whether it is right; inner: whether it is there")]
pub(super) fn of_scenario(
    file: &Fields,
    target: Option<&Target>,
    cx: &mut Context,
) -> Option<Option<Authorization>> {
    match file.get("auth") {
        Some(node) => lowered(file, node, target, cx).map(Some),
        None => Some(None),
    }
}

/// Lowers a request's, or takes the scenario's; `headers` are the request's own.
#[expect(clippy::option_option, reason = "outer: whether it is right; inner: whether it is there")]
pub(super) fn of_request(
    fields: &Fields,
    headers: &[(String, String)],
    senders: Senders<'_>,
    cx: &mut Context,
) -> Option<Option<Authorization>> {
    let sender = match fields.get("auth") {
        Some(node) if node.text() == Some(NOBODY) => None,
        Some(node) => Some(lowered(fields, node, senders.target, cx)?),
        None => senders.of_scenario.cloned(),
    };
    let has_own = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(HEADER));
    if has_own && sender.is_some() {
        let at = fields.key("headers").map_or(fields.at, |key| key.span);
        let message = "the header `Authorization` beside `auth` in one request";
        cx.error(codes::CONFLICTING_KEYS, at, message)
            .help("remove one of them; `auth: none` leaves out the scenario's `auth`");
        return None;
    }
    Some(sender)
}

fn lowered(
    fields: &Fields,
    node: &Node,
    target: Option<&Target>,
    cx: &mut Context,
) -> Option<Authorization> {
    let sender = authorization(node, cx);
    let key = fields.key("auth").map_or(fields.at, |key| key.span);
    if let Some(host) = target.and_then(host_in_plain_text) {
        let message = format!("the credentials go to {host} in plain text");
        cx.warning(codes::PLAIN_TEXT_CREDENTIAL, key, message)
            .help("nobody on the way may read them: use https, or a user who may do nothing else");
    }
    sender
}

/// A host that is asked over plain HTTP and is not this machine.
fn host_in_plain_text(target: &Target) -> Option<String> {
    let Target::Url(url) = target else { return None };
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    url.host_str().filter(|host| !is_this_machine(host)).map(str::to_owned)
}

impl Scenario {
    /// The requests as they are sent, each with who sends it; files with secrets are read
    /// as they are now.
    pub fn requests_with_credentials(&self) -> Result<Vec<Request>, Problems> {
        let mut problems: Vec<Problem> = Vec::new();
        let mut requests = Vec::new();
        for request in &self.requests {
            match request.with_credentials() {
                Ok(request) => requests.push(request),
                // The scenario's own is that of many requests.
                Err(problem) if problems.iter().any(|one| one.place() == problem.place()) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(requests)
        } else {
            Err(Problems { problems, warnings: Vec::new() })
        }
    }

    /// Files with secrets or certificates that cannot be used, of requests, metrics and target.
    pub fn unusable_files(&self) -> Vec<Problem> {
        let access = self.metrics.access();
        let of_metrics = access.and_then(|access| access.read().err());
        let of_requests = self.requests_with_credentials().err();
        // What the metrics have from the target is read once.
        let own =
            self.tls.as_ref().filter(|tls| access.and_then(|of| of.tls.as_ref()) != Some(tls));
        let of_target = own.and_then(|tls| tls.read().err());
        let found = of_requests.into_iter().chain(of_metrics).chain(of_target);
        found.flat_map(|found| found.problems).collect()
    }

    /// Values of the header `Authorization` that its requests carry, where they can be had.
    pub(super) fn request_secrets(&self) -> impl Iterator<Item = (String, Secret)> {
        let senders = self.requests.iter().filter_map(|request| request.authorization.as_ref());
        senders.filter_map(|sender| Some((HEADER.to_owned(), sender.header().ok()?)))
    }
}

impl Request {
    /// Headers by which a request for a file shows that it comes from whoever sent this one;
    /// files with secrets are read as they are now. Values that are put together for each
    /// iteration are not among them: nobody knows them any more.
    pub fn headers_for_files(&self) -> Result<Vec<(String, Secret)>, Problem> {
        let is_varying = |name: &str| {
            let mut varying = self.varying.headers.iter();
            varying.any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        let headers = self.with_credentials()?.headers.into_iter();
        let of_sender = headers.filter(|(name, _)| is_of_sender(name) && !is_varying(name));
        Ok(of_sender.map(|(name, value)| (name, Secret::new(value))).collect())
    }

    fn with_credentials(&self) -> Result<Self, Problem> {
        let mut request = self.clone();
        if let Some(sender) = &self.authorization {
            request.headers.push((HEADER.to_owned(), sender.header()?.expose().to_owned()));
        }
        Ok(request)
    }
}

fn is_of_sender(header: &str) -> bool {
    let header = header.to_ascii_lowercase();
    !OF_THE_MESSAGE.contains(&header.as_str())
        && !OF_ONE_MESSAGE.iter().any(|beginning| header.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::access::SecretSource;
    use crate::scenario::template::Template;

    #[test]
    fn a_file_is_asked_for_by_whoever_sent_the_request_and_for_itself() {
        let written = [
            ("X-Api-Key", "key"),
            ("Host", "shop.test"),
            ("Content-Type", "application/json"),
            ("ACCEPT", "application/json"),
            ("If-None-Match", "*"),
            ("X-Token", "{{token}}"),
        ];
        let headers = written.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let mut request = Request { headers, ..Request::get("r", "/") };
        request.varying.headers.push(("X-Token".to_owned(), Template::default()));
        let password = SecretSource::Variable(Secret::new("open"));
        request.authorization = Some(Authorization::Bearer(password));
        let headers = request.headers_for_files().unwrap();
        let shown: Vec<_> = headers.iter().map(|(name, value)| (&**name, value.expose())).collect();
        let expected =
            [("X-Api-Key", "key"), ("Host", "shop.test"), ("authorization", "Bearer open")];
        assert_eq!(shown, expected);
    }
}
