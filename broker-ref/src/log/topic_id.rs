//! Topic ids as text.

use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const TEXT_LEN: usize = 22;

/// The id of a topic, or of a log directory: 16 bytes, written as 22 characters of base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicId(pub [u8; 16]);

impl TopicId {
    /// A random id that is neither reserved (0 and 1) nor begins with a dash, as Kafka's do.
    pub fn random() -> Self {
        loop {
            // Version 4, variant 1, as RFC 9562 has it.
            let bits = fastrand::u128(..) & !(0xf000 << 64) & !(0xc << 60) | 0x4000 << 64 | 0x8 << 60;
            let id = Self(bits.to_be_bytes());
            if !id.to_string().starts_with('-') {
                return id;
            }
        }
    }
}

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 16 bytes are 128 bits; the last of the 22 characters holds 2 of them and 4 zeros.
        let bits = u128::from_be_bytes(self.0);
        for i in 0..TEXT_LEN {
            let shift = 122_i32 - 6 * i32::try_from(i).unwrap_or(0);
            let sextet = if shift >= 0 { bits >> shift } else { bits << -shift } & 0x3f;
            let letter = usize::try_from(sextet).ok().and_then(|s| ALPHABET.get(s)).copied().unwrap_or_default();
            write!(f, "{}", char::from(letter))?;
        }
        Ok(())
    }
}

impl FromStr for TopicId {
    type Err = InvalidTopicId;

    fn from_str(text: &str) -> Result<Self, InvalidTopicId> {
        if text.len() != TEXT_LEN {
            return Err(InvalidTopicId);
        }
        let mut bits = 0_u128;
        for (i, letter) in text.bytes().enumerate() {
            let sextet = ALPHABET.iter().position(|known| *known == letter).ok_or(InvalidTopicId)? as u128;
            bits = if i + 1 < TEXT_LEN { bits << 6 | sextet } else { bits << 2 | sextet >> 4 };
        }
        Ok(Self(bits.to_be_bytes()))
    }
}

/// The text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a topic id has 22 characters of base64url")]
pub struct InvalidTopicId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_as_java_writes_them() {
        // java.util.Base64 URL encoder over the bytes 0, 1, .., 15.
        let id = TopicId(std::array::from_fn(|i| i as u8));
        assert_eq!(id.to_string(), "AAECAwQFBgcICQoLDA0ODw");
        assert_eq!("AAECAwQFBgcICQoLDA0ODw".parse(), Ok(id));
        assert_eq!(TopicId([0xff; 16]).to_string(), "_____________________w");
        assert_eq!(TopicId([0; 16]).to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
    }

    #[test]
    fn random_ids_round_trip() {
        for _ in 0..1000 {
            let id = TopicId::random();
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!((id.0[6] >> 4, id.0[8] >> 6), (4, 2));
        }
        assert!("short".parse::<TopicId>().is_err());
        assert!("AAECAwQFBgcICQoLDA0OD!".parse::<TopicId>().is_err());
    }
}
