//! What must be so when a seed is over.

use super::{Plan, Sim, Twist};
use crate::file::File;
use crate::polyv::Polyv;
use vod_core::operation::Provider;
use vod_core::qingcloud::upload::CommitStatus::Created;
use vod_core::upload::{Upload, UploadOptions, UploadStep};

impl Sim {
    /// What must be so when all is over.
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
        self.counts.provider_not_told += u64::from(excuses.untold);
        self.counts.began_again += u64::from(excuses.restarted);
        let left: Vec<_> = uploads.values().filter(|multi| multi.has_parts()).collect();
        assert!(self.polyv.denies || left.is_empty(), "parts are left behind: {left:?}");
        // A clock that is set forward ends the time that the provider may take to note an object.
        assert!(
            self.plan.clock_at > 0
                || self.polyv.sent_whole
                    <= 1 + excuses.forgot + excuses.rotted + excuses.untold + excuses.restarted,
            "sent anew without a reason"
        );
        let client = &self.clients[0];
        // What has other bytes than were meant, since the file changed or the storage damaged them, is not
        // taken for the upload's.
        let is_told = excuses.rotted == 0 && !matches!(self.plan.twist, Twist::Change | Twist::Sneak);
        if is_told && client.aborting && client.disk.is_none() && client.done.is_none() && !client.restart {
            assert!(videos.is_empty(), "it was aborted, and is there: {videos:?}");
        }
        if let Some(done) = &client.done {
            // One that was finished stays when the person wants the changed file as another; and one that was
            // given up, as its file changed in the midst of it.
            let of_before = videos.keys().filter(|vid| **vid != done.id).count();
            let may_stay = client.restart || client.after_all && !is_told;
            assert!(
                videos.contains_key(&done.id) && of_before <= usize::from(may_stay),
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
                // Of one that a search has found, it may be that nobody could tell for certain whether it has
                // its file. By another clock none is found.
                assert!(
                    media.status.is_some() || media.unseen >= attempts || clock_at > 0,
                    "the media {id} is left half-made: {media:?}"
                );
            }
            let calm = trouble + deaths + save_fails + u64::from(clock_at) == 0 && twist == Twist::None;
            // However long it waits for a slot, and whoever applies with the same title.
            assert!(
                !calm || self.qingcloud.expires < 900 || mine.len() == 1,
                "applied for in vain: {mine:?}"
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

    /// What is done is done: the next run says so, and asks nobody.
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
