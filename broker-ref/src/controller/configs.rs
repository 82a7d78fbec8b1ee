//! Changing the settings of topics, brokers and groups.

use std::collections::BTreeSet;

use ottla_protocol::{error_code::ErrorCode, types::NodeId};

use super::{Change, ControllerRecord, Refusal, check_name, node_layers};
use crate::{
    addresses,
    config::{
        BrokerConfig, BrokerLayers, ConfigChange, ConfigError, ConfigMap, ConfigScope, alter_broker, alter_group,
        alter_topic, replace_broker, replace_group, replace_topic,
    },
};

/// What a broker's listeners follow from, and may be changed while it runs.
const LISTENER_SETTINGS: [&str; 2] = ["listeners", "listener.security.protocol.map"];

/// What settings belong to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ConfigResource {
    Topic(String),
    /// One broker, or the default of all.
    Broker(Option<NodeId>),
    /// A group, which need not exist.
    Group(String),
}

impl ConfigResource {
    const TOPIC: i8 = 2;
    const BROKER: i8 = 4;
    const GROUP: i8 = 32;

    /// The resource that a request names.
    pub(crate) fn parse(resource_type: i8, name: &str) -> Result<Self, Refusal> {
        match (resource_type, name) {
            (Self::TOPIC, name) => Ok(Self::Topic(name.to_owned())),
            (Self::BROKER, "") => Ok(Self::Broker(None)),
            (Self::BROKER, id) => match id.parse() {
                Ok(id) => Ok(Self::Broker(Some(NodeId(id)))),
                Err(_) => Err(Refusal::new(ErrorCode::INVALID_REQUEST, format!("'{id}' is not the id of a broker"))),
            },
            (Self::GROUP, "") => Err(Refusal::new(ErrorCode::INVALID_REQUEST, "the name of a group must not be empty")),
            (Self::GROUP, name) => Ok(Self::Group(name.to_owned())),
            (other, _) => {
                let why = format!("resources of type {other} have no settings here");
                Err(Refusal::new(ErrorCode::INVALID_REQUEST, why))
            }
        }
    }

    pub(crate) fn scope(&self) -> ConfigScope {
        match self {
            Self::Topic(_) => ConfigScope::Topic,
            Self::Broker(_) => ConfigScope::Broker,
            Self::Group(_) => ConfigScope::Group,
        }
    }
}

impl Change<'_> {
    /// Makes changes to some of a resource's settings.
    pub(crate) fn alter_configs(
        &mut self,
        resource: &ConfigResource,
        changes: &[ConfigChange],
        validate_only: bool,
    ) -> Result<(), Refusal> {
        let current = self.configs_of(resource)?;
        let altered = match resource {
            ConfigResource::Topic(_) => alter_topic(&self.settings().layers, &current, changes),
            ConfigResource::Broker(node) => alter_broker(&self.layers_of(*node), changes, node.is_some()),
            ConfigResource::Group(_) => alter_group(&self.settings().layers, &current, changes),
        };
        self.set_configs(resource, &current, altered, validate_only)
    }

    /// Replaces all of a resource's settings.
    pub(crate) fn replace_configs(
        &mut self,
        resource: &ConfigResource,
        settings: &[(&str, Option<&str>)],
        validate_only: bool,
    ) -> Result<(), Refusal> {
        let current = self.configs_of(resource)?;
        let replaced = match resource {
            ConfigResource::Topic(_) => replace_topic(&self.settings().layers, settings),
            ConfigResource::Broker(node) => replace_broker(&self.layers_of(*node), settings, node.is_some()),
            ConfigResource::Group(_) => replace_group(&self.settings().layers, settings),
        };
        self.set_configs(resource, &current, replaced, validate_only)
    }

    /// A resource's settings so far; none of one that does not exist, which is told after what is wrong with the new
    /// settings, as Kafka does.
    fn configs_of(&self, resource: &ConfigResource) -> Result<ConfigMap, Refusal> {
        let configs = match resource {
            ConfigResource::Topic(name) if name.is_empty() => {
                let why = "topics have no settings in common: name a topic, or set a broker's";
                return Err(Refusal::new(ErrorCode::INVALID_REQUEST, why));
            }
            ConfigResource::Topic(name) => {
                check_name(name)?;
                self.image.topic(name).map(|topic| &topic.configs)
            }
            ConfigResource::Broker(node) => self.image.broker_configs(*node),
            ConfigResource::Group(group) => self.image.group_configs(group),
        };
        Ok(configs.cloned().unwrap_or_default())
    }

    /// What is in force on a broker, or on one without settings of its own.
    fn layers_of(&self, node: Option<NodeId>) -> BrokerLayers {
        match node {
            Some(node) => node_layers(self.layers, &self.image, node),
            None => self.settings().layers.clone(),
        }
    }

    fn check_listeners(&self, node: NodeId, current: &ConfigMap, wanted: &ConfigMap) -> Result<(), Refusal> {
        if LISTENER_SETTINGS.iter().all(|name| current.get(*name) == wanted.get(*name)) {
            return Ok(());
        }
        let mut layers = self.layers_of(Some(node));
        layers.set_broker(wanted.clone());
        let invalid = |error: &dyn std::fmt::Display| Refusal::new(ErrorCode::INVALID_REQUEST, error.to_string());
        let config = BrokerConfig::new(&layers).map_err(|error| invalid(&error))?;
        addresses::from_settings(&config).map(drop).map_err(|error| invalid(&error))
    }

    fn check_exists(&self, resource: &ConfigResource) -> Result<(), Refusal> {
        match resource {
            ConfigResource::Topic(name) if self.image.topic(name).is_none() => {
                Err(Refusal::new(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "there is no such topic"))
            }
            ConfigResource::Broker(Some(node)) if !self.image.brokers.contains_key(node) => {
                Err(Refusal::new(ErrorCode::INVALID_REQUEST, format!("node {node} does not run")))
            }
            _ => Ok(()),
        }
    }

    fn set_configs(
        &mut self,
        resource: &ConfigResource,
        current: &ConfigMap,
        wanted: Result<ConfigMap, ConfigError>,
        validate_only: bool,
    ) -> Result<(), Refusal> {
        let wanted = wanted.map_err(|error| Refusal::new(error.error_code(resource.scope()), error.to_string()))?;
        self.check_exists(resource)?;
        if let ConfigResource::Broker(Some(node)) = resource {
            self.check_listeners(*node, current, &wanted)?;
        }
        if validate_only {
            return Ok(());
        }
        let keys: BTreeSet<&String> = current.keys().chain(wanted.keys()).collect();
        for key in keys.into_iter().filter(|key| current.get(*key) != wanted.get(*key)) {
            let value = wanted.get(key).map(|value| value.as_str().into());
            let key = key.as_str().into();
            match resource {
                ConfigResource::Topic(name) => {
                    let Some(topic) = self.image.topic(name).map(|topic| topic.id) else { continue };
                    self.push(ControllerRecord::TopicConfig { topic, key, value });
                }
                ConfigResource::Broker(node) => self.push(ControllerRecord::BrokerConfig { node: *node, key, value }),
                ConfigResource::Group(group) => {
                    self.push(ControllerRecord::GroupConfig { group: group.as_str().into(), key, value });
                }
            }
        }
        Ok(())
    }
}
