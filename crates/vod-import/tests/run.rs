//! The loop of an import, with a provider that never answers its orders.

use std::cell::RefCell;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;
use vod_core::call::{Outcome, Shared, Step};
use vod_core::error::{Error, Fault, FaultKind};
use vod_core::import::{ImportOptions, KeyBy, ReadOptions, Reader};
use vod_core::operation::Effect;
use vod_core::polyv::upload::UploadUrls;
use vod_core::retry::Policy;
use vod_core::time::Clock;
use vod_core::upload::CancelToken;
use vod_core::{Operation as _, Timestamp};
use vod_driver::now;
use vod_import::{
    Duplicates, Job, Journal as _, Link, Planner, Report, RowState, RunEvent, RunOptions, SqliteJournal, run,
};

/// Lists are empty and dated ten minutes later each; no order is answered.
struct Silent {
    reports: Sender<Report>,
    date: RefCell<Timestamp>,
    orders: RefCell<u32>,
}

impl Link for Silent {
    fn start(&self, job: Job) {
        let result = {
            let mut call = job.call(now()).unwrap();
            if call.info().id == UploadUrls::INFO.id {
                *self.orders.borrow_mut() += 1;
                Err(Error::transport(
                    UploadUrls::INFO.id,
                    Effect::Once,
                    Fault::new(FaultKind::Timeout, true),
                    1,
                ))
            } else {
                let mut shared = Shared::default();
                assert!(matches!(call.next(&mut shared, now()), Step::Send(_)));
                let mut date = self.date.borrow_mut();
                *date = date.plus(Duration::from_secs(600));
                let answer = http::Response::builder()
                    .header("date", date.http_date())
                    .body(r#"{"code":200,"data":{"contents":[]}}"#.into());
                call.done(Outcome::Answer(answer.unwrap()), now(), now(), 0);
                match call.next(&mut shared, now()) {
                    Step::Done(result) => result,
                    step => panic!("{step:?}"),
                }
            }
        };
        self.reports.send(job.report(result)).unwrap();
    }

    fn clock(&self) -> Clock {
        Clock::default()
    }

    fn random(&self) -> u64 {
        0
    }
}

#[test]
fn an_order_that_is_never_answered_is_sent_again_only_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut journal = SqliteJournal::open(directory.path().join("imports.sqlite")).unwrap();
    let import = journal.open("lessons.csv", now()).unwrap();
    let options = UploadUrls::new();
    let mut planner =
        Planner::begin(&mut journal, &import, &options, KeyBy::Row, Duplicates::Skip, now()).unwrap();
    let (mut reader, mut rows) = (Reader::new(ReadOptions::new()), Vec::new());
    reader.feed("fileUrl,title\nhttps://cdn.example.com/01.mp4,第一课\n".as_bytes(), &mut rows).unwrap();
    reader.finish(&mut rows).unwrap();
    rows.into_iter().try_for_each(|row| planner.push(row)).unwrap();
    planner.finish().unwrap();

    let (reports, answers) = mpsc::channel();
    let link = Silent { reports, date: RefCell::new(now()), orders: RefCell::new(0) };
    let mut worker = ImportOptions::new();
    worker.policy = Policy::default().with_backoff(Duration::from_millis(1), Duration::from_millis(1));
    let options = RunOptions::new().with_worker(worker).with_resend(true).with_settle_after(Duration::ZERO);
    let mut watch = |_: RunEvent<'_>| {};
    let ended =
        run(&mut journal, &import, &options, &link, &answers, &CancelToken::new(), &mut watch).unwrap();
    assert_eq!((ended.counts.of(RowState::Assumed), *link.orders.borrow()), (1, 2));
}
