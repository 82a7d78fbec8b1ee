//! What a setting is: its name, type, default, valid values and how it may be changed.

use std::fmt;

/// The type of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigType {
    /// `true` or `false`, in any case.
    Boolean,
    /// Text.
    String,
    /// A 32-bit integer.
    Int,
    /// A 16-bit integer.
    Short,
    /// A 64-bit integer.
    Long,
    /// A floating point number.
    Double,
    /// Texts separated by commas.
    List,
    /// The name of a Java class.
    Class,
    /// Text that is never shown.
    Password,
}

impl ConfigType {
    /// The number of the type in a DescribeConfigs response. 0 is an unknown type.
    pub fn id(self) -> i8 {
        match self {
            Self::Boolean => 1,
            Self::String => 2,
            Self::Int => 3,
            Self::Short => 4,
            Self::Long => 5,
            Self::Double => 6,
            Self::List => 7,
            Self::Class => 8,
            Self::Password => 9,
        }
    }
}

/// Which values of the right type are valid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Validator {
    Any,
    AtLeast(i64),
    NotZero,
    Between(i64, i64),
    /// A range and one value outside it that means "whatever suits".
    BetweenOr(i64, i64, i64),
    Ratio(f64, f64),
    /// For a list, what each of its elements may be.
    OneOf(&'static [&'static str]),
    OneOfIgnoringCase(&'static [&'static str]),
    /// `earliest`, `latest` or `by_duration:` with an ISO 8601 duration (KIP-1106).
    OffsetReset,
    ThrottledReplicas,
    Voters,
    HostPorts,
    HostCounts,
    SecurityProtocols,
}

impl fmt::Display for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any value"),
            Self::AtLeast(low) => write!(f, "at least {low}"),
            Self::NotZero => f.write_str("at least 1, or -1 for no limit"),
            Self::Between(low, high) => write!(f, "from {low} to {high}"),
            Self::BetweenOr(low, high, other) => write!(f, "from {low} to {high}, or {other}"),
            Self::Ratio(low, high) => write!(f, "from {low} to {high}"),
            Self::OneOf(values) => write!(f, "one of {}", values.join(", ")),
            Self::OneOfIgnoringCase(values) => write!(f, "one of {} in any case", values.join(", ")),
            Self::OffsetReset => f.write_str("earliest, latest or by_duration:PnDTnHnMn.nS"),
            Self::ThrottledReplicas => f.write_str("'*' or pairs of partition:broker"),
            Self::Voters => f.write_str("entries of the form id@host:port"),
            Self::HostPorts => f.write_str("entries of the form host:port"),
            Self::HostCounts => f.write_str("entries of the form address:count"),
            Self::SecurityProtocols => {
                f.write_str("entries of the form listener:protocol, with PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL")
            }
        }
    }
}

/// How a broker setting may be changed while the broker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// Only by its file and a restart.
    ReadOnly,
    /// For one broker at a time.
    PerBroker,
    /// For one broker, under the prefix of a listener only.
    PerListener,
    /// For one broker or as the default of all.
    ClusterWide,
}

/// A broker setting that gives a setting of topics or groups its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Synonym {
    /// In the unit of the setting itself.
    Same(&'static str),
    /// In milliseconds as well, where whatever is below zero is without limit.
    Milliseconds(&'static str),
    /// In minutes, where the topic setting is in milliseconds.
    Minutes(&'static str),
    /// In hours, where the topic setting is in milliseconds.
    Hours(&'static str),
}

impl Synonym {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Same(name) | Self::Milliseconds(name) | Self::Minutes(name) | Self::Hours(name) => name,
        }
    }

    /// The milliseconds in one unit of the broker setting, where its values are not the setting's own.
    pub(super) fn unit_ms(self) -> Option<i64> {
        match self {
            Self::Same(_) => None,
            Self::Milliseconds(_) => Some(1),
            Self::Minutes(_) => Some(60_000),
            Self::Hours(_) => Some(3_600_000),
        }
    }
}

/// One setting. Parsing, validation, defaults, documentation and the rows of DescribeConfigs all derive from it.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    name: &'static str,
    kind: ConfigType,
    documentation: &'static str,
    default: Option<&'static str>,
    validator: Validator,
    non_empty: bool,
    update: Update,
    internal: bool,
    synonyms: &'static [Synonym],
}

impl Definition {
    /// The setting's name, as in a properties file.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The type of its value.
    pub fn kind(&self) -> ConfigType {
        self.kind
    }

    /// One or two sentences on what it does.
    pub fn documentation(&self) -> &'static str {
        self.documentation.trim_start()
    }

    /// The value where none is set, as text; absent where there is none.
    pub fn default_text(&self) -> Option<&'static str> {
        self.default
    }

    /// Whether the value is a secret.
    pub fn is_sensitive(&self) -> bool {
        self.kind == ConfigType::Password
    }

    /// Whether it is left out of descriptions unless it is set.
    pub fn is_internal(&self) -> bool {
        self.internal
    }

    /// How it may be changed while the broker runs. Settings of topics and groups always may.
    pub fn update(&self) -> Update {
        self.update
    }

    /// The values it takes, in words, such as `at least 1`.
    pub fn valid_values(&self) -> String {
        match (self.validator, self.type_in_words()) {
            (Validator::Any, Some(words)) => words.to_owned(),
            (Validator::Any, None) if self.non_empty && self.kind == ConfigType::List => {
                "at least one value".to_owned()
            }
            (validator, _) => validator.to_string(),
        }
    }

    /// The same for a value that is not even of the type: `an integer of 32 bits, at least 1`.
    pub(super) fn valid_values_with_type(&self) -> String {
        match (self.validator, self.type_in_words()) {
            (Validator::Any, _) | (_, None) => self.valid_values(),
            (validator, Some(words)) => format!("{words}, {validator}"),
        }
    }

    /// What values of the type look like, where there are others.
    fn type_in_words(&self) -> Option<&'static str> {
        match self.kind {
            ConfigType::Boolean => Some("true or false"),
            ConfigType::Int => Some("an integer of 32 bits"),
            ConfigType::Short => Some("an integer of 16 bits"),
            ConfigType::Long => Some("an integer of 64 bits"),
            ConfigType::Double => Some("a number"),
            ConfigType::String | ConfigType::List | ConfigType::Class | ConfigType::Password => None,
        }
    }

    pub(super) fn validator(&self) -> Validator {
        self.validator
    }

    pub(super) fn requires_content(&self) -> bool {
        self.non_empty
    }

    pub(super) fn synonyms(&self) -> &'static [Synonym] {
        self.synonyms
    }
}

/// The words in which the tables are written.
impl Definition {
    pub(super) const fn new(
        name: &'static str,
        kind: ConfigType,
        validator: Validator,
        documentation: &'static str,
    ) -> Self {
        let (default, synonyms): (_, &[Synonym]) = (None, &[]);
        let (non_empty, internal, update) = (false, false, Update::ReadOnly);
        Self { name, kind, documentation, default, validator, non_empty, update, internal, synonyms }
    }

    pub(super) const fn default(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self
    }

    pub(super) const fn at_least(mut self, low: i64) -> Self {
        self.validator = Validator::AtLeast(low);
        self
    }

    pub(super) const fn not_zero(mut self) -> Self {
        self.validator = Validator::NotZero;
        self
    }

    pub(super) const fn between(mut self, low: i64, high: i64) -> Self {
        self.validator = Validator::Between(low, high);
        self
    }

    pub(super) const fn between_or(mut self, low: i64, high: i64, other: i64) -> Self {
        self.validator = Validator::BetweenOr(low, high, other);
        self
    }

    pub(super) const fn ratio(mut self, low: f64, high: f64) -> Self {
        self.validator = Validator::Ratio(low, high);
        self
    }

    pub(super) const fn one_of(mut self, values: &'static [&'static str]) -> Self {
        self.validator = Validator::OneOf(values);
        self
    }

    pub(super) const fn one_of_ignoring_case(mut self, values: &'static [&'static str]) -> Self {
        self.validator = Validator::OneOfIgnoringCase(values);
        self
    }

    pub(super) const fn offset_reset(mut self) -> Self {
        self.validator = Validator::OffsetReset;
        self
    }

    pub(super) const fn throttled_replicas(mut self) -> Self {
        self.validator = Validator::ThrottledReplicas;
        self
    }

    pub(super) const fn voters(mut self) -> Self {
        self.validator = Validator::Voters;
        self
    }

    pub(super) const fn host_ports(mut self) -> Self {
        self.validator = Validator::HostPorts;
        self
    }

    pub(super) const fn host_counts(mut self) -> Self {
        self.validator = Validator::HostCounts;
        self
    }

    pub(super) const fn security_protocols(mut self) -> Self {
        self.validator = Validator::SecurityProtocols;
        self
    }

    pub(super) const fn non_empty(mut self) -> Self {
        self.non_empty = true;
        self
    }

    pub(super) const fn internal(mut self) -> Self {
        self.internal = true;
        self
    }

    pub(super) const fn per_broker(mut self) -> Self {
        self.update = Update::PerBroker;
        self
    }

    pub(super) const fn per_listener(mut self) -> Self {
        self.update = Update::PerListener;
        self
    }

    pub(super) const fn cluster_wide(mut self) -> Self {
        self.update = Update::ClusterWide;
        self
    }

    pub(super) const fn synonyms_are(mut self, synonyms: &'static [Synonym]) -> Self {
        self.synonyms = synonyms;
        self
    }
}

/// A table of settings that have no field of their own.
macro_rules! definitions {
    ($($(#[doc = $doc:literal])+ $name:literal: $kind:ident $(, $word:ident($($argument:expr),*))*;)+) => {
        &[$($crate::config::definition::Definition::new(
            $name,
            $crate::config::definition::ConfigType::$kind,
            $crate::config::definition::Validator::Any,
            concat!($($doc),+),
        )$(.$word($($argument),*))*),+]
    };
}

/// A struct whose every field is a setting, and the table of those settings.
macro_rules! settings {
    ($(#[doc = $summary:literal])+ pub struct $config:ident {$(
        $(#[doc = $doc:literal])+
        #[setting($name:literal $(, $word:ident($($argument:expr),*))*)]
        pub $field:ident: $type:ty,
    )+}) => {
        $(#[doc = $summary])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $config {$(
            $(#[doc = $doc])+
            #[doc = concat!("\n\nThe setting `", $name, "`.")]
            pub $field: $type,
        )+}

        impl $config {
            pub(super) const DEFINITIONS: &'static [$crate::config::definition::Definition] = &[
                $($crate::config::definition::Definition::new(
                    $name,
                    <$type as $crate::config::value::Setting>::TYPE,
                    <$type as $crate::config::value::Setting>::VALID,
                    concat!($($doc),+),
                )$(.$word($($argument),*))*),+
            ];

            /// Reads every field by the name of its setting.
            fn read(
                value: impl Fn(&str) -> Result<$crate::config::value::ConfigValue, $crate::config::error::ConfigError>,
            ) -> Result<Self, $crate::config::error::ConfigError> {
                Ok(Self {$($field: $crate::config::value::Setting::from_value($name, value($name)?)?),+})
            }
        }
    };
}

pub(super) use {definitions, settings};
