//! The Markdown report, rendered by a renderer that is not ours: cmark-gfm, which
//! GitHub's own is made from.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::{outside, support};
use slogate::archive::RunRecord;
use slogate::gate::OnInconclusive;
use slogate::report::{cut_markdown, markdown};

fn drawn(record: &RunRecord) -> String {
    markdown(record, record.outcome(OnInconclusive::Fail))
}

/// The HTML that GitHub's dialect makes of a text; nothing where there is no renderer.
fn rendered(text: &str) -> Option<String> {
    if !outside::has("cmark-gfm") {
        return None;
    }
    let mut renderer = Command::new("cmark-gfm")
        .args(["--extension", "table", "--extension", "strikethrough", "--unsafe"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    renderer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    Some(String::from_utf8(renderer.wait_with_output().unwrap().stdout).unwrap())
}

/// The text that a reader of HTML sees.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for c in html.chars() {
        match c {
            '<' => is_tag = true,
            '>' if is_tag => is_tag = false,
            c if !is_tag => text.push(c),
            _ => {}
        }
    }
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
    entities.iter().fold(text, |text, (entity, c)| text.replace(entity, c))
}

#[test]
fn the_verdict_comes_first() {
    let text = drawn(&support::failing_run());
    assert!(text.starts_with("## ✗ FAIL: 1 of 2 scenarios failed (10k-faults), rules fail\n"));
}

#[test]
fn a_renderer_sees_a_row_for_each_objective() {
    let record = support::failing_run();
    let Some(html) = rendered(&drawn(&record)) else { return };
    for slo in record.scenarios.iter().flat_map(|scenario| &scenario.slos) {
        let id = slo.id.replace('<', "&lt;");
        assert!(html.contains(&format!("<td>{id}</td>")), "{}\n{html}", slo.id);
    }
    assert_eq!(html.matches("<table>").count(), 4, "{html}");
    assert_eq!(html.matches("<h2>").count(), 1, "{html}");
}

#[test]
fn hostile_names_and_reasons_come_out_as_they_are() {
    let record = support::hostile_run();
    let Some(html) = rendered(&drawn(&record)) else { return };
    let known = [
        "h2", "h3", "p", "br", "ul", "li", "strong", "code", "table", "thead", "tbody", "tr", "th",
        "td",
    ];
    for tag in html.split('<').skip(1) {
        let name = tag.trim_start_matches('/').split([' ', '>', '\n']).next().unwrap();
        assert!(known.contains(&name), "<{name}> is not ours:\n{html}");
    }
    let text = text_of(&html);
    let shown = support::HOSTILE.replace(['\u{0}', '\u{1b}', '\u{ffff}'], "\u{fffd}");
    // Three ids in a table or a list, their reasons, and the rule.
    assert!(text.matches(&shown).count() > 12, "{shown}\n{text}");
    assert!(text.contains("dir,with:odd%/a|b`c.yaml:20"), "{text}");
    assert!(text.contains("<script>alert(1)</script>"), "{text}");
}

#[test]
fn what_does_not_fit_is_cut_at_a_line_and_counted() {
    let mut record = support::failing_run();
    for (scenario, times) in record.scenarios.iter_mut().zip([200, 3]) {
        scenario.slos = (0..times).flat_map(|_| scenario.slos.clone()).collect();
    }
    let outcome = record.outcome(OnInconclusive::Fail);
    let whole = cut_markdown(&record, outcome, 1 << 20).unwrap();
    assert!(!whole.contains("Cut here"));
    let cut = cut_markdown(&record, outcome, 8_000).unwrap();
    assert!(cut.len() <= 8_000, "{}", cut.len());
    let failing = cut.find("### ✗ 10k-faults").or(cut.find("### 10k-faults")).unwrap();
    assert!(cut.find("### 10k:").is_none_or(|passing| failing < passing), "the worst first");
    let sentence = cut.lines().last().unwrap();
    let objectives = record.scenarios.iter().map(|scenario| scenario.slos.len()).sum::<usize>();
    let rows = |text: &str| {
        text.lines()
            .filter(|line| ["| ✓ |", "| ✗ |", "| ? |"].iter().any(|m| line.starts_with(m)))
            .count()
    };
    assert_eq!(rows(&whole), objectives);
    let said = format!(": {} objectives, ", objectives - rows(&cut));
    assert!(sentence.contains(&said), "{said}: {sentence}");
    assert!(cut_markdown(&record, outcome, 20).is_none(), "not even the verdict fits");
}
