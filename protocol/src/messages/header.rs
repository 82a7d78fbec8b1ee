use crate::api_key::ApiKey;
use crate::wire::{Message, Str};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = header, versions = 1..=2, flexible = 2..)]
pub struct RequestHeader {
    pub request_api_key: ApiKey,
    pub request_api_version: i16,
    pub correlation_id: i32,
    #[wire(flexible = none)]
    pub client_id: Option<Str>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = header, versions = 0..=1, flexible = 1..)]
pub struct ResponseHeader {
    pub correlation_id: i32,
}
