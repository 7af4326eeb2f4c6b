//! A sub-account's play tokens.

use crate::Operation;
use crate::polyv::VideoId;
use crate::polyv::player::{PlayToken, TOKEN_ERRORS};

/// Create a token with which one viewer plays one encrypted video, as a sub-account.
///
/// The main account has [`player::CreatePlayToken`](crate::polyv::player::CreatePlayToken), which has more
/// about tokens. This one is signed with the sub-account's key and answers in the envelope of the main
/// account's calls.
// A second token does no harm, and a valid one is returned again: see there.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subaccount.create_token",
    alias = "polyv.subaccount.play_token",
    method = Post,
    host = "hls.videocc.net",
    path = "/service/v2/token/create-child",
    encoding = Form,
    auth = PlaysafeChild,
    effect = Idempotent,
    output = PlayToken,
    // This page lists no errors; the service is that of the main account's call.
    errors = TOKEN_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/sub-account/sub_create_token"
)]
#[non_exhaustive]
pub struct CreatePlayToken {
    /// The video's id, whole: with the underscore and the character behind it.
    #[field(wire = "videoId")]
    pub vid: VideoId,
    /// The viewer, by an id of your own: digits and letters.
    // Not enforced: a sample of the reference has an underscore.
    #[field(wire = "viewerId")]
    pub viewer_id: String,
    /// The viewer's IP address. Default: the caller's.
    #[field(wire = "viewerIp")]
    pub viewer_ip: Option<String>,
    /// The viewer's name.
    #[field(wire = "viewerName")]
    pub viewer_name: Option<String>,
    /// How long the token lives, in seconds. Default: 600.
    #[field(wire = "expires", range = 1..=2_147_483_647)]
    pub expires_seconds: Option<u32>,
    /// Whether the token works for one check only. Default: off.
    pub disposable: Option<bool>,
    /// Whether it is for a WeChat mini program. Default: off.
    #[field(wire = "iswxa", flag = ZeroOne)]
    pub wechat_mini_program: Option<bool>,
    /// A text of your own, which comes back.
    #[field(wire = "extraParams")]
    pub extra: Option<String>,
    /// A seed for private encryption; needs a player that supports it.
    #[field(wire = "securitySeed")]
    pub security_seed: Option<String>,
}
