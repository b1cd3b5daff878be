//! Where things stand on a page: A4 landscape, a heading, a header line, fifty
//! rows, a footer.
//!
//! Widths along a row are in thousandths of the font size, whole numbers, the
//! same unit as the widths in the font: sums are exact, and what is laid out is
//! what a reader draws.

/// Width of a page, in points (1/72 inch): A4 landscape.
pub(super) const PAGE_WIDTH: f32 = 841.89;
/// Height of a page, in points.
pub(super) const PAGE_HEIGHT: f32 = 595.28;
/// Free space at the left and right, in points.
pub(super) const MARGIN: f32 = 36.0;
/// Size of the table's font, in points.
pub(super) const FONT_SIZE: f32 = 7.0;
/// Size of the heading's font, in points.
pub(super) const TITLE_SIZE: f32 = 10.0;
/// Baseline of the heading, in points from the bottom, as all baselines.
pub(super) const TITLE_BASELINE: f32 = 555.0;
/// Baseline of the header line.
pub(super) const HEADER_BASELINE: f32 = 538.0;
/// Baseline of the first row.
pub(super) const FIRST_ROW_BASELINE: f32 = 525.0;
/// Distance between the baselines of rows: fifty fit between header and footer.
pub(super) const ROW_HEIGHT: f32 = 9.6;
/// Baseline of the footer.
pub(super) const FOOTER_BASELINE: f32 = 30.0;
/// Where `page x of` begins, in points from the left.
pub(super) const PAGE_NUMBER_LEFT: f32 = 730.0;
/// Records on a page.
pub(super) const RECORDS_PER_PAGE: usize = 50;

/// Width of a row: 109,984 thousandths of the font size between the margins.
const ROW_WIDTH: i32 = 109_980;
/// Free space between columns.
const GAP: i32 = 1_000;
/// Narrowest column: a few characters and an ellipsis.
const MIN_COLUMN_WIDTH: i32 = 2_600;

/// Columns that a page can hold.
pub(super) const MAX_COLUMNS: usize = ((ROW_WIDTH + GAP) / (MIN_COLUMN_WIDTH + GAP)) as usize;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Its left edge, from the margin.
    pub(super) left: i32,
    /// Its width.
    pub(super) width: i32,
    /// Whether its header stands at the right, above numbers.
    pub(super) is_numeric: bool,
}

/// Places columns whose widest texts have these widths.
///
/// Columns that need no more than an equal share get what they need; the others
/// share the rest. Room that nobody needs is given to all alike.
pub(super) fn place_columns(needed: &[i32]) -> Vec<Column> {
    let count = i32::try_from(needed.len()).unwrap_or(i32::MAX).max(1);
    let room = ROW_WIDTH - GAP * (count - 1);
    let cap = fair_cap(needed, room);
    let mut widths: Vec<i32> = needed
        .iter()
        .map(|width| (*width).clamp(MIN_COLUMN_WIDTH, cap.max(MIN_COLUMN_WIDTH)))
        .collect();
    let spare = room - widths.iter().sum::<i32>();
    for width in &mut widths {
        *width += spare / count;
    }
    let mut left = 0;
    let place = |width| {
        let column = Column { left, width, is_numeric: false };
        left += width + GAP;
        column
    };
    widths.into_iter().map(place).collect()
}

/// The width at which columns are capped so that all together fill the room.
fn fair_cap(needed: &[i32], room: i32) -> i32 {
    let mut sorted: Vec<i32> = needed.iter().map(|width| (*width).max(MIN_COLUMN_WIDTH)).collect();
    sorted.sort_unstable();
    let mut rest = room;
    let mut columns_left = i32::try_from(sorted.len()).unwrap_or(i32::MAX);
    for width in sorted {
        let share = rest / columns_left;
        if width > share {
            return share;
        }
        rest -= width;
        columns_left -= 1;
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right_edge(columns: &[Column]) -> i32 {
        columns.last().map_or(0, |column| column.left + column.width)
    }

    #[test]
    fn narrow_columns_get_what_they_need_and_wide_ones_share_the_rest() {
        let columns = place_columns(&[3_000, 500_000, 4_000, 500_000]);
        assert_eq!((columns[0].width, columns[2].width), (3_000, 4_000));
        assert_eq!(columns[1].width, columns[3].width);
        assert!(right_edge(&columns) <= ROW_WIDTH && right_edge(&columns) > ROW_WIDTH - 10);
    }

    #[test]
    fn as_many_columns_as_a_page_holds_stay_on_it() {
        let columns = place_columns(&[90_000; MAX_COLUMNS]);
        assert!(right_edge(&columns) <= ROW_WIDTH);
        assert!(columns.iter().all(|column| column.width >= MIN_COLUMN_WIDTH));
    }

    #[test]
    fn fifty_rows_fit_between_header_and_footer() {
        let last = FIRST_ROW_BASELINE - ROW_HEIGHT * (RECORDS_PER_PAGE as f32 - 1.0);
        assert!(last > FOOTER_BASELINE + FONT_SIZE);
        assert!(ROW_WIDTH as f32 * FONT_SIZE / 1_000.0 <= PAGE_WIDTH - 2.0 * MARGIN);
    }
}
