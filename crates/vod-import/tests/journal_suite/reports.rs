//! Counts and rows, as reports have them.

use super::{Desk, Open, TEMPLATE, at, refused, row, rows};
use vod_core::import::OrderOutcome;
use vod_core::polyv::upload::UploadInfo;
use vod_import::{Plan, PlanRow, RowQuery, RowState};

pub(crate) fn rows_are_paged(open: Open<'_>) {
    let mut desk = Desk::new(open);
    // Two manifests, so that lines are there twice.
    desk.accepted(&rows(1..=25), 10);
    desk.read(&(1..=20).map(|line| row(line, &format!("other {line}"))).collect::<Vec<_>>(), 10);
    for states in [&[][..], &[RowState::Accepted], &[RowState::Planned, RowState::Failed]] {
        for limit in [1, 7, 100] {
            let (mut all, mut after) = (Vec::new(), (0, 0));
            loop {
                let query = RowQuery { reading: None, states, after, limit };
                let page = desk.journal.rows(desk.import, &query).unwrap();
                let Some(last) = page.last() else { break };
                after = (last.line, last.number);
                all.extend(page);
            }
            let expected = match states {
                [] => 45,
                [RowState::Accepted] => 25,
                _ => 20,
            };
            assert_eq!(all.len(), expected, "{states:?} by {limit}");
            assert!(all.is_sorted_by(|a, b| (a.line, a.number) < (b.line, b.number)));
        }
    }
    let query = RowQuery { reading: Some(2), states: &[], after: (19, 0), limit: 10 };
    let lines: Vec<_> = desk.journal.rows(desk.import, &query).unwrap().iter().map(|row| row.line).collect();
    assert_eq!(lines, [19, 20]);
}

pub(crate) fn rows_say_why(open: Open<'_>) {
    let mut desk = Desk::new(open);
    let info = UploadInfo::new("ftp://cdn.example.com/5.mp4", "b").with_state("own");
    let reason = "fileUrl: expected an http or https URL".to_owned();
    let bad = PlanRow { line: 5, info: info.clone(), key: Err(reason.clone()) };
    desk.read(&[row(2, "a"), row(3, "a"), row(4, "c"), bad], 1);
    let order = desk.claim_one(at(10)).claimed.order;
    let planned = desk.titled("c");
    assert_eq!((planned.sent_at, planned.settled_at), (None, None));
    desk.end(order, refused());
    let listed = desk.listed();
    let why: Vec<_> = listed.iter().map(|row| (row.line, row.state, row.reason.as_deref())).collect();
    assert_eq!(
        why,
        [
            (2, RowState::Refused, Some("400: Title is null!")),
            (3, RowState::Skipped, Some("line 2")),
            (4, RowState::Planned, None),
            (5, RowState::Invalid, Some(reason.as_str())),
        ]
    );
    assert_eq!((listed[0].sent_at, listed[0].settled_at), (Some(at(10)), Some(at(50))));
    assert_eq!(listed[3].info, info, "as the manifest has it");
    assert_eq!(listed[1].info.state, None, "what is never sent has no minted state");
    assert!(listed[0].info.state.is_some() && listed[2].info.state.is_some());
}

pub(crate) fn imports_are_counted(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.accepted(&rows(1..=30), 10);
    desk.read(&[rows(1..=30), vec![row(31, "a"), row(32, "a")]].concat(), 10);
    let other = desk.journal.open("other", at(5)).unwrap();
    let reading = desk.journal.begin(other.id, at(5)).unwrap();
    let plan = Plan { rows: &rows(1..=5), template: TEMPLATE, per_order: 10 };
    desk.journal.plan(other.id, reading, &plan).unwrap();
    let imports = desk.journal.imports().unwrap();
    assert_eq!(imports.len(), 2);
    assert_eq!((&imports[0].0, imports[0].1.of(RowState::Planned), imports[0].1.orders), (&other, 5, 1));
    assert_eq!((imports[1].0.id, imports[1].1), (desk.import, desk.counts()));
    let counts = imports[1].1;
    assert_eq!((counts.of(RowState::Accepted), counts.of(RowState::Skipped)), (30, 1));
    assert_eq!((counts.rows(), counts.orders), (32, 4));
    let order = desk.claim_one(at(60)).claimed.order;
    desk.end(order, OrderOutcome::Unknown);
    assert_eq!(desk.counts().of(RowState::Unknown), 1);
}
