//! What came of the scrapes, in one line: of each instance where there are several, and
//! where the metrics are.

use crate::archive::{InstanceScrapes, ScrapesRecord};

/// Instances that the line names at most; the JSON report has all.
const NAMED_INSTANCES: usize = 4;

/// `scrapes: 86 good, 1 failed (…) of 2 instances (a 43, b 43 and 1 failed); metrics: …`.
pub(super) fn scrapes_line(scrapes: &ScrapesRecord) -> String {
    let error = scrapes.first_errors.first();
    let error = error.map_or_else(String::new, |error| format!(" ({error})"));
    let (good, failed) = (scrapes.good, scrapes.failed);
    let instances = instances(&scrapes.instances);
    let source = match scrapes.source.as_str() {
        "" => String::new(),
        source => format!("; metrics: {source}"),
    };
    format!("scrapes: {good} good, {failed} failed{error}{instances}{source}")
}

/// Of several instances, those that failed most come first.
fn instances(instances: &[InstanceScrapes]) -> String {
    if instances.len() < 2 {
        return String::new();
    }
    let mut by_failures: Vec<&InstanceScrapes> = instances.iter().collect();
    by_failures.sort_by_key(|one| std::cmp::Reverse(one.failed));
    let mut named: Vec<String> =
        by_failures.iter().take(NAMED_INSTANCES).map(|one| of_instance(one)).collect();
    if instances.len() > NAMED_INSTANCES {
        named.push("…".to_owned());
    }
    format!(" of {} instances ({})", instances.len(), named.join(", "))
}

fn of_instance(scrapes: &InstanceScrapes) -> String {
    match scrapes.failed {
        0 => format!("{} {}", scrapes.instance, scrapes.good),
        failed => format!("{} {} and {failed} failed", scrapes.instance, scrapes.good),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(instances: &[(&str, usize, usize)]) -> ScrapesRecord {
        let one = |(name, good, failed): &(&str, usize, usize)| InstanceScrapes {
            instance: (*name).to_owned(),
            good: *good,
            failed: *failed,
            first_error: None,
        };
        ScrapesRecord {
            paths: Vec::new(),
            good: instances.iter().map(|one| one.1).sum(),
            failed: instances.iter().map(|one| one.2).sum(),
            first_errors: Vec::new(),
            codes: Vec::new(),
            source: "/metrics on the target".into(),
            instances: instances.iter().map(one).collect(),
        }
    }

    #[test]
    fn one_instance_is_not_named_again() {
        let line = scrapes_line(&of(&[("a:1", 43, 0)]));
        assert_eq!(line, "scrapes: 43 good, 0 failed; metrics: /metrics on the target");
    }

    #[test]
    fn of_several_instances_those_that_failed_come_first() {
        let line = scrapes_line(&of(&[("a:1", 43, 0), ("b:1", 40, 3)]));
        assert!(line.contains("of 2 instances (b:1 40 and 3 failed, a:1 43)"), "{line}");
        let five = [("a", 1, 0), ("b", 1, 0), ("c", 1, 0), ("d", 1, 0), ("e", 1, 1)];
        let line = scrapes_line(&of(&five));
        assert!(line.contains("of 5 instances (e 1 and 1 failed, a 1, b 1, c 1, …)"), "{line}");
    }
}
