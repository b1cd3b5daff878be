//! What an evaluation gives back.

use crate::{Labels, Sample};

/// The type of an expression's value, known before evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// One number without labels.
    Scalar,
    /// A text.
    Text,
    /// At most one number for each label set (an instant vector).
    Vector,
    /// Samples over a range for each label set (a range vector).
    Matrix,
}

/// The value of an expression at one instant.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One number without labels.
    Scalar(f64),
    /// A text.
    Text(String),
    /// At most one number for each label set; the order matters for `sort` and `topk`.
    Vector(Vec<Element>),
    /// Samples over a range for each label set.
    Matrix(Vec<Series>),
}

/// One element of an instant vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its labels; the metric name only where the expression keeps it.
    pub labels: Labels,
    /// Its value; may be NaN or infinite, never the stale marker.
    pub value: f64,
}

impl Element {
    /// A copy without the metric name.
    pub(crate) fn without_name(&self) -> Self {
        Self { labels: self.labels.without_name(), value: self.value }
    }

    pub(crate) fn with_value(self, value: f64) -> Self {
        Self { value, ..self }
    }
}

/// Samples of one label set over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its labels.
    pub labels: Labels,
    /// Its samples, strictly ascending in time.
    pub samples: Vec<Sample>,
}

impl std::fmt::Display for ValueType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Scalar => "scalar",
            Self::Text => "string",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
        })
    }
}
