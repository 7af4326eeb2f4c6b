//! Walks through lists: what is asked for page by page, and where they end.

mod common;

use common::{answer, v2};
use proptest::prelude::*;
use serde_json::{Value, json};
use vod_core::Operation;
use vod_core::page::{Paged, Walk};
use vod_core::polyv::sync::ListTasks;
use vod_core::polyv::video::SearchVideos;
use vod_core::qingcloud::media::SearchMedia;

/// What a provider says of its pages beside the rows.
#[derive(Clone, Copy, Debug)]
enum Says {
    Everything,
    Totals,
    TotalItems,
    TotalPages,
    IsLast,
    Nothing,
    RowsAlone,
}

const SAYS: [Says; 7] = [
    Says::Everything,
    Says::Totals,
    Says::TotalItems,
    Says::TotalPages,
    Says::IsLast,
    Says::Nothing,
    Says::RowsAlone,
];

/// A provider's page of `total` videos.
fn page(says: Says, total: usize, number: usize, size: usize) -> Value {
    let rows: Vec<_> =
        (0..total).skip((number - 1) * size).take(size).map(|n| json!({ "vid": format!("v{n}") })).collect();
    let pages = total.div_ceil(size);
    match says {
        Says::Everything => {
            json!({ "pageNumber": number, "pageSize": size, "totalItems": total, "totalPages": pages, "lastPage": number >= pages, "contents": rows })
        }
        Says::Totals => {
            json!({ "pageNumber": number, "totalItems": total, "totalPages": pages, "contents": rows })
        }
        Says::TotalItems => json!({ "totalItems": total.to_string(), "pageSize": size, "contents": rows }),
        Says::TotalPages => json!({ "totalPages": pages, "contents": rows }),
        Says::IsLast => json!({ "lastPage": number >= pages, "contents": rows }),
        Says::Nothing => json!({ "contents": rows }),
        Says::RowsAlone => json!(rows),
    }
}

/// Walks to the end: the rows, and the pages that were asked for.
fn walked(says: Says, total: usize, size: usize, said: bool) -> (Vec<String>, Vec<u32>) {
    let mut search = SearchVideos::new();
    if said {
        search = search.with_page_size(u32::try_from(size).unwrap());
    }
    let mut walk = Walk::new(search);
    let (mut rows, mut asked) = (Vec::new(), Vec::new());
    while let Some(operation) = walk.operation() {
        let number = operation.page.unwrap_or(1);
        asked.push(number);
        let reply = SearchVideos::read(&v2(&page(says, total, number as usize, size))).unwrap();
        rows.extend(walk.take(reply).into_iter().map(|video| video.vid.to_string()));
    }
    (rows, asked)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_row_once_and_no_page_too_many(total in 0usize..50, size in 1usize..12, says in prop::sample::select(&SAYS[..]), said in any::<bool>()) {
        let (rows, asked) = walked(says, total, size, said);
        let expected: Vec<_> = (0..total).map(|n| format!("v{n}")).collect();
        prop_assert_eq!(rows, expected);
        prop_assert!(asked.iter().copied().eq(1..=u32::try_from(asked.len()).unwrap()), "{:?}", asked);
        // Without a page count it takes one more request to see the end.
        prop_assert!(asked.len() <= total.div_ceil(size).max(1) + 1);
        if matches!(says, Says::Everything | Says::Totals | Says::TotalItems | Says::TotalPages | Says::IsLast) {
            prop_assert_eq!(asked.len(), total.div_ceil(size).max(1));
        }
    }

    #[test]
    fn behind_the_last_id(total in 0i64..60, limit in 1u32..20, said in any::<bool>()) {
        let limit = if said { limit } else { 10 };
        let mut search = SearchMedia::new();
        if said {
            search = search.with_limit(limit);
        }
        let mut walk = Walk::new(search);
        let mut seen = Vec::new();
        while let Some(operation) = walk.operation() {
            prop_assert_eq!(operation.offset, None);
            // Newest first; one comes in before each page is asked for.
            let newest = total + 1000;
            let below = operation.last_id.unwrap_or(total + 1);
            let media: Vec<_> = (1..=total).rev().filter(|id| *id < below).take(limit as usize).map(|id| json!({ "MediaId": id.to_string() })).collect();
            let reply = SearchMedia::read(&answer(200, json!({ "Total": newest, "MediaInfo": media, "ret_code": 0 }).to_string())).unwrap();
            seen.extend(walk.take(reply).into_iter().map(|media| media.media_id));
        }
        let expected: Vec<_> = (1..=total).rev().map(|id| id.to_string()).collect();
        prop_assert_eq!(seen, expected);
    }
}

#[test]
fn a_walk_goes_on_where_it_was_begun() {
    let mut walk = Walk::new(ListTasks::new().with_page(3).with_page_size(2));
    assert_eq!(walk.operation().and_then(|operation| operation.page), Some(3));
    let reply = |rows: usize| {
        ListTasks::read(&v2(&json!({ "totalItems": 7, "contents": vec![json!({ "taskid": "t" }); rows] })))
            .unwrap()
    };
    assert_eq!(walk.take(reply(2)).len(), 2);
    assert_eq!(
        walk.operation().map(|operation| (operation.page, operation.page_size)),
        Some((Some(4), Some(2)))
    );
    assert_eq!(walk.take(reply(1)).len(), 1);
    assert!(walk.operation().is_none());
    assert!(walk.take(reply(1)).is_empty(), "nothing was asked for");
}

#[test]
fn a_provider_that_never_ends_is_not_believed_when_it_gives_nothing() {
    let mut search = ListTasks::new();
    let endless = |rows: usize| {
        let row = json!({ "taskid": "t" });
        ListTasks::read(&v2(
            &json!({ "lastPage": false, "totalPages": 4_000_000_000_u32, "contents": vec![row; rows] }),
        ))
        .unwrap()
        .into_output()
    };
    assert!(search.turn(endless(1)).more);
    assert!(!search.turn(endless(0)).more);
    let mut last = ListTasks::new().with_page(u32::MAX);
    assert!(!last.turn(endless(1)).more, "no page comes after it");
}

#[test]
fn a_provider_that_takes_no_notice_of_the_page_is_asked_twice() {
    // Rows alone, the same ones whatever page is asked for.
    let same = || SearchVideos::read(&v2(&json!([{ "vid": "a" }, { "vid": "b" }]))).unwrap();
    let mut walk = Walk::new(SearchVideos::new());
    assert_eq!(walk.take(same()).len(), 2);
    assert!(walk.operation().is_some(), "there may be more");
    assert_eq!(walk.take(same()).len(), 0, "each row once");
    assert!(walk.operation().is_none());
}
