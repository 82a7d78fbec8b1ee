//! A number as a bar.

/// A block is filled in eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A bar as long as `value` is of `max`, at most `width` blocks wide. What is not zero can be seen.
pub(crate) fn bar(value: u64, max: u64, width: u32) -> String {
    let whole = u128::from(width) * 8;
    let eighths = u128::from(value.min(max)) * whole / u128::from(max.max(1));
    let eighths = eighths.max(u128::from(value > 0));
    let blocks = usize::try_from(eighths / 8).unwrap_or_default();
    "█".repeat(blocks) + EIGHTHS.get((eighths % 8) as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_number() {
        assert_eq!(bar(100, 100, 4), "████");
        assert_eq!(bar(50, 100, 4), "██");
        assert_eq!(bar(30, 100, 4), "█▏");
        assert_eq!(bar(0, 100, 4), "");
    }

    #[test]
    fn a_little_can_be_seen_and_too_much_is_cut() {
        assert_eq!(bar(1, u64::MAX, 4), "▏");
        assert_eq!(bar(500, 100, 4), "████");
        assert_eq!(bar(0, 0, 4), "");
    }
}
