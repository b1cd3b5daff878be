//! A Prometheus-compatible API that objectives are held against after a run
//! (`--verify-with`): a URL, or a map that says how it is asked, in the same words as
//! `metrics: { prometheus: … }`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::access::{Access, access, system_tls};
use super::api_source::{api_url, over};
use super::context::Context;
use super::fields::{self, Fields};
use super::files;
use super::keys;
use super::metrics::timeout;
use super::model::{DEFAULT_SCRAPE_TIMEOUT, Variables};
use super::problem::{Problem, Problems};
use super::source::Source;
use super::tree::{Node, Value};

/// The key under which [`read_verification`] looks.
pub const VERIFY_WITH: &str = "verify_with";

/// An API that is asked what a run's own series were asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationSource {
    /// `http` or `https`, without a user and without `/api/v1`.
    pub url: String,
    /// Longest time of one answer.
    pub timeout: Duration,
    /// Who asks, and how.
    pub access: Access,
}

/// Reads what stands under `verify_with:` in a text that stands for the file at `path`, and
/// what is suspicious about it.
pub fn read_verification(
    path: &Path,
    text: &str,
    variables: &Variables,
) -> Result<(VerificationSource, Vec<Problem>), Problems> {
    let mut cx = Context::new(variables, None);
    let root = files::parse(&Arc::new(Source::new(path, text)), &mut cx);
    let source =
        root.as_ref().and_then(|root| root.get(VERIFY_WITH)).and_then(|node| lower(node, &mut cx));
    let found = cx.finish();
    match source {
        Some(source) if found.problems.is_empty() => Ok((source, found.warnings)),
        _ => Err(found),
    }
}

fn lower(node: &Node, cx: &mut Context) -> Option<VerificationSource> {
    match &node.value {
        Value::Map(_) => of_map(&Fields::of(node, &keys::VERIFY_WITH, cx)?, cx),
        Value::Text(_) => {
            let url = api_url(node, cx)?;
            let tls = (url.scheme() == "https").then(|| system_tls(node.span, cx));
            let access = Access { tls, ..Access::default() };
            Some(VerificationSource { url: url.into(), timeout: DEFAULT_SCRAPE_TIMEOUT, access })
        }
        _ => {
            fields::wrong_type(node, "a URL or a map", cx)
                .help("write http://host:9090, or { prometheus: http://host:9090, auth: … }");
            None
        }
    }
}

fn of_map(fields: &Fields, cx: &mut Context) -> Option<VerificationSource> {
    let url = fields.get("prometheus").and_then(|node| api_url(node, cx));
    let timeout = timeout(fields, cx);
    let over = url.as_ref().map(|url| over(url, fields));
    let access = access(fields, over.as_ref(), cx);
    Some(VerificationSource { url: url?.into(), timeout: timeout?, access: access? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<VerificationSource, String> {
        let text = format!("{VERIFY_WITH}: {value}\n");
        let variables = Variables::from([("TOKEN".to_owned(), "hush".to_owned())]);
        let read = read_verification(Path::new("command line"), &text, &variables);
        read.map(|(source, _)| source).map_err(|found| found.problems[0].to_string())
    }

    #[test]
    fn a_url_is_enough() {
        let source = read("\"http://127.0.0.1:9090/prometheus\"").unwrap();
        assert_eq!(source.url, "http://127.0.0.1:9090/prometheus");
        assert_eq!(source.access, Access::default());
        assert!(read("\"https://prometheus.example\"").unwrap().access.tls.is_some());
    }

    #[test]
    fn a_map_says_who_asks() {
        let source = read("{ prometheus: \"http://127.0.0.1:9\", auth: { bearer: \"${TOKEN}\" } }");
        let source = source.unwrap();
        assert!(source.access.authorization.is_some());
        assert!(!format!("{source:?}").contains("hush"));
    }

    #[test]
    fn what_is_no_api_is_refused() {
        assert!(read("\"prometheus:9090\"").is_err());
        assert!(read("\"http://a:9090/api/v1\"").unwrap_err().contains("ends before"));
        assert!(read("{ prometheus: \"http://a\", matcher: up }").unwrap_err().contains("matcher"));
        assert!(read("{ auth: {} }").is_err());
        assert!(read("[1]").is_err());
    }
}
