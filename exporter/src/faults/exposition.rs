//! Takes families out of an exposition, or puts old ones in, as text.
//!
//! Works on what this service renders: each family in one piece, its `# HELP` and
//! `# TYPE` first. It is no parser of expositions in general.

/// The exposition without a family.
pub(super) fn without(exposition: &str, name: &str) -> String {
    replace(exposition, name, "")
}

/// The lines of a family.
pub(super) fn family(exposition: &str, name: &str) -> String {
    exposition.split_inclusive('\n').filter(|line| belongs_to(line, name)).collect()
}

/// The exposition with other lines for a family, in its place.
pub(super) fn replace(exposition: &str, name: &str, lines: &str) -> String {
    let mut replaced = String::with_capacity(exposition.len() + lines.len());
    let mut is_pending = true;
    for line in exposition.split_inclusive('\n') {
        if !belongs_to(line, name) {
            replaced.push_str(line);
        } else if std::mem::take(&mut is_pending) {
            replaced.push_str(lines);
        }
    }
    replaced
}

/// Whether a line is a sample or comment of the family, with the suffixes that a
/// histogram has.
fn belongs_to(line: &str, name: &str) -> bool {
    let line = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
    let Some(rest) = line.strip_prefix(name) else { return false };
    let suffixes = ["_bucket", "_sum", "_count"];
    let rest = suffixes.iter().find_map(|suffix| rest.strip_prefix(suffix)).unwrap_or(rest);
    rest.starts_with(['{', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPOSITION: &str = "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n# TYPE a_b gauge\na_b 2\n";

    #[test]
    fn a_family_is_all_its_lines_and_no_others() {
        assert_eq!(without(EXPOSITION, "a"), "# TYPE a_b gauge\na_b 2\n");
        assert_eq!(family(EXPOSITION, "a_b"), "# TYPE a_b gauge\na_b 2\n");
        assert_eq!(without(EXPOSITION, "c"), EXPOSITION);
    }

    #[test]
    fn replaced_lines_stand_where_the_family_stood() {
        assert_eq!(replace(EXPOSITION, "a", "old 1\n"), "old 1\n# TYPE a_b gauge\na_b 2\n");
    }
}
