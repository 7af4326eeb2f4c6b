//! Percent-encoding. A table of its own instead of a crate: the form body of a full batch is the hottest loop
//! of the library, and one pass without branches takes a fraction of the time of the general encoders
//! (`cargo xtask bench` compares them).

/// The encoding of a byte: up to three bytes, followed by their number.
type Escape = [u8; 4];

const fn table(extra_safe: &[u8]) -> [Escape; 256] {
    let digits = b"0123456789ABCDEF";
    let mut table = [[b'%', 0, 0, 3]; 256];
    let mut i = 0;
    while i < 256 {
        table[i][1] = digits[i >> 4];
        table[i][2] = digits[i & 15];
        if (i as u8).is_ascii_alphanumeric() {
            table[i] = [i as u8, 0, 0, 1];
        }
        i += 1;
    }
    i = 0;
    while i < extra_safe.len() {
        table[extra_safe[i] as usize] = [extra_safe[i], 0, 0, 1];
        i += 1;
    }
    table
}

/// What a form leaves unchanged (WHATWG URL, the same set as Java's encoder); a space becomes a plus.
static FORM: [Escape; 256] = {
    let mut table = table(b"*-._");
    table[b' ' as usize] = [b'+', 0, 0, 1];
    table
};
/// RFC 3986's unreserved characters.
static SEGMENT: [Escape; 256] = table(b"-._~");

/// Appends `text` in the form encoding: a space becomes `+`.
pub(crate) fn form(text: &str, out: &mut Vec<u8>) {
    // Room for the worst case, so that the loop only stores: four bytes each time, of which as many count as
    // the table says. It has no branch that text could mispredict.
    let mut at = out.len();
    out.resize(at + text.len() * 3 + 4, 0);
    for &b in text.as_bytes() {
        let escape = &FORM[b as usize];
        out[at..at + 4].copy_from_slice(escape);
        at += escape[3] as usize;
    }
    out.truncate(at);
}

/// Appends `text` as one segment of a path: everything except the unreserved characters is escaped, slashes
/// included.
pub(crate) fn segment(text: &str, out: &mut String) {
    if text.bytes().all(|b| SEGMENT[b as usize][3] == 1) {
        return out.push_str(text);
    }
    for &b in text.as_bytes() {
        let escape = &SEGMENT[b as usize];
        out.extend(escape[..escape[3] as usize].iter().map(|&b| char::from(b)));
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
