//! The search for the media that an apply without an answer has made.

use super::*;
use vod_core::qingcloud::MediaType;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::upload::Order;

/// An upload that has its media, 7, and another with the same title that has waited for that.
fn one_behind_another(order: Order) -> (Walk, Upload) {
    let shared = options().with_claims(Claims::default());
    let mut first = Walk::new(to_qingcloud(), &lesson(), None, &shared).unwrap();
    assert_eq!(first.step(), "apply");
    let mut second = Upload::new(order, file(9, 5, 2), None, &accounts(), &shared, 1, AT).unwrap();
    assert!(matches!(second.next(AT), UploadStep::Wait(Some(_))), "one applies at a time");
    first.reply(ticket("7"));
    with_slot(&mut second);
    (first, second)
}

#[test]
fn the_media_of_an_apply_without_an_answer_is_searched_for() {
    let mut walk = new();
    walk.then("apply", Reply::Lost);
    // Media with another title, of another time, with an object, and the one without.
    walk.then(
        "search 第一课",
        found(&[("4", "第一课 2", 0), ("5", "第一课", -66_000), ("6", "第一课", 0), ("7", "第一课", 0)]),
    );
    walk.then("head", says(404, ""))
        .then("head", object(9, ETAG))
        .then("commit 7 Cancelled", committed("7"))
        .then("apply", ticket("8"));
    assert_eq!(walk.step(), "put 0+9");
    // In the next run.
    let mut first = new();
    assert_eq!(first.step(), "apply");
    let mut next = again(&first);
    next.then("search 第一课", found(&[("7", "第一课", 0)]))
        .then("head", says(404, ""))
        .then("commit 7 Cancelled", Reply::Lost);
    assert!(next.disk.as_deref().unwrap().contains("unsettled"));
    next.then("commit 7 Cancelled", Reply::Code(2110)).then("apply", ticket("8"));
    // Or when the upload is aborted.
    let mut abort = Walk::abort(first.disk.as_deref().unwrap()).unwrap();
    abort
        .then("search 第一课", found(&[("7", "第一课", 0)]))
        .then("head", says(404, ""))
        .then("commit 7 Cancelled", committed("7"))
        .ends("aborted");
    assert_eq!(abort.disk, None);
}

#[test]
fn a_search_reads_all_pages() {
    let page = |from: i64| {
        let ids: Vec<_> = (0..100).map(|n| (from - n).to_string()).collect();
        found(&ids.iter().map(|id| (id.as_str(), "第一课 2", 0)).collect::<Vec<_>>())
    };
    let mut walk = new();
    walk.then("apply", Reply::Lost).then("search 第一课", page(1000)).then("search 第一课", page(900));
    walk.then("search 第一课", found(&[("7", "第一课", 0)]))
        .then("head", says(404, ""))
        .then("commit 7 Cancelled", committed("7"));
    // A search that repeats its page ends.
    let mut walk = new();
    walk.then("apply", Reply::Lost)
        .then("search 第一课", page(1000))
        .then("search 第一课", page(1000))
        .then("apply", ticket("7"));
}

#[test]
fn uploads_with_the_same_title_keep_apart() {
    let (_first, mut second) = one_behind_another(to_qingcloud());
    assert!(matches!(second.next(AT), UploadStep::Save(_)));
    second.saved(Ok(()));
    let UploadStep::Ask(id, _) = second.next(AT) else { panic!("it applies") };
    let lost = vod_core::error::Fault::new(vod_core::error::FaultKind::Broken, true);
    second.answered(
        id,
        Err(Error::transport("qingcloud.upload.apply", vod_core::operation::Effect::Once, lost, 1)),
        AT,
    );
    releases_slot(&mut second);
    let UploadStep::Ask(id, question) = second.next(AT) else { panic!("it searches") };
    assert_eq!(question.info().id, "qingcloud.media.search");
    // The media of the other upload is found, and left alone.
    let body = json!({ "ret_code": 0, "MediaInfo": [{ "MediaId": "7", "BaseInfo": { "Title": "第一课", "PlayUrl": url("7") } }] }).to_string();
    second.answered(id, vod_core::response::read(question.info(), &crate::common::answer(200, body)), AT);
    assert!(matches!(second.next(AT), UploadStep::Save(_)));
    second.saved(Ok(()));
    assert!(!matches!(second.next(AT), UploadStep::Send(..)), "its object is not looked at");
    // A resumed upload searches before it applies.
    let searching = new();
    let mut searching = again(&{
        let mut walk = searching;
        assert_eq!(walk.step(), "apply");
        walk
    });
    assert_eq!(searching.step(), "search 第一课");
}

#[test]
fn a_media_whose_id_cannot_be_kept_is_searched_for() {
    for id in [String::new(), "7".repeat(201)] {
        let mut walk = new();
        walk.then("apply", ticket(&id));
        assert_eq!(walk.step(), "search 第一课");
        // The next run can read the checkpoint.
        assert_eq!(again(&walk).step(), "search 第一课");
        walk.reply(found(&[]));
        walk.then("apply", ticket("8"));
    }
}

#[test]
fn a_media_is_found_in_spite_of_a_small_clock_difference() {
    // The provider accepts calls that are dated up to a minute from now, without saying so.
    for ahead in [-60_000, 60_000] {
        let mut walk = new();
        walk.then("apply", Reply::Lost)
            .then("search 第一课", found(&[("7", "第一课", ahead)]))
            .then("head", says(404, ""));
        walk.then("commit 7 Cancelled", committed("7"));
    }
}

#[test]
fn a_delayed_apply_is_searched_for_until_its_end() {
    let mut walk = new();
    assert_eq!(walk.step(), "apply");
    // It had to wait, as other calls had used up the provider's rate limit.
    walk.now = AT.plus_millis(1_800_000);
    walk.reply(Reply::Lost);
    walk.then("search 第一课", found(&[("7", "第一课", 1_795_000), ("8", "第一课", 2_400_000)]))
        .then("head", says(404, ""));
    walk.then("commit 7 Cancelled", committed("7")).then("apply", ticket("9"));
}

#[test]
fn a_found_media_whose_id_cannot_be_kept_is_ignored() {
    for junk in [String::new(), "6".repeat(201)] {
        let mut walk = new();
        walk.then("apply", Reply::Lost)
            .then("search 第一课", found(&[("7", "第一课", 0), (&junk, "第一课", 0)]));
        walk.then("head", says(404, "")).then("commit 7 Cancelled", Reply::Lost);
        // The next run can read the checkpoint.
        again(&walk).then("commit 7 Cancelled", committed("7")).then("apply", ticket("8"));
    }
}

#[test]
fn titles_are_compared_without_surrounding_space() {
    let spaced = || ApplyUpload::new(" 第一课 ", "pek3b", MediaType::from("MP4")).into();
    // The provider may have trimmed it, so the search asks for the trimmed title.
    let mut walk = Walk::new(spaced(), &lesson(), None, &options()).unwrap();
    walk.then("apply", Reply::Lost)
        .then("search 第一课", found(&[("7", "第一课", 0)]))
        .then("head", says(404, ""));
    walk.then("commit 7 Cancelled", committed("7")).then("apply", ticket("8"));
    // Uploads whose titles differ only in space wait for each other.
    one_behind_another(spaced());
}

#[test]
fn a_search_ends_if_the_clock_differs_with_each_answer() {
    let mut walk = new();
    walk.then("apply", Reply::Lost);
    let mut clocks = [vod_core::time::Clock::default(); 2];
    clocks[0].learn(&AT.plus_millis(3_600_000).http_date(), AT, AT);
    let began = walk.now;
    for clock in clocks.into_iter().cycle().take(4) {
        let (id, question) = loop {
            match walk.upload.next(walk.now) {
                UploadStep::Ask(id, question) => break (id, question),
                UploadStep::Wait(Some(wait)) => walk.now = walk.now.plus(wait),
                UploadStep::Save(text) => {
                    walk.disk = text;
                    walk.upload.saved(Ok(()));
                }
                UploadStep::Slot => assert!(matches!(walk.upload.take(walk.now), Take::Nothing)),
                step => panic!("{step:?}"),
            }
        };
        let mut answered = vod_core::response::read(
            question.info(),
            &crate::common::answer(200, r#"{"ret_code":0}"#.to_owned()),
        )
        .unwrap();
        answered.clock = clock;
        walk.upload.answered(id, Ok(answered), walk.now);
    }
    assert!(walk.step().starts_with("failed qingcloud.media.search: "));
    assert!(
        walk.now > began && walk.disk.as_deref().unwrap().contains("asked"),
        "it pauses in between, and the next run searches again"
    );
}
