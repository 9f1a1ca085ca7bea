//! A module.wasm from cargo → the JavaScript and wasm that a page loads.
//!
//! In: `bindgen MODULE.wasm OUT_DIR NAME`.  Out: `OUT_DIR/NAME.js`, `OUT_DIR/NAME_bg.wasm` (ES module, `--target web`).
//! The library behind `wasm-bindgen-cli`, built from this project's own lock file, so that the tool and
//! the crate can never differ in version. Used by `build.sh` only.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, out_dir, name] = arguments.as_slice() else {
        eprintln!("usage: bindgen MODULE.wasm OUT_DIR NAME");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).typescript(true);
    // Names and producers are for debuggers; the page downloads neither.
    bindgen.remove_name_section(true).remove_producers_section(true);
    let written = bindgen.web(true).and_then(|bindgen| bindgen.generate(out_dir));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {module}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
