//! Around the machine: the cancellation token, and the media type of a file.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use vod_core::driver::media_type;
use vod_core::qingcloud::MediaType;
use vod_core::upload::CancelToken;

#[test]
fn the_format_of_a_file() {
    assert_eq!(media_type(None, "第一课.MkV").unwrap().mime(), "video/x-matroska");
    assert_eq!(media_type(Some(MediaType::from("mp4")), "notes.txt").unwrap().as_wire(), "MP4");
    assert_eq!(media_type(Some(MediaType::from("video/x-own")), "notes.txt").unwrap().mime(), "video/x-own");
    assert_eq!(MediaType::from("flv").mime(), "video/x-flv");
    assert_eq!(MediaType::from("UNHEARD OF").mime(), "application/octet-stream");
    for name in ["notes.txt", "README", "a.", "a.mp4/b"] {
        let error = media_type(None, name).unwrap_err().to_string();
        let expected = "MediaType: expected a documented extension, or the format";
        assert_eq!(error, format!("{expected}, got \"{name}\""));
    }
}

struct Count(AtomicU32);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn cancelling_wakes_every_waiting_future() {
    let cancel = CancelToken::new();
    let other = cancel.clone();
    let wakes = Arc::new(Count(AtomicU32::new(0)));
    let waker = Waker::from(Arc::clone(&wakes));
    let mut context = Context::from_waker(&waker);
    let mut waiting = std::pin::pin!(cancel.cancelled());
    assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
    assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
    assert!(!cancel.is_cancelled());
    other.cancel();
    other.cancel();
    assert!(cancel.is_cancelled());
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1, "one waker, woken once");
    assert_eq!(waiting.as_mut().poll(&mut context), Poll::Ready(()));
}
