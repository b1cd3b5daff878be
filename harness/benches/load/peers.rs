//! Other load generators: how they are called for a closed load on one core, and where they
//! say how many requests a second they sent.

use std::process::{Command, Stdio};

use crate::Failure;
use crate::child::{self, Ran};
use crate::target::Target;

/// A load generator.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    arguments: fn(users: u32, seconds: u64) -> Vec<String>,
    /// The text before the rate in what it prints, or else behind it.
    before: &'static str,
    behind: &'static str,
}

pub(crate) const PEERS: &[Peer] = &[
    Peer {
        name: "wrk",
        arguments: |users, seconds| words(&format!("-t1 -c{users} -d{seconds}s")),
        before: "Requests/sec:",
        behind: "",
    },
    Peer {
        name: "oha",
        arguments: |users, seconds| words(&format!("--no-tui -c {users} -z {seconds}s")),
        before: "Requests/sec:",
        behind: "",
    },
    Peer {
        name: "hey",
        arguments: |users, seconds| words(&format!("-cpus 1 -c {users} -z {seconds}s")),
        before: "Requests/sec:",
        behind: "",
    },
    Peer {
        name: "ab",
        // The number comes behind the time, which sets one of its own; ab makes room for a
        // record of each.
        arguments: |users, seconds| words(&format!("-q -k -c {users} -t {seconds} -n 2000000")),
        before: "Requests per second:",
        behind: "",
    },
    Peer {
        name: "h2load",
        arguments: |users, seconds| words(&format!("--h1 -t1 -c{users} -D{seconds}")),
        before: "",
        behind: " req/s,",
    },
];

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

impl Peer {
    pub(crate) fn is_installed(&self) -> bool {
        let asked = Command::new("sh")
            .args(["-c", "command -v \"$1\"", "sh", self.name])
            .stdout(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    }

    /// Loads the target; the requests a second, and what it cost.
    pub(crate) fn run(
        &self,
        target: &Target,
        users: u32,
        seconds: u64,
    ) -> Result<(f64, Ran), Failure> {
        let mut command = child::pinned(child::GENERATOR_CORE, self.name);
        command.args((self.arguments)(users, seconds)).arg(target.url());
        let ran = child::run(command)?;
        let rate = self.rate(&ran.printed);
        let rate = rate.ok_or_else(|| format!("{} printed no rate: {}", self.name, ran.printed))?;
        Ok((rate, ran))
    }

    fn rate(&self, printed: &str) -> Option<f64> {
        if self.behind.is_empty() {
            let (_, rest) = printed.split_once(self.before)?;
            rest.split_whitespace().next()?.parse().ok()
        } else {
            let (rest, _) = printed.split_once(self.behind)?;
            rest.split_whitespace().next_back()?.parse().ok()
        }
    }
}
