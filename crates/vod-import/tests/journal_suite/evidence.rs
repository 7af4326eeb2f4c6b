//! What the provider's lists say about rows.

use super::{Desk, Open, alike, at, rows};
use vod_core::import::{Class, Looks, OrderOutcome, executed};
use vod_import::{RowState, SeenVideo};

pub(crate) fn video(vid: &str, title: &str, seconds: i64) -> SeenVideo {
    SeenVideo { vid: vid.to_owned(), title: title.to_owned(), created_at: at(seconds), play_url: None }
}

fn videos(count: std::ops::Range<u64>, title: &str) -> Vec<SeenVideo> {
    count.map(|number| video(&format!("v{number}"), title, 20)).collect()
}

fn class(accepted: u64, open: impl IntoIterator<Item = (u64, u64)>, videos: u64) -> Class {
    let mut class = Class::new();
    (class.accepted, class.open, class.videos) = (accepted, open.into_iter().collect(), videos);
    class
}

pub(crate) fn classes_of_shared_titles(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.accepted(&rows(1..=3), 3);
    let mut manifest = rows(1..=3);
    // Five rows of one title: two accepted, two unknown, one in flight.
    manifest.extend(alike(11..=15, "same"));
    desk.read(&manifest, 2);
    let [accepted, unknown, sending] = [11, 12, 13].map(|second| desk.claim_one(at(second)).claimed.order);
    desk.end(accepted, OrderOutcome::Accepted);
    desk.end(unknown, OrderOutcome::Unknown);
    let open = [(unknown.number, 2), (sending.number, 1)];
    assert_eq!(desk.journal.classes(desk.import).unwrap(), [class(2, open, 0)], "titles of open orders only");
    assert_eq!(desk.journal.saw(desk.import, &videos(0..3, "same"), at(30)).unwrap(), 0);
    let classes = desk.journal.classes(desk.import).unwrap();
    assert_eq!(classes, [class(2, open, 3)]);
    assert!(executed(&classes).is_empty());
    assert_eq!(desk.journal.saw(desk.import, &videos(3..4, "same"), at(31)).unwrap(), 0);
    let proven: Vec<_> = executed(&desk.journal.classes(desk.import).unwrap()).into_iter().collect();
    assert_eq!(proven, [unknown.number], "there are more videos than the others account for");
    assert_eq!(desk.journal.prove(desk.import, &proven, at(32)).unwrap(), 1);
    // The last row was not executed: now there are as many videos as accepted rows.
    desk.end(sending, OrderOutcome::NotExecuted);
    assert_eq!(desk.states(), [(RowState::Planned, 1), (RowState::Accepted, 3), (RowState::Fetched, 4)]);
}

pub(crate) fn videos_of_one_title_are_not_told_apart(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&alike(1..=100, "same"), 60);
    let [unknown, accepted] = [1, 2].map(|second| desk.claim_one(at(second)).claimed.order);
    desk.end(unknown, OrderOutcome::Unknown);
    desk.end(accepted, OrderOutcome::Accepted);
    assert_eq!(desk.journal.saw(desk.import, &videos(0..40, "same"), at(30)).unwrap(), 0);
    let classes = desk.journal.classes(desk.import).unwrap();
    assert_eq!(classes, [class(40, [(unknown.number, 60)], 40)]);
    assert!(executed(&classes).is_empty(), "the 40 accepted rows account for all of them");
    // The 60 are certainly not there: the 40 are, and no row has a video of its own.
    desk.end(unknown, OrderOutcome::NotExecuted);
    assert_eq!(desk.states(), [(RowState::Planned, 60), (RowState::Fetched, 40)]);
    assert!(desk.listed().iter().all(|row| row.vid.is_none() && row.play_url.is_none()));
    // What was counted does not count for the next order of this title.
    let again = desk.claim_one(at(40)).claimed.order;
    desk.end(again, OrderOutcome::Unknown);
    assert_eq!(desk.journal.classes(desk.import).unwrap(), [class(0, [(again.number, 60)], 0)]);
}

pub(crate) fn a_sole_video_is_the_rows(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.accepted(&rows(1..=3), 3);
    let mut seen = video("vid-2", "lesson 2", 15);
    assert_eq!(desk.journal.saw(desk.import, &[seen.clone(), video("x", "none", 1)], at(30)).unwrap(), 1);
    let row = desk.titled("lesson 2");
    assert_eq!((row.state, row.vid.as_deref(), row.play_url), (RowState::Fetched, Some("vid-2"), None));
    assert_eq!((row.sent_at, row.settled_at), (Some(at(10)), Some(at(30))));
    // Seen again, nothing changes; later it can be played.
    assert_eq!(desk.journal.saw(desk.import, &[seen.clone()], at(31)).unwrap(), 0);
    seen.play_url = Some("https://play.example.com/2".to_owned());
    assert_eq!(desk.journal.saw(desk.import, &[seen.clone()], at(32)).unwrap(), 1);
    assert_eq!(desk.journal.saw(desk.import, &[seen], at(33)).unwrap(), 0);
    let row = desk.titled("lesson 2");
    assert_eq!(row.play_url.as_deref(), Some("https://play.example.com/2"));
    assert_eq!(row.settled_at, Some(at(30)));
    // A list that shows it without one does not take it away.
    desk.journal.saw(desk.import, &[video("vid-2", "lesson 2", 15)], at(34)).unwrap();
    assert!(desk.titled("lesson 2").play_url.is_some());
    assert_eq!(desk.states(), [(RowState::Accepted, 2), (RowState::Fetched, 1)]);
}

pub(crate) fn older_videos_do_not_count(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&rows(1..=1), 1);
    let order = desk.claim_one(at(1_000)).claimed.order;
    desk.end(order, OrderOutcome::Unknown);
    desk.journal.saw(desk.import, &[video("old", "lesson 1", 900)], at(1_100)).unwrap();
    assert_eq!(desk.journal.classes(desk.import).unwrap(), [class(0, [(order.number, 1)], 0)]);
    // A creation time has whole seconds.
    desk.journal.saw(desk.import, &[video("new", "lesson 1", 999)], at(1_100)).unwrap();
    assert_eq!(desk.journal.classes(desk.import).unwrap(), [class(0, [(order.number, 1)], 1)]);
    // The video of an attempt before counts for the order that is sent again.
    desk.journal.looked(desk.import, &[(order, Looks::default(), true)], at(2_000)).unwrap();
    desk.journal.resend(desk.import, &[order.number], at(2_000)).unwrap();
    assert_eq!(desk.journal.classes(desk.import).unwrap().len(), 1, "planned, but in doubt");
    let again = desk.claim_one(at(2_000)).claimed.order;
    assert_eq!(again.attempt, 2);
    // Both attempts may have made one.
    let mut expected = class(0, [(order.number, 1)], 1);
    expected.again = 1;
    assert_eq!(desk.journal.classes(desk.import).unwrap(), [expected]);
    assert_eq!(desk.journal.prove(desk.import, &[order.number], at(2_001)).unwrap(), 1);
    assert_eq!(desk.titled("lesson 1").vid.as_deref(), Some("new"));
}

pub(crate) fn videos_may_come_before_the_answer(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&rows(1..=4), 2);
    let [one, other] = [10, 11].map(|second| desk.claim_one(at(second)).claimed.order);
    let seen: Vec<_> = (1..=4).map(|n| video(&format!("v{n}"), &format!("lesson {n}"), 12)).collect();
    assert_eq!(desk.journal.saw(desk.import, &seen, at(13)).unwrap(), 0);
    desk.end(one, OrderOutcome::Accepted);
    assert_eq!(desk.states(), [(RowState::Sending, 2), (RowState::Fetched, 2)]);
    assert_eq!(desk.journal.prove(desk.import, &[other.number], at(14)).unwrap(), 1);
    assert_eq!(desk.states(), [(RowState::Fetched, 4)]);
    assert_eq!(desk.titled("lesson 4").vid.as_deref(), Some("v4"));
}

pub(crate) fn videos_are_counted_once(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.accepted(&alike(1..=2, "same"), 2);
    // More videos than rows: somebody made another. Which is whose is not known.
    assert_eq!(desk.journal.saw(desk.import, &videos(0..1, "same"), at(20)).unwrap(), 0);
    assert_eq!(desk.journal.saw(desk.import, &videos(0..1, "same"), at(20)).unwrap(), 0, "the same one");
    assert_eq!(desk.journal.saw(desk.import, &videos(0..3, "same"), at(20)).unwrap(), 0);
    assert_eq!(desk.states(), [(RowState::Accepted, 2)]);
    // A video that was renamed is of its new title.
    assert_eq!(desk.journal.saw(desk.import, &[video("v2", "renamed", 20)], at(21)).unwrap(), 0);
    assert_eq!(desk.journal.saw(desk.import, &videos(0..1, "same"), at(22)).unwrap(), 2);
    assert_eq!(desk.states(), [(RowState::Fetched, 2)]);
}

pub(crate) fn listed_from_the_first_open_order(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&rows(1..=2), 1);
    assert_eq!(desk.journal.listed_from(desk.import).unwrap(), None);
    let [one, other] = [10, 20].map(|second| desk.claim_one(at(second)).claimed.order);
    assert_eq!(desk.journal.listed_from(desk.import).unwrap(), Some(at(10)));
    desk.end(one, OrderOutcome::Accepted);
    desk.end(other, OrderOutcome::Accepted);
    assert_eq!(desk.journal.listed_from(desk.import).unwrap(), Some(at(10)));
    desk.journal.saw(desk.import, &[video("v1", "lesson 1", 11)], at(30)).unwrap();
    assert_eq!(desk.journal.listed_from(desk.import).unwrap(), Some(at(20)));
    desk.journal.saw(desk.import, &[video("v2", "lesson 2", 21)], at(30)).unwrap();
    assert_eq!(desk.journal.listed_from(desk.import).unwrap(), None);
}
