//! Names that are safe as names of files: one folder for each scenario, one file for
//! each sample, none outside its place and no two the same.

use std::collections::BTreeSet;

/// One safe and unique name for each of `wanted`, in the same order. Names that are
/// safe and unique already stay as they are.
pub(super) fn unique_names<'a>(wanted: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut names = Vec::new();
    for name in wanted {
        let base = safe_name(name);
        let mut candidate = base.clone();
        let mut number = 2;
        while !taken.insert(candidate.clone()) {
            candidate = format!("{base}~{number}");
            number += 1;
        }
        names.push(candidate);
    }
    names
}

/// The name with everything but letters, digits, `_`, `.` and `-` replaced, and not
/// beginning with a dot: neither hidden, nor `..`, nor a path.
fn safe_name(name: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let mut safe: String = name.chars().map(|c| if is_safe(c) { c } else { '_' }).collect();
    if safe.is_empty() || safe.starts_with('.') {
        safe.insert(0, '_');
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        assert_eq!(unique_names(["10k", "batch.v2"]), ["10k", "batch.v2"]);
    }

    #[test]
    fn no_name_leads_out_of_its_folder() {
        assert_eq!(unique_names(["..", "../../etc/passwd", ""]), ["_..", "_.._.._etc_passwd", "_"]);
    }

    #[test]
    fn two_of_one_name_get_a_place_each() {
        assert_eq!(unique_names(["a", "a", "a"]), ["a", "a~2", "a~3"]);
    }
}
