//! Where an answer leads, and what is sent there (RFC 9110 §15.4).
//!
//! Pure. A redirect is followed on the request's own origin only: what another host
//! answers says nothing about the target, and credentials must not reach it. Nothing is
//! remembered from one request to the next, neither a permanent redirect nor a cookie.

use http::header::{
    CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, HOST, LOCATION,
};
use http::{Method, Uri};
use reqwest::Url;

use super::answer::Answer;
use super::plan::PreparedRequest;

/// Headers that describe a body that is not sent any more.
const OF_THE_BODY: [http::HeaderName; 4] =
    [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION];

/// Where an answer leads.
pub(super) enum Next {
    /// Nowhere: it is the answer.
    Here,
    /// To this request.
    At(Box<PreparedRequest>),
    /// To another origin.
    Elsewhere,
}

/// Where the answer to a request leads.
pub(super) fn next(request: &PreparedRequest, answer: &Answer) -> Next {
    let Some(method) = method_there(&request.method, answer.status) else { return Next::Here };
    let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let (Some(location), Some(here)) = (location, place(request)) else { return Next::Here };
    let Ok(there) = here.join(location) else { return Next::Here };
    if there.origin() != here.origin() {
        return Next::Elsewhere;
    }
    match path_and_query(&there) {
        Some(uri) => Next::At(Box::new(request_to(request, method, uri))),
        None => Next::Here,
    }
}

/// The method that a redirect of this status asks for; `None` for what is no redirect. POST
/// becomes GET at 301 and 302, as every browser has it.
fn method_there(method: &Method, status: u16) -> Option<Method> {
    match status {
        301 | 302 if *method == Method::POST => Some(Method::GET),
        303 if *method != Method::HEAD => Some(Method::GET),
        301 | 302 | 303 | 307 | 308 => Some(method.clone()),
        _ => None,
    }
}

/// What a request asks for, as whoever gets it understands it (RFC 9110 §7.1).
fn place(request: &PreparedRequest) -> Option<Url> {
    let host = request.headers.get(HOST)?.to_str().ok()?;
    Url::parse(&format!("{}://{host}{}", request.scheme, request.uri)).ok()
}

fn path_and_query(url: &Url) -> Option<Uri> {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}{query}", url.path()).parse().ok()
}

fn request_to(from: &PreparedRequest, method: Method, uri: Uri) -> PreparedRequest {
    let mut request = from.clone();
    request.uri = uri;
    if method != from.method {
        request.body.clear();
        for name in OF_THE_BODY {
            request.headers.remove(name);
        }
        request.method = method;
    }
    request
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::load::plan::prepared;
    use crate::scenario::Request;

    /// Where an answer to this method leads: the request line and the number of headers.
    fn led(method: &str, status: u16, location: &'static str) -> String {
        led_over("http", method, status, location)
    }

    fn led_over(scheme: &'static str, method: &str, status: u16, location: &'static str) -> String {
        let body = if method == "POST" { Bytes::from_static(b"{}") } else { Bytes::new() };
        let content_type = ("content-type".to_owned(), "application/json".to_owned());
        let authorization = ("authorization".to_owned(), "mine".to_owned());
        let headers = vec![content_type, authorization];
        let method = method.to_owned();
        let mut request =
            prepared(&Request { method, headers, body, ..Request::get("r", "/a/b?c") });
        request.scheme = scheme;
        let mut answer = Answer { status, ..Answer::default() };
        answer.headers.insert(LOCATION, location.parse().unwrap());
        match next(&request, &answer) {
            Next::Here => "here".to_owned(),
            Next::Elsewhere => "elsewhere".to_owned(),
            Next::At(there) => {
                assert_eq!(there.headers["authorization"], "mine");
                let (has_type, bytes) =
                    (there.headers.contains_key(CONTENT_TYPE), there.body.len());
                format!("{} {} {has_type} {bytes}", there.method, there.uri)
            }
        }
    }

    #[test]
    fn a_method_is_kept_or_becomes_get_as_its_status_says() {
        for (method, status, sent) in [
            ("GET", 301, "GET /x true 0"),
            ("POST", 301, "GET /x false 0"),
            ("POST", 302, "GET /x false 0"),
            ("PUT", 302, "PUT /x true 0"),
            ("PUT", 303, "GET /x false 0"),
            ("HEAD", 303, "HEAD /x true 0"),
            ("POST", 307, "POST /x true 2"),
            ("POST", 308, "POST /x true 2"),
            ("GET", 300, "here"),
            ("GET", 304, "here"),
            ("GET", 200, "here"),
        ] {
            assert_eq!(led(method, status, "/x"), sent, "{method} {status}");
        }
    }

    #[test]
    fn a_place_is_found_from_where_the_request_went() {
        for (location, path) in [
            ("x", "/a/x"),
            ("../x?y=1#z", "/x?y=1"),
            ("?d", "/a/b?d"),
            ("//h:80/x", "/x"),
            ("http://h/x", "/x"),
            ("HTTP://H:80", "/"),
        ] {
            assert_eq!(led("GET", 302, location), format!("GET {path} true 0"), "{location}");
        }
    }

    #[test]
    fn another_origin_is_elsewhere_and_no_place_is_no_redirect() {
        for location in ["https://h/x", "http://h:81/x", "http://other/", "//h.example/x", "a:b"] {
            assert_eq!(led("GET", 302, location), "elsewhere", "{location}");
        }
        assert_eq!(led_over("https", "GET", 302, "https://h:443/x"), "GET /x true 0");
        assert_eq!(led_over("https", "GET", 302, "http://h/x"), "elsewhere");
        assert_eq!(led("GET", 302, "http://:x"), "here");
        let request = prepared(&Request::get("r", "/"));
        let answer = Answer { status: 302, ..Answer::default() };
        assert!(matches!(next(&request, &answer), Next::Here));
    }
}
