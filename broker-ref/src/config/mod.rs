//! Settings of brokers, topics and groups.
//!
//! Each setting is one row of a table: [`TopicConfig`] and [`BrokerConfig`] are tables whose rows are fields,
//! `topic_default`, `known` and `group` are tables of settings without a field. Parsing, validation, defaults, documentation,
//! the rows of DescribeConfigs and the mapping from topic settings to the broker settings that give their defaults
//! all derive from the row.
//!
//! A broker setting is looked for in [`BrokerLayers`]: made for the broker, made for all brokers, in the broker's file
//! ([`ServerProperties`]). A setting of a topic or group is looked for among its own, then by its synonyms in those
//! layers.

mod alter;
mod broker;
mod definition;
mod describe;
mod error;
mod group;
mod known;
mod layers;
mod listener;
mod policy;
mod properties;
mod server_properties;
mod table;
mod topic;
mod topic_default;
mod value;

pub use alter::{
    ConfigChange, Operation, alter_broker, alter_group, alter_topic, replace_broker, replace_group, replace_topic,
};
pub use broker::BrokerConfig;
pub use definition::{ConfigType, Definition, Update};
pub use describe::{
    ConfigEntry, ConfigSource, ConfigSynonym, describe_broker, describe_cluster_default, describe_group, describe_topic,
};
pub use error::{ConfigError, ConfigScope, InvalidValue};
pub use layers::{BrokerLayers, ConfigMap};
pub(crate) use listener::split_address;
pub use listener::{InvalidListener, Listener};
pub use policy::{CleanupPolicy, CompressionType};
pub use properties::{InvalidProperties, parse_properties};
pub use server_properties::{ConfigWarning, InvalidAssignment, ServerProperties};
pub use table::{
    broker_definition, broker_definitions, group_definition, group_definitions, topic_definition, topic_definitions,
};
pub use topic::TopicConfig;
