//! Uploading local files of any size: a location in a storage, and credentials for it.

use crate::polyv::{CategoryId, VideoId};
use crate::{Answer, Choice, Operation, Secret};

/// Begin or resume the upload of a local file.
///
/// Returns the video's id, and credentials for the storage that takes the file. The file itself goes to the
/// answered [`domain`](UploadTicket::domain), which speaks the protocol of Aliyun OSS; a large one in parts.
/// When it is complete the storage notifies the provider, and the video appears. Every new start creates
/// another video id, so a call whose answer was lost is never retried automatically; what becomes of an id
/// that gets no file is not documented.
///
/// There is no reference page; the facts are those of the provider's own upload clients, which agree with
/// each other. A web page signs this call in a way of its own (the fields `compatible` and `hash`), so that
/// the secret key stays on the server; this client is for servers and does not.
///
/// ```
/// use vod_core::polyv::upload::{InitUpload, UploadClient, UploadStart};
/// use vod_core::Operation;
///
/// let init = InitUpload::new(734_003_200, UploadStart::New, UploadClient::JavaSdk).with_title("第一课").with_state("row-1");
/// init.check()?;
///
/// // Later, perhaps from another machine: the same video.
/// let again = InitUpload::new(734_003_200, UploadStart::Resume, UploadClient::JavaSdk).with_vid("d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d");
/// again.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.upload.init",
    method = Post,
    path = "/v2/uploadvideo/{userid}/init",
    encoding = Form,
    auth = Sha1,
    effect = Once,
    output = UploadTicket,
    reference = "The provider's Java upload client and its public web client (polyv/vod-upload-js-sdk); there is no page"
)]
#[non_exhaustive]
pub struct InitUpload {
    /// The video's title. The provider's Java client documents the file's name as the default.
    pub title: Option<String>,
    /// A description.
    #[field(wire = "describ")]
    pub description: Option<String>,
    /// Tags, sent as one text with commas; none may hold a comma.
    #[field(wire = "tag")]
    pub tags: Option<Vec<String>>,
    /// The category that the video goes to. Default: 1, the root.
    #[field(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// Screen recording mode: no recompression. Default: off.
    #[field(wire = "luping", flag = ZeroOne)]
    pub screen_recording: Option<bool>,
    /// Whether the source file itself is played, without transcoding. Default: off.
    #[field(wire = "keepsource", flag = ZeroOne)]
    pub keep_source: Option<bool>,
    /// The file's size in bytes. The storage takes at most 10,000 parts of 5 GiB.
    #[field(wire = "filesize", range = 1..=53_687_091_200_000)]
    pub size_bytes: i64,
    /// Whether this begins or resumes an upload.
    #[field(wire = "autoid")]
    pub start: UploadStart,
    /// The video's id from the earlier attempt, to resume it. A new upload gets its id from the provider.
    #[field(when("autoid = 0", required), only_with = "autoid = 0")]
    pub vid: Option<VideoId>,
    /// The mark of the client that uploads.
    #[field(wire = "uploadType")]
    pub client: UploadClient,
    /// Free text that the upload's callbacks return.
    pub state: Option<String>,
    // `compatible` and `hash` belong to the web page's way of signing and are left out.
    /// An upload route. Seen in the provider's newer web clients only, as `line1`; what it chooses is not
    /// documented.
    #[field(wire = "uploadLine")]
    pub line: Option<String>,
}

/// How an upload starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum UploadStart {
    /// As a new video, whose id the provider creates.
    #[wire("1")]
    New,
    /// With the id of an earlier attempt.
    #[wire("0")]
    Resume,
}

/// The client that uploads. Whether the provider treats them differently, and whether it takes other marks,
/// is not documented.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum UploadClient {
    /// The mark of the provider's Java client, which uploads in parts from a server.
    #[wire("java_sdk_chunk_v1")]
    JavaSdk,
    /// The mark of its web client.
    #[wire("js_sdk_chunk_v1")]
    WebSdk,
    /// The mark of its client for mini programs.
    #[wire("vod_miniapp_sdk_v1")]
    MiniProgram,
    /// Another mark.
    #[other]
    Other(String),
}

/// Where to put a file, and credentials for it. Both calls return this; the fields that the provider's
/// clients read are always there.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct UploadTicket {
    /// The beginning of the object's name: the whole is this, the video's id, a dot and the file's extension.
    #[answer(wire = "dir")]
    pub prefix: Option<String>,
    /// A host that takes the file as a web form. The provider's server clients use [`domain`](Self::domain).
    pub host: Option<String>,
    /// The host to send the file to: the storage under a name of the provider's.
    pub domain: String,
    /// The callback in an encoded form, which no known client uses.
    #[answer(wire = "encodedCallback")]
    pub encoded_callback: Option<String>,
    /// The callback to give to the storage when the file is complete: JSON text with `callbackUrl`,
    /// `callbackBody` and `callbackHost`.
    pub callback: Option<String>,
    /// Storage left in the account, in bytes. A larger file would not fit. Negative when the account is over
    /// its limit.
    #[answer(wire = "remainSpace")]
    pub free_bytes: Option<i64>,
    /// The video's id: a new one, or that of the resumed upload. [`RefreshUploadToken`] names no video, so it
    /// may be missing there.
    pub vid: Option<VideoId>,
    /// Id of the temporary key.
    #[answer(wire = "accessId")]
    pub access_key_id: Secret,
    /// The temporary key.
    #[answer(wire = "accessKey")]
    pub access_key_secret: Secret,
    /// The token that goes with it.
    #[answer(wire = "token")]
    pub security_token: Secret,
    /// When the key expires, as the provider writes it; the format is not documented. Use
    /// [`validity_seconds`](Self::validity_seconds).
    #[answer(wire = "Expiration", alias = "expiration")]
    pub expires: Option<String>,
    /// The storage's own address, which no known client uses.
    pub endpoint: Option<String>,
    /// The bucket.
    #[answer(wire = "bucketName")]
    pub bucket: String,
    /// How long the key is valid, in seconds from this answer.
    #[answer(wire = "validityTime")]
    pub validity_seconds: u64,
}

/// Get fresh credentials for a running upload.
///
/// The provider's own clients ask a minute before the old ones expire ([`UploadTicket::validity_seconds`]),
/// and when the storage says that they have expired. The call takes no field: credentials are the account's,
/// not one video's.
///
/// ```
/// use vod_core::polyv::upload::RefreshUploadToken;
/// use vod_core::Operation;
///
/// let answer = http::Response::new(bytes::Bytes::from(
///     r#"{"code":200,"data":{"accessId":"STS.x","accessKey":"k","token":"t","domain":"up.example.com","bucketName":"b","validityTime":"3600"}}"#,
/// ));
/// let ticket = RefreshUploadToken::read(&answer)?;
/// assert_eq!((ticket.validity_seconds, ticket.access_key_secret.expose()), (3600, "k"));
/// assert!(!format!("{ticket:?}").contains("STS.x"), "keys are not shown");
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.upload.token",
    method = Get,
    path = "/v2/uploadvideo/{userid}/token",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = UploadTicket,
    reference = "The provider's Java upload client and its public web client (polyv/vod-upload-js-sdk); there is no page"
)]
#[non_exhaustive]
pub struct RefreshUploadToken {}
