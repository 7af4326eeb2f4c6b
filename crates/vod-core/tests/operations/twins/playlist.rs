//! `polyv.playlist`.

use crate::common::Request;
use vod_core::polyv::playlist::{
    AddVideo, CreatePlaylist, GetPlaylist, GetPlaylistLegacy, ListPlaylists, RemoveVideo, UpdatePlaylist,
    VidStyle,
};
use vod_core::{Accounts, Error, Operation, Timestamp};

const LIST: &str = "1700000000123";
const VID: &str = "d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d";

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.playlist.create", "everything") => CreatePlaylist::new("高一 物理 & 化学+")
            .with_description("力学、热学")
            .with_tag("高一")
            .request(accounts, at),
        ("polyv.playlist.update", "everything") => UpdatePlaylist::new(LIST, "高二 & 物理+")
            .with_description("电 磁")
            .with_tag("高二")
            .request(accounts, at),
        ("polyv.playlist.add_video", "one") => AddVideo::new(LIST, VID).request(accounts, at),
        ("polyv.playlist.remove_video", "one") => RemoveVideo::new(LIST, VID).request(accounts, at),
        ("polyv.playlist.get", "id_in_both_places") => GetPlaylist::new(LIST).request(accounts, at),
        ("polyv.playlist.get_legacy", "id_in_both_places") => {
            GetPlaylistLegacy::new(LIST).request(accounts, at)
        }
        ("polyv.playlist.list", "everything") => ListPlaylists::new()
            .with_playlist_ids([LIST, "1700000000456"])
            .with_title("物理 &+")
            .with_vid_style(VidStyle::Long)
            .with_page(2)
            .with_page_size(1000)
            .request(accounts, at),
        ("polyv.playlist.list", "no_fields") => ListPlaylists::new().request(accounts, at),
        _ => return None,
    })
}
