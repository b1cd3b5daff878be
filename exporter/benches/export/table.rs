//! The result: one line a figure, with its bar.

use std::process::ExitCode;

/// Lines as they come, and how many bars were missed.
pub(crate) struct Table {
    missed: u32,
}

impl Table {
    pub(crate) fn begin() -> Self {
        println!("{:<58} {:>16} {:>20} {:>9}", "what", "measured", "from … to", "bar");
        Self { missed: 0 }
    }

    /// A ratio of each round: the median counts.
    pub(crate) fn ratio(&mut self, what: &str, rounds: Vec<f64>, bar: Option<f64>) {
        self.line(what, rounds, ("×", 2), bar);
    }

    /// Megabytes (10⁶ bytes) of each round: the median counts.
    pub(crate) fn megabytes(&mut self, what: &str, rounds: Vec<f64>, bar: Option<f64>) {
        self.line(what, rounds, ("MB", 1), bar);
    }

    /// A figure that says how to read the others, without a bar.
    pub(crate) fn note(&mut self, what: &str, rounds: Vec<f64>, unit: &str) {
        self.line(what, rounds, (unit, 2), None);
    }

    fn line(
        &mut self,
        what: &str,
        rounds: Vec<f64>,
        (unit, digits): (&str, usize),
        bar: Option<f64>,
    ) {
        // What is not a number is neither above a bar nor below it.
        let is_unmeasured = rounds.iter().any(|figure| figure.is_nan());
        let (median, least, most) = median_and_range(rounds);
        let is_missed = bar.is_some_and(|bar| is_unmeasured || median > bar);
        self.missed += u32::from(is_missed);
        let bar = bar.map(|bar| format!("≤ {bar}")).unwrap_or_default();
        let mark = if is_missed { "  ✗ missed" } else { "" };
        let measured = format!("{median:.digits$} {unit}");
        let range = format!("{least:.digits$} … {most:.digits$}");
        println!("{what:<58} {measured:>16} {range:>20} {bar:>9}{mark}");
    }

    /// The exit code: 0, or 1 where bars are enforced and one was missed.
    pub(crate) fn end(self, enforce: bool) -> ExitCode {
        if self.missed > 0 {
            println!("{} missed", self.missed);
        }
        ExitCode::from(u8::from(enforce && self.missed > 0))
    }
}

/// The middle one of some figures, the least and the most.
pub(crate) fn median_and_range(mut figures: Vec<f64>) -> (f64, f64, f64) {
    figures.sort_by(f64::total_cmp);
    (figures[figures.len() / 2], figures[0], figures[figures.len() - 1])
}
