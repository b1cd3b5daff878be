//! Rows by example, and rows held against `serde_json`: the same documents are
//! accepted, with the same cells, whatever is done to them.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{super::oracle::RawRow, *};

/// Cells, or what is wrong and where.
type Read = Result<Vec<(CellKind, String)>, (RowFault, usize)>;

/// Reads one row after the other with the same columns, as an export does.
fn read_all<'a>(names: &[&str], rows: impl IntoIterator<Item = &'a str>) -> (Vec<Read>, u64) {
    let mut columns = Columns::new(names.iter().map(|&name| name.to_owned()).collect());
    let mut row = Row::default();
    let read = rows
        .into_iter()
        .map(|json| match read_row(json, &mut columns, &mut row) {
            Ok(length) if is_blank(&json[length..]) => {
                Ok(row.cells().map(|(kind, text)| (kind, text.to_owned())).collect())
            }
            Ok(length) => Err((RowFault::Syntax, length)),
            Err(NoRow::Incomplete) => Err((RowFault::Syntax, json.len())),
            Err(NoRow::Wrong { fault, offset, .. }) => Err((fault, offset)),
        })
        .collect();
    (read, columns.extra_key_count())
}

fn read(names: &[&str], json: &str) -> Read {
    read_all(names, [json]).0.remove(0)
}

fn texts(names: &[&str], json: &str) -> Vec<String> {
    read(names, json).unwrap().into_iter().map(|(_, text)| text).collect()
}

fn is_blank(json: &str) -> bool {
    json.bytes().all(|byte| b" \t\n\r".contains(&byte))
}

#[test]
fn numbers_stay_as_they_were_written() {
    let row = r#"{"a":1.10,"b":-0,"c":1e400,"d":12345678901234567890123}"#;
    assert_eq!(
        texts(&["a", "b", "c", "d"], row),
        ["1.10", "-0", "1e400", "12345678901234567890123"]
    );
}

#[test]
fn strings_are_decoded_null_is_empty_and_nested_values_are_compact() {
    let row = r#"{"s":"\u0131\n\"x\\\ud83d\ude00","n":null,"b":true,"o":{ "k" : [1, "a \" b"] }}"#;
    assert_eq!(
        texts(&["s", "n", "b", "o"], row),
        ["ı\n\"x\\😀", "", "true", r#"{"k":[1,"a \" b"]}"#]
    );
}

#[test]
fn a_missing_key_is_empty_and_an_extra_one_is_counted() {
    let rows = [r#"{"x":1,"b":2,"y":{"a":3}}"#, r#"{"x":1,"b":2,"y":4}"#, r#"{"b":5}"#];
    let (read, extra_keys) = read_all(&["a", "b"], rows);
    let second: Vec<_> = read.iter().map(|row| row.as_ref().unwrap()[1].1.as_str()).collect();
    assert_eq!(second, ["2", "2", "5"]);
    assert!(read.iter().all(|row| row.as_ref().unwrap()[0].1.is_empty()));
    assert_eq!(extra_keys, 4);
}

#[test]
fn a_repeated_key_is_refused_at_its_place_whether_it_is_a_column_or_not() {
    for json in [r#"{"a":1,"a":2}"#, r#"{"x":1,"x":2}"#, r#"{"a":1,"\u0061":2}"#] {
        assert_eq!(read(&["a"], json), Err((RowFault::RepeatedKey, 7)), "{json}");
    }
    // Also behind keys that the row before had.
    let rows = [r#"{"a":1,"x":2}"#, r#"{"a":1,"x":2,"a":3}"#];
    assert_eq!(read_all(&["a"], rows).0[1], Err((RowFault::RepeatedKey, 13)));
}

#[test]
fn an_array_must_have_as_many_cells_as_columns() {
    assert_eq!(texts(&["a", "b"], r#"[1,"x"]"#), ["1", "x"]);
    for json in ["[1]", "[1,2,3]", "[]"] {
        assert_eq!(read(&["a", "b"], json), Err((RowFault::Mismatch, 0)), "{json}");
    }
}

#[test]
fn what_is_not_json_is_refused_at_its_first_wrong_byte() {
    for (json, offset) in [
        (r#"{"a":1x}"#, 6),
        (r#"{"a":01}"#, 6),
        (r#"{"a":-}"#, 6),
        (r#"{"a":1.}"#, 7),
        (r#"{"a":1e+}"#, 8),
        (r#"{"a":}"#, 5),
        (r#"{"a" 1}"#, 5),
        (r#"{"a":1,}"#, 7),
        (r"{a:1}", 1),
        (r#"{"a":"\ud800"}"#, 6),
        (r#"{"a":"x\ud800\u0041"}"#, 7),
        (r#"{"a":"\udc00"}"#, 6),
        (r#"{"a":"\x"}"#, 7),
        (r#"{"a":"\u00g0"}"#, 10),
        (r#"{"a":tru}"#, 8),
        ("{\"a\":\"\u{1}\"}", 6),
        (r#"{"a":[1,}"#, 8),
        (r#"{"a":[1}"#, 7),
        (r#"{"a":{"b":1]}"#, 11),
        ("[1,,2]", 3),
        ("[1,]", 3),
        (r#"{"a":1}}"#, 7),
        (r#"{"a":ü}"#, 5),
    ] {
        assert_eq!(read(&["a"], json), Err((RowFault::Syntax, offset)), "{json}");
    }
}

#[test]
fn a_deep_value_needs_no_stack() {
    let depth = 100_000;
    let json = format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(texts(&["a"], &json)[0].len(), 2 * depth);
}

#[test]
fn the_first_row_gives_its_keys_in_order() {
    assert_eq!(read_keys(r#"{"b":1,"a":{"x":2},"c":[]}"#).unwrap(), ["b", "a", "c"]);
    assert!(matches!(
        read_keys(r#"{"b":1,"b":2}"#),
        Err(NoRow::Wrong { fault: RowFault::RepeatedKey, offset: 7, .. })
    ));
}

/// The cells by `serde_json`; `None` where it, or the rules for rows, refuse.
fn expected(names: &[&str], json: &str) -> Option<Vec<String>> {
    serde_json::from_str::<RawRow>(json).ok()?.texts(names)
}

const NAMES: [&str; 3] = ["a", "b\"", "ç"];
/// Keys as they may be written: columns twice, and others.
const KEYS: [&str; 7] =
    [r#""a""#, r#""\u0061""#, r#""b\"""#, r#""ç""#, r#""\u00e7""#, r#""x""#, r#""""#];

fn blank() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", "", " ", "\n\t", "\r "])
}

fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        select(vec!["null", "true", "false", "0", "-0.5e-7", "1E400", "17", r#""""#, "[]", "{ }"])
            .prop_map(str::to_owned),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        select(vec![
            r#""\ud83d\ude00""#,
            r#""\ud800""#,
            r#""\/\b\f""#,
            r#""plain words of length""#
        ])
        .prop_map(str::to_owned),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec((blank(), inner.clone(), blank()), 0..4).prop_map(|values| {
                let values = values.into_iter().map(|(l, value, r)| format!("{l}{value}{r}"));
                format!("[{}]", values.collect::<Vec<_>>().join(","))
            }),
            vec((select(KEYS.to_vec()), blank(), inner), 0..4).prop_map(object),
        ]
    })
}

fn object(members: Vec<(&str, &str, String)>) -> String {
    let members = members.into_iter().map(|(key, l, value)| format!("{l}{key}{l}:{value}{l}"));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn row() -> impl Strategy<Value = String> {
    let cells = (blank(), value()).prop_map(|(l, value)| format!("{l}{value}"));
    prop_oneof![
        3 => vec((select(KEYS.to_vec()), blank(), value()), 0..5).prop_map(object),
        1 => vec(cells, 2..5).prop_map(|cells| format!("[{}]", cells.join(","))),
    ]
}

/// Something that is done to a text: at this character, this many of its
/// characters are replaced by this.
fn mutation() -> impl Strategy<Value = (prop::sample::Index, usize, String)> {
    (any::<prop::sample::Index>(), 0..3_usize, "[\\[\\]{}:,\"\\\\0-9eE+.tfnu\u{1} \tüa-]{0,2}")
}

fn mutate(text: &str, (place, length, by): (prop::sample::Index, usize, String)) -> String {
    let characters: Vec<char> = text.chars().collect();
    let start = place.index(characters.len() + 1);
    let end = (start + length).min(characters.len());
    let kept = |range: std::ops::Range<usize>| characters[range].iter().collect::<String>();
    kept(0..start) + &by + &kept(end..characters.len())
}

fn assert_same(rows: &[String]) {
    let (read, _) = read_all(&NAMES, rows.iter().map(String::as_str));
    for (row, read) in rows.iter().zip(read) {
        let found = read.ok().map(|cells| cells.into_iter().map(|(_, text)| text).collect());
        assert_eq!(found, expected(&NAMES, row), "{row}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn rows_are_read_as_serde_json_reads_them(rows in vec(row(), 1..5)) {
        assert_same(&rows);
    }

    #[test]
    fn what_is_done_to_a_row_is_refused_where_serde_json_refuses_it(
        row in row(), mutations in vec(mutation(), 1..3)
    ) {
        let broken = mutations.into_iter().fold(row.clone(), |row, done| mutate(&row, done));
        assert_same(&[row.clone(), broken, row]);
    }

    #[test]
    fn the_beginning_of_a_row_is_incomplete_and_nothing_else(row in row()) {
        let mut columns = Columns::new(NAMES.map(str::to_owned).to_vec());
        let mut cells = Row::default();
        if read_row(&row, &mut columns, &mut cells).is_ok() {
            for (end, _) in row.char_indices() {
                let beginning = read_row(&row[..end], &mut columns, &mut cells);
                prop_assert_eq!(beginning, Err(NoRow::Incomplete), "{}", &row[..end]);
            }
        }
    }
}
