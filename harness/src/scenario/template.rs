//! What is put together anew for each request: fixed parts, and between them values that
//! belong to one iteration.
//!
//! A template is compiled when the file is read; to render it is to copy. How a value is
//! written follows from where it stands: escaped in JSON, percent-encoded in a path. One
//! name is one value within an iteration, wherever it stands.

use std::borrow::Cow;
use std::sync::Arc;

use thiserror::Error;

use super::column::Column;
use super::datum::{Datum, push_escaped};
use super::mix::mixed;

/// Fixed parts, and values of an iteration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Fixed(Box<[u8]>),
    Value(ValueOf, Form),
}

/// Which value of an iteration.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ValueOf {
    /// A field of its row of a data set.
    Field(Arc<Column>),
    /// Its number, from 0.
    Iteration,
    /// Whose it is, from 1.
    User,
    /// An identifier that no other iteration of any run has.
    Uuid,
    /// What was captured, by its number within the flow.
    Captured(usize),
}

/// How a value is written where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Plain,
    /// As a JSON value of its own type.
    Json,
    /// Between the quotes of a JSON string.
    InJson,
    /// Within a path or query: everything but unreserved characters is percent-encoded
    /// (RFC 3986 §2.3).
    InPath,
    /// At the beginning of a path, which it is itself: as it is.
    Path,
    /// In the value of a header: as it is, and refused where HTTP does not allow it.
    Header,
    /// Within a form or a query as browsers encode them: a blank is `+`.
    Encoded,
}

/// What of a request is put together anew for each iteration; nothing for most requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Varying {
    /// Its path, with the query.
    pub path: Option<Template>,
    /// Values of headers, by the name as it is written.
    pub headers: Vec<(String, Template)>,
    /// Its body.
    pub body: Option<Template>,
}

impl Varying {
    /// Whether every request is the same.
    pub fn is_empty(&self) -> bool {
        self.path.is_none() && self.headers.is_empty() && self.body.is_none()
    }
}

/// One iteration, for its values.
#[derive(Clone, Copy, Debug)]
pub struct Iteration<'a> {
    /// Its number, over all phases and threads, from 0.
    pub number: u64,
    /// The user of a closed phase, from 1; 0 where there are no users.
    pub user: u32,
    /// What makes this run's identifiers differ from another's.
    pub uuid_seed: u64,
    /// Scheme, host and port of the target: `http://127.0.0.1:80`.
    pub origin: &'a str,
    /// What its steps before have captured, in order.
    pub captured: &'a [Datum],
}

/// A value that cannot stand where a template wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a value cannot be put into the request")]
pub struct UnfitValue;

impl Template {
    /// A fixed text.
    pub(super) fn of(text: &str) -> Self {
        let mut template = Self::default();
        template.push_fixed(text.as_bytes());
        template
    }

    /// Appends all of another.
    pub(super) fn push(&mut self, other: &Self) {
        for part in &other.parts {
            match part {
                Part::Fixed(bytes) => self.push_fixed(bytes),
                Part::Value(value, form) => self.push_value(value.clone(), *form),
            }
        }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Appends fixed bytes.
    pub(super) fn push_fixed(&mut self, bytes: &[u8]) {
        match self.parts.last_mut() {
            Some(Part::Fixed(last)) => *last = [last, bytes].concat().into(),
            _ if bytes.is_empty() => {}
            _ => self.parts.push(Part::Fixed(bytes.into())),
        }
    }

    /// Appends a value.
    pub(super) fn push_value(&mut self, value: ValueOf, form: Form) {
        self.parts.push(Part::Value(value, form));
    }

    /// Its bytes, where no part of it is a value.
    pub(super) fn fixed(&self) -> Option<&[u8]> {
        match &self.parts[..] {
            [] => Some(&[]),
            [Part::Fixed(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// Its text with plain values in the places of those that vary, to see what it is.
    pub(super) fn example(&self) -> String {
        let part = |part: &Part| match part {
            Part::Fixed(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Part::Value(_, Form::Path) => "/1".to_owned(),
            Part::Value(..) => "1".to_owned(),
        };
        self.parts.iter().map(part).collect()
    }

    /// Appends what it is in one iteration.
    pub fn render(&self, iteration: &Iteration<'_>, out: &mut Vec<u8>) -> Result<(), UnfitValue> {
        for part in &self.parts {
            match part {
                Part::Fixed(bytes) => out.extend_from_slice(bytes),
                Part::Value(of, form) => of.render(*form, iteration, out)?,
            }
        }
        Ok(())
    }
}

impl Form {
    /// What a file writes around values of this form, as it is sent.
    pub(super) fn written(self, text: &str) -> Cow<'_, [u8]> {
        match self {
            Self::InJson => {
                let mut escaped = Vec::with_capacity(text.len());
                push_escaped(text, &mut escaped);
                escaped.into()
            }
            Self::Encoded => {
                let encoded = form_urlencoded::byte_serialize(text.as_bytes());
                encoded.collect::<String>().into_bytes().into()
            }
            _ => text.as_bytes().into(),
        }
    }
}

impl ValueOf {
    fn render(
        &self,
        form: Form,
        iteration: &Iteration<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), UnfitValue> {
        match self {
            Self::Field(column) => {
                push_datum(column.value(iteration.number), form, iteration, out)?;
            }
            Self::Captured(number) => {
                let datum = iteration.captured.get(*number).ok_or(UnfitValue)?;
                push_datum(datum, form, iteration, out)?;
            }
            Self::Iteration => push_number(iteration.number, out),
            Self::User => push_number(iteration.user.into(), out),
            Self::Uuid if form == Form::Json => {
                out.push(b'"');
                push_uuid(iteration, out);
                out.push(b'"');
            }
            Self::Uuid => push_uuid(iteration, out),
        }
        Ok(())
    }
}

fn push_datum(
    datum: &Datum,
    form: Form,
    iteration: &Iteration<'_>,
    out: &mut Vec<u8>,
) -> Result<(), UnfitValue> {
    match form {
        Form::Json => datum.push_json(out),
        Form::InJson => push_escaped(datum.as_str(), out),
        Form::InPath => push_encoded(datum.as_str(), out),
        Form::Path => {
            // The target's own URL is as good as the path on it.
            let text = datum.as_str();
            let path = text.strip_prefix(iteration.origin).unwrap_or(text);
            if !is_path(path) {
                return Err(UnfitValue);
            }
            out.extend_from_slice(path.as_bytes());
        }
        Form::Encoded => {
            let encoded = form_urlencoded::byte_serialize(datum.as_str().as_bytes());
            encoded.for_each(|part| out.extend_from_slice(part.as_bytes()));
        }
        Form::Plain | Form::Header => {
            out.extend_from_slice(datum.as_str().as_bytes());
        }
    }
    Ok(())
}

/// Whether a text is a path on the target, with or without a query.
pub(super) fn is_path(text: &str) -> bool {
    text.starts_with('/')
        && text.is_ascii()
        && !text.contains('#')
        && text.parse::<http::uri::PathAndQuery>().is_ok()
}

fn push_number(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn push_encoded(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte);
        } else {
            let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
            out.push(b'%');
            out.extend_from_slice(&digits);
        }
    }
}

/// A UUID of version 4 (RFC 9562 §5.4): 122 bits that the run and the iteration decide.
fn push_uuid(iteration: &Iteration<'_>, out: &mut Vec<u8>) {
    let high = mixed(iteration.uuid_seed ^ mixed(iteration.number));
    let low = mixed(high ^ iteration.uuid_seed.rotate_left(32));
    let bits = (u128::from(high) << 64) | u128::from(low);
    let bits = (bits & !(0xf << 76)) | (4 << 76);
    let bits = (bits & !(0b11 << 62)) | (0b10 << 62);
    for digit in 0..32_u32 {
        if matches!(digit, 8 | 12 | 16 | 20) {
            out.push(b'-');
        }
        let nibble = u32::try_from((bits >> (124 - 4 * digit)) & 0xf).unwrap_or_default();
        out.extend(char::from_digit(nibble, 16).map(|digit| digit as u8));
    }
}
