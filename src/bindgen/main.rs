//! A module.wasm from cargo → the JavaScript and wasm that a page loads.
//!
//! In: `bindgen MODULE.wasm OUT_DIR NAME`.  Out: `OUT_DIR/NAME.js`, `OUT_DIR/NAME_bg.wasm` (ES module, `--target web`).
//! The JavaScript also exports `program`, the SHA-256 of the wasm: what a page knows of it, it knows of these bytes.
//! The library behind `wasm-bindgen-cli`, built from this project's own lock file, so that the tool and
//! the crate can never differ in version. Used by `build.sh` only.

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, out_dir, name] = arguments.as_slice() else {
        eprintln!("usage: bindgen MODULE.wasm OUT_DIR NAME");
        return ExitCode::from(2);
    };
    match write(module, Path::new(out_dir), name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {module}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn write(module: &str, out_dir: &Path, name: &str) -> Result<(), Box<dyn Error>> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).typescript(true);
    // Names and producers are for debuggers; the page downloads neither.
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.web(true)?.generate(out_dir)?;
    let mut program = String::new();
    for byte in Sha256::digest(fs::read(out_dir.join(format!("{name}_bg.wasm")))?) {
        write!(program, "{byte:02x}")?;
    }
    let append = |file: &str, line: String| {
        let mut file = OpenOptions::new().append(true).open(out_dir.join(format!("{name}{file}")))?;
        file.write_all(line.as_bytes())
    };
    append(".js", format!("export const program = \"{program}\";\n"))?;
    append(".d.ts", "/** The SHA-256 of the wasm. */\nexport const program: string;\n".to_owned())?;
    Ok(())
}
