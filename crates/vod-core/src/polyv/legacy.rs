//! Calls of the old v1 service, each replaced by a newer one.
//!
//! They go to `v.polyv.net` and are authorised by the account's write token
//! ([`Credentials::with_write_token`](crate::polyv::Credentials::with_write_token)), which is sent in a form:
//! the reference also allows it in the URL, where logs would show it. Nothing is signed.

use crate::operation::Entry;
use crate::polyv::VideoId;
use crate::wire::answer::Done;
use crate::wire::body::FileSource;
use crate::{Choice, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] =
    &[Entry::of::<SetPlayer>(), Entry::of::<SetDomains>(), Entry::of::<UploadCover>()];

/// Choose the player of a video, the old way.
///
/// Use [`player::SetVideoPlayer`](crate::polyv::player::SetVideoPlayer). Here too a player that does not
/// exist is no error: the video then has the default one.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.legacy.set_player",
    superseded_by = "polyv.player.set_for_video",
    method = Post,
    host = "v.polyv.net",
    path = "/uc/services/rest?method=changePlayer",
    encoding = Form,
    auth = WriteToken,
    effect = Idempotent,
    output = Done,
    reference = "https://dev.polyv.net/category/videoproduct/v-api/page/9/"
)]
#[non_exhaustive]
pub struct SetPlayer {
    /// The video.
    pub vid: VideoId,
    /// The player's id.
    #[field(wire = "playerid")]
    pub player_id: String,
}

/// Set the list of domains that may or may not play, the old way.
///
/// Use [`player::SetDomains`](crate::polyv::player::SetDomains).
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.legacy.set_domains",
    alias = "polyv.legacy.set_domain_list",
    superseded_by = "polyv.player.set_domains",
    method = Post,
    host = "v.polyv.net",
    path = "/uc/services/rest?method=saveHostUrl",
    encoding = Form,
    auth = WriteToken,
    effect = Idempotent,
    output = Done,
    reference = "https://dev.polyv.net/category/videoproduct/v-api/page/9/"
)]
#[non_exhaustive]
pub struct SetDomains {
    /// The domains.
    #[field(wire = "host", min_items = 1)]
    pub domains: Vec<String>,
    /// Which list they become.
    #[field(wire = "settingType")]
    pub mode: DomainList,
}

/// A list of domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum DomainList {
    /// Those that may not play.
    #[wire("1")]
    Deny,
    /// Those that may.
    #[wire("2")]
    Allow,
}

/// Upload the cover of a video, the old way. Returns whether it was accepted.
///
/// Use [`cover::SetCover`](crate::polyv::cover::SetCover).
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.legacy.upload_cover",
    superseded_by = "polyv.cover.set",
    method = Post,
    host = "v.polyv.net",
    path = "/uc/services/rest?method=upFirstImage",
    encoding = Multipart,
    auth = WriteToken,
    effect = Idempotent,
    output = bool,
    reference = "https://dev.polyv.net/category/videoproduct/v-api/page/8/"
)]
#[non_exhaustive]
pub struct UploadCover {
    /// The video.
    pub vid: VideoId,
    /// The image: a JPEG or PNG, recognised by its file's extension.
    // The reference lists it as optional; without it there is nothing to upload, and the service has an error
    // for that (2).
    #[field(wire = "Filedata", file_type("jpg", "jpeg", "png"))]
    pub image: FileSource,
}
