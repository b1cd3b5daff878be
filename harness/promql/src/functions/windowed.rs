//! Functions that make a number of the numbers in a window, apart from any call.

use super::{Computation, annotate, over_time};
use crate::Datum;
use crate::annotation::Annotation;
use crate::eval::Window;
use crate::expression::{Call, Expression, Kind};

/// Such a function.
#[derive(Clone, Copy)]
pub(crate) struct WindowFunction {
    name: &'static str,
    compute: Compute,
}

/// What it computes.
#[derive(Clone, Copy)]
enum Compute {
    /// Of numbers, of which there are some.
    Statistic(fn(&Window<'_>) -> f64),
    /// Where there are samples enough.
    Change(fn(&Window<'_>) -> Option<f64>),
    /// The same with a number or a histogram.
    Combination(fn(&Window<'_>) -> Option<Datum>),
    /// `quantile_over_time` with this quantile.
    Quantile(f64),
}

impl WindowFunction {
    /// The number of a window that has numbers and nothing else.
    pub(crate) fn of(self, window: &Window<'_>) -> Option<f64> {
        match self.compute {
            Compute::Statistic(compute) => Some(compute(window)),
            Compute::Change(compute) => compute(window),
            Compute::Combination(compute) => compute(window)?.number(),
            Compute::Quantile(quantile) => Some(over_time::quantile_of(quantile, window)),
        }
    }

    /// What it says beside that.
    pub(crate) fn says_of(self, window: &Window<'_>) -> Vec<Annotation> {
        let mut said = annotate::window(self.name, window);
        if let Compute::Quantile(quantile) = self.compute {
            said.extend(over_time::quantile_says(quantile, window));
        }
        said
    }
}

/// What a call computes of each window of one of its arguments, and which; nothing for calls
/// that need more than a window, or keep the metric's name.
pub(crate) fn window_function(call: &Call) -> Option<(WindowFunction, &Expression)> {
    let name = call.function.name;
    let (compute, argument) = match (&call.function.computation, call.arguments.as_slice()) {
        (Computation::Statistic(compute) | Computation::Summary(compute), [windows]) => {
            (Compute::Statistic(*compute), windows)
        }
        (Computation::Change(compute), [windows]) => (Compute::Change(*compute), windows),
        (Computation::Combination(compute), [windows]) => (Compute::Combination(*compute), windows),
        (Computation::Special(_), [quantile, windows]) if name == "quantile_over_time" => {
            let Kind::Number(quantile) = quantile.kind else { return None };
            (Compute::Quantile(quantile), windows)
        }
        _ => return None,
    };
    Some((WindowFunction { name, compute }, argument))
}
