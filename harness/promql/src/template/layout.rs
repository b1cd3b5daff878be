//! Go's layouts of times: a reference time, `Mon Jan 2 15:04:05 MST 2006`, whose parts stand for
//! those of the time that is written (`time/format.go`).

use super::time::Time;

/// What writes a part.
type Write = fn(Time) -> String;

/// Parts that a layout may have, each before those that it begins with.
const PARTS: &[(&str, Write)] = &[
    ("January", |time| time.month_name().to_owned()),
    ("Jan", |time| time.month_name()[..3].to_owned()),
    ("Monday", |time| time.weekday_name().to_owned()),
    ("Mon", |time| time.weekday_name()[..3].to_owned()),
    ("MST", |_| "UTC".to_owned()),
    ("2006", |time| format!("{:04}", time.date()[0])),
    ("002", |time| format!("{:03}", time.day_of_year())),
    ("01", |time| format!("{:02}", time.date()[1])),
    ("02", |time| format!("{:02}", time.date()[2])),
    ("03", |time| format!("{:02}", hour_of_twelve(time))),
    ("04", |time| format!("{:02}", time.clock()[1])),
    ("05", |time| format!("{:02}", time.clock()[2])),
    ("06", |time| format!("{:02}", time.date()[0].rem_euclid(100))),
    ("15", |time| format!("{:02}", time.clock()[0])),
    ("1", |time| time.date()[1].to_string()),
    ("__2", |time| format!("{:3}", time.day_of_year())),
    ("_2006", |time| format!("_{:04}", time.date()[0])),
    ("_2", |time| format!("{:2}", time.date()[2])),
    ("2", |time| time.date()[2].to_string()),
    ("3", |time| hour_of_twelve(time).to_string()),
    ("4", |time| time.clock()[1].to_string()),
    ("5", |time| time.clock()[2].to_string()),
    ("PM", |time| half(time, ["AM", "PM"])),
    ("pm", |time| half(time, ["am", "pm"])),
    ("-07:00:00", |_| "+00:00:00".to_owned()),
    ("-07:00", |_| "+00:00".to_owned()),
    ("-070000", |_| "+000000".to_owned()),
    ("-0700", |_| "+0000".to_owned()),
    ("-07", |_| "+00".to_owned()),
    ("Z07:00:00", |_| "Z".to_owned()),
    ("Z07:00", |_| "Z".to_owned()),
    ("Z070000", |_| "Z".to_owned()),
    ("Z0700", |_| "Z".to_owned()),
    ("Z07", |_| "Z".to_owned()),
];

/// A time as a layout shows it.
pub(super) fn formatted(time: Time, layout: &str) -> String {
    let mut written = String::new();
    let mut rest = layout;
    while let Some(first) = rest.chars().next() {
        let part = PARTS.iter().find(|(part, _)| begins_with(rest, part));
        let (text, length) = match part {
            Some((part, write)) => (write(time), part.len()),
            None => fraction(time, rest).unwrap_or((first.to_string(), first.len_utf8())),
        };
        written.push_str(&text);
        rest = &rest[length..];
    }
    written
}

/// `Jan` and `Mon` are none in `Janet` and `Month`.
fn begins_with(text: &str, part: &str) -> bool {
    let Some(after) = text.strip_prefix(part) else { return false };
    !(matches!(part, "Jan" | "Mon") && after.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// `.000` with all of its digits, `.999` without zeros at its end; with the length of it.
fn fraction(time: Time, rest: &str) -> Option<(String, usize)> {
    let mark = rest.chars().next().filter(|mark| matches!(mark, '.' | ','))?;
    let digit = rest[1..].chars().next().filter(|digit| matches!(digit, '0' | '9'))?;
    let digits = rest[1..].chars().take_while(|c| *c == digit).count();
    if rest[1 + digits..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let nanoseconds = format!("{:03}000000", time.fraction());
    let text: String = nanoseconds.chars().chain("0".chars().cycle()).take(digits).collect();
    let text = if digit == '9' { text.trim_end_matches('0') } else { &text };
    let text = if text.is_empty() { String::new() } else { format!("{mark}{text}") };
    Some((text, 1 + digits))
}

fn hour_of_twelve(time: Time) -> i64 {
    match time.clock()[0] % 12 {
        0 => 12,
        hour => hour,
    }
}

fn half(time: Time, [before, after]: [&str; 2]) -> String {
    if time.clock()[0] < 12 { before } else { after }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_those_of_go() {
        let time = Time::of_seconds(1_709_251_199.5).unwrap();
        for (layout, text) in [
            ("2006-01-02T15:04:05Z07:00", "2024-02-29T23:59:59Z"),
            ("Mon, 02 Jan 2006 15:04:05 MST", "Thu, 29 Feb 2024 23:59:59 UTC"),
            ("Monday January _2 3:04PM", "Thursday February 29 11:59PM"),
            ("1/2/06 03:4:5 pm -0700", "2/29/24 11:59:59 pm +0000"),
            ("15:04:05.000 .999999 ,000", "23:59:59.500 .5 ,500"),
            ("Month of Janet, day 002", "Month of Janet, day 060"),
            ("é", "é"),
        ] {
            assert_eq!(formatted(time, layout), text, "{layout}");
        }
    }
}
