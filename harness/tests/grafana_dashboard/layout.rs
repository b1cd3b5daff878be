//! The frame around the queries: what Grafana finds the dashboard by, where its panels
//! are, and that a person finds what is asked for.

use super::model::{GridPosition, dashboard, json, text_of};

/// Columns of a dashboard.
const COLUMNS: u32 = 24;

/// What the service's owner asked for.
const ASKED_FOR: &[&str] =
    &["P95 latency", "Success rate", "Bytes written", "Concurrency", "Throughput"];

#[test]
fn it_keeps_its_address_and_says_what_it_is() {
    let board = dashboard();
    // Links to it hold this.
    assert_eq!((board.uid.as_str(), board.title.as_str()), ("slogate-export", "Export service"));
    assert_eq!(board.tags, ["slogate", "export"]);
    assert!(json()["id"].is_null(), "the number is that of one Grafana's database");
    // The schema of Grafana 11.6, which 12 migrates by itself.
    assert_eq!(board.schema_version, 41);
    let times = (board.time.from.as_str(), board.time.to.as_str(), board.refresh.as_str());
    assert_eq!(times, ("now-1h", "now", "30s"));
}

#[test]
fn it_leads_to_the_pages_that_explain_it() {
    let board = dashboard();
    for page in ["docs/dashboard.md", "rules/export.yml"] {
        assert!(board.description.contains(page), "{page}");
        assert!(!text_of(page).is_empty());
    }
    for link in &board.links {
        let leads = match link.kind.as_str() {
            "link" => link.url.starts_with('/'),
            "dashboards" => link.tags.iter().any(|tag| board.tags.contains(tag)),
            _ => false,
        };
        assert!(leads, "{}", link.title);
    }
    assert!(!board.links.is_empty());
}

#[test]
fn the_five_that_were_asked_for_are_graphs() {
    let board = dashboard();
    for title in ASKED_FOR {
        assert_eq!(board.panel(title).kind, "timeseries", "{title}");
    }
}

#[test]
fn every_panel_and_every_query_has_a_name_of_its_own() {
    let board = dashboard();
    let mut ids: Vec<_> = board.panels.iter().map(|panel| panel.id).collect();
    let mut titles: Vec<_> = board.panels.iter().map(|panel| panel.title.as_str()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    titles.sort_unstable();
    titles.dedup();
    assert_eq!((ids.len(), titles.len()), (count, count));
    for panel in board.data_panels() {
        let letters = ["A", "B", "C"];
        let named: Vec<_> = panel.targets.iter().map(|target| target.ref_id.as_str()).collect();
        assert_eq!(named, letters[..panel.targets.len()], "{}", panel.title);
    }
}

fn overlap(a: GridPosition, b: GridPosition) -> bool {
    let beside = a.left + a.width <= b.left || b.left + b.width <= a.left;
    let below = a.top + a.height <= b.top || b.top + b.height <= a.top;
    !beside && !below
}

#[test]
fn panels_stand_inside_the_columns_and_do_not_overlap() {
    let board = dashboard();
    for (index, panel) in board.panels.iter().enumerate() {
        let position = panel.grid_pos;
        assert!(position.width > 0 && position.height > 0, "{}", panel.title);
        assert!(position.left + position.width <= COLUMNS, "{}", panel.title);
        for other in &board.panels[..index] {
            assert!(!overlap(position, other.grid_pos), "{} on {}", panel.title, other.title);
        }
    }
}

#[test]
fn each_row_is_open_fills_the_width_and_leaves_no_gap() {
    let board = dashboard();
    assert!(board.panels[0].is_row());
    let mut top = 0;
    for row in board.panels.iter().filter(|panel| panel.is_row()) {
        let bar = GridPosition { left: 0, top, width: COLUMNS, height: 1 };
        assert_eq!((row.grid_pos, row.panels.len()), (bar, 0), "{}", row.title);
        let below = board.below(&row.title);
        let width: u32 = below.iter().map(|panel| panel.grid_pos.width).sum();
        assert_eq!(width, COLUMNS, "{}", row.title);
        let height = below[0].grid_pos.height;
        for panel in &below {
            assert_eq!((panel.grid_pos.top, panel.grid_pos.height), (top + 1, height));
        }
        top += 1 + height;
    }
}

#[test]
fn the_file_is_as_grafana_writes_it() {
    let written = serde_json::to_string_pretty(&json()).unwrap() + "\n";
    let text = text_of("grafana/dashboards/export.json");
    assert!(text == written, "two spaces, one value a line, a line break at the end");
}

#[test]
fn single_numbers_are_asked_for_once_and_graphs_over_time() {
    for (panel, target) in dashboard().targets() {
        let is_single = panel.kind == "stat";
        assert_eq!((target.instant, target.range), (is_single, !is_single), "{}", panel.title);
    }
}

#[test]
fn annotations_show_the_alerts_that_fire_in_old_and_new_grafanas() {
    let board = dashboard();
    let firing = board.annotations.list.iter().find(|one| one.name == "Alerts firing").unwrap();
    assert!(firing.enable);
    assert_eq!(firing.datasource.uid, "${datasource}");
    let new = &firing.target.as_ref().unwrap().expr;
    assert_eq!(Some(new), firing.expr.as_ref());
    // Alerts over a whole job have no label `instance`; the empty choice lets them in.
    let shown = r#"ALERTS{alertstate="firing", job=~"$job", instance=~"$instance|"}"#;
    assert_eq!(new, shown);
    assert_eq!(firing.title_format, "{{alertname}}");
    assert_eq!(firing.text_format, "{{severity}}, {{job}}");
}
