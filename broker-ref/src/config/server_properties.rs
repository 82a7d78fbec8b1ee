//! The settings a broker starts with: its properties file and assignments on the command line.

use super::{
    BrokerConfig, BrokerLayers, ConfigMap, TopicConfig,
    error::ConfigError,
    properties::{InvalidProperties, parse_properties},
    table::{broker_definition, is_implemented, listener_definition, nearest_broker_setting},
};

/// Settings as they were written, before they are checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerProperties(ConfigMap);

/// Something about the settings that a person should know, and that does not keep the broker from starting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigWarning {
    /// Nobody knows the setting. It is ignored.
    #[error("unknown setting {name}{}", nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default())]
    Unknown {
        /// The setting.
        name: String,
        /// The one that was probably meant.
        nearest: Option<&'static str>,
    },
    /// Kafka acts on the setting, this broker does not.
    #[error("{name} is a setting of Kafka that this broker does not act on")]
    NotImplemented {
        /// The setting.
        name: String,
    },
}

/// A text that is not of the form `key=value`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected key=value, found {0}")]
pub struct InvalidAssignment(pub String);

impl ServerProperties {
    /// Reads a `server.properties` file.
    ///
    /// # Errors
    /// A file that is not in the properties format.
    pub fn parse(text: &str) -> Result<Self, InvalidProperties> {
        parse_properties(text).map(Self)
    }

    /// The value of a setting, as it was written.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Gives a setting a value, in place of the one it may have.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// Gives a setting a value by the text `key=value`.
    ///
    /// # Errors
    /// A text without `=`, or with nothing before it.
    pub fn assign(&mut self, text: &str) -> Result<(), InvalidAssignment> {
        let (name, value) = text.split_once('=').ok_or_else(|| InvalidAssignment(text.to_owned()))?;
        if name.trim().is_empty() {
            return Err(InvalidAssignment(text.to_owned()));
        }
        self.set(name.trim(), value.trim());
        Ok(())
    }

    /// Checks every setting, and returns them as the layers of a broker, with what a person should know about them.
    ///
    /// # Errors
    /// Every setting whose value is invalid, and every contradiction.
    pub fn into_layers(self) -> Result<(BrokerLayers, Vec<ConfigWarning>), Vec<ConfigError>> {
        let warnings = self.0.iter().filter_map(|(name, value)| warning(name, value)).collect();
        let mut errors: Vec<ConfigError> = self.0.iter().filter_map(|(name, value)| error(name, value)).collect();
        let layers = BrokerLayers::from_file(self.0);
        if errors.is_empty() {
            errors.extend(BrokerConfig::new(&layers).err());
            errors.extend(TopicConfig::new(&layers, &ConfigMap::new()).err());
        }
        if errors.is_empty() { Ok((layers, warnings)) } else { Err(errors) }
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for ServerProperties {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(settings: I) -> Self {
        Self(settings.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

fn error(name: &str, value: &str) -> Option<ConfigError> {
    let definition = broker_definition(name).or_else(|| listener_definition(name))?;
    definition.parse(value).err().map(ConfigError::InvalidValue)
}

fn warning(name: &str, value: &str) -> Option<ConfigWarning> {
    let Some(definition) = broker_definition(name).or_else(|| listener_definition(name)) else {
        return Some(ConfigWarning::Unknown { name: name.to_owned(), nearest: nearest_broker_setting(name) });
    };
    let changes_something = definition.parse(value).ok() != definition.default_value().ok();
    let ignored = !is_implemented(definition) && changes_something;
    ignored.then(|| ConfigWarning::NotImplemented { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&str, &str)]) -> Result<Vec<String>, Vec<String>> {
        let texts = |list: Vec<ConfigError>| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        let properties: ServerProperties = pairs.iter().copied().collect();
        let (_, warnings) = properties.into_layers().map_err(texts)?;
        Ok(warnings.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_unknown_setting_is_named_with_the_nearest_one() {
        assert_eq!(
            check(&[("num.partitons", "3"), ("my.own", "x")]),
            Ok(vec![
                "unknown setting my.own".to_owned(),
                "unknown setting num.partitons; did you mean num.partitions?".to_owned()
            ])
        );
    }

    #[test]
    fn a_setting_that_is_not_acted_on_is_named_unless_it_changes_nothing() {
        assert_eq!(check(&[("num.io.threads", "8"), ("log.cleaner.enable", "TRUE")]), Ok(vec![]));
        assert_eq!(
            check(&[("num.io.threads", "16")]),
            Ok(vec!["num.io.threads is a setting of Kafka that this broker does not act on".to_owned()])
        );
    }

    #[test]
    fn every_bad_value_is_an_error_with_its_range() {
        assert_eq!(
            check(&[("num.partitions", "0"), ("log.segment.bytes", "1"), ("delete.topic.enable", "on")]),
            Err(vec![
                "Invalid value on for configuration delete.topic.enable: expected true or false".to_owned(),
                "Invalid value 1 for configuration log.segment.bytes: expected at least 1048576".to_owned(),
                "Invalid value 0 for configuration num.partitions: expected at least 1".to_owned(),
            ])
        );
    }

    #[test]
    fn a_secret_is_not_in_its_warning() {
        let warnings = check(&[("ssl.key.password", "s3cret")]).expect("valid");
        assert!(warnings.iter().all(|warning| !warning.contains("s3cret")));
    }

    #[test]
    fn an_assignment_replaces_what_the_file_says() {
        let mut properties = ServerProperties::parse("num.partitions = 3\n").expect("valid");
        properties.assign("num.partitions= 6 ").expect("an assignment");
        let (layers, _) = properties.into_layers().expect("valid");
        assert_eq!(BrokerConfig::new(&layers).map(|config| config.num_partitions), Ok(6));
    }

    #[test]
    fn an_assignment_needs_a_key_and_an_equals_sign() {
        let mut properties = ServerProperties::default();
        assert!(properties.assign("num.partitions").is_err());
        assert!(properties.assign(" =6").is_err());
    }

    #[test]
    fn a_broker_of_the_older_name_has_its_id() {
        let (layers, _) = ServerProperties::from_iter([("broker.id", "4")]).into_layers().expect("valid");
        assert_eq!(BrokerConfig::new(&layers).map(|config| config.node_id), Ok(Some(4)));
    }
}
