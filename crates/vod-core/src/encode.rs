//! Percent-encoding. A table of its own instead of a crate: the form body of a full batch is the hottest loop of the library, and one pass that copies runs
//! of safe bytes takes a fraction of the time of the general encoders (`cargo xtask bench` compares them).

/// `%XX` for every byte.
static HEX: [[u8; 3]; 256] = {
    let digits = b"0123456789ABCDEF";
    let mut table = [[b'%', 0, 0]; 256];
    let mut i = 0;
    while i < 256 {
        table[i][1] = digits[i >> 4];
        table[i][2] = digits[i & 15];
        i += 1;
    }
    table
};

const fn set(extra: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = (i as u8).is_ascii_alphanumeric();
        i += 1;
    }
    i = 0;
    while i < extra.len() {
        table[extra[i] as usize] = true;
        i += 1;
    }
    table
}

/// What a form leaves as it is (WHATWG URL, the same set as Java's encoder).
static FORM: [bool; 256] = set(b"*-._");
/// RFC 3986's unreserved characters.
static SEGMENT: [bool; 256] = set(b"-._~");

/// Appends `text` in the form encoding: a space becomes `+`.
pub(crate) fn form(text: &str, out: &mut Vec<u8>) {
    // Three bytes for each at the most, so that no copy below has to grow the buffer.
    out.reserve(text.len() * 3);
    let bytes = text.as_bytes();
    let mut start = 0;
    for (i, &b) in bytes.iter().enumerate() {
        if FORM[b as usize] {
            continue;
        }
        if start < i {
            out.extend_from_slice(&bytes[start..i]);
        }
        if b == b' ' {
            out.push(b'+');
        } else {
            out.extend_from_slice(&HEX[b as usize]);
        }
        start = i + 1;
    }
    out.extend_from_slice(&bytes[start..]);
}

/// Appends `text` as one segment of a path: everything but the unreserved characters is escaped, slashes among it.
pub(crate) fn segment(text: &str, out: &mut String) {
    for &b in text.as_bytes() {
        if SEGMENT[b as usize] {
            out.push(char::from(b));
        } else {
            out.extend(HEX[b as usize].iter().map(|&b| char::from(b)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_forms() {
        let mut out = Vec::new();
        form("a b&c=测~*", &mut out);
        assert_eq!(out, b"a+b%26c%3D%E6%B5%8B%7E*");
        let mut path = String::new();
        segment("a/b ..~测", &mut path);
        assert_eq!(path, "a%2Fb%20..~%E6%B5%8B");
    }

    proptest! {
        #[test]
        fn form_agrees_with_the_ordinary_crate(text in ".*") {
            let mut out = Vec::new();
            form(&text, &mut out);
            let expected: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
            prop_assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
