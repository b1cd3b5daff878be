//! The steps of a range.

/// The steps of a range.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    start_ms: i64,
    step_ms: i64,
    steps: usize,
}

impl Grid {
    /// From `start_ms` up to and including `end_ms`, which is not before it.
    pub(super) fn new(start_ms: i64, end_ms: i64, step_ms: i64) -> Self {
        let more = end_ms.saturating_sub(start_ms) / step_ms.max(1);
        let steps = usize::try_from(more).unwrap_or_default().saturating_add(1);
        Self { start_ms, step_ms, steps }
    }

    /// All steps.
    pub(super) fn times(self) -> impl Iterator<Item = i64> {
        std::iter::successors(Some(self.start_ms), move |at| at.checked_add(self.step_ms))
            .take(self.steps)
    }

    /// How many steps there are.
    pub(super) fn steps(self) -> usize {
        self.steps
    }

    /// Which step an instant is, if it is one.
    pub(super) fn index_of(self, at_ms: i64) -> Option<usize> {
        let from = at_ms.checked_sub(self.start_ms)?;
        let index = usize::try_from(from / self.step_ms.max(1)).ok()?;
        (from % self.step_ms.max(1) == 0 && index < self.steps).then_some(index)
    }
}
