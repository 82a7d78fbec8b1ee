//! The records that are written: the same in every run and for every client.

/// How many different values and keys there are.
const VALUES: usize = 64;
const KEYS: usize = 10_000;

/// Values and keys, one after the other, for ever.
#[derive(Clone, Debug)]
pub struct Source {
    values: Vec<Vec<u8>>,
    keys: Vec<String>,
    next: usize,
}

impl Source {
    /// Values of `size` bytes.
    pub fn new(size: usize, keyed: bool) -> Self {
        let keys = if keyed { (0..KEYS).map(|number| format!("{number:08}")).collect() } else { Vec::new() };
        Self { values: values(size), keys, next: 0 }
    }

    /// All values, which come one after the other, for clients that share them with their caller.
    pub fn values(&self) -> &[Vec<u8>] {
        &self.values
    }

    /// The key and the value of the next record.
    pub fn next(&mut self) -> (Option<&str>, &[u8]) {
        let number = self.next;
        self.next = number.wrapping_add(1);
        let key = if self.keys.is_empty() { None } else { self.keys.get(number % KEYS).map(String::as_str) };
        (key, self.values.get(number % VALUES).map_or(&[], Vec::as_slice))
    }
}

/// Values that a codec can make smaller to about a half: hexadecimal digits from a small generator.
fn values(size: usize) -> Vec<Vec<u8>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut digit = || {
        // xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b"0123456789abcdef"[(state >> 60) as usize]
    };
    (0..VALUES).map(|_| (0..size).map(|_| digit()).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_the_same_in_every_run() {
        let (mut one, mut other) = (Source::new(100, true), Source::new(100, true));
        for _ in 0..3 * VALUES {
            assert_eq!(one.next(), other.next());
        }
        assert_eq!(Source::new(10, false).next().0, None);
        assert_eq!(Source::new(10, true).next().1.len(), 10);
    }
}
