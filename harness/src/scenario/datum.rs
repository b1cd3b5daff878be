//! One value of a row or of an answer, as it is put into what is sent.

/// A value: its text, and whether it is a text in JSON as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datum {
    text: Box<str>,
    is_text: bool,
}

impl Datum {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self { text: text.into(), is_text: true }
    }

    /// The value of a JSON document: everything but a text keeps its type.
    pub fn json(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::String(text) => Self::text(text),
            other => Self { text: other.to_string().into(), is_text: false },
        }
    }

    /// A JSON text that is not read further, so that `1.10` stays `1.10`.
    pub fn raw_json(raw: &str) -> Self {
        match serde_json::from_str(raw) {
            Ok(serde_json::Value::String(text)) => Self::text(&text),
            _ => Self { text: raw.into(), is_text: false },
        }
    }

    /// Whether it is JSON's word for nothing.
    pub fn is_null(&self) -> bool {
        !self.is_text && &*self.text == "null"
    }

    /// As it stands in a text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Appends it as a JSON value.
    pub(super) fn push_json(&self, out: &mut Vec<u8>) {
        if self.is_text {
            out.push(b'"');
            push_escaped(&self.text, out);
            out.push(b'"');
        } else {
            out.extend_from_slice(self.text.as_bytes());
        }
    }
}

/// Appends a text as it stands between the quotes of a JSON string (RFC 8259 §7).
pub(super) fn push_escaped(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=0x1f => {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&digits);
            }
            _ => out.push(byte),
        }
    }
}
