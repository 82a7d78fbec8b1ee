//! ApiVersions: what this broker speaks.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::api_versions::{ApiVersionsRequest, ApiVersionsResponse},
};

use crate::dispatch::{RequestContext, advertised};

/// The first version in which clients say what they are.
const SOFTWARE_FROM: i16 = 3;

pub(crate) async fn handle(cx: &RequestContext, request: ApiVersionsRequest) -> ApiVersionsResponse {
    let named = |text: &str| cx.version < SOFTWARE_FROM || is_software_name(text);
    if !named(&request.client_software_name) || !named(&request.client_software_version) {
        return ApiVersionsResponse { error_code: ErrorCode::INVALID_REQUEST, ..Default::default() };
    }
    ApiVersionsResponse {
        api_keys: advertised(cx.node.api_version_caps()),
        // No feature has a level of its own yet.
        finalized_features_epoch: 0,
        ..Default::default()
    }
}

/// Letters and digits, with dots and dashes between them.
fn is_software_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_names_are_words_with_dots_and_dashes_between() {
        for good in ["a", "apache-kafka-java", "4.3.1", "X"] {
            assert!(is_software_name(good), "{good}");
        }
        for bad in ["", "-a", "a.", "a b", "a_b", "ü"] {
            assert!(!is_software_name(bad), "{bad}");
        }
    }
}
