//! `$run` and `$phase` in PromQL: literal durations in place of names.

/// Replaces `$run` and `$phase` by durations in milliseconds. A range that is
/// longer than its window by one millisecond holds the opening sample, for
/// Prometheus 3 excludes the start of a range.
pub(super) fn windows(text: &str, run_ms: i64, phase_ms: Option<i64>) -> Result<String, String> {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        replaced.push_str(&rest[..at]);
        let name_end = rest[at + 1..]
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .map_or(rest.len(), |end| at + 1 + end);
        let name = &rest[at..name_end];
        match (name, phase_ms) {
            ("$run", _) => replaced.push_str(&milliseconds(run_ms)),
            ("$phase", Some(phase_ms)) => replaced.push_str(&milliseconds(phase_ms)),
            ("$phase", None) => return Err("`$phase` needs `during:` with a phase".into()),
            // `label_replace(…, "$1", …)` and anchors in regular expressions.
            (other, _) => replaced.push_str(other),
        }
        rest = &rest[name_end..];
    }
    replaced.push_str(rest);
    Ok(replaced)
}

fn milliseconds(duration_ms: i64) -> String {
    format!("{duration_ms}ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_become_durations() {
        assert_eq!(
            windows("increase(a[$run]) / increase(b[$phase])", 4_001, Some(1_001)).unwrap(),
            "increase(a[4001ms]) / increase(b[1001ms])"
        );
    }

    #[test]
    fn other_dollars_stay() {
        let text = r#"label_replace(up{a=~"x$"}, "a", "$1", "b", "$runs")"#;
        assert_eq!(windows(text, 1, None).unwrap(), text);
    }

    #[test]
    fn a_phase_window_needs_a_phase() {
        assert_eq!(
            windows("a[$phase]", 1, None).unwrap_err(),
            "`$phase` needs `during:` with a phase"
        );
    }
}
