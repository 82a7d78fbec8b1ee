//! Settings of topics, brokers, groups and client metrics subscriptions.

use std::{collections::HashMap, fmt};

use ottla_protocol::{
    api_key::ApiKey,
    error_code::ErrorCode,
    messages::{
        alter_configs::{AlterConfigsRequest, AlterConfigsResource, AlterableConfig},
        create_topics::CreatableTopicConfigs,
        describe_configs::{
            DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResult,
        },
        incremental_alter_configs::{self as incremental, IncrementalAlterConfigsRequest},
        list_config_resources::ListConfigResourcesRequest,
    },
    types::NodeId,
    wire::{Request, Str},
};

use super::{
    Admin, AdminError, Outcomes,
    call::{Route, concurrently},
    cluster::Cluster,
    error::needs,
    rounds::Rule,
    topics::by_key,
};

/// What kind of thing has settings. Open on purpose: a newer broker may list kinds that are not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConfigResourceType(pub i8);

impl ConfigResourceType {
    /// A topic.
    pub const TOPIC: Self = Self(2);
    /// A broker, or all of them.
    pub const BROKER: Self = Self(4);
    /// The log levels of a broker.
    pub const BROKER_LOGGER: Self = Self(8);
    /// A client metrics subscription (KIP-714).
    pub const CLIENT_METRICS: Self = Self(16);
    /// A group.
    pub const GROUP: Self = Self(32);
}

impl fmt::Display for ConfigResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TOPIC => f.pad("topic"),
            Self::BROKER => f.pad("broker"),
            Self::BROKER_LOGGER => f.pad("broker logger"),
            Self::CLIENT_METRICS => f.pad("client metrics"),
            Self::GROUP => f.pad("group"),
            Self(other) => write!(f, "resource type {other}"),
        }
    }
}

/// A thing that has settings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConfigResource {
    /// Its kind.
    pub kind: ConfigResourceType,
    /// Its name, for a broker its id; empty for the settings that all brokers share.
    pub name: String,
}

impl ConfigResource {
    /// A resource of any kind.
    pub fn new(kind: ConfigResourceType, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }

    /// A topic.
    pub fn topic(name: impl Into<String>) -> Self {
        Self::new(ConfigResourceType::TOPIC, name)
    }

    /// One broker.
    pub fn broker(id: NodeId) -> Self {
        Self::new(ConfigResourceType::BROKER, id.to_string())
    }

    /// The dynamic settings that all brokers share.
    pub fn all_brokers() -> Self {
        Self::new(ConfigResourceType::BROKER, "")
    }

    /// The log levels of a broker.
    pub fn broker_logger(id: NodeId) -> Self {
        Self::new(ConfigResourceType::BROKER_LOGGER, id.to_string())
    }

    /// A group.
    pub fn group(id: impl Into<String>) -> Self {
        Self::new(ConfigResourceType::GROUP, id)
    }

    /// A client metrics subscription.
    pub fn client_metrics(name: impl Into<String>) -> Self {
        Self::new(ConfigResourceType::CLIENT_METRICS, name)
    }

    fn from_wire(kind: i8, name: &Str) -> Self {
        Self::new(ConfigResourceType(kind), name.as_str())
    }

    /// The broker that must be asked; any other does not know.
    fn route(&self) -> Route {
        let of_one_broker = [ConfigResourceType::BROKER, ConfigResourceType::BROKER_LOGGER].contains(&self.kind);
        match self.name.parse() {
            Ok(id) if of_one_broker => Route::Node(NodeId(id)),
            _ => Route::Any,
        }
    }
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() { write!(f, "every {}", self.kind) } else { write!(f, "{} {}", self.kind, self.name) }
    }
}

/// Who has set a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConfigSource(pub i8);

impl ConfigSource {
    /// The broker does not say.
    pub const UNKNOWN: Self = Self(0);
    /// The topic's own setting.
    pub const TOPIC: Self = Self(1);
    /// A broker's own dynamic setting.
    pub const BROKER: Self = Self(2);
    /// The dynamic setting of all brokers.
    pub const ALL_BROKERS: Self = Self(3);
    /// The broker's file.
    pub const STATIC_BROKER: Self = Self(4);
    /// The built-in default.
    pub const DEFAULT: Self = Self(5);
    /// A broker's log level.
    pub const BROKER_LOGGER: Self = Self(6);
    /// A client metrics subscription.
    pub const CLIENT_METRICS: Self = Self(7);
    /// A group's own setting.
    pub const GROUP: Self = Self(8);
}

impl fmt::Display for ConfigSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match *self {
            Self::TOPIC => "topic",
            Self::BROKER => "broker",
            Self::ALL_BROKERS => "all brokers",
            Self::STATIC_BROKER => "broker's file",
            Self::DEFAULT => "default",
            Self::BROKER_LOGGER => "broker logger",
            Self::CLIENT_METRICS => "client metrics",
            Self::GROUP => "group",
            _ => "unknown",
        })
    }
}

/// What the values of a setting are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigType {
    /// The broker does not say (before 2.6), or says something not known here.
    Unknown,
    /// true or false.
    Boolean,
    /// Text.
    String,
    /// 32 bits.
    Int,
    /// 16 bits.
    Short,
    /// 64 bits.
    Long,
    /// A floating-point number.
    Double,
    /// Texts separated by commas.
    List,
    /// The name of a Java class.
    Class,
    /// A secret.
    Password,
}

impl ConfigType {
    fn from_code(code: i8) -> Self {
        match code {
            1 => Self::Boolean,
            2 => Self::String,
            3 => Self::Int,
            4 => Self::Short,
            5 => Self::Long,
            6 => Self::Double,
            7 => Self::List,
            8 => Self::Class,
            9 => Self::Password,
            _ => Self::Unknown,
        }
    }
}

/// One setting in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigEntry {
    /// Kafka's name for it.
    pub name: String,
    /// Its value; none also where it is sensitive.
    pub value: Option<String>,
    /// Who has set it.
    pub source: ConfigSource,
    /// Whether it is a secret.
    pub is_sensitive: bool,
    /// Whether it cannot be changed while the broker runs.
    pub is_read_only: bool,
    /// What its values are.
    pub kind: ConfigType,
    /// What else would set it, strongest first, itself included; empty unless asked for.
    pub synonyms: Vec<ConfigSynonym>,
    /// What it does; none unless asked for.
    pub documentation: Option<String>,
}

/// A value that would hold if the stronger ones were not set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigSynonym {
    /// The name under which it is set.
    pub name: String,
    /// Its value.
    pub value: Option<String>,
    /// Who has set it.
    pub source: ConfigSource,
}

impl ConfigEntry {
    /// Whether nobody has set it.
    pub fn is_default(&self) -> bool {
        self.source == ConfigSource::DEFAULT
    }

    pub(super) fn from_created(config: &CreatableTopicConfigs) -> Self {
        Self {
            name: config.name.to_string(),
            value: owned(config.value.as_ref()),
            source: ConfigSource(config.config_source),
            is_sensitive: config.is_sensitive,
            is_read_only: config.read_only,
            kind: ConfigType::Unknown,
            synonyms: Vec::new(),
            documentation: None,
        }
    }

    fn from_described(config: &DescribeConfigsResourceResult) -> Self {
        let synonyms = config.synonyms.iter().map(|synonym| ConfigSynonym {
            name: synonym.name.to_string(),
            value: owned(synonym.value.as_ref()),
            source: ConfigSource(synonym.source),
        });
        Self {
            name: config.name.to_string(),
            value: owned(config.value.as_ref()),
            source: ConfigSource(config.config_source),
            is_sensitive: config.is_sensitive,
            is_read_only: config.read_only,
            kind: ConfigType::from_code(config.config_type),
            synonyms: synonyms.collect(),
            documentation: owned(config.documentation.as_ref()),
        }
    }
}

fn owned(text: Option<&Str>) -> Option<String> {
    text.map(ToString::to_string)
}

/// How much of the settings to describe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigDetail {
    /// Only these settings; none for all.
    pub names: Option<Vec<String>>,
    /// Tell what else would set each.
    pub synonyms: bool,
    /// Tell what each does, from version 3 of the API on (Kafka 2.6); older brokers leave it out.
    pub documentation: bool,
}

/// A change to one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigChange {
    /// Sets a value.
    Set(String, String),
    /// Goes back to the default.
    Reset(String),
    /// Adds entries, separated by commas, to a list.
    Append(String, String),
    /// Takes entries, separated by commas, out of a list.
    Subtract(String, String),
}

impl ConfigChange {
    /// Sets a value.
    pub fn set(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Set(name.into(), value.into())
    }

    /// Goes back to the default.
    pub fn reset(name: impl Into<String>) -> Self {
        Self::Reset(name.into())
    }

    fn to_wire(&self) -> incremental::AlterableConfig {
        let (name, config_operation, value) = match self {
            Self::Set(name, value) => (name, 0, Some(value)),
            Self::Reset(name) => (name, 1, None),
            Self::Append(name, value) => (name, 2, Some(value)),
            Self::Subtract(name, value) => (name, 3, Some(value)),
        };
        let value = value.map(|value| value.as_str().into());
        incremental::AlterableConfig { name: name.as_str().into(), config_operation, value }
    }
}

/// What a response says about one resource: its type and name, code and message.
type Altered = (i8, Str, ErrorCode, Option<Str>);

/// Resources by the node that must be asked about them.
fn by_route(resources: Vec<ConfigResource>) -> HashMap<Route, Vec<ConfigResource>> {
    let mut routes: HashMap<Route, Vec<ConfigResource>> = HashMap::new();
    for resource in resources {
        routes.entry(resource.route()).or_default().push(resource);
    }
    routes
}

impl Admin {
    /// Tells all settings of resources, without synonyms and documentation. Cancel safe.
    ///
    /// Errors: [`AdminError::Refused`] with [`ErrorCode::UNKNOWN_TOPIC_OR_PARTITION`] and so on.
    pub async fn describe_configs(
        &self,
        resources: impl IntoIterator<Item = ConfigResource>,
    ) -> Outcomes<ConfigResource, Vec<ConfigEntry>> {
        self.describe_configs_with(resources, &ConfigDetail::default()).await
    }

    /// The same, with more or less of them. Cancel safe.
    pub async fn describe_configs_with(
        &self,
        resources: impl IntoIterator<Item = ConfigResource>,
        detail: &ConfigDetail,
    ) -> Outcomes<ConfigResource, Vec<ConfigEntry>> {
        let mut rounds = self.rounds(ApiKey::DESCRIBE_CONFIGS, Rule::READ, resources);
        while let Some(open) = rounds.next().await {
            let calls = by_route(open).into_iter().map(|(route, resources)| {
                let (call, request) = (rounds.call.clone(), describe_request(&resources, detail));
                async move {
                    call.know_node(route).await;
                    (resources, call.send(route, |version| Ok(for_version(request, version))).await)
                }
            });
            for (asked, response) in concurrently(calls.collect::<Vec<_>>()).await {
                match response {
                    Err(error) => rounds.progress.fail(&asked, &error),
                    Ok(response) => {
                        for result in &response.results {
                            let value = || result.configs.iter().map(ConfigEntry::from_described).collect();
                            let message = result.error_message.as_ref();
                            rounds.progress.answer(&described(result), result.error_code, message, value);
                        }
                    }
                }
            }
        }
        rounds.finish()
    }

    /// Changes single settings and leaves the others as they are, from Kafka 2.3 on. Of several entries for one
    /// resource, the last counts.
    ///
    /// Not cancel safe: settings may be changed although the future was dropped.
    ///
    /// Errors: [`AdminError::Refused`] with [`ErrorCode::INVALID_CONFIG`], [`ErrorCode::INVALID_REQUEST`] for one that
    /// cannot be changed, and so on.
    pub async fn incremental_alter_configs(
        &self,
        changes: impl IntoIterator<Item = (ConfigResource, Vec<ConfigChange>)>,
    ) -> Outcomes<ConfigResource, ()> {
        self.change_or_validate(changes, false).await
    }

    /// Checks changes and makes none. Cancel safe.
    ///
    /// Errors: see [`incremental_alter_configs`](Self::incremental_alter_configs).
    pub async fn validate_config_changes(
        &self,
        changes: impl IntoIterator<Item = (ConfigResource, Vec<ConfigChange>)>,
    ) -> Outcomes<ConfigResource, ()> {
        self.change_or_validate(changes, true).await
    }

    async fn change_or_validate(
        &self,
        changes: impl IntoIterator<Item = (ConfigResource, Vec<ConfigChange>)>,
        validate_only: bool,
    ) -> Outcomes<ConfigResource, ()> {
        let (resources, changes) = by_key(changes, |(resource, _)| resource.clone());
        let build = |asked: &[ConfigResource]| {
            let resources = asked.iter().filter_map(|resource| changes.get(resource)).map(change_to_wire);
            IncrementalAlterConfigsRequest { resources: resources.collect(), validate_only }
        };
        self.alter(ApiKey::INCREMENTAL_ALTER_CONFIGS, resources, build, |response| {
            let altered = response.responses.into_iter();
            altered.map(|r| (r.resource_type, r.resource_name, r.error_code, r.error_message)).collect()
        })
        .await
    }

    /// Replaces all dynamic settings of resources: what is not named goes back to its default. For brokers before
    /// 2.3; otherwise prefer [`incremental_alter_configs`](Self::incremental_alter_configs), which does not undo what
    /// others change at the same time. Of several entries for one resource, the last counts.
    ///
    /// Not cancel safe: settings may be changed although the future was dropped.
    ///
    /// Errors: see [`incremental_alter_configs`](Self::incremental_alter_configs).
    pub async fn alter_configs(
        &self,
        settings: impl IntoIterator<Item = (ConfigResource, Vec<(String, String)>)>,
    ) -> Outcomes<ConfigResource, ()> {
        let (resources, settings) = by_key(settings, |(resource, _)| resource.clone());
        let build = |asked: &[ConfigResource]| {
            let resources = asked.iter().filter_map(|resource| settings.get(resource)).map(settings_to_wire);
            AlterConfigsRequest { resources: resources.collect(), validate_only: false }
        };
        self.alter(ApiKey::ALTER_CONFIGS, resources, build, |response| {
            let altered = response.responses.into_iter();
            altered.map(|r| (r.resource_type, r.resource_name, r.error_code, r.error_message)).collect()
        })
        .await
    }

    /// Sends changes to where they belong: those of one broker to itself, others to the controller.
    async fn alter<R: Request<Response: Send> + Send + Sync + 'static>(
        &self,
        api: ApiKey,
        resources: Vec<ConfigResource>,
        build: impl Fn(&[ConfigResource]) -> R,
        altered: fn(R::Response) -> Vec<Altered>,
    ) -> Outcomes<ConfigResource, ()> {
        let mut rounds = self.rounds(api, Rule::CHANGE, resources);
        while let Some(open) = rounds.next().await {
            let calls = by_route(open).into_iter().map(|(route, asked)| {
                let (call, request) = (rounds.call.clone(), build(&asked));
                async move {
                    call.know_node(route).await;
                    (asked, call.send(controlled(route), |_| Ok(request)).await)
                }
            });
            for (asked, response) in concurrently(calls.collect::<Vec<_>>()).await {
                match response {
                    Err(error) => rounds.progress.fail(&asked, &error),
                    Ok(response) => {
                        for (kind, name, code, message) in altered(response) {
                            let resource = ConfigResource::from_wire(kind, &name);
                            rounds.progress.answer(&resource, code, message.as_ref(), || ());
                        }
                    }
                }
            }
        }
        rounds.finish()
    }

    /// Lists what has settings: all kinds, or some. Cancel safe.
    ///
    /// # Errors
    /// [`AdminError::Unsupported`] if the broker lists only client metrics subscriptions (before 4.1) and more is asked
    /// for; [`AdminError::Request`] if it lists nothing (before 3.7).
    pub async fn list_config_resources(
        &self,
        kinds: impl IntoIterator<Item = ConfigResourceType>,
    ) -> Result<Vec<ConfigResource>, AdminError> {
        let kinds: Vec<i8> = kinds.into_iter().map(|kind| kind.0).collect();
        let mut rounds = self.rounds(ApiKey::LIST_CONFIG_RESOURCES, Rule::READ, [Cluster]);
        while rounds.next().await.is_some() {
            match rounds.call.send(Route::Any, |version| list_request(version, &kinds)).await {
                Err(error) => rounds.progress.fail(&[Cluster], &error),
                Ok(response) => rounds.progress.answer(&Cluster, response.error_code, None, || {
                    let resource = |r: &ottla_protocol::messages::list_config_resources::ConfigResource| {
                        ConfigResource::from_wire(r.resource_type, &r.resource_name)
                    };
                    response.config_resources.iter().map(resource).collect()
                }),
            }
        }
        rounds.finish().only("cluster")
    }
}

/// Changes to topics and groups go to the controller, those of a broker to itself.
fn controlled(route: Route) -> Route {
    if route == Route::Any { Route::Controller } else { route }
}

fn described(result: &DescribeConfigsResult) -> ConfigResource {
    ConfigResource::from_wire(result.resource_type, &result.resource_name)
}

fn describe_request(resources: &[ConfigResource], detail: &ConfigDetail) -> DescribeConfigsRequest {
    let names = || detail.names.as_ref().map(|names| names.iter().map(|name| name.as_str().into()).collect());
    let resource = |resource: &ConfigResource| DescribeConfigsResource {
        resource_type: resource.kind.0,
        resource_name: resource.name.as_str().into(),
        configuration_keys: names(),
    };
    DescribeConfigsRequest {
        resources: resources.iter().map(resource).collect(),
        include_synonyms: detail.synonyms,
        include_documentation: detail.documentation,
    }
}

/// Documentation is a help, not what was asked about: an old broker's answer without it serves.
fn for_version(request: DescribeConfigsRequest, version: i16) -> DescribeConfigsRequest {
    let include_documentation = request.include_documentation && version >= 3;
    DescribeConfigsRequest { include_documentation, ..request }
}

fn change_to_wire((resource, changes): &(ConfigResource, Vec<ConfigChange>)) -> incremental::AlterConfigsResource {
    incremental::AlterConfigsResource {
        resource_type: resource.kind.0,
        resource_name: resource.name.as_str().into(),
        configs: changes.iter().map(ConfigChange::to_wire).collect(),
    }
}

fn settings_to_wire((resource, settings): &(ConfigResource, Vec<(String, String)>)) -> AlterConfigsResource {
    let config = |(name, value): &(String, String)| AlterableConfig {
        name: name.as_str().into(),
        value: Some(value.as_str().into()),
    };
    AlterConfigsResource {
        resource_type: resource.kind.0,
        resource_name: resource.name.as_str().into(),
        configs: settings.iter().map(config).collect(),
    }
}

/// Version 0 knows no filter and lists client metrics subscriptions alone.
fn list_request(version: i16, kinds: &[i8]) -> Result<ListConfigResourcesRequest, AdminError> {
    if kinds == [ConfigResourceType::CLIENT_METRICS.0] && version == 0 {
        return Ok(ListConfigResourcesRequest::default());
    }
    needs(ApiKey::LIST_CONFIG_RESOURCES, "listing more than client metrics subscriptions", 1, version)?;
    Ok(ListConfigResourcesRequest { resource_types: kinds.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brokers_own_settings_are_asked_of_it_and_all_else_of_any() {
        for (resource, route) in [
            (ConfigResource::broker(NodeId(3)), Route::Node(NodeId(3))),
            (ConfigResource::broker_logger(NodeId(3)), Route::Node(NodeId(3))),
            (ConfigResource::all_brokers(), Route::Any),
            (ConfigResource::topic("3"), Route::Any),
            (ConfigResource::group("3"), Route::Any),
        ] {
            assert_eq!(resource.route(), route, "{resource}");
        }
    }

    #[test]
    fn documentation_is_asked_for_only_where_the_version_has_it() {
        let detail = ConfigDetail { documentation: true, ..ConfigDetail::default() };
        let request = describe_request(&[ConfigResource::topic("t")], &detail);
        assert!(!for_version(request.clone(), 2).include_documentation);
        assert!(for_version(request, 3).include_documentation);
    }

    #[test]
    fn changes_have_kafkas_operations() {
        let changes = [
            ConfigChange::set("a", "1"),
            ConfigChange::reset("a"),
            ConfigChange::Append("a".into(), "1".into()),
            ConfigChange::Subtract("a".into(), "1".into()),
        ];
        let operations =
            changes.map(|change| change.to_wire()).map(|config| (config.config_operation, config.value.is_some()));
        assert_eq!(operations, [(0, true), (1, false), (2, true), (3, true)]);
    }

    #[test]
    fn version_0_lists_client_metrics_alone() {
        let metrics = ConfigResourceType::CLIENT_METRICS.0;
        assert_eq!(list_request(0, &[metrics]).expect("a request"), ListConfigResourcesRequest::default());
        assert!(matches!(list_request(0, &[]), Err(AdminError::Unsupported { needs: 1, .. })));
        assert_eq!(list_request(1, &[metrics]).expect("a request").resource_types, [metrics]);
    }
}
