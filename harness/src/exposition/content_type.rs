//! Which format an answer's `Content-Type` announces.

use thiserror::Error;

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The Prometheus text format, version 0.0.4 and 1.0.0 (with quoted names).
    Text,
    /// OpenMetrics text, version 0.0.1 and 1.0.0.
    OpenMetrics,
}

/// Why an answer cannot be an exposition.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ContentTypeError {
    /// The binary format.
    #[error("the protobuf exposition format is not supported yet; let the service answer in text")]
    Protobuf,
    /// Something else altogether.
    #[error(
        "content type `{0}` is not an exposition; check the metrics path (expected text/plain or application/openmetrics-text)"
    )]
    NotAnExposition(String),
}

impl Format {
    /// The format that a `Content-Type` names. Without one the text format is
    /// assumed, as Prometheus 2 does: services written by hand often send none.
    pub fn from_content_type(content_type: Option<&str>) -> Result<Self, ContentTypeError> {
        let Some(content_type) = content_type else {
            return Ok(Self::Text);
        };
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        match media_type.to_ascii_lowercase().as_str() {
            "" | "text/plain" => Ok(Self::Text),
            "application/openmetrics-text" => Ok(Self::OpenMetrics),
            "application/vnd.google.protobuf" => Err(ContentTypeError::Protobuf),
            _ => Err(ContentTypeError::NotAnExposition(content_type.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_formats_by_their_content_types() {
        let format = Format::from_content_type;
        assert_eq!(format(Some("text/plain; version=0.0.4; charset=utf-8")), Ok(Format::Text));
        assert_eq!(
            format(Some("application/openmetrics-text; version=1.0.0; charset=utf-8")),
            Ok(Format::OpenMetrics)
        );
        assert_eq!(format(None), Ok(Format::Text));
    }

    #[test]
    fn refuses_a_web_page() {
        let error = Format::from_content_type(Some("text/html")).unwrap_err();
        assert!(error.to_string().contains("check the metrics path"), "{error}");
    }
}
