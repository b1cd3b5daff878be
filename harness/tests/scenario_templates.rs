//! What `{{name}}` becomes in a path, a query, a header and a body, for each iteration.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic in a test is its failure report")]

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};
use slogate::scenario::{
    Iteration, ReadOptions, Request, Scenario, Template, Variables, read_text,
};

const USERS_CSV: &str = "name,age,city\nada,36,\"Den \"\"Haag\"\"\"\nbob,007,x&y z\n";
const USERS_JSONL: &str = "{\"name\": \"ada\", \"age\": 36, \"price\": 1.10}\n\
                           {\"name\": \"b\\\"b\", \"age\": 7, \"price\": 2e3}\n";

/// Reads a scenario whose users send these requests, with the files beside it.
fn scenario(folder: &Path, data: &str, requests: &str) -> Scenario {
    let text = format!(
        "version: 1\nname: templates\ntarget: http://127.0.0.1:1\ndata:\n{data}\
         load: [{{ name: a, users: 2, iterations: 4 }}]\nrequests:\n{requests}slo: none\n"
    );
    let path = folder.join("scenario.yaml");
    let loaded = read_text(&path, &text, &Variables::new(), &ReadOptions::default());
    loaded.unwrap_or_else(|problems| panic!("{}", problems.render())).scenario
}

/// The only request of a scenario over the users of both files.
fn request(request: &str) -> Request {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("users.csv"), USERS_CSV).unwrap();
    std::fs::write(folder.path().join("users.jsonl"), USERS_JSONL).unwrap();
    let data = "  c: { csv: users.csv }\n  j: { jsonl: users.jsonl }\n";
    let scenario = scenario(folder.path(), data, &format!("  - {{ name: r, {request} }}\n"));
    scenario.requests[0].clone()
}

fn iteration(number: u64) -> Iteration<'static> {
    Iteration { number, user: 3, uuid_seed: 7, origin: "http://127.0.0.1:1", captured: &[] }
}

fn rendered(template: Option<&Template>, number: u64) -> String {
    let mut out = Vec::new();
    template.unwrap().render(&iteration(number), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn body(of: &str, number: u64) -> Value {
    let body = rendered(request(&format!("post: /, json: {of}")).varying.body.as_ref(), number);
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

#[test]
fn a_whole_value_keeps_its_type_and_a_part_of_a_text_is_text() {
    let of = "{ age: '{{j.age}}', text: 'is {{j.age}}', name: '{{j.name}}', csv: '{{c.age}}' }";
    assert_eq!(body(of, 0), json!({"age": 36, "text": "is 36", "name": "ada", "csv": "36"}));
    assert_eq!(body(of, 1), json!({"age": 7, "text": "is 7", "name": "b\"b", "csv": "007"}));
    assert_eq!(body(of, 0), body(of, 2), "rows come again from the first");
}

#[test]
fn numbers_keep_the_digits_of_their_file() {
    let request = request("post: /, json: '{{j.price}}'");
    assert_eq!(rendered(request.varying.body.as_ref(), 0), "1.10");
    assert_eq!(rendered(request.varying.body.as_ref(), 1), "2e3");
}

#[test]
fn a_whole_data_set_is_its_rows_and_is_put_in_once() {
    let fixed = request("post: /, json: { rows: '{{c}}' }");
    assert!(fixed.varying.is_empty());
    let sent: Value = serde_json::from_slice(&fixed.body).unwrap();
    assert_eq!(sent["rows"][1], json!({"name": "bob", "age": "007", "city": "x&y z"}));
    let varying = body("{ rows: '{{j}}', '{{j.name}}': '{{iteration}}' }", 1);
    assert_eq!(varying["rows"][0]["price"], json!(1.10));
    assert_eq!(varying["b\"b"], 1);
}

#[test]
fn a_path_a_query_a_form_and_a_header_are_encoded_as_they_must_be() {
    let path = request("get: '/u/{{c.city}}?a={{c.city}}', query: { q: ['{{c.city}}', 'a b'] }");
    assert_eq!(rendered(path.varying.path.as_ref(), 1), "/u/x%26y%20z?a=x%26y%20z&q=x%26y+z&q=a+b");
    let form = request("post: /, form: { 'k {{iteration}}': '{{c.city}}' }");
    assert_eq!(rendered(form.varying.body.as_ref(), 1), "k+1=x%26y+z");
    let header = request("get: /, headers: { x-city: 'in {{c.city}}', x-plain: '{{{{a}}' }");
    let (name, template) = &header.varying.headers[0];
    assert_eq!(
        (name.as_str(), rendered(Some(template), 0).as_str()),
        ("x-city", "in Den \"Haag\"")
    );
    assert_eq!(header.headers[1].1, "{{a}}");
    let text = request("post: /, body: '{{iteration}} {{user}} {{c.city}} {{{{x}}'");
    assert_eq!(rendered(text.varying.body.as_ref(), 1), "1 3 x&y z {{x}}");
}

#[test]
fn a_value_at_the_beginning_of_a_path_is_the_path() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pages.csv"), "path\n/a?b=c\n/d%20e\n").unwrap();
    let data = "  pages: { csv: pages.csv }\n";
    let scenario = scenario(folder.path(), data, "  - { name: r, get: '{{pages.path}}' }\n");
    let path = scenario.requests[0].varying.path.as_ref();
    assert_eq!((rendered(path, 0).as_str(), rendered(path, 1).as_str()), ("/a?b=c", "/d%20e"));
}

#[test]
fn a_uuid_is_one_in_an_iteration_and_another_in_the_next() {
    let request = request("post: '/{{uuid}}', json: '{{uuid}}'");
    let path = rendered(request.varying.path.as_ref(), 0);
    let body = rendered(request.varying.body.as_ref(), 0);
    assert_eq!(format!("\"{}\"", &path[1..]), body);
    let parts: Vec<usize> = path[1..].split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
    assert_eq!(&path[15..16], "4", "{path}");
    assert!(matches!(&path[20..21], "8" | "9" | "a" | "b"), "{path}");
    let all: std::collections::BTreeSet<String> =
        (0..10_000).map(|number| rendered(request.varying.path.as_ref(), number)).collect();
    assert_eq!(all.len(), 10_000);
}

#[test]
fn a_value_of_a_variable_is_no_template() {
    let variables = Variables::from([("WHO".to_owned(), "{{nobody}}".to_owned())]);
    let text = "version: 1\nname: a\ntarget: http://a\nload: [{ name: a, users: 1, iterations: 1 }]\n\
                requests: [{ name: a, post: /, body: '${WHO} {{iteration}}' }]\nslo: none\n";
    let options = ReadOptions::default();
    let loaded = read_text(Path::new("a.yaml"), text, &variables, &options).unwrap();
    let request = &loaded.scenario.requests[0];
    assert_eq!(rendered(request.varying.body.as_ref(), 5), "{{nobody}} 5");
}

#[test]
fn the_files_that_are_sent_are_known_by_their_digest() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("users.csv"), USERS_CSV).unwrap();
    let data = "  users: { csv: users.csv }\n";
    let scenario = scenario(folder.path(), data, "  - { name: r, get: '/{{users.name}}' }\n");
    let sent = &scenario.sent_files[0];
    assert_eq!((sent.name.as_str(), sent.rows, sent.sha256.len()), ("users", 2, 64));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a value is, the body is JSON, and the value arrives as it is.
    #[test]
    fn any_value_makes_valid_json(value in any::<String>(), text in "[ -#%-z|~çĞ]{0,12}") {
        let folder = tempfile::tempdir().unwrap();
        let row = json!({ "v": value }).to_string();
        std::fs::write(folder.path().join("rows.jsonl"), row).unwrap();
        let within = json!(format!("{text}{{{{rows.v}}}}{text}")).to_string();
        let request = format!(
            "  - {{ name: r, post: /, json: {{ a: '{{{{rows.v}}}}', b: {within}, '{{{{rows.v}}}}': 1 }} }}\n"
        );
        let scenario = scenario(folder.path(), "  rows: { jsonl: rows.jsonl }\n", &request);
        let body = rendered(scenario.requests[0].varying.body.as_ref(), 0);
        let body: Value = serde_json::from_str(&body).unwrap();
        prop_assume!(value != "a" && value != "b");
        prop_assert_eq!(&body["a"], &json!(value));
        prop_assert_eq!(&body["b"], &json!(format!("{text}{value}{text}")));
        prop_assert_eq!(&body[value.as_str()], &json!(1));
    }

    /// Whatever a value is, a path stays one path.
    #[test]
    fn any_value_makes_a_valid_path(value in any::<String>()) {
        let folder = tempfile::tempdir().unwrap();
        let row = json!({ "v": value }).to_string();
        std::fs::write(folder.path().join("rows.jsonl"), row).unwrap();
        let request = "  - { name: r, get: '/a/{{rows.v}}/b' }\n";
        let scenario = scenario(folder.path(), "  rows: { jsonl: rows.jsonl }\n", request);
        let path = rendered(scenario.requests[0].varying.path.as_ref(), 0);
        prop_assert!(path.parse::<http::uri::PathAndQuery>().is_ok(), "{}", path);
        prop_assert_eq!(path.matches('/').count(), 3);
    }
}
