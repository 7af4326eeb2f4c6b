//! The title of a video that comes with a URL alone.

/// The file's name in a URL without its extension, percent-decoded; empty if the URL has no path.
pub(super) fn title_of(url: &str) -> String {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    let Some((_, path)) = path.split_once('/') else { return String::new() };
    let name = path.rsplit('/').find(|name| !name.is_empty()).unwrap_or_default();
    let name = decoded(name).unwrap_or_else(|| name.to_owned());
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && is_extension(extension) => stem.to_owned(),
        _ => name,
    }
    .trim()
    .to_owned()
}

/// Short and plain: the 5 of `Lesson 1.5 Waves` is none, nor is anything with a space.
fn is_extension(text: &str) -> bool {
    (2..=5).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The text that is percent-encoded; `None` if it is no text that can be a title.
fn decoded(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [byte, tail @ ..] = rest {
        let pair = tail.get(..2).filter(|pair| *byte == b'%' && pair.iter().all(u8::is_ascii_hexdigit));
        match pair.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()) {
            Some(value) => {
                bytes.push(value);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_urls() {
        for (url, title) in [
            ("https://a.example/c/01.mp4", "01"),
            ("https://a.example/c/%E7%AC%AC%E4%B8%80%E8%AF%BE.mp4?sign=x/y.mp4#z", "第一课"),
            ("http://a.example/第二课 上.MP4", "第二课 上"),
            ("http://a.example/a.b.m3u8", "a.b"),
            ("http://a.example/Lesson%201.5", "Lesson 1.5"),
            ("http://a.example/.mp4", ".mp4"),
            ("http://a.example/lesson/", "lesson"),
            ("http://a.example/a%2Fb+c%20.mp4", "a/b+c"),
            ("http://a.example/%C4%E3.mp4", "%C4%E3"),
            ("http://a.example/100%.mp4", "100%"),
            ("http://a.example/%+1%zz.mp4", "%+1%zz"),
            ("http://a.example/a%0Ab.mp4", "a%0Ab"),
            ("http://a.example", ""),
            ("http://a.example/?x=1", ""),
        ] {
            assert_eq!(title_of(url), title, "{url}");
        }
    }
}
