//! Sizes in bytes as arguments: `5M`, `8Mi`, `1.5G`.

/// The units, and their bytes.
const UNITS: [(&str, u64); 7] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("k", 1_000),
    ("K", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
];

/// Parses a size in bytes, at least 1.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let rule = || {
        "a number of bytes is written 500000, 500k, 5M or 1.5G in steps of 1000, or 8Mi in steps of 1024 (Ki, Mi, Gi), and is at least 1".to_owned()
    };
    let (number, unit) =
        UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit))).unwrap_or((text, 1));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    // Fractions of a byte are not allowed, and a dot needs digits on both sides.
    let well_formed = !whole.is_empty()
        && digits(whole)
        && digits(fraction)
        && fraction.len() <= 9
        && number.contains('.') != fraction.is_empty()
        && (unit > 1 || fraction.is_empty());
    if !well_formed {
        return Err(rule());
    }
    let whole = whole.parse::<u64>().ok().and_then(|whole| whole.checked_mul(unit)).ok_or_else(rule)?;
    // At most nine digits of a fraction of at most 2^30: far from the limits of 64 bits.
    let part = fraction.parse::<u64>().unwrap_or(0) * unit / 10_u64.pow(fraction.len() as u32);
    whole.checked_add(part).filter(|bytes| *bytes > 0).ok_or_else(rule)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn numbers_of_bytes() {
        for (text, expected) in [
            ("1", 1),
            ("500000", 500_000),
            ("500k", 500_000),
            ("500K", 500_000),
            ("5M", 5_000_000),
            ("1.5G", 1_500_000_000),
            ("8Mi", 8 << 20),
            ("100Ki", 100 << 10),
            ("0.5Ki", 512),
            ("0.000000001G", 1),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "0",
            "0M",
            "0.0001k",
            "-1",
            "+1",
            " 1",
            "1 M",
            "1MB",
            "1T",
            "M",
            ".5M",
            "5.M",
            "1.5",
            "1,5M",
            "1e3",
            "1.0000000001G",
            "18446744073709551616",
            "99999999999G",
            "五",
        ] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
