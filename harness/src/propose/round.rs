//! Numbers that a person would have written: 1, 2 or 5 times a power of ten.

/// The next number of the row 1, 2, 5, 10, 20, … at or above a positive value.
pub(super) fn up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    // A hair less, so that 0.2 is not above itself.
    let steps = [1.0, 2.0, 5.0].into_iter().map(|step| step * power);
    steps.into_iter().find(|step| *step >= value * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// Seconds as a scenario has them: `100ms`, `2s`.
pub(super) fn seconds(value: f64) -> String {
    if value < 1.0 { format!("{:.0}ms", value * 1e3) } else { format!("{value:.0}s") }
}

/// Bytes as a scenario has them: `100MB`, `2GB`.
pub(super) fn bytes(value: f64) -> String {
    if value < 1e9 { format!("{:.0}MB", value / 1e6) } else { format!("{:.0}GB", value / 1e9) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_rounded_up_to_the_row() {
        for (value, expected) in [
            (0.1, "100ms"),
            (0.11, "200ms"),
            (0.2, "200ms"),
            (0.21, "500ms"),
            (0.6, "1s"),
            (4.0, "5s"),
        ] {
            assert_eq!(seconds(up(value)), expected, "{value}");
        }
        assert_eq!(seconds(up(51.0)), "100s");
        assert_eq!(bytes(up(68e6)), "100MB");
        assert_eq!(bytes(up(1.5e9)), "2GB");
    }
}
