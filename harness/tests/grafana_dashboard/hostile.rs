//! Files that are no dashboards, broken ones, and large ones: each is told with its place, and
//! none takes the program down.

use serde_json::{Value, json};
use slogate::dashboard::{Exclusions, check_dashboard, is_dashboard};

use super::model::{json, text_of};
use super::support::Workspace;

/// What is said of a file of this text, with the exit code.
fn said(text: &str) -> (i32, String) {
    let workspace = Workspace::new();
    workspace.write("board.json", text);
    let ended = workspace.run(&["check", "board.json"]);
    (ended.code.unwrap(), ended.stderr)
}

#[test]
fn what_is_no_json_or_no_dashboard_is_told_with_its_place() {
    for (text, part) in [
        ("", "error[invalid-dashboard]: board.json:1:"),
        ("{\n  \"panels\": [,]\n}", "board.json:2:14: it is no JSON: "),
        ("{}", "is JSON and no dashboard: it has neither `panels` nor `schemaVersion`"),
        ("[1, 2]", "is JSON and no dashboard"),
        ("\"panels\"", "is JSON and no dashboard"),
        (r#"{"spec": {"elements": {}, "layout": {}}}"#, "a dashboard of the v2 schema"),
    ] {
        let (code, told) = said(text);
        assert_eq!(code, 2, "{text}: {told}");
        assert!(told.contains(part), "{text}: {told}");
    }
}

#[test]
fn wrong_types_are_all_told_at_once() {
    let text = "{\n  \"title\": [],\n  \"panels\": [\n    {\"targets\": 5},\n    7\n  ]\n}";
    let (code, told) = said(text);
    assert_eq!(code, 2);
    for part in [
        "board.json:2:12: `title` is a text, and here it is a list",
        "board.json:4:17: `targets` is a list, and here it is a number",
        "board.json:5:5: an object is expected here, and this is a number",
        "3 problems found",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_key_that_is_there_twice_is_told_at_the_second_place() {
    let text = "{\n  \"title\": \"a\",\n  \"panels\": [{\"id\": 1,\n    \"id\": 2}],\n  \"title\": \"b\"\n}";
    let (code, told) = said(text);
    assert_eq!(code, 2);
    for part in [
        "board.json:4:5: the key `id` is there before; keep one of them",
        "board.json:5:3: the key `title` is there before",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn other_encodings_than_utf_8_are_named() {
    let board = r#"{"panels": []}"#;
    let wide: Vec<u8> = board.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, part) in [
        ([&[0xef, 0xbb, 0xbf], board.as_bytes()].concat(), "begins with a byte order mark"),
        ([&[0xff, 0xfe], wide.as_slice()].concat(), "it is UTF-16 or UTF-32"),
        (wide, "save it as UTF-8"),
    ] {
        let workspace = Workspace::new();
        let path = workspace.write("board.json", "");
        std::fs::write(path, bytes).unwrap();
        let ended = workspace.run(&["check", "board.json"]).expect_code(2);
        let told = ended.stderr;
        assert!(told.starts_with("error[unreadable-file]: cannot read board.json: "), "{told}");
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn other_json_that_is_read_elsewhere_still_is() {
    let rules = r#"{"groups": [{"name": "g", "rules": [{"alert": "A", "expr": "up == 0"}]}]}"#;
    let workspace = Workspace::new();
    workspace.write("rules.json", rules);
    let ended = workspace.run(&["check", "rules.json"]).expect_code(0);
    assert!(ended.stdout.contains("1 rules"), "{}", ended.stdout);
}

#[test]
fn a_broken_file_beside_dashboards_of_a_folder_is_told() {
    let workspace = Workspace::new();
    let board = json!({"schemaVersion": 41, "panels": [{"targets": [{"expr": "up"}]}]});
    workspace.write("all/good.json", &board.to_string());
    workspace.write("all/data.json", "[1, 2]");
    let ended = workspace.run(&["check", "all"]).expect_code(0);
    assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.stdout);
    workspace.write("all/broken.json", "{\"panels\": [");
    let ended = workspace.run(&["check", "all"]).expect_code(2);
    assert!(ended.stderr.contains("all/broken.json:1:"), "{}", ended.stderr);
    let nothing = workspace.write("none/data.json", "{}");
    let folder = nothing.parent().unwrap().to_str().unwrap();
    let ended = workspace.run(&["check", folder]).expect_code(2);
    assert!(ended.stderr.contains("no YAML file and no dashboard"), "{}", ended.stderr);
}

#[test]
fn nesting_and_size_are_bounded() {
    let open = format!("{{\"panels\": {}", "[".repeat(200_000));
    assert!(said(&open).1.contains("EOF while parsing a list"));
    let deep = format!("{open}{}}}", "]".repeat(200_000));
    assert!(said(&deep).1.contains("more than 100 lists and objects within each other"));
    let large = format!("{{\"panels\": [], \"x\": \"{}\"}}", "x".repeat(17 << 20));
    let (code, told) = said(&large);
    assert!(code == 2 && told.contains("is larger than 16 MiB"), "{told}");
    let expression = format!("{}a{}", "(".repeat(20_000), ")".repeat(20_000));
    let board = json!({"panels": [{"type": "stat", "targets": [{"expr": expression}]}]});
    let (code, told) = said(&board.to_string());
    assert!(code == 1 && told.contains("error[target-promql-rule]"), "{code} {}", &told[..200]);
}

#[test]
fn thousands_of_panels_are_checked() {
    let panel = json!({"type": "stat", "targets": [{"refId": "A", "expr": "up"}]});
    let board = json!({"schemaVersion": 41, "panels": vec![panel; 5_000]});
    let report =
        check_dashboard("b.json", &board.to_string(), &Exclusions::default(), None).unwrap();
    assert_eq!((report.panels, report.queries), (5_000, 5_000));
}

#[test]
fn more_than_a_person_looks_at_is_refused() {
    let variable = json!({"name": "v", "type": "query", "query": "label_values(a, b)"});
    let board = json!({"panels": [], "templating": {"list": vec![variable; 600]}});
    let (code, told) = said(&board.to_string());
    let expected = "error[too-large]: board.json has 600 variables, and at most 500 are checked";
    assert!(code == 2 && told.starts_with(expected), "{told}");
}

#[test]
fn a_file_that_was_cut_off_is_no_json_wherever_it_ends() {
    let text = text_of("grafana/dashboards/export.json");
    for end in (0..text.len() - 2).step_by(1_009).filter(|end| text.is_char_boundary(*end)) {
        let cut = &text[..end];
        assert!(!is_dashboard(cut), "{end}");
        assert!(check_dashboard("b.json", cut, &Exclusions::default(), None).is_err(), "{end}");
    }
}

/// Every place of a document, as a pointer.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(all) => {
            for (index, one) in all.iter().enumerate().take(2) {
                pointers(one, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (key, one) in fields {
                pointers(one, &format!("{at}/{key}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn any_value_in_any_place_is_checked_or_refused() {
    let mut whole = json();
    whole["panels"].as_array_mut().unwrap().truncate(2);
    let mut places = Vec::new();
    pointers(&whole, "", &mut places);
    assert!(places.len() > 100, "{}", places.len());
    for place in places {
        for wrong in [json!(7), json!("$"), json!([[]])] {
            let mut changed = whole.clone();
            *changed.pointer_mut(&place).unwrap() = wrong;
            // Whatever comes of it, it ends.
            drop(check_dashboard("b.json", &changed.to_string(), &Exclusions::default(), None));
        }
    }
}
