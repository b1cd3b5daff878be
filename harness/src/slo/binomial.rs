//! The exact binomial distribution, for rules about shares of a sample.
//!
//! Tails are regularized incomplete beta functions (DLMF 8.17.5), evaluated by
//! the continued fraction DLMF 8.17.22, so that ten million requests cost no
//! more than a few thousand steps and no approximation is made.

/// The chance of error that a verdict may take: 5 %, the level at which the
/// smallest samples (59 for p95) are usually stated.
pub(super) const ERROR_PROBABILITY: f64 = 0.05;

/// Steps after which the continued fraction is given up; it needs about the
/// square root of the sample size.
const MAX_STEPS: u32 = 200_000;
/// Relative change at which the continued fraction is done.
const RELATIVE_PRECISION: f64 = 1e-15;
/// Halvings of the unit interval: finer than a double's 52 bits is not possible.
const BISECTIONS: u32 = 52;

/// P(X ≥ `successes`) when each of `trials` succeeds with `probability`.
pub(super) fn at_least(successes: u64, trials: u64, probability: f64) -> f64 {
    if successes == 0 {
        1.0
    } else if successes > trials || probability <= 0.0 {
        0.0
    } else if probability >= 1.0 {
        1.0
    } else {
        incomplete_beta(probability, successes as f64, (trials - successes) as f64 + 1.0)
    }
}

/// P(X ≤ `successes`) when each of `trials` succeeds with `probability`.
pub(super) fn at_most(successes: u64, trials: u64, probability: f64) -> f64 {
    at_least(trials.saturating_sub(successes), trials, 1.0 - probability)
}

/// The one-sided 95 % Clopper-Pearson lower bound of the success probability:
/// below it, so many successes would be seen in less than one run of twenty.
pub(super) fn lower_bound(successes: u64, trials: u64) -> f64 {
    if successes == 0 {
        return 0.0;
    }
    bisect(|probability| at_least(successes, trials, probability) > ERROR_PROBABILITY)
}

/// The one-sided 95 % Clopper-Pearson upper bound of the success probability.
pub(super) fn upper_bound(successes: u64, trials: u64) -> f64 {
    if successes >= trials {
        return 1.0;
    }
    bisect(|probability| at_most(successes, trials, probability) <= ERROR_PROBABILITY)
}

/// Where `too_large` becomes true between 0 and 1.
fn bisect(too_large: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..BISECTIONS {
        let middle = f64::midpoint(low, high);
        if too_large(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Iₓ(a, b), for 0 < x < 1 and positive a and b.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    // The fraction converges fast on this side only; the other is its complement.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(1.0 - x, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function by Lentz's method.
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    let mut numerator = 1.0;
    let mut denominator = away_from_zero(1.0 - (a + b) * x / (a + 1.0)).recip();
    let mut value = denominator;
    for step in 1..=MAX_STEPS {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for coefficient in [even, odd] {
            denominator = away_from_zero(1.0 + coefficient * denominator).recip();
            numerator = away_from_zero(1.0 + coefficient / numerator);
            change = numerator * denominator;
            value *= change;
        }
        if (change - 1.0).abs() < RELATIVE_PRECISION {
            break;
        }
    }
    value
}

fn away_from_zero(value: f64) -> f64 {
    /// Small enough to change nothing, large enough to divide by.
    const TINY: f64 = 1e-300;
    if value.abs() < TINY { TINY } else { value }
}

/// ln Γ(x) for x ≥ 1: Stirling's series (DLMF 5.11.1), after moving up to where
/// its first eight terms are exact to a double.
fn ln_gamma(x: f64) -> f64 {
    /// From here on the series' first neglected term is below 1e-17.
    const LARGE: f64 = 15.0;
    /// B₂ₖ / (2k (2k − 1)) for k = 1, 2, …
    const TERMS: [f64; 7] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
    ];
    let (mut argument, mut product) = (x, 1.0);
    while argument < LARGE {
        product *= argument;
        argument += 1.0;
    }
    let inverse = argument.recip();
    let series = TERMS.iter().rev().fold(0.0, |sum, term| sum * inverse * inverse + term) * inverse;
    let half_ln_two_pi = 0.918_938_533_204_672_8;
    (argument - 0.5) * argument.ln() - argument + half_ln_two_pi + series - f64::ln(product)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, summed term by term.
    fn summed_at_least(successes: u64, trials: u64, probability: f64) -> f64 {
        let mut term = (1.0 - probability).powi(i32::try_from(trials).unwrap());
        let mut below = 0.0;
        for k in 0..successes {
            below += term;
            term *= (trials - k) as f64 / (k + 1) as f64 * probability / (1.0 - probability);
        }
        1.0 - below
    }

    #[test]
    fn agrees_with_the_sum_of_its_terms() {
        for trials in [1, 2, 5, 10, 59, 100, 200] {
            for successes in 0..=trials {
                for probability in [0.01, 0.3, 0.5, 0.9, 0.95] {
                    let exact = at_least(successes, trials, probability);
                    let summed = summed_at_least(successes, trials, probability);
                    assert!(
                        (exact - summed).abs() < 1e-10,
                        "{successes} of {trials} at {probability}: {exact} and {summed}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_two_tails_share_one_value() {
        for successes in 1..=40 {
            let both = at_most(successes - 1, 40, 0.7) + at_least(successes, 40, 0.7);
            assert!((both - 1.0).abs() < 1e-12);
        }
    }

    /// R: binom.test(k, n, alternative = "greater")$conf.int
    #[test]
    fn bounds_are_those_of_clopper_and_pearson() {
        assert!((lower_bound(59, 59) - 0.05f64.powf(1.0 / 59.0)).abs() < 1e-12);
        assert!((upper_bound(0, 10) - (1.0 - 0.05f64.powf(0.1))).abs() < 1e-12);
        assert!((lower_bound(9, 10) - 0.605_838).abs() < 1e-5);
        assert!(lower_bound(0, 10) < 1e-12 && upper_bound(10, 10) > 1.0 - 1e-12);
    }

    #[test]
    fn stays_exact_for_ten_million_trials() {
        // The median of a binomial with a whole mean is the mean.
        let upper = at_least(9_990_000, 10_000_000, 0.999);
        let lower = at_most(9_990_000, 10_000_000, 0.999);
        assert!((0.5..0.503).contains(&upper) && (0.5..0.503).contains(&lower), "{upper} {lower}");
    }
}
