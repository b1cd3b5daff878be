//! How wide the columns of a table are, and where a name breaks that is too long for
//! its own: behind a `-`, `_`, `.` or another end of a word, and nothing is lost.

use crate::report::words::ENDS_OF_WORDS;

/// Names are not broken into parts shorter than this.
const LEAST_WIDTH: usize = 8;

/// Characters between a column and the next; the mark in front has no name above it and
/// stands close to its row.
pub(super) fn gap_behind(name: &str) -> u16 {
    if name.is_empty() { 1 } else { 2 }
}

/// The widths of all columns: as wide as what is in them, except that those that are
/// `flexible` give way, the widest first, until the table fits into `width`.
pub(super) fn widths<const N: usize>(
    header: [&str; N],
    rows: &[[String; N]],
    flexible: &[usize],
    width: usize,
) -> [usize; N] {
    let mut widths = header.map(length);
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = length(cell).max(*widest);
        }
    }
    let gaps = header.iter().take(N - 1).map(|name| usize::from(gap_behind(name)));
    let gaps: usize = gaps.sum();
    while widths.iter().sum::<usize>() + gaps > width {
        let widest = flexible.iter().copied().max_by_key(|at| widths[*at]);
        match widest {
            Some(at) if widths[at] > LEAST_WIDTH => widths[at] -= 1,
            _ => break,
        }
    }
    widths
}

/// A text in lines of at most `width` characters.
pub(super) fn broken(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    let mut rest = text;
    while length(rest) > width {
        let (line, tail) = rest.split_at(break_point(rest, width));
        lines.push(line.trim_end());
        rest = tail.trim_start();
    }
    lines.push(rest);
    lines.join("\n")
}

/// Behind the last end of a word that fits. Where the next word is wider than a line, so that it
/// has to be broken anyway, before the last capital in it (`Export|ConcurrentHigh`), or else in
/// its middle.
fn break_point(text: &str, width: usize) -> usize {
    let hard = text.char_indices().nth(width.max(1)).map_or(text.len(), |(at, _)| at);
    let fits = &text[..hard];
    // A first part of one or two characters is no help to a reader.
    let end_of_word = fits.rfind(ENDS_OF_WORDS).filter(|at| *at > 2).map(|at| at + 1);
    let next = &text[end_of_word.unwrap_or(0)..];
    let next_width = next.find(ENDS_OF_WORDS).map_or(length(next), |at| length(&next[..=at]));
    if end_of_word.is_some() && next_width <= width {
        return end_of_word.unwrap_or(hard);
    }
    inner_capital(text, hard).or(end_of_word).unwrap_or(hard)
}

/// The last capital behind a small letter at which a line may begin.
fn inner_capital(text: &str, hard: usize) -> Option<usize> {
    let letters = text.char_indices().zip(text.chars().skip(1));
    let capitals =
        letters.filter(|((_, before), letter)| before.is_lowercase() && letter.is_uppercase());
    let starts = capitals.map(|((at, before), _)| at + before.len_utf8());
    starts.take_while(|at| *at <= hard).filter(|at| *at > 2).last()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_breaks_behind_the_end_of_a_word_and_loses_nothing() {
        assert_eq!(broken("p95-latency-of-all-requests", 14), "p95-latency-\nof-all-\nrequests");
        assert_eq!(broken("export_fail.total", 13), "export_fail.\ntotal");
        assert_eq!(broken("span(phase) < 30s during batch", 20), "span(phase) < 30s\nduring batch");
        assert_eq!(broken("abcdefghij", 4), "abcd\nefgh\nij");
        assert_eq!(broken("short", 10), "short");
        assert_eq!(broken("quiet-ExportConcurrentHigh", 18), "quiet-Export\nConcurrentHigh");
        assert_eq!(broken("quiet-ExportConcurrentHigh", 20), "quiet-\nExportConcurrentHigh");
        assert_eq!(
            broken("fires-ExportSuccessRateLow-csv-failing", 18),
            "fires-Export\nSuccessRateLow-\ncsv-failing"
        );
    }

    #[test]
    fn the_widest_flexible_column_gives_way_first() {
        let rows = [["a".repeat(60), "b".repeat(20), "1".repeat(10)]];
        let header = ["request", "phase", "n"];
        assert_eq!(widths(header, &rows, &[0, 1], 100), [60, 20, 10]);
        assert_eq!(widths(header, &rows, &[0, 1], 80), [46, 20, 10]);
        assert_eq!(widths(header, &rows, &[0, 1], 40), [13, 13, 10]);
        assert_eq!(widths(header, &rows, &[0, 1], 10), [8, 8, 10]);
    }
}
