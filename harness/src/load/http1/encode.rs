//! A request as HTTP/1.1 writes it (RFC 9112 §2.1): all but its body.

use http::Method;

use crate::load::plan::PreparedRequest;

/// Appends the head of a request, with what says how long its body is.
pub(super) fn push_head(request: &PreparedRequest, out: &mut Vec<u8>) {
    let path = request.uri.path_and_query().map_or("/", |path| path.as_str());
    push(out, &[request.method.as_str().as_bytes(), b" ", path.as_bytes(), b" HTTP/1.1\r\n"]);
    for (name, value) in &request.headers {
        push(out, &[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
    }
    if announces_body(request) {
        let mut length = itoa::Buffer::new();
        let length = length.format(request.body.len());
        push(out, &[b"content-length: ", length.as_bytes(), b"\r\n"]);
    }
    out.extend_from_slice(b"\r\n");
}

fn push(out: &mut Vec<u8>, pieces: &[&[u8]]) {
    for piece in pieces {
        out.extend_from_slice(piece);
    }
}

/// Methods for which a body means something say also that there is none (RFC 9110 §8.6).
fn announces_body(request: &PreparedRequest) -> bool {
    !request.body.is_empty() || matches!(request.method, Method::POST | Method::PUT | Method::PATCH)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::load::plan::prepared;
    use crate::scenario::Request;

    fn written(method: &str, body: &'static str) -> String {
        let headers = vec![("X-A".into(), "1".into()), ("user-agent".into(), "me".into())];
        let (method, body) = (method.to_owned(), Bytes::from_static(body.as_bytes()));
        let request = prepared(&Request { method, headers, body, ..Request::get("r", "/a?b=c") });
        let mut out = Vec::new();
        push_head(&request, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_head_has_the_line_the_headers_and_an_empty_line() {
        assert_eq!(
            written("GET", ""),
            "GET /a?b=c HTTP/1.1\r\nx-a: 1\r\nuser-agent: me\r\nhost: h\r\n\r\n"
        );
    }

    #[test]
    fn the_length_of_a_body_is_told_and_that_there_is_none_where_one_is_usual() {
        for (method, body, told) in [
            ("POST", "hello", "content-length: 5\r\n"),
            ("DELETE", "hello", "content-length: 5\r\n"),
            ("POST", "", "content-length: 0\r\n"),
            ("PUT", "", "content-length: 0\r\n"),
            ("DELETE", "", ""),
        ] {
            let head = written(method, body);
            assert!(head.ends_with(&format!("host: h\r\n{told}\r\n")), "{head}");
        }
    }
}
