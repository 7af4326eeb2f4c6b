//! What `vod upload --help` says behind the options.

use vod_core::operation::Provider;
use vod_core::upload::media_extensions;

/// The text. The formats come from where directories are searched by them.
pub(super) fn text() -> String {
    let mut text = "Formats that are taken of directories:\n".to_owned();
    for provider in Provider::ALL {
        let formats = media_extensions(provider).collect::<Vec<_>>().join(" ");
        text += &format!("  {:9}  {formats}\n", provider.info().title);
    }
    text + "\n" + REST
}

const REST: &str = "\
What goes on, and what begins anew:
  Ctrl-C     Polyv: the upload stays as it is, and the same command sends what is missing.
             QingCloud: the media is committed as cancelled, and the same command sends the whole
             file as a new one.
  A break    Polyv: the parts under way are lost, jobs times the part size at most; no part that
             arrived is sent twice. QingCloud: the whole file is sent again.
  Waits      A line that goes down is waited for, for five minutes; so is a provider that asks to be
             left alone, as Polyv does of who sent too much. A wait of five seconds or more says
             why.
  Elsewhere  An upload goes on from another machine with the same account and the same checkpoints:
             copy or share their directory, and name it with --checkpoints. The file is recognised
             by its content where there is none at the path that it had; so is one that was moved.
  Titles     What is given later does not change a video that was begun or uploaded.

The words of `outcome`:
  uploaded   it is there
  already    it is there by an earlier run, and nothing was sent
  cancelled  interrupted while it was sent, or before
  invalid    it breaks a limit, or has changed since its upload began or ended
  refused    the provider said no
  failed     it could not be read or sent
  unknown    a call that may have been carried out got no answer; the same command asks about it
With --dry-run: new, goes_on, already, again (with --again), anew (with --restart), invalid, failed.

Errors with --json have a member `fault` where no answer came: connect, timeout, broken and damaged
are of the way to the provider; source (the file), checkpoint and cancelled are of this side.";

#[cfg(test)]
mod tests {
    #[test]
    fn it_fits_a_terminal() {
        let text = super::text();
        assert!(text.lines().skip(3).all(|line| line.len() <= 100), "{text}");
        assert!(["  Polyv      flv ", " mkv "].iter().all(|part| text.contains(part)), "{text}");
    }
}
