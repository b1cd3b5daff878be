//! What a request may carry, against a server that checks it: nginx answers 200 only to
//! what it was told to expect.

use super::support::Workspace;
use super::support::nginx::Nginx;
use super::{report_of, requests};

/// `htpasswd` is not needed for it; nginx reads it so.
const USERS: &str = "joe:{PLAIN}s3cret-hunter2\n";

fn scenario(nginx: &Nginx, head: &str, request: &str) -> String {
    format!(
        "version: 1\nname: requests\ntarget: {}\n{head}load:\n  - {{ name: few, users: 1, iterations: 5 }}\n\
         requests:\n  - {request}\nslo:\n  - count(dropped) == 0\n",
        nginx.url()
    )
}

/// How many of five requests were answered as expected.
fn succeeded(nginx: &Nginx, head: &str, request: &str) -> u64 {
    let workspace = Workspace::new();
    workspace.write("password.txt", "s3cret-hunter2\n");
    let report = report_of(&workspace, &scenario(nginx, head, request), 0);
    assert!(!report.to_string().contains("s3cret"), "{report:#}");
    requests(&report, "succeeded")
}

#[test]
fn a_query_arrives_as_a_browser_sends_it() {
    let server = "    if ($args != 'a=1&tag=new&tag=b%2Bc+d') { return 400; }\n    \
                  location / { return 200 'fine'; }";
    let Some(nginx) = Nginx::start(server) else { return };
    let request = "{ name: get, get: '/find?a=1', query: { tag: [new, 'b+c d'] } }";
    assert_eq!(succeeded(&nginx, "", request), 5);
}

#[test]
fn an_answer_in_gzip_is_decoded_before_it_is_looked_at() {
    let server = "    gzip on;\n    gzip_types *;\n    gzip_min_length 1;";
    let Some(nginx) = Nginx::start(server) else { return };
    let document = format!("{{\"rows\": 7, \"text\": \"{}\"}}", "far too long ".repeat(200));
    nginx.publish("it.json", &document);
    let expect = format!(
        "{{ headers: {{ content-encoding: gzip }}, bytes: '== {}', contains: ['far', 'too long'], \
           json: {{ $.rows: 7 }}, json_is: {{ $.rows: '>= 7', $.text: present }} }}",
        document.len()
    );
    let workspace = Workspace::new();
    let text = |more: &str| {
        scenario(&nginx, "", &format!("{{ name: get, get: /it.json, expect: {expect}{more} }}"))
    };
    let report = report_of(&workspace, &text(", gzip: true"), 0);
    assert_eq!(requests(&report, "succeeded"), 5, "{report:#}");
    let received = requests(&report, "bytes_received");
    assert!(received > 0 && received < document.len() as u64, "{received}: as it came");
    let by_hand = text(", headers: { accept-encoding: gzip }");
    let report = report_of(&workspace, &by_hand, 3);
    let failures = &report["scenarios"][0]["requests"][0]["failures"];
    assert_eq!(failures, &serde_json::json!({ "encoding": 5 }), "{report:#}");
}

#[test]
fn redirects_are_followed_as_far_as_the_scenario_says() {
    let server = "    location = /old { return 301 /newer; }\n    location = /newer { return 308 /new; }\n    \
                  location = /new { return 200 'fine'; }\n    location = /loop { return 302 /loop; }\n    \
                  location = /away { return 302 http://127.0.0.1:9/; }";
    let Some(nginx) = Nginx::start(server) else { return };
    let expect = "expect: { contains: fine }";
    let workspace = Workspace::new();
    let report = |path: &str, code: i32| {
        let request = format!("{{ name: get, get: {path}, redirects: 2, {expect} }}");
        report_of(&workspace, &scenario(&nginx, "", &request), code)
    };
    let followed = report("/old", 0);
    assert_eq!((requests(&followed, "succeeded"), requests(&followed, "redirects")), (5, 10));
    assert_eq!((nginx.answered("/old"), nginx.answered("/new")), (5, 5));
    for (path, kind) in [("/loop", "too many redirects"), ("/away", "redirected elsewhere")] {
        let failed = report(path, 3);
        let failures = &failed["scenarios"][0]["requests"][0]["failures"];
        assert_eq!(failures, &serde_json::json!({ kind: 5 }), "{failed:#}");
    }
}

#[test]
fn a_user_is_let_in_by_the_password_of_a_file() {
    let server = "    auth_basic 'all';\n    auth_basic_user_file users;\n    try_files /it =404;";
    let Some(nginx) = Nginx::start(server) else { return };
    nginx.publish("../users", USERS);
    nginx.publish("it", "fine");
    let auth = "auth: { basic: { username: joe, password_file: password.txt } }\n";
    let anybody = "{ name: get, get: /it, expect: { contains: fine } }";
    assert_eq!(succeeded(&nginx, auth, anybody), 5);
    let nobody = "{ name: get, get: /it, auth: none, expect: { status: 401 } }";
    assert_eq!(succeeded(&nginx, auth, nobody), 5);
    assert_eq!(succeeded(&nginx, "", "{ name: get, get: /it, expect: { status: 401 } }"), 5);
}

#[test]
fn a_user_of_the_command_line_is_let_in_and_not_saved() {
    let server = "    auth_basic 'all';\n    auth_basic_user_file users;\n    try_files /it =404;";
    let Some(nginx) = Nginx::start(server) else { return };
    nginx.publish("../users", USERS);
    nginx.publish("it", "fine");
    let workspace = Workspace::new();
    let url = format!("{}/it", nginx.url());
    let load = ["--user", "joe:s3cret-hunter2", "--users", "1", "--iterations", "60"];
    let more = ["--slo", "ratio(success) == 100%", "--save", "kept"];
    let ended = workspace.run(&[&["run", &url][..], &load, &more].concat()).expect_code(0);
    assert!(!ended.stdout.contains("s3cret") && !ended.stderr.contains("s3cret"));
    let kept = std::fs::read_dir(workspace.path().join("kept")).unwrap().flatten();
    let files = kept.map(|entry| entry.path()).filter(|path| path.is_file());
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("s3cret"), "{}", file.display());
    }
    let printed = workspace.run(&[&["run", &url][..], &load, &["--print-scenario"]].concat());
    let printed = printed.expect_code(0).stdout;
    assert!(printed.contains("${USER_PASSWORD}") && !printed.contains("s3cret"), "{printed}");
}
