//! What a client can send wrong: each has its status, its reason and its place,
//! leaves no file, and is counted.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use tokio::io::AsyncWriteExt;

use crate::service::{Service, body, read_answer, total};

/// Bodies, and the status and reason each is answered with.
const WRONG: &[(&str, u16, &str)] = &[
    ("", 400, "bad_json"),
    ("hello", 400, "bad_json"),
    ("[]", 400, "bad_json"),
    ("{}", 400, "bad_request"),
    (r#"{"format":"csv"}"#, 400, "bad_request"),
    (r#"{"format":"xls","data":[]}"#, 400, "bad_request"),
    (r#"{"format":7,"data":[]}"#, 400, "bad_request"),
    (r#"{"format":"csv","data":{}}"#, 400, "bad_request"),
    (r#"{"format":"csv","data":[]}"#, 400, "bad_request"),
    (r#"{"format":"csv","columns":[],"data":[]}"#, 400, "bad_request"),
    (r#"{"format":"csv","columns":"a","data":[]}"#, 400, "bad_request"),
    (r#"{"format":"csv","columns":["a","a"],"data":[]}"#, 400, "repeated_key"),
    (r#"{"format":"csv","data":[1]}"#, 400, "bad_request"),
    (r#"{"format":"csv","data":["x"]}"#, 400, "bad_request"),
    (r#"{"format":"csv","data":[[1]]}"#, 400, "bad_request"),
    (r#"{"format":"csv","columns":["a"],"data":[[1,2]]}"#, 400, "row_mismatch"),
    (r#"{"format":"csv","columns":["a"],"data":[[1],{"a":1}]}"#, 400, "row_mismatch"),
    (r#"{"format":"csv","columns":["a"],"data":[{"a":1,"a":2}]}"#, 400, "repeated_key"),
    (r#"{"format":"csv","format":"csv","data":[]}"#, 400, "repeated_key"),
    (r#"{"format":"csv","columns":["a"],"data":[[1]],"data":[[1]]}"#, 400, "repeated_key"),
    (r#"{"format":"csv","columns":["a"],"data":[[1],]}"#, 400, "bad_json"),
    (r#"{"format":"csv","columns":["a"],"data":[[1] [2]]}"#, 400, "bad_json"),
    (r#"{"format":"csv","columns":["a"],"data":[[1x]]}"#, 400, "bad_json"),
    (r#"{"format":"csv","columns":["a"],"data":[[1]"#, 400, "bad_json"),
    (r#"{"format":"csv","columns":["a"],"data":[[1]]"#, 400, "bad_json"),
    (r#"{"format":"csv","columns":["a"],"data":[[1]]} x"#, 400, "bad_json"),
    (r#"{"format":"csv","columns":["a"],"data":[[1]],"title":"late"}"#, 400, "bad_request"),
    (r#"{"data":[[1],]   ,"columns":["a"],"format":"csv"}"#, 400, "bad_json"),
    (r#"{"data":[{"a":1"#, 400, "bad_json"),
];

#[tokio::test]
async fn each_wrong_body_is_answered_counted_and_leaves_nothing() {
    let service = Service::start().await;
    for (request, status, reason) in WRONG {
        let answer = service.export(*request).await;
        let found = (answer.status, answer.json["reason"].as_str());
        assert_eq!(found, (*status, Some(*reason)), "{request} -> {}", answer.json);
        assert_eq!(answer.json["success"], false);
        assert_eq!(service.files(), Vec::<String>::new(), "{request}");
    }
    service.wait_for(0, 0).await;
    let exposition = service.get("/export/metrics").await.text().await.unwrap();
    assert_eq!(
        total(&exposition, "export_requests_total{", "status=\"rejected\""),
        WRONG.len() as u64
    );
    assert_eq!(total(&exposition, "export_fail_total{", "reason="), WRONG.len() as u64);
    assert_eq!(total(&exposition, "export_requests_total{", "status=\"failed\""), 0);
}

#[tokio::test]
async fn the_answer_names_the_byte_and_the_row() {
    let service = Service::start().await;
    let before = r#"{"format":"csv","columns":["a"],"data":[{"a":1},{"a":"#;
    let answer = service.export(format!("{before}x}}]}}")).await;
    assert_eq!(answer.json["offset"].as_u64(), Some(before.len() as u64));
    assert!(answer.json["error"].as_str().unwrap().starts_with("row 2"), "{}", answer.json);
}

#[tokio::test]
async fn text_that_is_not_utf8_is_refused() {
    let service = Service::start().await;
    let mut request = br#"{"format":"csv","columns":["a"],"data":[[""#.to_vec();
    let offset = request.len() as u64;
    request.extend_from_slice(b"\xff\"]]}");
    let answer = service.export(request).await;
    assert_eq!((answer.status, answer.json["offset"].as_u64()), (400, Some(offset)));
}

#[tokio::test]
async fn a_body_that_is_encoded_is_refused_before_it_is_read_as_json() {
    let service = Service::start().await;
    let post = |encoding: &str| {
        let request = service.client.post(service.url("/export/run"));
        request.header("content-encoding", encoding).body(body("csv", 1)).send()
    };
    let answer = post("gzip").await.unwrap();
    assert_eq!(answer.status(), 415);
    let told = answer.text().await.unwrap();
    assert!(told.contains("encoded as `gzip`") && told.contains("bad_request"), "{told}");
    let rejected = "export_fail_total{format=\"unknown\",reason=\"bad_request\"}";
    assert_eq!(service.sample(rejected).await, Some(1.0));
    assert_eq!(post("identity").await.unwrap().status(), 200);
}

#[tokio::test]
async fn each_limit_on_what_is_asked_for_is_413_with_its_own_reason() {
    let service = Service::start_with(|config| {
        config.limits.max_body_bytes = 10_000;
        config.limits.max_rows = 20;
        config.limits.max_columns = 3;
        config.limits.max_row_bytes = 1_000;
        config.limits.max_cell_bytes = 100;
    })
    .await;
    let columns = |names: &str| format!(r#"{{"format":"csv","columns":[{names}],"data":[]}}"#);
    let cell = |format: &str, length: usize| {
        let text = "x".repeat(length);
        format!(r#"{{"format":"{format}","columns":["a"],"data":[{{"a":1}},{{"a":"{text}"}}]}}"#)
    };
    let cases = [
        (body("csv", 1_000), "too_large"),
        (body("csv", 21), "too_many_rows"),
        (body("pdf", 21), "too_many_rows"),
        (columns(r#""a","b","c","d""#), "too_many_columns"),
        (columns(&format!("\"{}\"", "x".repeat(101))), "cell_too_long"),
        (cell("csv", 101), "cell_too_long"),
        (cell("pdf", 101), "cell_too_long"),
        (cell("csv", 1_000), "value_too_long"),
    ];
    for (request, reason) in &cases {
        let answer = service.export(request.clone()).await;
        let found = (answer.status, answer.json["reason"].as_str());
        assert_eq!(found, (413, Some(*reason)), "{}", answer.json);
    }
    assert_eq!(service.files(), Vec::<String>::new());
    let exposition = service.get("/export/metrics").await.text().await.unwrap();
    for (_, reason) in &cases {
        let sent = cases.iter().filter(|(_, other)| other == reason).count() as u64;
        let label = format!("reason=\"{reason}\"");
        assert_eq!(total(&exposition, "export_fail_total{", &label), sent, "{reason}");
    }
    assert_eq!(service.export(body("csv", 20)).await.status, 200);
    assert_eq!(service.export(cell("csv", 100)).await.status, 200);
}

#[tokio::test]
async fn a_cell_that_is_too_long_is_named_with_its_row_and_column() {
    let service = Service::start_with(|config| config.limits.max_cell_bytes = 5).await;
    let request = r#"{"format":"csv","columns":["a","b"],"data":[["12345",1],["x","123456"]]}"#;
    let answer = service.export(request).await;
    let expected = "row 2: the cell of `b` has 6 bytes and at most 5 may be; shorten it";
    assert_eq!(answer.json["error"], expected);
    assert_eq!(answer.json["offset"].as_u64(), request.find("[\"x\"").map(|byte| byte as u64));
}

#[tokio::test]
async fn a_declared_length_beyond_the_limit_is_refused_before_the_body_comes() {
    let service = Service::start_with(|config| {
        config.limits.max_body_bytes = 1_000;
        config.limits.body_timeout = Duration::from_secs(3_600);
    })
    .await;
    for beginning in ["", "{"] {
        let mut idle = service.begin_upload(1_001, beginning).await;
        let answer = tokio::time::timeout(Duration::from_secs(5), read_answer(&mut idle)).await;
        assert!(answer.unwrap().starts_with("HTTP/1.1 413"));
    }
}

#[tokio::test]
async fn a_client_that_sends_on_gets_to_see_the_413() {
    let service = Service::start_with(|config| config.limits.max_body_bytes = 1 << 20).await;
    let length = 32 << 20;
    let mut upload = service.begin_upload(length, "").await;
    for _ in 0..32 {
        upload.write_all(&vec![b' '; 1 << 20]).await.unwrap();
    }
    assert!(read_answer(&mut upload).await.starts_with("HTTP/1.1 413"));
    for _ in 0..3 {
        assert_eq!(service.export(vec![b' '; length]).await.status, 413);
    }
}

#[tokio::test]
async fn an_export_that_runs_too_long_is_504_whoever_was_slow() {
    let service = Service::start_with(|config| {
        config.limits.export_timeout = Duration::from_millis(300);
    })
    .await;
    let mut upload = service.begin_upload(1_000, r#"{"format":"csv","columns":["a"],"#).await;
    let answer = read_answer(&mut upload).await;
    assert!(answer.starts_with("HTTP/1.1 504") && answer.contains("deadline"), "{answer}");
}

#[tokio::test]
async fn a_body_without_a_length_is_bounded_too() {
    let service = Service::start_with(|config| config.limits.max_body_bytes = 1_000).await;
    let pieces = (0..10).map(|_| Ok::<_, std::io::Error>(vec![b' '; 500]));
    let chunked = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    assert_eq!(service.export(chunked).await.status, 413);
}

#[tokio::test]
async fn a_truncated_body_leaves_no_file_and_is_counted() {
    let service = Service::start().await;
    let mut upload = service.begin_upload(1_000, r#"{"format":"csv","columns":["a"],"#).await;
    upload.write_all(br#""data":[[1],[2]"#).await.unwrap();
    service.wait_for(1, 0).await;
    drop(upload);
    service.wait_for(0, 0).await;
    assert_eq!(service.files(), Vec::<String>::new());
    let gone = r#"export_fail_total{format="csv",reason="client_gone"}"#;
    assert_eq!(service.sample(gone).await, Some(1.0));
}

#[tokio::test]
async fn more_pdf_columns_than_a_page_holds_are_refused() {
    let service = Service::start().await;
    let columns: Vec<String> = (0..60).map(|n| format!("\"c{n}\"")).collect();
    let request = format!(r#"{{"format":"pdf","columns":[{}],"data":[]}}"#, columns.join(","));
    let answer = service.export(request).await;
    assert_eq!(answer.status, 400);
    assert!(answer.json["error"].as_str().unwrap().contains("at most"), "{}", answer.json);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_507_and_the_service_stays_up() {
    let service = Service::start().await;
    assert_eq!(service.get("/health").await.status(), 200);
    let permissions = std::fs::Permissions::from_mode(0o555);
    std::fs::set_permissions(service.directory.path(), permissions).unwrap();
    if std::fs::write(service.directory.path().join("probe"), "").is_ok() {
        // The superuser may write anywhere: take the folder away instead.
        std::fs::remove_dir_all(service.directory.path()).unwrap();
    }
    let answer = service.export(body("csv", 1)).await;
    assert_eq!(answer.status, 507, "{}", answer.json);
    let folder = service.directory.path().to_str().unwrap();
    assert!(!answer.json.to_string().contains(folder), "{}", answer.json);
    assert_eq!(service.get("/health").await.status(), 200);
    let failed = r#"export_requests_total{format="csv",status="failed",user="anonymous"}"#;
    assert_eq!(service.sample(failed).await, Some(1.0));
}
