//! Players, the domains that may play, and play tokens.

use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::{CommaList, VideoId};
use crate::time::Timestamp;
use crate::wire::polyv::envelope::ANY_MESSAGE;
use crate::{Answer, Choice, Operation, Secret};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<ListPlayers>(),
    Entry::of::<SetVideoPlayer>(),
    Entry::of::<GetDomains>(),
    Entry::of::<SetDomains>(),
    Entry::of::<CreatePlayToken>(),
];

/// List the players of the account, all at once.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.player.list",
    method = Get,
    path = "/v2/play/{userid}/player-list",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<Player>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/player/get_player_list"
)]
#[non_exhaustive]
pub struct ListPlayers {}

/// A player: the looks and settings that a video is played with.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Player {
    /// Its name.
    #[answer(wire = "playerName")]
    pub name: Option<String>,
    /// Its id.
    #[answer(wire = "playerId")]
    pub id: String,
    /// When it was created.
    #[answer(wire = "date")]
    pub created_at: Option<Timestamp>,
    /// Whether videos without a player of their own are played with it.
    #[answer(wire = "isDefault")]
    pub is_default: Option<bool>,
}

/// Choose the player of a video.
///
/// A player that does not exist is no error: the video then has the default one.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.player.set_for_video",
    method = Post,
    path = "/v2/play/set-video-player",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    account = "userid",
    output = VideoPlayer,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/player/set_player"
)]
#[non_exhaustive]
pub struct SetVideoPlayer {
    /// The video.
    pub vid: VideoId,
    /// The player's id, see [`ListPlayers`].
    #[field(wire = "playerId")]
    pub player_id: String,
}

/// The video whose player was chosen. The reference names these two members; it does not say whether there
/// are others.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct VideoPlayer {
    /// The account's id.
    #[answer(wire = "userid")]
    pub user_id: Option<String>,
    /// The video's id.
    pub vid: Option<VideoId>,
}

/// Get the domains whose pages may play the account's videos, and those that may not.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.player.get_domains",
    alias = "polyv.player.domain_limits",
    method = Get,
    path = "/v2/play/{userid}/domain",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Domains,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/playsafe/domain-restrict/get_domain_restrict_setting"
)]
#[non_exhaustive]
pub struct GetDomains {}

/// The lists of domains. Both are returned, whichever applies.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Domains {
    /// The account's id.
    #[answer(wire = "userid")]
    pub user_id: Option<String>,
    /// Which of the lists applies.
    #[answer(wire = "settingType")]
    pub mode: Option<DomainMode>,
    /// Domains that may play, separated by commas on the wire.
    #[answer(wire = "enableHost")]
    pub allowed: CommaList<String>,
    /// Domains that may not, separated by commas on the wire.
    #[answer(wire = "disableHost")]
    pub denied: CommaList<String>,
}

/// Which list of domains applies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum DomainMode {
    /// None: every domain may play.
    #[wire("0")]
    Open,
    /// The domains that may not play.
    #[wire("1")]
    Deny,
    /// The domains that may.
    #[wire("2")]
    Allow,
    /// Both.
    #[wire("3")]
    Both,
    /// A mode that the reference does not name.
    #[other]
    Other(String),
}

/// Set which list of domains applies, and fill it. The answer is a sentence in Chinese.
///
/// One field holds the domains of either list: the mode says which one it fills. With the other modes the
/// provider ignores the domains, so they are refused here.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.player.set_domains",
    alias = "polyv.player.set_domain_limits",
    method = Post,
    path = "/v2/play/{userid}/domain",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = String,
    reference = "https://polyv.gitbook.io/document/docs/unclassified/2021/b8181d9fea4220a3e907e55805565623"
)]
#[non_exhaustive]
pub struct SetDomains {
    /// Which list applies.
    #[field(wire = "settingType")]
    pub mode: DomainMode,
    /// The domains of that list, at most 5. Only with [`DomainMode::Deny`] (1) and [`DomainMode::Allow`] (2).
    #[field(wire = "host", max_items = 5, only_with = "settingType = 1 or 2")]
    pub domains: Option<Vec<String>>,
}

/// Create a token with which one viewer plays one encrypted video.
///
/// Call it from a server for each viewer, and give the token to the player. A valid token for the same video,
/// viewer, address and kind of client is returned again, with a longer life. On phones the viewer's id must
/// be Base64.
///
/// A request is good for 10 minutes. A refusal's message is one word, such as `user_not_found`. A sub-account
/// has [`subaccount::CreatePlayToken`](crate::polyv::subaccount::CreatePlayToken).
///
/// ```
/// use vod_core::Operation;
/// use vod_core::polyv::player::CreatePlayToken;
///
/// let token = CreatePlayToken::new("d41c0b6f2a77c1_d", "student42").with_viewer_ip("198.51.100.7").with_expires_seconds(3600);
/// token.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
// A second token does no harm, so a retry is safe; usually the first one is returned again.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.player.create_token",
    alias = "polyv.player.play_token",
    method = Post,
    host = "hls.videocc.net",
    path = "/service/v1/token",
    encoding = Form,
    auth = Playsafe,
    effect = Idempotent,
    account = "userId",
    output = PlayToken,
    errors = TOKEN_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/playsafe/token/create_token"
)]
#[non_exhaustive]
pub struct CreatePlayToken {
    /// The video's id, whole: with the underscore and the character behind it.
    #[field(wire = "videoId")]
    pub vid: VideoId,
    /// The viewer, by an id of your own: digits and letters.
    // Not enforced: Base64, which phones need, has other characters too.
    #[field(wire = "viewerId")]
    pub viewer_id: String,
    /// The viewer's IP address. Default: the caller's.
    #[field(wire = "viewerIp")]
    pub viewer_ip: Option<String>,
    /// The viewer's name.
    #[field(wire = "viewerName")]
    pub viewer_name: Option<String>,
    /// How long the token lives, in seconds, at most a day. Default: 600.
    // The reference's limit is 24 hours.
    #[field(wire = "expires", range = 1..=86_400)]
    pub expires_seconds: Option<u32>,
    /// Whether the token works for one check only. Default: off.
    pub disposable: Option<bool>,
    /// Whether it is for a WeChat mini program. Default: off.
    #[field(wire = "iswxa", flag = ZeroOne)]
    pub wechat_mini_program: Option<bool>,
    /// The one kind of client that it is for.
    #[field(wire = "type")]
    pub client: Option<ClientKind>,
    /// A text of your own, which comes back.
    #[field(wire = "extraParams")]
    pub extra: Option<String>,
    /// A seed for private encryption; needs a player that supports it.
    #[field(wire = "securitySeed")]
    pub security_seed: Option<String>,
}

/// A kind of client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum ClientKind {
    /// Web pages.
    #[wire("WEB")]
    Web,
    /// Native apps.
    #[wire("NATIVE")]
    Native,
}

pub(super) const TOKEN_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "user_not_found", reason: Reason::UnknownAccount },
    // The message is not known.
    KnownError { code: 403, message: ANY_MESSAGE, reason: Reason::Clock },
];

/// A play token.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct PlayToken {
    /// The token. It lets anyone play the video, so it is a secret while it is valid.
    pub token: Secret,
    /// The main account's id.
    #[answer(wire = "userId")]
    pub user_id: Option<String>,
    /// The sub-account's `appId`, where one asked.
    #[answer(wire = "appId")]
    pub app_id: Option<String>,
    /// The video's id.
    #[answer(wire = "videoId")]
    pub vid: Option<VideoId>,
    /// The viewer's IP address; the caller's where none was sent.
    #[answer(wire = "viewerIp")]
    pub viewer_ip: Option<String>,
    /// The viewer's id.
    #[answer(wire = "viewerId")]
    pub viewer_id: Option<String>,
    /// The viewer's name.
    #[answer(wire = "viewerName")]
    pub viewer_name: Option<String>,
    /// The caller's own text.
    #[answer(wire = "extraParams")]
    pub extra: Option<String>,
    /// How long it lives, in milliseconds; the request counts in seconds.
    #[answer(wire = "ttl")]
    pub lives_millis: Option<u64>,
    /// When it was created.
    #[answer(wire = "createdTime")]
    pub created_at: Option<Timestamp>,
    /// When it expires.
    #[answer(wire = "expiredTime")]
    pub expires_at: Option<Timestamp>,
    /// Whether it is for a WeChat mini program.
    #[answer(wire = "iswxa")]
    pub wechat_mini_program: Option<bool>,
    /// Whether it is good for one check only.
    pub disposable: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_stand_beside_a_mode_with_one_list() {
        for (mode, fits) in [
            (DomainMode::Open, false),
            (DomainMode::Deny, true),
            (DomainMode::Allow, true),
            (DomainMode::Both, false),
            (DomainMode::Other("7".to_owned()), true),
        ] {
            let alone = SetDomains::new(mode);
            assert!(alone.check().is_ok());
            let told = alone
                .clone()
                .with_domains(["a.example", "b.example"])
                .check()
                .map_err(|error| error.to_string());
            let rule = format!(
                "polyv.player.set_domains: host: expected only with settingType 1 or 2, got it with settingType {}",
                alone.mode
            );
            assert_eq!(told, if fits { Ok(()) } else { Err(rule) });
        }
    }
}
