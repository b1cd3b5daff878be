//! A page that is read after others says what it says by itself, and has the same faults.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Exposition, ExpositionError, Format, ParseRules, Reader, SecondOpinion, parse_with};

const TEXT: [&str; 26] = [
    "a 1",
    "a  2",
    "  a\t3 ",
    "a {b=\"1\"} 4",
    "a{b=\"1\"} 4",
    "a{b=\"1\"}4 17",
    "a{b=\"1\",c=\"2\"} 5",
    "a{c=\"2\",b=\"1\"} 5",
    "a{ c = \"2\" , b=\"1\", } 6 18",
    "{\"a\",b=\"1\"} 7",
    "a{b=\"\\\\\\\"\\n}\"} 8",
    "a{b=\"\"} 9",
    "a{} 10",
    "ab 11",
    "ab{le=\"10\"} 12",
    "a_bucket{le=\"10\"} 12",
    "a_bucket{le=\"10.0\"} -12",
    "a_count 3",
    "a_sum NaN",
    "a{quantile=\".5\"} 0.5",
    "# TYPE a gauge",
    "# TYPE a histogram",
    "# TYPE a summary",
    "# HELP a helpful",
    "# a comment",
    "a{le=\"x\"} 1 19",
];

const OPENMETRICS: [&str; 16] = [
    "a 1",
    "a 2 3",
    "a 2 3.5 # {} 1",
    "a{b=\"1\"} 4",
    "a{b=\"1\"} 4 17 # {c=\"2\"} 1 2",
    "a{c=\"2\",b=\"1\"} 5",
    "a{b=\"\\t\"} 5",
    "a{b=\"\\\\t\"} 5",
    "{\"a\"} 6",
    "a_total 7",
    "a_bucket{le=\"10\"} 8",
    "a_bucket{le=\"10.0\"} 8",
    "ab 9",
    "# TYPE a counter",
    "# TYPE a histogram",
    "# EOF",
];

/// One change between two pages.
#[derive(Clone, Debug)]
enum Edit {
    Insert(Index, &'static str),
    Remove(Index),
    Swap(Index, Index),
    Overwrite(Index, Index, char),
}

fn edit(lines: &'static [&'static str]) -> impl Strategy<Value = Edit> {
    let character = select(vec!['a', '{', '}', '"', '\\', ' ', '\t', ',', '=', '1', '#', 'é']);
    prop_oneof![
        3 => (any::<Index>(), select(lines)).prop_map(|(at, line)| Edit::Insert(at, line)),
        2 => any::<Index>().prop_map(Edit::Remove),
        2 => any::<(Index, Index)>().prop_map(|(one, other)| Edit::Swap(one, other)),
        1 => (any::<Index>(), any::<Index>(), character)
            .prop_map(|(line, at, character)| Edit::Overwrite(line, at, character)),
    ]
}

fn apply(edit: &Edit, lines: &mut Vec<String>) {
    match edit {
        Edit::Insert(at, line) => lines.insert(at.index(lines.len() + 1), (*line).to_owned()),
        _ if lines.is_empty() => {}
        Edit::Remove(at) => drop(lines.remove(at.index(lines.len()))),
        Edit::Swap(one, other) => {
            let length = lines.len();
            lines.swap(one.index(length), other.index(length));
        }
        Edit::Overwrite(line, at, character) => {
            let line = line.index(lines.len());
            let mut characters: Vec<char> = lines[line].chars().collect();
            let at = at.index(characters.len() + 1);
            characters.splice(at..(at + 1).min(characters.len()), [*character]);
            lines[line] = characters.into_iter().collect();
        }
    }
}

/// Pages that come one after the other.
fn pages(lines: &'static [&'static str]) -> impl Strategy<Value = Vec<Vec<String>>> {
    let first = vec(select(lines).prop_map(str::to_owned), 0..12);
    let edits = vec(vec(edit(lines), 0..4), 1..6);
    (first, edits).prop_map(|(first, edits)| {
        let mut pages = vec![first];
        for edits in edits {
            let mut page = pages.last().cloned().unwrap_or_default();
            for edit in &edits {
                apply(edit, &mut page);
            }
            pages.push(page);
        }
        pages
    })
}

type Shown = (Vec<super::Family>, Vec<(String, u64, Option<i64>)>);

fn shown(read: Result<Exposition, ExpositionError>) -> Result<Shown, ExpositionError> {
    let Exposition { families, samples } = read?;
    let samples = samples.into_iter().map(|sample| {
        let pairs: Vec<_> = sample.labels.iter().collect();
        (format!("{pairs:?}"), sample.value.to_bits(), sample.timestamp_ms)
    });
    Ok((families, samples.collect()))
}

/// How many of these pages could be read.
fn compare(pages: &[(String, Format)], second_opinion: SecondOpinion) -> usize {
    let rules = ParseRules { second_opinion, sample_limit: Some(9), ..ParseRules::default() };
    let mut reader = Reader::new(rules);
    let mut same = |(page, format): &(String, Format)| {
        let after_others = shown(reader.read(page.as_bytes(), *format));
        assert_eq!(after_others, shown(parse_with(page.as_bytes(), *format, rules)), "{page}");
        after_others.is_ok()
    };
    pages.iter().filter(|page| same(page)).count()
}

fn of_text(lines: Vec<String>) -> (String, Format) {
    (lines.into_iter().map(|line| line + "\n").collect(), Format::Text)
}

fn of_openmetrics(lines: Vec<String>) -> (String, Format) {
    (of_text(lines).0 + "# EOF\n", Format::OpenMetrics)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_pages(pages in pages(&TEXT)) {
        let pages: Vec<_> = pages.into_iter().map(of_text).collect();
        compare(&pages, SecondOpinion::Spared);
        compare(&pages, SecondOpinion::Asked);
    }

    #[test]
    fn openmetrics_pages(pages in pages(&OPENMETRICS[..15])) {
        let pages: Vec<_> = pages.into_iter().map(of_openmetrics).collect();
        compare(&pages, SecondOpinion::Spared);
        compare(&pages, SecondOpinion::Asked);
    }

    #[test]
    fn pages_of_both_formats(text in pages(&TEXT), openmetrics in pages(&OPENMETRICS)) {
        let both = text.into_iter().map(of_text).zip(openmetrics.into_iter().map(of_openmetrics));
        let pages: Vec<_> = both.flat_map(|(text, openmetrics)| [text, openmetrics]).collect();
        compare(&pages, SecondOpinion::Spared);
    }
}

fn text_pages_of(pages: &[&str]) -> Vec<(String, Format)> {
    pages.iter().map(|page| ((*page).to_owned(), Format::Text)).collect()
}

#[test]
fn a_name_that_goes_on_with_braces_is_another_series() {
    let pages =
        text_pages_of(&["a 1\n", "a {b=\"1\"} 2\n", "a  {b=\"1\"} 2\n", "a  3\n", "ab 3\n"]);
    assert_eq!(compare(&pages, SecondOpinion::Asked), 5);
}

#[test]
fn a_bound_is_normalised_as_its_family_is_declared_now() {
    let pages = text_pages_of(&[
        "a_bucket{le=\"10\"} 1\n",
        "# TYPE a histogram\na_bucket{le=\"10\"} 1\n",
        "# TYPE a gauge\na_bucket{le=\"10\"} -1\n",
        "# TYPE a histogram\na_bucket{le=\"10\"} -1\n",
    ]);
    assert_eq!(compare(&pages, SecondOpinion::Asked), 3);
}

#[test]
fn an_escape_means_what_the_format_says() {
    let line = "a{b=\"\\t\"} 1\n";
    let openmetrics = (format!("{line}# EOF\n"), Format::OpenMetrics);
    let pages = [openmetrics.clone(), (line.to_owned(), Format::Text), openmetrics];
    assert_eq!(compare(&pages, SecondOpinion::Asked), 2);
}
