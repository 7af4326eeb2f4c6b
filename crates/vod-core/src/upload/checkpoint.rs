//! The checkpoint of an upload: all that the next run needs to resume it, and no credential.

use super::digest::Digest;
use super::errors::changed_before;
use super::file::FileInfo;
use super::plan;
use super::storage::oss::{Place, UploadId, is_etag};
use crate::accounts::Accounts;
use crate::error::Error;
use crate::operation::Provider;
use crate::qingcloud::upload::CommitStatus;
use crate::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// The checkpoint of one upload.
///
/// As text it is a JSON object with a version. It has no credential: to resume the upload takes those of the
/// account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Checkpoint {
    version: u32,
    /// `polyv` or `qingcloud`.
    provider: String,
    /// A hash that tells the account from others without naming it.
    account: String,
    /// The file.
    pub file: FileInfo,
    /// When the upload began, in milliseconds since 1970.
    begun: i64,
    /// How far the upload is.
    pub(super) state: State,
    /// The checkpoint of the finished video, if this upload makes another one of the same file. It is written
    /// back if this upload comes to nothing.
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

/// An unfinished upload to Polyv.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) vid: String,
    pub(super) domain: String,
    pub(super) bucket: String,
    pub(super) object: String,
    pub(super) part_size: u64,
    /// The storage's id of a multipart upload.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) upload_id: Option<UploadId>,
    /// The parts that the storage has acknowledged: number, ETag, CRC-64 in hex.
    pub(super) parts: Vec<(u16, String, Crc)>,
    /// The CRC-64 of the whole file, once the storage may have received the request that completes it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) completing: Option<Crc>,
}

impl Target {
    /// The object's address.
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
                return Err(format!(
                    "parts: expected numbers that rise up to {count}, got {number} after {last}"
                ));
            }
            if !is_etag(etag) {
                return Err(format!(
                    "parts: expected visible ASCII as the ETag of part {number}, got {} bytes",
                    etag.len()
                ));
            }
            last = *number;
        }
        Ok(())
    }
}

/// An unfinished upload to QingCloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Media {
    /// While an apply has no answer: its title, and when it was sent, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) asked: Option<(String, i64)>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) media_id: Option<String>,
    /// The object's URL without its signature.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) object: Option<String>,
    /// The MD5 of what the storage has acknowledged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) stored: Option<Md5>,
    /// Abandoned media that the provider still takes for unfinished, and what they are committed as.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) unsettled: Vec<(String, Ending)>,
}

/// What an abandoned media is committed as. A media that succeeds never gets here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ending {
    Failed,
    Cancelled,
}

impl From<Ending> for CommitStatus {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Failed => Self::Failed,
            Ending::Cancelled => Self::Cancelled,
        }
    }
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

impl From<Whole> for Digest {
    fn from(whole: Whole) -> Self {
        match whole {
            Whole::Crc64(Crc(crc)) => Self::Crc64(crc),
            Whole::Md5(Md5(md5)) => Self::Md5(md5),
        }
    }
}

/// A CRC-64, as hex digits in the text.
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

/// An MD5, as hex digits in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Md5(#[serde(with = "super::hex_bytes")] pub(super) [u8; 16]);

/// How far the upload of a checkpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Under way; the storage has acknowledged this many bytes.
    UnderWay(u64),
    /// The storage has all bytes; the next run finds out whether the provider knows.
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
    /// Why it cannot be read, in one line.
    pub fn from_json(text: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } =
            serde_json::from_slice(text).map_err(|error| why("not a checkpoint", &error))?;
        if version != VERSION {
            return Err(format!("version: expected {VERSION}, got {version}"));
        }
        let checkpoint: Self =
            serde_json::from_slice(text).map_err(|error| why("not a whole checkpoint", &error))?;
        checkpoint.check().map_err(|why| line(&why))?;
        Ok(checkpoint)
    }

    /// Refuses what no run writes, so that the machines need not expect it from an edited checkpoint.
    fn check(&self) -> Result<(), String> {
        let of_provider = match &self.state {
            State::Polyv(_) => self.provider == Provider::Polyv.name(),
            State::QingCloud(_) => self.provider == Provider::QingCloud.name(),
            State::Done(_) => self.provider().is_some(),
        };
        if !of_provider {
            return Err(format!(
                "provider: expected that of the state, got `{}`",
                self.provider.chars().take(20).collect::<String>()
            ));
        }
        if let Some(finished) = &self.finished {
            let is_same_account = (finished.version, &finished.provider, &finished.account)
                == (VERSION, &self.provider, &self.account);
            if !is_same_account || finished.finished.is_some() || !matches!(finished.state, State::Done(_)) {
                return Err("finished: expected a finished upload of this account, got another".to_owned());
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

    /// The provider that it uploads to.
    #[must_use]
    pub fn provider(&self) -> Option<Provider> {
        [Provider::Polyv, Provider::QingCloud].into_iter().find(|provider| provider.name() == self.provider)
    }

    /// Whether it belongs to one of these accounts.
    #[must_use]
    pub fn is_of(&self, accounts: &Accounts) -> bool {
        self.provider()
            .and_then(|provider| account_mark(provider, accounts))
            .is_some_and(|mark| mark == self.account)
    }

    /// Whether the upload of `file`, which has no checkpoint under its own name, may resume from here: the
    /// fingerprints look alike, and the file of this checkpoint is the same one or is gone. So the upload of
    /// a file resumes after the file was moved, and on another machine.
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

    /// How far the upload is.
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

    /// Whether the upload of `file` may resume from here.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is another file now: of another size, or with other bytes in the sample.
    pub fn check_file(&self, file: &FileInfo) -> Result<(), Error> {
        if self.file.fingerprint.looks_like(&file.fingerprint) {
            return Ok(());
        }
        let (earlier, now) = (self.file.fingerprint.size, file.fingerprint.size);
        let how = if earlier == now {
            "other content".to_owned()
        } else {
            format!("{now} bytes instead of {earlier}")
        };
        Err(changed_before(file, &how, matches!(self.state, State::Done(_))))
    }

    /// Polyv's video id or QingCloud's media id, if there is one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match &self.state {
            State::Polyv(target) => Some(&target.vid),
            State::QingCloud(media) => media.media_id.as_deref(),
            State::Done(done) => Some(&done.id),
        }
    }
}

/// An error of the JSON reader.
fn why(what: &str, error: &serde_json::Error) -> String {
    line(&format!("{what}: {error}"))
}

/// An error, which may quote what was read, as one line of bounded length.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(220).collect()
}

/// Whether a text may be the id of a video or a media.
pub(super) fn is_id(name: &str, id: &str) -> Result<(), String> {
    if (1..=200).contains(&id.len()) {
        Ok(())
    } else {
        Err(format!("{name}: expected 1 to 200 bytes, got {}", id.len()))
    }
}

/// What tells an account from others in a checkpoint: a hash of its public id. `None` if there is no account
/// of this provider.
pub(super) fn account_mark(provider: Provider, accounts: &Accounts) -> Option<String> {
    let id = match provider {
        Provider::Polyv => &accounts.polyv.as_ref()?.user_id,
        Provider::QingCloud => &accounts.qingcloud.as_ref()?.access_key_id,
    };
    let hash = Sha256::new().chain_update(provider.name()).chain_update([0]).chain_update(id).finalize();
    Some(hex::encode(&hash[..8]))
}

/// The name of the checkpoint of a file's upload: 32 hex digits, a hash of provider, account and path. `None`
/// if there is no account of this provider.
///
/// The path should be absolute, so that the next run finds the checkpoint from any directory. It need not be
/// valid text: its exact bytes count.
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
