//! Java's `.properties` format.

use std::{iter::Peekable, str::Chars};

/// A line that is not a property.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {escape:?} is not a \\u escape of a character")]
pub struct TextError {
    /// The number of the line that the property begins on, from 1 on.
    pub line: usize,
    /// What cannot be read.
    pub escape: String,
}

/// Reads keys and values, in order, with doubles.
///
/// Kafka's tools read their files with `java.util.Properties`, and this reads what that reads: comments after `#` or `!`,
/// keys that end at `=`, `:` or white space, lines that go on after a backslash, and escapes. Only a lone backslash at the end
/// of the text, which Java takes for an empty key, is nothing here.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, TextError> {
    logical_lines(text).into_iter().map(|(number, line)| property(number, &line)).collect()
}

/// Lines without comments and blanks, each with all that continues it, and the number it begins at.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let text = text.replace("\r\n", "\n");
    let mut logical: Vec<(usize, String)> = Vec::new();
    let mut continues = false;
    for (index, line) in text.split(['\n', '\r']).enumerate() {
        let line = line.trim_start_matches(is_blank);
        let (line, goes_on) = match line.strip_suffix('\\') {
            Some(kept) if ends_with_odd_backslashes(line) => (kept, true),
            _ => (line, false),
        };
        match logical.last_mut() {
            // A line with nothing but the backslash has not begun yet.
            Some((_, last)) if continues && !last.is_empty() => last.push_str(line),
            _ if line.starts_with(['#', '!']) || (line.is_empty() && !goes_on) => continue,
            _ => logical.push((index + 1, line.to_owned())),
        }
        continues = goes_on;
    }
    logical.retain(|(_, line)| !line.is_empty());
    logical
}

fn ends_with_odd_backslashes(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Splits a logical line and resolves its escapes.
fn property(number: usize, line: &str) -> Result<(String, String), TextError> {
    let (key, rest) = line.split_at(key_end(line));
    let rest = rest.trim_start_matches(is_blank);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(is_blank);
    Ok((unescape(number, key)?, unescape(number, value)?))
}

/// Where the key ends: at the first separator that no backslash precedes.
fn key_end(line: &str) -> usize {
    let mut escaped = false;
    let end = line.char_indices().find(|(_, c)| {
        let ends = !escaped && (is_blank(*c) || matches!(c, '=' | ':'));
        escaped = !escaped && *c == '\\';
        ends
    });
    end.map_or(line.len(), |(index, _)| index)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\x0c')
}

fn unescape(line: usize, text: &str) -> Result<String, TextError> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(escaped(line, &mut chars)?),
            c => out.push(c),
        }
    }
    Ok(out)
}

/// The character that stands after a backslash; none at the end of the text.
fn escaped(line: usize, chars: &mut Peekable<Chars<'_>>) -> Result<Option<char>, TextError> {
    Ok(match chars.next() {
        Some('t') => Some('\t'),
        Some('n') => Some('\n'),
        Some('r') => Some('\r'),
        Some('f') => Some('\x0c'),
        Some('u') => Some(unicode(line, chars)?),
        other => other,
    })
}

/// The character of a `\uXXXX`, or of two that are a surrogate pair.
fn unicode(line: usize, chars: &mut Peekable<Chars<'_>>) -> Result<char, TextError> {
    let mut escape = "\\u".to_owned();
    let Some(first) = unit(chars, &mut escape) else { return Err(TextError { line, escape }) };
    let mut units = vec![first];
    if (0xD800..0xDC00).contains(&first) && chars.next_if_eq(&'\\').is_some() {
        escape.push('\\');
        escape.extend(chars.next_if_eq(&'u'));
        units.extend(unit(chars, &mut escape));
    }
    match char::decode_utf16(units).collect::<Result<Vec<_>, _>>().as_deref() {
        Ok([c]) => Ok(*c),
        _ => Err(TextError { line, escape }),
    }
}

/// The UTF-16 unit of four hexadecimal digits, which are noted as they are read.
fn unit(chars: &mut Peekable<Chars<'_>>, escape: &mut String) -> Option<u16> {
    let mut value = 0;
    for _ in 0..4 {
        let digit = chars.next()?;
        escape.push(digit);
        value = value << 4 | digit.to_digit(16)?;
    }
    u16::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap()
    }

    fn one(text: &str) -> (String, String) {
        let [pair] = &pairs(text)[..] else { panic!("not one property: {text:?}") };
        pair.clone()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn keys_end_at_any_separator() {
        for text in ["a=b", "a:b", "a b", "a = b", "a\t:\x0cb", "  a=b", "a  b"] {
            assert_eq!(one(text), pair("a", "b"), "{text:?}");
        }
        assert_eq!(one("a==b"), pair("a", "=b"));
        assert_eq!(one("a = = b"), pair("a", "= b"));
        assert_eq!(one("a"), pair("a", ""));
        assert_eq!(one("=b"), pair("", "b"));
        assert_eq!(one("a=b  "), pair("a", "b  "));
    }

    #[test]
    fn comments_and_blank_lines_are_no_properties() {
        assert_eq!(
            pairs("# x=1\n ! y=2\n\n \t\na=b # c\r\nd=e\rf=g"),
            [pair("a", "b # c"), pair("d", "e"), pair("f", "g")]
        );
        assert_eq!(pairs("# not continued \\\na=b"), [pair("a", "b")]);
    }

    #[test]
    fn a_line_goes_on_after_an_odd_number_of_backslashes() {
        assert_eq!(one("a=b,\\\n   c,\\\r\n\td"), pair("a", "b,c,d"));
        assert_eq!(pairs("a=b\\\\\nc=d"), [pair("a", "b\\"), pair("c", "d")]);
        assert_eq!(pairs("a=b\\\n\nc=d"), [pair("a", "b"), pair("c", "d")]);
        assert_eq!(one("a=b\\\n#c"), pair("a", "b#c"));
        assert_eq!(one("a=b\\"), pair("a", "b"));
        assert_eq!(pairs("\\\n# comment\na=b"), [pair("a", "b")], "nothing has begun that could go on");
        assert_eq!(pairs("\\\n"), []);
    }

    #[test]
    fn escapes_stand_for_characters() {
        assert_eq!(one(r"a\=\:\ b=c\t\n\r\f\\\q"), pair("a=: b", "c\t\n\r\x0c\\q"));
        assert_eq!(one(r"\u0061=\u00fc\uD83D\uDE00x"), pair("a", "ü😀x"));
        assert_eq!(one("ü=😀"), pair("ü", "😀"));
    }

    #[test]
    fn a_broken_unicode_escape_names_its_line() {
        for (text, escape) in [
            ("a=1\nb=\\u12", r"\u12"),
            ("a=1\nb=\\u12x4", r"\u12x"),
            ("a=1\nb=\\uD83D", r"\uD83D"),
            ("a=1\nb=\\uDE00", r"\uDE00"),
            ("a=1\nb=\\uD83D\\u0041", r"\uD83D\u0041"),
        ] {
            assert_eq!(parse(text), Err(TextError { line: 2, escape: escape.into() }), "{text:?}");
        }
    }
}
