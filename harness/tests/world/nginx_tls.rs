//! nginx in front of metrics, with TLS by an authority of the test's own, client
//! certificates that it asks for, and a password: what is right passes, and each thing
//! that is wrong says what it is.

use std::path::Path;

use super::support::authority::{Authority, LONG_AGO, NOW};
use super::support::nginx::Nginx;
use super::support::{Ended, Workspace};

/// Whoever asks knows it.
const PASSWORD: &str = "pa55word";

/// An nginx with TLS whose certificate is for `metrics.test`, with everything that
/// whoever asks needs in a folder.
struct Fortress {
    authority: Authority,
    nginx: Nginx,
}

impl Fortress {
    fn new(validity: (&str, &str)) -> Option<Self> {
        let authority = Authority::new()?;
        authority.sign("server", "DNS:metrics.test", validity);
        Self::of(authority)
    }

    /// One that shows the `server.pem` that is there.
    fn of(authority: Authority) -> Option<Self> {
        authority.sign("client", "DNS:client.test", NOW);
        let hash = authority.openssl(&format!("passwd -apr1 {PASSWORD}"));
        std::fs::write(authority.path("users"), format!("scraper:{hash}")).unwrap();
        std::fs::write(authority.path("password"), format!("{PASSWORD}\n")).unwrap();
        std::fs::write(authority.path("wrong-password"), "guessed-pa55word\n").unwrap();
        let nginx = Nginx::start_listening("ssl", &server(authority.folder()))?;
        nginx.publish("metrics", "# TYPE depth gauge\ndepth 1\n");
        Some(Self { authority, nginx })
    }

    /// Runs a load on an open page, with these changes to what is right about the metrics.
    fn run(&self, changes: &[(&str, &str)]) -> (Workspace, Ended) {
        let target =
            super::support::Service::start(|_, _| super::support::Answer::Http(200, String::new()));
        let mut scenario = format!(
            "version: 1\nname: fortress\ntarget: {}\nunmoved: allow\nmetrics:\n  scrape: [ \
             https://127.0.0.1:{}/metrics ]\n  every: 50ms\n  auth:\n    basic: {{ username: \
             scraper, password_file: FOLDER/password }}\n  tls: {{ ca: FOLDER/ca.pem, cert: \
             FOLDER/client.pem, key: FOLDER/client.key, server_name: metrics.test }}\nload:\n  \
             - {{ name: steady, rate: 60/s, for: 1s }}\nrequests:\n  - {{ name: get, get: / }}\n\
             slo:\n  - {{ id: a, promql: 'max_over_time(depth[$run])', is: '== 1' }}\n",
            target.url(),
            self.nginx.port()
        );
        for (right, wrong) in changes {
            assert!(scenario.contains(right), "{right}");
            scenario = scenario.replace(right, wrong);
        }
        let folder = self.authority.folder().display().to_string();
        let workspace = Workspace::new();
        let file = workspace.write("scenario.yaml", &scenario.replace("FOLDER", &folder));
        let arguments = ["run", file.to_str().unwrap(), "--out", "json", "--save", "kept"];
        let mut command = workspace.command(&arguments);
        let ended = Ended::from(command.env("RUST_LOG", "trace").output().unwrap());
        (workspace, ended)
    }

    /// What stops a run before its load, by exit code.
    #[track_caller]
    fn refusal(&self, changes: &[(&str, &str)], code: i32) -> String {
        let (_, ended) = self.run(changes);
        let ended = ended.expect_code(code);
        assert!(!ended.stderr.contains(PASSWORD) && !ended.stdout.contains(PASSWORD));
        if code == 2 { ended.stderr } else { super::reasons(&ended.report()) }
    }
}

fn server(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "    ssl_certificate {folder}/server.pem;\n    ssl_certificate_key {folder}/server.key;\n    \
         ssl_client_certificate {folder}/ca.pem;\n    ssl_verify_client on;\n    \
         auth_basic metrics;\n    auth_basic_user_file {folder}/users;\n    \
         location = /metrics {{ default_type 'text/plain; version=0.0.4'; }}\n    \
         location = /moved {{ return 302 /metrics; }}"
    )
}

#[test]
fn with_everything_right_metrics_behind_tls_are_judged() {
    let Some(fortress) = Fortress::new(NOW) else { return };
    let (workspace, ended) = fortress.run(&[]);
    let ended = ended.expect_code(0);
    assert!(!ended.stderr.contains(PASSWORD), "{}", ended.stderr);
    // `scraper:pa55word` as it goes over the wire.
    let on_the_wire = "c2NyYXBlcjpwYTU1d29yZA==";
    for file in ["run.json", "fortress/series.om", "fortress/stale.json", "fortress/metrics.txt"] {
        let text = std::fs::read_to_string(workspace.path().join("kept").join(file)).unwrap();
        assert!(!text.contains(PASSWORD) && !text.contains(on_the_wire), "{file}");
    }
    assert!(!ended.stderr.contains(on_the_wire));
}

#[test]
fn whoever_is_not_who_he_should_be_is_named_before_the_load() {
    let Some(fortress) = Fortress::new(NOW) else { return };
    let Some(stranger) = Authority::new() else { return };
    let foreign = stranger.path("ca.pem").display().to_string();
    let said = fortress.refusal(&[("FOLDER/ca.pem", foreign.as_str())], 4);
    assert!(said.contains("is not trusted: name that authority"), "{said}");
    let said = fortress.refusal(&[(", server_name: metrics.test", "")], 4);
    assert!(said.contains("for another name"), "{said}");
    let said = fortress.refusal(&[("server_name: metrics.test", "server_name: other.test")], 4);
    assert!(said.contains("for another name"), "{said}");
}

#[test]
fn an_expired_certificate_is_named_before_the_load() {
    let Some(fortress) = Fortress::new(LONG_AGO) else { return };
    let said = fortress.refusal(&[], 4);
    assert!(said.contains("it has expired"), "{said}");
}

#[test]
fn who_is_not_let_in_is_told_before_the_load() {
    let Some(fortress) = Fortress::new(NOW) else { return };
    let said = fortress.refusal(&[("FOLDER/password", "FOLDER/wrong-password")], 4);
    assert!(said.contains("answered 401"), "{said}");
    let no_certificate = [("cert: FOLDER/client.pem, key: FOLDER/client.key, ", "")];
    let said = fortress.refusal(&no_certificate, 4);
    assert!(said.contains("answered 400"), "{said}");
    let said = fortress.refusal(&[("/metrics ]", "/moved ]")], 4);
    assert!(said.contains("redirects are not followed"), "{said}");
    let said = fortress.refusal(&[("https://", "http://"), ("  tls: {", "  # {")], 4);
    assert!(said.contains("answered 400"), "{said}");
}

#[test]
fn a_file_that_is_not_what_it_should_be_is_an_invalid_file() {
    let Some(fortress) = Fortress::new(NOW) else { return };
    for (right, wrong, expected) in [
        ("FOLDER/client.key", "FOLDER/lost.key", "lost.key is not there"),
        ("FOLDER/client.key", "FOLDER/server.key", "is not the key of the certificate"),
        ("FOLDER/client.key", "FOLDER/client.pem", "holds no private key"),
        ("FOLDER/client.pem", "FOLDER/client.key", "holds no certificate"),
        ("FOLDER/ca.pem", "FOLDER/password", "holds no certificate"),
        ("FOLDER/password", "FOLDER/ca.pem", "more than one line"),
    ] {
        let said = fortress.refusal(&[(right, wrong)], 2);
        assert!(said.contains(expected) && said.contains("scenario.yaml:"), "{said}");
    }
}

#[test]
fn a_server_with_the_certificate_of_an_authority_is_told_what_to_show() {
    let Some(authority) = Authority::new() else { return };
    for end in ["pem", "key"] {
        std::fs::copy(
            authority.path(&format!("ca.{end}")),
            authority.path(&format!("server.{end}")),
        )
        .unwrap();
    }
    let Some(fortress) = Fortress::of(authority) else { return };
    let said = fortress.refusal(&[], 4);
    assert!(said.contains("CA:TRUE") && said.contains("CA:FALSE"), "{said}");
}
