//! `vod call`: any operation of the catalogue.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::fields::Fields;
use crate::output::Printer;
use crate::settings::Settings;
use clap::Args;

/// Call any operation of the catalogue and print its output
///
/// `vod call ID --help` describes an operation's fields. Names are those of the wire. The output is JSON with
/// the wire's names; a file is written to stdout unchanged.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, override_usage = "vod call [OPTIONS] <ID> [NAME=VALUE]...")]
pub(crate) struct Call {
    #[command(flatten)]
    fields: Fields,
}

impl Call {
    pub(crate) fn run(
        &self,
        settings: impl FnOnce() -> Result<Settings, Failure>,
        printer: Printer,
    ) -> Result<Exit, Failure> {
        if let Some(done) = self.fields.help("call", printer) {
            return done;
        }
        let settings = settings()?;
        let input = self.fields.read()?;
        let client = super::client(&settings, input.entry().info().provider())?;
        let payload = super::runtime()?.block_on(client.call(&input))?;
        printer.payload(&payload)?;
        Ok(Exit::Done)
    }
}
