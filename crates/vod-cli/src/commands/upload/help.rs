//! The end of `vod upload --help`, after the options.

use vod_core::operation::Provider;
use vod_core::upload::media_extensions;

/// The text. Its formats are those that directories are searched for.
pub(super) fn text() -> String {
    let mut text = "Formats that are searched for in directories:\n".to_owned();
    for provider in Provider::ALL {
        let formats = media_extensions(provider).collect::<Vec<_>>().join(" ");
        text += &format!("  {:9}  {formats}\n", provider.info().title);
    }
    text + "\n" + REST
}

const REST: &str = "\
What resumes, and what starts over:
  Ctrl-C     Polyv: the upload is kept, and the same command sends the missing parts.
             QingCloud: the media is committed as cancelled, and the same command sends the whole
             file as a new one.
  Crash      Polyv: the parts under way are lost, at most jobs times the part size; no part that
             arrived is sent twice. QingCloud: the whole file is sent again.
  Waits      A lost connection is retried for five minutes; so is a provider that asks for a pause,
             as Polyv does after too many requests. Waits of five seconds or more are explained.
  Elsewhere  Another machine with the same account and the same checkpoints can resume an upload:
             copy or share their directory, and name it with --checkpoints. A file that was moved,
             or has another path there, is recognised by its content.
  Titles     A later title does not change a video whose upload has begun.

The values of `outcome`:
  uploaded   uploaded by this run
  already    uploaded by an earlier run; nothing was sent
  cancelled  interrupted, before or while it was sent
  invalid    breaks a limit, or has changed since its upload began or ended
  refused    the provider refused
  failed     could not be read or sent
  unknown    a call that may have been executed got no answer; the same command asks about it
With --dry-run: new, resumes, already, again (with --again), restarts (with --restart), invalid,
failed.

Errors with --json have a member `fault` if no answer came: connect, timeout, broken and damaged
concern the connection; source (the file), checkpoint and cancelled concern this machine.";

#[cfg(test)]
mod tests {
    #[test]
    fn it_fits_a_terminal() {
        let text = super::text();
        assert!(text.lines().skip(3).all(|line| line.len() <= 100), "{text}");
        assert!(["  Polyv      flv ", " mkv "].iter().all(|part| text.contains(part)), "{text}");
    }
}
