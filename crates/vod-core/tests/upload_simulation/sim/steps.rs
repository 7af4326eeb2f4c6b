//! The machine's steps, and the ends of its runs.

use super::*;

impl Sim {
    /// Executes the machine's steps until it waits.
    pub(super) fn poll(&mut self, index: usize) {
        for _ in 0..10_000 {
            let now = self.local();
            let client = &mut self.clients[index];
            let Some(upload) = &mut client.upload else { return };
            let step = upload.next(now);
            debug_is_clean("step", &step);
            self.print(|| format!("{index}: {step:?}"));
            let client = &mut self.clients[index];
            match step {
                UploadStep::Save(text) => {
                    if let Some(text) = &text {
                        is_clean("checkpoint", text);
                    }
                    assert!(client.saving.replace(text).is_none(), "two saves at once");
                    let fails = self.plan.save_fails > 0
                        && !self.is_healed()
                        && self.random.one_in(self.plan.save_fails);
                    let after = self.random.below(30);
                    self.plan(after, index, Event::Saved(!fails));
                }
                UploadStep::Look(id) => {
                    client.out.push(id);
                    self.plan(1, index, Event::Look(id));
                }
                UploadStep::Digest(id, range, kind) => {
                    client.out.push(id);
                    self.plan(3, index, Event::Digest(id, range, kind));
                }
                UploadStep::Ask(id, call) => {
                    debug_is_clean("call", &call);
                    drop(call.call(now).expect("a call within its limits"));
                    match self.provider {
                        Provider::QingCloud => self.abandons_no_other_media(index, &call),
                        _ => self.polyv.ask(&call, now),
                    }
                    let fate = self.fate(false);
                    self.out(index, id, Request::Ask(call), fate);
                }
                UploadStep::Send(id, request) => {
                    assert_eq!(request.payload.file_bytes(), 0, "bytes of the file without a slot");
                    self.send(index, id, &request);
                }
                UploadStep::Slot => {
                    if client.holds_slot {
                        self.take(index);
                        continue;
                    }
                    client.wants_slot = true;
                    if self.free() == 0 {
                        return;
                    }
                    if self.random.one_in(8) {
                        // The slots are busy with other transfers.
                        let after = 1 + self.random.below(if self.random.one_in(4) { 300_000 } else { 500 });
                        return self.plan(after, index, Event::Slot);
                    }
                    self.take(index);
                }
                UploadStep::Wait(None) => {
                    assert!(
                        !client.out.is_empty() || client.saving.is_some(),
                        "it waits for nothing: {:?}",
                        client.upload
                    );
                    return;
                }
                UploadStep::Wait(Some(wait)) => {
                    assert!(wait > Duration::ZERO, "it spins");
                    return self.plan(wait.as_millis() as u64 + 1, index, Event::Wake);
                }
                UploadStep::Done(uploaded) => return self.ended(index, End::Done(uploaded)),
                UploadStep::Aborted => return self.ended(index, End::Aborted),
                UploadStep::Failed(error) => return self.ended(index, End::Failed(error)),
            }
        }
        panic!("it asks for steps without end");
    }

    /// The machine has ended a run.
    pub(super) fn ended(&mut self, index: usize, end: End) {
        debug_is_clean("upload", self.clients[index].upload.as_ref().expect("it lives"));
        assert!(self.clients[index].saving.is_none(), "it ends while the checkpoint is being written");
        self.end_run(index);
        let client = &mut self.clients[index];
        let error = match end {
            End::Done(uploaded) => {
                // A changed file becomes another video, if the user wants that.
                if let Some(before) = client
                    .done
                    .replace(uploaded)
                    .filter(|_| !client.restart && self.plan.twist != Twist::Delete)
                {
                    assert_eq!(
                        Some(before.id),
                        client.done.as_ref().map(|done| done.id.clone()),
                        "finished again as another video"
                    );
                }
                client.over =
                    client.record(&self.accounts).is_some_and(|record| record.stage() == Stage::Done);
                if client.over {
                    self.counts.done += 1;
                } else {
                    // The end could not be saved: the next run finds out.
                    assert!(self.plan.save_fails > 0);
                    self.plan(10, index, Event::Begin);
                }
                return;
            }
            End::Aborted => {
                assert!(client.aborting);
                client.over = client.disk.is_none();
                if client.over {
                    self.counts.aborted += 1;
                } else {
                    assert!(self.plan.save_fails > 0, "an aborted upload keeps its checkpoint");
                    self.plan(10, index, Event::Begin);
                }
                return;
            }
            End::Failed(error) => error,
        };
        is_clean("error", &format!("{error} {error:?}"));
        let calm =
            self.plan.trouble + self.plan.deaths + self.plan.save_fails + u64::from(self.plan.clock_at) == 0
                && self.plan.twist == Twist::None;
        match &error {
            Error::Transport(transport) if transport.fault.kind == FaultKind::Cancelled => {
                assert_eq!(self.plan.twist, Twist::CancelToken);
                self.counts.cancelled += 1;
                client.aborting = self.random.one_in(2);
            }
            Error::Transport(transport) if transport.fault.kind == FaultKind::Source => {
                // A changed file fails each time. The user may upload it as it is, or abort.
                if matches!(self.plan.twist, Twist::Change | Twist::Sneak) && self.versions.len() > 1 {
                    match self.random.below(3) {
                        0 => client.restart = true,
                        1 => client.aborting = true,
                        _ => {}
                    }
                }
            }
            Error::Invalid(_) if self.versions.len() > 1 && !client.aborting && !client.restart => {
                // Its checksum shows that it is another file, which its sample does not, or did not when the
                // run began.
                assert!(matches!(self.plan.twist, Twist::Change | Twist::Sneak), "{error}");
                match self.random.below(2) {
                    0 => client.restart = true,
                    _ => client.aborting = true,
                }
            }
            Error::Invalid(_) => {
                // The upload to abort or restart is complete.
                assert!(client.aborting || client.restart, "{error}");
                assert!(
                    self.plan.save_fails > 0 || client.record(&self.accounts).unwrap().stage() == Stage::Done,
                    "{error}"
                );
                client.over =
                    client.aborting && client.record(&self.accounts).unwrap().stage() == Stage::Done;
            }
            Error::Refused(refused) if refused.reason == Reason::Quota => {
                assert!(self.polyv.uploads.is_empty() && self.polyv.free.is_some(), "{error}");
                self.polyv.free = None;
            }
            error => assert!(!calm || self.has_excuse(), "seed {}: {error}", self.seed),
        }
        if self.is_healed() {
            (self.polyv.callback_fails_one_in, self.polyv.forgets_one_in, self.polyv.rots_one_in) = (0, 0, 0);
        }
        let after = self.random.below(1000);
        self.plan(after, index, Event::Begin);
    }

    pub(super) fn has_excuse(&self) -> bool {
        let polyv::Excuses { forgot, rotted, not_notified, .. } = self.polyv.excuses;
        // Each URL may have expired before it arrived.
        let comes_late =
            self.provider == Provider::QingCloud && Duration::from_secs(self.qingcloud.expires) < SLOWEST;
        forgot + rotted + not_notified > 0 || comes_late
    }
}
