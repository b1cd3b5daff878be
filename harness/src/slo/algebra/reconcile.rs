//! Rule: two counts of one thing must be the same, and where they are not, it must be certain.
//!
//! The load generator and the target count the same requests over the same window.
//! Some of what may lie between the two counts is nobody's mistake: whether the
//! target counted a request that got no answer is not known; a request that was
//! sent twice may have been counted twice; a target that counts a request after it
//! has answered may owe the last ones at the closing scrape; and a target may count
//! the scrapes. A difference that this explains is inconclusive, any other a fail.
//! A tolerance as large as the client's own count lets a target agree that counted
//! none of it, so that only equal counts agree then.

use crate::code::Code;
use crate::scenario::{Distance, Tolerance};
use crate::slo::Ruling;
use crate::units::{Unit, format_quantity};

/// The code of this rule.
pub const CODE: Code = Code::new(&["reconcile", include_str!("../codes/reconcile.md")]);

/// The two counts, in the base unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Totals<'a> {
    /// What the load generator counted.
    pub client: f64,
    /// How much the target's counter grew.
    pub counter: f64,
    /// What both measure.
    pub unit: Unit,
    /// How far they may be apart.
    pub within: &'a Tolerance,
    /// What may lie between the two.
    pub between: Between,
}

/// Requests of which it is not known whether, or how often, the target counted them
/// within the window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Between {
    /// Not in the client's count, perhaps in the target's: without an answer.
    pub unanswered: u64,
    /// In the client's count, perhaps not in the target's: without an answer.
    pub unconfirmed: u64,
    /// Sent twice, perhaps counted twice.
    pub retried: u64,
    /// Attempts that `retry` repeated, perhaps counted each.
    pub repeats: u64,
    /// Redirects that were followed, perhaps counted each.
    pub redirects: u64,
    /// The last ones before the window opened: perhaps counted within it.
    pub before: u64,
    /// The last ones that were answered: perhaps counted after it closed.
    pub last: u64,
    /// What one request is at most in this total: 1, or bytes.
    pub largest: f64,
    /// Scrapes from the opening one up to, and without, the closing one.
    pub scrapes: u64,
}

impl Totals<'_> {
    /// How much more the target counted; negative for less.
    pub fn difference(&self) -> f64 {
        self.counter - self.client
    }

    /// How far they may be apart.
    pub fn allowed(&self) -> f64 {
        match self.within.distance {
            Distance::Amount(amount) => amount,
            // A hair more, so that 1 % of 300 is 3 in doubles as well.
            Distance::Share(share) => self.client.abs() * share * (1.0 + 1e-12),
        }
    }

    /// Whether unequal counts agree only because a target that counted nothing would.
    fn compares_nothing(&self) -> bool {
        let difference = self.difference().abs();
        difference > 0.0 && difference <= self.allowed() && self.allowed() >= self.client.abs()
    }

    /// What may lie between the two counts in the direction of their difference.
    fn unknown(&self) -> f64 {
        let parts = if self.difference() > 0.0 { self.more() } else { self.fewer() };
        let requests: u64 = parts.iter().map(|(count, _)| count).sum();
        requests as f64 * self.between.largest
    }

    /// Why the target may have counted more than the client.
    fn more(&self) -> Vec<(u64, &'static str)> {
        let Between { unanswered, retried, repeats, redirects, before, .. } = self.between;
        vec![
            (unanswered, "without an answer that the target counted all the same"),
            (retried, "sent again on a fresh connection"),
            (repeats, "repeated by `retry`"),
            (redirects, "that followed a redirect"),
            (before, "from before the window that were counted late"),
        ]
    }

    /// Why it may have counted fewer.
    fn fewer(&self) -> Vec<(u64, &'static str)> {
        let Between { unconfirmed, last, .. } = self.between;
        vec![
            (unconfirmed, "without an answer that the target never counted"),
            (last, "at the very end that a target which counts after it answers still owes"),
        ]
    }

    fn counts_scrapes(&self) -> bool {
        let scrapes = self.between.scrapes as f64;
        // Whether the opening scrape counts itself before or after its answer is not known.
        self.unit == Unit::Plain && scrapes > 0.0 && (self.difference() - scrapes).abs() <= 1.0
    }
}

/// Rules the two counts.
pub fn rule(totals: &Totals<'_>) -> Ruling {
    let show = |value: f64| format_quantity(value, totals.unit);
    let (client, counter) = (show(totals.client), show(totals.counter));
    let difference = totals.difference();
    if totals.compares_nothing() {
        return Ruling::inconclusive(
            CODE,
            format!(
                "the client counted {client} and the target {counter}: within {} is as much as the \
             client counted, so a target that counted none of it would agree; narrow `within`",
                totals.within.text
            ),
        );
    }
    if difference.abs() <= totals.allowed() {
        return Ruling::pass(format!("the client counted {client} and the target {counter}"));
    }
    let off = format!(
        "the client counted {client} and the target {counter}: off by {}, within {} is wanted",
        show(difference.abs()),
        totals.within.text
    );
    if totals.counts_scrapes() {
        let scrapes = totals.between.scrapes;
        return Ruling::inconclusive(
            CODE,
            format!(
                "{off}, and there were {scrapes} scrapes; if the counter counts them as well, select \
             the route or handler that is loaded"
            ),
        );
    }
    if difference.abs() - totals.allowed() <= totals.unknown() {
        return Ruling::inconclusive(
            CODE,
            format!("{off}, which {} would explain", explanation(totals)),
        );
    }
    Ruling::fail(CODE, off)
}

/// What would explain the difference, in words.
fn explanation(totals: &Totals<'_>) -> String {
    let parts = if totals.difference() > 0.0 { totals.more() } else { totals.fewer() };
    let told = parts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> =
        told.map(|(count, what)| format!("up to {count} requests {what}")).collect();
    told.join(", or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::Verdict;

    fn exactly() -> Tolerance {
        Tolerance { distance: Distance::Amount(0.0), text: "0".into() }
    }

    fn ruled(client: f64, counter: f64, within: &Tolerance, between: Between) -> Ruling {
        let between = Between { largest: 1.0, ..between };
        rule(&Totals { client, counter, unit: Unit::Plain, within, between })
    }

    #[test]
    fn equal_counts_agree_and_others_do_not() {
        let within = exactly();
        assert_eq!(
            ruled(400.0, 400.0, &within, Between::default()),
            Ruling::pass("the client counted 400 and the target 400")
        );
        for counter in [390.0, 410.0, 0.0] {
            let ruling = ruled(400.0, counter, &within, Between::default());
            assert_eq!(ruling.verdict, Verdict::Fail, "{counter}");
        }
    }

    #[test]
    fn what_was_sent_again_explains_that_the_target_counted_more() {
        let sent_again = Between { repeats: 6, redirects: 4, ..Between::default() };
        let ruling = ruled(400.0, 410.0, &exactly(), sent_again);
        assert_eq!(ruling.verdict, Verdict::Inconclusive);
        let reason = ruling.reason;
        assert!(reason.contains("up to 6 requests repeated by `retry`, or up to 4"), "{reason}");
        for counter in [411.0, 399.0] {
            let ruling = ruled(400.0, counter, &exactly(), sent_again);
            assert_eq!(ruling.verdict, Verdict::Fail, "{counter}");
        }
    }

    #[test]
    fn a_share_is_one_of_the_clients_count() {
        let within = Tolerance { distance: Distance::Share(0.01), text: "1%".into() };
        let verdict = |counter| ruled(300.0, counter, &within, Between::default()).verdict;
        assert_eq!((verdict(303.0), verdict(297.0)), (Verdict::Pass, Verdict::Pass));
        assert_eq!((verdict(304.0), verdict(296.0)), (Verdict::Fail, Verdict::Fail));
    }

    #[test]
    fn a_tolerance_as_large_as_the_count_compares_nothing() {
        let amount = |amount| Tolerance { distance: Distance::Amount(amount), text: "60".into() };
        let whole = Tolerance { distance: Distance::Share(1.0), text: "100%".into() };
        for within in [amount(60.0), amount(61.0), whole] {
            let verdict = |counter| ruled(60.0, counter, &within, Between::default()).verdict;
            assert_eq!(
                (verdict(1.0), verdict(0.0)),
                (Verdict::Inconclusive, Verdict::Inconclusive)
            );
            assert_eq!((verdict(60.0), verdict(200.0)), (Verdict::Pass, Verdict::Fail));
        }
        let narrow = amount(59.0);
        assert_eq!(ruled(60.0, 1.0, &narrow, Between::default()).verdict, Verdict::Pass);
        assert_eq!(ruled(60.0, 0.0, &narrow, Between::default()).verdict, Verdict::Fail);
    }

    #[test]
    fn what_got_no_answer_may_have_been_counted_and_no_more_than_that() {
        let between = Between { unanswered: 3, ..Between::default() };
        let verdict = |counter| ruled(397.0, counter, &exactly(), between).verdict;
        assert_eq!(verdict(397.0), Verdict::Pass);
        assert_eq!(verdict(400.0), Verdict::Inconclusive);
        assert_eq!(verdict(401.0), Verdict::Fail);
        assert_eq!(verdict(396.0), Verdict::Fail, "that is in the other direction");
    }

    #[test]
    fn the_last_answers_may_not_be_counted_yet() {
        let between = Between { last: 5, ..Between::default() };
        let ruling = ruled(400.0, 398.0, &exactly(), between);
        assert_eq!(ruling.verdict, Verdict::Inconclusive);
        assert!(ruling.reason.contains("up to 5 requests at the very end"), "{}", ruling.reason);
        assert_eq!(ruled(400.0, 394.0, &exactly(), between).verdict, Verdict::Fail);
    }

    #[test]
    fn scrapes_that_the_counter_counts_are_recognised() {
        let between = Between { scrapes: 41, ..Between::default() };
        let ruling = ruled(400.0, 441.0, &exactly(), between);
        assert_eq!(ruling.verdict, Verdict::Inconclusive);
        assert!(ruling.reason.contains("there were 41 scrapes"), "{}", ruling.reason);
        assert_eq!(ruled(400.0, 450.0, &exactly(), between).verdict, Verdict::Fail);
    }
}
