//! Where a broker setting can be made, and which place wins.

use std::collections::BTreeMap;

use super::{
    definition::Definition,
    describe::{ConfigSource, ConfigSynonym},
    error::ConfigError,
    table::{broker_definition, fellows, listener_definition},
    value::ConfigValue,
};

/// Settings as they were written, by name.
pub type ConfigMap = BTreeMap<String, String>;

/// The settings of one broker by the place they were made. A setting made for the broker wins over the default of
/// all brokers, that over the broker's file, that over Kafka's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokerLayers {
    broker: ConfigMap,
    cluster: ConfigMap,
    file: ConfigMap,
}

impl BrokerLayers {
    /// The settings of a broker's file, with no others yet. `node.id` and `broker.id` are one: each stands for the other.
    pub fn from_file(mut file: ConfigMap) -> Self {
        if let Some(id) = file.get("node.id").or_else(|| file.get("broker.id")).cloned() {
            file.insert("node.id".to_owned(), id.clone());
            file.insert("broker.id".to_owned(), id);
        }
        Self { file, ..Self::default() }
    }

    /// Replaces the settings that were made for this broker while it runs.
    pub fn set_broker(&mut self, settings: ConfigMap) {
        self.broker = settings;
    }

    /// Replaces the settings that were made for all brokers while they run.
    pub fn set_cluster(&mut self, settings: ConfigMap) {
        self.cluster = settings;
    }

    /// The settings made for this broker while it runs.
    pub fn broker(&self) -> &ConfigMap {
        &self.broker
    }

    /// The settings made for all brokers while they run.
    pub fn cluster(&self) -> &ConfigMap {
        &self.cluster
    }

    /// The settings of the broker's file.
    pub fn file(&self) -> &ConfigMap {
        &self.file
    }

    /// The value in force of the broker setting with this name; null where there is none.
    pub(super) fn effective(&self, name: &str) -> Result<ConfigValue, ConfigError> {
        let Some(definition) = broker_definition(name) else { return Ok(ConfigValue::Null) };
        match self.text(name) {
            Some(text) => Ok(definition.parse(text)?),
            None => Ok(definition.default_value()?),
        }
    }

    /// The text in force, as it was written, where the setting was made anywhere.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let place = [&self.broker, &self.cluster, &self.file].into_iter().find_map(|layer| layer.get(name));
        place.map(String::as_str)
    }

    /// Every place that has a value for the setting, the winning one first.
    ///
    /// Its fellows (for `log.retention.ms` the same in minutes and in hours) follow it, but what comes before the
    /// setting's own first value is left out: a description of hours does not begin with milliseconds.
    pub(super) fn synonyms(&self, name: &str) -> Vec<ConfigSynonym> {
        let names = synonymous_names(name);
        let places = [
            (&self.broker, ConfigSource::DynamicBroker),
            (&self.cluster, ConfigSource::DynamicDefaultBroker),
            (&self.file, ConfigSource::StaticBroker),
        ];
        let made = places.into_iter().flat_map(|(layer, source)| {
            let values = names.iter().filter_map(move |name| Some((*name, layer.get(*name)?.clone())));
            values.map(move |(name, value)| (name, value, source))
        });
        let defaults = names.iter().filter_map(|name| Some((*name, default_text(name)?, ConfigSource::Default)));
        made.chain(defaults)
            .skip_while(|(first, ..)| *first != name)
            .map(|(name, value, source)| ConfigSynonym { name: name.to_owned(), value: shown(name, value), source })
            .collect()
    }
}

impl Definition {
    /// The value in force of a setting of a topic or group: the first of its own, the broker's by its synonyms, the
    /// default.
    pub(super) fn in_force(&self, layers: &BrokerLayers, own: &ConfigMap) -> Result<ConfigValue, ConfigError> {
        if let Some(text) = own.get(self.name()) {
            return Ok(self.parse(text)?);
        }
        for synonym in self.synonyms() {
            let value = layers.effective(synonym.name())?;
            if value != ConfigValue::Null {
                return Ok(match synonym.unit_ms() {
                    Some(unit_ms) => value.into_ms(unit_ms),
                    None => value,
                });
            }
        }
        Ok(self.default_value()?)
    }
}

fn synonymous_names(name: &str) -> Vec<&str> {
    let fellows = fellows(name);
    if !fellows.is_empty() {
        return fellows;
    }
    let base = listener_definition(name).map(Definition::name);
    std::iter::once(name).chain(base).collect()
}

fn default_text(name: &str) -> Option<String> {
    broker_definition(name)?.default_value().ok()?.into_text()
}

/// The value, unless it is a secret or nobody knows whether it is one.
fn shown(name: &str, value: String) -> Option<String> {
    let definition = broker_definition(name).or_else(|| listener_definition(name));
    definition.is_some_and(|definition| !definition.is_sensitive()).then_some(value)
}
