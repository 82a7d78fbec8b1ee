use crate::api_key::ApiKey;
use crate::wire::{Message, Str, schema::MessageSchema};

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

impl RequestHeader {
    /// The header version that goes with a version of a request.
    pub const fn version_for(request: &MessageSchema, version: i16) -> i16 {
        if request.flexible.contains(version) { 2 } else { 1 }
    }
}

impl ResponseHeader {
    /// The header version that goes with a version of a response.
    ///
    /// ApiVersions stays at 0: a client that reads the response does not know yet whether the broker served the version
    /// it asked for (KIP-511).
    pub const fn version_for(response: &MessageSchema, version: i16) -> i16 {
        let api_versions = matches!(response.key, Some(key) if key == ApiKey::API_VERSIONS.0);
        if response.flexible.contains(version) && !api_versions { 1 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::api_versions::ApiVersionsResponse;
    use crate::messages::fetch::{FetchRequest, FetchResponse};
    use crate::messages::literal::literals;

    #[test]
    fn header_versions_follow_flexibility_except_for_api_versions() {
        assert_eq!(RequestHeader::version_for(&FetchRequest::SCHEMA, 11), 1);
        assert_eq!(RequestHeader::version_for(&FetchRequest::SCHEMA, 12), 2);
        assert_eq!(ResponseHeader::version_for(&FetchResponse::SCHEMA, 11), 0);
        assert_eq!(ResponseHeader::version_for(&FetchResponse::SCHEMA, 12), 1);
        assert_eq!(ResponseHeader::version_for(&ApiVersionsResponse::SCHEMA, 4), 0);
    }

    literals! {
        let request_header = RequestHeader {
            request_api_key: ApiKey(1),
            request_api_version: 2,
            correlation_id: 3,
            client_id: Some("ci".into()),
        };
        2 => b"\0\x01" b"\0\x02" b"\0\0\0\x03" b"\0\x02ci" b"\0";
        1 => b"\0\x01" b"\0\x02" b"\0\0\0\x03" b"\0\x02ci";
    }

    literals! {
        let response_header = ResponseHeader { correlation_id: 1 };
        1 => b"\0\0\0\x01" b"\0";
        0 => b"\0\0\0\x01";
    }
}
