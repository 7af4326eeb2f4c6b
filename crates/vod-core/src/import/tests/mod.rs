//! Batches, templates and reports; what is read is in the modules.

mod awkward;
mod encodings;
mod properties;
mod reading;

use super::*;
use crate::Error;
use crate::error::{Fault, FaultKind};
use crate::operation::Effect;
use crate::polyv::upload::{UploadInfo, UploadUrls};

type Rows = Vec<Result<Row, RowError>>;

fn read_in(options: &ReadOptions, bytes: &[u8], chunk: usize) -> (Rows, Result<(), RowError>) {
    let mut rows = Vec::new();
    let mut reader = Reader::new(options.clone());
    for part in bytes.chunks(chunk) {
        if let Err(fault) = reader.feed(part, &mut rows) {
            return (rows, Err(fault));
        }
    }
    let end = reader.finish(&mut rows);
    (rows, end)
}

/// Reads a file whole and in small chunks, which must give the same.
fn read(options: &ReadOptions, bytes: &[u8]) -> (Rows, Result<(), RowError>) {
    let whole = read_in(options, bytes, bytes.len().max(1));
    for chunk in [1, 2, 3, 7, 64] {
        assert_eq!(read_in(options, bytes, chunk), whole, "in pieces of {chunk}");
    }
    whole
}

/// Rows as `line url title state other=…`, errors as they are displayed.
fn shown(options: &ReadOptions, bytes: &[u8]) -> Vec<String> {
    let (rows, end) = read(options, bytes);
    let row = |row: Result<Row, RowError>| match row {
        Ok(Row { line, info, extra }) => {
            let extra: String = extra.iter().map(|(name, text)| format!(" {name}={text}")).collect();
            let state = info.state.as_deref().unwrap_or("-");
            format!("{line} {} {} {state}{extra}", info.file_url, info.title)
        }
        Err(fault) => fault.to_string(),
    };
    rows.into_iter().map(row).chain(end.err().map(|fault| format!("END {fault}"))).collect()
}

fn auto(text: &str) -> Vec<String> {
    shown(&ReadOptions::new(), text.as_bytes())
}

fn row(line: u64) -> Row {
    Row { line, info: UploadInfo::new("http://a/1", "一"), extra: Vec::new() }
}

#[test]
fn batches_of_a_hundred() {
    let mut batches = Batches::new(UploadUrls::new().with_category_id(7)).unwrap();
    let made: Vec<Batch> = (0..250).filter_map(|n| batches.push(row(n * 2 + 2))).collect();
    assert_eq!(
        made.iter().map(|b| (b.number, b.rows(), b.lines.clone())).collect::<Vec<_>>(),
        [(1, 100, 2..=200), (2, 100, 202..=400)]
    );
    let last = batches.finish().unwrap();
    assert_eq!((last.number, last.rows(), last.lines.clone()), (3, 50, 402..=500));
    assert_eq!(last.order.category_id, Some(7.into()));
    assert!(batches.finish().is_none());
    for batch in made.iter().chain([&last]) {
        crate::Operation::check(&batch.order).unwrap();
    }
}

#[test]
fn templates_are_checked() {
    let error = |template| Batches::new(template).unwrap_err().to_string();
    assert_eq!(
        error(UploadUrls::new().with_watermark("ftp://a/x.png").with_upload_infos(Vec::<UploadInfo>::new())),
        "polyv.upload.urls: watermark: expected an http or https URL, got \"ftp://a/x.png\"; uploadInfos: expected the videos of the manifest alone, got others in the template"
    );
}

#[test]
fn reports() {
    let refused = || {
        let answer = http::Response::new(
            r#"{"code":400,"status":"error","message":"[uploadInfos] is invalid"}"#.into(),
        );
        <UploadUrls as crate::Operation>::read(&answer).unwrap_err()
    };
    let fault = |arrived| {
        Error::transport("polyv.upload.urls", Effect::Once, Fault::new(FaultKind::Broken, arrived), 1)
    };
    let ending = |bad: u64, outcomes: &[Option<Error>]| {
        let mut report = Report::default();
        (0..bad).for_each(|_| report.row(false));
        for outcome in outcomes {
            (0..10).for_each(|_| report.row(true));
            report.batch();
            report.outcome(10, outcome.as_ref().map_or(Ok(()), Err));
        }
        assert_eq!(report.accepted + report.refused + report.unknown, report.valid);
        assert_eq!(report.rows, report.valid + report.invalid);
        (report.ending(), report.accepted, report.refused, report.unknown)
    };
    assert_eq!(ending(0, &[]), (Ending::Done, 0, 0, 0));
    assert_eq!(ending(0, &[None, None]), (Ending::Done, 20, 0, 0));
    assert_eq!(ending(3, &[None]), (Ending::Partly, 10, 0, 0));
    assert_eq!(ending(3, &[]), (Ending::Invalid, 0, 0, 0));
    assert_eq!(ending(0, &[None, Some(fault(true))]), (Ending::Partly, 10, 0, 10));
    assert_eq!(ending(1, &[Some(refused()), Some(refused())]), (Ending::Refused, 0, 20, 0));
    assert_eq!(ending(0, &[Some(fault(false)), Some(fault(false))]), (Ending::Unanswered, 0, 20, 0));
    assert_eq!(ending(0, &[Some(refused()), Some(fault(true))]), (Ending::Unanswered, 0, 10, 10));
}
