use crate::api_key::ApiKey;
use crate::wire::{Message, Str};

/// Opens every request: which API and version follows, and the number its response will carry.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = header, versions = 1..=2, flexible = 2..)]
pub struct RequestHeader {
    pub request_api_key: ApiKey,
    pub request_api_version: i16,
    /// Copied into the response. Unique among the requests in flight on a connection.
    pub correlation_id: i32,
    /// A name for logs, quotas and metrics. Stays a string with a two-byte length in header version 2, so that a broker
    /// can read it before it knows whether the API version is flexible.
    #[wire(flexible = none)]
    pub client_id: Option<Str>,
}

/// Opens every response. ApiVersions always uses version 0, whatever the version of its body.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = header, versions = 0..=1, flexible = 1..)]
pub struct ResponseHeader {
    pub correlation_id: i32,
}
