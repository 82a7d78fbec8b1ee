//! Spans of time as Kafka's settings write them (`by_duration`, KIP-1106).

use std::time::Duration;

/// Reads an ISO 8601 duration that is not negative, in upper or lower case: `PnDTnHnMn.nS`, of which any part may be
/// left out, with up to nine decimals. `None` for anything else, for signs too, which Java reads.
///
/// ```
/// use std::time::Duration;
///
/// use ottla_protocol::duration::parse_iso_8601;
///
/// assert_eq!(parse_iso_8601("P1DT2.5S"), Some(Duration::from_millis(86_402_500)));
/// assert_eq!(parse_iso_8601("2.5"), None);
/// ```
pub fn parse_iso_8601(text: &str) -> Option<Duration> {
    let text = text.to_ascii_lowercase();
    let text = text.strip_prefix('p')?;
    let (date, time) = text.split_once('t').map_or((text, None), |(date, time)| (date, Some(time)));
    if (date.is_empty() && time.is_none()) || time == Some("") {
        return None;
    }
    let (days, rest) = take_unit(date, 'd')?;
    let (hours, time) = take_unit(time.unwrap_or_default(), 'h')?;
    let (minutes, time) = take_unit(time, 'm')?;
    let seconds = match time.strip_suffix('s') {
        Some(seconds) => parse_seconds(seconds)?,
        None => time.is_empty().then_some(Duration::ZERO)?,
    };
    if !rest.is_empty() {
        return None;
    }
    let whole =
        days.checked_mul(86_400)?.checked_add(hours.checked_mul(3600)?)?.checked_add(minutes.checked_mul(60)?)?;
    Duration::from_secs(whole).checked_add(seconds)
}

/// The number before a unit, 0 without one, and what follows.
fn take_unit(text: &str, unit: char) -> Option<(u64, &str)> {
    match text.split_once(unit) {
        Some((number, rest)) => Some((parse_digits(number)?, rest)),
        None => Some((0, text)),
    }
}

fn parse_digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Reads seconds with up to nine decimals.
fn parse_seconds(text: &str) -> Option<Duration> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 9 {
        return None;
    }
    let nanos = if decimals.is_empty() { 0 } else { parse_digits(&format!("{decimals:0<9}"))? };
    Some(Duration::new(parse_digits(whole)?, u32::try_from(nanos).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_counts_and_may_be_left_out() {
        for (text, duration) in [
            ("P1DT2H3M4.5S", Duration::from_millis(93_784_500)),
            ("p1dt2h3m4.5s", Duration::from_millis(93_784_500)),
            ("PT0.000000001S", Duration::from_nanos(1)),
            ("P7D", Duration::from_secs(604_800)),
            ("PT0S", Duration::ZERO),
        ] {
            assert_eq!(parse_iso_8601(text), Some(duration), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_duration_is_none() {
        for text in ["", "P", "PT", "P1H", "PT-1S", "P99999999999999999999D", "P1DT1", "PT1S2H", "PT1.0000000001S", "1"]
        {
            assert_eq!(parse_iso_8601(text), None, "{text}");
        }
    }
}
