//! Uploads of files: the core's state machine says what to do.

use crate::client::{Client, now, pause};
use crate::fault::fault;
use crate::file;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use std::io;
use std::io::Read;
use std::path::Path;
use tracing::debug;
use ureq::SendBody;
use vod_core::call::Call;
use vod_core::error::{Fault, FaultKind};
use vod_core::operation::Effect;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::response::Reply;
use vod_core::upload::qingcloud::{PUT, PutOutcome, Step, Upload, Uploaded};
use vod_core::upload::{Cancel, Control, OnProgress};
use vod_core::{Error, Operation};

impl Client {
    /// Uploads a file to QingCloud: apply, PUT, commit. The file is streamed, and sent anew from its first byte where a PUT failed in a way that may pass.
    ///
    /// To stop it use [`Control::with_cancel`]: the media is then committed as cancelled. The wish is seen between two pieces of the file; on a connection that
    /// takes none, after [`put_timeout`](crate::ClientBuilder::put_timeout).
    ///
    /// # Errors
    /// All kinds of [`Error`]; of the PUT itself, `qingcloud.upload.put`. [`FaultKind::Source`] where the file can't be read (before anything is applied for, if
    /// it can't be opened) or changes while it is sent, [`FaultKind::Cancelled`] where the caller cancelled.
    pub fn upload_to_qingcloud(&self, file: impl AsRef<Path>, apply: ApplyUpload, mut control: Control) -> Result<Uploaded, Error> {
        let (path, cancel) = (file.as_ref(), control.cancel().clone());
        let mut progress = control.take_progress();
        apply.check()?;
        file::open(path).map_err(|error| Error::transport(PUT, Effect::Idempotent, unreadable(error), 1))?;

        let mut upload = Upload::new(apply, self.inner.policy, self.inner.jitter.next());
        loop {
            if cancel.is_cancelled() {
                upload.cancel();
            }
            match upload.next(now()) {
                Step::Apply(apply) => {
                    let call = Call::new(ApplyUpload::INFO, apply.values(), now())?;
                    let answer = self.drive(call, Some(&cancel));
                    // What the call waited before it was sent takes nothing from the URL's time.
                    let sent = answer.as_ref().map_or_else(|_| now(), |answered| answered.sent_at);
                    upload.applied(answer.and_then(|answered| answered.typed(ApplyUpload::INFO)).map(Reply::into_output), sent);
                    if let Some(id) = upload.media_id() {
                        control.tell_media_id(id);
                    }
                }
                Step::Put { url, content_type } => {
                    debug!(media_id = upload.media_id(), "putting the file");
                    let outcome = self.put(path, &url, &content_type, &cancel, &mut progress);
                    match &outcome {
                        // Not its body, in which a storage may repeat what was signed.
                        PutOutcome::Answer { status, .. } => debug!(status, "put"),
                        PutOutcome::Fault(fault) => debug!(kind = ?fault.kind, "not put"),
                        _ => {}
                    }
                    upload.put(outcome, now());
                }
                Step::Commit(commit) => {
                    debug!(media_id = %commit.media_id, status = ?commit.status, "committing");
                    upload.committed(self.send(&commit).map(Reply::into_output));
                }
                // The machine asks for the wish itself when it is asked again.
                Step::Wait(wait) => _ = pause(wait, Some(&cancel)),
                Step::Done(uploaded) => return Ok(uploaded),
                Step::Failed(error) => return Err(error),
            }
        }
    }

    fn put(&self, path: &Path, url: &str, content_type: &str, cancel: &Cancel, progress: &mut OnProgress) -> PutOutcome {
        let mut body = match file::open(path) {
            Ok((file, total)) => file::Body::new(file, total, cancel, progress),
            Err(error) => return PutOutcome::Fault(unreadable(error)),
        };
        let request = http::Request::put(url).header(CONTENT_TYPE, content_type).header(CONTENT_LENGTH, body.total());
        let outcome = match request.body(SendBody::from_reader(&mut body)) {
            Ok(request) => self.run(request, self.inner.put_timeout, true).map_err(|error| fault(error, true)),
            Err(error) => Err(Fault::caused(FaultKind::Connect, false, error)),
        };
        match (body.failure(), outcome) {
            (Some(error), _) => PutOutcome::Fault(unreadable(error)),
            (None, Ok(response)) => answer(response),
            (None, Err(_)) if cancel.is_cancelled() => PutOutcome::Fault(Fault::new(FaultKind::Cancelled, true)),
            (None, Err(fault)) => PutOutcome::Fault(fault),
        }
    }
}

/// How much of the storage's answer is read: its error is a few hundred bytes of XML.
const ANSWER: u64 = 8 << 10;

fn answer(mut response: http::Response<ureq::Body>) -> PutOutcome {
    let mut body = Vec::new();
    // The status has said what matters; an answer that breaks off after it is good enough.
    let _ = response.body_mut().as_reader().take(ANSWER).read_to_end(&mut body);
    PutOutcome::Answer { status: response.status().as_u16(), body }
}

/// The file is the caller's, so nothing of it is missing at the provider but what was not sent.
pub(crate) fn unreadable(error: io::Error) -> Fault {
    Fault::caused(FaultKind::Source, false, error)
}
