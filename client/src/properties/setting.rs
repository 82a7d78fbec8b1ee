//! How a value in text becomes a setting.

use std::time::Duration;

use ottla_protocol::record::Compression;

use super::Settings;
use crate::config::{CompressionConfig, InvalidValue};

/// Settings while properties are read.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) settings: Settings,
    pub(super) levels: Levels,
}

/// Compression levels, which have a property each but take effect only with their codec.
#[derive(Default)]
pub(super) struct Levels {
    /// librdkafka's, of whatever codec there is.
    pub(super) any: Option<i32>,
    pub(super) gzip: Option<i32>,
    pub(super) lz4: Option<i32>,
    pub(super) zstd: Option<i32>,
}

impl Draft {
    /// The settings, with the level of their codec.
    pub(super) fn finish(self) -> Settings {
        let mut settings = self.settings;
        let CompressionConfig { codec, level } = &mut settings.producer.compression;
        *level = match codec {
            Compression::Gzip => self.levels.gzip.or(self.levels.any),
            Compression::Lz4 => self.levels.lz4.or(self.levels.any),
            Compression::Zstd => self.levels.zstd.or(self.levels.any),
            Compression::None | Compression::Snappy => None,
        };
        settings
    }
}

/// Why a value is not taken.
pub(super) enum Refusal {
    /// It is none of the valid ones, which are these.
    Invalid(String),
    /// It is valid in Kafka, but not supported here.
    Unsupported(&'static str),
}

impl From<InvalidValue> for Refusal {
    fn from(error: InvalidValue) -> Self {
        Self::Invalid(format!("one of {}", error.valid))
    }
}

/// The field that a setting is.
type Field<T> = fn(&mut Settings) -> &mut T;

/// The type of a setting, with its unit and range.
pub(super) enum Kind {
    /// Whole milliseconds in a range.
    Millis(Field<Duration>, i64, i64),
    /// Whole milliseconds; `off` turns it off.
    OptionalMillis(Field<Option<Duration>>, Off),
    /// A whole number in a range, of the unit if there is one.
    Size(Field<usize>, i64, i64, &'static str),
    /// Units of 1024 bytes in a range.
    Kibibytes(Field<usize>, i64, i64),
    /// Whole bytes; `off` leaves it to the system.
    OptionalBytes(Field<Option<usize>>, Off),
    /// `true` or `false`.
    Bool(Field<bool>),
    /// Any text; none if it is empty.
    Text(Field<Option<String>>),
    /// A compression level in a range, and the number that leaves it to the codec.
    Level(fn(&mut Levels) -> &mut Option<i32>, i32, i32, Option<i32>),
    /// Whatever the function reads; the text says what is valid.
    Parsed(fn(&mut Draft, &str) -> Result<(), Refusal>, &'static str),
}

/// The number that stands for no value, beside any below it.
pub(super) struct Off(pub(super) i64);

impl Kind {
    /// Reads a value into its setting.
    pub(super) fn set(&self, draft: &mut Draft, value: &str) -> Result<(), Refusal> {
        let settings = &mut draft.settings;
        match self {
            Self::Millis(field, min, max) => *field(settings) = millis(self.number(value, *min, *max)?),
            Self::OptionalMillis(field, off) => {
                let number = self.number(value, -1, i64::from(i32::MAX))?;
                *field(settings) = (number > off.0).then(|| millis(number));
            }
            Self::Size(field, min, max, _) => *field(settings) = size(self.number(value, *min, *max)?),
            Self::Kibibytes(field, min, max) => {
                *field(settings) = size(self.number(value, *min, *max)?).saturating_mul(1024)
            }
            Self::OptionalBytes(field, off) => {
                let number = self.number(value, -1, i64::from(i32::MAX))?;
                *field(settings) = (number > off.0).then(|| size(number));
            }
            Self::Bool(field) => *field(settings) = boolean(value).ok_or_else(|| self.invalid())?,
            Self::Text(field) => *field(settings) = Some(value.to_owned()).filter(|value| !value.is_empty()),
            Self::Level(field, min, max, unset) => {
                let level = value.parse().map_err(|_| self.invalid())?;
                let valid = (*min..=*max).contains(&level) || Some(level) == *unset;
                *field(&mut draft.levels) = Some(level).filter(|level| Some(*level) != *unset);
                return if valid { Ok(()) } else { Err(self.invalid()) };
            }
            Self::Parsed(parse, _) => parse(draft, value)?,
        }
        Ok(())
    }

    /// The values that are valid, in words.
    pub(super) fn valid(&self) -> String {
        match self {
            Self::Millis(_, min, max) => format!("{min} to {max} ms"),
            Self::OptionalMillis(_, Off(off)) => format!("1 to {} ms, or {off} for none", i32::MAX),
            Self::Size(_, min, max, "") => format!("{min} to {max}"),
            Self::Size(_, min, max, unit) => format!("{min} to {max} {unit}"),
            Self::Kibibytes(_, min, max) => format!("{min} to {max} KiB"),
            Self::OptionalBytes(_, Off(off)) => format!("1 to {} bytes, or {off} for the system's", i32::MAX),
            Self::Level(_, min, max, Some(unset)) => format!("{min} to {max}, or {unset} for the codec's default"),
            Self::Level(_, min, max, None) => format!("{min} to {max}"),
            Self::Bool(_) => "true or false".into(),
            Self::Text(_) => "any text".into(),
            Self::Parsed(_, valid) => (*valid).into(),
        }
    }

    fn number(&self, value: &str, min: i64, max: i64) -> Result<i64, Refusal> {
        value.parse().ok().filter(|number| (min..=max).contains(number)).ok_or_else(|| self.invalid())
    }

    fn invalid(&self) -> Refusal {
        Refusal::Invalid(self.valid())
    }
}

fn millis(number: i64) -> Duration {
    Duration::from_millis(number.max(0).unsigned_abs())
}

fn size(number: i64) -> usize {
    usize::try_from(number.max(0)).unwrap_or(usize::MAX)
}

/// Java takes either case.
pub(super) fn boolean(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}
