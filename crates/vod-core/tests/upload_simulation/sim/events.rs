//! Events: what happens to the machine's requests, and what it learns of them.

use super::*;

impl Sim {
    pub(super) fn handle(&mut self, index: usize, event: Event) {
        let now = self.local();
        match event {
            Event::Begin => return self.begin(index),
            Event::Wake => return,
            Event::Slot => return self.take(index),
            _ => {}
        }
        let file = self.clients[index].file;
        let Some(upload) = &mut self.clients[index].upload else { return };
        match event {
            Event::Saved(true) => {
                upload.saved(Ok(()));
                let client = &mut self.clients[index];
                client.disk = client.saving.take().expect("a save is out");
            }
            Event::Saved(false) => {
                upload.saved(Err(io::Error::from(io::ErrorKind::StorageFull)));
                self.clients[index].saving = None;
            }
            Event::Look(id) => upload.looked(id, Ok(file.fingerprint())),
            Event::Digest(id, range, kind) => {
                // A file that has become shorter cannot be read to the end.
                let digest = if range.offset + range.length <= file.size {
                    Ok(file.digest(range, kind))
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
                upload.digested(id, digest);
            }
            Event::Arrive(id, request, fate, sent) => {
                let reply = self.arrive(index, &request, fate, sent);
                let call = if let Request::Ask(call) = request { Some(call) } else { None };
                let after = self.latency();
                return self.plan(after, index, Event::Reply(id, call, reply, sent));
            }
            Event::Reply(id, call, reply, sent) => {
                let sent = sent.plus_millis(self.plan.ahead);
                self.clients[index].out.retain(|out| *out != id);
                self.clients[index].slots.retain(|out| *out != id);
                let upload = self.clients[index].upload.as_mut().expect("it lives");
                match reply {
                    Reply::Answer(result) => {
                        if self.provider == Provider::Polyv {
                            self.polyv.asked(&call.expect("asked"), Some(&result));
                        }
                        upload.answered(id, result, now);
                    }
                    Reply::Sent(outcome, learnt) => {
                        debug_is_clean("outcome", &outcome);
                        if let Some(learnt) = learnt {
                            self.polyv.learn(learnt);
                        }
                        upload.sent(id, outcome, sent, now);
                    }
                }
            }
            Event::Begin | Event::Wake | Event::Slot => {}
        }
        if self.clients[index].wants_slot && self.random.one_in(2) {
            self.take(index);
        }
    }

    pub(super) fn arrive(&mut self, client: usize, request: &Request, fate: Fate, sent: Timestamp) -> Reply {
        let (now, clock) = (self.now, self.clock());
        let sent_local = sent.plus_millis(self.plan.ahead);
        let reply = match request {
            Request::Ask(call) if self.provider == Provider::Polyv => {
                Reply::Answer(self.polyv.answer(call, fate, sent_local, now, clock, &mut self.counts))
            }
            Request::Ask(call) => Reply::Answer(self.qingcloud.answer(
                (client, self.clients[client].run),
                call,
                fate,
                sent_local,
                now,
                clock,
            )),
            Request::Polyv(request) => {
                let (outcome, learnt) = self.polyv.arrive(request, fate, now, &self.random);
                Reply::Sent(outcome, learnt)
            }
            Request::QingCloud(request) => {
                Reply::Sent(self.qingcloud.arrive(request, fate, sent, &self.random), None)
            }
        };
        self.print(|| match &reply {
            Reply::Answer(Ok(_)) => format!("{client}: answered, {fate:?}"),
            Reply::Answer(Err(error)) => format!("{client}: {error}, {fate:?}"),
            Reply::Sent(outcome, _) => format!("{client}: {outcome:?}, {fate:?}"),
        });
        reply
    }

    pub(super) fn send(&mut self, index: usize, id: StepId, request: &StorageRequest) {
        debug_is_clean("request", request);
        let file = self.clients[index].file;
        let carries = request.payload.file_bytes() > 0;
        let mut fate = self.fate(carries);
        if !carries && fate != Fate::Good && self.random.one_in(2) {
            fate = self.random.pick(&[Fate::Gateway404, Fate::Gateway200]);
        }
        let request = match self.provider {
            Provider::QingCloud => Request::QingCloud(self.qingcloud.send(request, &file)),
            _ => Request::Polyv(self.polyv.send(request, &file, &mut self.counts)),
        };
        self.out(index, id, request, fate);
    }

    /// No upload abandons a media that another one still has the URL of, or has sent.
    pub(super) fn abandons_no_other_media(&self, client: usize, call: &ApiCall) {
        let ApiCall::Commit(commit) = call else { return };
        let media = &self.qingcloud.media[&commit.media_id];
        let owner = &self.clients[media.owner];
        let has_use =
            media.object.is_some() || owner.upload.is_some() && owner.run == media.run && !media.lost;
        assert!(
            media.owner == client || media.status.is_some() || media.deleted || !has_use,
            "the media of another upload is given up"
        );
    }

    pub(super) fn out(&mut self, index: usize, id: StepId, request: Request, fate: Fate) {
        self.counts.requests += 1;
        let client = &mut self.clients[index];
        assert!(!client.out.contains(&id), "an id is used once");
        client.out.push(id);
        let (after, now) = (self.latency(), self.now);
        self.plan(after, index, Event::Arrive(id, request, fate, now));
    }

    /// Uses a free slot.
    pub(super) fn take(&mut self, index: usize) {
        let (now, free) = (self.local(), self.free());
        let client = &mut self.clients[index];
        let Some(upload) = client.upload.as_mut().filter(|_| free > 0 || client.holds_slot) else { return };
        (client.wants_slot, client.holds_slot) = (false, false);
        match upload.take(now) {
            Take::Send(id, request) => {
                assert!(request.payload.file_bytes() > 0);
                client.slots.push(id);
                self.send(index, id, &request);
            }
            Take::Hold => client.holds_slot = true,
            Take::Nothing => {}
        }
    }
}
