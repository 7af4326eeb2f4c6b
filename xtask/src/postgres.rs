//! A server of PostgreSQL of its own, and the tests that need one.

use crate::{Outcome, cargo};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The user that the server runs as where this process is root, which PostgreSQL refuses: `nobody`.
#[cfg(unix)]
const NOBODY: u32 = 65_534;

pub(crate) fn run() -> Outcome {
    let programs = programs()?;
    let place = std::env::temp_dir().join(format!("vod-postgres-{}", std::process::id()));
    fs::create_dir(&place).map_err(|error| format!("cannot create {}: {error}", place.display()))?;
    let outcome = with_server(&programs, &place);
    fs::remove_dir_all(&place).map_err(|error| format!("cannot remove {}: {error}", place.display()))?;
    outcome
}

/// Where the newest server that is installed has its programs.
fn programs() -> Result<PathBuf, String> {
    let versions = fs::read_dir("/usr/lib/postgresql").map_err(|_| {
        "expected a server in /usr/lib/postgresql, got none; install the package `postgresql`".to_owned()
    })?;
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest =
        versions.flatten().map(|entry| entry.path()).filter_map(|path| Some((version(&path)?, path)));
    let (_, newest) = newest.max().ok_or("expected a server in /usr/lib/postgresql, got none")?;
    Ok(newest.join("bin"))
}

/// Only a socket in its own directory leads to the server, and nothing of it is kept.
fn with_server(programs: &Path, place: &Path) -> Outcome {
    let is_root = owned_by_server(place)?;
    let server = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(programs.join(program));
        command.args(arguments).current_dir(place).env("HOME", place);
        #[cfg(unix)]
        if is_root {
            use std::os::unix::process::CommandExt as _;
            command.uid(NOBODY).gid(NOBODY);
        }
        #[cfg(not(unix))]
        let _ = is_root;
        crate::run(&mut command)
    };
    let (data, socket) = (place.join("data"), place.display());
    let data = data.to_str().ok_or("the temporary directory has a name that is not Unicode")?;
    server("initdb", &["-D", data, "-U", "vod", "-A", "trust", "--no-sync"])?;
    let options = format!("-k {socket} -c listen_addresses= -c max_connections=200");
    server("pg_ctl", &["-D", data, "-w", "-l", "log", "-o", &options, "start"])?;
    let server_is = format!("host={socket} user=vod dbname=postgres");
    let suite = ["test", "--locked", "-p", "vod-import", "--features", "postgres", "--test", "postgres"];
    let trial = ["test", "--locked", "-p", "vod-cli", "--test", "import_trial", "--"];
    let workers = ["--nocapture", "three_workers_share_an_import_on_postgresql"];
    let tests = crate::run(cargo(&suite).env("VOD_TEST_POSTGRES", &server_is))
        .and_then(|()| crate::run(cargo(&trial).args(workers).env("VOD_TEST_POSTGRES", &server_is)));
    let stopped = server("pg_ctl", &["-D", data, "-w", "-m", "immediate", "stop"]);
    tests.and(stopped)
}

/// Gives the directory to the server's user. Returns whether that is another one than this process's.
fn owned_by_server(place: &Path) -> Result<bool, String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let failed = |error| format!("cannot change the owner of {}: {error}", place.display());
        let is_root = fs::metadata(place).map_err(failed)?.uid() == 0;
        if is_root {
            chown(place, Some(NOBODY), Some(NOBODY)).map_err(failed)?;
        }
        Ok(is_root)
    }
    #[cfg(not(unix))]
    Err(format!("{}: the server is started on Unix only", place.display()))
}
