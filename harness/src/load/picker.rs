//! Which request comes next: by weight, in an order that is seeded and even.
//!
//! The order is made of blocks. Each block holds every request exactly as often
//! as its weight says (weights reduced by their greatest common divisor), in an
//! order shuffled by the seed, the phase and the block's number. So a short phase
//! has the mix that was asked for, two runs send the same sequence, and any
//! thread can tell the request of any arrival without asking another.

use super::random::mixed;

/// Picks requests by number for one phase.
#[derive(Clone, Debug)]
pub(super) struct Picker {
    seed: u64,
    /// Every request as often as its weight, in file order.
    ordered: Vec<usize>,
    /// The block that `shuffled` holds.
    block: Option<u64>,
    shuffled: Vec<usize>,
}

impl Picker {
    /// A picker for the given weights; a weight of 0 counts as 1. Never empty
    /// when `weights` is not.
    pub(super) fn new(weights: &[u32], seed: u64, phase: usize) -> Self {
        let divisor = common_divisor(weights);
        let ordered: Vec<usize> = weights
            .iter()
            .enumerate()
            .flat_map(|(request, weight)| {
                std::iter::repeat_n(request, (*weight.max(&1) / divisor) as usize)
            })
            .collect();
        let seed = mixed(seed ^ mixed(phase as u64));
        Self { seed, shuffled: ordered.clone(), ordered, block: None }
    }

    /// The request of arrival `index`, as an index into the weights.
    pub(super) fn pick(&mut self, index: u64) -> usize {
        if self.ordered.len() <= 1 {
            return 0;
        }
        let length = self.ordered.len() as u64;
        let block = index / length;
        if self.block != Some(block) {
            self.shuffle(block);
        }
        usize::try_from(index % length).map_or(0, |within| self.shuffled[within])
    }

    /// Fisher–Yates, from the block's own seed.
    fn shuffle(&mut self, block: u64) {
        self.shuffled.copy_from_slice(&self.ordered);
        let mut state = mixed(self.seed ^ mixed(block));
        for last in (1..self.shuffled.len()).rev() {
            state = mixed(state);
            // The bias of a modulus of 64 bits by a sum of weights is far below notice.
            let other = usize::try_from(state % (last as u64 + 1)).unwrap_or(last);
            self.shuffled.swap(last, other);
        }
        self.block = Some(block);
    }
}

/// Entries of one block for these weights.
pub(super) fn block_length(weights: &[u32]) -> u64 {
    let divisor = common_divisor(weights);
    weights.iter().map(|weight| u64::from(*weight.max(&1) / divisor)).sum()
}

fn common_divisor(weights: &[u32]) -> u32 {
    weights.iter().map(|weight| *weight.max(&1)).fold(0, greatest_divisor).max(1)
}

fn greatest_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(weights: &[u32], seed: u64, count: u64) -> Vec<usize> {
        let mut picker = Picker::new(weights, seed, 0);
        (0..count).map(|index| picker.pick(index)).collect()
    }

    #[test]
    fn every_block_holds_each_request_as_often_as_its_weight() {
        for block in sequence(&[3, 1, 2], 42, 60).chunks(6) {
            let count = |request| block.iter().filter(|picked| **picked == request).count();
            assert_eq!((count(0), count(1), count(2)), (3, 1, 2));
        }
    }

    #[test]
    fn weights_with_a_common_divisor_make_small_blocks() {
        for block in sequence(&[30, 10], 1, 40).chunks(4) {
            assert_eq!(block.iter().filter(|picked| **picked == 0).count(), 3);
        }
    }

    #[test]
    fn the_seed_decides_the_order() {
        let weights = [5, 5, 7];
        assert_eq!(sequence(&weights, 7, 100), sequence(&weights, 7, 100));
        assert_ne!(sequence(&weights, 7, 100), sequence(&weights, 8, 100));
    }

    #[test]
    fn blocks_differ_from_each_other() {
        let picks = sequence(&[4, 4], 42, 80);
        assert!(picks.chunks(8).any(|block| block != &picks[..8]));
    }

    #[test]
    fn any_thread_finds_the_same_request_for_an_arrival() {
        let whole = sequence(&[2, 3], 9, 50);
        let mut odd = Picker::new(&[2, 3], 9, 0);
        for index in (1..50).step_by(2) {
            assert_eq!(odd.pick(index), whole[usize::try_from(index).unwrap()]);
        }
    }
}
