//! `polyv.player`.

use crate::common::Request;
use vod_core::polyv::player::{
    ClientKind, CreatePlayToken, DomainMode, GetDomains, ListPlayers, SetDomains, SetVideoPlayer,
};
use vod_core::{Accounts, Error, Operation, Timestamp};

const VID: &str = "d41c0b6f2a5e91c7_d";

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.player.list", "no_fields") => ListPlayers::new().request(accounts, at),
        ("polyv.player.set_for_video", "everything") => {
            SetVideoPlayer::new(VID, "播放器 + &").request(accounts, at)
        }
        ("polyv.player.get_domains", "no_fields") => GetDomains::new().request(accounts, at),
        ("polyv.player.set_domains", "everything") => SetDomains::new(DomainMode::Allow)
            .with_domains(["a.example", "例子.example", "c.example", "d.example", "*.e.example"])
            .request(accounts, at),
        ("polyv.player.set_domains", "mode_alone") => SetDomains::new(DomainMode::Deny).request(accounts, at),
        ("polyv.player.create_token", "everything") => CreatePlayToken::new(VID, "c3R1ZGVudA==")
            .with_viewer_ip("198.51.100.7")
            .with_viewer_name("李雷 & 韩+")
            .with_expires_seconds(86_400)
            .with_disposable(false)
            .with_wechat_mini_program(true)
            .with_client(ClientKind::Native)
            .with_extra("a=1&b=二")
            .with_security_seed("seed 1")
            .request(accounts, at),
        _ => return None,
    })
}
