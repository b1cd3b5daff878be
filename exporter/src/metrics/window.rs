//! Values of the last so many seconds, one for each second.
//!
//! A fixed ring: no allocation after the start, and old seconds are recognised
//! by their number instead of being cleared by a timer. What a value means, a
//! sum or a maximum, is the caller's.

/// One value for each of the last seconds.
#[derive(Debug)]
pub(super) struct Window<T> {
    slots: Vec<Option<(u64, T)>>,
}

impl<T: Copy + Default> Window<T> {
    /// A window over this many seconds, at least 1.
    pub(super) fn new(seconds: u64) -> Self {
        Self { slots: vec![None; usize::try_from(seconds).unwrap_or(1).max(1)] }
    }

    /// The value of this second, to be changed; a default in a new second.
    pub(super) fn at(&mut self, second: u64) -> &mut T {
        let index = usize::try_from(second % self.slots.len() as u64).unwrap_or(0);
        let slot = &mut self.slots[index];
        if slot.is_none_or(|(kept, _)| kept != second) {
            *slot = None;
        }
        &mut slot.get_or_insert((second, T::default())).1
    }

    /// The values that are not older than the window at `now`.
    pub(super) fn recent(&self, now: u64) -> impl Iterator<Item = T> + '_ {
        let seconds = self.slots.len() as u64;
        let is_recent = move |kept: u64| kept <= now && now - kept < seconds;
        self.slots
            .iter()
            .flatten()
            .filter(move |(kept, _)| is_recent(*kept))
            .map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_the_seconds_inside_the_window_and_forgets_the_rest() {
        let mut window = Window::<u64>::new(60);
        *window.at(0) += 5_u64;
        *window.at(0) += 1;
        *window.at(59) += 2;
        assert_eq!(window.recent(59).sum::<u64>(), 8);
        assert_eq!(window.recent(60).sum::<u64>(), 2);
        assert_eq!(window.recent(200).sum::<u64>(), 0);
    }

    #[test]
    fn a_second_that_comes_round_again_starts_from_nothing() {
        let mut window = Window::<u64>::new(60);
        *window.at(3) += 7_u64;
        *window.at(63) += 1;
        assert_eq!(window.recent(63).sum::<u64>(), 1);
    }
}
