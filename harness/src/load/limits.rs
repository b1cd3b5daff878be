//! What the operating system lets this process do, and what it has used.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Raises the limit on open files as far as the process may by itself; gives the
/// limit that is then in force (`u64::MAX` for none).
pub(super) fn raise_open_file_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if limit.current != limit.maximum {
        // Where it is refused (a sandbox), the limit stays, and is reported as it is.
        let _ = setrlimit(Resource::Nofile, raised);
    }
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Files that this process has open now, sockets included, where Linux tells it.
pub(super) fn open_files() -> Option<u64> {
    let entries = std::fs::read_dir("/proc/self/fd").ok()?.count();
    // One of them is the listing's own.
    u64::try_from(entries).ok().map(|entries| entries.saturating_sub(1))
}

/// CPU seconds, user and system, that this process has used so far.
pub(super) fn process_cpu_seconds() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_on_open_files_ends_at_its_maximum() {
        let limit = raise_open_file_limit();
        assert_eq!(limit, getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_that_are_held_open_are_counted() {
        let held: Vec<_> = (0..500).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();
        let while_held = open_files().unwrap();
        drop(held);
        // Other tests open and close some of their own meanwhile.
        let let_go = while_held - open_files().unwrap();
        assert!(while_held > 500 && let_go > 300, "{while_held}, {let_go} less without them");
    }

    #[test]
    fn used_cpu_time_only_grows() {
        let before = process_cpu_seconds();
        assert!(before > 0.0 && process_cpu_seconds() >= before);
    }
}
