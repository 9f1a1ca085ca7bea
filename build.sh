#!/usr/bin/env bash
# Everything a fresh machine needs, then the job.
#
#   ./build.sh serve [PORT]    build the page and serve it at http://127.0.0.1:8080
#   ./build.sh site            write the same as the folder dist/, for any static host
#   ./build.sh test [--large]  every check and test; --large adds ViT-L/14 (8 GB of memory)
#   ./build.sh bench --models DIR …  measure against onnxruntime; without DIR it says how to get its models
#   ./build.sh demo-model      make the page's model anew (model/demo), an hour on two cores
#
# CHROMIUM and FIREFOX name the browsers for the tests; without them those in PATH, or Debian's, which are installed.
set -euo pipefail
cd "$(dirname "$0")"

readonly WASM_TARGET=wasm32-unknown-unknown

say() { printf '\n== %s\n' "$*"; }

need() { # COMMAND HOW_TO_GET_IT
    command -v "$1" >/dev/null || { echo "build.sh: $1 is missing; $2" >&2; exit 1; }
}

tools() {
    need cargo "install Rust from https://rustup.rs (rust-toolchain.toml then picks the version)"
    need npm "install Node.js 20 or newer"
    need cc "install a C compiler, on Debian: apt-get install build-essential"
    if ! rustc --print target-libdir --target "$WASM_TARGET" 2>/dev/null | xargs test -d; then
        need rustup "rustup brings the $WASM_TARGET target"
        rustup target add "$WASM_TARGET"
    fi
    if ! npm ls --silent >/dev/null 2>&1; then npm ci --no-audit --no-fund; fi
}

# The command line, and what the page's JavaScript is made with.
natives() {
    say "the command line"
    cargo build --release --locked
    # Not optimized: it runs for seconds, and would take minutes to compile.
    cargo build --locked -p bindgen
}

# One module: its features, its folder in dist/wasm.
wasm() {
    say "the $2 module"
    # Named here rather than in Cargo.toml: beside an rlib, cargo would build the cdylib without link-time optimization.
    # Loop-strength reduction takes a third off the kernels' speed in a browser (src/kernels/mod.rs).
    cargo rustc --locked --profile wasm --target "$WASM_TARGET" --lib --crate-type cdylib \
        --no-default-features --features "$1" -- -Cllvm-args=-disable-lsr
    target/debug/bindgen "target/$WASM_TARGET/wasm/placelens.wasm" "dist/wasm/$2" placelens
}

site() {
    tools
    natives
    rm -rf dist
    mkdir -p dist/vendor/leaflet
    cp -R www/. dist/
    rm -r dist/app dist/styles dist/screenshot*.png # the last are the README's
    cp node_modules/leaflet/dist/leaflet.js node_modules/leaflet/dist/leaflet.css node_modules/leaflet/LICENSE \
        dist/vendor/leaflet/
    # What a page or a worker names, with all that it imports, in one file: a visit waits for a few answers rather than
    # for sixty. Comments and indentation are for who reads the source; nothing is renamed.
    local scripts=(app/{early-worker,page,embed-host,embed-frame,bench-page,snippet-builder}.js app/{,thumbnail-,url-}worker.js)
    local styles=(styles/{index,embed,bench,builder,text,blog}.css)
    (cd www && npx esbuild embed.js "${scripts[@]}" "${styles[@]}" --bundle --format=esm --minify-whitespace \
        --external:./app/embed-host.js --outdir=../dist --outbase=. --allow-overwrite --log-level=warning)
    wasm cpu cpu
    wasm cpu,relaxed-simd cpu-relaxed
    wasm webgpu webgpu
    say "the model"
    mkdir dist/model
    cp model/demo/manifest.json model/demo/*.safetensors model/demo/*.geojson dist/model/
    target/release/placelens verify dist/model
    # Last: it lists every file of the site, for the visits without a network.
    node src/site/precache.mjs dist
    # GitHub Pages would otherwise leave out what it takes for its own.
    touch dist/.nojekyll
}

# Finds a browser for the tests, or installs Debian's; its path is left in VARIABLE, which may also name one.
browser() { # VARIABLE DEBIAN_PACKAGE OTHER_NAMES…
    local variable=$1 package=$2 candidate
    shift
    for candidate in "${!variable:-}" "$@"; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null; then
            export "$variable=$(command -v "$candidate")"
            return
        fi
    done
    need apt-get "no $package was found; install one and name it in $variable"
    local as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root apt-get update -qq
    $as_root apt-get install -y -qq "$package" >/dev/null
    export "$variable=$(command -v "$package")"
}

# The sum of the last group of an extended regular expression over the lines of a file.
total() { # REGEX FILE
    local groups
    groups=$(tr -dc '(' <<<"$1" | wc -c)
    sed -nE "s/$1/\\$groups/p" "$2" | awk '{ sum += $1 } END { print sum + 0 }'
}

# Runs a command, shows what it prints, and adds its "N passed" and "N failed" to the totals.
passed=0
failed=0
count() { # cargo|node COMMAND…
    local kind=$1 log status=0
    shift
    log=$(mktemp)
    "$@" 2>&1 | tee "$log" || status=$?
    local ok bad
    if [ "$kind" = cargo ]; then
        ok=$(total '^test result: .* ([0-9]+) passed; .*' "$log")
        bad=$(total '^test result: .* ([0-9]+) failed; .*' "$log")
    else
        ok=$(total '^(#|ℹ) pass ([0-9]+)$' "$log")
        bad=$(total '^(#|ℹ) fail ([0-9]+)$' "$log")
    fi
    rm -f "$log"
    passed=$((passed + ok))
    failed=$((failed + bad))
    # A run that failed without counting a failure (it did not compile, it crashed) is one all the same.
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then failed=$((failed + 1)); fi
}

check() { # NAME COMMAND…
    say "$1"
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

test_all() {
    local features=train
    case "${1:-}" in
        "") ;;
        --large) features=train,large-tests ;;
        *) echo "build.sh: test knows no $1; expected nothing or --large" >&2; exit 2 ;;
    esac
    site
    browser CHROMIUM chromium chromium-browser google-chrome
    browser FIREFOX firefox-esr firefox
    check "formatting" cargo fmt --all --check
    check "clippy" cargo clippy --release --locked --all-targets --features "$features" -- -D warnings
    check "clippy, wasm" cargo clippy --profile wasm --locked --target "$WASM_TARGET" --lib --no-default-features \
        --features cpu -- -D warnings
    say "Rust tests"
    count cargo cargo test --release --locked --features "$features" --no-fail-fast -- --show-output
    say "JavaScript tests"
    count node node --test tests/js/*.test.js
    say "browser tests"
    PLACELENS_DIST=$PWD/dist PLACELENS_CLI=$PWD/target/release/placelens count node \
        node --test --test-concurrency=1 tests/browser/*.test.js
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
}

bench() {
    need npm "install Node.js 20 or newer"
    if ! npm ls --silent >/dev/null 2>&1; then npm ci --no-audit --no-fund; fi
    # The peer is the benchmark's own: neither the page nor its tests need it.
    if ! npm ls --prefix tests/bench --silent >/dev/null 2>&1; then npm ci --prefix tests/bench --no-audit --no-fund; fi
    # What only the user can bring is asked for before anything is built.
    node tests/bench/bench.mjs --check "$@" || exit $?
    if [[ " $* " == *" --check "* ]]; then exit; fi
    site
    browser CHROMIUM chromium chromium-browser google-chrome
    exec node tests/bench/bench.mjs "$@"
}

case "${1:-}" in
    serve)
        site
        exec node tests/server/serve.mjs dist "${2:-8080}"
        ;;
    site) site ;;
    test) test_all "${2:-}" ;;
    bench) bench "${@:2}" ;;
    demo-model)
        need cargo "install Rust from https://rustup.rs (rust-toolchain.toml then picks the version)"
        cargo build --release --locked
        # In the target folder, so that a run that was ended can go on.
        PLACELENS=target/release/placelens model/demo/make.sh target/demo-model
        ;;
    *)
        sed -n '2,11s/^# \{0,1\}//p' "$0"
        exit 2
        ;;
esac
