//! The table of functions by name.

use super::Computation::{
    Calendar, Change, ChosenSample, Combination, Constant, Histogram, HistogramStatistic, Number,
    Special, Statistic, Summary,
};
use super::{
    Function, absent, calendar, histogram, info, labels, math, native, over_time, rate, regression,
    sort, special,
};
use crate::ValueType;

/// The function with this name, if this engine has it.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

const fn vector(name: &'static str, computation: super::Computation) -> Function {
    Function { name, returns: ValueType::Vector, computation }
}

const fn scalar(name: &'static str, computation: super::Computation) -> Function {
    Function { name, returns: ValueType::Scalar, computation }
}

static FUNCTIONS: &[Function] = &[
    // Counters and gauges over a range.
    vector("rate", Combination(rate::rate)),
    vector("increase", Combination(rate::increase)),
    vector("delta", Combination(rate::delta)),
    vector("irate", Combination(rate::irate)),
    vector("idelta", Combination(rate::idelta)),
    vector("changes", Summary(rate::changes)),
    vector("resets", Summary(rate::resets)),
    vector("deriv", Change(regression::deriv)),
    vector("predict_linear", Special(regression::predict_linear)),
    vector("double_exponential_smoothing", Special(regression::double_exponential_smoothing)),
    // Statistics over a range.
    vector("avg_over_time", Combination(over_time::avg)),
    vector("count_over_time", Summary(over_time::count)),
    vector("mad_over_time", Statistic(over_time::median_absolute_deviation)),
    vector("max_over_time", Statistic(over_time::max)),
    vector("min_over_time", Statistic(over_time::min)),
    vector("present_over_time", Summary(over_time::present)),
    vector("quantile_over_time", Special(over_time::quantile)),
    vector("stddev_over_time", Statistic(over_time::stddev)),
    vector("stdvar_over_time", Statistic(over_time::stdvar)),
    vector("sum_over_time", Combination(over_time::sum)),
    vector("first_over_time", ChosenSample(over_time::first)),
    vector("last_over_time", ChosenSample(over_time::last)),
    vector("ts_of_first_over_time", Change(over_time::time_of_first)),
    vector("ts_of_last_over_time", Change(over_time::time_of_last)),
    vector("ts_of_max_over_time", Change(over_time::time_of_max)),
    vector("ts_of_min_over_time", Change(over_time::time_of_min)),
    // Presence.
    vector("absent", Special(absent::absent)),
    vector("absent_over_time", Special(absent::absent_over_time)),
    // Histograms.
    vector("histogram_quantile", Special(histogram::quantile)),
    vector("histogram_quantiles", Special(histogram::quantiles)),
    vector("histogram_fraction", Special(histogram::fraction)),
    vector("histogram_avg", HistogramStatistic(native::average)),
    vector("histogram_count", HistogramStatistic(native::count)),
    vector("histogram_stddev", Histogram(native::standard_deviation)),
    vector("histogram_stdvar", Histogram(native::variance)),
    vector("histogram_sum", HistogramStatistic(native::sum)),
    // Labels and order.
    vector("info", Special(info::info)),
    vector("label_replace", Special(labels::replace)),
    vector("label_join", Special(labels::join)),
    vector("sort", Special(sort::ascending)),
    vector("sort_desc", Special(sort::descending)),
    vector("sort_by_label", Special(sort::by_label)),
    vector("sort_by_label_desc", Special(sort::by_label_descending)),
    // Numbers.
    vector("abs", Number(f64::abs)),
    vector("acos", Number(f64::acos)),
    vector("acosh", Number(f64::acosh)),
    vector("asin", Number(f64::asin)),
    vector("asinh", Number(f64::asinh)),
    vector("atan", Number(f64::atan)),
    vector("atanh", Number(f64::atanh)),
    vector("ceil", Number(f64::ceil)),
    vector("cos", Number(f64::cos)),
    vector("cosh", Number(f64::cosh)),
    vector("deg", Number(f64::to_degrees)),
    vector("exp", Number(f64::exp)),
    vector("floor", Number(f64::floor)),
    vector("ln", Number(f64::ln)),
    vector("log10", Number(f64::log10)),
    vector("log2", Number(f64::log2)),
    vector("rad", Number(f64::to_radians)),
    vector("sgn", Number(math::sign)),
    vector("sin", Number(f64::sin)),
    vector("sinh", Number(f64::sinh)),
    vector("sqrt", Number(f64::sqrt)),
    vector("tan", Number(f64::tan)),
    vector("tanh", Number(f64::tanh)),
    vector("round", Special(math::round)),
    vector("clamp", Special(math::clamp)),
    vector("clamp_max", Special(math::clamp_max)),
    vector("clamp_min", Special(math::clamp_min)),
    scalar("max_of", Special(math::max_of)),
    scalar("min_of", Special(math::min_of)),
    scalar("pi", Constant(math::pi)),
    // Dates, in UTC.
    vector("day_of_month", Calendar(calendar::day_of_month)),
    vector("day_of_week", Calendar(calendar::day_of_week)),
    vector("day_of_year", Calendar(calendar::day_of_year)),
    vector("days_in_month", Calendar(calendar::days_in_month)),
    vector("hour", Calendar(calendar::hour)),
    vector("minute", Calendar(calendar::minute)),
    vector("month", Calendar(calendar::month)),
    vector("year", Calendar(calendar::year)),
    // Between types, and time.
    scalar("end", Constant(special::end)),
    scalar("range", Constant(special::range)),
    scalar("scalar", Special(special::scalar)),
    scalar("start", Constant(special::start)),
    scalar("step", Constant(special::step)),
    scalar("time", Constant(special::time)),
    vector("timestamp", Special(special::timestamp)),
    vector("vector", Special(special::vector)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_there_twice() {
        let mut names = FUNCTIONS.iter().map(|function| function.name).collect::<Vec<_>>();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
