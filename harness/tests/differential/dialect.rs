//! What the two generations of Prometheus and this engine mean alike. Queries are made only of
//! that; what is left out of them, and why, is [`LEFT_OUT_OF_SECOND`] and [`LEFT_OUT_OF_THIRD`].

/// A generation that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// 2.42, as Debian 12 has it: held only to what did not change after it.
    Second,
    /// 3: held to everything.
    Third,
}

/// What Prometheus 2.42 is not asked, and why.
pub(crate) const LEFT_OUT_OF_SECOND: &[(&str, &str)] = &[
    (
        "samples, and steps of subqueries, on the edge of a window",
        "ranges and lookback are left-open only from 3.0 on",
    ),
    ("counters that start near zero", "3 bounds an extrapolation to zero in another order"),
    ("`NaN` and infinities", "means and deviations of them changed"),
    ("`stddev`, `stdvar`", "sums are compensated only in 3"),
    ("native histograms", "an experiment of 2.42, redefined since"),
    ("`atan2`", "2.42 keeps the name of the metric"),
    ("`rate` and `increase` of gauges", "as counters that start near zero"),
    ("two matchers of one label in `absent`", "2.42 looks at them in another order"),
    ("`@` in `predict_linear`", "2.42 takes other samples at each step of a range"),
    ("`histogram_fraction` of classic histograms", "only in 3"),
];

/// What Prometheus 3.5 is not asked, because newer versions and this engine mean it otherwise,
/// or because it is nobody's promise.
pub(crate) const LEFT_OUT_OF_THIRD: &[(&str, &str)] = &[
    ("native histograms that start near zero", "3.5 extrapolates them to before they were zero"),
    ("fractions within the first bucket of a classic histogram", "3.5 makes NaN of them"),
    ("`timestamp` of a selector with `@` and `offset`", "3.5 forgets the `offset`"),
    ("`@` in a subquery that has an `@`", "3.5 counts from another instant"),
    ("dates of what is no number", "they depend on the server's processor"),
    ("`topk` and `bottomk` of equal values", "which of them are taken is nobody's promise"),
    ("the text of exponential buckets", "their bounds differ in the last digit of a float"),
];

/// Whether our refusal is one of newer versions than 3.5: several elements match one, and the
/// comparison between them filters all but one away.
pub(crate) fn is_newer_refusal(reason: &str) -> bool {
    let compares = [" == ", " != ", " > ", " < ", " >= ", " <= "];
    reason.starts_with("multiple matches for labels")
        && compares.iter().any(|operator| reason.contains(operator))
}

impl Dialect {
    pub(crate) fn of(major: u32) -> Self {
        if major >= 3 { Self::Third } else { Self::Second }
    }

    pub(crate) fn is_third(self) -> bool {
        self == Self::Third
    }
}
