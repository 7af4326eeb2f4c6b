//! Natural order of names: `2.mp4` before `10.mp4`.

use std::cmp::Ordering;

/// Compares names, with runs of digits as numbers. Names that differ only in leading zeros are compared by
/// characters.
pub(crate) fn compare(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one, other);
    loop {
        let ((a, rest_a), (b, rest_b)) = (piece(left), piece(right));
        let order = match (number(a), number(b)) {
            (Some(a), Some(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            _ => a.cmp(b),
        };
        if order.is_ne() || (a.is_empty() && b.is_empty()) {
            return order.then_with(|| one.cmp(other));
        }
        (left, right) = (rest_a, rest_b);
    }
}

/// A run of digits or one other character, and the rest.
fn piece(text: &str) -> (&str, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at(if digits > 0 { digits } else { text.chars().next().map_or(0, char::len_utf8) })
}

/// A run of digits without its leading zeros.
fn number(piece: &str) -> Option<&str> {
    piece.starts_with(|first: char| first.is_ascii_digit()).then(|| piece.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn numbers_count() {
        let expected = [
            "",
            "0",
            "00",
            "1",
            "1.mp4",
            "2.mp4",
            "10.mp4",
            "99999999999999999999999.mp4",
            "a",
            "a1",
            "a02",
            "a2",
            "a10b1",
            "a10b2",
            "ab",
            "第1课",
            "第2课",
            "第10课",
        ];
        for (i, one) in expected.iter().enumerate() {
            for (j, other) in expected.iter().enumerate() {
                assert_eq!(compare(one, other), i.cmp(&j), "{one:?} {other:?}");
            }
        }
    }
}
