//! Each route, on a good day.

use serde_json::json;

use crate::service::{Service, body, body_with_columns_last};

#[tokio::test]
async fn csv_export_answers_with_a_receipt_and_a_file() {
    let service = Service::start().await;
    let (receipt, file) = service.export_file(body("csv", 3)).await;
    assert_eq!(file, b"id,name,price\r\n0,row 0,0.50\r\n1,row 1,1.50\r\n2,row 2,2.50\r\n");
    assert_eq!(receipt["success"], json!(true));
    assert_eq!(receipt["format"], json!("csv"));
    assert_eq!(receipt["records"], json!(3));
    assert_eq!(receipt["bytes"], json!(file.len()));
    assert!(receipt["processingTime"].as_f64().unwrap() > 0.0);
    let id = receipt["id"].as_str().unwrap();
    assert_eq!(receipt["downloadUrl"], json!(format!("/export/download/{id}")));
}

#[tokio::test]
async fn keys_may_come_in_any_order() {
    let service = Service::start().await;
    let orders = [
        r#"{"format":"csv","columns":["b","a"],"data":[{"a":1,"b":"x"}],"user":"u"}"#,
        r#"{"data":[{"a":1,"b":"x"}],"user":"u","columns":["b","a"],"format":"csv"}"#,
        r#"{"columns":["b","a"],"data" : [ {"a":1,"b":"x"} ] ,"format":"csv"}"#,
    ];
    for order in orders {
        assert_eq!(service.export_file(order).await.1, b"b,a\r\nx,1\r\n", "{order}");
    }
}

#[tokio::test]
async fn without_columns_the_first_row_names_them() {
    let service = Service::start().await;
    let request = r#"{"format":"csv","data":[{"z":1,"a":2},{"a":3,"q":4}]}"#;
    let (receipt, file) = service.export_file(request).await;
    assert_eq!(file, b"z,a\r\n1,2\r\n,3\r\n");
    assert_eq!(receipt["ignoredCells"], json!(1));
}

#[tokio::test]
async fn rows_may_be_arrays() {
    let service = Service::start().await;
    let request = r#"{"format":"csv","columns":["a","b"],"data":[[1,"x"],[null,{"k":[1, 2]}]]}"#;
    assert_eq!(service.export_file(request).await.1, b"a,b\r\n1,x\r\n,\"{\"\"k\"\":[1,2]}\"\r\n");
}

#[tokio::test]
async fn no_rows_make_a_file_with_a_header() {
    let service = Service::start().await;
    let request = r#"{"format":"csv","columns":["a","b"],"data":[]}"#;
    assert_eq!(service.export_file(request).await.1, b"a,b\r\n");
}

#[tokio::test]
async fn csv_options_are_heeded_and_unknown_keys_are_named() {
    let service = Service::start().await;
    let request = r#"{"format":"csv","columns":["a","b"],"delimiter":";","bom":true,"formulas":"escape","colour":1,"data":[["=1+1",-5]]}"#;
    let (receipt, file) = service.export_file(request).await;
    assert_eq!(String::from_utf8(file).unwrap(), "\u{feff}a;b\r\n'=1+1;-5\r\n");
    assert_eq!(receipt["ignoredKeys"], json!(["colour"]));
}

#[tokio::test]
async fn a_large_export_is_whole_with_columns_before_or_after_the_rows() {
    let service = Service::start().await;
    let streamed = service.export_file(body("csv", 20_000)).await.1;
    let spooled = service.export_file(body_with_columns_last(20_000)).await.1;
    assert_eq!(streamed, spooled);
    assert_eq!(csv_rows(&streamed), 20_000);
}

#[tokio::test]
async fn status_health_and_unknown_routes_answer_as_json() {
    let service = Service::start().await;
    let status = service.get_json("/export/status").await;
    let expected = json!({
        "status": "ready", "concurrentExports": 0, "queueDepth": 0, "maxConcurrent": 5, "maxQueue": 100
    });
    assert_eq!(status, expected);
    let health = service.get_json("/health").await;
    assert_eq!(health["ok"], json!(true));
    assert!(health["ts"].as_u64().unwrap() > 1_700_000_000_000);
    let nothing = service.get("/nothing").await;
    assert_eq!(nothing.status(), 404);
    let method = service.get("/export/run").await;
    assert_eq!(method.status(), 405);
}

fn csv_rows(file: &[u8]) -> usize {
    csv::Reader::from_reader(file).records().map(Result::unwrap).count()
}

#[tokio::test]
async fn many_exports_go_over_one_connection() {
    use tokio::io::AsyncWriteExt;

    let service = Service::start().await;
    let request = body("csv", 2);
    let mut connection = service.begin_upload(request.len(), &request).await;
    for _ in 0..3 {
        let answer = crate::service::read_answer(&mut connection).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let length = request.len();
        let head =
            format!("POST /export/run HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
    }
}
