//! The project's texts against the catalogue: the table of metrics in the README is
//! made from it, and no rule, scenario or page names a metric that does not exist.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use exporter::catalogue::{METRICS, MetricKind};

const BEGIN: &str =
    "<!-- metrics: made from exporter/src/catalogue.rs; SLOGATE_BLESS=1 renews it -->\n";
/// The pages' examples of metrics that do not exist.
const ABSENT: [&str; 4] =
    ["export_foo_total", "export_queue_dept", "export_queue_lenght", "export_fails_total"];
const END: &str = "<!-- end of metrics -->";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn table() -> String {
    let mut table = String::from("| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for metric in METRICS {
        let labels: Vec<&str> = metric.labels.iter().map(|label| label.name).collect();
        writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            metric.name,
            metric.kind.name(),
            labels.join(", "),
            metric.help
        )
        .unwrap();
    }
    table
}

/// Every word of a text that looks like a metric of this service.
fn metrics_named(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("export_") && word.len() > "export_".len())
        .collect()
}

fn is_known(word: &str) -> bool {
    METRICS.iter().any(|metric| match word.strip_prefix(metric.name) {
        Some("") => true,
        Some("_bucket" | "_sum" | "_count") => metric.kind == MetricKind::Histogram,
        _ => false,
    })
}

#[test]
fn the_readme_lists_the_metrics_of_the_catalogue() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("the README has a table of metrics");
    let (_, after) = rest.split_once(END).unwrap();
    let fresh = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("SLOGATE_BLESS").is_some() {
        fs::write(&path, &fresh).unwrap();
    } else {
        assert_eq!(readme, fresh, "run `SLOGATE_BLESS=1 cargo test -p exporter --test readme`");
    }
}

#[test]
fn rules_scenarios_and_pages_name_metrics_that_exist() {
    let mut files = vec![root().join("README.md")];
    for folder in ["rules", "scenarios", "docs"] {
        files.extend(fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    }
    let mut named = 0;
    for file in files.iter().filter(|file| file.is_file()) {
        for word in metrics_named(&fs::read_to_string(file).unwrap()) {
            assert!(
                is_known(word) || ABSENT.contains(&word),
                "{}: `{word}` is not in the catalogue",
                file.display()
            );
            named += 1;
        }
    }
    assert!(named > METRICS.len(), "the texts name metrics at all");
}
