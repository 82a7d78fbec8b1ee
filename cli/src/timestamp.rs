//! Points in time as people write them. All of them are UTC, as Kafka's are.

use std::time::{SystemTime, UNIX_EPOCH};

const MILLIS_PER_DAY: i64 = 86_400_000;

/// Milliseconds since the epoch, now.
pub(crate) fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

/// Writes milliseconds since the epoch as `2026-01-31T12:00:00.000Z`.
pub(crate) fn to_text(ms: i64) -> String {
    let (day, in_day) = (ms.div_euclid(MILLIS_PER_DAY), ms.rem_euclid(MILLIS_PER_DAY));
    let (year, month, day) = date_of(day);
    let (seconds, ms) = (in_day / 1000, in_day % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// Reads a date, `2026-01-31`, or a date and a time, `2026-01-31T12:00:00.5Z`, of which all but the hour and minute may be
/// missing. In place of `Z` a zone such as `+02:00` may stand.
pub(crate) fn from_text(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.splitn(3, '-').map(digits);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let real = (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let days = days_to(year, month, day);
    if !real || date_of(days) != (year, month, day) {
        return None;
    }
    Some(days * MILLIS_PER_DAY + time.map_or(Some(0), time_ms)?)
}

/// Reads a length of time such as `90s`, `15m`, `2h` or `7d`, in milliseconds.
pub(crate) fn length_ms(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let per_unit = match unit {
        's' => 1000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => MILLIS_PER_DAY,
        _ => return None,
    };
    digits(text.strip_suffix(unit)?)?.checked_mul(per_unit)
}

/// The time of day less its zone.
fn time_ms(text: &str) -> Option<i64> {
    let (time, zone) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, "Z"),
    };
    let mut parts = time.splitn(3, ':');
    let (hour, minute) = (digits(parts.next()?)?, digits(parts.next()?)?);
    let (second, fraction) = match parts.next() {
        None => ("0", "0"),
        Some(seconds) => seconds.split_once('.').unwrap_or((seconds, "0")),
    };
    let second = digits(second)?;
    digits(fraction)?;
    let ms = digits(&format!("{fraction:0<3}")[..3])?;
    let real = hour < 24 && minute < 60 && second < 60;
    real.then_some(((hour * 60 + minute) * 60 + second) * 1000 + ms).map(|ms| Some(ms - zone_ms(zone)?))?
}

/// How far a zone is ahead of UTC.
fn zone_ms(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':').unwrap_or((zone.get(1..)?, "0"));
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn digits(text: &str) -> Option<i64> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

/// Days since the epoch. Years are counted from March, so that the leap day is the last of its year.
fn days_to(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    // The 1st of March of year 0 is 719468 days before the epoch.
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

/// The date of a day since the epoch.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_points_in_time_are_read_and_written() {
        let known = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ];
        for (ms, text) in known {
            assert_eq!(to_text(ms), text);
            assert_eq!(from_text(text), Some(ms), "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_is_itself() {
        for day in -100_000..100_000 {
            let (year, month, date) = date_of(day);
            assert_eq!(days_to(year, month, date), day);
        }
    }

    #[test]
    fn parts_may_be_missing_and_zones_count() {
        let noon = 1_769_860_800_000;
        for text in ["2026-01-31T12:00", "2026-01-31 12:00:00", "2026-01-31T14:00:00+02:00", "2026-01-31T06:30-05:30"] {
            assert_eq!(from_text(text), Some(noon), "{text}");
        }
        assert_eq!(from_text("2026-01-31"), Some(noon - MILLIS_PER_DAY / 2));
        assert_eq!(from_text("2026-01-31T12:00:00.5"), Some(noon + 500));
    }

    #[test]
    fn what_is_no_time_is_not_read() {
        for text in [
            "",
            "2026",
            "2026-02-29",
            "2026-13-01",
            "2026-01-01T24:00",
            "2026-01-01T1",
            "2026-01-01T10:00+",
            "x-y-z",
            "2026-01-01T10:00:00.é",
        ] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }

    #[test]
    fn lengths_have_a_unit() {
        assert_eq!(
            ["90s", "15m", "2h", "7d"].map(length_ms),
            [Some(90_000), Some(900_000), Some(7_200_000), Some(604_800_000)]
        );
        assert_eq!(["", "5", "h", "-1h", "1w"].map(length_ms), [None; 5]);
    }
}
