//! Lowers `auth:`, `headers:` and `tls:`.
//!
//! A secret that stands in the file itself is refused: the file's text is kept in every
//! saved run. Values of secrets and headers are never part of a message.

use std::net::IpAddr;

use http::HeaderValue;

use super::{Access, Authorization, ClientCertificate, NamedFile, SecretSource, Tls, Written};
use crate::scenario::codes;
use crate::scenario::context::Context;
use crate::scenario::fields::{self, Fields};
use crate::scenario::header::{self, Reserved};
use crate::scenario::keys;
use crate::scenario::secret::Secret;
use crate::scenario::source::Span;
use crate::scenario::tree::{Node, Value};
use crate::scenario::variables;

/// Headers that whoever asks for metrics writes itself.
const RESERVED_HEADERS: Reserved = Reserved {
    names: &[
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "te",
        "transfer-encoding",
        "upgrade",
        "x-prometheus-scrape-timeout-seconds",
    ],
    by: "the scraper",
};

/// What a server is asked over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::scenario) struct Over {
    /// Where the file asks for https, if it does.
    pub(in crate::scenario) https: Option<Span>,
    /// A host that is asked over plain HTTP and is not this machine, if there is one.
    pub(in crate::scenario) plain_host: Option<String>,
    /// How TLS is spoken where nothing else is said: as with the target, if it is asked.
    pub(in crate::scenario) tls: Option<Tls>,
}

/// Lowers what a map says about how its server is asked; `None` after an error.
pub(in crate::scenario) fn access(
    fields: &Fields,
    over: Option<&Over>,
    cx: &mut Context,
) -> Option<Access> {
    let authorization = fields.get("auth").map(|node| authorization(node, cx));
    let headers = fields.get("headers").map_or_else(|| Some(Vec::new()), |node| headers(node, cx));
    let tls = fields.get("tls").map(|node| tls(node, cx));
    if let Some(over) = over {
        warn_about_plain_text(fields, over, cx);
        refuse_idle_tls(fields, over, cx)?;
    }
    let tls = match (tls, over.and_then(|over| over.https)) {
        (Some(tls), _) => Some(tls?),
        (None, Some(at)) => Some(as_target(over).unwrap_or_else(|| system_tls(at, cx))),
        (None, None) => None,
    };
    let authorization = match authorization {
        Some(authorization) => Some(authorization?),
        None => None,
    };
    Some(Access { authorization, headers: headers?, tls })
}

fn as_target(over: Option<&Over>) -> Option<Tls> {
    over.and_then(|over| over.tls.clone())
}

fn warn_about_plain_text(fields: &Fields, over: &Over, cx: &mut Context) {
    if let (Some(key), Some(host)) = (fields.key("auth"), &over.plain_host) {
        cx.warning(
            codes::PLAIN_TEXT_CREDENTIAL,
            key.span,
            format!("the credentials go to {host} in plain text"),
        )
        .help("use https, so that nobody on the way can read them");
    }
}

fn refuse_idle_tls(fields: &Fields, over: &Over, cx: &mut Context) -> Option<()> {
    match (fields.key("tls"), over.https) {
        (Some(key), None) => {
            cx.error(
                codes::CONFLICTING_KEYS,
                key.span,
                "`tls` without anything that is asked over https",
            )
            .help("write `https://…` under `scrape` or `target`, or remove `tls`");
            None
        }
        _ => Some(()),
    }
}

/// Lowers `auth:`.
pub(in crate::scenario) fn authorization(node: &Node, cx: &mut Context) -> Option<Authorization> {
    let fields = Fields::of(node, &keys::AUTH, cx)?;
    if let Some(basic) = fields.get("basic") {
        return basic_authorization(basic, cx);
    }
    secret(&fields, "bearer", "bearer_file", cx).map(Authorization::Bearer)
}

fn basic_authorization(node: &Node, cx: &mut Context) -> Option<Authorization> {
    let fields = Fields::of(node, &keys::BASIC_AUTH, cx)?;
    let username = fields.get("username").and_then(|node| username(node, cx));
    let password = secret(&fields, "password", "password_file", cx);
    Some(Authorization::Basic { username: username?, password: password? })
}

fn username(node: &Node, cx: &mut Context) -> Option<String> {
    let username = fields::scalar_text(node, cx)?;
    if username.contains(':') || username.chars().any(char::is_control) {
        cx.error(
            codes::UNUSABLE_CREDENTIAL,
            node.span,
            "a user name has no colon and no control character",
        );
        return None;
    }
    Some(username)
}

/// The secret at one of two keys: in a variable, or in a file.
fn secret(fields: &Fields, variable: &str, file: &str, cx: &mut Context) -> Option<SecretSource> {
    if let Some(node) = fields.get(file) {
        return named_file(node, cx).map(SecretSource::File);
    }
    let node = fields.get(variable)?;
    let text = variables::exact_text(node, cx)?;
    if !variables::has_variable(node) {
        cx.conceal(node.span);
        cx.error(
            codes::CREDENTIAL_IN_FILE,
            node.span,
            "a secret does not belong in a scenario file",
        )
        .help(format!("write `{variable}: ${{NAME}}` and set NAME, or name a `{file}`"));
        return None;
    }
    if text.trim().is_empty() {
        cx.error(codes::UNUSABLE_CREDENTIAL, node.span, "this secret is empty")
            .help("set the variable to the secret");
        return None;
    }
    if HeaderValue::from_str(&text).is_err() {
        cx.error(
            codes::UNUSABLE_CREDENTIAL,
            node.span,
            "this secret has a line break or control character in it",
        );
        return None;
    }
    Some(SecretSource::Variable(Secret::new(text)))
}

fn headers(node: &Node, cx: &mut Context) -> Option<Vec<(String, Secret)>> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_type(node, "a map from header names to values", cx);
        return None;
    };
    let mut headers: Vec<(String, Secret)> = Vec::new();
    let mut all_good = true;
    for (key, value) in entries {
        let name = header_name(key, cx);
        let (Some(name), Some(value)) = (name, header_value(value, cx)) else {
            all_good = false;
            continue;
        };
        all_good &= header::is_new(&headers, &name, key, cx);
        headers.push((name, value));
    }
    all_good.then_some(headers)
}

fn header_name(key: &Node, cx: &mut Context) -> Option<String> {
    if key.text().is_some_and(|name| name.eq_ignore_ascii_case("authorization")) {
        cx.error(
            codes::INVALID_HEADER,
            key.span,
            "the header `Authorization` is written from `auth`",
        )
        .help("write `auth: { bearer_file: FILE }` or `auth: { basic: { … } }`");
        return None;
    }
    header::name(key, &RESERVED_HEADERS, cx)
}

fn header_value(node: &Node, cx: &mut Context) -> Option<Secret> {
    let value = variables::exact_text(node, cx)?;
    header::value(value, node, cx).map(Secret::new)
}

/// Lowers `tls:`; `None` after an error.
pub(in crate::scenario) fn tls(node: &Node, cx: &mut Context) -> Option<Tls> {
    let fields = Fields::of(node, &keys::TLS, cx)?;
    let file = |name: &str, cx: &mut Context| match fields.get(name) {
        Some(node) => named_file(node, cx).map(Some),
        None => Some(None),
    };
    let (ca, certificate, key) = (file("ca", cx), file("cert", cx), file("key", cx));
    let server_name = fields.get("server_name").map(|node| server_name(node, cx));
    let client = match (certificate?, key?) {
        (Some(certificate), Some(key)) => Some(ClientCertificate { certificate, key }),
        (None, None) => None,
        (given, _) => return half_a_client(&fields, given.is_some(), cx),
    };
    let server_name = match server_name {
        Some(name) => Some(name?),
        None => None,
    };
    Some(Tls { ca: ca?, client, server_name, asked_at: written(fields.at, cx) })
}

fn half_a_client(fields: &Fields, has_certificate: bool, cx: &mut Context) -> Option<Tls> {
    let (given, missing) = if has_certificate { ("cert", "key") } else { ("key", "cert") };
    if fields.lacks(missing) {
        let at = fields.key(given).map_or(fields.at, |key| key.span);
        cx.error(codes::MISSING_KEY, at, format!("`{given}` without `{missing}`"))
            .help("a client shows a certificate and proves with its key that it is its own");
    }
    None
}

fn server_name(node: &Node, cx: &mut Context) -> Option<String> {
    let name = fields::text(node, cx)?;
    let is_name = rustls::pki_types::DnsName::try_from(name).is_ok();
    if !is_name || name.parse::<IpAddr>().is_ok() {
        cx.error(codes::INVALID_URL, node.span, format!("`{name}` is not the name of a server"))
            .help("write a DNS name that the server's certificate is for, without port");
        return None;
    }
    Some(name.to_owned())
}

/// The system's authorities, for an https URL without `tls`.
pub(in crate::scenario) fn system_tls(at: Span, cx: &Context) -> Tls {
    Tls { ca: None, client: None, server_name: None, asked_at: written(at, cx) }
}

/// A file that a scenario names, relative to its own folder.
pub(in crate::scenario) fn named_file(node: &Node, cx: &mut Context) -> Option<NamedFile> {
    let name = fields::text(node, cx)?;
    let folder = cx.source(node.span).path.parent().map(ToOwned::to_owned).unwrap_or_default();
    Some(NamedFile { path: folder.join(name), at: written(node.span, cx) })
}

fn written(span: Span, cx: &Context) -> Written {
    Written { source: std::sync::Arc::clone(cx.source(span)), span }
}
