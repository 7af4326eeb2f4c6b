//! The account's encryption settings.

use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::HlsLevel;
use crate::{Answer, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[Entry::of::<GetEncryption>(), Entry::of::<SetEncryption>()];

/// Get the account's encryption settings.
///
/// They apply to videos that are uploaded later; a category may have settings of its own
/// ([`UpdateCategoryProfile`](super::category::UpdateCategoryProfile)), and
/// [`SetHlsLevel`](super::video::SetHlsLevel) sets the level of existing videos.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.encryption.get",
    method = Get,
    path = "/v2/setting/{userid}/get-playsafe",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = EncryptionSettings,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/playsafe/encryption/get_encryption_setting"
)]
#[non_exhaustive]
pub struct GetEncryption {}

/// Change the account's encryption settings.
///
/// They apply to videos uploaded from then on; existing videos stay as they are. Returns the new settings.
///
/// ```
/// use vod_core::Operation;
/// use vod_core::polyv::HlsLevel;
/// use vod_core::polyv::encryption::SetEncryption;
///
/// SetEncryption::new(true, HlsLevel::App).check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.encryption.set",
    method = Post,
    path = "/v2/setting/{userid}/set-playsafe",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = EncryptionSettings,
    errors = ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/playsafe/encryption/update_encryption_setting"
)]
#[non_exhaustive]
pub struct SetEncryption {
    /// Whether new videos are encrypted.
    #[field(flag = ZeroOne)]
    pub encrypt: bool,
    /// Who may play their streams.
    #[field(wire = "hlslevel")]
    pub hls_level: HlsLevel,
}

const ERRORS: &[KnownError] = &[KnownError { code: 400, message: "hlslevel error", reason: Reason::Field }];

/// The encryption of new videos.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct EncryptionSettings {
    /// Whether they are encrypted.
    pub encrypt: Option<bool>,
    /// Who may play their streams.
    #[answer(wire = "hlslevel")]
    pub hls_level: Option<HlsLevel>,
}
