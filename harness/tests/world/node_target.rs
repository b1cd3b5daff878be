//! Load on a Node server, whose HTTP nobody here wrote: over HTTP/1.1 with early hints,
//! chunks and trailers, and over HTTP/2 with and without TLS.

use std::process::Command;

use super::support::authority::{Authority, NOW};
use super::support::daemon::Daemon;
use super::support::{Workspace, outside};
use super::{report_of, requests};

/// Answers `/plain`, and `/odd` with everything that is unusual and right.
const SERVER: &str = r"
const [kind, port, folder] = process.argv.slice(2);
const fs = require('fs');
const answer = (request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.url === '/odd' && kind === 'http') {
      response.writeContinue();
      response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
      response.writeHead(200, { trailer: 'x-sum' });
      response.write('one');
      setTimeout(() => { response.addTrailers({ 'x-sum': '3' }); response.end('two'); }, 2);
    } else if (request.url === '/odd') {
      response.writeHead(200);
      response.write('one');
      setTimeout(() => { response.addTrailers({ 'x-sum': '3' }); response.end('two'); }, 2);
    } else {
      response.end(`${request.httpVersion} ${request.headers.host || request.headers[':authority']}`);
    }
  });
};
const tls = () => ({ key: fs.readFileSync(`${folder}/server.key`), cert: fs.readFileSync(`${folder}/server.pem`), allowHTTP1: true });
const server = {
  http: () => require('http').createServer({ keepAliveTimeout: 50 }, answer),
  https: () => require('https').createServer(tls(), answer),
  h2c: () => require('http2').createServer(answer),
  h2: () => require('http2').createSecureServer(tls(), answer),
}[kind]();
server.listen(Number(port), '127.0.0.1');
";

struct Node {
    daemon: Daemon,
    workspace: Workspace,
}

impl Node {
    /// A server of this kind; with TLS where an authority is given.
    fn start(kind: &str, authority: Option<&Authority>) -> Option<Self> {
        if !outside::has("node") {
            return None;
        }
        let workspace = Workspace::new();
        let script = workspace.write("server.js", SERVER);
        let daemon = Daemon::start(&workspace.path().join("said.log"), |address| {
            let mut command = Command::new("node");
            command.arg(&script).arg(kind).arg(address.port().to_string());
            command.args(authority.map(Authority::folder));
            command
        });
        Some(Self { daemon, workspace })
    }

    /// Sends both kinds of requests; every one must be as expected.
    #[track_caller]
    fn answers(&self, scheme: &str, settings: &str, version: &str) {
        let scenario = format!(
            "version: 1\nname: node\ntarget: {scheme}://{address}\n{settings}\n\
             load: [{{ name: users, users: 5, iterations: 300, think_time: 0ms..20ms }}]\n\
             requests:\n  \
             - {{ name: plain, post: /plain, body: hello, expect: {{ contains: '{version} {address}' }} }}\n  \
             - {{ name: odd, get: /odd, expect: {{ status: 200, contains: onetwo, bytes: '== 6' }} }}\n\
             slo: ['ratio(success) >= 95%']\n",
            address = self.daemon.address
        );
        let report = report_of(&self.workspace, &scenario, 0);
        assert_eq!(requests(&report, "succeeded"), 300, "{report:#}");
    }
}

#[test]
fn node_is_loaded_over_http_1() {
    let Some(node) = Node::start("http", None) else { return };
    node.answers("http", "http: { version: auto }", "1.1");
    node.answers("http", "http: { keep_alive: false }", "1.1");
}

#[test]
fn node_is_loaded_over_http_2() {
    let Some(node) = Node::start("h2c", None) else { return };
    node.answers("http", "http: { version: 2 }", "2.0");
}

#[test]
fn node_is_loaded_over_tls_in_both_versions() {
    let Some(authority) = Authority::new() else { return };
    authority.sign("server", "IP:127.0.0.1", NOW);
    let trust = format!("tls: {{ ca: {} }}", authority.path("ca.pem").display());
    let Some(both) = Node::start("h2", Some(&authority)) else { return };
    both.answers("https", &trust, "2.0");
    both.answers("https", &format!("{trust}\nhttp: {{ version: 1.1 }}"), "1.1");
    let Some(first) = Node::start("https", Some(&authority)) else { return };
    first.answers("https", &trust, "1.1");
}
