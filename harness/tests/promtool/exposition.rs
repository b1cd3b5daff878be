//! promtool's linter on what the reference service serves while exports succeed, fail and are
//! refused: the two names whose units are abbreviated, and nothing else.

use std::process::{Output, Stdio};

use super::support::Workspace;
use super::support::daemon::get;
use super::support::exporter::Exporter;
use super::support::generations::{Tool, promtools};

/// The names are the service's contract, so these two findings stay.
const KNOWN: [&str; 2] = ["export_latency_ms", "export_throughput_ops_per_sec"];
/// promtool ends with this where its linter found something.
const LINT_FOUND: i32 = 3;

#[test]
fn promtool_finds_two_abbreviated_units_in_live_metrics_and_nothing_else() {
    let service = Exporter::start_with(&["--fault", "error:0.2"]);
    load(&service);
    let answer = get(service.address, "/export/metrics");
    let (_, exposition) = answer.split_once("\r\n\r\n").unwrap();
    for grown in ["succeeded", "failed", "rejected"] {
        let has_grown = |line: &str| {
            line.starts_with("export_requests_total{")
                && line.contains(&format!("status=\"{grown}\""))
                && !line.ends_with(" 0")
        };
        assert!(exposition.lines().any(has_grown), "nothing {grown}: {exposition}");
    }
    for tool in promtools() {
        let checked = check(&tool, exposition);
        let said = String::from_utf8([checked.stdout, checked.stderr].concat()).unwrap();
        let names: Vec<&str> = said.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(names, KNOWN, "{tool:?}: {said}");
        assert_eq!(checked.status.code(), Some(LINT_FOUND), "{tool:?}: {said}");
    }
}

/// Good exports of both formats, some of which fail, and requests that are refused.
fn load(service: &Exporter) {
    let request = |format: &str, status: u16| {
        format!(
            "  - name: {format}\n    post: /export/run\n    \
             json: {{ format: {format}, columns: [id], data: [{{ id: 1 }}] }}\n    \
             expect: {{ status: {status} }}\n"
        )
    };
    let requests = [("csv", 200), ("pdf", 200), ("odd", 400)];
    let requests = requests.map(|(format, status)| request(format, status)).concat();
    let scenario = format!(
        "version: 1\nname: mixed\ntarget: {}\nmetrics: none\n\
         load:\n  - {{ name: steady, users: 2, iterations: 90 }}\n\
         requests:\n{requests}slo:\n  - count(sent) == 90\n",
        service.url()
    );
    let workspace = Workspace::new();
    let file = workspace.write("mixed.yaml", &scenario);
    let ended = workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]).expect_code(0);
    assert_eq!(ended.report()["verdict"], "pass");
}

fn check(tool: &Tool, exposition: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("metrics.txt");
    std::fs::write(&file, exposition).unwrap();
    let input = Stdio::from(std::fs::File::open(&file).unwrap());
    tool.command().args(["check", "metrics"]).stdin(input).output().unwrap()
}
