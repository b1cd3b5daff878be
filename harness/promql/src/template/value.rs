//! Values inside a template.

use std::collections::BTreeMap;

use super::TemplateError;
use super::time::Time;
use crate::number::format_general;
use crate::{Datum, Labels};

/// A value inside a template, by Go's types.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Nil,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    /// Labels by name; an absent one reads as the empty text.
    Labels(Labels),
    /// One row of a query.
    Sample {
        labels: Labels,
        value: Datum,
    },
    List(Vec<Value>),
    Time(Time),
    /// What `args` makes, and the data of the template itself.
    Map(BTreeMap<String, Value>),
}

impl From<Datum> for Value {
    /// A histogram is what it prints as: no function of templates takes one apart.
    fn from(datum: Datum) -> Self {
        match datum {
            Datum::Number(number) => Self::Float(number),
            Datum::Histogram(histogram) => Self::Text(histogram.to_string()),
        }
    }
}

impl Value {
    /// Go's truth: everything but the zero of each type.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(truth) => *truth,
            Self::Integer(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Labels(labels) => !labels.is_empty(),
            Self::Sample { .. } | Self::Time(_) => true,
            Self::List(values) => !values.is_empty(),
            Self::Map(values) => !values.is_empty(),
        }
    }

    /// The value of a field.
    pub(super) fn field(&self, name: &str) -> Result<Self, TemplateError> {
        match (self, name) {
            (Self::Labels(labels), _) => {
                Ok(Self::Text(labels.get(name).unwrap_or_default().to_owned()))
            }
            (Self::Sample { labels, .. }, "Labels") => Ok(Self::Labels(labels.clone())),
            (Self::Sample { value, .. }, "Value") => Ok(value.clone().into()),
            (Self::Time(time), _) => {
                let unknown =
                    || expansion(format!("can't evaluate field {name} in {}", self.kind()));
                time.said_by(name).ok_or_else(unknown)
            }
            (Self::Map(values), _) if values.contains_key(name) => Ok(values[name].clone()),
            _ => Err(expansion(format!("can't evaluate field {name} in {}", self.kind()))),
        }
    }

    pub(super) fn fields(self, names: &[String]) -> Result<Self, TemplateError> {
        names.iter().try_fold(self, |value, name| value.field(name))
    }

    /// What a method with arguments says.
    pub(super) fn method(&self, name: &str, arguments: &[Self]) -> Result<Self, TemplateError> {
        match (self, name, arguments) {
            (Self::Time(time), "Format", [Self::Text(layout)]) => {
                Ok(Self::Text(time.formatted(layout)))
            }
            (Self::Time(_), "Format", _) => Err(expansion("Format needs one layout, a string")),
            _ => Err(expansion(format!("{name} has arguments but cannot be invoked as function"))),
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "a bool",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "a string",
            Self::Labels(_) => "labels",
            Self::Sample { .. } => "a sample",
            Self::List(_) => "a list",
            Self::Time(_) => "a time",
            Self::Map(_) => "a map",
        }
    }

    /// As Go's `fmt.Sprint` writes it.
    pub(super) fn printed(&self) -> String {
        match self {
            Self::Nil => "<no value>".to_owned(),
            Self::Bool(truth) => truth.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => format_general(*number),
            Self::Text(text) => text.clone(),
            Self::Time(time) => time.to_string(),
            Self::Labels(labels) => {
                let pairs = labels.iter().map(|(name, value)| format!("{name}:{value}"));
                format!("map[{}]", pairs.collect::<Vec<_>>().join(" "))
            }
            Self::Sample { labels, value } => {
                let (labels, value) = (Self::Labels(labels.clone()), Self::from(value.clone()));
                format!("{{{} {}}}", labels.printed(), value.printed())
            }
            Self::List(values) => {
                let printed = values.iter().map(Self::printed).collect::<Vec<_>>();
                format!("[{}]", printed.join(" "))
            }
            Self::Map(values) => {
                let pairs =
                    values.iter().map(|(name, value)| format!("{name}:{}", value.printed()));
                format!("map[{}]", pairs.collect::<Vec<_>>().join(" "))
            }
        }
    }

    /// A number, from a number or a text that is one.
    pub(super) fn number(&self) -> Result<f64, TemplateError> {
        let number = match self {
            Self::Float(number) => Some(*number),
            Self::Integer(number) => Some(*number as f64),
            Self::Text(text) => crate::number::parse_number(text),
            _ => None,
        };
        number.ok_or_else(|| expansion(format!("can't convert {} to a float", self.kind())))
    }

    pub(super) fn text(&self) -> Result<&str, TemplateError> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(expansion(format!("wrong type: expected a string, got {}", other.kind()))),
        }
    }

    pub(super) fn list(&self) -> Result<&[Self], TemplateError> {
        match self {
            Self::List(values) => Ok(values),
            other => Err(expansion(format!("wrong type: expected a list, got {}", other.kind()))),
        }
    }
}

pub(super) fn expansion(message: impl Into<String>) -> TemplateError {
    TemplateError::Expansion(message.into())
}
