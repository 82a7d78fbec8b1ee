//! Kafka's messages that we do without, and why.

const CONTROLLER: &str = "spoken among controllers, and between a controller and its brokers";
const QUORUM: &str = "spoken among the voters of the quorum of controllers";
const SHARE_STATE: &str = "spoken between brokers about the state of share groups";
const BROKER_INTERNAL: &str = "spoken between a broker and the controller on a client's behalf";

/// Names without `Request` and `Response`, each with the reason.
const ABSENT: [(&str, &str); 18] = [
    ("AllocateProducerIds", CONTROLLER),
    ("AlterPartition", CONTROLLER),
    ("AssignReplicasToDirs", CONTROLLER),
    ("BeginQuorumEpoch", QUORUM),
    ("BrokerHeartbeat", CONTROLLER),
    ("BrokerRegistration", CONTROLLER),
    ("ControllerRegistration", CONTROLLER),
    ("DefaultPrincipalData", BROKER_INTERNAL),
    ("DeleteShareGroupState", SHARE_STATE),
    ("EndQuorumEpoch", QUORUM),
    ("Envelope", BROKER_INTERNAL),
    ("FetchSnapshot", QUORUM),
    ("InitializeShareGroupState", SHARE_STATE),
    ("ReadShareGroupState", SHARE_STATE),
    ("ReadShareGroupStateSummary", SHARE_STATE),
    ("UpdateRaftVoter", QUORUM),
    ("Vote", QUORUM),
    ("WriteShareGroupState", SHARE_STATE),
];

/// Why we have no message of that name; `None` when we should have one.
pub(super) fn reason(name: &str) -> Option<&'static str> {
    let api = name.strip_suffix("Request").or_else(|| name.strip_suffix("Response")).unwrap_or(name);
    ABSENT.iter().find(|(absent, _)| *absent == api).map(|(_, reason)| *reason)
}
