//! A record as a line of text, the form in which the programs of all languages give records to each other.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

/// A record, written or to be written.
///
/// As text: `PARTITION OFFSET TIMESTAMP KEY VALUE NAME=VALUE...`, where bytes are `x` and hexadecimal digits, and `-` is
/// null. A partition or timestamp of -1 is left to the client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) timestamp: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Line {
    /// A record to be written wherever its key leads.
    pub(crate) fn new(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        let (key, value) = (Some(key.into()), Some(value.into()));
        Self { partition: -1, offset: -1, timestamp: -1, key, value, headers: Vec::new() }
    }

    /// The line.
    pub(crate) fn text(&self) -> String {
        let Self { partition, offset, timestamp, key, value, headers } = self;
        let mut text = format!("{partition} {offset} {timestamp} {} {}", hex(key.as_deref()), hex(value.as_deref()));
        for (name, value) in headers {
            // Writing to a string does not fail.
            let _ = write!(text, " {}={}", hex(Some(name.as_bytes())), hex(value.as_deref()));
        }
        text
    }

    /// Reads a line.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut words = text.split(' ');
        let mut word = || words.next().with_context(|| format!("'{text}' is too short"));
        let (partition, offset, timestamp) = (word()?.parse()?, word()?.parse()?, word()?.parse()?);
        let (key, value) = (bytes(word()?)?, bytes(word()?)?);
        let headers = words.map(|header| {
            let (name, value) = header.split_once('=').with_context(|| format!("'{header}' is no header"))?;
            let name = bytes(name)?.with_context(|| format!("'{header}' has no name"))?;
            Ok((String::from_utf8(name)?, bytes(value)?))
        });
        Ok(Self { partition, offset, timestamp, key, value, headers: headers.collect::<Result<_>>()? })
    }
}

fn hex(bytes: Option<&[u8]>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let Some(bytes) = bytes else { return "-".to_owned() };
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    std::iter::once('x').chain(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])).collect()
}

fn bytes(text: &str) -> Result<Option<Vec<u8>>> {
    if text == "-" {
        return Ok(None);
    }
    let Some(digits) = text.strip_prefix('x').filter(|digits| digits.len() % 2 == 0 && digits.is_ascii()) else {
        bail!("'{text}' are no bytes");
    };
    let byte = |pair: &[u8]| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?);
    Ok(Some(digits.as_bytes().chunks(2).map(byte).collect::<Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_empty_stay_apart() {
        let line = Line {
            key: None,
            value: Some(Vec::new()),
            headers: vec![(String::new(), None), ("a".into(), Some(vec![0xff])), ("a".into(), Some(Vec::new()))],
            ..Line::new("", "")
        };
        assert_eq!(line.text(), "-1 -1 -1 - x x=- x61=xff x61=x");
        assert_eq!(Line::parse(&line.text()).unwrap(), line);
    }

    #[test]
    fn what_is_cut_off_is_no_line() {
        assert!(Line::parse("0 1 2 x6").is_err());
        assert!(Line::parse("0 1 2 x61 x6").is_err());
        assert!(Line::parse("0 1 2 x61 61").is_err());
    }
}
