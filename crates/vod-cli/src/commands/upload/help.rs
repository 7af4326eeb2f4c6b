//! What `vod upload --help` says behind the options.

use vod_core::operation::Provider;
use vod_core::upload::media_extensions;

/// The text. The formats come from where directories are searched by them.
pub(super) fn text() -> String {
    let formats = |provider| media_extensions(provider).collect::<Vec<_>>().join(" ");
    format!("Formats that are taken of directories:\n  Polyv      {}\n  QingCloud  {}\n\n{REST}", formats(Provider::Polyv), formats(Provider::QingCloud))
}

const REST: &str = "\
What goes on, and what begins anew:
  Ctrl-C     Polyv: the upload stays as it is, and the same command sends what is missing. QingCloud: the media is committed as cancelled, and the same command
             sends the whole file as a new one.
  A break    Polyv: the parts that were under way are lost, no other is sent twice. QingCloud: the whole file is sent again, to the same media where that is possible.
  Elsewhere  An upload goes on from another machine, or from another place of the file, with the same account and the same checkpoints: copy or share their
             directory and name it with --checkpoints. A file is recognised by its content where there is none at the path that it had.
  Titles     What is given later does not change a video that was begun or uploaded: title, description, category, tags and state are those of the first run.

The words of `outcome`:
  uploaded   it is there
  already    an earlier run has uploaded it; nothing was sent
  cancelled  interrupted, or not begun as the command was
  invalid    it breaks a limit, or has changed since its upload began or ended
  refused    the provider said no
  failed     it could not be read or sent
  unknown    no answer came to a call that may have been carried out; the same command asks what became of it
With --dry-run a file is new, goes_on, already, again (--again) or anew (--restart), or else invalid or failed.

Errors with --json have, beside `kind` and `reason`, `fault` where no answer came: connect, timeout, broken and damaged are of the way to the provider, and source (the
file), checkpoint and cancelled of this side. It is null for other kinds.";
