//! A real nginx in a folder of its own: one process in the foreground, with an access
//! log that a test can count.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::daemon::Daemon;
use super::outside;

/// A running nginx. Whatever `server` in [`Nginx::start`] says, `files/` below its
/// folder is the document root.
pub(crate) struct Nginx {
    daemon: Daemon,
    folder: TempDir,
}

impl Nginx {
    /// Starts one whose `server { … }` holds these directives; nothing without nginx.
    pub(crate) fn start(server: &str) -> Option<Self> {
        Self::start_listening("", server)
    }

    /// The same with words for `listen` besides the address, such as `ssl`.
    pub(crate) fn start_listening(how: &str, server: &str) -> Option<Self> {
        if !outside::has("nginx") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("files")).unwrap();
        let daemon = Daemon::start(&root.join("said.log"), |address| {
            let file = root.join("nginx.conf");
            std::fs::write(&file, configuration(root, &format!("{address} {how}"), server))
                .unwrap();
            let mut command = Command::new("nginx");
            command.arg("-p").arg(root).arg("-e").arg(root.join("error.log")).arg("-c").arg(file);
            command
        });
        Some(Self { daemon, folder })
    }

    pub(crate) fn port(&self) -> u16 {
        self.daemon.address.port()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.daemon.address)
    }

    /// Puts a file below the document root, whole from one moment to the next.
    pub(crate) fn publish(&self, name: &str, text: &str) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.folder.path().join("files").join(name)).unwrap();
    }

    /// Every request that was answered: `METHOD PATH STATUS REQUESTS`, the last being
    /// how many its connection has had.
    pub(crate) fn access_log(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.log_path()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// How many requests for this path were answered.
    pub(crate) fn answered(&self, path: &str) -> usize {
        let of_path = |line: &&String| line.split(' ').nth(1) == Some(path);
        self.access_log().iter().filter(of_path).count()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("access.log")
    }
}

fn configuration(root: &Path, listen: &str, server: &str) -> String {
    let root = root.display();
    format!(
        "daemon off;\nmaster_process off;\npid {root}/nginx.pid;\n\
         events {{ worker_connections 512; }}\n\
         http {{\n\
         \x20 log_format counted '$request_method $uri $status $connection_requests';\n\
         \x20 access_log {root}/access.log counted;\n\
         \x20 client_body_temp_path {root}/body;\n  proxy_temp_path {root}/proxy;\n\
         \x20 fastcgi_temp_path {root}/fastcgi;\n  uwsgi_temp_path {root}/uwsgi;\n\
         \x20 scgi_temp_path {root}/scgi;\n\
         \x20 server {{\n    listen {listen};\n    root {root}/files;\n{server}\n  }}\n}}\n"
    )
}
