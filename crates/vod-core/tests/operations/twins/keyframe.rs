//! `polyv.keyframe`.

use crate::common::Request;
use vod_core::polyv::keyframe::{
    DeleteAllKeyframes, DeleteKeyframes, DeleteKeyframesAt, ListKeyframes, SaveKeyframes,
};
use vod_core::{Accounts, Error, Operation, Timestamp};

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    const VID: &str = "d41c0b6f2a77c1_d";
    Some(match (id, case) {
        ("polyv.keyframe.save", "everything") => SaveKeyframes::new(VID, ["引 言", "a&b=+"], [0, 90])
            .with_button(true)
            .with_button_text("练习 & 更多+")
            .with_button_link("https://www.example.com/?a=1&b=课")
            .request(accounts, at),
        ("polyv.keyframe.list", "vid") => ListKeyframes::new(VID).request(accounts, at),
        ("polyv.keyframe.delete_at", "seconds") => {
            DeleteKeyframesAt::new(VID, [20, 30, 50]).request(accounts, at)
        }
        ("polyv.keyframe.delete_all", "vid") => DeleteAllKeyframes::new(VID).request(accounts, at),
        ("polyv.keyframe.delete_all", "worked_example") => {
            DeleteAllKeyframes::new("8f8482aaab8fe7ea12e3314a11a061fc_8").request(accounts, at)
        }
        ("polyv.keyframe.delete", "seconds") => {
            DeleteKeyframes::new(VID).with_seconds([10, 12]).request(accounts, at)
        }
        _ => return None,
    })
}
