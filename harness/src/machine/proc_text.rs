//! The texts of Linux' `/proc` that tell of CPU time: a pure parser (proc(5)).
//!
//! What does not look as expected is nothing, never 0.

/// How many ticks a second has in these texts. `USER_HZ` is 100 on every architecture
/// that Rust's standard library supports on Linux.
pub(super) const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time of all cores since boot, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MachineTicks {
    /// Idle, or waiting for a disk.
    pub(super) idle: u64,
    /// In interrupts.
    pub(super) interrupts: u64,
    /// In processes, of this machine or (steal) of others on the same host.
    pub(super) processes: u64,
}

/// Reads the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq,
/// steal. Guests' time is inside user and nice.
pub(super) fn machine(text: &str) -> Option<MachineTicks> {
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line.split_ascii_whitespace().map_while(|one| one.parse().ok()).collect();
    let [user, nice, system, idle, iowait, irq, softirq, steal, ..] = ticks[..] else {
        return None;
    };
    Some(MachineTicks {
        idle: idle + iowait,
        interrupts: irq + softirq,
        processes: user + nice + system + steal,
    })
}

/// CPU time of one process since its start, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProcessTicks {
    /// Its process group.
    pub(super) group: u32,
    /// Its own.
    pub(super) own: u64,
    /// Of children that it has waited for.
    pub(super) children: u64,
}

/// Reads `/proc/PID/stat`. The name of the program, in parentheses, may hold anything.
pub(super) fn process(text: &str) -> Option<ProcessTicks> {
    let (_, after_name) = text.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_ascii_whitespace().collect();
    // The state is field 3 of proc(5) and the first one here.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(ProcessTicks {
        group: u32::try_from(field(5)?).ok()?,
        own: field(14)? + field(15)?,
        children: field(16)? + field(17)?,
    })
}

/// Reads `/proc/PID/task/TID/children`: process ids.
pub(super) fn children(text: &str) -> impl Iterator<Item = u32> {
    text.split_ascii_whitespace().filter_map(|id| id.parse().ok())
}

/// The inodes of sockets that listen on a port, out of `/proc/net/tcp` or `tcp6`.
pub(super) fn listening(text: &str, port: u16) -> Vec<u64> {
    /// The state LISTEN.
    const LISTEN: &str = "0A";
    let port = format!(":{port:04X}");
    let inode = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&port) && *fields.get(3)? == LISTEN;
        listens.then(|| fields.get(9)?.parse().ok())?
    };
    text.lines().skip(1).filter_map(inode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_disk_is_idle_and_stolen_time_is_somebodys() {
        let text = "cpu  100 20 30 4000 500 6 7 80 9 1\ncpu0 1 2 3 4 5 6 7 8 9 1\n";
        let ticks = MachineTicks { idle: 4500, interrupts: 13, processes: 230 };
        assert_eq!(machine(text), Some(ticks));
    }

    #[test]
    fn a_text_that_is_not_as_expected_is_nothing() {
        for text in ["", "cpu  1 2 3", "intr 1 2 3 4 5 6 7 8", "cpu  1 2 x 4 5 6 7 8"] {
            assert_eq!(machine(text), None, "{text}");
        }
        for text in ["", "12 (a) S 1", "12 (a S 1 12 12 0 -1 0 0 0 0 0 5 6 7 8 20"] {
            assert_eq!(process(text), None, "{text}");
        }
    }

    #[test]
    fn a_programs_name_may_hold_anything() {
        let text = "12 (a) S 9 (b) S 1 77 12 0 -1 4194560 9 8 7 6 50 6 700 80 20 0 4 0 100";
        let ticks = ProcessTicks { group: 77, own: 56, children: 780 };
        assert_eq!(process(text), Some(ticks));
    }

    #[test]
    fn only_sockets_that_listen_on_the_port_count() {
        let text = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 5551 1 0\n\
             1: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 5552 1 0\n\
             2: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000 0 5553 1 0\n";
        assert_eq!(listening(text, 8080), [5551]);
        assert_eq!(children("12 13 \n").collect::<Vec<_>>(), [12, 13]);
    }
}
