//! Reads messages and writes them again with the crate `kafka-protocol`, as `Differential.java` does with Kafka's
//! own classes.
//!
//! Standard input holds groups: a name, a version, a count, and that many messages, each with its length in front.
//! Standard output holds an answer per message: 0 and the bytes written, 1 and what went wrong, or 2 where the crate
//! does not have the message in that version.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::panic::{self, AssertUnwindSafe};

use bytes::{Buf, Bytes, BytesMut};
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Decodable, Encodable, Message};

/// What becomes of one message.
enum Answer {
    Written(BytesMut),
    Failed(String),
    Unknown,
}

type Recode = fn(Bytes, i16) -> Answer;

macro_rules! recode_by_name {
    ($($message:ident),+ $(,)?) => {
        /// How to read and write the message of that name.
        fn recode_of(name: &str) -> Option<Recode> {
            match name {
                $(stringify!($message) => Some(recode::<$message>),)+
                _ => None,
            }
        }
    };
}

// All of ours that the crate has.
recode_by_name! {
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, AddPartitionsToTxnRequest, AddPartitionsToTxnResponse,
    AddRaftVoterRequest, AddRaftVoterResponse, AlterClientQuotasRequest, AlterClientQuotasResponse,
    AlterConfigsRequest, AlterConfigsResponse, AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse, AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse,
    AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse, AlterUserScramCredentialsRequest,
    AlterUserScramCredentialsResponse, ApiVersionsRequest, ApiVersionsResponse, ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeResponse, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, CreateAclsRequest, CreateAclsResponse,
    CreateDelegationTokenRequest, CreateDelegationTokenResponse, CreatePartitionsRequest,
    CreatePartitionsResponse, CreateTopicsRequest, CreateTopicsResponse, DeleteAclsRequest, DeleteAclsResponse,
    DeleteGroupsRequest, DeleteGroupsResponse, DeleteRecordsRequest, DeleteRecordsResponse,
    DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse, DeleteTopicsRequest, DeleteTopicsResponse,
    DescribeAclsRequest, DescribeAclsResponse, DescribeClientQuotasRequest, DescribeClientQuotasResponse,
    DescribeClusterRequest, DescribeClusterResponse, DescribeConfigsRequest, DescribeConfigsResponse,
    DescribeDelegationTokenRequest, DescribeDelegationTokenResponse, DescribeGroupsRequest,
    DescribeGroupsResponse, DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeProducersRequest,
    DescribeProducersResponse, DescribeQuorumRequest, DescribeQuorumResponse, DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsResponse, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
    DescribeTransactionsRequest, DescribeTransactionsResponse, DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsResponse, ElectLeadersRequest, ElectLeadersResponse, EndTxnMarker,
    EndTxnRequest, EndTxnResponse, ExpireDelegationTokenRequest, ExpireDelegationTokenResponse, FetchRequest,
    FetchResponse, FindCoordinatorRequest, FindCoordinatorResponse, GetTelemetrySubscriptionsRequest,
    GetTelemetrySubscriptionsResponse, HeartbeatRequest, HeartbeatResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse, InitProducerIdRequest, InitProducerIdResponse, JoinGroupRequest,
    JoinGroupResponse, KRaftVersionRecord, LeaderChangeMessage, LeaveGroupRequest, LeaveGroupResponse,
    ListConfigResourcesRequest, ListConfigResourcesResponse, ListGroupsRequest, ListGroupsResponse,
    ListOffsetsRequest, ListOffsetsResponse, ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse, ListTransactionsRequest, ListTransactionsResponse, MetadataRequest,
    MetadataResponse, OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse,
    OffsetFetchRequest, OffsetFetchResponse, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse,
    ProduceRequest, ProduceResponse, PushTelemetryRequest, PushTelemetryResponse, RemoveRaftVoterRequest,
    RemoveRaftVoterResponse, RenewDelegationTokenRequest, RenewDelegationTokenResponse, RequestHeader,
    ResponseHeader, SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest,
    SaslHandshakeResponse, ShareAcknowledgeRequest, ShareAcknowledgeResponse, ShareFetchRequest,
    ShareFetchResponse, ShareGroupDescribeRequest, ShareGroupDescribeResponse, ShareGroupHeartbeatRequest,
    ShareGroupHeartbeatResponse, SnapshotFooterRecord, SnapshotHeaderRecord, SyncGroupRequest,
    SyncGroupResponse, TxnOffsetCommitRequest, TxnOffsetCommitResponse, UnregisterBrokerRequest,
    UnregisterBrokerResponse, UpdateFeaturesRequest, UpdateFeaturesResponse, VotersRecord,
    WriteTxnMarkersRequest, WriteTxnMarkersResponse,
}

fn recode<M: Message + Decodable + Encodable>(mut bytes: Bytes, version: i16) -> Answer {
    if !(M::VERSIONS.min..=M::VERSIONS.max).contains(&version) {
        return Answer::Unknown;
    }
    let message = match M::decode(&mut bytes, version) {
        Ok(message) if bytes.is_empty() => message,
        Ok(_) => return Answer::Failed(format!("{} bytes are left over", bytes.remaining())),
        Err(error) => return Answer::Failed(format!("{error:#}")),
    };
    let mut written = BytesMut::new();
    match message.encode(&mut written, version) {
        Ok(()) => Answer::Written(written),
        Err(error) => Answer::Failed(format!("{error:#}")),
    }
}

fn main() -> io::Result<()> {
    panic::set_hook(Box::new(|_| {}));
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = BufWriter::new(io::stdout().lock());
    while !at_end(&mut input)? {
        let name = read_bytes(&mut input, 2)?;
        let recode = recode_of(&String::from_utf8_lossy(&name));
        let version = i16::from_be_bytes(read_array(&mut input)?);
        for _ in 0..u32::from_be_bytes(read_array(&mut input)?) {
            let message = read_bytes(&mut input, 4)?;
            write_answer(&mut output, answer(recode, message, version))?;
        }
    }
    output.flush()
}

fn answer(recode: Option<Recode>, message: Vec<u8>, version: i16) -> Answer {
    let Some(recode) = recode else { return Answer::Unknown };
    let recoded = panic::catch_unwind(AssertUnwindSafe(|| recode(message.into(), version)));
    recoded.unwrap_or_else(|_| Answer::Failed("it panics".to_owned()))
}

fn write_answer(output: &mut impl Write, answer: Answer) -> io::Result<()> {
    let (status, bytes) = match answer {
        Answer::Written(bytes) => (0, bytes.to_vec()),
        Answer::Failed(reason) => (1, reason.into_bytes()),
        Answer::Unknown => (2, Vec::new()),
    };
    output.write_all(&[status])?;
    output.write_all(&(bytes.len() as u32).to_be_bytes())?;
    output.write_all(&bytes)
}

fn at_end(input: &mut impl io::BufRead) -> io::Result<bool> {
    Ok(input.fill_buf()?.is_empty())
}

fn read_array<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Bytes with their length in front, in an integer of so many bytes.
fn read_bytes(input: &mut impl Read, width: usize) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    input.read_exact(&mut length[4 - width..])?;
    let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}
