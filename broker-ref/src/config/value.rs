//! Values of settings: parsing and validation by definition, and the text Kafka shows.

use std::{fmt, str::FromStr};

use ottla_protocol::{duration::parse_iso_8601, record::TimestampType};

use super::{
    CleanupPolicy, CompressionType,
    definition::{ConfigType, Definition, Validator},
    error::{ConfigError, InvalidValue},
};

/// A value of the type its definition asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ConfigValue {
    Null,
    Boolean(bool),
    Text(String),
    Int(i32),
    Short(i16),
    Long(i64),
    Double(f64),
    List(Vec<String>),
}

impl ConfigValue {
    /// The text in a description; none for null.
    pub(super) fn into_text(self) -> Option<String> {
        (self != Self::Null).then(|| self.to_string())
    }

    /// The value of a time setting in some unit, in milliseconds. Below zero is "without limit", which is -1.
    pub(super) fn into_ms(self, unit_ms: i64) -> Self {
        let count = match self {
            Self::Int(count) => count.into(),
            Self::Long(count) => count,
            other => return other,
        };
        Self::Long(if count < 0 { -1 } else { count.saturating_mul(unit_ms) })
    }
}

impl fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Boolean(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Short(value) => value.fmt(f),
            Self::Long(value) => value.fmt(f),
            Self::Double(value) => fmt_double(*value, f),
            Self::List(values) => values.join(",").fmt(f),
        }
    }
}

/// Java's notation: plain from 10^-3 up to 10^7, beyond that with an exponent; always with a fraction.
fn fmt_double(value: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let size = value.abs();
    if size == 0.0 || !size.is_finite() || (1e-3..1e7).contains(&size) {
        return write!(f, "{value:?}");
    }
    let scientific = format!("{value:E}");
    match scientific.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => write!(f, "{mantissa}.0E{exponent}"),
        _ => f.write_str(&scientific),
    }
}

impl Definition {
    /// Reads and validates a value. White space around it does not count.
    pub(super) fn parse(&self, text: &str) -> Result<ConfigValue, InvalidValue> {
        let value = self.read(text.trim()).ok_or_else(|| self.refuse(text, self.valid_values_with_type()))?;
        if self.accepts(&value) { Ok(value) } else { Err(self.refuse(text, self.valid_values())) }
    }

    /// The value where none is set.
    pub(super) fn default_value(&self) -> Result<ConfigValue, InvalidValue> {
        self.default_text().map_or(Ok(ConfigValue::Null), |text| self.parse(text))
    }

    fn read(&self, text: &str) -> Option<ConfigValue> {
        Some(match self.kind() {
            ConfigType::Boolean => ConfigValue::Boolean(read_boolean(text)?),
            ConfigType::Int => ConfigValue::Int(text.parse().ok()?),
            ConfigType::Short => ConfigValue::Short(text.parse().ok()?),
            ConfigType::Long => ConfigValue::Long(text.parse().ok()?),
            ConfigType::Double => ConfigValue::Double(f64::from_str(text).ok()?),
            ConfigType::List => ConfigValue::List(read_list(text)?),
            ConfigType::String | ConfigType::Class | ConfigType::Password => ConfigValue::Text(text.to_owned()),
        })
    }

    fn accepts(&self, value: &ConfigValue) -> bool {
        match value {
            ConfigValue::Null | ConfigValue::Boolean(_) => true,
            ConfigValue::Int(value) => self.validator().accepts_integer((*value).into()),
            ConfigValue::Short(value) => self.validator().accepts_integer((*value).into()),
            ConfigValue::Long(value) => self.validator().accepts_integer(*value),
            ConfigValue::Double(value) => self.validator().accepts_double(*value),
            ConfigValue::Text(text) if text.is_empty() && self.requires_content() => false,
            ConfigValue::Text(text) => self.validator().accepts_text(text),
            ConfigValue::List(values) if values.is_empty() => !self.requires_content(),
            ConfigValue::List(values) => self.validator().accepts_list(values),
        }
    }

    fn refuse(&self, text: &str, expected: String) -> InvalidValue {
        let value = if self.is_sensitive() { "[hidden]" } else { text };
        InvalidValue { name: self.name(), value: value.to_owned(), expected }
    }
}

fn read_boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") { Some(true) } else { text.eq_ignore_ascii_case("false").then_some(false) }
}

/// The elements, each once; an empty element makes the list invalid.
fn read_list(text: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    if text.is_empty() {
        return Some(values);
    }
    for value in text.split(',').map(str::trim) {
        if value.is_empty() {
            return None;
        }
        if !values.iter().any(|seen| seen == value) {
            values.push(value.to_owned());
        }
    }
    Some(values)
}

impl Validator {
    fn accepts_integer(self, value: i64) -> bool {
        match self {
            Self::AtLeast(low) => value >= low,
            Self::NotZero => value != 0,
            Self::Between(low, high) => (low..=high).contains(&value),
            Self::BetweenOr(low, high, other) => (low..=high).contains(&value) || value == other,
            _ => true,
        }
    }

    fn accepts_double(self, value: f64) -> bool {
        match self {
            Self::Ratio(low, high) => (low..=high).contains(&value),
            _ => !value.is_nan(),
        }
    }

    fn accepts_text(self, text: &str) -> bool {
        match self {
            Self::OneOf(values) => values.contains(&text),
            Self::OffsetReset => is_offset_reset(text),
            Self::OneOfIgnoringCase(values) => values.iter().any(|value| value.eq_ignore_ascii_case(text)),
            Self::HostCounts => pairs(text).all(|(host, count)| is_host(host) && count.parse::<i32>().is_ok()),
            Self::SecurityProtocols => pairs(text).all(|(_, protocol)| SECURITY_PROTOCOLS.contains(&protocol)),
            _ => true,
        }
    }

    fn accepts_list(self, values: &[String]) -> bool {
        match self {
            Self::ThrottledReplicas if values == ["*"] => true,
            Self::ThrottledReplicas => values.iter().all(|value| is_pair_of_numbers(value)),
            Self::Voters => values.iter().all(|value| is_voter(value)),
            Self::HostPorts => values.iter().all(|value| is_host_port(value)),
            _ => values.iter().all(|value| self.accepts_text(value)),
        }
    }
}

fn is_offset_reset(text: &str) -> bool {
    let duration = text.strip_prefix("by_duration:").map(parse_iso_8601);
    matches!(text, "earliest" | "latest") || matches!(duration, Some(Some(_)))
}

fn is_pair_of_numbers(text: &str) -> bool {
    text.split_once(':').is_some_and(|(left, right)| left.parse::<u32>().is_ok() && right.parse::<u32>().is_ok())
}

fn is_voter(text: &str) -> bool {
    text.split_once('@').is_some_and(|(id, address)| id.parse::<i32>().is_ok() && is_host_port(address))
}

fn is_host_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

const SECURITY_PROTOCOLS: [&str; 4] = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

/// The pairs of a map, as Kafka reads it: the last colon divides a pair, and nothing comes behind the last comma. An
/// entry that is no pair has nothing on either side.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split_terminator(',')
        .map(|entry| entry.rsplit_once(':').map_or(("", ""), |(key, value)| (key.trim(), value.trim())))
}

fn is_host(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':'))
}

/// A type that a setting may have in a config struct.
pub(super) trait Setting: Sized {
    /// The type in the table.
    const TYPE: ConfigType;
    /// The valid values, where the type itself says.
    const VALID: Validator = Validator::Any;

    /// Takes the value over; none where it is null or of another type.
    fn read(value: ConfigValue) -> Option<Self>;

    /// As [`read`](Self::read), with the error that names the setting.
    fn from_value(name: &'static str, value: ConfigValue) -> Result<Self, ConfigError> {
        Self::read(value).ok_or(ConfigError::Missing { name })
    }
}

macro_rules! setting {
    ($($type:ty: $kind:ident as $variant:ident;)+) => {$(
        impl Setting for $type {
            const TYPE: ConfigType = ConfigType::$kind;
            fn read(value: ConfigValue) -> Option<Self> {
                match value {
                    ConfigValue::$variant(value) => Some(value),
                    _ => None,
                }
            }
        }
    )+};
}

setting! {
    bool: Boolean as Boolean;
    i16: Short as Short;
    i32: Int as Int;
    i64: Long as Long;
    f64: Double as Double;
    String: String as Text;
    Vec<String>: List as List;
}

impl<T: Setting> Setting for Option<T> {
    const TYPE: ConfigType = T::TYPE;
    const VALID: Validator = T::VALID;
    fn read(value: ConfigValue) -> Option<Self> {
        if value == ConfigValue::Null { Some(None) } else { T::read(value).map(Some) }
    }
}

impl Setting for CleanupPolicy {
    const TYPE: ConfigType = ConfigType::List;
    const VALID: Validator = Validator::OneOf(&["compact", "delete"]);
    fn read(value: ConfigValue) -> Option<Self> {
        let names = Vec::read(value)?;
        let has = |name: &str| names.iter().any(|value| value == name);
        Some(Self { compact: has("compact"), delete: has("delete") })
    }
}

impl Setting for CompressionType {
    const TYPE: ConfigType = ConfigType::String;
    const VALID: Validator = Validator::OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]);
    fn read(value: ConfigValue) -> Option<Self> {
        Self::from_name(&String::read(value)?)
    }
}

impl Setting for TimestampType {
    const TYPE: ConfigType = ConfigType::String;
    const VALID: Validator = Validator::OneOf(&["CreateTime", "LogAppendTime"]);
    fn read(value: ConfigValue) -> Option<Self> {
        match String::read(value)?.as_str() {
            "CreateTime" => Some(Self::CreateTime),
            "LogAppendTime" => Some(Self::LogAppendTime),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::table::topic_definition;

    fn parse(name: &str, text: &str) -> Result<String, String> {
        let definition = topic_definition(name).expect("a topic setting");
        definition.parse(text).map(|value| value.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn white_space_and_a_plus_sign_do_not_count() {
        assert_eq!(parse("retention.ms", " 77 "), Ok("77".to_owned()));
        assert_eq!(parse("max.message.bytes", "+5000"), Ok("5000".to_owned()));
        assert_eq!(parse("compression.type", "gzip "), Ok("gzip".to_owned()));
    }

    #[test]
    fn a_bad_value_names_what_is_valid() {
        let message = |range: &str| Err(format!("Invalid value {range}"));
        assert_eq!(
            parse("segment.bytes", "100"),
            message("100 for configuration segment.bytes: expected at least 1048576")
        );
        assert_eq!(
            parse("compression.gzip.level", "0"),
            message("0 for configuration compression.gzip.level: expected from 1 to 9, or -1")
        );
        assert_eq!(parse("preallocate", "yes"), message("yes for configuration preallocate: expected true or false"));
        assert_eq!(
            parse("cleanup.policy", "x"),
            message("x for configuration cleanup.policy: expected one of compact, delete")
        );
        let no_integer = "for configuration retention.ms: expected an integer of 64 bits, at least -1";
        assert_eq!(parse("retention.ms", "abc"), message(&format!("abc {no_integer}")));
        assert_eq!(parse("retention.ms", "9223372036854775808"), message(&format!("9223372036854775808 {no_integer}")));
    }

    #[test]
    fn integers_that_do_not_fit_their_type_are_refused() {
        assert!(parse("max.message.bytes", "3000000000").is_err());
        assert!(parse("max.message.bytes", "").is_err());
        assert!(parse("segment.ms", "9223372036854775808").is_err());
    }

    #[test]
    fn enumerated_values_are_case_sensitive_and_booleans_are_not() {
        assert!(parse("compression.type", "GZIP").is_err());
        assert!(parse("message.timestamp.type", "createtime").is_err());
        assert_eq!(parse("preallocate", "TRUE"), Ok("true".to_owned()));
    }

    #[test]
    fn a_list_keeps_each_element_once_and_refuses_empty_ones() {
        assert_eq!(parse("cleanup.policy", "delete, compact,delete"), Ok("delete,compact".to_owned()));
        assert_eq!(parse("cleanup.policy", ""), Ok(String::new()));
        assert!(parse("cleanup.policy", "delete,").is_err());
    }

    #[test]
    fn throttled_replicas_are_a_star_or_pairs() {
        let name = "leader.replication.throttled.replicas";
        for valid in ["*", "", "0:1,1:2"] {
            assert_eq!(parse(name, valid), Ok(valid.to_owned()));
        }
        for invalid in ["none", "0:1,x", "*,0:1"] {
            assert!(parse(name, invalid).is_err(), "{invalid}");
        }
    }

    #[test]
    fn doubles_are_written_as_java_does() {
        for (text, shown) in [("1", "1.0"), (".25", "0.25"), ("1e-5", "1.0E-5"), ("0.0015", "0.0015"), ("0", "0.0")] {
            assert_eq!(parse("min.cleanable.dirty.ratio", text), Ok(shown.to_owned()));
        }
        assert_eq!(ConfigValue::Double(f64::MAX).to_string(), "1.7976931348623157E308");
        assert_eq!(ConfigValue::Double(12_345_678.0).to_string(), "1.2345678E7");
        assert!(parse("min.cleanable.dirty.ratio", "2").is_err());
    }
}
