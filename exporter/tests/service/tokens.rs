//! `--tokens`: who may do what, whose an export is, and what those see who may not.

use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use exporter::Access;
use reqwest::header::WWW_AUTHENTICATE;
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use crate::{
    outside,
    process::Process,
    service::{Service, body, read_answer},
};

/// A file of tokens, and the tokens that are in it.
struct Tokens {
    folder: TempDir,
    lines: String,
}

impl Tokens {
    fn none() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), lines: String::new() }
    }

    /// Makes a token with the subcommand and adds its line; gives the token.
    fn add(&mut self, name: &str, scopes: &str) -> String {
        let (line, token) = made(&[name, "--scope", scopes]);
        self.lines.push_str(&line);
        std::fs::write(self.path(), &self.lines).unwrap();
        token
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("tokens")
    }

    async fn service(&self) -> Service {
        let access = Access::from_file(&self.path()).unwrap();
        Service::start_with(|config| config.access = access).await
    }
}

/// What `exporter token` prints: the line, and the token.
fn made(arguments: &[&str]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exporter"));
    let output = command.arg("token").args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let token = String::from_utf8(output.stderr).unwrap().trim_end().to_owned();
    (String::from_utf8(output.stdout).unwrap(), token)
}

impl Service {
    async fn get_as(&self, token: &str, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).bearer_auth(token).send().await.unwrap()
    }

    async fn export_as(&self, token: &str, body: String) -> reqwest::Response {
        let request = self.client.post(self.url("/export/run")).bearer_auth(token);
        request.body(body).send().await.unwrap()
    }

    async fn exported_by(&self, token: &str) -> String {
        let response = self.export_as(token, body("csv", 1)).await;
        let receipt: serde_json::Value = response.json().await.unwrap();
        receipt["downloadUrl"].as_str().unwrap().to_owned()
    }
}

#[test]
fn the_line_of_a_new_token_has_the_hash_that_others_find() {
    if !outside::has("sha256sum") {
        return;
    }
    let (line, token) = made(&["ann"]);
    let output = outside::run("sha256sum", &[], token.as_bytes()).stdout;
    let sum = String::from_utf8(output).unwrap();
    assert_eq!(line, format!("ann export sha256:{}\n", &sum[..64]));
    assert_ne!(made(&["ann"]).1, token);
}

#[test]
fn who_closes_the_stream_for_the_line_or_the_token_is_told_the_other() {
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exporter"));
        command.args(["token", "ann"]);
        command
    };
    let closed = || std::io::pipe().unwrap().1;
    let token = command().stdout(closed()).stderr(Stdio::piped()).spawn().unwrap();
    let line = command().stdout(Stdio::piped()).stderr(closed()).spawn().unwrap();
    let (token, line) = (token.wait_with_output().unwrap(), line.wait_with_output().unwrap());
    assert!(token.status.success() && token.stderr.starts_with(b"exporter_"), "{token:?}");
    assert!(line.status.success() && line.stdout.starts_with(b"ann export sha256:"), "{line:?}");
}

#[test]
fn a_name_that_cannot_be_a_label_of_its_own_is_a_usage_error() {
    for name in ["", "a b", "other", "anonymous", "ü"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exporter"));
        let output = command.args(["token", name]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
    }
}

#[tokio::test]
async fn without_the_right_token_nothing_is_exported_and_the_answer_says_what_is_missing() {
    let mut tokens = Tokens::none();
    let prom = tokens.add("prom", "metrics");
    let service = tokens.service().await;
    let bare = service.client.post(service.url("/export/run")).body(body("csv", 1));
    let bare = bare.send().await.unwrap();
    let unknown = service.export_as("guess", body("csv", 1)).await;
    let forbidden = service.export_as(&prom, body("csv", 1)).await;
    for (response, status, reason, challenge) in [
        (bare, 401, "unauthorized", r#"Bearer realm="exporter""#),
        (unknown, 401, "unauthorized", r#"Bearer realm="exporter", error="invalid_token""#),
        (
            forbidden,
            403,
            "forbidden",
            r#"Bearer realm="exporter", error="insufficient_scope", scope="export""#,
        ),
    ] {
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()[WWW_AUTHENTICATE], challenge);
        let json: serde_json::Value = response.json().await.unwrap();
        assert_eq!(
            (json["success"].as_bool(), json["reason"].as_str()),
            (Some(false), Some(reason))
        );
    }
    let exposition = service.get_as(&prom, "/export/metrics").await.text().await.unwrap();
    for sample in [
        r#"export_requests_total{format="unknown",status="rejected",user="anonymous"} 2"#,
        r#"export_requests_total{format="unknown",status="rejected",user="prom"} 1"#,
        r#"export_fail_total{format="unknown",reason="unauthorized"} 2"#,
        r#"export_fail_total{format="unknown",reason="forbidden"} 1"#,
    ] {
        assert!(exposition.lines().any(|line| line == sample), "{sample}\n{exposition}");
    }
    assert_eq!(service.files(), Vec::<String>::new());
}

#[tokio::test]
async fn the_name_of_the_token_is_the_user_whatever_the_body_says() {
    let mut tokens = Tokens::none();
    let ann = tokens.add("ann", "export,metrics");
    let service = tokens.service().await;
    let request = body("csv", 1).replacen('{', r#"{"user":"bob","#, 1);
    assert_eq!(service.export_as(&ann, request).await.status(), 200);
    assert_eq!(service.export_as(&ann, "no".to_owned()).await.status(), 400);
    let exposition = service.get_as(&ann, "/export/metrics").await.text().await.unwrap();
    for sample in [
        r#"export_requests_total{format="csv",status="succeeded",user="ann"} 1"#,
        r#"export_requests_total{format="unknown",status="rejected",user="ann"} 1"#,
    ] {
        assert!(exposition.lines().any(|line| line == sample), "{sample}\n{exposition}");
    }
    assert!(!exposition.contains("bob"), "{exposition}");
}

#[tokio::test]
async fn a_download_of_somebody_else_is_as_unknown_as_one_that_never_was() {
    let mut tokens = Tokens::none();
    let (ann, bob) = (tokens.add("ann", "export"), tokens.add("bob", "export"));
    let service = tokens.service().await;
    let url = service.exported_by(&ann).await;
    assert_eq!(service.get_as(&ann, &url).await.status(), 200);
    assert_eq!(service.get(&url).await.status(), 401);
    let others = service.get_as(&bob, &url).await;
    assert_eq!(others.status(), 404);
    let never = service.get_as(&bob, "/export/download/0-0").await;
    assert_eq!(others.bytes().await.unwrap(), never.bytes().await.unwrap());
}

#[tokio::test]
async fn an_expired_download_is_gone_for_its_owner_and_unknown_to_others() {
    let mut tokens = Tokens::none();
    let (ann, bob) = (tokens.add("ann", "export"), tokens.add("bob", "export"));
    let access = Access::from_file(&tokens.path()).unwrap();
    let service = Service::start_with(|config| {
        config.access = access;
        config.expire_after = Duration::ZERO;
    })
    .await;
    let url = service.exported_by(&ann).await;
    assert_eq!(service.get_as(&ann, &url).await.status(), 410);
    assert_eq!(service.get_as(&bob, &url).await.status(), 404);
}

#[tokio::test]
async fn metrics_and_health_can_have_tokens_of_their_own() {
    let mut tokens = Tokens::none();
    let ann = tokens.add("ann", "export");
    let without = tokens.service().await;
    assert_eq!(without.get("/health").await.status(), 200);
    assert_eq!(without.get("/export/metrics").await.status(), 401);
    let (prom, probe) = (tokens.add("prom", "metrics"), tokens.add("probe", "health"));
    let service = tokens.service().await;
    for (path, right) in [("/export/status", &ann), ("/export/metrics", &prom), ("/health", &probe)]
    {
        assert_eq!(service.get(path).await.status(), 401, "{path}");
        for token in [&ann, &prom, &probe] {
            let expected = if token == right { 200 } else { 403 };
            assert_eq!(service.get_as(token, path).await.status(), expected, "{path}");
        }
    }
    assert_eq!(service.get("/nothing").await.status(), 404);
}

#[tokio::test]
async fn a_client_still_sending_eight_megabytes_sees_the_401() {
    let mut tokens = Tokens::none();
    tokens.add("ann", "export");
    let access = Access::from_file(&tokens.path()).unwrap();
    // Also where no export may be that large.
    let service = Service::start_with(|config| {
        config.access = access;
        config.limits.max_body_bytes = 1 << 20;
    })
    .await;
    let mut upload = service.begin_upload(8 << 20, "").await;
    for _ in 0..8 {
        upload.write_all(&vec![b' '; 1 << 20]).await.unwrap();
    }
    assert!(read_answer(&mut upload).await.starts_with("HTTP/1.1 401"));
}

fn with_tokens(path: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exporter"));
    command.args(["--port", "0", "--tokens"]).arg(path);
    command
}

#[test]
fn a_wrong_file_of_tokens_is_exit_2_with_each_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens");
    std::fs::write(&path, "# who\nann export\nbob all sha256:00\n").unwrap();
    let output = with_tokens(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("line 2: ") && log.contains("line 3: "), "{log}");
    let missing = with_tokens(&folder.path().join("nowhere")).output().unwrap();
    assert_eq!(missing.status.code(), Some(2), "{missing:?}");
}

#[test]
fn a_file_that_everybody_can_read_or_the_group_can_change_is_a_warning() {
    let mut tokens = Tokens::none();
    tokens.add("ann", "export,metrics");
    for (mode, is_warned) in [(0o600, false), (0o640, false), (0o620, true), (0o644, true)] {
        std::fs::set_permissions(tokens.path(), PermissionsExt::from_mode(mode)).unwrap();
        let process = Process::spawn(&mut with_tokens(&tokens.path()));
        process.signal(Signal::TERM);
        let (code, log) = process.wait();
        assert_eq!(code, Some(0));
        assert_eq!(log.contains("chmod g-w,o-rw"), is_warned, "{log}");
    }
}

#[test]
fn a_health_check_can_bring_a_token() {
    let mut tokens = Tokens::none();
    let token = tokens.add("probe", "health");
    let process = Process::spawn(&mut with_tokens(&tokens.path()));
    let file = tokens.folder.path().join("probe");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let url = format!("http://{}/health", process.address);
    let health = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exporter"));
        let output = command.args(["health", "--url", &url]).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(health(&["--token-file", file.to_str().unwrap()]), (Some(0), String::new()));
    assert!(health(&[]).1.contains("answered 401"));
    let empty = tokens.folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    for (path, what) in [
        ("/nowhere", "No such file"),
        ("/dev/zero", "larger than 4096 bytes"),
        (empty.to_str().unwrap(), "its first line is empty"),
    ] {
        let (code, said) = health(&["--token-file", path]);
        let is_told = said.contains(what) && said.contains("give another one with --token-file");
        assert!(code == Some(1) && is_told, "{said}");
    }
    process.signal(Signal::TERM);
    assert_eq!(process.wait().0, Some(0));
}
