//! Values as errors show them: short, harmless on a terminal, without what gives access.

use std::borrow::Cow;
use std::fmt;

/// The most characters of a value that are shown.
const LONGEST: usize = 60;

/// A value that came, for an error to name: a scalar with what it says, anything else by its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Nothing,
    Null,
    Boolean(bool),
    Number(String),
    /// A text as [`quoted`] shows it, and its length in characters.
    Text(String, usize),
    List(usize),
    Object(usize),
    File(usize),
}

impl Given {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(quoted(text), text.chars().count())
    }

    /// What it is, without a word of what it says.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Boolean(_) => "true or false".to_owned(),
            Self::Number(_) => "a number".to_owned(),
            Self::Text(_, length) => format!("text of {}", counted(*length, "character")),
            sized => sized.to_string(),
        }
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Number(text) | Self::Text(text, _) => f.write_str(text),
            Self::List(length) => write!(f, "a list of {}", counted(*length, "item")),
            Self::Object(length) => write!(f, "an object of {}", counted(*length, "member")),
            Self::File(length) => write!(f, "a file of {}", counted(*length, "byte")),
        }
    }
}

impl From<&serde_json::Value> for Given {
    fn from(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Boolean(*value),
            Json::Number(number) => Self::Number(number.to_string()),
            Json::String(text) => Self::text(text),
            Json::Array(items) => Self::List(items.len()),
            Json::Object(members) => Self::Object(members.len()),
        }
    }
}

/// A number of things: `1 item`, `2 items`.
pub(crate) fn counted(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// A text in quotes: cut to 60 characters, with control, direction and other invisible characters replaced
/// and with the user and the query of a URL masked. A text without content is said to be so.
pub(crate) fn quoted(text: &str) -> String {
    in_quotes(text, &masked(text, text.find("://").map(|at| at + 3)))
}

/// The same for a text that should be a URL: a query is masked where there is no scheme, too.
pub(crate) fn quoted_url(text: &str) -> String {
    in_quotes(text, &masked(text, Some(text.find("://").map_or(0, |at| at + 3))))
}

fn in_quotes(text: &str, masked: &str) -> String {
    match text.trim() {
        "" if !text.is_empty() => "only white space".to_owned(),
        _ => format!("\"{}\"", harmless(masked)),
    }
}

/// A name or a word as it may be shown without quotes, such as a field's: cut and harmless.
pub(crate) fn harmless(text: &str) -> String {
    let mut shown: String =
        text.chars().take(LONGEST).map(|c| if is_invisible(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Characters that move the cursor, turn the direction of what follows, or are not seen at all.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Hides the user and the query of the URL whose host begins at `host`: they may give access.
fn masked(text: &str, host: Option<usize>) -> Cow<'_, str> {
    let Some((scheme, rest)) = host.map(|at| text.split_at(at)) else { return Cow::Borrowed(text) };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    let (user, rest) = match authority.rsplit_once('@') {
        Some((user, _)) => ("…", &rest[user.len()..]),
        // A password with such a character in it looks like a port.
        None if rest.contains('@') && !port.ends_with(']') && port.bytes().any(|b| !b.is_ascii_digit()) => {
            return Cow::Owned(format!("{scheme}…"));
        }
        None => ("", rest),
    };
    let (shown, query) = match rest.find(['?', '#']) {
        Some(at) => (&rest[..=at], "…"),
        None => (rest, ""),
    };
    if user.is_empty() && query.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{scheme}{user}{shown}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_short_and_harmless() {
        for (text, shown) in [
            ("", "\"\""),
            (" \t\u{3000}", "only white space"),
            ("第一课", "\"第一课\""),
            ("a\u{1b}[2J\r\nb", "\"a\u{fffd}[2J\u{fffd}\u{fffd}b\""),
            ("photo\u{202e}gpj.exe\u{200b}", "\"photo\u{fffd}gpj.exe\u{fffd}\""),
        ] {
            assert_eq!(quoted(text), shown, "{text:?}");
        }
        assert_eq!(quoted(&"课".repeat(60)), format!("\"{}\"", "课".repeat(60)));
        assert_eq!(quoted(&"课".repeat(61)), format!("\"{}…\"", "课".repeat(60)));
    }

    #[test]
    fn urls_lose_what_gives_access() {
        for (text, shown) in [
            ("ftp://a.example/2.mp4", "\"ftp://a.example/2.mp4\""),
            ("https://a.example/x.mp4?token=s3cret", "\"https://a.example/x.mp4?…\""),
            ("see https://a.example/x.mp4#s3cret ?", "\"see https://a.example/x.mp4#…\""),
            ("https://user:s3cret@a.example/x", "\"https://…@a.example/x\""),
            ("https://user:s3cret@a.example?s3cret", "\"https://…@a.example?…\""),
            ("https://user:s3/cret@a.example", "\"https://…\""),
            ("https://a.example:8443/x@2.png", "\"https://a.example:8443/x@2.png\""),
            ("what?", "\"what?\""),
        ] {
            assert_eq!(quoted(text), shown);
        }
        assert_eq!(quoted_url("a.example/x?s3cret"), "\"a.example/x?…\"");
        let long = quoted(&format!("https://a.example/{}?s3cret", "x".repeat(100)));
        assert!(long.ends_with("x…\"") && long.chars().count() == 63, "{long}");
    }

    #[test]
    fn what_came_in_words() {
        for (json, shown, kind) in [
            (serde_json::json!(null), "null", "null"),
            (serde_json::json!(true), "true", "true or false"),
            (serde_json::json!(1.5), "1.5", "a number"),
            (serde_json::json!("a"), "\"a\"", "text of 1 character"),
            (serde_json::json!([]), "a list of 0 items", "a list of 0 items"),
            (serde_json::json!({ "a": 1 }), "an object of 1 member", "an object of 1 member"),
        ] {
            let given = Given::from(&json);
            assert_eq!((given.to_string().as_str(), given.kind().as_str()), (shown, kind));
        }
    }
}
