//! What a broker's refusal means.

use std::error::Error;

use ottla::{
    MetadataError,
    admin::AdminError,
    producer::{DeliveryErrorKind, SendError},
    protocol::error_code::ErrorCode,
};

/// An error as a person can understand it. Where a broker gives a code without words, those of the code are added.
pub(crate) fn in_words(error: &(dyn Error + 'static)) -> String {
    match code_without_words(error) {
        Some(code) => format!("{error}: {}", code.message()),
        None => error.to_string(),
    }
}

fn code_without_words(error: &(dyn Error + 'static)) -> Option<ErrorCode> {
    if let Some(AdminError::Refused { code, message: None, .. }) = error.downcast_ref() {
        return Some(*code);
    }
    if let Some(DeliveryErrorKind::Refused { code, message: None }) = error.downcast_ref() {
        return Some(*code);
    }
    let metadata = match error.downcast_ref() {
        Some(SendError::Metadata(metadata)) => Some(metadata),
        _ => error.downcast_ref(),
    };
    match metadata {
        Some(MetadataError::Refused { code, .. }) => Some(*code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> MetadataError {
        MetadataError::Refused { subject: "oders".to_owned(), code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION }
    }

    #[test]
    fn a_code_is_explained() {
        let words = "oders: UNKNOWN_TOPIC_OR_PARTITION: the broker does not have this topic or partition";
        assert_eq!(in_words(&refused()), words);
        assert_eq!(in_words(&SendError::Metadata(refused())), words);
    }

    #[test]
    fn a_broker_that_explains_itself_has_the_word() {
        let code = ErrorCode::INVALID_CONFIG;
        let refused = |message| AdminError::Refused { subject: "orders".to_owned(), code, message };
        assert_eq!(in_words(&refused(Some("no such name".to_owned()))), "orders: INVALID_CONFIG: no such name");
        assert!(in_words(&refused(None)).starts_with("orders: INVALID_CONFIG: "));
        assert_eq!(in_words(&SendError::Closed), SendError::Closed.to_string());
    }
}
