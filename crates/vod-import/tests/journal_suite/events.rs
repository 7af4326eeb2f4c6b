//! Callbacks settle rows.

use super::evidence::video;
use super::{Desk, Open, at, row_with, rows};
use vod_core::import::{MintedState, OrderOutcome};
use vod_core::polyv::upload::UploadInfo;
use vod_import::{PlanRow, RowEvent, RowState};

fn fetched(state: &str, vid: &str) -> RowEvent {
    RowEvent::Fetched { state: state.to_owned(), vid: vid.to_owned() }
}

fn failed(state: Option<&str>, info: &UploadInfo) -> RowEvent {
    RowEvent::Failed {
        state: state.map(str::to_owned),
        file_url: info.file_url.clone(),
        title: info.title.clone(),
    }
}

fn own(line: u64, url: &str, title: &str, state: &str) -> PlanRow {
    let info = UploadInfo::new(format!("https://cdn.example.com/{url}.mp4"), title);
    row_with(line, info.with_state(state))
}

pub(crate) fn minted_states_name_rows(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&rows(1..=6), 3);
    let [one, other] = [10, 11].map(|second| desk.claim_one(at(second)));
    desk.end(one.claimed.order, OrderOutcome::Unknown);
    let state = |row: usize| one.rows[row].state.clone().unwrap();
    assert!(desk.journal.event(&fetched(&state(0), "v1"), at(20)).unwrap());
    // The order is proven with all its rows.
    let expected = [(RowState::Sending, 3), (RowState::Accepted, 2), (RowState::Fetched, 1)];
    assert_eq!(desk.states(), expected);
    let row = desk.titled("lesson 1");
    assert_eq!((row.vid.as_deref(), row.settled_at), (Some("v1"), Some(at(20))));
    // Told twice, it changes nothing; another row's failure does.
    assert!(desk.journal.event(&fetched(&state(0), "v1"), at(21)).unwrap());
    assert_eq!(desk.states(), expected);
    assert!(desk.journal.event(&failed(Some(&state(1)), &one.rows[1]), at(22)).unwrap());
    assert!(desk.journal.event(&failed(Some(&state(1)), &one.rows[1]), at(23)).unwrap());
    let row = desk.titled("lesson 2");
    assert_eq!((row.state, row.settled_at), (RowState::Failed, Some(at(22))));
    assert_eq!(row.reason.as_deref(), Some("the provider could not fetch the URL"));
    // The video that the callback named is the row's when a list shows it.
    let mut seen = video("v1", "lesson 1", 12);
    seen.play_url = Some("https://play.example.com/1".to_owned());
    assert_eq!(desk.journal.saw(desk.import, &[seen], at(24)).unwrap(), 1);
    assert_eq!(desk.titled("lesson 1").play_url.as_deref(), Some("https://play.example.com/1"));
    // The late answer of the order changes nothing.
    desk.end(one.claimed.order, OrderOutcome::Unknown);
    desk.end(other.claimed.order, OrderOutcome::Accepted);
    assert_eq!(desk.states(), [(RowState::Accepted, 4), (RowState::Fetched, 1), (RowState::Failed, 1)]);
}

pub(crate) fn own_states_name_rows(open: Open<'_>) {
    let mut desk = Desk::new(open);
    let manifest = [own(2, "a", "a", "row-1"), own(3, "b", "b", "row-2"), own(4, "c", "c", "")];
    let orders = desk.accepted(&manifest, 10);
    let states: Vec<_> = orders[0].rows.iter().map(|row| row.state.as_deref().unwrap()).collect();
    assert_eq!(states[..2], ["row-1", "row-2"]);
    assert!(states[2].parse::<MintedState>().is_ok(), "an empty state is none");
    assert!(desk.journal.event(&fetched("row-2", "v2"), at(20)).unwrap());
    assert_eq!(desk.titled("b").vid.as_deref(), Some("v2"));
    assert!(desk.journal.event(&failed(Some("row-1"), &manifest[0].info), at(20)).unwrap());
    assert_eq!(desk.titled("a").state, RowState::Failed);
    // The video came after all.
    assert!(desk.journal.event(&fetched("row-1", "v1"), at(21)).unwrap());
    assert_eq!((desk.titled("a").state, desk.titled("a").reason), (RowState::Fetched, None));
    assert!(desk.journal.event(&failed(Some("row-1"), &manifest[0].info), at(22)).unwrap());
    assert_eq!(desk.states(), [(RowState::Accepted, 1), (RowState::Fetched, 2)]);
}

pub(crate) fn shared_states_need_more(open: Open<'_>) {
    let mut desk = Desk::new(open);
    let manifest = [
        own(2, "a", "a", "batch"),
        own(3, "b", "b", "batch"),
        own(4, "c", "c", "batch"),
        own(5, "d", "d", "batch"),
    ];
    desk.read(&manifest, 2);
    let [one, other] = [10, 11].map(|second| desk.claim_one(at(second)).claimed.order);
    desk.end(one, OrderOutcome::Unknown);
    // Of one of both orders, nobody knows which.
    assert!(!desk.journal.event(&fetched("batch", "v1"), at(20)).unwrap());
    assert_eq!(desk.states(), [(RowState::Sending, 2), (RowState::Unknown, 2)]);
    // A failure has the URL and the title.
    assert!(desk.journal.event(&failed(Some("batch"), &manifest[1].info), at(21)).unwrap());
    let expected = [(RowState::Sending, 2), (RowState::Accepted, 1), (RowState::Failed, 1)];
    assert_eq!(desk.states(), expected);
    // The title that was seen of a video says which one it is.
    desk.journal.saw(desk.import, &[video("v3", "c", 12)], at(22)).unwrap();
    assert!(desk.journal.event(&fetched("batch", "v3"), at(23)).unwrap());
    assert_eq!(desk.titled("c").vid.as_deref(), Some("v3"));
    assert_eq!(desk.states(), [(RowState::Accepted, 2), (RowState::Fetched, 1), (RowState::Failed, 1)]);
    desk.end(other, OrderOutcome::NotExecuted);
    assert_eq!(desk.titled("d").state, RowState::Accepted, "it is proven");
}

pub(crate) fn unknown_events(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&[own(2, "a", "a", "row-1")], 1);
    let none = UploadInfo::new("https://cdn.example.com/none.mp4", "none");
    let token = desk.journal.find("lessons").unwrap().unwrap().token;
    let events = [
        fetched("row-2", "v"),
        fetched("", "v"),
        fetched(&MintedState::new(token, 99_999).to_string(), "v"),
        fetched(&MintedState::new(token ^ 1, 1).to_string(), "v"),
        fetched(&MintedState::new(token, u64::MAX).to_string(), "v"),
        failed(Some("row-2"), &none),
        failed(None, &none),
        // Of another program that uses the same state: this row was never sent.
        fetched("row-1", "v"),
    ];
    for event in &events {
        assert!(!desk.journal.event(event, at(20)).unwrap(), "{event:?}");
    }
    let order = desk.claim_one(at(30)).claimed.order;
    desk.end(order, OrderOutcome::NotExecuted);
    assert!(!desk.journal.event(&fetched("row-1", "v"), at(40)).unwrap(), "certainly not executed");
    assert_eq!(desk.states(), [(RowState::Planned, 1)]);
    // A minted state is the row's only if the row has none of its own.
    desk.claim_one(at(50));
    let number = desk.titled("a").number;
    assert!(
        !desk.journal.event(&fetched(&MintedState::new(token, number).to_string(), "v"), at(60)).unwrap()
    );
}

pub(crate) fn failures_are_found_by_url_and_title(open: Open<'_>) {
    let mut desk = Desk::new(open);
    let orders = desk.accepted(&[own(2, "a", "same", "1"), own(3, "b", "same", "2")], 10);
    let info = &orders[0].rows[1];
    assert!(desk.journal.event(&failed(None, info), at(20)).unwrap());
    assert!(desk.journal.event(&failed(None, info), at(21)).unwrap(), "told twice");
    let states: Vec<_> = desk.listed().iter().map(|row| row.state).collect();
    assert_eq!(states, [RowState::Accepted, RowState::Failed]);
    // One video is left for one row, so it is that row's.
    assert_eq!(desk.journal.saw(desk.import, &[video("v", "same", 12)], at(22)).unwrap(), 1);
    assert_eq!(desk.listed()[0].vid.as_deref(), Some("v"));
}

pub(crate) fn late_events_of_failed_rows(open: Open<'_>) {
    let mut desk = Desk::new(open);
    let mut manifest = rows(1..=3);
    manifest.push(own(4, "own", "own", "row-4"));
    let orders = desk.accepted(&manifest, 10);
    for row in &orders[0].rows[1..] {
        assert!(desk.journal.event(&failed(row.state.as_deref(), row), at(20)).unwrap());
    }
    assert_eq!(desk.states(), [(RowState::Accepted, 1), (RowState::Failed, 3)]);
    assert_eq!(desk.journal.retry(desk.import, 2, at(30)).unwrap(), 3);
    assert_eq!(desk.states(), [(RowState::Planned, 3), (RowState::Accepted, 1)]);
    // The same callbacks once more, while the new orders are planned and on their way: they prove nothing.
    for signed_at in [40, 50] {
        for row in &orders[0].rows[1..] {
            assert!(!desk.journal.event(&failed(row.state.as_deref(), row), at(45)).unwrap());
        }
        desk.claim(1, at(signed_at));
    }
    assert_eq!(desk.states(), [(RowState::Sending, 3), (RowState::Accepted, 1)]);
    let again = desk.journal.open_orders(desk.import).unwrap();
    again.iter().for_each(|order| desk.end(order.order, OrderOutcome::Accepted));
    let row = desk.titled("lesson 2");
    assert_ne!(row.info.state, orders[0].rows[1].state, "a new row for callbacks");
    assert!(desk.journal.event(&fetched(row.info.state.as_deref().unwrap(), "v2"), at(60)).unwrap());
    assert!(desk.journal.event(&fetched("row-4", "v4"), at(60)).unwrap());
    assert_eq!(desk.states(), [(RowState::Accepted, 2), (RowState::Fetched, 2)]);
}

pub(crate) fn callbacks_know_better(open: Open<'_>) {
    let mut desk = Desk::new(open);
    let manifest = [own(2, "a", "a", "1"), own(3, "b", "b", "2")];
    desk.accepted(&manifest, 10);
    desk.journal.saw(desk.import, &[video("v", "a", 12)], at(20)).unwrap();
    assert_eq!(desk.titled("a").vid.as_deref(), Some("v"));
    // Somebody gave the video of the other row this title.
    assert!(desk.journal.event(&fetched("2", "v"), at(21)).unwrap());
    assert_eq!((desk.titled("a").state, desk.titled("a").vid), (RowState::Accepted, None));
    assert_eq!((desk.titled("b").state, desk.titled("b").vid.as_deref()), (RowState::Fetched, Some("v")));
    assert_eq!(desk.states(), [(RowState::Accepted, 1), (RowState::Fetched, 1)]);
}
