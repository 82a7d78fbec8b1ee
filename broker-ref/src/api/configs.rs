//! DescribeConfigs, AlterConfigs, IncrementalAlterConfigs and ListConfigResources.

use std::collections::{HashMap, HashSet};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        alter_configs::{self, AlterConfigsRequest, AlterConfigsResponse},
        describe_configs::{
            DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResponse,
            DescribeConfigsResult, DescribeConfigsSynonym,
        },
        incremental_alter_configs::{self, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse},
        list_config_resources::{
            ConfigResource as ListedResource, ListConfigResourcesRequest, ListConfigResourcesResponse,
        },
    },
    wire::Str,
};

use super::store_failed;
use crate::{
    config::{
        ConfigChange, ConfigEntry, ConfigScope, ConfigSynonym, describe_broker, describe_cluster_default,
        describe_group, describe_topic,
    },
    controller::{ConfigResource, Refusal},
    dispatch::RequestContext,
};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const BROKER_LOGGER: i8 = 8;
const CLIENT_METRICS: i8 = 16;
const GROUP: i8 = 32;

pub(crate) async fn describe(cx: &RequestContext, request: DescribeConfigsRequest) -> DescribeConfigsResponse {
    let results = each_once(&request.resources).into_iter().map(|asked| {
        let (configs, refusal) = match asked.target.and_then(|target| describe_resource(cx, target)) {
            Ok(entries) => (entries, None),
            Err(refusal) => (Vec::new(), Some(refusal)),
        };
        let wanted = |entry: &ConfigEntry| asked.keys.as_ref().is_none_or(|keys| keys.contains(entry.name.as_str()));
        DescribeConfigsResult {
            error_code: refusal.as_ref().map_or(ErrorCode::NONE, |refusal| refusal.code),
            error_message: refusal.map(|refusal| refusal.message.into()),
            resource_type: asked.named.resource_type,
            resource_name: asked.named.resource_name.clone(),
            configs: configs.into_iter().filter(wanted).map(|entry| row(entry, &request)).collect(),
        }
    });
    DescribeConfigsResponse { results: results.collect(), ..Default::default() }
}

/// A resource that is to be described.
struct Asked<'a> {
    target: Result<ConfigResource, Refusal>,
    named: &'a DescribeConfigsResource,
    /// `None` for all settings.
    keys: Option<HashSet<&'a str>>,
}

/// The resources without repetitions, each with every key that is asked for.
///
/// Kafka describes a resource as often as it is named, which makes a request of some bytes a response of kilobytes, as
/// often as it fits into a request.
fn each_once(resources: &[DescribeConfigsResource]) -> Vec<Asked<'_>> {
    let mut places: HashMap<ConfigResource, usize> = HashMap::new();
    let mut all: Vec<Asked<'_>> = Vec::new();
    for named in resources {
        // A broker has more than one spelling: 1 and 01.
        let target = ConfigResource::parse(named.resource_type, &named.resource_name);
        let keys = named.configuration_keys.as_ref().map(|keys| keys.iter().map(Str::as_str).collect());
        let place = target.as_ref().ok().map(|target| *places.entry(target.clone()).or_insert(all.len()));
        match place.and_then(|place| all.get_mut(place)) {
            Some(same) => same.keys = same.keys.take().zip(keys).map(|(some, more)| &some | &more),
            None => all.push(Asked { target, named, keys }),
        }
    }
    all
}

fn describe_resource(cx: &RequestContext, target: ConfigResource) -> Result<Vec<ConfigEntry>, Refusal> {
    let image = cx.node.image();
    let layers = cx.node.layers();
    let scope = target.scope();
    let described = match target {
        ConfigResource::Topic(name) => {
            crate::controller::check_name(&name)?;
            let Some(topic) = image.topic(&name) else {
                return Err(Refusal::new(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "there is no such topic"));
            };
            describe_topic(&layers, &topic.configs)
        }
        ConfigResource::Group(group) => {
            describe_group(&layers, &image.group_configs(&group).cloned().unwrap_or_default())
        }
        ConfigResource::Broker(None) => describe_cluster_default(&layers),
        ConfigResource::Broker(Some(node)) if node == cx.node.id() => describe_broker(&layers),
        ConfigResource::Broker(Some(node)) => {
            let why = format!("the settings of node {node} are described by itself, this is node {}", cx.node.id());
            return Err(Refusal::new(ErrorCode::INVALID_REQUEST, why));
        }
    };
    described.map_err(|error| Refusal::new(error.error_code(scope), error.to_string()))
}

fn row(entry: ConfigEntry, request: &DescribeConfigsRequest) -> DescribeConfigsResourceResult {
    let config_type = entry.type_id();
    let synonym = |synonym: ConfigSynonym| DescribeConfigsSynonym {
        name: synonym.name.into(),
        value: synonym.value.map(Str::from),
        source: synonym.source.id(),
    };
    let synonyms = if request.include_synonyms { entry.synonyms } else { Vec::new() };
    DescribeConfigsResourceResult {
        name: entry.name.into(),
        value: entry.value.map(Str::from),
        read_only: entry.read_only,
        config_source: entry.source.id(),
        is_sensitive: entry.is_sensitive,
        synonyms: synonyms.into_iter().map(synonym).collect(),
        config_type,
        documentation: entry.documentation.filter(|_| request.include_documentation).map(Str::from),
    }
}

/// The outcomes of a change of several resources, in the order of the request.
type Outcomes = Vec<Result<(), Refusal>>;

/// A resource that is named twice is changed not at all: which of the changes would win?
fn named_twice<'a>(resources: impl Iterator<Item = (i8, &'a Str)>) -> HashMap<(i8, Str), usize> {
    let mut times = HashMap::new();
    resources.for_each(|(kind, name)| *times.entry((kind, name.clone())).or_default() += 1);
    times
}

fn check_once(times: &HashMap<(i8, Str), usize>, kind: i8, name: &Str) -> Result<(), Refusal> {
    match times.get(&(kind, name.clone())) {
        Some(1) => Ok(()),
        _ => Err(Refusal::new(ErrorCode::INVALID_REQUEST, "the resource is in the request more than once")),
    }
}

pub(crate) async fn alter(cx: &RequestContext, request: AlterConfigsRequest) -> AlterConfigsResponse {
    let times = named_twice(request.resources.iter().map(|r| (r.resource_type, &r.resource_name)));
    let outcomes = cx.node.controller().change(|change| -> Outcomes {
        let alter = |resource: &alter_configs::AlterConfigsResource| {
            check_once(&times, resource.resource_type, &resource.resource_name)?;
            let target = ConfigResource::parse(resource.resource_type, &resource.resource_name)?;
            let settings: Vec<_> = resource.configs.iter().map(|c| (c.name.as_str(), c.value.as_deref())).collect();
            change.replace_configs(&target, &settings, request.validate_only)
        };
        request.resources.iter().map(alter).collect()
    });
    let mut outcomes = outcomes.await.map_err(|error| store_failed(&error));
    let responses = request.resources.iter().enumerate().map(|(i, resource)| {
        let (error_code, error_message) = take_outcome(&mut outcomes, i);
        alter_configs::AlterConfigsResourceResponse {
            error_code,
            error_message,
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
        }
    });
    AlterConfigsResponse { responses: responses.collect(), ..Default::default() }
}

pub(crate) async fn alter_incrementally(
    cx: &RequestContext,
    request: IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    let times = named_twice(request.resources.iter().map(|r| (r.resource_type, &r.resource_name)));
    let outcomes = cx.node.controller().change(|change| -> Outcomes {
        let alter = |resource: &incremental_alter_configs::AlterConfigsResource| {
            check_once(&times, resource.resource_type, &resource.resource_name)?;
            let target = ConfigResource::parse(resource.resource_type, &resource.resource_name)?;
            let changes = resource.configs.iter().map(|c| {
                ConfigChange::from_request(&c.name, c.config_operation, c.value.as_deref())
                    .map_err(|error| Refusal::new(error.error_code(ConfigScope::Topic), error.to_string()))
            });
            change.alter_configs(&target, &changes.collect::<Result<Vec<_>, _>>()?, request.validate_only)
        };
        request.resources.iter().map(alter).collect()
    });
    let mut outcomes = outcomes.await.map_err(|error| store_failed(&error));
    let responses = request.resources.iter().enumerate().map(|(i, resource)| {
        let (error_code, error_message) = take_outcome(&mut outcomes, i);
        incremental_alter_configs::AlterConfigsResourceResponse {
            error_code,
            error_message,
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
        }
    });
    IncrementalAlterConfigsResponse { responses: responses.collect(), ..Default::default() }
}

fn take_outcome(outcomes: &mut Result<Outcomes, ErrorCode>, index: usize) -> (ErrorCode, Option<Str>) {
    match outcomes {
        Err(code) => (*code, None),
        Ok(outcomes) => match outcomes.get_mut(index).map(|outcome| std::mem::replace(outcome, Ok(()))) {
            Some(Err(refusal)) => (refusal.code, Some(refusal.message.into())),
            _ => (ErrorCode::NONE, None),
        },
    }
}

pub(crate) async fn list_resources(
    cx: &RequestContext,
    request: ListConfigResourcesRequest,
) -> ListConfigResourcesResponse {
    // Version 0 lists the subscriptions of client metrics, which are not served.
    let wanted = match request.resource_types {
        _ if cx.version == 0 => vec![CLIENT_METRICS],
        types if types.is_empty() => vec![TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP],
        types => types,
    };
    if wanted.iter().any(|kind| ![TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP].contains(kind)) {
        return ListConfigResourcesResponse { error_code: ErrorCode::UNSUPPORTED_VERSION, ..Default::default() };
    }
    let image = cx.node.image();
    let mut config_resources = Vec::new();
    if wanted.contains(&TOPIC) {
        config_resources.extend(image.topics().map(|topic| listed(topic.name.0.clone(), TOPIC)));
    }
    for kind in [BROKER, BROKER_LOGGER].into_iter().filter(|kind| wanted.contains(kind)) {
        config_resources.extend(image.brokers.keys().map(|node| listed(node.to_string().into(), kind)));
    }
    if wanted.contains(&GROUP) {
        config_resources.extend(image.configured_groups().map(|group| listed(group.into(), GROUP)));
    }
    ListConfigResourcesResponse { config_resources, ..Default::default() }
}

fn listed(resource_name: Str, resource_type: i8) -> ListedResource {
    ListedResource { resource_name, resource_type }
}
