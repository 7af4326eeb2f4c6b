//! Polyv VOD (保利威 云点播).
//!
//! | to | look in |
//! | --- | --- |
//! | get videos into the account, by URL or from a file | [`upload`]; [`sync`] for the progress of the URLs |
//! | find, read, change, delete and recover videos | [`video`] |
//! | keep them in order | [`category`], [`playlist`] |
//! | add to them | [`cover`], [`watermark`], [`subtitle`], [`keyframe`], [`courseware`], [`screenshot`], [`player`], [`advertising`] |
//! | ask viewers questions, let them comment | [`exam`], [`danmaku`] |
//! | cut and join videos, download source files | [`clip`], [`source_file`] |
//! | decide who may play | [`player`] for domains and play tokens, [`encryption`], the setters in [`video`] |
//! | see what was played | [`statistics`]; [`account`] for storage and traffic |
//! | act as a sub-account | [`subaccount`] |
//! | be notified when a video is ready or failed | [`callback`] |
//! | use the old v1 service | [`legacy`], whose calls all have newer ones |
//!
//! An operation is a struct named after what it does. Its fields are in the order of the provider's page,
//! with correct spelling where the wire name is misspelt (the catalogue has the wire names). Where two calls
//! do the same, the older one names the newer. Some operations have an alias, by which the
//! [catalogue](crate::catalog) finds them too.
//!
//! The fields `format` and `jsonp` of the older calls choose other answer formats. They are left out: this
//! client reads JSON.
//!
//! Ordinary calls need the account's id and secret key ([`Credentials::new`]); calls of sub-accounts and of
//! the old v1 service need what [`Credentials::with_sub_account`] and [`Credentials::with_write_token`] add.
//!
//! Times on the wire are milliseconds or Beijing time, and days are days in Beijing; [`Timestamp`],
//! [`Date`](crate::Date) and [`Hms`](crate::time::Hms) know which. Lists come as a [`Page`], which
//! [`Paged`](crate::page::Paged) turns.

pub mod account;
pub mod advertising;
pub mod callback;
pub mod category;
pub mod clip;
pub mod courseware;
pub mod cover;
pub mod danmaku;
pub mod encryption;
pub mod exam;
mod ids;
pub mod keyframe;
pub mod legacy;
mod page;
pub mod player;
pub mod playlist;
pub mod screenshot;
pub mod source_file;
pub mod statistics;
pub mod subaccount;
pub mod subtitle;
pub mod sync;
mod types;
pub mod upload;
pub mod video;
pub mod watermark;

pub use ids::{CategoryId, VideoId};
pub use page::Page;
pub use types::{CommaList, HlsLevel, VideoStatus};

pub use crate::accounts::polyv::Credentials;
use crate::operation::Area;
use crate::time::Timestamp;
pub use crate::wire::polyv::sign;

/// The areas and their operations. A new area gets a line here; a new operation gets a line in its area's
/// list.
pub(crate) const AREAS: &[Area] = &[
    Area::new("upload", "Getting videos into the account", upload::OPERATIONS),
    Area::new("sync", "The tasks of imports by URL", sync::OPERATIONS),
    Area::new("video", "Videos: finding, reading, changing and deleting them", video::OPERATIONS),
    Area::new("cover", "Cover images", cover::OPERATIONS),
    Area::new("watermark", "Watermarks", watermark::OPERATIONS),
    Area::new("category", "Categories: the tree that videos are kept in", category::OPERATIONS),
    Area::new("playlist", "Playlists", playlist::OPERATIONS),
    Area::new(
        "subtitle",
        "Subtitles: files that are uploaded, and texts that the provider generates",
        subtitle::OPERATIONS,
    ),
    Area::new("keyframe", "Markers (打点) on a video's progress bar", keyframe::OPERATIONS),
    Area::new(
        "exam",
        "Questions (问答) that a video asks while it plays, and what viewers answered",
        exam::OPERATIONS,
    ),
    Area::new("danmaku", "Danmaku (弹幕): comments that run over the picture", danmaku::OPERATIONS),
    Area::new("courseware", "Slides that go with a video", courseware::OPERATIONS),
    Area::new(
        "screenshot",
        "Screenshots of videos: taken at given seconds, or uploaded",
        screenshot::OPERATIONS,
    ),
    Area::new("clip", "New videos out of others: pieces cut out, or several joined", clip::OPERATIONS),
    Area::new("source_file", "Download links of source files", source_file::OPERATIONS),
    Area::new("advertising", "Ads before, in and after videos", advertising::OPERATIONS),
    Area::new("player", "Players, the domains that may play, and play tokens", player::OPERATIONS),
    Area::new("encryption", "The account's encryption settings", encryption::OPERATIONS),
    Area::new("account", "The account itself", account::OPERATIONS),
    Area::new("statistics", "What was played, when, where and by whom", statistics::OPERATIONS),
    Area::new("subaccount", "Videos and categories as a sub-account sees them", subaccount::OPERATIONS),
    Area::new(
        "legacy",
        "Calls of the old service that newer ones have taken the place of",
        legacy::OPERATIONS,
    ),
];

impl Credentials {
    /// The signature with which a web page plays an encrypted video on phones, made `at` the time that the
    /// page hands to the player with it: `ts` and `sign` of the provider's web player, see
    /// [`sign::web_player`]. Desktop browsers take a [play token](player::CreatePlayToken) instead.
    ///
    /// ```
    /// use vod_core::{Timestamp, polyv};
    ///
    /// let account = polyv::Credentials::new("d41c0b6f2a", "abc");
    /// let sign = account.web_player_sign(&"123".into(), Timestamp::from_millis(1_672_829_071_000));
    /// assert_eq!(sign, "a8a50e08d74cada9732d90cf0ba65a54");
    /// ```
    #[must_use]
    pub fn web_player_sign(&self, vid: &VideoId, at: Timestamp) -> String {
        sign::web_player(vid.as_str(), at, &self.secret_key)
    }
}
