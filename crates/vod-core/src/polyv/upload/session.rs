//! Uploading local files of any size: a place in a storage, and credentials for it.

use crate::polyv::{CategoryId, VideoId};
use crate::{Answer, Choice, Operation, Secret};

/// Begin the upload of a local file, or go on with one.
///
/// The video's id comes back, and credentials for the storage that takes the file. The file itself goes to
/// the answered [`domain`](UploadTicket::domain), which speaks the protocol of Aliyun OSS; a large one in
/// parts. When it is complete the storage calls the provider back, and the video appears. Every new start
/// makes another video id, so a call whose answer was lost is not sent again by itself; what becomes of an id
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
    /// The category that the video goes to; 1, the root, where this is not given.
    #[field(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// Screen recording mode: no recompression; off where this is not given.
    #[field(wire = "luping", flag = ZeroOne)]
    pub screen_recording: Option<bool>,
    /// Whether the source file itself is played, without transcoding; off where this is not given.
    #[field(wire = "keepsource", flag = ZeroOne)]
    pub keep_source: Option<bool>,
    /// The file's size in bytes. The storage takes at most 10,000 parts of 5 GiB.
    #[field(wire = "filesize", range = 1..=53_687_091_200_000)]
    pub size_bytes: i64,
    /// Whether this begins an upload or goes on with one.
    #[field(wire = "autoid")]
    pub start: UploadStart,
    /// The video's id from the earlier try, to go on with it. A new upload gets its id from the provider.
    #[field(when("autoid = 0", required), only_with = "autoid = 0")]
    pub vid: Option<VideoId>,
    /// The client that uploads, by the mark that the provider knows it by.
    #[field(wire = "uploadType")]
    pub client: UploadClient,
    /// Free text that the upload's callbacks give back.
    pub state: Option<String>,
    // `compatible` and `hash` belong to the web page's way of signing and are left out.
    /// A line to upload by. Seen in the provider's newer web clients only, as `line1`; what it chooses is not
    /// documented.
    #[field(wire = "uploadLine")]
    pub line: Option<String>,
}

/// How an upload starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum UploadStart {
    /// As a new video, whose id the provider makes.
    #[wire("1")]
    New,
    /// With the id of an earlier try.
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

/// Where to put a file, and credentials for it. Both calls answer this; what the provider's clients read of
/// either answer is always there.
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
    /// What the storage must be given as its callback when the file is complete: JSON text with
    /// `callbackUrl`, `callbackBody` and `callbackHost`.
    pub callback: Option<String>,
    /// Storage that is left in the account, in bytes. A larger file would not fit. Negative where the account
    /// holds more than it may.
    #[answer(wire = "remainSpace")]
    pub free_bytes: Option<i64>,
    /// The video's id: a new one, or that of the upload that goes on. [`RefreshUploadToken`] names no video,
    /// and so may get none.
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
    /// When the key expires, as the provider writes it; in what form is not documented. Reckon with
    /// [`validity_seconds`](Self::validity_seconds).
    #[answer(wire = "Expiration", alias = "expiration")]
    pub expires: Option<String>,
    /// The storage's own address, which no known client uses.
    pub endpoint: Option<String>,
    /// The bucket.
    #[answer(wire = "bucketName")]
    pub bucket: String,
    /// How long the key lives, in seconds from this answer on.
    #[answer(wire = "validityTime")]
    pub validity_seconds: u64,
}

/// Get fresh credentials for an upload under way.
///
/// The provider's own clients ask a minute before the old ones end ([`UploadTicket::validity_seconds`]), and
/// when the storage says that they have ended. The call takes no field: credentials are the account's, not
/// one video's.
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
