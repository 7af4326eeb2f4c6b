//! The checkpoint of an upload: all that the next run needs to go on, and no credential.

use super::oss::{Place, UploadId, is_etag};
use super::plan;
use crate::accounts::Accounts;
use crate::error::Error;
use crate::operation::Provider;
use crate::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::ffi::OsString;
use std::path::Path;

/// The version that is written. Others are not read.
const VERSION: u32 = 1;

/// What tells a file from a changed one without reading all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fingerprint {
    /// Its size in bytes.
    pub size: u64,
    /// When it was changed last, in milliseconds since 1970.
    #[serde(rename = "modified")]
    pub modified_millis: i64,
    /// SHA-256 over a sample of its bytes.
    #[serde(with = "as_hex")]
    pub sample: [u8; 32],
}

impl Fingerprint {
    /// The size in bytes, the time of the last change in milliseconds since 1970, and the SHA-256 of a
    /// sample.
    #[must_use]
    pub const fn new(size: u64, modified_millis: i64, sample: [u8; 32]) -> Self {
        Self { size, modified_millis, sample }
    }

    /// Whether size and sample agree, whatever the time of the last change says.
    #[must_use]
    pub fn looks_like(&self, other: &Self) -> bool {
        self.size == other.size && self.sample == other.sample
    }
}

/// A local file as its driver describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileInfo {
    /// Where it lies, for messages. What in it is no text is shown as `\u{fffd}`: [`place`](Self::place)
    /// finds it again.
    pub path: String,
    /// The path itself, where it is no text: two such may look the same.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "of_this_system")]
    exact: Option<OsString>,
    /// What it was like when it was opened.
    pub fingerprint: Fingerprint,
}

impl FileInfo {
    /// A file.
    #[must_use]
    pub fn new(path: impl AsRef<Path>, fingerprint: Fingerprint) -> Self {
        let path = path.as_ref();
        let exact = path.to_str().is_none().then(|| path.as_os_str().to_owned());
        Self { path: path.to_string_lossy().into_owned(), exact, fingerprint }
    }

    /// Where it lies, be its path text or not.
    #[must_use]
    pub fn place(&self) -> &Path {
        Path::new(self.exact.as_deref().unwrap_or(self.path.as_ref()))
    }

    /// The path's last part.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or_default()
    }
}

/// A path in this system's form; `None` where it is in another's, in which nothing lies here.
fn of_this_system<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OsString>, D::Error> {
    let path = serde_json::Value::deserialize(deserializer)?;
    Ok(OsString::deserialize(path).ok())
}

/// The checkpoint of one upload.
///
/// As text it is a JSON object with a version. There is no credential in it: whoever goes on with the upload
/// needs those of the account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Checkpoint {
    version: u32,
    /// `polyv` or `qingcloud`.
    provider: String,
    /// What tells the account from others, without naming it.
    account: String,
    /// The file.
    pub file: FileInfo,
    /// When the upload began, in milliseconds since 1970.
    begun: i64,
    /// How far it is.
    pub(super) state: State,
    /// The checkpoint of the video that was finished before this upload began to make another. It stands
    /// again where that comes to nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) finished: Option<Box<Self>>,
}

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Polyv(Target),
    QingCloud(Media),
    Done(Done),
}

/// An upload to Polyv under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) vid: String,
    pub(super) domain: String,
    pub(super) bucket: String,
    pub(super) object: String,
    pub(super) part_size: u64,
    /// The storage's id of an upload in parts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) upload_id: Option<UploadId>,
    /// The parts that the storage has acknowledged: number, ETag, CRC-64 in hex.
    pub(super) parts: Vec<(u16, String, Crc)>,
    /// The CRC-64 of the whole file, from the moment on at which the storage may have been told that it is
    /// complete.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) completing: Option<Crc>,
}

impl Target {
    /// Where the object lies.
    pub(super) fn place(&self, scheme: &str) -> Result<Place, Error> {
        Place::new(scheme, &self.domain, &self.bucket, &self.object)
    }

    fn check(&self, size: u64) -> Result<(), String> {
        is_id("vid", &self.vid)?;
        self.place("https").map_err(|error| error.to_string())?;
        plan::check(size, self.part_size)?;
        let count = plan::count(size, self.part_size);
        let mut last = 0;
        for (number, etag, _) in &self.parts {
            if *number <= last || *number > count {
                return Err(format!("parts: number {number} after {last}, of {count}"));
            }
            if !is_etag(etag) {
                return Err(format!(
                    "parts: the ETag of number {number}: {} bytes, not the visible ASCII of an ETag",
                    etag.len()
                ));
            }
            last = *number;
        }
        Ok(())
    }
}

/// An upload to QingCloud under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Media {
    /// The title that was applied with, and since when, in milliseconds since 1970, while the answer is not
    /// known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) asked: Option<(String, i64)>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) media_id: Option<String>,
    /// The object's address without its signature.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) object: Option<String>,
    /// The MD5 of what the storage has taken.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) stored: Option<Md5>,
    /// Media of earlier tries whose end the provider has not been told yet: FAILED or CANCELLED.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) unsettled: Vec<(String, Ending)>,
}

/// How a media ended that came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ending {
    Failed,
    Cancelled,
}

/// A finished upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) play_url: Option<String>,
    /// The checksum of the whole file as it was sent.
    pub(super) whole: Whole,
}

/// The checksum of a whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Whole {
    Crc64(Crc),
    Md5(Md5),
}

/// A CRC-64, in hex in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crc(pub(super) u64);

impl Serialize for Crc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Crc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let well_formed = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let crc = well_formed.then(|| u64::from_str_radix(&text, 16).ok()).flatten();
        crc.map(Self).ok_or_else(|| serde::de::Error::custom("a checksum must be 16 hex digits"))
    }
}

/// An MD5, in hex in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Md5(#[serde(with = "as_hex")] pub(super) [u8; 16]);

/// Bytes in hex.
mod as_hex {
    use super::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let mut bytes = [0; N];
        hex::decode_to_slice(String::deserialize(deserializer)?, &mut bytes)
            .map_err(serde::de::Error::custom)?;
        Ok(bytes)
    }
}

/// How far an upload is, for those who list checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Begun, with so many bytes acknowledged by the storage.
    UnderWay(u64),
    /// All bytes are there; whether the provider took them is to be asked.
    Completing,
    /// Finished.
    Done,
}

impl Checkpoint {
    pub(super) fn new(
        provider: Provider,
        account: String,
        file: FileInfo,
        begun: Timestamp,
        state: State,
    ) -> Self {
        Self {
            version: VERSION,
            provider: provider.name().to_owned(),
            account,
            file,
            begun: begun.as_millis(),
            state,
            finished: None,
        }
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// Why it cannot be read, in a line.
    pub fn from_json(text: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } =
            serde_json::from_slice(text).map_err(|error| why("not a checkpoint", &error))?;
        if version != VERSION {
            return Err(format!("version {version} of a checkpoint, this program reads version {VERSION}"));
        }
        let record: Self =
            serde_json::from_slice(text).map_err(|error| why("not a whole checkpoint", &error))?;
        record.check()?;
        Ok(record)
    }

    /// What no sound checkpoint has, so that a hand-made one cannot lead the machine astray.
    fn check(&self) -> Result<(), String> {
        let of_provider = match &self.state {
            State::Polyv(_) => self.provider == Provider::Polyv.name(),
            State::QingCloud(_) => self.provider == Provider::QingCloud.name(),
            State::Done(_) => self.provider().is_some(),
        };
        if !of_provider {
            return Err(format!(
                "provider: `{}` does not go with the state",
                self.provider.chars().take(20).collect::<String>()
            ));
        }
        if let Some(finished) = &self.finished {
            let is_of_this = (finished.version, &finished.provider, &finished.account)
                == (VERSION, &self.provider, &self.account);
            if !is_of_this || finished.finished.is_some() || !matches!(finished.state, State::Done(_)) {
                return Err("finished: not what this account has finished".to_owned());
            }
            finished.check()?;
        }
        match &self.state {
            State::Polyv(target) => target.check(self.file.fingerprint.size),
            State::QingCloud(media) => media
                .media_id
                .iter()
                .chain(media.unsettled.iter().map(|(id, _)| id))
                .try_for_each(|id| is_id("media_id", id)),
            State::Done(done) => is_id("id", &done.id),
        }
    }

    /// As text.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whose it is.
    #[must_use]
    pub fn provider(&self) -> Option<Provider> {
        [Provider::Polyv, Provider::QingCloud].into_iter().find(|provider| provider.name() == self.provider)
    }

    /// Whether it was begun with this account.
    #[must_use]
    pub fn is_of(&self, accounts: &Accounts) -> bool {
        self.provider()
            .and_then(|provider| account_mark(provider, accounts))
            .is_some_and(|mark| mark == self.account)
    }

    /// Whether it may be taken for the checkpoint of `file`, which has none under its own name: it looks the
    /// same, and the file that it was made for is not there any more, or is this one. So a file that was
    /// moved goes on, and so does one on another machine.
    #[must_use]
    pub fn fits(&self, file: &FileInfo, is_there: impl FnOnce(&Path) -> bool) -> bool {
        self.file.fingerprint.looks_like(&file.fingerprint)
            && (self.file.place() == file.place() || !is_there(self.file.place()))
    }

    /// When the upload began.
    #[must_use]
    pub const fn begun(&self) -> Timestamp {
        Timestamp::from_millis(self.begun)
    }

    /// How far it is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        let size = self.file.fingerprint.size;
        match &self.state {
            State::Done(_) => Stage::Done,
            State::Polyv(target) if target.completing.is_some() => Stage::Completing,
            State::Polyv(target) => Stage::UnderWay(
                target
                    .parts
                    .iter()
                    .map(|(number, ..)| plan::range(size, target.part_size, *number).length)
                    .sum(),
            ),
            State::QingCloud(media) if media.stored.is_some() => Stage::Completing,
            State::QingCloud(_) => Stage::UnderWay(0),
        }
    }

    /// Polyv's id of the video, or QingCloud's of the media, where there is one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match &self.state {
            State::Polyv(target) => Some(&target.vid),
            State::QingCloud(media) => media.media_id.as_deref(),
            State::Done(done) => Some(&done.id),
        }
    }
}

/// A reader's error, which may repeat what it read, in a line that can be shown.
fn why(what: &str, error: &serde_json::Error) -> String {
    format!(
        "{what}: {}",
        error.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect::<String>()
    )
}

/// Whether a text may be a video's or a media's id.
pub(super) fn is_id(name: &str, id: &str) -> Result<(), String> {
    if (1..=200).contains(&id.len()) { Ok(()) } else { Err(format!("{name}: {} bytes, 1 to 200", id.len())) }
}

/// What tells an account from others in a checkpoint: a hash of its public id. `None` where there is no such
/// account.
pub(super) fn account_mark(provider: Provider, accounts: &Accounts) -> Option<String> {
    let id = match provider {
        Provider::Polyv => &accounts.polyv.as_ref()?.user_id,
        Provider::QingCloud => &accounts.qingcloud.as_ref()?.access_key_id,
    };
    let hash = Sha256::new().chain_update(provider.name()).chain_update([0]).chain_update(id).finalize();
    Some(hex::encode(&hash[..8]))
}

/// The name of the checkpoint of a file's upload: 32 hex digits that follow from provider, account and path.
/// `None` where there is no such account.
///
/// The path should be absolute, so that the next run finds the checkpoint from wherever it starts. It need
/// not be text: its own bytes count.
#[must_use]
pub fn checkpoint_key(provider: Provider, accounts: &Accounts, path: impl AsRef<Path>) -> Option<String> {
    let mark = account_mark(provider, accounts)?;
    let path = path.as_ref().as_os_str().as_encoded_bytes();
    let hash = Sha256::new()
        .chain_update(provider.name())
        .chain_update([0])
        .chain_update(mark)
        .chain_update([0])
        .chain_update(path)
        .finalize();
    Some(hex::encode(&hash[..16]))
}
