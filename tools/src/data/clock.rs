//! Time stamps as people and loggers write them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

/// Dates with a time of day. `T` between both is read as a space, a comma before a fraction of a
/// second as a point.
const MOMENTS: [&str; 16] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y%m%d %H%M%S%.f",
    "%d.%m.%Y %H:%M:%S%.f",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y %H:%M:%S%.f",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S%.f",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%d-%b-%Y %H:%M:%S%.f",
    "%d %b %Y %H:%M:%S%.f",
    "%a %b %e %H:%M:%S %Y",
];

/// Moments with an offset from UTC.
const ZONED: [&str; 3] =
    ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f %#z", "%d/%b/%Y:%H:%M:%S %z"];

const DAYS: [&str; 7] =
    ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%b-%Y", "%d %b %Y"];

const TIMES: [&str; 3] = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p"];

/// Whether a text is a date, a time of day or both, or a duration such as `0 days 00:01:30`. A plain
/// number is none.
pub fn is_time(text: &str) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) || text.parse::<f64>().is_ok() {
        return false;
    }
    let text = point(&spaced(text.trim_end_matches(" UTC").trim_end_matches('Z')));
    let text = &text[..];
    MOMENTS.iter().any(|format| NaiveDateTime::parse_from_str(text, format).is_ok())
        || ZONED.iter().any(|format| DateTime::parse_from_str(text, format).is_ok())
        || DAYS.iter().any(|format| NaiveDate::parse_from_str(text, format).is_ok())
        || TIMES.iter().any(|format| NaiveTime::parse_from_str(duration(text), format).is_ok())
        || NaiveDateTime::parse_from_str(&format!("2000 {text}"), "%Y %b %e %H:%M:%S").is_ok()
}

/// A time in seconds: a number is one already; a moment counts from 1970, in UTC where it names no
/// offset, a time of day from midnight.
pub fn seconds(text: &str) -> Option<f64> {
    if let Ok(number) = text.trim().parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let text = point(&spaced(text.trim_end_matches(" UTC").trim_end_matches('Z')));
    let text = &text[..];
    let since = |moment: NaiveDateTime| {
        let moment = moment.and_utc();
        moment.timestamp() as f64 + f64::from(moment.timestamp_subsec_nanos()) * 1e-9
    };
    let zoned = |format: &&str| DateTime::parse_from_str(text, format).ok();
    let moment = |format: &&str| NaiveDateTime::parse_from_str(text, format).ok();
    let time = |format: &&str| NaiveTime::parse_from_str(text, format).ok();
    let zoned = ZONED.iter().find_map(zoned).map(|moment| since(moment.naive_utc()));
    let moment = || MOMENTS.iter().find_map(moment).map(since);
    let time =
        || TIMES.iter().find_map(time).map(|time| since(NaiveDate::default().and_time(time)));
    zoned.or_else(moment).or_else(time)
}

/// The text with a space for the `T` between a date and a time of day.
fn spaced(text: &str) -> String {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    match text.split_once('T') {
        Some((date, time)) if digit(date.chars().last()) && digit(time.chars().next()) => {
            format!("{date} {time}")
        }
        _ => text.into(),
    }
}

/// The text with a point before a fraction of a second.
fn point(text: &str) -> String {
    let (whole, fraction) = text.split_once(',').unwrap_or((text, ""));
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if whole.contains(':') && digits > 0 { format!("{whole}.{fraction}") } else { text.into() }
}

/// The time of day behind a number of days.
fn duration(text: &str) -> &str {
    let behind = text.split_once(" days ").or_else(|| text.split_once(" day "));
    match behind {
        Some((days, time)) if days.parse::<u32>().is_ok() => time,
        _ => text,
    }
}

/// Whether a number is a date, YYYYMMDD, with or without hhmm or hhmmss behind it.
pub fn is_date(number: f64) -> bool {
    let text = format!("{number}");
    let day = |text: &str| {
        let date = NaiveDate::parse_from_str(text, "%Y%m%d");
        date.is_ok() && ("1970".."2100").contains(&&text[..4])
    };
    let time = |text: &str, format| NaiveTime::parse_from_str(text, format).is_ok();
    match text.len() {
        _ if !text.bytes().all(|byte| byte.is_ascii_digit()) => false,
        8 => day(&text),
        12 => day(&text[..8]) && time(&text[8..], "%H%M"),
        14 => day(&text[..8]) && time(&text[8..], "%H%M%S"),
        _ => false,
    }
}

/// Units of the time since 1970, in seconds.
const UNITS: [f64; 4] = [1.0, 1e-3, 1e-6, 1e-9];

/// The unit, in seconds, of numbers from `low` to `high` that are times since 1970, in seconds to
/// nanoseconds, from September 2001 to January 2038; `None` for other numbers.
pub fn epoch(low: f64, high: f64) -> Option<f64> {
    UNITS.into_iter().find(|unit| low * unit >= 1e9 && high * unit < 2_147_483_648.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stamps_are_known() {
        for text in [
            "2021-03-01 10:00:00",
            "2021-03-01T10:00:00.250Z",
            "2021-03-01T10:00:00+01:00",
            "2021-03-01 10:00:00.123456+0100",
            "2021-03-01 10:00:00 +00:00",
            "2021-03-01 10:00:00 UTC",
            "2021-03-01 10:00:00,250",
            "2021-03-01",
            "2021/03/01 10:00",
            "01.03.2021 10:00:00",
            "31/12/2021 10:00",
            "12/31/2021 10:00:00 PM",
            "01-Mar-2021 10:00:00",
            "20210301T100000",
            "Mar  1 10:00:00",
            "Mon Mar  1 10:00:00 2021",
            "01/Mar/2021:10:00:00 +0000",
            "10:00:00.5",
            "10:00",
            "0 days 00:01:30.5",
        ] {
            assert!(is_time(text), "{text}");
        }
        for text in ["", "1.5", "20210301", "2021", "off", "a:b", "1,5", "May", "-", "1 days", "T"]
        {
            assert!(!is_time(text), "{text}");
        }
    }

    #[test]
    fn numbers_can_be_dates_or_times_since_1970() {
        assert!([20_210_301.0, 202_103_011_000.0, 20_210_301_100_000.0].map(is_date) == [true; 3]);
        assert!([20_211_301.0, 1.5e7, 20_210_301.5, -20_210_301.0].map(is_date) == [false; 4]);
        let unit = |x: f64| epoch(x, x + 9.0);
        assert_eq!(unit(1.7e9), Some(1.0));
        assert_eq!(unit(1.7e12), Some(1e-3));
        assert_eq!(unit(1.7e15), Some(1e-6));
        assert_eq!(unit(1.7e18), Some(1e-9));
        assert_eq!([1013.0, 9e8, 2.2e9, 1e11].map(unit), [None; 4]);
        assert_eq!(epoch(1.5e9, 1.5e12), None);
    }
}
