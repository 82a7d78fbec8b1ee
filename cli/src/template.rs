//! How `consume` prints a record: a template with kcat's letters.

use std::{io::Write, str::FromStr};

/// What `--help` says of the letters.
pub(crate) const HELP: &str = "\
Templates:
  %t  topic                       %p  partition
  %o  offset                      %T  timestamp in milliseconds
  %k  key, nothing if null        %K  length of the key, -1 if null
  %v  value, nothing if null      %S  length of the value, -1 if null
  %s  the same as %v              %h  headers, NAME=VALUE,...
  %%  a percent sign              \\n \\r \\t \\0 \\\\ \\xHH as usual
  A line end is added unless the template ends in \\n or \\0.";

/// What a template shows of a record.
pub(crate) trait Fields {
    fn topic(&self) -> &str;
    fn partition(&self) -> i32;
    fn offset(&self) -> i64;
    fn timestamp_ms(&self) -> i64;
    fn key(&self) -> Option<&[u8]>;
    fn value(&self) -> Option<&[u8]>;
    fn headers(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)>;
}

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(Vec<u8>),
    Topic,
    Partition,
    Offset,
    Timestamp,
    Key,
    KeyLength,
    Value,
    ValueLength,
    Headers,
}

impl Template {
    /// Appends a record, byte for byte: keys and values need not be text.
    pub(crate) fn render(&self, record: &impl Fields, out: &mut Vec<u8>) {
        for part in &self.0 {
            match part {
                Part::Literal(bytes) => out.extend_from_slice(bytes),
                Part::Topic => out.extend_from_slice(record.topic().as_bytes()),
                Part::Partition => number(record.partition().into(), out),
                Part::Offset => number(record.offset(), out),
                Part::Timestamp => number(record.timestamp_ms(), out),
                Part::Key => out.extend_from_slice(record.key().unwrap_or_default()),
                Part::KeyLength => length(record.key(), out),
                Part::Value => out.extend_from_slice(record.value().unwrap_or_default()),
                Part::ValueLength => length(record.value(), out),
                Part::Headers => headers(record.headers(), out),
            }
        }
    }

    /// Whether a record is told from the next by a line end, or by a null byte as `xargs -0` wants it.
    fn has_end(&self) -> bool {
        matches!(self.0.last(), Some(Part::Literal(bytes)) if bytes.ends_with(b"\n") || bytes.ends_with(b"\0"))
    }

    fn literal(&mut self, byte: u8) {
        match self.0.last_mut() {
            Some(Part::Literal(bytes)) => bytes.push(byte),
            _ => self.0.push(Part::Literal(vec![byte])),
        }
    }
}

fn number(number: i64, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = write!(out, "{number}");
}

fn length(bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    number(bytes.map_or(-1, |bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX)), out);
}

fn headers<'a>(headers: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>, out: &mut Vec<u8>) {
    for (index, (name, value)) in headers.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(value.unwrap_or(b"NULL"));
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut template = Self(Vec::new());
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            match byte {
                b'%' => match conversion(bytes.next())? {
                    Some(part) => template.0.push(part),
                    None => template.literal(b'%'),
                },
                b'\\' => template.literal(escape(&mut bytes)?),
                other => template.literal(other),
            }
        }
        if !template.has_end() {
            template.literal(b'\n');
        }
        Ok(template)
    }
}

/// The part that a letter stands for; `None` for a percent sign.
fn conversion(letter: Option<u8>) -> Result<Option<Part>, String> {
    Ok(Some(match letter {
        Some(b't') => Part::Topic,
        Some(b'p') => Part::Partition,
        Some(b'o') => Part::Offset,
        Some(b'T') => Part::Timestamp,
        Some(b'k') => Part::Key,
        Some(b'K') => Part::KeyLength,
        Some(b's' | b'v') => Part::Value,
        Some(b'S') => Part::ValueLength,
        Some(b'h') => Part::Headers,
        Some(b'%') => return Ok(None),
        Some(other) => {
            let letter = char::from(other).escape_default();
            return Err(format!("%{letter} means nothing; there are %t %p %o %T %k %K %v %s %S %h and %%"));
        }
        None => return Err("% at the end means nothing; %% is a percent sign".to_owned()),
    }))
}

fn escape(bytes: &mut impl Iterator<Item = u8>) -> Result<u8, String> {
    let hex = |digit: Option<u8>| {
        digit.and_then(|digit| char::from(digit).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
    };
    match bytes.next() {
        Some(b'n') => Ok(b'\n'),
        Some(b'r') => Ok(b'\r'),
        Some(b't') => Ok(b'\t'),
        Some(b'0') => Ok(0),
        Some(b'\\') => Ok(b'\\'),
        Some(b'x') => match (hex(bytes.next()), hex(bytes.next())) {
            (Some(high), Some(low)) => Ok(high << 4 | low),
            _ => Err("\\x needs two hexadecimal digits".to_owned()),
        },
        Some(other) => Err(format!(
            "\\{} means nothing; there are \\n \\r \\t \\0 \\\\ and \\xHH",
            char::from(other).escape_default()
        )),
        None => Err("\\ at the end means nothing; \\\\ is a backslash".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sample {
        key: Option<&'static [u8]>,
        value: Option<&'static [u8]>,
    }

    impl Fields for Sample {
        fn topic(&self) -> &str {
            "orders"
        }

        fn partition(&self) -> i32 {
            3
        }

        fn offset(&self) -> i64 {
            42
        }

        fn timestamp_ms(&self) -> i64 {
            1_700_000_000_000
        }

        fn key(&self) -> Option<&[u8]> {
            self.key
        }

        fn value(&self) -> Option<&[u8]> {
            self.value
        }

        fn headers(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
            [(b"a".as_slice(), Some(b"1".as_slice())), (b"b", None)].into_iter()
        }
    }

    fn render(template: &str, key: Option<&'static [u8]>, value: Option<&'static [u8]>) -> Vec<u8> {
        let mut out = Vec::new();
        template.parse::<Template>().unwrap().render(&Sample { key, value }, &mut out);
        out
    }

    #[test]
    fn each_letter_stands_for_its_field() {
        let shown = render("%t/%p@%o %T %k(%K)=%v|%s(%S) %h 100%%", Some(b"k"), Some(b"val"));
        assert_eq!(shown, b"orders/3@42 1700000000000 k(1)=val|val(3) a=1,b=NULL 100%\n");
    }

    #[test]
    fn null_is_empty_and_its_length_is_minus_one() {
        assert_eq!(render("[%k %K %v %S]", None, None), b"[ -1  -1]\n");
    }

    #[test]
    fn bytes_that_are_not_text_pass_through() {
        assert_eq!(render("%k:%v", Some(&[0xff, 0]), Some(&[0xc3])), b"\xff\0:\xc3\n");
    }

    #[test]
    fn a_line_end_is_added_unless_another_end_is_given() {
        assert_eq!(render("%p", None, None), b"3\n");
        assert_eq!(render("%p\\n", None, None), b"3\n");
        assert_eq!(render("%p\n", None, None), b"3\n");
        assert_eq!(render("%p\\0", None, None), b"3\0");
        assert_eq!(render("", None, None), b"\n");
    }

    #[test]
    fn escapes_and_unicode_are_kept() {
        assert_eq!(render("é\\t\\\\\\x41", None, None), "é\t\\A\n".as_bytes());
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for template in ["%", "%x", "%é", "\\", "\\q", "\\x4", "\\xzz"] {
            assert!(template.parse::<Template>().is_err(), "{template}");
        }
    }
}
