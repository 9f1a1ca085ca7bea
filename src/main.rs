//! The command line: arguments in, exit code out; the work is in [`placelens::cli`].
//!
//! Exit codes: 0 done; 1 something could not be used (a photo, a file, a model); 2 the arguments are wrong.

use std::process::ExitCode;

use clap::Parser;
use placelens::cli::{Arguments, described, run};

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("placelens: {}", described(&error));
            ExitCode::FAILURE
        }
    }
}
