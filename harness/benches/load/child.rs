//! Processes of the benchmark: this program again in another role, and the peers; each
//! pinned to a core, its processor time counted by the kernel.

use std::process::{Command, Stdio};

use crate::Failure;

/// The core of the target, and that of whoever loads it.
pub(crate) const TARGET_CORE: &str = "0";
pub(crate) const GENERATOR_CORE: &str = "1";

/// The roles of this program.
pub(crate) const TARGET: &str = "role:target";
pub(crate) const GENERATOR: &str = "role:generator";
pub(crate) const UPLOAD: &str = "role:upload";

/// Times of `/proc/PID/stat` are in hundredths of a second on every Linux (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process printed and what it cost.
pub(crate) struct Ran {
    pub(crate) printed: String,
    pub(crate) code: Option<i32>,
    pub(crate) cpu_seconds: f64,
}

impl Ran {
    /// A figure of the form `name=value` that it printed.
    pub(crate) fn figure(&self, name: &str) -> Result<f64, Failure> {
        let found = self
            .printed
            .split_whitespace()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
        found.ok_or_else(|| format!("no figure `{name}` in `{}`", self.printed.trim()).into())
    }
}

/// The role that the arguments give this process, and its own arguments.
pub(crate) fn role(arguments: &[String]) -> Option<(&str, &[String])> {
    let (role, rest) = arguments.split_first()?;
    [TARGET, GENERATOR, UPLOAD].contains(&role.as_str()).then_some((role, rest))
}

/// A program on one core.
pub(crate) fn pinned(core: &str, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core, program]);
    command
}

/// This program in a role.
pub(crate) fn this(core: &str, role: &str, arguments: &[&str]) -> Result<Command, Failure> {
    let mut command = pinned(core, &std::env::current_exe()?.to_string_lossy());
    command.arg(role).args(arguments);
    Ok(command)
}

/// Runs it to its end. Nothing else that this process waits for ends meanwhile.
pub(crate) fn run(mut command: Command) -> Result<Ran, Failure> {
    let before = cpu_seconds_of_children()?;
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    Ok(Ran {
        printed: String::from_utf8_lossy(&output.stdout).into_owned(),
        code: output.status.code(),
        cpu_seconds: cpu_seconds_of_children()? - before,
    })
}

/// User and system time of all children that were waited for: `cutime` and `cstime`,
/// proc(5), the 14th and 15th field behind the name in parentheses.
fn cpu_seconds_of_children() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, behind_name) = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?;
    let fields: Vec<f64> = behind_name
        .split_whitespace()
        .skip(13)
        .take(2)
        .filter_map(|one| one.parse().ok())
        .collect();
    Ok(fields.iter().sum::<f64>() / TICKS_PER_SECOND)
}

/// A field of this process's `/proc/self/status` in bytes: `VmRSS`, `VmHWM`.
pub(crate) fn own_memory_bytes(field: &str) -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kibibytes: f64 = line.ok_or("no such field")?.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024.0)
}
