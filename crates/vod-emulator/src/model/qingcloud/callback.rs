//! QingCloud's callbacks: a POST of JSON, signed by URL, time and a key only for callbacks.

use super::store::utc_time;
use crate::model::callback::{self, Message, Notice, Outgoing};
use md5::{Digest, Md5};
use serde_json::{Value, json};
use url::Url;

/// The object of an upload is stored and committed.
pub(super) fn uploaded(now: i64, media: u64) -> Notice {
    notice(now, "MediaUploadComplete", media)
}

/// A media was processed, by any template or task.
pub(super) fn processed(now: i64, media: u64) -> Notice {
    notice(now, "MediaTranslateComplete", media)
}

fn notice(now: i64, event: &'static str, media: u64) -> Notice {
    let media = media.to_string();
    let body = json!({ "EventTime": utc_time(now), "EventType": event, "MediaId": media, "Status": "SUCCESS", "Message": "" });
    Notice { event, subjects: vec![media], message: Message::QingCloud(body) }
}

/// The request to a target, signed at this time; with a wrong signature if `spoiled`.
pub(crate) fn request(target: &Url, body: &Value, now: i64, key: &str, spoiled: bool) -> Outgoing {
    let seconds = now.div_euclid(1000).to_string();
    let mut signature = signature(target.as_str(), &seconds, key);
    if spoiled {
        callback::spoil(&mut signature);
    }
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("x-qvod-timestamp", seconds),
        ("x-qvod-signature", signature),
    ];
    Outgoing { url: target.clone(), headers, body: Some(body.to_string()) }
}

/// Hex MD5; the body is not signed.
fn signature(url: &str, seconds: &str, key: &str) -> String {
    hex::encode(Md5::digest(format!("{url}|{seconds}|{key}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text is the reference's; the value printed there is wrong, so this one was computed with Python's
    /// hashlib.
    #[test]
    fn signatures_have_url_time_and_key() {
        assert_eq!(
            signature("https://www.example.com/your/callback", "1519375999", "test123"),
            "31d946f38681ad0f80c126f531136298"
        );
    }

    #[test]
    fn times_are_whole_seconds() {
        let target = "http://localhost/q".parse().unwrap();
        let sent = request(&target, &json!({}), 1_700_000_000_999, "k", false);
        assert_eq!(sent.headers[1], ("x-qvod-timestamp", "1700000000".to_owned()));
        assert_eq!(sent.headers[2].1, signature("http://localhost/q", "1700000000", "k"));
        assert_ne!(request(&target, &json!({}), 1_700_000_000_999, "k", true).headers[2], sent.headers[2]);
    }
}
