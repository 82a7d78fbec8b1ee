//! The messages of Kafka 4.3.1, one file per API: the request, the response and their parts. Records of internal
//! topics have a file per family, and what surrounds every request is in [`header`].
//!
//! Names are Kafka's own. Some fields mean the same everywhere and are not explained at each place:
//!
//! - `throttle_time_ms`: the client should send nothing for this long, because it exceeded a quota (KIP-219).
//! - `error_code`, `error_message`: the outcome of what the struct describes.
//! - `timeout_ms`: how long the broker may take before it answers with what it has.
//! - `validate_only`: check everything and change nothing.
//! - `member_id`, `group_instance_id` (or `instance_id`): the member, and the name that a static member keeps across
//!   restarts (KIP-345).
//! - `generation_id`, `member_epoch`, `producer_epoch`: fence a client that has been replaced.
//! - `rack`, `rack_id`: where a broker or client runs; `None` when not known.
//!
//! An `Option` is a value that may be null on the wire. `Default` is Kafka's default for each field, so a struct
//! literal that ends in `..Default::default()` is valid in every version.
#![expect(missing_docs, reason = "a field's name says what it holds, and the list above covers the recurring ones")]

pub mod add_offsets_to_txn;
pub mod add_partitions_to_txn;
pub mod add_raft_voter;
pub mod alter_client_quotas;
pub mod alter_configs;
pub mod alter_partition_reassignments;
pub mod alter_replica_log_dirs;
pub mod alter_share_group_offsets;
pub mod alter_user_scram_credentials;
pub mod api_versions;
pub mod consumer_group_describe;
pub mod consumer_group_heartbeat;
pub mod consumer_group_record;
pub mod consumer_protocol;
pub mod control_record;
pub mod create_acls;
pub mod create_delegation_token;
pub mod create_partitions;
pub mod create_topics;
pub mod delete_acls;
pub mod delete_groups;
pub mod delete_records;
pub mod delete_share_group_offsets;
pub mod delete_topics;
pub mod describe_acls;
pub mod describe_client_quotas;
pub mod describe_cluster;
pub mod describe_configs;
pub mod describe_delegation_token;
pub mod describe_groups;
pub mod describe_log_dirs;
pub mod describe_producers;
pub mod describe_quorum;
pub mod describe_share_group_offsets;
pub mod describe_topic_partitions;
pub mod describe_transactions;
pub mod describe_user_scram_credentials;
pub mod elect_leaders;
pub mod end_txn;
pub mod expire_delegation_token;
pub mod fetch;
pub mod find_coordinator;
pub mod get_telemetry_subscriptions;
pub mod group_metadata_record;
pub mod header;
pub mod heartbeat;
pub mod incremental_alter_configs;
pub mod init_producer_id;
pub mod join_group;
pub mod leave_group;
pub mod list_config_resources;
pub mod list_groups;
pub mod list_offsets;
pub mod list_partition_reassignments;
pub mod list_transactions;
pub mod metadata;
pub mod offset_commit;
pub mod offset_commit_record;
pub mod offset_delete;
pub mod offset_fetch;
pub mod offset_for_leader_epoch;
pub mod produce;
pub mod push_telemetry;
pub mod remove_raft_voter;
pub mod renew_delegation_token;
pub mod sasl_authenticate;
pub mod sasl_handshake;
pub mod share_acknowledge;
pub mod share_fetch;
pub mod share_group_describe;
pub mod share_group_heartbeat;
pub mod share_group_record;
pub mod share_state_record;
pub mod streams_group_describe;
pub mod streams_group_heartbeat;
pub mod streams_group_record;
pub mod sync_group;
pub mod transaction_log_record;
pub mod txn_offset_commit;
pub mod unregister_broker;
pub mod update_features;
pub mod write_txn_markers;
