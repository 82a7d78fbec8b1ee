//! Where in a partition: the value of `--from` and `--to`.

use std::str::FromStr;

use ottla::consumer::SeekTo;

use crate::timestamp;

/// A place in a partition's log, as a person names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OffsetSpec {
    /// The first record there is.
    Beginning,
    /// After the last record there is.
    End,
    /// The record with this offset.
    Offset(i64),
    /// This many records before the end.
    BeforeEnd(i64),
    /// The first record that is not older, in milliseconds since the epoch.
    Timestamp(i64),
}

/// What `--help` says of the values.
pub(crate) const HELP: &str = "beginning, end, an offset, -N for N records before the end, or a time: \
2026-01-31, 2026-01-31T12:00:00Z, @MILLISECONDS since the epoch, or -15m, -2h, -7d from now";

impl OffsetSpec {
    /// Where to seek to in a partition that begins and ends at these offsets.
    pub(crate) fn seek_to(self, beginning: i64, end: i64) -> SeekTo {
        match self {
            Self::Beginning => SeekTo::Beginning,
            Self::End => SeekTo::End,
            Self::Offset(offset) => SeekTo::Offset(offset),
            Self::BeforeEnd(records) => SeekTo::Offset(end.saturating_sub(records).max(beginning)),
            Self::Timestamp(ms) => SeekTo::Timestamp(ms),
        }
    }

    fn parse_at(text: &str, now_ms: i64) -> Option<Self> {
        match text {
            "beginning" | "earliest" | "start" => return Some(Self::Beginning),
            "end" | "latest" => return Some(Self::End),
            _ => {}
        }
        if let Some(ms) = text.strip_prefix('@') {
            return ms.parse().ok().filter(|ms| *ms >= 0).map(Self::Timestamp);
        }
        if let Some(back) = text.strip_prefix('-') {
            let ago = || timestamp::length_ms(back).map(|length| Self::Timestamp(now_ms - length));
            let records = back.parse().ok().filter(|records: &i64| *records >= 0);
            return records.map(Self::BeforeEnd).or_else(ago);
        }
        text.parse().ok().map(Self::Offset).or_else(|| timestamp::from_text(text).map(Self::Timestamp))
    }
}

impl FromStr for OffsetSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse_at(text, timestamp::now_ms()).ok_or_else(|| format!("expected {HELP}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_names_numbers_and_times() {
        let read = |text| OffsetSpec::parse_at(text, 10_000_000);
        assert_eq!(read("beginning"), Some(OffsetSpec::Beginning));
        assert_eq!(read("end"), Some(OffsetSpec::End));
        assert_eq!(read("42"), Some(OffsetSpec::Offset(42)));
        assert_eq!(read("-5"), Some(OffsetSpec::BeforeEnd(5)));
        assert_eq!(read("-2h"), Some(OffsetSpec::Timestamp(2_800_000)));
        assert_eq!(read("@1700000000000"), Some(OffsetSpec::Timestamp(1_700_000_000_000)));
        assert_eq!(read("2026-01-31T12:00:00Z"), Some(OffsetSpec::Timestamp(1_769_860_800_000)));
        for text in ["", "-", "--5", "@", "@-1", "middle", "1.5"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn before_the_end_stops_at_the_beginning() {
        assert_eq!(OffsetSpec::BeforeEnd(5).seek_to(10, 100), SeekTo::Offset(95));
        assert_eq!(OffsetSpec::BeforeEnd(500).seek_to(10, 100), SeekTo::Offset(10));
    }
}
