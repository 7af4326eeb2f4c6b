//! Manifests become orders.

use super::{Desk, Open, TEMPLATE, at, row, row_with, rows};
use std::collections::BTreeSet;
use vod_core::polyv::upload::UploadInfo;
use vod_import::{ImportId, JournalError, Plan, PlanRow, Planned, RowQuery, RowState};

pub(crate) fn imports_have_names(open: Open<'_>) {
    let mut journal = open();
    assert_eq!(journal.find("one").unwrap(), None);
    let one = journal.open("one", at(1)).unwrap();
    let other = journal.open("课程", at(2)).unwrap();
    assert_eq!((one.name.as_str(), one.created_at, other.name.as_str()), ("one", at(1), "课程"));
    assert!(one.id != other.id && one.token != other.token);
    // The same in another connection, and later.
    let mut journal = open();
    assert_eq!(journal.open("one", at(3)).unwrap(), one);
    assert_eq!(journal.find("课程").unwrap(), Some(other));
}

pub(crate) fn keys_decide_what_is_new(open: Open<'_>) {
    let mut desk = Desk::new(open);
    let invalid = PlanRow {
        line: 5,
        info: UploadInfo::new("ftp://cdn.example.com/e.mp4", ""),
        key: Err("title: expected a text, got none".to_owned()),
    };
    let manifest = [row(2, "a"), row(3, "b"), row(4, "a"), invalid];
    assert_eq!(desk.read(&manifest, 100), Planned { new: 2, skipped: 1, invalid: 1, ..Planned::default() });
    let expected = [(RowState::Invalid, 1), (RowState::Skipped, 1), (RowState::Planned, 2)];
    assert_eq!(desk.states(), expected);
    // The same manifest again imports nothing, and counts the same.
    assert_eq!(desk.read(&manifest, 100), Planned { known: 2, skipped: 1, invalid: 1, ..Planned::default() });
    assert_eq!(desk.states(), expected);
    assert_eq!(desk.journal.counts(desk.import, Some(2)).unwrap(), desk.counts());
    // Another import knows nothing of these keys.
    let other = desk.journal.open("other", at(0)).unwrap().id;
    let reading = desk.journal.begin(other, at(0)).unwrap();
    let plan = Plan { rows: &manifest, template: TEMPLATE, per_order: 100 };
    assert_eq!(desk.journal.plan(other, reading, &plan).unwrap().new, 2);
}

pub(crate) fn edited_and_added_rows(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.accepted(&rows(1..=300), 100);
    let mut manifest = rows(1..=500);
    manifest[9] = row(10, "edited");
    let planned = desk.read(&manifest, 100);
    assert_eq!(planned, Planned { new: 201, known: 299, ..Planned::default() });
    assert_eq!(desk.states(), [(RowState::Planned, 201), (RowState::Accepted, 300)]);
    // The row that was edited is still there as it was, but not in this manifest.
    assert_eq!(desk.titled("lesson 10").state, RowState::Accepted);
    let counts = desk.journal.counts(desk.import, Some(2)).unwrap();
    assert_eq!((counts.of(RowState::Planned), counts.of(RowState::Accepted)), (201, 299));
    assert_eq!(counts.orders, 3 + 3);
    let query = RowQuery { reading: Some(2), states: &[RowState::Accepted], after: (0, 0), limit: 1000 };
    assert_eq!(desk.journal.rows(desk.import, &query).unwrap().len(), 299);
    // A row that moves to another line keeps its state.
    assert_eq!(desk.read(&[row(7, "lesson 1")], 100).known, 1);
    assert_eq!((desk.titled("lesson 1").line, desk.titled("lesson 1").state), (7, RowState::Accepted));
}

pub(crate) fn orders_have_per_order_rows(open: Open<'_>) {
    let mut desk = Desk::new(open);
    let reading = desk.journal.begin(desk.import, at(0)).unwrap();
    // Calls of any size fill the same orders.
    for lines in [1..=1, 2..=19, 20..=40, 41..=45] {
        let plan = Plan { rows: &rows(lines), template: TEMPLATE, per_order: 10 };
        desk.journal.plan(desk.import, reading, &plan).unwrap();
    }
    let orders = desk.claim(usize::MAX, at(1));
    let sizes: Vec<_> = orders.iter().map(|order| (order.claimed.rows, order.rows.len())).collect();
    assert_eq!(sizes, [(10, 10); 4], "the fifth is not full, and the reading goes on");
    let titles: Vec<_> = orders.iter().flat_map(|order| &order.rows).map(|row| row.title.as_str()).collect();
    assert!((1..=40).map(|line| format!("lesson {line}")).eq(titles), "in the order of the manifest");
    desk.journal.finish(desk.import, reading).unwrap();
    assert_eq!(desk.claim(usize::MAX, at(2)).len(), 1);
    assert_eq!(desk.counts().orders, 5);
}

/// New rows, known ones, repeated ones and invalid ones in long and short runs: whatever a journal does for
/// many rows at once, each row is what it is alone.
pub(crate) fn all_kinds_of_rows_mix(open: Open<'_>) {
    let mut desk = Desk::new(open);
    let first = desk.accepted(&rows(1..=300), 100);
    assert_eq!(first.len(), 3);
    let (mut seen, mut new, mut expected) = (BTreeSet::new(), Vec::new(), Planned::default());
    let mut random = 7_u64;
    let manifest: Vec<PlanRow> = (1..=3_000)
        .map(|line: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // 60 rows that are nearly all new, and then 60 of which half are.
            let most = if (line / 60).is_multiple_of(2) { 98 } else { 50 };
            let number = match random >> 33 {
                draw if draw % 100 < most => 1_000 + line,
                draw => draw % (line + 300),
            };
            if number % 97 == 0 {
                expected.invalid += 1;
                return PlanRow { key: Err("title: bad".to_owned()), ..row(line, "bad") };
            }
            let title = format!("lesson {number}");
            match (seen.insert(number), (1..=300).contains(&number)) {
                (false, _) => expected.skipped += 1,
                (true, true) => expected.known += 1,
                (true, false) => {
                    expected.new += 1;
                    new.push(title.clone());
                }
            }
            row(line, &title)
        })
        .collect();
    assert!(expected.new > 1_000 && expected.known > 50 && expected.skipped > 50, "{expected:?}");
    assert_eq!(desk.read(&manifest, 100), expected);
    let orders = desk.claim(usize::MAX, at(2));
    let (full, last) = orders.split_at(orders.len() - 1);
    assert!(full.iter().all(|order| (order.claimed.rows, order.rows.len()) == (100, 100)));
    assert_eq!(last[0].claimed.rows as usize, last[0].rows.len());
    let sent: Vec<_> = orders.iter().flat_map(|order| &order.rows).map(|row| row.title.clone()).collect();
    assert_eq!(sent, new);
    let again = Planned { new: 0, known: expected.new + expected.known, ..expected };
    assert_eq!(desk.read(&manifest, 100), again);
}

pub(crate) fn killed_readings_are_continued(open: Open<'_>) {
    let mut desk = Desk::new(open);
    let reading = desk.journal.begin(desk.import, at(0)).unwrap();
    let plan = Plan { rows: &rows(1..=15), template: TEMPLATE, per_order: 10 };
    desk.journal.plan(desk.import, reading, &plan).unwrap();
    drop(desk);
    // Without an end. The next one finds what is there and fills the order.
    let mut desk = Desk::new(open);
    let planned = desk.read(&rows(1..=30), 10);
    assert_eq!((planned.new, planned.known), (15, 15));
    let sizes: Vec<_> = desk.claim(9, at(1)).iter().map(|order| order.claimed.rows).collect();
    assert_eq!(sizes, [10, 10, 10]);
}

pub(crate) fn templates_have_their_own_orders(open: Open<'_>) {
    let mut desk = Desk::new(open);
    let reading = desk.journal.begin(desk.import, at(0)).unwrap();
    for (lines, template) in [(1..=3, "{}"), (4..=6, TEMPLATE), (7..=9, "{}")] {
        let plan = Plan { rows: &rows(lines), template, per_order: 100 };
        desk.journal.plan(desk.import, reading, &plan).unwrap();
    }
    desk.journal.finish(desk.import, reading).unwrap();
    let orders = desk.claim(9, at(1));
    let shape: Vec<_> = orders.iter().map(|order| (order.template.as_str(), order.rows.len())).collect();
    assert_eq!(shape, [("{}", 6), (TEMPLATE, 3)]);
}

pub(crate) fn forgotten_imports_leave_nothing(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.accepted(&rows(1..=20), 10);
    let other = desk.journal.open("other", at(0)).unwrap();
    let token = desk.journal.find("lessons").unwrap().unwrap().token;
    desk.journal.hold(desk.import).unwrap();
    desk.journal.forget(desk.import).unwrap();
    assert_eq!(desk.journal.find("lessons").unwrap(), None);
    assert_eq!(desk.counts().rows(), 0);
    assert!(desk.journal.imports().unwrap().iter().map(|(import, _)| import).eq([&other]));
    // An import of the same name is another one: callbacks of the old rows find nothing in it.
    let mut desk = Desk::new(open);
    assert_ne!(desk.journal.find("lessons").unwrap().unwrap().token, token);
    assert_eq!(desk.read(&rows(1..=20), 10).new, 20);
}

pub(crate) fn one_process_has_an_import(open: Open<'_>) {
    let (mut one, mut other) = (Desk::new(open), Desk::new(open));
    let free = one.journal.open("free", at(0)).unwrap().id;
    one.journal.hold(one.import).unwrap();
    one.journal.hold(one.import).unwrap();
    let held = other.journal.hold(other.import).unwrap_err();
    assert!(matches!(&held, JournalError::Held { name, .. } if name == "lessons"), "{held:?}");
    assert!(!held.is_retryable());
    other.journal.hold(free).unwrap();
    one.journal.release(one.import).unwrap();
    other.journal.hold(other.import).unwrap();
    // The end of a connection gives back what it had.
    drop(other);
    one.journal.hold(one.import).unwrap();
    one.journal.release(ImportId(99)).unwrap();
    let long = "长".repeat(200);
    assert_eq!(one.read(&[row_with(1, UploadInfo::new("https://cdn.example.com/1.mp4", long))], 1).new, 1);
}
