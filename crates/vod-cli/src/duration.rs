//! Durations in arguments.

use std::time::Duration;

const UNITS: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

/// Reads a duration: `90`, `90s`, `5m`, `2h`, `1d`; without a unit it is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) =
        UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit))).unwrap_or((text, 1));
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = is_number.then(|| number.parse::<u64>().ok()?.checked_mul(unit)).flatten();
    seconds.map(Duration::from_secs).ok_or_else(|| "a duration is written 90, 90s, 5m, 2h or 1d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in
            [("0", 0), ("90", 90), ("90s", 90), ("5m", 300), ("2h", 7200), ("30d", 2_592_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in
            ["", "s", "-1", "+1", "1.5h", "5 m", "5min", "99999999999999999999", "999999999999999999d", "五"]
        {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
