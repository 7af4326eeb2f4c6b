//! `polyv.source_file`.

use crate::common::Request;
use vod_core::polyv::source_file::{CreateSourceFileTask, GetSourceFileTask};
use vod_core::{Accounts, Error, Operation, Timestamp};

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.source_file.create_task", "several") => {
            CreateSourceFileTask::new(["d41c0b6f2a77c1_d", "课 1&2+3=_d"], 7).request(accounts, at)
        }
        ("polyv.source_file.get_task", "task") => {
            GetSourceFileTask::new("t7Gk2 课&/+x").request(accounts, at)
        }
        _ => return None,
    })
}
