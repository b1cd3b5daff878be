//! What an operator makes of labels, remembered from one step of a query to the next.
//!
//! Over the steps of a range the same series come in the same order, and `rate` or `sum by`
//! makes the same of their labels each time. So it is made once, and numbered: whether two
//! elements end up with the same labels is then a comparison of numbers. Where other series
//! come, what they give is made anew; nothing depends on the memory but the time it takes.

use std::collections::HashMap;

use crate::Labels;

/// So many labels are remembered whatever a vector holds.
const MOST_MADE: usize = 10_000;

/// What one operator made of the labels that it saw.
#[derive(Default)]
pub(crate) struct Derived {
    /// By the position in a vector: the labels that were there last, and the number of what
    /// was made of them.
    by_position: Vec<Option<(Labels, usize)>>,
    /// Everything that was made, by number.
    made: Vec<Labels>,
    numbers: HashMap<Labels, usize>,
    /// The current vector's turn.
    turn: u64,
    /// By number: the turn in which it was noted last, and what was noted.
    notes: Vec<(u64, usize)>,
}

impl Derived {
    /// Begins another vector: notes of the one before are gone, and so is everything once it is
    /// far more than a vector holds.
    pub(crate) fn begin(&mut self) {
        self.turn += 1;
        if self.made.len() > MOST_MADE.max(4 * self.by_position.len()) {
            *self = Self { turn: self.turn, ..Self::default() };
        }
    }

    /// The number of what `derive` makes of the labels at a position of a vector.
    pub(crate) fn number(
        &mut self,
        position: usize,
        labels: &Labels,
        derive: impl FnOnce(&Labels) -> Labels,
    ) -> usize {
        if let Some(Some((known, number))) = self.by_position.get(position)
            && known.is_identical(labels)
        {
            return *number;
        }
        let number = self.number_of(derive(labels));
        if position >= self.by_position.len() {
            self.by_position.resize(position + 1, None);
        }
        self.by_position[position] = Some((labels.clone(), number));
        number
    }

    /// The number of labels that were made of more than an element's own.
    pub(crate) fn number_of(&mut self, made: Labels) -> usize {
        if let Some(number) = self.numbers.get(&made) {
            return *number;
        }
        let number = self.made.len();
        self.made.push(made.clone());
        self.notes.push((0, 0));
        self.numbers.insert(made, number);
        number
    }

    /// The labels that have a number.
    pub(crate) fn labels(&self, number: usize) -> &Labels {
        &self.made[number]
    }

    /// Notes something for a number, unless there is a note for it in this vector already,
    /// which then comes back.
    pub(crate) fn note(&mut self, number: usize, note: usize) -> Option<usize> {
        let (turn, noted) = &mut self.notes[number];
        if *turn == self.turn {
            return Some(*noted);
        }
        (*turn, *noted) = (self.turn, note);
        None
    }

    /// What was noted for a number in this vector.
    pub(crate) fn noted(&self, number: usize) -> Option<usize> {
        let (turn, noted) = self.notes[number];
        (turn == self.turn).then_some(noted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(a: &str, b: &str) -> Labels {
        Labels::new([("a", a), ("b", b)])
    }

    fn only_a(labels: &Labels) -> Labels {
        labels.filtered(|name| name == "a")
    }

    #[test]
    fn equal_results_have_one_number() {
        let mut derived = Derived::default();
        derived.begin();
        let numbers = [labels("1", "x"), labels("1", "y"), labels("2", "x")]
            .iter()
            .enumerate()
            .map(|(position, labels)| derived.number(position, labels, only_a))
            .collect::<Vec<_>>();
        assert_eq!(numbers, [0, 0, 1]);
        assert_eq!(derived.labels(1), &Labels::new([("a", "2")]));
    }

    #[test]
    fn the_same_labels_are_derived_once_and_others_at_their_place_anew() {
        let mut derived = Derived::default();
        let (first, second) = (labels("1", "x"), labels("2", "x"));
        assert_eq!(derived.number(0, &first, only_a), 0);
        assert_eq!(derived.number(0, &first.clone(), |_| Labels::default()), 0);
        assert_eq!(derived.number(0, &second, only_a), 1);
        assert_eq!(derived.number(0, &first, only_a), 0);
    }

    #[test]
    fn what_changes_with_every_vector_does_not_pile_up() {
        let mut derived = Derived::default();
        for turn in 0..50_000 {
            derived.begin();
            let number = derived.number(0, &labels(&turn.to_string(), "x"), only_a);
            assert_eq!(derived.labels(number), &Labels::new([("a", turn.to_string())]));
            assert_eq!(derived.note(number, turn), None);
        }
        assert!(derived.made.len() <= MOST_MADE + 1, "{}", derived.made.len());
    }

    #[test]
    fn notes_last_for_one_vector() {
        let mut derived = Derived::default();
        derived.begin();
        let number = derived.number(0, &labels("1", "x"), only_a);
        assert_eq!(derived.noted(number), None);
        assert_eq!(derived.note(number, 7), None);
        assert_eq!(derived.note(number, 8), Some(7));
        derived.begin();
        assert_eq!(derived.noted(number), None);
    }
}
