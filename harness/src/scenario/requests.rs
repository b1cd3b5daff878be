//! `requests:` — what is sent.

use http::HeaderValue;

use super::access;
use super::body::{self, Draft};
use super::codes;
use super::context::Context;
use super::expect;
use super::fields::{self, Fields};
use super::flows::refuse_keys_of_steps;
use super::header::{self, Reserved};
use super::keys;
use super::model::{Artifacts, Expect, Request};
use super::names::Names;
use super::parameters;
use super::request_auth::{self, Senders};
use super::retry::retry;
use super::target::request_path;
use super::template::{Form, Template, Varying, is_path};
use super::timeouts::timeouts;
use super::tree::{Node, Value};

/// The largest weight: all weights together are written out as one order of requests.
const HEAVIEST: u64 = 10_000;
/// The most samples kept of one request.
const MOST_KEPT: u64 = 100;
/// The most redirects of one request: browsers give up there as well.
const MOST_REDIRECTS: u64 = 20;
/// Keys of a body; a request has one at most.
const BODIES: [&str; 3] = ["json", "form", "body"];
/// Headers that follow from the body and the connection.
const RESERVED_HEADERS: Reserved = Reserved {
    names: &["content-length", "transfer-encoding", "connection"],
    by: "the load generator",
};

/// Lowers all requests; their bodies are put together later, once no problem stands.
pub(super) fn requests(
    file: &Fields,
    names: &mut Names,
    senders: Senders<'_>,
    cx: &mut Context,
) -> Option<Vec<(Request, Draft)>> {
    let items = file.list("requests", cx)?;
    let mut requests: Vec<(Request, Draft)> = Vec::new();
    for item in items {
        let Some(fields) = Fields::of(item, &keys::REQUEST, cx) else { continue };
        refuse_keys_of_steps(&fields, cx);
        let Some((lowered, at)) = request(&fields, names, senders, cx) else { continue };
        if requests.iter().any(|(other, _)| other.name == lowered.0.name) {
            cx.error(
                codes::DUPLICATE_NAME,
                at,
                format!("duplicate request name `{}`", lowered.0.name),
            )
            .help("every request needs its own name");
        } else {
            requests.push(lowered);
        }
    }
    (requests.len() == items.len()).then_some(requests)
}

/// Lowers one request, or one step without what only steps have.
pub(super) fn request(
    fields: &Fields,
    names: &mut Names,
    senders: Senders<'_>,
    cx: &mut Context,
) -> Option<((Request, Draft), super::source::Span)> {
    let name = fields.name("name", cx);
    let method = keys::METHODS.iter().find(|method| fields.has(method));
    let path = method.and_then(|method| path(fields, method, names, cx));
    let weight = weight(fields, cx);
    let (mut headers, varying_headers) = headers(fields, names, cx);
    let authorization = request_auth::of_request(fields, &headers, senders, cx);
    let body = body(fields, names, &mut headers, cx);
    let timeouts = timeouts(fields, cx);
    let gzip = gzip(fields, &headers, cx);
    let redirects = if fields.has("redirects") {
        fields.whole("redirects", 0..=MOST_REDIRECTS, cx)
    } else {
        Some(0)
    };
    let retry = fields.get("retry").map(|node| retry(node, method.copied(), cx));
    let expect = fields
        .get("expect")
        .map_or_else(|| Some(Expect::default()), |node| expect::expect(node, cx));
    let artifacts = fields.get("artifacts").map(|node| artifacts(node, cx));
    if method.is_some_and(|method| *method == "head") {
        refuse_bodies_of_head(fields, expect.as_ref(), cx);
    }
    let (path, varying_path) = path?;
    let request = Request {
        weight: weight?,
        method: method?.to_uppercase(),
        headers,
        authorization: authorization?,
        varying: Varying { path: varying_path, headers: varying_headers, body: None },
        timeout: timeouts?.total,
        part_timeouts: timeouts?.parts,
        expect: expect?,
        gzip: gzip?,
        redirects: u32::try_from(redirects?).ok()?,
        retry: match retry {
            Some(retry) => Some(retry?),
            None => None,
        },
        artifacts: match artifacts {
            Some(artifacts) => Some(artifacts?),
            None => None,
        },
        ..Request::get(&name?, &path)
    };
    let at = fields.get("name").map_or(fields.at, |name| name.span);
    Some(((request, body), at))
}

/// The share of a request or a flow.
pub(super) fn weight(fields: &Fields, cx: &mut Context) -> Option<u32> {
    if !fields.has("weight") {
        return Some(1);
    }
    u32::try_from(fields.whole("weight", 1..=HEAVIEST, cx)?).ok()
}

/// The path at the key of a method, with the query that stands beside it: as it is written,
/// and what is put together where it varies.
fn path(
    fields: &Fields,
    method: &str,
    names: &mut Names,
    cx: &mut Context,
) -> Option<(String, Option<Template>)> {
    let node = fields.get(method)?;
    let path = path_template(node, names, cx);
    let query = fields.get("query").map(|node| parameters::encoded(node, names, cx));
    let (path, written) = (path?, node.text().unwrap_or_default());
    let whole = match query {
        Some(query) => parameters::joined(&path, written, &query?),
        None => path,
    };
    match whole.fixed() {
        Some(text) => Some((String::from_utf8_lossy(text).into_owned(), None)),
        None => Some((written.to_owned(), Some(whole))),
    }
}

/// A path; a name at its beginning is a path itself.
fn path_template(node: &Node, names: &mut Names, cx: &mut Context) -> Option<Template> {
    let text = fields::text(node, cx)?;
    if !text.contains("{{") {
        return request_path(node, cx).map(|path| Template::of(&path));
    }
    let template = body::path(text, node, names, cx)?;
    if !is_path(&template.example()) {
        cx.error(codes::INVALID_URL, node.span, "this is not a URL path")
            .help("a path starts with `/`, or with a `{{name}}` that does; encode blanks as %20");
        return None;
    }
    Some(template)
}

fn body(
    fields: &Fields,
    names: &mut Names,
    headers: &mut Vec<(String, String)>,
    cx: &mut Context,
) -> Draft {
    refuse_second_body(fields, cx);
    if let Some(json) = fields.get("json") {
        add_content_type(headers, "application/json");
        return Draft::json(json, names, cx);
    }
    if let Some(form) = fields.get("form") {
        add_content_type(headers, "application/x-www-form-urlencoded");
        return Draft::of(parameters::encoded(form, names, cx).unwrap_or_default());
    }
    let Some(body) = fields.get("body") else { return Draft::default() };
    if body.text().is_none() {
        fields::wrong_type(body, "a text", cx).help("a JSON body stands under `json`");
    }
    Draft::text(body, names, cx)
}

fn refuse_second_body(fields: &Fields, cx: &mut Context) {
    let mut given = BODIES.iter().filter(|name| fields.has(name));
    let Some(first) = given.next() else { return };
    for second in given {
        let at = fields.key(second).map_or(fields.at, |key| key.span);
        let message = format!("`{second}` beside `{first}` in one request");
        cx.error(codes::CONFLICTING_KEYS, at, message).help("keep one of them");
    }
}

/// Says what a body is, unless the file does.
fn add_content_type(headers: &mut Vec<(String, String)>, value: &str) {
    let named = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
    if !headers.iter().any(named) {
        headers.push(("content-type".into(), value.into()));
    }
}

fn gzip(fields: &Fields, headers: &[(String, String)], cx: &mut Context) -> Option<bool> {
    if !fields.has("gzip") {
        return Some(false);
    }
    let gzip = fields.boolean("gzip", cx)?;
    let has_own = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept-encoding"));
    if gzip && has_own {
        let at = fields.key("headers").map_or(fields.at, |key| key.span);
        cx.error(codes::CONFLICTING_KEYS, at, "the header `Accept-Encoding` beside `gzip: true`")
            .help("remove the header: `gzip` writes it, and decodes what comes");
        return None;
    }
    Some(gzip)
}

/// The answer to HEAD has no body (RFC 9110 §9.3.2), so that nothing of one can be met.
fn refuse_bodies_of_head(fields: &Fields, expect: Option<&Expect>, cx: &mut Context) {
    let of_expect = expect.is_some_and(Expect::looks_into_body).then_some("expect");
    let of_artifacts = fields.has("artifacts").then_some("artifacts");
    for name in of_expect.into_iter().chain(of_artifacts) {
        let at = fields.key(name).map_or(fields.at, |key| key.span);
        let message = format!("the answer to HEAD has no body for `{name}` to look at");
        cx.error(codes::NEVER_MET, at, message)
            .help("expect a status and headers, or send a GET request");
    }
}

/// Headers as they are written, and what is put together of those that vary.
type Headers = (Vec<(String, String)>, Vec<(String, Template)>);

fn headers(fields: &Fields, names: &mut Names, cx: &mut Context) -> Headers {
    let mut headers = Headers::default();
    let Some(node) = fields.get("headers") else {
        return headers;
    };
    let Value::Map(entries) = &node.value else {
        fields::wrong_type(node, "a map from header names to values", cx);
        return headers;
    };
    for (key, value) in entries {
        let name = header::name(key, &RESERVED_HEADERS, cx);
        let value = header_value(value, names, cx);
        let (Some(name), Some((written, varying))) = (name, value) else { continue };
        if header::is_new(&headers.0, &name, key, cx) {
            headers.1.extend(varying.map(|template| (name.clone(), template)));
            headers.0.push((name, written));
        }
    }
    headers
}

/// A value that stands in a file, behind a prefix if there is one.
fn header_of_file(node: &Node, cx: &mut Context) -> Option<String> {
    let fields = Fields::of(node, &keys::HEADER_FILE, cx)?;
    let prefix = fields.get("prefix").map(|node| (node, node.text().unwrap_or_default()));
    if let Some((node, text)) = prefix
        && HeaderValue::from_str(text).is_err()
    {
        cx.error(codes::INVALID_HEADER, node.span, "this cannot stand in a header")
            .help("it has a line break or control character");
        return None;
    }
    let file = fields.get("file").and_then(|node| access::named_file(node, cx))?;
    match access::secret_of_file(&file) {
        Ok(secret) => {
            let prefix = prefix.map_or("", |(_, text)| text);
            Some(format!("{prefix}{}", secret.expose()))
        }
        Err(problem) => {
            cx.push(problem);
            None
        }
    }
}

/// A value as it is written, and what is put together where it varies. It is never part of
/// a message: it may be a secret.
fn header_value(
    node: &Node,
    names: &mut Names,
    cx: &mut Context,
) -> Option<(String, Option<Template>)> {
    let written = match &node.value {
        Value::Text(text) => text.clone(),
        Value::Map(_) => return header_of_file(node, cx).map(|value| (value, None)),
        _ => fields::scalar_text(node, cx)?,
    };
    let template = body::template(&written, Form::Header, node, names, cx)?;
    let text = header::value(template.example(), node, cx)?;
    Some(match template.fixed() {
        Some(_) => (text, None),
        None => (written, Some(template)),
    })
}

fn artifacts(node: &Node, cx: &mut Context) -> Option<Artifacts> {
    let fields = Fields::of(node, &keys::ARTIFACTS, cx)?;
    let url = fields.get("url").and_then(|node| expect::path(node, cx));
    let keep = if fields.has("keep") { fields.whole("keep", 0..=MOST_KEPT, cx) } else { Some(1) };
    Some(Artifacts { url: url?, keep: usize::try_from(keep?).ok()? })
}
