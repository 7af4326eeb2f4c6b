//! The callback of the storage about a finished object. Its receiver, the provider, is in the same process,
//! so it is evaluated and not sent.

use super::{BUCKET, Refusal};
use crate::model::wire::Fields;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// The callback that the client's header asks for.
#[derive(Debug, PartialEq)]
pub(super) struct Callback {
    /// The first URL: here all have the same target.
    url: String,
    body: String,
}

/// The facts of an object for the provider.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) object: &'a str,
    pub(super) size: u64,
    pub(super) etag: &'a str,
}

impl Callback {
    /// Reads the optional header `x-oss-callback`: base64 of a JSON object.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let Some(header) = headers.get("x-oss-callback") else {
            return Ok(None);
        };
        let wrong = |reason: &str| {
            Refusal::new(400, "InvalidArgument", format!("The callback configuration is not right: {reason}"))
        };
        let json = STANDARD.decode(header.as_bytes()).map_err(|_| wrong("not base64"))?;
        let json: Value = serde_json::from_slice(&json).map_err(|_| wrong("not JSON"))?;
        let text = |name: &str| {
            json[name]
                .as_str()
                .filter(|text| !text.is_empty())
                .ok_or_else(|| wrong(&format!("{name}: missing, or no text")))
        };
        let form = "application/x-www-form-urlencoded";
        if json.get("callbackBodyType").is_some_and(|kind| kind != form) {
            return Err(wrong(&format!("callbackBodyType: only {form} is known here")));
        }
        let url = text("callbackUrl")?.split(';').next().unwrap_or_default().to_owned();
        Ok(Some(Self { url, body: text("callbackBody")?.to_owned() }))
    }

    /// What arrives at the provider: the id of the video for the object, or why the callback fails.
    pub(super) fn arrived(&self, ours: &str, facts: &Facts<'_>) -> Result<String, String> {
        if self.url != ours {
            return Err(format!("callbackUrl: `{}`, and the ticket has `{ours}`", self.url));
        }
        let mut told = Fields::default();
        told.add(self.filled(facts).as_bytes());
        let expected = [
            ("bucket", BUCKET),
            ("object", facts.object),
            ("size", &facts.size.to_string()),
            ("etag", facts.etag),
        ];
        for (name, value) in expected {
            if told.get(name) != Some(value) {
                return Err(format!(
                    "callbackBody: {name} is `{}`, and it is `{value}`",
                    told.get(name).unwrap_or_default()
                ));
            }
        }
        let vid = super::vid_of(facts.object);
        match told.get("vid") {
            Some(other) if other != vid => {
                Err(format!("callbackBody: vid is `{other}`, and the object is of `{vid}`"))
            }
            _ => Ok(vid.to_owned()),
        }
    }

    /// The form-encoded body with the values of its variables; an unknown variable is empty.
    fn filled(&self, facts: &Facts<'_>) -> String {
        let mut filled = String::new();
        let mut rest = self.body.as_str();
        while let Some((before, (name, after))) =
            rest.split_once("${").and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            filled.push_str(before);
            let value = match name {
                "bucket" => BUCKET.to_owned(),
                "object" => facts.object.to_owned(),
                "size" => facts.size.to_string(),
                "etag" => facts.etag.to_owned(),
                _ => String::new(),
            };
            filled.extend(utf8_percent_encode(&value, NON_ALPHANUMERIC));
            rest = after;
        }
        filled + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FACTS: Facts<'_> = Facts { object: "ossupload/u/v1.mp4", size: 7, etag: "AB-1" };
    const BODY: &str = "bucket=${bucket}&object=${object}&size=${size}&etag=${etag}&vid=v1";

    fn read(json: &str) -> Result<Option<Callback>, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert("x-oss-callback", STANDARD.encode(json).parse().unwrap());
        Callback::of(&headers)
    }

    #[test]
    fn headers_by_table() {
        assert_eq!(Callback::of(&HeaderMap::new()).unwrap(), None);
        let good =
            json!({ "callbackUrl": "http://h/c;http://i/c", "callbackBody": "a=b", "callbackHost": "h" })
                .to_string();
        assert_eq!(
            read(&good).unwrap(),
            Some(Callback { url: "http://h/c".to_owned(), body: "a=b".to_owned() })
        );
        let mut headers = HeaderMap::new();
        headers.insert("x-oss-callback", "{}".parse().unwrap());
        assert!(Callback::of(&headers).unwrap_err().message.ends_with("not base64"));
        let cases = [
            ("{", "not JSON"),
            ("{}", "callbackUrl: missing, or no text"),
            (r#"{"callbackUrl":"u"}"#, "callbackBody: missing, or no text"),
            (r#"{"callbackUrl":"u","callbackBody":7}"#, "callbackBody: missing, or no text"),
            (
                r#"{"callbackUrl":"u","callbackBody":"b","callbackBodyType":"application/json"}"#,
                "callbackBodyType: only application/x-www-form-urlencoded is known here",
            ),
        ];
        for (json, expected) in cases {
            assert!(read(json).unwrap_err().message.ends_with(expected), "{json}");
        }
    }

    proptest::proptest! {
        #[test]
        fn values_arrive_unchanged(name in "[^/.]{1,20}", etag in "[ -~]{1,36}", size: u64) {
            let object = format!("ossupload/u/{name}.mp4");
            let callback = Callback { url: "http://ours".to_owned(), body: BODY.replace("&vid=v1", "") };
            let arrived = callback.arrived("http://ours", &Facts { object: &object, size, etag: &etag });
            proptest::prop_assert_eq!(arrived.unwrap(), name);
        }
    }

    #[test]
    fn arrivals_by_table() {
        let cases = [
            ("http://ours", BODY.to_owned(), Ok("v1")),
            ("http://ours", BODY.replace("&vid=v1", "&x=${unknown}${"), Ok("v1")),
            ("http://theirs", BODY.to_owned(), Err("callbackUrl: `http://theirs`")),
            ("http://ours", BODY.replace("${size}", "8"), Err("callbackBody: size is `8`, and it is `7`")),
            (
                "http://ours",
                BODY.replace("etag=${etag}", ""),
                Err("callbackBody: etag is ``, and it is `AB-1`"),
            ),
            (
                "http://ours",
                BODY.replace("v1", "v2"),
                Err("callbackBody: vid is `v2`, and the object is of `v1`"),
            ),
        ];
        for (url, body, expected) in cases {
            let arrived = Callback { url: url.to_owned(), body }.arrived("http://ours", &FACTS);
            match (arrived, expected) {
                (Ok(vid), Ok(expected)) => assert_eq!(vid, expected),
                (Err(reason), Err(expected)) => assert!(reason.starts_with(expected), "{reason}"),
                (arrived, expected) => panic!("{arrived:?}, expected {expected:?}"),
            }
        }
    }
}
