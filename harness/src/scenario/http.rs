//! How HTTP is spoken with the target: `http:`.

use super::codes;
use super::context::Context;
use super::fields::{self, Fields};
use super::keys;
use super::tree::Node;

/// How HTTP is spoken with the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// Which versions.
    pub version: HttpVersion,
    /// Whether a connection serves more than one request.
    pub keep_alive: bool,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { version: HttpVersion::default(), keep_alive: true }
    }
}

/// Versions of HTTP that may be spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/2 where TLS agrees on it, and HTTP/1.1 otherwise.
    #[default]
    Auto,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only; without TLS from the first byte on.
    Http2,
}

/// Lowers `http:`; what is wrong has been reported.
pub(super) fn http(file: &Fields, cx: &mut Context) -> HttpSettings {
    let settings = HttpSettings::default();
    let Some(fields) = file.get("http").and_then(|node| Fields::of(node, &keys::HTTP, cx)) else {
        return settings;
    };
    let version = fields.get("version").and_then(|node| version(node, cx));
    let keep_alive = if fields.has("keep_alive") { fields.boolean("keep_alive", cx) } else { None };
    HttpSettings {
        version: version.unwrap_or(settings.version),
        keep_alive: keep_alive.unwrap_or(settings.keep_alive),
    }
}

fn version(node: &Node, cx: &mut Context) -> Option<HttpVersion> {
    match fields::scalar_text(node, cx)?.as_str() {
        "auto" => Some(HttpVersion::Auto),
        "1.1" => Some(HttpVersion::Http1),
        "2" => Some(HttpVersion::Http2),
        other => {
            cx.error(
                codes::INVALID_VALUE,
                node.span,
                format!("`{other}` is no version of HTTP that is spoken here"),
            )
            .help("write auto, 1.1 or 2");
            None
        }
    }
}
