//! The command line of the service, shared by the `exporter` binary and
//! `slogate exporter`.
//!
//! Options only say what a person may type; [`Config`] is what they mean.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use tokio::sync::Semaphore;

use crate::{
    access::Access,
    config::{Config, Limits},
    faults::{self, Fault, Faults},
    quantity::{parse_bytes, parse_duration},
};

/// Flags of the reference export service.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:4001")]
    pub listen: SocketAddr,

    /// Port to listen on at 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", conflicts_with = "listen")]
    pub port: Option<u16>,

    /// Folder for the files; without it a temporary one that is removed at the end
    #[arg(long, value_name = "PATH")]
    pub dir: Option<PathBuf>,

    /// End, in good order, when standard input is closed
    #[arg(long)]
    pub exit_on_stdin_eof: bool,

    /// Exports that run at once
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = at_least_one)]
    pub max_concurrent: usize,

    /// Exports that may wait; one more is answered 429
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub max_queue: usize,

    /// How long a finished file can be downloaded
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = parse_duration)]
    pub expire_after: Duration,

    /// Size of all finished files together; the oldest expire first
    #[arg(long, value_name = "SIZE", default_value = "4GiB", value_parser = parse_bytes)]
    pub max_stored_bytes: u64,

    /// Size of a request body
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = parse_bytes)]
    pub max_body_bytes: u64,

    /// Rows of one export
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub max_rows: u64,

    /// Size of one row in a request
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = parse_bytes)]
    pub max_row_bytes: u64,

    /// Columns of one export
    #[arg(long, value_name = "N", default_value_t = 512)]
    pub max_columns: usize,

    /// Size of the text of one cell
    #[arg(long, value_name = "SIZE", default_value = "64KiB", value_parser = parse_bytes)]
    pub max_cell_bytes: u64,

    /// Longest wait for the next piece of a request body
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub body_timeout: Duration,

    /// Longest wait for all pieces of a request body together, once its export
    /// runs; a client that takes longer is answered 408
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub upload_timeout: Duration,

    /// Longest time that one export may run
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration)]
    pub export_timeout: Duration,

    /// Who may do what: a line `NAME SCOPES sha256:HASH` for each token, as `exporter
    /// token` makes them; without it everybody who reaches the service may do everything
    #[arg(long, value_name = "FILE")]
    pub tokens: Option<PathBuf>,

    /// Something to go wrong on purpose, repeatable
    #[arg(long = "fault", value_name = "RULE", long_help = faults::help())]
    pub faults: Vec<Fault>,
}

impl Options {
    /// Where to listen: `--port` on loopback, else `--listen`.
    pub fn address(&self) -> SocketAddr {
        self.port.map_or(self.listen, |port| SocketAddr::from(([127, 0, 0, 1], port)))
    }

    /// The settings these flags mean, with files in `directory` and for those whom `access`
    /// lets in: the caller has read the file of `--tokens`, which can fail.
    pub fn config(self, directory: PathBuf, access: Access) -> Config {
        let limits = self.limits();
        Config {
            directory,
            max_concurrent: self.max_concurrent,
            max_queue: self.max_queue,
            expire_after: self.expire_after,
            max_stored_bytes: self.max_stored_bytes,
            limits,
            access,
            faults: Faults::new(self.faults),
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            max_body_bytes: self.max_body_bytes,
            max_rows: self.max_rows,
            max_row_bytes: usize::try_from(self.max_row_bytes).unwrap_or(usize::MAX),
            max_columns: self.max_columns,
            max_cell_bytes: usize::try_from(self.max_cell_bytes).unwrap_or(usize::MAX),
            body_timeout: self.body_timeout,
            upload_timeout: self.upload_timeout,
            export_timeout: self.export_timeout,
        }
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=Semaphore::MAX_PERMITS) => Ok(number),
        Ok(1..) => Err(format!("`{text}` is more than {}", Semaphore::MAX_PERMITS)),
        _ => Err(format!("`{text}` is not a whole number of at least 1")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        options: Options,
    }

    fn parse(arguments: &[&str]) -> Result<Options, clap::Error> {
        let name_and_arguments = std::iter::once(&"exporter").chain(arguments);
        Command::try_parse_from(name_and_arguments).map(|command| command.options)
    }

    #[test]
    fn listens_on_loopback_unless_told_otherwise() {
        assert_eq!(parse(&[]).unwrap().address().to_string(), "127.0.0.1:4001");
        assert_eq!(parse(&["--port", "0"]).unwrap().address().to_string(), "127.0.0.1:0");
        let elsewhere = parse(&["--listen", "0.0.0.0:80"]).unwrap();
        assert_eq!(elsewhere.address().to_string(), "0.0.0.0:80");
    }

    #[test]
    fn defaults_of_the_flags_are_the_defaults_of_the_settings() {
        let from_flags = parse(&[]).unwrap().config("d".into(), Access::open());
        assert_eq!(format!("{from_flags:?}"), format!("{:?}", Config::new("d")));
    }

    #[test]
    fn refuses_a_service_that_could_run_nothing() {
        assert!(parse(&["--max-concurrent", "0"]).is_err());
        assert!(parse(&["--max-concurrent", &usize::MAX.to_string()]).is_err());
    }

    #[test]
    fn refuses_an_unknown_fault_and_names_the_known_ones() {
        let error = parse(&["--fault", "gremlins:3"]).unwrap_err().to_string();
        assert!(error.contains("gremlins") && error.contains("latency"), "{error}");
    }
}
