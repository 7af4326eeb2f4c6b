//! Lists, page by page.

use crate::{Bench, Transport};
use serde_json::json;
use vod_core::polyv::sync::ListTasks;
use vod_core::polyv::upload::{UploadInfo, UploadUrls};
use vod_core::polyv::video::{SearchVideos, VideoOrder};
use vod_core::qingcloud::media::SearchMedia;

async fn videos<T: Transport>(bench: &Bench<T>, count: usize) {
    let infos = (0..count).map(|n| UploadInfo::new(bench.sample(), format!("第{n}课")));
    bench.client.send(UploadUrls::new().with_upload_infos(infos)).await.unwrap();
    bench.emulator.settled().await;
}

/// Every row comes once, in pages of the requested size, and no request goes beyond the last page.
pub async fn to_the_end<T: Transport>() {
    let bench = Bench::<T>::start().await;
    videos(&bench, 7).await;
    for (size, sizes) in [(3, vec![3, 3, 1]), (7, vec![7]), (100, vec![7])] {
        let before = bench.count("polyv.video.search");
        let search = SearchVideos::new().with_page_size(size).with_sort(VideoOrder::OldestFirst);
        let pages = bench.client.pages(search).await.unwrap();
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "{}", T::NAME);
        let mut vids: Vec<_> = pages.into_iter().flatten().map(|video| video.vid).collect();
        vids.sort();
        vids.dedup();
        assert_eq!(vids.len(), 7, "{}: each once", T::NAME);
        assert_eq!(bench.count("polyv.video.search") - before, sizes.len() as u64, "{}", T::NAME);
    }
    let none = bench.client.pages(SearchVideos::new().with_title("no such title")).await.unwrap();
    assert_eq!(none.iter().map(Vec::len).sum::<usize>(), 0);
}

/// QingCloud's lists continue after the last id.
pub async fn after_the_last_id<T: Transport>() {
    let bench = Bench::<T>::start().await;
    for n in 0..5 {
        bench.upload(bench.file(&format!("{n}.mp4"), b"bytes")).await.unwrap();
    }
    let pages = bench.client.pages(SearchMedia::new().with_limit(2)).await.unwrap();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1], "{}", T::NAME);
    let mut ids: Vec<_> = pages.into_iter().flatten().map(|media| media.media_id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5, "{}", T::NAME);
}

/// Rows come one by one, and an error in the middle ends them.
pub async fn an_error_ends_the_rows<T: Transport>() {
    let bench = Bench::<T>::start().await;
    for _ in 0..3 {
        videos(&bench, 1).await;
    }
    let list = ListTasks::new().with_page_size(1);
    assert_eq!(
        bench.client.items(list.clone()).await.into_iter().filter(Result::is_ok).count(),
        3,
        "{}",
        T::NAME
    );
    bench.faults(&json!([{ "operation": "polyv.sync.list", "nth": 2, "fault": { "kind": "refuse", "code": 77, "message": "not today" } }]));
    let rows = bench.client.items(list).await;
    assert_eq!(rows.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false], "{}", T::NAME);
}
