//! `polyv.sync`.

use crate::common::Request;
use vod_core::polyv::sync::{DeleteTask, ExportTask, ListTasks};
use vod_core::{Accounts, Error, Operation, Timestamp};

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.sync.list", "no_fields") => ListTasks::new().request(accounts, at),
        ("polyv.sync.list", "paged") => {
            ListTasks::new().with_page(2).with_page_size(50).request(accounts, at)
        }
        ("polyv.sync.delete", "task") => DeleteTask::new("t7Gk2 课&/+x").request(accounts, at),
        ("polyv.sync.export", "task") => ExportTask::new("t7Gk2 /x").request(accounts, at),
        _ => return None,
    })
}
