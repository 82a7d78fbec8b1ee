//! Java's properties format.

use super::ConfigMap;

/// A text that is not in the properties format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProperties {
    /// `\u` is not followed by four hexadecimal digits, or they are not a character.
    #[error("line {line}: malformed \\u escape")]
    Escape {
        /// The line, counted from 1; of a continued line the first.
        line: usize,
    },
}

/// Reads a properties file. Of a name that is there twice, the last value counts.
///
/// # Errors
/// An escape that is not one.
pub fn parse_properties(text: &str) -> Result<ConfigMap, InvalidProperties> {
    let mut properties = ConfigMap::new();
    for (line, logical) in logical_lines(text) {
        let (name, value) = split(&logical);
        let unescaped = |text| unescape(text).ok_or(InvalidProperties::Escape { line });
        properties.insert(unescaped(name)?, unescaped(value)?);
    }
    Ok(properties)
}

/// The lines that say something, each with those it continues on, and the number of its first.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut logical = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, first)) = lines.next() {
        let first = first.trim_start_matches(BLANK);
        if first.is_empty() || first.starts_with(['#', '!']) {
            continue;
        }
        let mut whole = first.to_owned();
        while continues(&whole) {
            whole.pop();
            let Some((_, next)) = lines.next() else { break };
            whole.push_str(next.trim_start_matches(BLANK));
        }
        logical.push((index + 1, whole));
    }
    logical
}

/// Whether the line ends in an odd number of backslashes: an even number is backslashes that are meant.
fn continues(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Splits at the first separator that no backslash precedes: `=`, `:` or white space.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let separates = !escaped && (BLANK.contains(&c) || c == '=' || c == ':');
        escaped = c == '\\' && !escaped;
        separates
    });
    let (name, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(BLANK);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (name, value.trim_start_matches(BLANK))
}

fn unescape(text: &str) -> Option<String> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let unit = match c {
            '\\' => match chars.next() {
                Some('u') => four_digits(&mut chars)?,
                Some('t') => u16::from(b'\t'),
                Some('n') => u16::from(b'\n'),
                Some('r') => u16::from(b'\r'),
                Some('f') => 0x0c,
                Some(other) => {
                    units.extend_from_slice(other.encode_utf16(&mut [0; 2]));
                    continue;
                }
                None => continue,
            },
            _ => {
                units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
                continue;
            }
        };
        units.push(unit);
    }
    String::from_utf16(&units).ok()
}

fn four_digits(chars: &mut std::str::Chars<'_>) -> Option<u16> {
    let digits: String = chars.take(4).collect();
    let all = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if all { u16::from_str_radix(&digits, 16).ok() } else { None }
}

const BLANK: [char; 3] = [' ', '\t', '\u{c}'];

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse_properties(text).expect("valid properties").into_iter().collect()
    }

    fn one(text: &str) -> (String, String) {
        let [pair] = <[_; 1]>::try_from(pairs(text)).expect("one property");
        pair
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn all_separators_are_understood() {
        for text in ["a=b", "a:b", "a b", "  a = b", "a\t:\tb", "a   b", "a=b\r\n"] {
            assert_eq!(one(text), pair("a", "b"), "{text:?}");
        }
        assert_eq!(one("a==b"), pair("a", "=b"));
        assert_eq!(one("a"), pair("a", ""));
        assert_eq!(one("a=b c "), pair("a", "b c "));
    }

    #[test]
    fn comments_and_blank_lines_are_skipped() {
        assert_eq!(pairs("# a=1\n  ! b=2\n\n   \t\nc=3 # not a comment"), [pair("c", "3 # not a comment")]);
    }

    #[test]
    fn a_backslash_at_the_end_continues_the_line() {
        assert_eq!(one("a=1,\\\n   2,\\\n\t3"), pair("a", "1,2,3"));
        assert_eq!(one("a=b\\\\"), pair("a", "b\\"));
        assert_eq!(one("a=b\\"), pair("a", "b"));
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(one("a\\=b\\ c=d\\te\\u0041\\q"), pair("a=b c", "d\teAq"));
        assert_eq!(one("a=\\ud83d\\ude00"), pair("a", "\u{1f600}"));
        assert_eq!(one("dir=C\\:\\\\logs"), pair("dir", "C:\\logs"));
    }

    #[test]
    fn a_malformed_escape_names_its_line() {
        for text in ["ok=1\na=\\u00g0", "ok=1\na=\\u12", "ok=1\na=\\ud83d"] {
            assert_eq!(parse_properties(text), Err(InvalidProperties::Escape { line: 2 }), "{text}");
        }
    }

    #[test]
    fn the_last_value_counts() {
        assert_eq!(one("a=1\na=2"), pair("a", "2"));
    }
}
