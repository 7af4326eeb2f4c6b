//! Polyv VOD (保利威 云点播).
//!
//! | to | look in |
//! | --- | --- |
//! | get videos into the account, by URL or from a file | [`upload`], [`sync`] for what became of the URLs |
//! | find videos, read and change what is known of them, delete and recover them | [`video`] |
//! | keep them in order | [`category`], [`playlist`] |
//! | dress them | [`cover`], [`watermark`], [`subtitle`], [`keyframe`], [`courseware`], [`screenshot`], [`player`], [`advertising`] |
//! | ask viewers, and let them speak | [`exam`], [`danmaku`] |
//! | make new videos out of old ones, get the source files back | [`clip`], [`source_file`] |
//! | decide who may play | [`player`] for domains and play tokens, [`encryption`], the setters in [`video`] |
//! | know what was played | [`statistics`]; [`account`] for storage and traffic |
//! | act as a sub-account | [`subaccount`] |
//! | be told what became of a video | [`callback`] |
//! | speak to the old v1 service | [`legacy`], whose calls all have newer ones |
//!
//! An operation is a struct named after what it does; its fields stand in the order of the provider's page,
//! under right words where the wire misspells them (the wire's name is in the catalogue). Where two calls do
//! the same, the older one says which is the newer. Some operations go by a second name, by which the
//! [catalogue](crate::catalog) finds them too.
//!
//! The fields `format` and `jsonp` of the older calls choose other formats of the answer. They are left out:
//! this client reads JSON.
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
use crate::operation::Entry;
use crate::time::Timestamp;
pub use crate::wire::polyv::sign;

/// The operations, area by area. A new area gets its line here; a new operation, its line in its area's list.
pub(crate) const AREAS: &[&[Entry]] = &[
    upload::OPERATIONS,
    sync::OPERATIONS,
    video::OPERATIONS,
    cover::OPERATIONS,
    watermark::OPERATIONS,
    category::OPERATIONS,
    playlist::OPERATIONS,
    subtitle::OPERATIONS,
    keyframe::OPERATIONS,
    exam::OPERATIONS,
    danmaku::OPERATIONS,
    courseware::OPERATIONS,
    screenshot::OPERATIONS,
    clip::OPERATIONS,
    source_file::OPERATIONS,
    advertising::OPERATIONS,
    player::OPERATIONS,
    encryption::OPERATIONS,
    account::OPERATIONS,
    statistics::OPERATIONS,
    subaccount::OPERATIONS,
    legacy::OPERATIONS,
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
