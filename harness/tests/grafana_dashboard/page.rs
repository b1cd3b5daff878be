//! docs/dashboard.md lists the panels as they are. `SLOGATE_BLESS=1` writes the lists anew.

use std::fmt::Write as _;

use slogate::dashboard::{NOT_HELD, rule_names};

use super::model::{Dashboard, Panel, dashboard, project, text_of};
use super::support::page::{assert_fresh, with_between_marks};

const PAGE: &str = "docs/dashboard.md";

/// A value of a line as a person says it.
fn said(value: f64, unit: &str) -> String {
    match unit {
        "ms" => format!("{} s", value / 1000.0),
        "percentunit" => format!("{} %", value * 100.0),
        "decbytes" if value >= 1e9 => format!("{} GB", value / 1e9),
        "decbytes" => format!("{} MB", value / 1e6),
        _ => format!("{value}"),
    }
}

fn row(panel: &Panel) -> String {
    let unit = &panel.field_config.defaults.unit;
    let lines: Vec<_> = panel.lines().into_iter().map(|line| said(line, unit)).collect();
    let lines = if lines.is_empty() { "–".to_owned() } else { lines.join(", ") };
    let description = panel.description.replace('|', "\\|").replace('>', "\\>");
    format!("| {} | {unit} | {lines} | {description} |\n", panel.title)
}

fn panels(board: &Dashboard) -> String {
    let mut text = String::new();
    for bar in board.panels.iter().filter(|panel| panel.is_row()) {
        let _ = write!(text, "\n### {}\n\n", bar.title);
        text.push_str(
            "| panel | unit | lines | what it says, and what to do |\n|---|---|---|---|\n",
        );
        text.extend(board.below(&bar.title).into_iter().map(row));
    }
    text.push('\n');
    text
}

fn rules() -> String {
    let names: Vec<_> = rule_names().map(|name| format!("`{name}`")).collect();
    let mut text = format!("\nHeld: {}.\n\nNot held:\n\n", names.join(", "));
    for (name, reason) in NOT_HELD {
        let _ = writeln!(text, "- `{name}`: {reason}.");
    }
    text.push('\n');
    text
}

/// A page with what stands between two comments replaced.
fn renewed(page: &str, name: &str, made: &str) -> String {
    let start = format!(
        "<!-- {name}: made by harness/tests/grafana_dashboard/page.rs; SLOGATE_BLESS=1 renews it -->\n"
    );
    with_between_marks(page, &start, &format!("<!-- end of {name} -->"), made)
}

#[test]
fn the_page_lists_the_panels_and_rules_as_they_are() {
    let page = text_of(PAGE);
    let fresh = renewed(&page, "panels", &panels(&dashboard()));
    let fresh = renewed(&fresh, "rules", &rules());
    assert_fresh(&project(PAGE), &fresh);
}

#[test]
fn a_description_says_the_numbers_of_its_lines() {
    for panel in dashboard().data_panels().filter(|panel| panel.title != "Instances up") {
        for line in panel.lines() {
            let said = said(line, &panel.field_config.defaults.unit);
            let words = panel.description.replace([',', ';', ':', ')', '('], " ");
            let has = format!(" {words} ").contains(&format!(" {said} "));
            assert!(has, "{}: {said}", panel.title);
        }
    }
}
