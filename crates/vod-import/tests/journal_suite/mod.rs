//! One suite for every journal. A database's own test file gives it a function that opens connections to a
//! new, empty journal, and `journal_suite!` makes the tests.

pub(crate) mod claims;
pub(crate) mod events;
pub(crate) mod evidence;
pub(crate) mod model;
pub(crate) mod planning;
pub(crate) mod reports;

use vod_core::Timestamp;
use vod_core::import::{KeyBy, OrderId, OrderOutcome, RowKey, Write};
use vod_core::polyv::upload::UploadInfo;
use vod_import::{
    ClaimedOrder, Counts, ImportId, Journal, Plan, PlanRow, Planned, RowQuery, RowRecord, RowState,
};

/// Opens one more connection to the journal of a test.
pub(crate) type Open<'o> = &'o (dyn Fn() -> Box<dyn Journal> + Sync);

/// Makes a test of each function of the suite. `$fresh` takes a function and calls it with an [`Open`] of an
/// empty journal.
#[macro_export]
macro_rules! journal_suite {
    ($fresh:path: $($module:ident { $($name:ident)* })*) => {
        $(mod $module {
            $(#[test]
            fn $name() {
                $fresh(|open| $crate::journal_suite::$module::$name(open));
            })*
        })*
    };
    ($fresh:path) => {
        $crate::journal_suite! { $fresh:
            planning {
                imports_have_names keys_decide_what_is_new edited_and_added_rows orders_have_per_order_rows
                all_kinds_of_rows_mix killed_readings_are_continued templates_have_their_own_orders
                forgotten_imports_leave_nothing one_process_has_an_import
            }
            claims {
                claims_are_durable halves_come_first workers_share_no_order every_state_and_outcome
                late_outcomes_change_nothing refusals_are_split resend_is_the_users_word
                retry_makes_new_orders only_doubtful_orders_are_proven looks_are_kept
            }
            evidence {
                classes_of_shared_titles videos_of_one_title_are_not_told_apart a_sole_video_is_the_rows
                older_videos_do_not_count videos_may_come_before_the_answer videos_are_counted_once
                listed_from_the_first_open_order
            }
            events {
                minted_states_name_rows own_states_name_rows shared_states_need_more unknown_events
                failures_are_found_by_url_and_title late_events_of_failed_rows callbacks_know_better
            }
            reports { rows_are_paged rows_say_why imports_are_counted }
            model { random_lives }
        }
    };
}

/// A time of the tests, in seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + seconds * 1_000)
}

pub(crate) const TEMPLATE: &str = r#"{"cataid":"1"}"#;

/// A good row.
pub(crate) fn row(line: u64, title: &str) -> PlanRow {
    row_with(line, UploadInfo::new(format!("https://cdn.example.com/{title}.mp4"), title))
}

pub(crate) fn row_with(line: u64, info: UploadInfo) -> PlanRow {
    PlanRow { line, key: Ok(RowKey::new(KeyBy::Row, &info)), info }
}

/// Good rows with titles of their own.
pub(crate) fn rows(lines: std::ops::RangeInclusive<u64>) -> Vec<PlanRow> {
    lines.map(|line| row(line, &format!("lesson {line}"))).collect()
}

/// Good rows of one title.
pub(crate) fn alike(lines: std::ops::RangeInclusive<u64>, title: &str) -> Vec<PlanRow> {
    let info = |line| UploadInfo::new(format!("https://cdn.example.com/{line}.mp4"), title);
    lines.map(|line| row_with(line, info(line))).collect()
}

/// A journal with one import.
pub(crate) struct Desk {
    pub(crate) journal: Box<dyn Journal>,
    pub(crate) import: ImportId,
}

impl Desk {
    pub(crate) fn new(open: Open<'_>) -> Self {
        let mut journal = open();
        let import = journal.open("lessons", at(0)).unwrap().id;
        Self { journal, import }
    }

    /// Reads a manifest from its beginning to its end.
    pub(crate) fn read(&mut self, rows: &[PlanRow], per_order: u32) -> Planned {
        let reading = self.journal.begin(self.import, at(0)).unwrap();
        let plan = Plan { rows, template: TEMPLATE, per_order };
        let planned = self.journal.plan(self.import, reading, &plan).unwrap();
        self.journal.finish(self.import, reading).unwrap();
        planned
    }

    /// Claims orders.
    pub(crate) fn claim(&mut self, count: usize, signed_at: Timestamp) -> Vec<ClaimedOrder> {
        let mut write = Write::default();
        (write.claim, write.signed_at) = (count, signed_at);
        self.journal.write(self.import, &write, signed_at).unwrap()
    }

    pub(crate) fn claim_one(&mut self, signed_at: Timestamp) -> ClaimedOrder {
        self.claim(1, signed_at).pop().expect("a planned order")
    }

    /// Writes the outcome of an order.
    pub(crate) fn end(&mut self, order: OrderId, outcome: OrderOutcome) {
        let mut write = Write::default();
        write.outcomes.push((order, outcome));
        assert!(self.journal.write(self.import, &write, at(50)).unwrap().is_empty());
    }

    /// Reads these rows, and the provider accepts them in orders of this size.
    pub(crate) fn accepted(&mut self, rows: &[PlanRow], per_order: u32) -> Vec<ClaimedOrder> {
        self.read(rows, per_order);
        let orders = self.claim(usize::MAX, at(10));
        orders.iter().for_each(|order| self.end(order.claimed.order, OrderOutcome::Accepted));
        orders
    }

    pub(crate) fn counts(&mut self) -> Counts {
        self.journal.counts(self.import, None).unwrap()
    }

    /// The rows in each state that has any. Those of the list are the same.
    pub(crate) fn states(&mut self) -> Vec<(RowState, u64)> {
        let counts = self.counts();
        let listed = self.listed();
        for state in RowState::ALL {
            let rows = listed.iter().filter(|row| row.state == state).count() as u64;
            assert_eq!(counts.of(state), rows, "{state:?} as counted and as listed");
        }
        RowState::ALL
            .into_iter()
            .map(|state| (state, counts.of(state)))
            .filter(|(_, rows)| *rows > 0)
            .collect()
    }

    /// All rows.
    pub(crate) fn listed(&mut self) -> Vec<RowRecord> {
        let query = RowQuery { reading: None, states: &[], after: (0, 0), limit: u32::MAX };
        self.journal.rows(self.import, &query).unwrap()
    }

    /// The row of this title.
    pub(crate) fn titled(&mut self, title: &str) -> RowRecord {
        let mut rows = self.listed();
        rows.retain(|row| row.info.title == title);
        assert_eq!(rows.len(), 1, "{title}");
        rows.remove(0)
    }
}

pub(crate) fn refused() -> OrderOutcome {
    OrderOutcome::Refused { code: "400".to_owned(), message: "Title is null!".to_owned() }
}
