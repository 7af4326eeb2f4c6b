//! Uploading local files: apply, PUT, commit. [`upload`](crate::upload) does all three steps and resumes
//! interrupted uploads.

use super::{MediaType, Template, TemplateType};
use crate::schema::limits::{Rule, Violation};
use crate::schema::value::{Value, Values};
use crate::{Answer, Choice, Operation};

/// Apply for an upload: get a media id and a presigned URL to PUT the file to.
///
/// The PUT must *start* within 180 seconds. Send the file there with its own MIME type and without an
/// `Authorization` header. Applying twice creates two media: commit an unused one as
/// [`CommitStatus::Cancelled`].
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "qingcloud.upload.apply",
    method = Post,
    // The trailing slash is part of the path and of the signature.
    path = "/api/v1/media/",
    encoding = Json,
    auth = Qvod,
    effect = Once,
    output = UploadTicket,
    check = no_snapshots,
    reference = "QingCloud VOD API reference, media upload: ApplyUpload"
)]
#[non_exhaustive]
pub struct ApplyUpload {
    /// The title, at most 128 bytes of UTF-8. [`UpdateMedia`](super::media::UpdateMedia) counts characters
    /// instead.
    #[field(wire = "Title", max_bytes = 128)]
    pub title: String,
    /// The region, such as `pek3b`. Any other than the account's default region fails.
    #[field(wire = "Region")]
    pub region: String,
    /// The format.
    #[field(wire = "MediaType")]
    pub media_type: MediaType,
    /// A description, at most 1024 bytes of UTF-8.
    #[field(wire = "Description", max_bytes = 1024)]
    pub description: Option<String>,
    /// Reserved by the provider.
    #[field(wire = "CategoryId")]
    pub category_id: Option<String>,
    /// Reserved by the provider.
    #[field(wire = "CoverType")]
    pub cover_type: Option<String>,
    /// Templates for processing the file, without snapshots: those need
    /// [`ProcessMedia`](super::media::ProcessMedia).
    #[field(wire = "Templates", rule = NO_SNAPSHOTS)]
    pub templates: Option<Vec<Template>>,
    /// Ids of task flows. They take precedence over templates.
    #[field(wire = "Tasks", layout = Json)]
    pub tasks: Option<Vec<i64>>,
    /// Reserved by the provider.
    #[field(wire = "ExtInfo")]
    pub ext_info: Option<String>,
    /// Reserved by the provider.
    #[field(wire = "AppId")]
    pub app_id: Option<i64>,
}

const NO_SNAPSHOTS: &str = "templates other than snapshots (they are for processing only)";

fn no_snapshots(values: &Values<'_>, found: &mut Vec<Violation>) {
    let Some(Value::List(templates)) = values.get("Templates") else { return };
    for (index, template) in templates.iter().enumerate() {
        if let Value::Record(template) = template
            && template.get("Type") == Some(&Value::Integer(TemplateType::Snapshot.number()))
        {
            found.push(Violation::new(format!("Templates[{index}].Type"), Rule::Other(NO_SNAPSHOTS), "8"));
        }
    }
}

/// Where to put a file.
#[derive(Clone, Answer)]
#[non_exhaustive]
pub struct UploadTicket {
    /// The new media's id.
    #[answer(wire = "MediaId")]
    pub media_id: String,
    /// The bucket; often empty.
    #[answer(wire = "StorageBucket")]
    pub bucket: Option<String>,
    /// The bucket's region; often empty.
    #[answer(wire = "StorageRegion")]
    pub region: Option<String>,
    /// The presigned URL. It lets anyone write the file, so it is a secret while it is valid, and `Debug`
    /// does not show it.
    #[answer(wire = "StoragePath")]
    pub url: String,
}

impl std::fmt::Debug for UploadTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { media_id, bucket, region, url: _ } = self;
        f.debug_struct("UploadTicket")
            .field("media_id", media_id)
            .field("bucket", bucket)
            .field("region", region)
            .field("url", &"***")
            .finish()
    }
}

/// Report how an upload ended.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "qingcloud.upload.commit",
    method = Post,
    path = "/api/v1/media/{MediaId}/uploaded",
    encoding = Json,
    auth = Qvod,
    effect = Idempotent,
    output = Committed,
    reference = "QingCloud VOD API reference, media upload: CommitUpload"
)]
#[non_exhaustive]
pub struct CommitUpload {
    /// The media's id.
    #[field(wire = "MediaId")]
    pub media_id: String,
    /// Where the upload came from: a request header of this name. Default: the API.
    #[field(header)]
    pub source: Option<UploadSource>,
    /// How it ended.
    #[field(wire = "Status")]
    pub status: CommitStatus,
    /// Reserved by the provider.
    #[field(wire = "AppId")]
    pub app_id: Option<i64>,
}

/// How an upload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum CommitStatus {
    /// The file is there.
    #[wire("CREATED")]
    Created,
    /// The upload failed.
    #[wire("FAILED")]
    Failed,
    /// The upload was cancelled.
    #[wire("CANCELLED")]
    Cancelled,
}

/// Where an upload came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum UploadSource {
    /// The console.
    #[wire("CONSOLE")]
    Console,
    /// An SDK.
    #[wire("SDK")]
    Sdk,
    /// Any other text, which the provider treats as the API.
    #[other]
    Other(String),
}

/// A committed upload.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Committed {
    /// The media's id.
    #[answer(wire = "MediaId")]
    pub media_id: String,
    /// Its play URL; `None` while there is none yet.
    #[answer(wire = "PlayUrl", alias = "PalyUrl")]
    pub play_url: Option<String>,
}
