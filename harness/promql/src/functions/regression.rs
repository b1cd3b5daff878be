//! Trends over a range: linear regression and double exponential smoothing.

use super::Arguments;
use crate::eval::{EvalError, Window, kahan_sum};
use crate::{Sample, Value};

/// The slope per second.
pub(super) fn deriv(window: &Window<'_>) -> Option<f64> {
    let [first, _, ..] = &*window.samples else {
        return None;
    };
    Some(regression(&window.samples, first.t_ms).slope)
}

/// The value in so many seconds, if the trend goes on.
pub(super) fn predict_linear(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let seconds = arguments.scalar(1)?;
    arguments.each_window(0, |window| {
        if window.samples.len() < 2 {
            return None;
        }
        let line = regression(&window.samples, window.evaluated_ms);
        Some(line.slope * seconds + line.intercept)
    })
}

struct Line {
    slope: f64,
    intercept: f64,
}

/// Simple linear regression; x is in seconds from `origin_ms`.
#[expect(clippy::float_cmp, reason = "only an exactly constant series has no slope")]
fn regression(samples: &[Sample], origin_ms: i64) -> Line {
    let first = samples.first().map_or(f64::NAN, |sample| sample.value);
    if samples.iter().all(|sample| sample.value == first) {
        return if first.is_infinite() {
            Line { slope: f64::NAN, intercept: f64::NAN }
        } else {
            Line { slope: 0.0, intercept: first }
        };
    }
    let x = |sample: &Sample| (sample.t_ms - origin_ms) as f64 / 1000.0;
    let sum = |term: &dyn Fn(&Sample) -> f64| kahan_sum(samples.iter().map(term));
    let count = samples.len() as f64;
    let sum_x = sum(&|s| x(s));
    let sum_y = sum(&|s| s.value);
    let covariance = sum(&|s| x(s) * s.value) - sum_x * sum_y / count;
    let variance = sum(&|s| x(s) * x(s)) - sum_x * sum_x / count;
    let slope = covariance / variance;
    Line { slope, intercept: sum_y / count - slope * sum_x / count }
}

/// Holt's linear method; both factors are between 0 and 1.
pub(super) fn double_exponential_smoothing(
    arguments: &Arguments<'_, '_>,
) -> Result<Value, EvalError> {
    let smoothing = factor(arguments, 1, "smoothing")?;
    let trend = factor(arguments, 2, "trend")?;
    arguments.each_window(0, |window| smoothed(&window.samples, smoothing, trend))
}

fn factor(arguments: &Arguments<'_, '_>, index: usize, name: &str) -> Result<f64, EvalError> {
    let factor = arguments.scalar(index)?;
    if factor > 0.0 && factor < 1.0 {
        return Ok(factor);
    }
    Err(arguments.invalid(&format!("the {name} factor must be between 0 and 1, not {factor}")))
}

fn smoothed(samples: &[Sample], smoothing: f64, trend: f64) -> Option<f64> {
    let [first, second, ..] = samples else {
        return None;
    };
    let mut before = 0.0;
    let mut level = first.value;
    let mut slope = second.value - first.value;
    for (at, sample) in samples.iter().enumerate().skip(1) {
        if at > 1 {
            slope = trend * (level - before) + (1.0 - trend) * slope;
        }
        let next = smoothing * sample.value + (1.0 - smoothing) * (level + slope);
        (before, level) = (level, next);
    }
    Some(level)
}
