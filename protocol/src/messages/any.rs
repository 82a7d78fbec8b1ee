//! Requests and responses of whichever API, for dispatch and for tools.

use crate::{
    api_key::ApiKey,
    wire::{self, DecodeError, DecodeErrorKind, Decoder, EncodeError, Encoder, Message as _, schema::MessageSchema},
};

macro_rules! any {
    ($(#[$doc:meta])* $any:ident, $trait:ident: $($api:ident, $module:ident::$message:ident;)+) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $any {
            $(#[doc = concat!("[`", stringify!($message), "`](super::", stringify!($module), "::", stringify!($message), ").")]
            $api(Box<super::$module::$message>),)+
        }

        impl $any {
            /// The API it belongs to.
            pub fn key(&self) -> ApiKey {
                match self {
                    $(Self::$api(_) => <super::$module::$message as wire::$trait>::KEY,)+
                }
            }

            /// The schema for an API, or `None` when there is no such API.
            pub fn schema(key: ApiKey) -> Option<&'static MessageSchema> {
                match key {
                    $(<super::$module::$message as wire::$trait>::KEY => Some(&super::$module::$message::SCHEMA),)+
                    _ => None,
                }
            }

            /// Reads one where the decoder stands, and leaves what follows it.
            ///
            /// # Errors
            /// If the API has no such version, there is no such API, or the bytes are not such a message.
            pub fn decode(key: ApiKey, version: i16, d: &mut Decoder) -> Result<Self, DecodeError> {
                match key {
                    $(<super::$module::$message as wire::$trait>::KEY => {
                        wire::decode_from(d, version).map(|message| Self::$api(Box::new(message)))
                    })+
                    _ => Err(d.error(DecodeErrorKind::UnsupportedVersion(version))),
                }
            }

            /// Appends it to an encoder that may hold a header already.
            ///
            /// # Errors
            /// If the API has no such version or the version cannot express the fields.
            pub fn encode(&self, e: &mut Encoder, version: i16) -> Result<(), EncodeError> {
                match self {
                    $(Self::$api(message) => wire::encode_onto(e, &**message, version),)+
                }
            }
        }

        $(impl From<super::$module::$message> for $any {
            fn from(message: super::$module::$message) -> Self {
                Self::$api(Box::new(message))
            }
        })+
    };
}

macro_rules! any_request {
    ($($api:ident: $module:ident::{$request:ident, $response:ident};)+) => {
        any! {
            /// A request of any API.
            AnyRequest, Request: $($api, $module::$request;)+
        }
    };
}

macro_rules! any_response {
    ($($api:ident: $module:ident::{$request:ident, $response:ident};)+) => {
        any! {
            /// A response of any API.
            AnyResponse, Response: $($api, $module::$response;)+
        }
    };
}

for_each_api!(any_request);
for_each_api!(any_response);

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{
        messages::heartbeat::{HeartbeatRequest, HeartbeatResponse},
        wire::schema::MessageKind,
    };

    #[test]
    fn every_request_has_a_response_of_the_same_versions() {
        for &key in ApiKey::ALL {
            let (request, response) = (AnyRequest::schema(key), AnyResponse::schema(key));
            assert_eq!(request.map(|s| s.versions), response.map(|s| s.versions), "{key}");
            assert_eq!(request.map(|s| s.flexible), response.map(|s| s.flexible), "{key}");
            if let (Some(request), Some(response)) = (request, response) {
                assert_eq!((request.kind, response.kind), (MessageKind::Request, MessageKind::Response));
                assert_eq!((request.key, response.key), (Some(key.0), Some(key.0)));
            }
        }
    }

    #[test]
    fn a_message_decodes_as_the_variant_of_its_api() {
        let request = AnyRequest::from(HeartbeatRequest { group_id: "g".into(), ..Default::default() });
        let mut e = Encoder::new(0, false);
        request.encode(&mut e, 0).unwrap();
        let mut d = Decoder::new(e.into_bytes(), 0, false);
        assert_eq!(AnyRequest::decode(ApiKey::HEARTBEAT, 0, &mut d).unwrap(), request);
        assert_eq!(request.key(), ApiKey::HEARTBEAT);
        assert_eq!(AnyResponse::from(HeartbeatResponse::default()).key(), ApiKey::HEARTBEAT);
    }

    #[test]
    fn an_unknown_api_is_an_error() {
        let mut d = Decoder::new(Bytes::new(), 0, false);
        let error = AnyRequest::decode(ApiKey(999), 0, &mut d).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::UnsupportedVersion(0));
        assert_eq!(AnyRequest::schema(ApiKey::LEADER_AND_ISR).map(|s| s.name), None);
    }
}
