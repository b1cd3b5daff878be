//! PDF files, as other readers see them.

use crate::{outside, service::Service};

/// Lines of text in scripts that must come back as they were.
const TEXTS: &[&str] = &[
    "Iğdır'da şöyle çok güzel bir öğün: İIıi ĞÜŞÖÇ ğüşöç",
    "Ελληνικά: Ο καιρός είναι ωραίος, ΆΈΉΊΌΎΏ ϊϋΐΰ",
    "Русский: съешь ещё этих мягких французских булок",
    "Українська: їжак ґава єнот і її",
    "Polski: zażółć gęślą jaźń — „cytat” 100 €",
];

fn request(rows: usize) -> String {
    let row =
        |n: usize| format!("[{n},{}]", serde_json::to_string(TEXTS[n % TEXTS.len()]).unwrap());
    let rows: Vec<String> = (0..rows).map(row).collect();
    let data = rows.join(",");
    format!(r#"{{"format":"pdf","title":"Rapor: İşler","columns":["no","metin"],"data":[{data}]}}"#)
}

fn text_of(file: &[u8]) -> String {
    let output = outside::run("pdftotext", &["-layout", "-", "-"], file);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn pdftotext_gives_back_every_row_in_every_script() {
    if !outside::has("pdftotext") {
        return;
    }
    let service = Service::start().await;
    let (receipt, file) = service.export_file(request(103)).await;
    assert_eq!(receipt["unmappedCharacters"], 0);
    assert_eq!(receipt["unshapedCharacters"], 0);
    assert_eq!(receipt["cutCells"], 0);
    let text = text_of(&file);
    for row in 0..103 {
        let number = row.to_string();
        let found = text.lines().any(|line| {
            line.trim_start()
                .strip_prefix(&number)
                .is_some_and(|rest| rest.trim() == TEXTS[row % TEXTS.len()])
        });
        assert!(found, "row {row} is missing in:\n{text}");
    }
}

#[tokio::test]
async fn each_page_has_title_header_fifty_rows_and_its_number() {
    if !outside::has("pdftotext") {
        return;
    }
    let service = Service::start().await;
    let (_, file) = service.export_file(request(103)).await;
    let text = text_of(&file);
    let pages: Vec<&str> = text.split('\u{c}').filter(|page| !page.trim().is_empty()).collect();
    assert_eq!(pages.len(), 3);
    for (index, page) in pages.iter().enumerate() {
        assert!(page.contains("Rapor: İşler"), "{page}");
        assert!(page.lines().any(|line| line.contains("no") && line.contains("metin")), "{page}");
        assert!(page.contains(&format!("page {} of 3", index + 1)), "{page}");
    }
    let rows = pages[0].lines().filter(|line| TEXTS.iter().any(|text| line.contains(text)));
    assert_eq!(rows.count(), 50);
}

#[tokio::test]
async fn qpdf_finds_nothing_wrong() {
    if !outside::has("qpdf") {
        return;
    }
    let service = Service::start().await;
    for rows in [0, 1, 50, 51, 500] {
        let (_, file) = service.export_file(request(rows)).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.pdf");
        std::fs::write(&path, file).unwrap();
        let output = outside::run("qpdf", &["--check", path.to_str().unwrap()], b"");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{rows} rows: {text}");
    }
}

#[tokio::test]
async fn printpdf_reads_the_same_text() {
    let service = Service::start().await;
    let (_, file) = service.export_file(request(60)).await;
    let options = printpdf::PdfParseOptions::default();
    let document = printpdf::PdfDocument::parse(&file, &options, &mut Vec::new()).unwrap();
    let pages: Vec<String> = document.extract_text().iter().map(|page| page.concat()).collect();
    assert_eq!(pages.len(), 2);
    for text in TEXTS {
        assert!(pages[0].contains(text), "{text} is missing in:\n{}", pages[0]);
    }
}

#[tokio::test]
async fn text_that_cannot_be_drawn_is_counted_and_can_still_be_copied() {
    if !outside::has("pdftotext") {
        return;
    }
    let service = Service::start().await;
    let request = r#"{"format":"pdf","columns":["a"],"data":[["漢字 ok"],["سلام"]]}"#;
    let (receipt, file) = service.export_file(request).await;
    assert_eq!(receipt["unmappedCharacters"], 2);
    assert_eq!(receipt["unshapedCharacters"], 4);
    assert!(text_of(&file).contains("漢字 ok"));
}

#[tokio::test]
async fn a_cell_that_does_not_fit_ends_in_an_ellipsis_and_is_counted() {
    if !outside::has("pdftotext") {
        return;
    }
    let service = Service::start().await;
    let long = "word ".repeat(200);
    let request = format!(r#"{{"format":"pdf","columns":["a","b"],"data":[["{long}","short"]]}}"#);
    let (receipt, file) = service.export_file(request).await;
    assert_eq!(receipt["cutCells"], 1);
    assert!(text_of(&file).lines().any(|line| line.contains('…') && line.contains("short")));
}

#[tokio::test]
async fn numbers_end_at_the_right_of_their_column_and_texts_begin_at_the_left() {
    if !outside::has("pdftotext") {
        return;
    }
    let service = Service::start().await;
    let request = r#"{"format":"pdf","columns":["amount","word"],
        "data":[[-5,"aa"],[1234.5,"bb"],[-1e-7,"cc"],[0,"dd"]]}"#;
    let (_, file) = service.export_file(request).await;
    let output = outside::run("pdftotext", &["-bbox", "-", "-"], &file);
    let boxes = String::from_utf8(output.stdout).unwrap();
    let edge = |word: &str, edge: &str| -> f64 {
        let line = boxes.lines().find(|line| line.contains(&format!(">{word}<"))).unwrap();
        let value = line.split_once(&format!("{edge}=\"")).unwrap().1;
        value.split_once('"').unwrap().0.parse().unwrap()
    };
    for number in ["-5", "1234.5", "-1e-7", "0"] {
        assert!((edge(number, "xMax") - edge("amount", "xMax")).abs() < 0.02, "{boxes}");
    }
    for word in ["aa", "bb", "cc", "dd"] {
        assert!((edge(word, "xMin") - edge("word", "xMin")).abs() < 0.02, "{boxes}");
    }
}

#[tokio::test]
async fn the_title_is_in_the_metadata() {
    let service = Service::start().await;
    let (_, file) = service.export_file(request(1)).await;
    let options = printpdf::PdfParseOptions::default();
    let document = printpdf::PdfDocument::parse(&file, &options, &mut Vec::new()).unwrap();
    assert_eq!(document.metadata.info.document_title, "Rapor: İşler");
}
