//! Finds what can be copied from earlier input instead of being written again.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing,
    reason = "an encoder's tables, indexed by symbols and positions of its own making"
)]

use super::sequences::Sequence;

/// How far back a match may reach: the window that every reader has to support.
pub(super) const MAX_WINDOW_LEN: usize = 8 << 20;

/// Bytes that are hashed to find a match.
const HASHED_LEN: usize = 5;
/// The shortest copy that the format has.
const MIN_MATCH_LEN: usize = 3;
/// Bytes that are read at a position, at most.
const LOOKAHEAD: usize = 8;
const MAX_HASH_LOG: u32 = 17;
/// About what a literal costs.
const BITS_PER_BYTE: i32 = 5;
/// About what a sequence costs besides its offset.
const BITS_PER_SEQUENCE: i32 = 8;

/// How hard to look.
#[derive(Clone, Copy, Debug)]
struct Effort {
    /// Earlier places that are compared with a position.
    attempts: usize,
    /// How slowly the steps become longer while nothing is found.
    patience: u32,
}

impl Effort {
    fn of_level(level: i32) -> Self {
        let (attempts, patience) = match level {
            ..0 => (1, 4),
            0..=2 => (1, 6),
            3..=4 => (3, 7),
            5..=7 => (8, 8),
            8..=12 => (32, 9),
            13..=18 => (128, 10),
            19.. => (512, 12),
        };
        Self { attempts, patience }
    }

    /// Whether earlier places are chained, and a match is put off for a better one at the next position.
    fn is_deep(self) -> bool {
        self.attempts > 1
    }
}

#[derive(Clone, Copy)]
struct Match {
    start: usize,
    place: usize,
    len: usize,
}

impl Match {
    /// Bits that it saves, about. Repeating the offset before costs next to nothing.
    fn gain(&self, latest_offset: usize) -> i32 {
        let offset = self.start - self.place;
        let offset_bits = if offset == latest_offset { 0 } else { offset.ilog2() as i32 };
        BITS_PER_BYTE * self.len as i32 - offset_bits - BITS_PER_SEQUENCE
    }
}

/// Hash tables over one frame's input, used again for the next.
#[derive(Default)]
pub(super) struct Tables {
    hash_log: u32,
    /// For a hash, the last position that had it, counted over all frames: what is below `base` is another frame's.
    heads: Vec<u32>,
    /// For a position of this frame, the one before it that had the same hash.
    previous: Vec<u32>,
    base: u32,
    /// Length of the frame that was begun last.
    frame_len: u32,
}

impl Tables {
    /// The matcher for a frame.
    pub(super) fn start_frame<'t>(&'t mut self, level: i32, input: &'t [u8]) -> Matcher<'t> {
        let effort = Effort::of_level(level);
        // Position 0 of the first frame has to differ from an empty entry.
        let next = self.base.max(1).checked_add(self.frame_len).filter(|base| *base < 1 << 31);
        self.frame_len = input.len() as u32;
        let hash_log = (input.len().max(2).ilog2() + 1).clamp(10, MAX_HASH_LOG);
        match next {
            Some(base) if hash_log == self.hash_log => self.base = base,
            _ => {
                self.base = 1;
                self.hash_log = hash_log;
                self.heads.clear();
                self.heads.resize(1 << hash_log, 0);
            }
        }
        if effort.is_deep() && self.previous.len() < input.len() {
            self.previous.resize(input.len(), 0);
        }
        Matcher { tables: self, input, effort, entered: 0 }
    }
}

/// Sees one block after another of a frame's input.
pub(super) struct Matcher<'t> {
    tables: &'t mut Tables,
    input: &'t [u8],
    effort: Effort,
    /// The first position that is not in the tables.
    entered: usize,
}

impl Matcher<'_> {
    /// Takes the block from `start` to `end` apart into literals and sequences; what literals are left over belong
    /// behind the last sequence.
    pub(super) fn split_block(
        &mut self,
        start: usize,
        end: usize,
        latest_offset: u32,
        literals: &mut Vec<u8>,
        sequences: &mut Vec<Sequence>,
    ) {
        let mut latest_offset = latest_offset as usize;
        let mut literals_start = start;
        let mut at = start;
        // From here on, bytes would be read that are not the block's.
        let last = end.saturating_sub(LOOKAHEAD);
        while at < last {
            let Some(found) = self.find(at, end, latest_offset) else {
                at += 1 + ((at - literals_start) >> self.effort.patience);
                continue;
            };
            let found = self.improve(found, last, end, latest_offset);
            let found = self.extend_back(found, literals_start);
            latest_offset = found.start - found.place;
            literals.extend_from_slice(&self.input[literals_start..found.start]);
            sequences.push(Sequence {
                literals_len: (found.start - literals_start) as u32,
                match_len: found.len as u32,
                offset: latest_offset as u32,
            });
            at = found.start + found.len;
            literals_start = at;
            self.enter_covered(at.min(last));
        }
        literals.extend_from_slice(&self.input[literals_start..end]);
    }

    /// The best match at a position, if any is worth it.
    fn find(&mut self, at: usize, end: usize, latest_offset: usize) -> Option<Match> {
        let mut candidate = self.enter(at);
        let (mut best, mut best_gain) = (None, 0);
        let mut consider = |place: usize, len: usize| {
            let found = Match { start: at, place, len };
            let gain = found.gain(latest_offset);
            if len >= MIN_MATCH_LEN && gain > best_gain {
                (best, best_gain) = (Some(found), gain);
            }
        };
        if let Some(place) = at.checked_sub(latest_offset) {
            consider(place, self.common_len(place, at, end));
        }
        for attempt in 1..=self.effort.attempts {
            let Some(place) = candidate.filter(|place| at - place < MAX_WINDOW_LEN) else { break };
            consider(place, self.common_len(place, at, end));
            if attempt < self.effort.attempts {
                candidate = self.tables.position(self.tables.previous[place]);
            }
        }
        best
    }

    /// The match, or one at the next position that is better by more than the literal it costs.
    fn improve(&mut self, found: Match, last: usize, end: usize, latest_offset: usize) -> Match {
        if !self.effort.is_deep() || found.start + 1 >= last {
            return found;
        }
        let gain = found.gain(latest_offset) + BITS_PER_BYTE;
        match self.find(found.start + 1, end, latest_offset) {
            Some(next) if next.gain(latest_offset) > gain => next,
            _ => found,
        }
    }

    /// Moves the start of a match back over bytes that are equal, too.
    fn extend_back(&self, mut found: Match, literals_start: usize) -> Match {
        while found.start > literals_start
            && found.place > 0
            && self.input[found.start - 1] == self.input[found.place - 1]
        {
            found.start -= 1;
            found.place -= 1;
            found.len += 1;
        }
        found
    }

    fn common_len(&self, place: usize, at: usize, end: usize) -> usize {
        let here = &self.input[at..end];
        let earlier = &self.input[place..place + here.len()];
        let (earlier_words, earlier_rest) = earlier.as_chunks::<8>();
        let (here_words, here_rest) = here.as_chunks::<8>();
        for (index, (a, b)) in earlier_words.iter().zip(here_words).enumerate() {
            let difference = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
            if difference != 0 {
                return 8 * index + difference.trailing_zeros() as usize / 8;
            }
        }
        8 * here_words.len() + earlier_rest.iter().zip(here_rest).take_while(|(a, b)| a == b).count()
    }

    /// Enters a position into the tables, unless it is there, and returns the last one before it with the same hash.
    fn enter(&mut self, at: usize) -> Option<usize> {
        if at < self.entered {
            return self.tables.position(self.tables.previous[at]);
        }
        self.entered = at + 1;
        let hash = self.hash(at);
        let head = std::mem::replace(&mut self.tables.heads[hash], self.tables.base + at as u32);
        if self.effort.is_deep() {
            self.tables.previous[at] = head;
        }
        self.tables.position(head)
    }

    /// Enters what a match has covered, up to `end`: all of it if it can be looked up, else the last position.
    fn enter_covered(&mut self, end: usize) {
        let from = if self.effort.is_deep() { self.entered } else { self.entered.max(end.saturating_sub(1)) };
        for at in from..end {
            self.enter(at);
        }
    }

    fn hash(&self, at: usize) -> usize {
        let word = self.input[at..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        let hashed = word << (64 - 8 * HASHED_LEN);
        (hashed.wrapping_mul(0x9e37_79b1_85eb_ca87) >> (64 - self.tables.hash_log)) as usize
    }
}

impl Tables {
    fn position(&self, entry: u32) -> Option<usize> {
        entry.checked_sub(self.base).map(|place| place as usize)
    }
}
