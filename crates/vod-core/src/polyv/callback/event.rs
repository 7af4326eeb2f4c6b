//! Polyv's events.

use super::EventType;
use crate::callback::{self, CallbackError, DedupKey, KeyHash, Notification};
use crate::operation::Provider;
use crate::polyv::{CommaList, VideoId};
use crate::time::Timestamp;
use crate::wire::answer::Json;
use crate::{Answer, Choice};

/// What happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A file arrived.
    Uploaded(Uploaded),
    /// A remote file could not be fetched.
    FetchFailed(FetchFailed),
    /// A source file could not be copied from the edge to the centre.
    SyncFailed(SyncFailed),
    /// One definition of a video was transcoded, or failed.
    Encoded(Encoded),
    /// All definitions of a video were.
    Transcoded(Transcoded),
    /// A review ended.
    Reviewed(Reviewed),
    /// Videos were deleted.
    Deleted(Deleted),
    /// The content scan found something.
    ScanFlagged(ScanFlagged),
    /// Slides were turned into pictures, or were not.
    CoursewareConverted(CoursewareConverted),
    /// Of a type that no reference names. See the module on what its signature proves.
    #[non_exhaustive]
    Unknown {
        /// Its type.
        kind: String,
        /// Its video, where it has a field `vid`.
        vid: Option<VideoId>,
        /// All its fields but the signature.
        fields: Json,
    },
}

impl Notification for Event {
    const PROVIDER: Provider = Provider::Polyv;

    fn read(kind: &str, fields: &Json) -> Result<Self, CallbackError> {
        Ok(match EventType::from_wire(kind) {
            Some(EventType::Upload | EventType::InvalidVideo) => Self::Uploaded(callback::read(fields)?),
            Some(EventType::AsyncUpload) => Self::FetchFailed(callback::read(fields)?),
            Some(EventType::VideoSyncedFail) => Self::SyncFailed(callback::read(fields)?),
            Some(EventType::Encode | EventType::EncodeFailed) => Self::Encoded(callback::read(fields)?),
            Some(EventType::Pass | EventType::NoPass) => Self::Reviewed(callback::read(fields)?),
            Some(EventType::TranscodeComplete) => Self::Transcoded(callback::read(fields)?),
            Some(EventType::DeleteMediaComplete) => Self::Deleted(callback::read(fields)?),
            Some(EventType::AiContentScanNotPassed) => Self::ScanFlagged(callback::read(fields)?),
            Some(EventType::CoursewareConvertComplete) => Self::CoursewareConverted(callback::read(fields)?),
            None => {
                let vid = callback::id(fields, "vid").map(VideoId::from);
                Self::Unknown { kind: kind.to_owned(), vid, fields: fields.clone() }
            }
        })
    }

    fn kind(&self) -> &str {
        match self {
            Self::Uploaded(event) => event.outcome.as_wire(),
            Self::FetchFailed(_) => EventType::AsyncUpload.as_wire(),
            Self::SyncFailed(_) => EventType::VideoSyncedFail.as_wire(),
            Self::Encoded(event) => event.outcome.as_wire(),
            Self::Transcoded(_) => EventType::TranscodeComplete.as_wire(),
            Self::Reviewed(event) => event.verdict.as_wire(),
            Self::Deleted(_) => EventType::DeleteMediaComplete.as_wire(),
            Self::ScanFlagged(_) => EventType::AiContentScanNotPassed.as_wire(),
            Self::CoursewareConverted(_) => EventType::CoursewareConvertComplete.as_wire(),
            Self::Unknown { kind, .. } => kind,
        }
    }

    fn subjects(&self) -> Vec<&str> {
        let vid = match self {
            Self::Uploaded(event) => &event.vid,
            Self::FetchFailed(event) => return vec![&event.file_url],
            Self::SyncFailed(event) => &event.vid,
            Self::Encoded(event) => &event.vid,
            Self::Transcoded(event) => &event.vid,
            Self::Reviewed(event) => &event.vid,
            Self::Deleted(event) => return event.vids.iter().map(VideoId::as_str).collect(),
            Self::ScanFlagged(event) => &event.vid,
            Self::CoursewareConverted(event) => &event.vid,
            Self::Unknown { vid, .. } => return vid.iter().map(VideoId::as_str).collect(),
        };
        vec![vid.as_str()]
    }

    fn dedup_key(_: &str, fields: &Json) -> DedupKey {
        let mut hash = KeyHash::new("polyv.callback");
        hash.fields(fields);
        hash.finish()
    }
}

/// A file arrived. The first event with the id of a video that was imported by URL.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Uploaded {
    /// Whether it is a video. The signature does not cover this.
    #[answer(wire = "type")]
    pub outcome: UploadOutcome,
    /// The video's id.
    pub vid: VideoId,
    /// The free text that was given with the upload or the order. The signature does not cover this.
    pub state: Option<String>,
}

/// What an uploaded file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum UploadOutcome {
    /// It was uploaded.
    #[wire("upload")]
    Uploaded,
    /// It was uploaded, and could not be analysed: no video, or a broken one.
    #[wire("invalidVideo")]
    Invalid,
}

/// A remote file could not be fetched. Success has no event of its own: [`Uploaded`] comes then.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct FetchFailed {
    /// The URL that was to be fetched.
    #[answer(wire = "fileUrl")]
    pub file_url: String,
    /// The title that the video was to have. The signature does not cover this.
    pub title: Option<String>,
    /// The free text that was given with the order. The signature does not cover this.
    pub state: Option<String>,
}

/// A source file could not be copied from the edge, where it was uploaded to, to the centre.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct SyncFailed {
    /// The video's id.
    pub vid: VideoId,
}

/// One definition of a video was transcoded, or could not be. A video can be played as soon as one definition
/// is there and review accepted it.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Encoded {
    /// Whether it worked.
    #[answer(wire = "type")]
    pub outcome: EncodeOutcome,
    /// The container.
    pub format: Format,
    /// The video's id.
    pub vid: VideoId,
    /// The definition.
    #[answer(wire = "df")]
    pub level: Level,
}

/// How the transcoding of one definition ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum EncodeOutcome {
    /// It is done.
    #[wire("encode")]
    Encoded,
    /// It failed.
    #[wire("encode_failed")]
    Failed,
}

/// A container.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum Format {
    /// Flash video.
    #[wire("flv")]
    Flv,
    /// MPEG-4.
    #[wire("mp4")]
    Mp4,
    /// Polyv's own, for encrypted videos.
    #[wire("pdx")]
    Pdx,
    /// HLS, for encrypted videos.
    #[wire("m3u8")]
    Hls,
    /// One that the reference does not name.
    #[other]
    Other(String),
}

/// A definition by its number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum Level {
    /// 流畅, the lowest.
    #[wire("1")]
    Fluent,
    /// 高清.
    #[wire("2")]
    High,
    /// 超清, the highest.
    #[wire("3")]
    Super,
    /// One that the reference does not name.
    #[other]
    Other(String),
}

/// All definitions of a video were transcoded, or failed.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Transcoded {
    /// [`Success`](EventStatus::Success) where at least one definition worked. The signature does not cover
    /// this.
    pub status: Option<EventStatus>,
    /// The video's id.
    pub vid: VideoId,
    /// What was made of it. The signature does not cover this.
    #[answer(wire = "videoInfos")]
    pub videos: Vec<Stream>,
}

/// One of the streams that were made of a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Stream {
    /// Whether it worked.
    pub status: Option<EventStatus>,
    /// The container.
    pub format: Option<Format>,
    /// The definition.
    #[answer(wire = "df")]
    pub level: Option<Level>,
    /// Bit rate. The reference does not say in which unit; its figures fit thousands of bits a second.
    #[answer(wire = "bitrate")]
    pub bit_rate: Option<u64>,
    /// Length in seconds.
    #[answer(wire = "duration")]
    pub duration_seconds: Option<f64>,
    /// Size in bytes.
    #[answer(wire = "size")]
    pub bytes: Option<u64>,
    /// Width and height in pixels, such as `848x636`.
    pub resolution: Option<String>,
}

/// Whether something worked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum EventStatus {
    /// It did.
    #[wire("success")]
    Success,
    /// It did not.
    #[wire("fail")]
    Fail,
    /// A word that the reference does not name.
    #[other]
    Other(String),
}

/// A review ended.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Reviewed {
    /// How.
    #[answer(wire = "type")]
    pub verdict: ReviewVerdict,
    /// The video's id.
    pub vid: VideoId,
}

/// How a review ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum ReviewVerdict {
    /// The video is accepted.
    #[wire("pass")]
    Accepted,
    /// The video is refused.
    #[wire("nopass")]
    Refused,
}

/// Videos were deleted. The signature covers nothing of this but the event's name.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Deleted {
    /// When.
    #[answer(wire = "operateTime")]
    pub deleted_at: Option<Timestamp>,
    /// The account that did it.
    pub operator: Option<String>,
    /// Whether it worked; only [`Success`](EventStatus::Success) is documented.
    pub status: Option<EventStatus>,
    /// Whether they can be recovered.
    #[answer(wire = "deleteType")]
    pub delete_type: Option<DeleteType>,
    /// The ids of the videos.
    pub vids: CommaList<VideoId>,
}

/// How videos were deleted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum DeleteType {
    /// They are in the recycle bin.
    #[wire("MoveToTrash")]
    Trash,
    /// They are gone.
    #[wire("DeletePermanently")]
    Permanent,
    /// A way that the reference does not name.
    #[other]
    Other(String),
}

/// The content scan found something. The signature covers nothing of this but the event's name.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ScanFlagged {
    /// What was scanned.
    #[answer(wire = "scanSource")]
    pub source: Option<ScanSource>,
    /// The video's id, perhaps without its last two characters.
    pub vid: VideoId,
    /// What was found.
    #[answer(wire = "scanResults")]
    pub findings: Vec<Finding>,
}

/// What a content scan looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum ScanSource {
    /// The video.
    #[wire("video")]
    Video,
    /// The slides beside it.
    #[wire("ppt")]
    Slides,
    /// Something that the reference does not name.
    #[other]
    Other(String),
}

/// A finding of a content scan.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Finding {
    /// URL of the picture that was looked at.
    #[answer(wire = "imageUrl")]
    pub image_url: Option<String>,
    /// What was looked for.
    pub scene: Option<Scene>,
    /// What was found of it.
    pub label: Option<Label>,
    /// What to do.
    pub suggestion: Option<Suggestion>,
    /// How probable it is, in percent.
    #[answer(wire = "rate")]
    pub percent: Option<f64>,
}

/// What a content scan looks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum Scene {
    /// Pornography.
    #[wire("porn")]
    Porn,
    /// Terror and politics.
    #[wire("terrorism")]
    Terrorism,
    /// Something that the reference does not name.
    #[other]
    Other(String),
}

/// What a content scan found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum Label {
    /// Nothing.
    #[wire("normal")]
    Normal,
    /// Something sexy.
    #[wire("sexy")]
    Sexy,
    /// Pornography.
    #[wire("porn")]
    Porn,
    /// Politics.
    #[wire("politics")]
    Politics,
    /// Blood.
    #[wire("bloody")]
    Bloody,
    /// Weapons.
    #[wire("weapon")]
    Weapon,
    /// Something else of the scene.
    #[wire("others")]
    Others,
    /// Something that the reference does not name.
    #[other]
    Other(String),
}

/// What a content scan suggests.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum Suggestion {
    /// A person should look.
    #[wire("review")]
    Review,
    /// It is certain.
    #[wire("block")]
    Block,
    /// Something that the reference does not name.
    #[other]
    Other(String),
}

/// Slides were turned into pictures, or were not. The signature covers nothing of this but the event's name.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct CoursewareConverted {
    /// How it ended.
    pub status: Option<CoursewareStatus>,
    /// The id of the video that the slides go with.
    pub vid: VideoId,
    /// The pages; none where it failed.
    #[answer(wire = "convertedImages")]
    pub pages: Vec<ConvertedPage>,
}

/// How the conversion of slides ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum CoursewareStatus {
    /// It is done.
    #[wire("success")]
    Success,
    /// It failed.
    #[wire("convertFailed")]
    ConvertFailed,
    /// Review refused the slides.
    #[wire("auditNotPassed")]
    ReviewRefused,
    /// A state that the reference does not name.
    #[other]
    Other(String),
}

/// A page of converted slides.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ConvertedPage {
    /// Its number, from 1.
    #[answer(wire = "pageNo")]
    pub page: Option<u32>,
    /// Its title, where the slides have one.
    #[answer(wire = "pageTitle")]
    pub title: Option<String>,
    /// URL of its picture.
    #[answer(wire = "pageImage")]
    pub image: Option<String>,
    /// URL of its small picture.
    #[answer(wire = "pageThumbnail")]
    pub thumbnail: Option<String>,
}
