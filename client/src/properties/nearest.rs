//! The known name that a misspelt one is most like.

use super::table::table;

/// Names longer than this are no misspelling of any.
const MAX_LEN: usize = 100;

/// The nearest name in the table, unless even that is too far: more than a third of the letters differ.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    if name.len() > MAX_LEN {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let distances = table().iter().map(|property| (distance(&name, property.name), property.name));
    let (distance, nearest) = distances.min()?;
    (distance <= name.len().max(nearest.len()) / 3).then_some(nearest)
}

/// The fewest insertions, deletions, replacements and swaps of neighbours that make one of the other.
#[expect(clippy::indexing_slicing, reason = "`i` and `j` count letters from 1; a row has one entry more")]
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Rows of the usual table: the one before the last, the last, and the one being filled.
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_edits() {
        for (a, b, edits) in
            [("", "", 0), ("", "abc", 3), ("abc", "abd", 1), ("abc", "acb", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(a, b), edits, "{a} {b}");
            assert_eq!(distance(b, a), edits, "{b} {a}");
        }
    }

    #[test]
    fn misspelt_names_find_theirs() {
        for (name, expected) in [
            ("linger", Some("linger.ms")),
            ("bootstrap.server", Some("bootstrap.servers")),
            ("Fetch.Min.Byte", Some("fetch.min.bytes")),
            ("auto.offest.reset", Some("auto.offset.reset")),
            ("max.in.fligth.requests.per.connection", Some("max.in.flight.requests.per.connection")),
            ("something.else.entirely.unheard.of", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(name), expected, "{name}");
        }
        assert_eq!(nearest(&"x".repeat(1 << 20)), None);
    }
}
