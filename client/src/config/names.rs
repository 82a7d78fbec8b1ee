//! Settings whose values are names.

/// A value that is none of a setting's names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a valid {setting}: expected one of {valid}")]
pub struct InvalidValue {
    /// Kafka's name for the setting.
    pub setting: &'static str,
    /// The value as given.
    pub value: String,
    /// The names that are valid, separated by commas.
    pub valid: &'static str,
}

/// Gives an enum its names: `name`, `Display`, and a case-insensitive `FromStr` that lists the valid ones on failure.
/// The first name of each variant is canonical; the others are Java's and librdkafka's aliases.
macro_rules! named {
    ($type:ty, $setting:literal, $valid:literal, { $($variant:ident: $name:literal $(| $alias:literal)*),+ $(,)? }) => {
        impl $type {
            /// Kafka's name for it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::config::InvalidValue;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                match value.trim().to_ascii_lowercase().as_str() {
                    $($name $(| $alias)* => Ok(Self::$variant),)+
                    _ => Err($crate::config::InvalidValue { setting: $setting, value: value.to_owned(), valid: $valid }),
                }
            }
        }
    };
}

pub(super) use named;
