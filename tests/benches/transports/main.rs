//! Calls a second and the speed of a PUT over loopback: ours beside the same written by hand and beside the
//! bare HTTP client, alternating within one run.
//!
//! The server is a separate process, as in practice; so is each PUT, so that its peak memory can be read from
//! the system. Linux only, since the peak is read from `/proc`.
//!
//! `calls` or `puts` as an argument measures only these. `profile async|blocking ours|by-hand|bare COUNT`
//! makes calls and measures nothing, for `valgrind --tool=callgrind`.

mod by_hand;
mod calls;
mod puts;
#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;
use support::Server;
use vod_core::{Accounts, Endpoint, polyv, qingcloud};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve"] => support::serve("7"),
        ["serve", etag] => support::serve(etag),
        ["emulate"] => support::emulate(vod_emulator::Options::default()),
        ["put", client, url, file, etag] => puts::put(client, url, file, etag),
        ["profile", transport, who, count] => {
            calls::profile(transport, who, count.parse().expect("a number"));
        }
        ["calls"] => measure_calls(),
        ["puts"] => measure_puts(),
        _ => {
            measure_calls();
            measure_puts();
        }
    }
    ExitCode::SUCCESS
}

fn measure_calls() {
    println!("{}", support::machine());
    // The emulator checks requests and looks up answers, as a provider does.
    for (mode, about) in [("emulate", "the emulator"), ("serve", "a server that does nothing")] {
        let server = Server::start(mode);
        println!("beside {about}:");
        for in_flight in [1, 32] {
            calls::measure(&server, in_flight);
        }
    }
}

fn measure_puts() {
    println!("{}", support::machine());
    puts::measure();
}

fn accounts(server: &Server) -> Accounts {
    let endpoint = Endpoint::parse(&server.base).expect("an endpoint");
    Accounts::from(
        polyv::Credentials::new(server.user_id.as_str(), server.secret_key.as_str())
            .with_endpoint(endpoint.clone()),
    )
    .with_qingcloud(qingcloud::Credentials::new("QKEYBENCH", "kept-secret").with_endpoint(endpoint))
}
