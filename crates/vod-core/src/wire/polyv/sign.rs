//! Polyv's signing schemes, each a small function over the *plain* values of what is sent. See
//! <https://polyv.gitbook.io/document/docs/vod/api/buildsign>.

use crate::secret::Secret;
use crate::time::Timestamp;
use md5::Md5;
use sha1::{Digest, Sha1};

/// The text that the SHA-1 schemes hash, without the secret: empty values dropped, sorted by name in byte
/// order, `name=value` joined by `&`. Values are as sent and before any encoding, JSON text included.
#[must_use]
pub fn sha1_text(fields: &[(&str, &str)]) -> String {
    let mut text =
        String::with_capacity(fields.iter().map(|(name, value)| name.len() + value.len() + 2).sum());
    for (i, (name, value)) in sorted(fields).into_iter().enumerate() {
        if i > 0 {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}

/// SHA-1 over all fields that are sent: upper-case hex of [`sha1_text`] followed by the secret.
#[must_use]
pub fn sha1_sent(fields: &[(&str, &str)], secret: &Secret) -> String {
    let mut hash = Sha1::new();
    hash.update(sha1_text(fields));
    // The secret goes into the hash directly, so that no buffer has a copy of it.
    hash.update(secret.expose());
    upper_hex(hash.finalize())
}

/// SHA-1 over the fields of a fixed set, whatever else is sent.
#[must_use]
pub fn sha1_fixed(names: &[&str], fields: &[(&str, &str)], secret: &Secret) -> String {
    let fixed: Vec<_> = fields.iter().copied().filter(|(name, _)| names.contains(name)).collect();
    sha1_sent(&fixed, secret)
}

/// The text that the MD5 schemes hash, without the secrets at both ends: empty values dropped, sorted by
/// name, names and values joined without anything between.
#[must_use]
pub fn md5_text(fields: &[(&str, &str)]) -> String {
    sorted(fields).into_iter().flat_map(|(name, value)| [name, value]).collect()
}

/// MD5 for v3 calls of sub-accounts: upper-case hex of [`md5_text`] between two copies of the *sub-account's*
/// secret, which itself is never sent.
#[must_use]
pub fn md5_sub_account(fields: &[(&str, &str)], secret: &Secret) -> String {
    let mut hash = Md5::new();
    hash.update(secret.expose());
    hash.update(md5_text(fields));
    hash.update(secret.expose());
    upper_hex(hash.finalize())
}

/// The signature of play tokens: the rule of [`md5_sub_account`] with the *main* account's secret, and `ts`
/// among the fields in place of a `timestamp`.
#[must_use]
pub fn playsafe(fields: &[(&str, &str)], secret: &Secret) -> String {
    md5_sub_account(fields, secret)
}

/// The signature with which a web page plays an encrypted video on phones: lower-case hex MD5 of key, video
/// id and time, joined without anything between. The page hands it to the player together with the time. See
/// <https://polyv.gitbook.io/document/docs/vod/js/video-player/function/encryption>.
///
/// It lets anyone play the video for a while, so make it on the server and only for viewers who may watch.
#[must_use]
pub fn web_player(vid: &str, at: Timestamp, secret: &Secret) -> String {
    let mut hash = Md5::new();
    hash.update(secret.expose());
    hash.update(vid);
    hash.update(at.as_millis().to_string());
    hex::encode(hash.finalize())
}

/// The result of `hex::encode_upper`, which is slower: it appends one character at a time.
fn upper_hex(digest: impl AsRef<[u8]>) -> String {
    let digest = digest.as_ref();
    let mut digits = vec![0; 2 * digest.len()];
    // The buffer has the right length, so this cannot fail.
    let _ = hex::encode_to_slice(digest, &mut digits);
    digits.make_ascii_uppercase();
    String::from_utf8(digits).unwrap_or_default()
}

fn sorted<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut sorted: Vec<_> = fields.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    sorted
}
