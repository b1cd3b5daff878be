//! Links of a page to files and headings. What is on the web is not asked for.

use crate::markdown::{Parts, spans};
use crate::none_of;
use crate::pages::{self, Page};

#[test]
fn every_relative_link_and_anchor_resolves() {
    let pages = pages::all();
    let checked: Vec<_> = pages.iter().map(check).collect();
    let count: usize = checked.iter().map(|(count, _)| count).sum();
    assert!(count >= 50, "only {count} links were found");
    none_of(&checked.into_iter().flat_map(|(_, problems)| problems).collect::<Vec<_>>());
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let text = "[a](docs/none.md) [b](#nowhere) [c](README.md#nowhere)\n[d](LICENSE-MIT)\n";
    let page = Page { name: "README.md".to_owned(), text: text.to_owned() };
    let (count, problems) = check(&page);
    assert_eq!((count, problems.len()), (4, 3), "{problems:#?}");
}

/// How many links there are, and what is wrong with them.
fn check(page: &Page) -> (usize, Vec<String>) {
    let parts = page.parts();
    let links: Vec<_> = parts.prose.iter().flat_map(|(line, text)| links(*line, text)).collect();
    let wrong = links.iter().filter_map(|(line, link)| {
        let problem = problem(page, &parts, link)?;
        Some(format!("{}:{line}: ({link}): {problem}", page.name))
    });
    (links.len(), wrong.collect())
}

/// The relative links of a line.
fn links(number: usize, line: &str) -> Vec<(usize, String)> {
    let (_, text) = spans(line);
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let relative = targets.filter(|target| !target.contains("://") && !target.contains("mailto:"));
    relative.map(|target| (number, target.to_owned())).collect()
}

fn problem(page: &Page, parts: &Parts<'_>, link: &str) -> Option<String> {
    let (file, anchor) = link.split_once('#').map_or((link, None), |(f, a)| (f, Some(a)));
    let path = page.folder().join(file);
    if !file.is_empty() && !path.exists() {
        return Some("no such file".to_owned());
    }
    let anchor = anchor?;
    let anchors = if file.is_empty() {
        parts.anchors()
    } else {
        Parts::of(&std::fs::read_to_string(path).ok()?).anchors()
    };
    (!anchors.iter().any(|found| found == anchor)).then(|| format!("no such heading; {anchors:?}"))
}
