//! `within: 1%`: how far two totals may be apart.

use super::codes;
use super::finding::Finding;
use super::model::{Distance, Tolerance};
use crate::units::{Unit, parse_quantity};

/// Reads a distance between totals of this unit: a number of them, or a percentage.
pub(super) fn parse(text: &str, unit: Unit) -> Result<Tolerance, Finding> {
    let written = text.trim();
    let wrong = |message: String| {
        Finding::new(codes::INVALID_QUANTITY, 0, text.len(), message).help(match unit {
            Unit::Bytes => "write for example `0`, `4kB`, or `1%` of the load generator's total",
            _ => "write for example `0`, `5`, or `1%` of the load generator's total",
        })
    };
    let quantity = parse_quantity(written).map_err(|error| wrong(error.to_string()))?;
    let distance = match quantity.unit {
        Unit::Ratio => Distance::Share(quantity.value),
        Unit::Plain => Distance::Amount(quantity.value),
        other if other == unit => Distance::Amount(quantity.value),
        _ => return Err(wrong(format!("`{written}` is no distance between two totals"))),
    };
    if quantity.value < 0.0 {
        return Err(wrong(format!("`{written}` is below 0")));
    }
    if matches!(distance, Distance::Share(share) if share >= 1.0) {
        return Err(wrong(format!("`{written}` is all of it, so that nothing would be compared")));
    }
    Ok(Tolerance { distance, text: written.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_number_or_a_share() {
        let distance = |text, unit| parse(text, unit).map(|one| one.distance);
        assert_eq!(distance("0", Unit::Plain), Ok(Distance::Amount(0.0)));
        assert_eq!(distance(" 1% ", Unit::Plain), Ok(Distance::Share(0.01)));
        assert_eq!(distance("4kB", Unit::Bytes), Ok(Distance::Amount(4_000.0)));
    }

    #[test]
    fn what_would_compare_nothing_is_refused() {
        for text in ["100%", "-1", "4kB", "1s", "near", ""] {
            assert!(parse(text, Unit::Plain).is_err(), "{text}");
        }
    }
}
