//! The service as a command: runtime, log, signals, the line with the port; and the
//! question of a health check to a service that runs.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use tempfile::TempDir;
use thiserror::Error;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use crate::{
    access::{self, Access, NewToken, TokenOptions, TokensError},
    options::Options,
    probe::{self, ProbeOptions},
    server::{self, ServeError},
};

/// Exit code for what the command line asks for and cannot be: clap's own.
const EXIT_USAGE: u8 = 2;
/// Exit code when the service could not start or broke.
const EXIT_BROKEN: u8 = 5;
/// Exit code for a service that is not well: the one that health checks of
/// containers know.
const EXIT_UNWELL: u8 = 1;

/// What the `exporter` binary and `slogate exporter` can be told.
#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct CommandLine {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Verb {
    /// Ask a running service whether it is well: exit 0, or 1 and the reason
    Health(ProbeOptions),
    /// Make a token: its line for the file of --tokens on standard output, the token itself,
    /// this once, on standard error
    Token(TokenOptions),
}

/// Why the command ended other than on request.
#[derive(Debug, Error)]
enum CommandError {
    #[error("cannot start the runtime: {0}")]
    Runtime(io::Error),
    #[error("cannot listen on {address}: {source}; choose another port with --listen or --port 0")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("cannot make the folder `{directory}`: {source}; give another one with --dir")]
    Directory { directory: String, source: io::Error },
    #[error("cannot watch for signals: {0}")]
    Signals(io::Error),
    #[error("cannot write the address to standard output: {0}")]
    Announce(io::Error),
    #[error("cannot make a token: the system has no random bytes: {0}")]
    Token(getrandom::Error),
    #[error("cannot write the token: {0}; make another one")]
    ShowToken(io::Error),
    #[error(transparent)]
    Tokens(#[from] TokensError),
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// Does what the command line says: serves, or asks a service that runs.
///
/// It serves until SIGTERM or SIGINT (or the end of standard input, if so asked),
/// and drains; a second signal ends at once. It prints `listening on
/// http://ADDR:PORT` to standard output, and its log to standard error; `RUST_LOG`
/// chooses what is logged.
pub fn run_command(command: CommandLine) -> ExitCode {
    match command.verb {
        None => serve_until_stopped(command.options),
        Some(Verb::Health(options)) => ask_for_health(&options),
        Some(Verb::Token(options)) => make_token(&options),
    }
}

fn ask_for_health(options: &ProbeOptions) -> ExitCode {
    match probe::ask(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            // Not through the log, which RUST_LOG may silence. If nobody reads it, the
            // exit code says it all the same.
            let _unread = writeln!(io::stderr(), "not healthy: {reason}");
            ExitCode::from(EXIT_UNWELL)
        }
    }
}

fn make_token(options: &TokenOptions) -> ExitCode {
    let shown = access::make(options)
        .map_err(CommandError::Token)
        .and_then(|token| show(&token).map_err(CommandError::ShowToken));
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            start_log();
            report(&error)
        }
    }
}

/// The line goes to standard output, to be appended to a file, and the token itself,
/// this once, to standard error. Whoever closes either does not want it.
fn show(token: &NewToken) -> io::Result<()> {
    unless_closed(writeln!(io::stdout(), "{}", token.line))?;
    unless_closed(writeln!(io::stderr(), "{}", token.secret))
}

fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

fn serve_until_stopped(options: Options) -> ExitCode {
    start_log();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&CommandError::Runtime(error)),
    };
    let ended = runtime.block_on(serve(options));
    // Work that a second signal interrupts is not waited for.
    runtime.shutdown_timeout(Duration::ZERO);
    match ended {
        Ok(code) => code,
        Err(error) => report(&error),
    }
}

async fn serve(options: Options) -> Result<ExitCode, CommandError> {
    let access = who_may_use_it(&options)?;
    let folder = Folder::open(options.dir.clone())?;
    let mut signals = Signals::watch().map_err(CommandError::Signals)?;
    let address = options.address();
    let listen_error = |source| CommandError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen_error)?;
    let stop = CancellationToken::new();
    if options.exit_on_stdin_eof {
        stop_at_end_of_stdin(stop.clone());
    }
    let ready = server::set_up(options.config(folder.path.clone(), access))?;
    announce(listener.local_addr().map_err(listen_error)?).map_err(CommandError::Announce)?;
    let serving = server::serve_until(listener, ready, stop.clone().cancelled_owned());
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => return Ok(ExitCode::SUCCESS),
        _signal = signals.next() => stop.cancel(),
    }
    tokio::select! {
        () = serving => Ok(ExitCode::SUCCESS),
        code = signals.next() => {
            tracing::warn!("a second signal: ending at once");
            Ok(ExitCode::from(code))
        }
    }
}

fn who_may_use_it(options: &Options) -> Result<Access, CommandError> {
    let access = options.tokens.as_deref().map_or_else(|| Ok(Access::open()), Access::from_file)?;
    let address = options.address();
    if access.is_open() && !address.ip().is_loopback() {
        tracing::warn!(
            "everybody who reaches {address} may export and read what counts; --tokens says who may"
        );
    }
    Ok(access)
}

/// Where files go: a folder that was named, or a temporary one.
struct Folder {
    path: PathBuf,
    /// Removed when dropped.
    _temporary: Option<TempDir>,
}

impl Folder {
    fn open(directory: Option<PathBuf>) -> Result<Self, CommandError> {
        if let Some(path) = directory {
            let shown = path.display().to_string();
            std::fs::create_dir_all(&path)
                .map_err(|source| CommandError::Directory { directory: shown, source })?;
            return Ok(Self { path, _temporary: None });
        }
        let temporary =
            tempfile::Builder::new().prefix("exporter-").tempdir().map_err(|source| {
                let directory = std::env::temp_dir().display().to_string();
                CommandError::Directory { directory, source }
            })?;
        Ok(Self { path: temporary.path().to_owned(), _temporary: Some(temporary) })
    }
}

/// The signals that end a service.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn watch() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    /// The next signal, as the exit code that shells give it.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}

/// Says where the service is, for whoever started it.
fn announce(address: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening on http://{address}")?;
    stdout.flush()
}

/// A thread, because reading standard input cannot be interrupted.
fn stop_at_end_of_stdin(stop: CancellationToken) {
    std::thread::spawn(move || {
        let mut ignored = [0; 4096];
        loop {
            match io::stdin().lock().read(&mut ignored) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return stop.cancel(),
                Ok(_) => {}
            }
        }
    });
}

fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false)
        // It would tell of them on standard error too, and panic where that is what is broken.
        .log_internal_errors(false);
    // An error means that the caller has set up a log already: then that one is used.
    let _already_set = subscriber.try_init();
}

fn report(error: &CommandError) -> ExitCode {
    tracing::error!("{error}");
    ExitCode::from(match error {
        CommandError::Tokens(_) => EXIT_USAGE,
        _ => EXIT_BROKEN,
    })
}
