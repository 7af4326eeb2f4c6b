//! What must hold at the end of a seed.

use super::{Plan, Sim, Twist};
use crate::file::File;
use crate::polyv::Polyv;
use vod_core::operation::Provider;
use vod_core::qingcloud::upload::CommitStatus::Created;
use vod_core::upload::{Upload, UploadOptions, UploadStep};

impl Sim {
    /// What must hold at the end.
    pub(super) fn verify(&mut self) {
        match self.provider {
            Provider::QingCloud => self.verify_qingcloud(),
            _ => self.verify_polyv(),
        }
        for index in 0..self.clients.len() {
            self.verify_again(index);
        }
    }

    fn verify_polyv(&mut self) {
        let Polyv { videos, objects, uploads, excuses, .. } = &self.polyv;
        self.counts.lost_by_storage += u64::from(excuses.forgot);
        self.counts.stored_wrong += u64::from(excuses.rotted);
        self.counts.not_notified += u64::from(excuses.not_notified);
        self.counts.began_again += u64::from(excuses.restarted);
        let left: Vec<_> = uploads.values().filter(|multi| multi.has_parts()).collect();
        assert!(self.polyv.denies || left.is_empty(), "parts are left: {left:?}");
        // Setting the clock forward ends the time that the provider has to register an object.
        assert!(
            self.plan.clock_at > 0
                || self.polyv.sent_whole
                    <= 1 + excuses.forgot + excuses.rotted + excuses.not_notified + excuses.restarted,
            "sent again without a reason"
        );
        let client = &self.clients[0];
        // An object with other bytes, as the file changed or the storage damaged it, is not recognised as
        // that of the upload.
        let is_recognised = excuses.rotted == 0 && !matches!(self.plan.twist, Twist::Change | Twist::Sneak);
        if is_recognised
            && client.aborting
            && client.disk.is_none()
            && client.done.is_none()
            && !client.restart
        {
            assert!(videos.is_empty(), "it was aborted, but exists: {videos:?}");
        }
        if let Some(done) = &client.done {
            // A finished video stays if the user then uploads the changed file as another one. So does that
            // of an aborted upload whose file changed during it.
            let others = videos.keys().filter(|vid| **vid != done.id).count();
            let may_stay = client.restart || client.after_all && !is_recognised;
            assert!(
                videos.contains_key(&done.id) && others <= usize::from(may_stay),
                "one video and no other: {videos:?}"
            );
            let stored = objects[&format!("d/{}.mp4", done.id)];
            let is_version = |file: &File| (file.whole(), file.size) == (stored.crc, stored.size);
            assert!(self.versions.iter().any(is_version), "what is stored is not the file");
        }
    }

    fn verify_qingcloud(&self) {
        for (index, client) in self.clients.iter().enumerate() {
            let Plan { trouble, deaths, save_fails, twist, attempts, clock_at, .. } = self.plan;
            let mine: Vec<_> = self
                .qingcloud
                .media
                .iter()
                .filter(|(_, media)| media.owner == index && !media.deleted)
                .collect();
            for (id, media) in &mine {
                // Whether a media that a search found has its object could not be found out; or it was not
                // found, as the clock was set.
                assert!(
                    media.status.is_some() || media.unseen >= attempts || clock_at > 0,
                    "the media {id} is left unfinished: {media:?}"
                );
            }
            let calm = trouble + deaths + save_fails + u64::from(clock_at) == 0 && twist == Twist::None;
            // However long it waits for a slot, and also if another upload has the same title.
            assert!(
                !calm || self.qingcloud.expires < 900 || mine.len() == 1,
                "applied more than once: {mine:?}"
            );
            let created: Vec<_> = mine.iter().filter(|(_, media)| media.status == Some(Created)).collect();
            let changed = index == 0 && self.versions.len() > 1 && self.plan.twist != Twist::Touch;
            assert!(created.len() <= if changed { 2 } else { 1 }, "made twice: {created:?}");
            let is_deleted = |id: &String| self.qingcloud.media.get(id).is_some_and(|media| media.deleted);
            if let Some(done) = client.done.as_ref().filter(|done| !is_deleted(&done.id)) {
                let (_, media) =
                    created.iter().find(|(id, _)| **id == done.id).expect("done is what was created");
                let stored = media.object.expect("there");
                assert!(
                    self.versions
                        .iter()
                        .any(|file| (file.md5(file.size), file.size) == (stored.md5, stored.size)),
                    "what is stored is not the file"
                );
            }
        }
    }

    /// The next run of a finished upload reports it without asking anybody.
    fn verify_again(&self, index: usize) {
        let client = &self.clients[index];
        let Some(done) = &client.done else { return };
        let Some(record) = client
            .record(&self.accounts)
            .filter(|record| record.file.fingerprint == client.file.fingerprint())
        else {
            return;
        };
        assert_eq!(record.id(), Some(done.id.as_str()));
        let again = Upload::new(
            self.order(index),
            client.info(),
            Some(record),
            &self.accounts,
            &UploadOptions::default(),
            1,
            self.local(),
        );
        let UploadStep::Done(again) = again.unwrap().next(self.local()) else { panic!("it is sent again") };
        assert_eq!((again.id, again.already), (done.id.clone(), true));
    }
}
