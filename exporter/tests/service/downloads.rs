//! Finished files: whole, in parts, unchanged, unknown, expired.

use std::time::Duration;

use crate::service::{Service, body};

#[tokio::test]
async fn a_download_says_what_it_is() {
    let service = Service::start().await;
    let (receipt, file) = service.export_file(body("csv", 2)).await;
    let response = service.get(receipt["downloadUrl"].as_str().unwrap()).await;
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(header("content-length"), file.len().to_string());
    let id = receipt["id"].as_str().unwrap();
    let name = format!("attachment; filename=\"export-{id}.csv\"");
    assert_eq!(header("content-disposition"), name);
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(header("cache-control"), "private, no-cache");
}

#[tokio::test]
async fn head_has_the_headers_and_no_body() {
    let service = Service::start().await;
    let (receipt, file) = service.export_file(body("csv", 2)).await;
    let url = service.url(receipt["downloadUrl"].as_str().unwrap());
    let response = service.client.head(url).send().await.unwrap();
    assert_eq!(response.headers()["content-length"], file.len().to_string().as_str());
    assert_eq!(response.bytes().await.unwrap().len(), 0);
}

#[tokio::test]
async fn ranges_give_a_part_and_say_which() {
    let service = Service::start().await;
    let (receipt, file) = service.export_file(body("csv", 2)).await;
    let url = service.url(receipt["downloadUrl"].as_str().unwrap());
    let range = |range: &str| service.client.get(&url).header("range", range).send();
    let part = range("bytes=3-6").await.unwrap();
    assert_eq!(part.status(), 206);
    let content_range = format!("bytes 3-6/{}", file.len());
    assert_eq!(part.headers()["content-range"], content_range.as_str());
    assert_eq!(part.bytes().await.unwrap(), file[3..=6]);
    let beyond = range("bytes=100000-").await.unwrap();
    assert_eq!(beyond.status(), 416);
}

#[tokio::test]
async fn ranges_that_are_malformed_unknown_or_several_give_the_whole_file() {
    let service = Service::start().await;
    let (receipt, file) = service.export_file(body("csv", 2)).await;
    let url = service.url(receipt["downloadUrl"].as_str().unwrap());
    for range in ["items=0-1", "bytes=5-2", "bytes=x-", "bytes=0-1,3-4"] {
        let answer = service.client.get(&url).header("range", range).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{range}");
        assert_eq!(answer.bytes().await.unwrap(), file, "{range}");
    }
    let end = service.client.get(&url).header("range", "bytes=-99999").send().await.unwrap();
    assert_eq!((end.status().as_u16(), end.bytes().await.unwrap()), (206, file.into()));
}

#[tokio::test]
async fn a_part_of_another_state_of_the_file_is_answered_with_the_whole() {
    let service = Service::start().await;
    let (receipt, file) = service.export_file(body("csv", 2)).await;
    let path = receipt["downloadUrl"].as_str().unwrap();
    let first = service.get(path).await;
    let now = |name: &str| first.headers()[name].to_str().unwrap().to_owned();
    for (state, status, length) in [
        (now("etag"), 206, 4),
        (now("last-modified"), 206, 4),
        ("\"other\"".to_owned(), 200, file.len()),
        (format!("W/{}", now("etag")), 200, file.len()),
        ("Sat, 29 Oct 1994 19:43:31 GMT".to_owned(), 200, file.len()),
    ] {
        let request = service.client.get(service.url(path)).header("range", "bytes=3-6");
        let answer = request.header("if-range", &state).send().await.unwrap();
        assert_eq!(answer.status(), status, "{state}");
        assert_eq!(answer.bytes().await.unwrap().len(), length, "{state}");
    }
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again() {
    let service = Service::start().await;
    let (receipt, _) = service.export_file(body("csv", 2)).await;
    let path = receipt["downloadUrl"].as_str().unwrap();
    let first = service.get(path).await;
    for (condition, value) in [("if-none-match", "etag"), ("if-modified-since", "last-modified")] {
        let value = first.headers()[value].clone();
        let request = service.client.get(service.url(path)).header(condition, value);
        assert_eq!(request.send().await.unwrap().status(), 304, "{condition}");
    }
}

#[tokio::test]
async fn ids_are_looked_up_and_never_paths() {
    let service = Service::start().await;
    std::fs::write(service.directory.path().join("secret.csv"), "secret").unwrap();
    for id in ["nope", "secret.csv", "..%2f..%2fetc%2fpasswd", "%2e%2e", "export-0", "%00"] {
        let response = service.get(&format!("/export/download/{id}")).await;
        assert_eq!(response.status(), 404, "{id}");
    }
}

#[tokio::test]
async fn an_expired_file_is_gone_from_disk_and_answered_410() {
    let service = Service::start_with(|config| config.expire_after = Duration::ZERO).await;
    let answer = service.export(body("csv", 2)).await;
    let response = service.get(answer.json["downloadUrl"].as_str().unwrap()).await;
    assert_eq!(response.status(), 410);
    assert_eq!(service.files(), Vec::<String>::new());
}

#[tokio::test]
async fn the_oldest_file_expires_when_all_together_are_larger_than_may_be() {
    let service = Service::start_with(|config| config.max_stored_bytes = 100).await;
    let (first, file) = service.export_file(body("csv", 3)).await;
    assert!(file.len() > 50 && file.len() <= 100, "{}", file.len());
    let (second, _) = service.export_file(body("csv", 3)).await;
    for (receipt, status) in [(first, 410), (second, 200)] {
        let url = receipt["downloadUrl"].as_str().unwrap();
        assert_eq!(service.get(url).await.status(), status);
    }
    assert_eq!(service.files().len(), 1);
}
