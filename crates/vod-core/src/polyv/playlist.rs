//! Playlists.

use crate::operation::Entry;
use crate::polyv::{CategoryId, Page, VideoId};
use crate::time::{Hms, Timestamp};
use crate::wire::answer::Done;
use crate::{Answer, Choice, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<CreatePlaylist>(),
    Entry::of::<UpdatePlaylist>(),
    Entry::of::<AddVideo>(),
    Entry::of::<RemoveVideo>(),
    Entry::of::<GetPlaylist>(),
    Entry::of::<GetPlaylistLegacy>(),
    Entry::of::<ListPlaylists>(),
];

/// Create a playlist.
///
/// Returns its id; two calls create two playlists. [`AddVideo`] adds videos.
///
/// ```
/// use vod_core::polyv::playlist::CreatePlaylist;
/// use vod_core::Operation;
///
/// CreatePlaylist::new("高一物理").with_description("力学、热学").check()?;
/// // The id comes as a number or as its text.
/// let answer = http::Response::new(bytes::Bytes::from(r#"{"code":200,"data":{"playListId":1700000000123}}"#));
/// assert_eq!(CreatePlaylist::read(&answer)?.id, "1700000000123");
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.playlist.create",
    method = Post,
    path = "/v2/play-list/create",
    encoding = Form,
    auth = Sha1,
    effect = Once,
    account = "userid",
    output = SavedPlaylist,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/playlist/add_playlist"
)]
#[non_exhaustive]
pub struct CreatePlaylist {
    /// Its title.
    pub title: String,
    /// A description.
    pub description: Option<String>,
    /// A tag.
    pub tag: Option<String>,
}

/// A playlist that was created or changed.
#[derive(Clone, Debug, PartialEq, Eq, Answer)]
#[non_exhaustive]
pub struct SavedPlaylist {
    /// Its id: digits.
    #[answer(wire = "playListId")]
    pub id: String,
}

/// Change a playlist's title, description and tag.
///
/// The title is required, also when it stays the same. What happens to a description or a tag that is left
/// out is not documented.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.playlist.update",
    method = Post,
    path = "/v2/play-list/update",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    account = "userid",
    output = SavedPlaylist,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/playlist/modify_playlist"
)]
#[non_exhaustive]
pub struct UpdatePlaylist {
    /// The playlist.
    #[field(wire = "playListId")]
    pub playlist_id: String,
    /// Its title from now on.
    pub title: String,
    /// Its description from now on.
    pub description: Option<String>,
    /// Its tag from now on.
    pub tag: Option<String>,
}

/// Put a video on a playlist.
///
/// Whether a video can be added twice is not documented, so a call whose answer was lost is never retried
/// automatically.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.playlist.add_video",
    method = Post,
    path = "/v2/play-list/add-video",
    encoding = Form,
    auth = Sha1,
    effect = Once,
    account = "userid",
    output = Done,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/playlist/add_video_to_playlist"
)]
#[non_exhaustive]
pub struct AddVideo {
    /// The playlist.
    #[field(wire = "playListId")]
    pub playlist_id: String,
    /// The video.
    pub vid: VideoId,
}

/// Take a video off a playlist.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.playlist.remove_video",
    method = Post,
    path = "/v2/play-list/remove-video",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    account = "userid",
    output = Done,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/playlist/remove_video_from_playlist"
)]
#[non_exhaustive]
pub struct RemoveVideo {
    /// The playlist.
    #[field(wire = "playListId")]
    pub playlist_id: String,
    /// The video.
    pub vid: VideoId,
}

/// Get a playlist with its videos.
///
/// The id is in the path and among the fields, where it is signed: pages and clients differ on which of the
/// two the signature covers, and this satisfies all of them. An empty list as answer is refused with
/// [`Reason::NotFound`](crate::error::Reason::NotFound).
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.playlist.get",
    method = Get,
    path = "/v2/play/{userid}/list/{id}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Playlist,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/playlist/get_playlist_detail"
)]
#[non_exhaustive]
pub struct GetPlaylist {
    /// The playlist.
    #[field(wire = "id", in_body)]
    pub playlist_id: String,
}

/// Get a playlist with its videos, at an older address. The same as [`GetPlaylist`], which is on the newer
/// pages.
///
/// Only an XML answer of it is known; its fields are those of the newer call.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.playlist.get_legacy",
    superseded_by = "polyv.playlist.get",
    method = Get,
    path = "/v2/play/{userid}/play-list/{id}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Playlist,
    reference = "https://dev.polyv.net/2017/videoproduct/v-api/v-api-play/v-api-play-playlist/play-list/"
)]
#[non_exhaustive]
pub struct GetPlaylistLegacy {
    /// The playlist. Signed, though the reference's own address has it in the path alone: it goes in both
    /// places.
    #[field(wire = "id", in_body)]
    pub playlist_id: String,
}

/// A playlist.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Playlist {
    /// Its id, which the wire calls `videoid`.
    #[answer(wire = "videoid")]
    pub id: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its description.
    #[answer(wire = "describ")]
    pub description: Option<String>,
    /// Its tag.
    pub tag: Option<String>,
    /// The number of videos.
    #[answer(wire = "video_count")]
    pub video_count: Option<u64>,
    /// When it was created. On the wire this has the name of the request's time, `ptime`.
    #[answer(wire = "ptime")]
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    #[answer(wire = "lmodify")]
    pub updated_at: Option<Timestamp>,
    /// Its videos.
    #[answer(wire = "videolist")]
    pub videos: Vec<PlaylistVideo>,
}

/// A video of a [`Playlist`].
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct PlaylistVideo {
    /// Its id.
    pub vid: VideoId,
    /// Its title.
    pub title: Option<String>,
    /// Its length.
    pub duration: Option<Hms>,
    /// A link to it on another site.
    #[answer(wire = "publish_url")]
    pub publish_url: Option<String>,
    /// The cover.
    #[answer(wire = "first_image")]
    pub cover: Option<String>,
    /// The link that it plays by default.
    #[answer(wire = "default_videolink")]
    pub default_link: Option<String>,
}

/// List the account's playlists with their videos, page by page.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.playlist.list",
    method = Get,
    path = "/v2/play-list/list",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    account = "userid",
    output = Page<PlaylistRow>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/playlist/get_playlists"
)]
#[non_exhaustive]
pub struct ListPlaylists {
    /// Only these playlists, at most 1000.
    #[field(wire = "playListIds", max_items = 1000)]
    pub playlist_ids: Option<Vec<String>>,
    /// A part of the title.
    pub title: Option<String>,
    /// The form of the videos' ids. Default: short. Other calls need the long form.
    #[field(wire = "vidStyle")]
    pub vid_style: Option<VidStyle>,
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Default: 10.
    #[field(wire = "pageSize", range = 1..=1000)]
    pub page_size: Option<u32>,
}

/// A form of videos' ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum VidStyle {
    /// 32 characters, without the underscore and the check character.
    #[wire("SIMPLE")]
    Short,
    /// The whole id.
    #[wire("LONG_STYLE")]
    Long,
}

/// A playlist in the list of all.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct PlaylistRow {
    /// Its id: digits.
    pub id: String,
    /// Its description.
    pub description: Option<String>,
    /// Its tag.
    pub tag: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// When it was created.
    #[answer(wire = "creationTime")]
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    #[answer(wire = "updateTime")]
    pub updated_at: Option<Timestamp>,
    /// The number of videos.
    #[answer(wire = "videoCount")]
    pub video_count: Option<u64>,
    /// Its videos.
    #[answer(wire = "videoList")]
    pub videos: Vec<PlaylistRowVideo>,
}

/// A video of a [`PlaylistRow`].
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct PlaylistRowVideo {
    /// Its id, in the form that was asked for.
    pub vid: VideoId,
    /// Its title.
    pub title: Option<String>,
    /// Its length in seconds.
    #[answer(wire = "duration")]
    pub duration_seconds: Option<f64>,
    /// The cover.
    #[answer(wire = "coverURL")]
    pub cover: Option<String>,
    /// The small cover.
    #[answer(wire = "miniCoverURL")]
    pub small_cover: Option<String>,
    /// The large cover.
    #[answer(wire = "largeCoverURL")]
    pub large_cover: Option<String>,
    /// Its category.
    #[answer(wire = "cateId")]
    pub category_id: Option<CategoryId>,
    /// The category's name.
    #[answer(wire = "cateName")]
    pub category_name: Option<String>,
    /// Its tags, separated by commas.
    pub tags: Option<String>,
}
