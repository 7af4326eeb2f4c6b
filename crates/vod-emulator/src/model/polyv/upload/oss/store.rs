//! The content of the storage: temporary keys, uploads under way, objects.

use super::Refusal;
use super::xml::Wanted;
use crc_fast::{CrcAlgorithm, checksum_combine};
use md5::{Digest, Md5};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many key sets are remembered; beyond it the oldest are dropped.
const KEYS: usize = 10_000;
/// The smallest part, except the last.
const MIN_PART: u64 = 100 << 10;

#[derive(Debug, Default)]
pub(in crate::model::polyv) struct Store {
    /// Oldest first.
    keys: VecDeque<Keys>,
    /// By upload id.
    pub(super) uploads: BTreeMap<String, Upload>,
    /// By name.
    pub(super) objects: BTreeMap<String, Object>,
    /// Parts that arrived complete, that were acknowledged, and that arrived complete after they had been
    /// acknowledged.
    received: u64,
    acknowledged: u64,
    resent: u64,
    /// Numbers of files that are no longer used.
    discarded: Vec<u64>,
}

/// Temporary credentials.
#[derive(Debug)]
pub(in crate::model::polyv) struct Keys {
    pub(in crate::model::polyv) id: String,
    pub(in crate::model::polyv) secret: String,
    pub(in crate::model::polyv) token: String,
    /// When they expire.
    pub(in crate::model::polyv) end: i64,
}

/// The parts of a future object.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) object: String,
    pub(super) begun: i64,
    pub(super) parts: BTreeMap<u16, Part>,
    resent: u64,
}

/// The bytes of a request, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The server's number of the file.
    pub(crate) file: u64,
    pub(crate) size: u64,
    /// Only for a body sent with its own MD5.
    pub(crate) md5: Option<[u8; 16]>,
    /// CRC-64/XZ.
    pub(crate) crc: u64,
}

#[derive(Debug)]
pub(super) struct Part {
    file: u64,
    pub(super) size: u64,
    pub(super) etag: String,
    pub(super) crc: u64,
    pub(super) modified: i64,
    received: u64,
    acknowledged: u64,
}

#[derive(Debug)]
pub(super) struct Object {
    /// Concatenated they are its bytes.
    files: Vec<u64>,
    pub(super) size: u64,
    pub(super) etag: String,
    /// Lower-case hex, if known.
    pub(super) md5: Option<String>,
    is_multipart: bool,
    pub(super) crc: u64,
    pub(super) modified: i64,
    received: u64,
    resent: u64,
}

impl Written {
    /// 32 upper-case hex digits in quotes: the MD5 if known, otherwise CRC-64 and size. Computing the MD5 of
    /// everything would halve the throughput, and of ETags the provider only says that they change with the
    /// bytes.
    fn etag(&self) -> String {
        match self.md5 {
            Some(md5) => format!("\"{}\"", hex::encode_upper(md5)),
            None => format!("\"{:016X}{:016X}\"", self.crc, self.size),
        }
    }
}

impl Object {
    pub(super) fn kind(&self) -> &'static str {
        if self.is_multipart { "Multipart" } else { "Normal" }
    }
}

impl Store {
    pub(in crate::model::polyv) fn issue(&mut self, keys: Keys) {
        if self.keys.len() == KEYS {
            self.keys.pop_front();
        }
        self.keys.push_back(keys);
    }

    pub(super) fn keys(&self, id: &str) -> Option<&Keys> {
        self.keys.iter().rfind(|keys| keys.id == id)
    }

    /// Expires keys now.
    pub(super) fn expire(&mut self, now: i64, id: &str) {
        if let Some(keys) = self.keys.iter_mut().rfind(|keys| keys.id == id) {
            keys.end = keys.end.min(now);
        }
    }

    pub(super) fn begin(&mut self, now: i64, upload_id: String, object: String) {
        self.uploads.insert(upload_id, Upload { object, begun: now, parts: BTreeMap::new(), resent: 0 });
    }

    /// The upload with this id, if it belongs to this object.
    pub(super) fn upload(&self, upload_id: &str, object: &str) -> Result<&Upload, Refusal> {
        self.uploads.get(upload_id).filter(|upload| upload.object == object).ok_or_else(Refusal::no_upload)
    }

    pub(super) fn is_acknowledged(&self, upload_id: &str, number: u16) -> bool {
        self.uploads
            .get(upload_id)
            .and_then(|upload| upload.parts.get(&number))
            .is_some_and(|part| part.acknowledged > 0)
    }

    /// Stores a part, replacing an earlier one. `again` if it was acknowledged before this one began to
    /// arrive.
    pub(super) fn put_part(
        &mut self,
        now: i64,
        upload_id: &str,
        number: u16,
        written: &Written,
        again: bool,
    ) -> Result<&Part, Refusal> {
        let Some(upload) = self.uploads.get_mut(upload_id) else {
            return Err(Refusal::no_upload());
        };
        let &Written { file, size, crc, .. } = written;
        self.received += 1;
        self.resent += u64::from(again);
        upload.resent += u64::from(again);
        let before = upload.parts.get(&number).map(|part| {
            self.discarded.push(part.file);
            (part.received, part.acknowledged)
        });
        let (received, acknowledged) = before.unwrap_or_default();
        let part = Part {
            file,
            size,
            etag: written.etag(),
            crc,
            modified: now,
            received: received + 1,
            acknowledged,
        };
        Ok(upload.parts.entry(number).insert_entry(part).into_mut())
    }

    /// Records that the client need not send a part again.
    pub(super) fn acknowledge(&mut self, upload_id: &str, number: u16) {
        if let Some(part) = self.uploads.get_mut(upload_id).and_then(|upload| upload.parts.get_mut(&number)) {
            part.acknowledged += 1;
            self.acknowledged += 1;
        }
    }

    /// Creates an object from the parts that the client names. If they are not valid nothing changes.
    pub(super) fn complete(
        &mut self,
        now: i64,
        upload_id: &str,
        object: &str,
        wanted: &[Wanted],
    ) -> Result<&Object, Refusal> {
        let upload = self.upload(upload_id, object)?;
        if !wanted.is_sorted_by(|one, next| one.number < next.number) {
            return Err(Refusal::new(
                400,
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts list must specified in order by part number.",
            ));
        }
        let (mut files, mut size, mut etags, mut crc) =
            (Vec::with_capacity(wanted.len()), 0_u64, Md5::new(), None);
        for (index, Wanted { number, etag }) in wanted.iter().enumerate() {
            let hex = etag.trim().trim_matches('"');
            let part =
                upload.parts.get(number).filter(|part| hex.eq_ignore_ascii_case(part.etag.trim_matches('"')));
            let part = part.ok_or_else(|| {
                Refusal::new(
                    400,
                    "InvalidPart",
                    format!("part {number}: it was never uploaded, or its ETag is not `{hex}`"),
                )
            })?;
            if part.size < MIN_PART && index + 1 < wanted.len() {
                return Err(Refusal::new(
                    400,
                    "EntityTooSmall",
                    format!(
                        "part {number}: {} bytes, at least {MIN_PART}, except for the last part",
                        part.size
                    ),
                ));
            }
            files.push(part.file);
            size += part.size;
            etags.update(&part.etag);
            crc = Some(crc.map_or(part.crc, |before| {
                checksum_combine(CrcAlgorithm::Crc64Xz, before, part.crc, part.size)
            }));
        }
        let etag = format!("\"{}-{}\"", hex::encode_upper(etags.finalize()), files.len());
        let Some(upload) = self.uploads.remove(upload_id) else {
            return Err(Refusal::no_upload());
        };
        let used: BTreeSet<u64> = files.iter().copied().collect();
        self.discarded
            .extend(upload.parts.values().map(|part| part.file).filter(|file| !used.contains(file)));
        let received = upload.parts.values().map(|part| part.received).sum();
        let (crc, resent) = (crc.unwrap_or(0), upload.resent);
        let whole =
            Object { files, size, etag, md5: None, is_multipart: true, crc, modified: now, received, resent };
        Ok(self.place(object, whole))
    }

    /// Creates an object from the bytes of one request.
    pub(super) fn put(&mut self, now: i64, object: &str, written: &Written) -> &Object {
        let &Written { file, size, md5, crc } = written;
        let (etag, md5) = (written.etag(), md5.map(hex::encode));
        let whole = Object {
            files: vec![file],
            size,
            etag,
            md5,
            is_multipart: false,
            crc,
            modified: now,
            received: 0,
            resent: 0,
        };
        self.place(object, whole)
    }

    fn place(&mut self, name: &str, whole: Object) -> &Object {
        let entry = self.objects.entry(name.to_owned());
        if let std::collections::btree_map::Entry::Occupied(before) = &entry {
            self.discarded.extend(&before.get().files);
        }
        entry.insert_entry(whole).into_mut()
    }

    pub(super) fn abort(&mut self, upload_id: &str) {
        if let Some(upload) = self.uploads.remove(upload_id) {
            self.discarded.extend(upload.parts.values().map(|part| part.file));
        }
    }

    /// Marks a file as no longer used.
    pub(super) fn discard(&mut self, file: u64) {
        self.discarded.push(file);
    }

    /// Removes the data of a video that is deleted permanently.
    pub(in crate::model::polyv) fn forget(&mut self, vid: &str) {
        let uploads = self.uploads.extract_if(.., |_, upload| super::vid_of(&upload.object) == vid);
        self.discarded
            .extend(uploads.flat_map(|(_, upload)| upload.parts.into_values().map(|part| part.file)));
        let objects = self.objects.extract_if(.., |name, _| super::vid_of(name) == vid);
        self.discarded.extend(objects.flat_map(|(_, object)| object.files));
    }

    pub(in crate::model::polyv) fn take_discarded(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.discarded)
    }

    /// Numbers of all files.
    pub(in crate::model::polyv) fn files(&self) -> Vec<u64> {
        let parts = self.uploads.values().flat_map(|upload| upload.parts.values().map(|part| part.file));
        parts
            .chain(self.objects.values().flat_map(|object| object.files.iter().copied()))
            .chain(self.discarded.iter().copied())
            .collect()
    }

    /// Files and size of the object of a video.
    pub(super) fn bytes_of(&self, vid: &str) -> Option<(Vec<u64>, u64)> {
        let mut objects = self.objects.iter();
        objects
            .find(|(name, _)| super::vid_of(name) == vid)
            .map(|(_, object)| (object.files.clone(), object.size))
    }

    pub(in crate::model::polyv) fn json(&self) -> Value {
        let uploads = self.uploads.iter().map(|(id, upload)| {
            let Upload { object, begun, parts, resent } = upload;
            let parts = parts.iter().map(|(number, part)| {
                let Part { size, etag, crc, received, acknowledged, .. } = part;
                json!({ "number": number, "size": size, "crc64": crc.to_string(), "etag": etag, "received": received, "acknowledged": acknowledged })
            });
            json!({
                "vid": super::vid_of(object), "object": object, "upload_id": id, "begun": begun, "parts": parts.collect::<Value>(), "resent": resent,
            })
        });
        let objects = self.objects.iter().map(|(name, object)| {
            let Object { files, size, etag, md5, is_multipart: _, crc, modified, received, resent } = object;
            json!({
                "vid": super::vid_of(name), "object": name, "bytes": size, "etag": etag, "md5": md5, "crc64": crc.to_string(), "modified": modified,
                "parts": files.len(), "received": received, "resent": resent,
            })
        });
        json!({
            "uploads": uploads.collect::<Value>(), "objects": objects.collect::<Value>(),
            "parts": { "received": self.received, "acknowledged": self.acknowledged, "resent": self.resent },
        })
    }
}
