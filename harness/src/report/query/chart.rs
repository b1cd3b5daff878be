//! A small chart of one series over time. All charts of an answer have one scale, so that they
//! can be compared; a gap is a gap, and what is no finite number is one.

use slogate_promql::{Sample, Series};

use super::canvas::Canvas;
use super::table::Charset;
use crate::units::{Unit, format_quantity};

/// Lines of a chart, without the axis below.
const ROWS: usize = 6;
/// Columns of a chart at most: wider ones are no easier to read.
const MOST_COLUMNS: usize = 72;
/// Columns of a chart at least.
const LEAST_COLUMNS: usize = 10;

/// What all charts of an answer share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    charset: Charset,
    start_ms: i64,
    end_ms: i64,
    step_ms: i64,
    lowest: f64,
    highest: f64,
    /// Columns of everything.
    width: usize,
}

impl Scale {
    /// One that fits all series; none where no number is finite.
    pub(super) fn of(
        series: &[Series],
        (start_ms, end_ms, step_ms): (i64, i64, i64),
        (charset, width): (Charset, usize),
    ) -> Option<Self> {
        let finite = || series.iter().flat_map(|one| &one.samples).map(|one| one.value);
        let finite = || finite().filter(|value| value.is_finite());
        let lowest = finite().reduce(f64::min)?;
        let highest = finite().reduce(f64::max)?;
        Some(Self { charset, start_ms, end_ms, step_ms, lowest, highest, width })
    }

    /// A series as lines of text.
    pub(super) fn chart(&self, series: &Series) -> String {
        let [low, high] = [self.lowest, self.highest].map(|one| format_quantity(one, Unit::Plain));
        let margin = low.chars().count().max(high.chars().count());
        let columns = self.width.saturating_sub(margin + 2).clamp(LEAST_COLUMNS, MOST_COLUMNS);
        let mut canvas = Canvas::new(self.charset, columns, ROWS);
        self.draw(&mut canvas, &series.samples);
        let (bar, corner, rule) = match self.charset {
            Charset::Unicode => ('│', '└', '─'),
            Charset::Ascii => ('|', '+', '-'),
        };
        let mut text = String::new();
        for (row, line) in canvas.lines().enumerate() {
            let label = match row {
                0 if self.is_flat() => "",
                0 => high.as_str(),
                last if last == ROWS - 1 => low.as_str(),
                _ => "",
            };
            text += format!("{label:>margin$} {bar}{line}").trim_end();
            text.push('\n');
        }
        let rule = rule.to_string().repeat(columns);
        text + &format!("{:margin$} {corner}{rule}\n", "")
    }

    #[expect(clippy::float_cmp, reason = "the same number, found twice")]
    fn is_flat(&self) -> bool {
        self.lowest == self.highest
    }

    /// Points that follow each other are joined, and others stand alone.
    fn draw(&self, canvas: &mut Canvas, samples: &[Sample]) {
        let mut before: Option<(i64, (usize, usize))> = None;
        for sample in samples {
            if !sample.value.is_finite() {
                before = None;
                continue;
            }
            let dot = self.dot(canvas, *sample);
            let joined = before.filter(|(at_ms, _)| sample.t_ms - at_ms <= self.step_ms);
            canvas.line(joined.map_or(dot, |(_, dot)| dot), dot);
            before = Some((sample.t_ms, dot));
        }
    }

    fn dot(&self, canvas: &Canvas, sample: Sample) -> (usize, usize) {
        let share = |value: f64, low: f64, high: f64| {
            // Halved, so that the distance of two numbers is one.
            if high > low { (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) } else { 0.0 }
        };
        let [at, start, end] = [sample.t_ms, self.start_ms, self.end_ms].map(|ms| ms as f64);
        (
            nearest(share(at, start, end), canvas.width()),
            nearest(share(sample.value, self.lowest, self.highest), canvas.height()),
        )
    }
}

/// The dot of `dots` that a share of the way lies at.
fn nearest(share: f64, dots: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share is 0 to 1, and there are few dots"
    )]
    let dot = (share * (dots.saturating_sub(1)) as f64).round() as usize;
    dot
}

#[cfg(test)]
mod tests {
    use slogate_promql::Labels;

    use super::*;

    fn chart(charset: Charset, values: &[f64], width: usize) -> String {
        let samples = (0..).map(|at| at * 1_000).zip(values.iter().copied());
        let samples: Vec<Sample> = samples
            .filter(|(_, value)| *value >= 0.0 || value.is_nan())
            .map(|(t_ms, value)| Sample { t_ms, value })
            .collect();
        let end_ms = i64::try_from(values.len() - 1).unwrap() * 1_000;
        let series = Series { labels: Labels::default(), samples, histograms: Vec::new() };
        let span = (0, end_ms, 1_000);
        let scale = Scale::of(std::slice::from_ref(&series), span, (charset, width));
        scale.map_or_else(String::new, |scale| scale.chart(&series))
    }

    #[test]
    fn a_line_rises_from_the_lowest_to_the_highest() {
        let drawn = chart(Charset::Ascii, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 15);
        let expected = [
            "5 |          **",
            "  |        **",
            "  |      **",
            "  |   ***",
            "  | **",
            "0 |*",
            "  +------------\n",
        ];
        assert_eq!(drawn, expected.join("\n"), "\n{drawn}");
    }

    #[test]
    fn a_gap_and_a_number_that_is_none_are_not_joined_over() {
        // Below zero stands for a point that is not there.
        let drawn = chart(Charset::Ascii, &[1.0, 1.0, -1.0, 1.0, f64::NAN, 1.0], 13);
        assert_eq!(drawn.lines().rev().nth(1), Some("1 |***  *   *"), "\n{drawn}");
        assert!(drawn.starts_with("  |\n"), "{drawn}");
    }

    #[test]
    fn without_a_finite_number_there_is_no_chart() {
        assert_eq!(chart(Charset::Unicode, &[f64::NAN, f64::INFINITY], 40), "");
    }
}
