//! Uploads of files: the core's state machine says what to do.

use crate::client::{Client, now, pause};
use crate::fault::fault;
use crate::file;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::debug;
use vod_core::call::Call;
use vod_core::error::{Fault, FaultKind};
use vod_core::operation::Effect;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::response::Reply;
use vod_core::upload::qingcloud::{PUT, PutOutcome, Step, Upload, Uploaded};
use vod_core::upload::{Cancel, Control, OnProgress};
use vod_core::{Error, Operation};

/// A PUT is bounded by its progress only; this is as good as no bound in all, and takes the place of one that a caller's client may have.
pub(crate) const UNBOUNDED: Duration = Duration::from_secs(30 * 86_400);

impl Client {
    /// Uploads a file to QingCloud: apply, PUT, commit. The file is streamed, and sent anew from its first byte where a PUT failed in a way that may pass.
    ///
    /// To stop it use [`Control::with_cancel`]: the media is then committed as cancelled. Where the future is dropped instead, a media that was applied for
    /// stays half-made at the provider.
    ///
    /// # Errors
    /// All kinds of [`Error`]; of the PUT itself, `qingcloud.upload.put`. [`FaultKind::Source`] where the file can't be read (before anything is applied for, if
    /// it can't be opened) or changes while it is sent, [`FaultKind::Cancelled`] where the caller cancelled.
    pub async fn upload_to_qingcloud(&self, file: impl AsRef<Path>, apply: ApplyUpload, mut control: Control) -> Result<Uploaded, Error> {
        let (path, cancel) = (file.as_ref(), control.cancel().clone());
        let progress = Arc::new(Mutex::new(control.take_progress()));
        apply.check()?;
        file::open(path).await.map_err(|error| Error::transport(PUT, Effect::Idempotent, unreadable(error), 1))?;

        let mut upload = Upload::new(apply, self.inner.policy, self.inner.jitter.next());
        loop {
            if cancel.is_cancelled() {
                upload.cancel();
            }
            match upload.next(now()) {
                Step::Apply(apply) => {
                    let call = Call::new(ApplyUpload::INFO, apply.values(), now())?;
                    let answer = self.drive(call, Some(&cancel)).await;
                    // What the call waited before it was sent takes nothing from the URL's time.
                    let sent = answer.as_ref().map_or_else(|_| now(), |answered| answered.sent_at);
                    upload.applied(answer.and_then(|answered| answered.typed(ApplyUpload::INFO)).map(Reply::into_output), sent);
                    if let Some(id) = upload.media_id() {
                        control.tell_media_id(id);
                    }
                }
                Step::Put { url, content_type } => {
                    debug!(media_id = upload.media_id(), "putting the file");
                    let outcome = self.put(path, &url, &content_type, &cancel, &progress).await;
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
                    upload.committed(self.send(&commit).await.map(Reply::into_output));
                }
                // The machine asks for the wish itself when it is asked again.
                Step::Wait(wait) => _ = pause(wait, Some(&cancel)).await,
                Step::Done(uploaded) => return Ok(uploaded),
                Step::Failed(error) => return Err(error),
            }
        }
    }

    async fn put(&self, path: &Path, url: &str, content_type: &str, cancel: &Cancel, progress: &Arc<Mutex<OnProgress>>) -> PutOutcome {
        let (body, watch) = match file::open(path).await {
            Ok((file, total)) => {
                let (body, watch) = file::body(file, total, Arc::clone(progress));
                ((body, total), watch)
            }
            Err(error) => return PutOutcome::Fault(unreadable(error)),
        };
        let host = url.parse::<http::Uri>().ok();
        let client = self.client_for(host.as_ref().and_then(http::Uri::host));
        let mut headers = http::HeaderMap::new();
        self.add_user_agent(&mut headers);
        let request = client.put(url).headers(headers).header(CONTENT_TYPE, content_type).header(CONTENT_LENGTH, body.1).timeout(UNBOUNDED).body(body.0);
        let outcome = tokio::select! {
            biased;
            () = cancel.cancelled() => PutOutcome::Fault(Fault::new(FaultKind::Cancelled, true)),
            outcome = answer(request) => outcome,
            () = watch.stalled(self.inner.put_timeout) => PutOutcome::Fault(Fault::new(FaultKind::Timeout, true)),
        };
        match watch.failure() {
            Some(error) => PutOutcome::Fault(unreadable(error)),
            None => outcome,
        }
    }
}

/// How much of the storage's answer is read: its error is a few hundred bytes of XML.
const ANSWER: usize = 8 << 10;

async fn answer(request: reqwest::RequestBuilder) -> PutOutcome {
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) => return PutOutcome::Fault(fault(error, true)),
    };
    let mut body = Vec::new();
    // The status has said what matters; an answer that breaks off after it is good enough.
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend_from_slice(&piece[..piece.len().min(ANSWER - body.len())]);
        if body.len() == ANSWER {
            break;
        }
    }
    PutOutcome::Answer { status: response.status().as_u16(), body }
}

/// The file is the caller's, so nothing of it is missing at the provider but what was not sent.
pub(crate) fn unreadable(error: io::Error) -> Fault {
    Fault::caused(FaultKind::Source, false, error)
}
