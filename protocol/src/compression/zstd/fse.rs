//! Finite state entropy, RFC 8878 section 4.1: a table of states that codes symbols in fractions of a bit.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "an encoder's tables, indexed by symbols and positions of its own making"
)]

use super::bits::BitWriter;

/// Most symbols of any alphabet here: the codes of match lengths.
pub(super) const MAX_SYMBOLS: usize = 53;
const MAX_LOG: u32 = 9;
const MIN_LOG: u32 = 5;

/// How many of a table's states each symbol has; -1 is one state at the end of the table.
pub(super) struct Distribution {
    pub(super) states: [i16; MAX_SYMBOLS],
    /// The last symbol that occurs, plus one.
    pub(super) symbols: usize,
    pub(super) log: u32,
}

impl Distribution {
    /// One that the format defines.
    pub(super) const fn predefined<const N: usize>(from: &[i16; N], log: u32) -> Self {
        let mut states = [0; MAX_SYMBOLS];
        let mut index = 0;
        while index < N {
            states[index] = from[index];
            index += 1;
        }
        Self { states, symbols: N, log }
    }

    /// One that follows `counts`, of which at least two are above 0. `max_log` is the most that a reader supports.
    pub(super) fn of_counts(counts: &[u32; MAX_SYMBOLS], max_log: u32) -> Self {
        let total: u32 = counts.iter().sum();
        let symbols = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        let log = choose_log(total, symbols, max_log);
        let mut states = [0; MAX_SYMBOLS];
        let mut left = 1i32 << log;
        for (state, count) in states.iter_mut().zip(counts).filter(|(_, count)| **count > 0) {
            let share = ((u64::from(*count) << log) + u64::from(total) / 2) / u64::from(total);
            *state = share.max(1) as i16;
            left -= i32::from(*state);
        }
        settle(&mut states, left);
        Self { states, symbols, log }
    }

    /// Writes the description of the table.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut bits = BitWriter::new(out);
        bits.add(self.log - MIN_LOG, 4);
        let mut remaining = (1u32 << self.log) + 1;
        let mut threshold = 1u32 << self.log;
        let mut len = self.log + 1;
        let mut symbol = 0;
        while symbol < self.symbols && remaining > 1 {
            let states = self.states[symbol];
            symbol += 1;
            // Small values take a bit less, as many of them as there are spare codes.
            let spare = 2 * threshold - 1 - remaining;
            remaining -= u32::from(states.unsigned_abs());
            let mut value = (states + 1) as u32;
            if value >= threshold {
                value += spare;
            }
            bits.add(value, len - u32::from(value < spare));
            if states == 0 {
                symbol = self.write_zeros(symbol, &mut bits);
            }
            while remaining < threshold && threshold > 1 {
                len -= 1;
                threshold >>= 1;
            }
        }
        bits.finish();
    }

    /// After a symbol that does not occur: how many more do not, in steps of up to three. Returns the next that does.
    fn write_zeros(&self, from: usize, bits: &mut BitWriter<'_>) -> usize {
        let next = (from..self.symbols).find(|symbol| self.states[*symbol] != 0).unwrap_or(self.symbols);
        let mut left = next - from;
        while left >= 3 {
            bits.add(3, 2);
            left -= 3;
        }
        bits.add(left as u32, 2);
        next
    }
}

/// As large as the input justifies, and large enough for each symbol to have a state.
fn choose_log(total: u32, symbols: usize, max_log: u32) -> u32 {
    let justified = total.max(2).ilog2().saturating_sub(2);
    let needed = (symbols as u32).max(2).ilog2() + 2;
    justified.max(needed).clamp(MIN_LOG, max_log)
}

/// Gives what is left over, or takes what is missing, where it hurts least.
fn settle(states: &mut [i16; MAX_SYMBOLS], mut left: i32) {
    while left != 0 {
        let Some(largest) = states.iter_mut().max() else { return };
        // A symbol keeps at least half of what it has, so that nobody pays for all.
        let change = left.max(-(i32::from(*largest) / 2).max(1));
        *largest += change as i16;
        left -= change;
    }
}

/// A symbol's way from state to state.
#[derive(Clone, Copy, Default)]
struct Transition {
    bits: u32,
    state: i32,
}

/// A distribution made ready to encode with.
pub(super) struct Table {
    log: u32,
    next: [u16; 1 << MAX_LOG],
    transitions: [Transition; MAX_SYMBOLS],
}

impl Table {
    /// The table for a single symbol, which takes no bits.
    pub(super) fn single() -> Self {
        Self { log: 0, next: [0; 1 << MAX_LOG], transitions: [Transition::default(); MAX_SYMBOLS] }
    }

    pub(super) fn new(distribution: &Distribution) -> Self {
        let size = 1usize << distribution.log;
        let symbols = spread(distribution, size);
        let mut table = Self::single();
        table.log = distribution.log;

        let mut starts = [0u16; MAX_SYMBOLS];
        let mut total = 0i32;
        for (symbol, states) in distribution.states.iter().enumerate() {
            let count = i32::from(states.unsigned_abs());
            starts[symbol] = total as u16;
            table.transitions[symbol] = Transition::new(count, total, distribution.log);
            total += count;
        }
        for (state, symbol) in symbols[..size].iter().enumerate() {
            let place = &mut starts[usize::from(*symbol)];
            table.next[usize::from(*place)] = (size + state) as u16;
            *place += 1;
        }
        table
    }

    /// The state to begin with, for the symbol that is read last.
    #[inline(always)]
    pub(super) fn start(&self, symbol: u8) -> u32 {
        let transition = self.transitions[usize::from(symbol)];
        let bits = (transition.bits + (1 << 15)) >> 16;
        let value = (bits << 16).wrapping_sub(transition.bits);
        self.follow(transition, value, bits)
    }

    /// Encodes a symbol and moves on.
    #[inline(always)]
    pub(super) fn encode(&self, state: &mut u32, symbol: u8, out: &mut BitWriter<'_>) {
        let transition = self.transitions[usize::from(symbol)];
        let bits = state.wrapping_add(transition.bits) >> 16;
        out.add(*state & ((1 << bits) - 1), bits);
        *state = self.follow(transition, *state, bits);
    }

    /// Writes the last state, which is the reader's first.
    pub(super) fn finish(&self, state: u32, out: &mut BitWriter<'_>) {
        out.add(state & ((1 << self.log) - 1), self.log);
    }

    #[inline(always)]
    fn follow(&self, transition: Transition, state: u32, bits: u32) -> u32 {
        let index = (state >> bits) as i32 + transition.state;
        u32::from(self.next[index as usize & (self.next.len() - 1)])
    }
}

impl Transition {
    /// `bits` holds two things, as in the reference: adding a state to it gives the number of bits in the upper half.
    fn new(count: i32, total: i32, log: u32) -> Self {
        match count {
            0 => Self::default(),
            1 => Self { bits: (log << 16).wrapping_sub(1 << log), state: total - 1 },
            _ => {
                let most_bits = log - (count as u32 - 1).ilog2();
                Self { bits: (most_bits << 16).wrapping_sub((count as u32) << most_bits), state: total - count }
            }
        }
    }
}

/// Which symbol each state stands for.
fn spread(distribution: &Distribution, size: usize) -> [u8; 1 << MAX_LOG] {
    let mut symbols = [0; 1 << MAX_LOG];
    let mut end = size;
    for (symbol, states) in distribution.states.iter().enumerate().filter(|(_, states)| **states == -1) {
        end -= usize::from(states.unsigned_abs());
        symbols[end] = symbol as u8;
    }
    let step = (size >> 1) + (size >> 3) + 3;
    let mut at = 0;
    for (symbol, states) in distribution.states.iter().enumerate() {
        for _ in 0..(*states).max(0) {
            symbols[at] = symbol as u8;
            at = (at + step) & (size - 1);
            while at >= end && end > 0 {
                at = (at + step) & (size - 1);
            }
        }
    }
    symbols
}
