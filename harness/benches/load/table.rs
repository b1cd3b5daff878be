//! The result: one line a figure, with its bar.

use std::process::ExitCode;

/// Lines as they come, and how many bars were missed.
pub(crate) struct Table {
    missed: u32,
}

/// What a figure has to be, and where the aim is beyond that.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    None,
    AtLeast(f64),
    AtMost(f64),
}

impl Bar {
    fn is_missed(self, figure: f64) -> bool {
        match self {
            Self::None => false,
            // What is not a number is neither above a bar nor below it.
            Self::AtLeast(bar) => figure.is_nan() || figure < bar,
            Self::AtMost(bar) => figure.is_nan() || figure > bar,
        }
    }

    fn text(self) -> String {
        match self {
            Self::None => String::new(),
            Self::AtLeast(bar) => format!("≥ {bar}"),
            Self::AtMost(bar) => format!("≤ {bar}"),
        }
    }
}

impl Table {
    pub(crate) fn begin() -> Self {
        println!("load average {}", load_average());
        println!("{:<52} {:>14} {:>21} {:>8}", "what", "median", "from … to", "bar");
        Self { missed: 0 }
    }

    /// A figure of each round: the median counts.
    pub(crate) fn line(&mut self, what: &str, rounds: Vec<f64>, unit: &str, bar: Bar) {
        let is_unmeasured = rounds.is_empty() || rounds.iter().any(|figure| figure.is_nan());
        let (median, least, most) = median_and_range(rounds);
        let is_missed = bar.is_missed(if is_unmeasured { f64::NAN } else { median });
        self.missed += u32::from(is_missed);
        let mark = match bar {
            Bar::None => "",
            _ if is_missed => "  ✗ missed",
            _ => "  holds",
        };
        let measured = format!("{} {unit}", digits(median));
        let range = format!("{} … {}", digits(least), digits(most));
        println!("{what:<52} {measured:>14} {range:>21} {:>8}{mark}", bar.text());
    }

    /// Whether something that must hold does.
    pub(crate) fn must(&mut self, what: &str, holds: bool, seen: &str) {
        self.missed += u32::from(!holds);
        println!("{what:<52} {seen}{}", if holds { "  holds" } else { "  ✗ missed" });
    }

    /// The exit code: 0, or 1 where bars are enforced and one was missed.
    pub(crate) fn end(self, enforce: bool) -> ExitCode {
        println!("load average {}", load_average());
        if self.missed > 0 {
            println!("{} missed", self.missed);
        }
        ExitCode::from(u8::from(enforce && self.missed > 0))
    }
}

/// Something that is told among the lines.
pub(crate) fn note(note: &str) {
    println!("  {note}");
}

/// Three digits, or all of those before the point.
fn digits(figure: f64) -> String {
    match figure.abs() {
        size if size >= 100.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        size if size >= 0.1 => format!("{figure:.2}"),
        _ => format!("{figure:.4}"),
    }
}

/// The middle one of some figures, the least and the most.
pub(crate) fn median_and_range(mut figures: Vec<f64>) -> (f64, f64, f64) {
    figures.sort_by(f64::total_cmp);
    let at = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
    (at(figures.len() / 2), at(0), at(figures.len().saturating_sub(1)))
}

/// Who else is on this machine, as it says itself.
fn load_average() -> String {
    let told = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    told.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
