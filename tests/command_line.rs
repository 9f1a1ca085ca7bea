//! The commands as a person runs them: what they print, what they write, and their exit codes.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{Golden, cosine, golden, max_abs_difference};
use serde_json::Value;

fn placelens(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_placelens"))
        .args(arguments)
        // A name that is no folder is looked for on the hub; tests must not wait for one.
        .env("HF_ENDPOINT", "http://127.0.0.1:9")
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn regions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("model/regions.geojson")
}

/// A tiny pack with the 15 regions, in a folder that lives as long as the guard.
fn pack() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("pack");
    let output =
        placelens(&["pack", "--formula", "tiny", "--salt", "5", "--places", path(&regions()), "--out", path(&out)]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    (folder, out)
}

/// A PNG of a gradient whose direction follows from `seed`.
fn write_photo(folder: &Path, seed: u32) -> PathBuf {
    let file = folder.join(format!("photo {seed}.png"));
    let picture = image::RgbImage::from_fn(90, 60, |x, y| {
        image::Rgb([(x * seed % 256) as u8, (y * (seed + 3) % 256) as u8, ((x + y) * 2 % 256) as u8])
    });
    picture.save(&file).expect("a photo can be written");
    file
}

#[test]
fn locate_prints_a_ranking_and_one_line_of_json_for_each_photo() {
    let (folder, pack) = pack();
    let photos = [write_photo(folder.path(), 1), write_photo(folder.path(), 2)];
    let readable = placelens(&["locate", "--model", path(&pack), "--top", "3", path(&photos[0])]);
    assert!(readable.status.success(), "{}", text(&readable.stderr));
    let shown = text(&readable.stdout);
    assert!(shown.contains("   1. ") && shown.contains("   3. ") && !shown.contains("   4. "), "{shown}");
    assert!(shown.contains("untrained"), "{shown}");

    let output = placelens(&["locate", "--model", path(&pack), "--json", path(&photos[0]), path(&photos[1])]);
    assert!(output.status.success());
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2);
    for (line, photo) in lines.iter().zip(&photos) {
        assert_eq!(line["file"], path(photo));
        assert_eq!(line["places"].as_array().expect("places").len(), 15);
        assert_eq!((&line["photo"]["width"], &line["photo"]["height"]), (&90.into(), &60.into()));
        assert_eq!((&line["backend"], &line["confident"]), (&"cpu".into(), &false.into()));
        for field in ["id", "name", "lat", "lon", "cosine", "probability"] {
            assert!(!line["places"][0][field].is_null(), "{field}");
        }
        for field in ["lat", "lon", "expected_error_km"] {
            assert!(line["point"][field].is_number(), "{field}");
        }
        assert!(line["regions_50"].as_array().expect("ids").len() <= line["regions_80"].as_array().expect("ids").len());
        for stage in ["decode", "preprocess", "encode", "score"] {
            assert!(line["milliseconds"][stage].is_number(), "{stage}");
        }
    }
}

#[test]
fn temperature_one_is_the_plain_softmax() {
    let (folder, pack) = pack();
    let photo = write_photo(folder.path(), 1);
    let output = placelens(&["locate", "--model", path(&pack), "--json", "--temperature", "1", path(&photo)]);
    let line: Value = serde_json::from_str(&text(&output.stdout)).expect("JSON");
    let places = line["places"].as_array().expect("places");
    let cosines: Vec<f64> = places.iter().map(|place| place["cosine"].as_f64().expect("a number")).collect();
    let sum: f64 = cosines.iter().map(|cosine| cosine.exp()).sum();
    for (place, cosine) in places.iter().zip(cosines) {
        let difference = place["probability"].as_f64().expect("a number") - cosine.exp() / sum;
        assert!(difference.abs() < 1e-12, "{place}: off by {difference:e}");
    }
}

#[test]
fn a_photo_from_standard_input_is_that_photo() {
    let (folder, pack) = pack();
    let photo = write_photo(folder.path(), 4);
    let from_file = placelens(&["locate", "--model", path(&pack), "--json", path(&photo)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_placelens"))
        .args(["locate", "--model", path(&pack), "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let bytes = fs::read(&photo).expect("a photo");
    child.stdin.take().expect("a pipe").write_all(&bytes).expect("the program reads");
    let from_pipe = child.wait_with_output().expect("the program ends");
    let places = |output: &Output| -> Value {
        serde_json::from_str::<Value>(&text(&output.stdout)).expect("JSON")["places"].clone()
    };
    assert_eq!(places(&from_file), places(&from_pipe));
}

#[test]
fn a_bad_photo_is_named_and_the_others_are_still_done() {
    let (folder, pack) = pack();
    let good = write_photo(folder.path(), 6);
    let bad = folder.path().join("notes.jpg");
    fs::write(&bad, "these are my notes").expect("written");
    let absent = folder.path().join("absent.jpg");
    let empty = folder.path().join("empty.png");
    fs::write(&empty, "").expect("written");
    let output =
        placelens(&["locate", "--model", path(&pack), "--json", path(&bad), path(&absent), path(&empty), path(&good)]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).lines().count(), 1, "the good one is done");
    let errors = text(&output.stderr);
    assert_eq!(errors.lines().count(), 3, "{errors}");
    for (line, file) in errors.lines().zip([&bad, &absent, &empty]) {
        assert!(line.contains(path(file)), "{line} does not name {}", file.display());
    }
}

#[test]
fn wrong_arguments_are_exit_code_2() {
    let (_folder, pack) = pack();
    for arguments in [
        &["locate", "--model", path(&pack)][..],
        &["locate", "photo.jpg"],
        &["locate", "--model", path(&pack), "--top", "0", "x.jpg"],
        &["locate", "--model", path(&pack), "--temperature", "0", "x.jpg"],
        &["locate", "--model", path(&pack), "--temperature", "NaN", "x.jpg"],
        &["embed", "--model", path(&pack), "--out", "x.safetensors"],
        &["pack", "--out", "x"],
        &["pack", "model", "--formula", "tiny", "--out", "x"],
        &["pack", "model", "--salt", "1", "--out", "x"],
        &["pack", "--formula", "tiny", "--dtype", "int3", "--out", "x"],
        &["teleport"],
    ] {
        let output = placelens(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_model_that_is_none_is_one_clear_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.json");
    let model = path(folder.path());
    let failed = |named: &str| {
        let output = placelens(&["locate", "--model", model, "x.jpg"]);
        assert_eq!(output.status.code(), Some(1));
        let errors = text(&output.stderr);
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.contains(named), "{errors} does not name {named}");
    };
    failed("config.json");
    fs::write(&config, "{").expect("written");
    failed("config.json");
    fs::write(&config, "{}").expect("written");
    failed("model.safetensors");
    fs::write(folder.path().join("model.safetensors"), "short").expect("written");
    failed("model.safetensors");
    let output = placelens(&["locate", "--model", "nobody/nothing", "x.jpg"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nobody/nothing is neither a folder here nor a model on the hub"));
}

#[test]
fn embed_gives_the_reference_s_embeddings_from_files() {
    let json = fs::read_to_string(golden("end_to_end.json")).expect("a golden file");
    let expected: Value = serde_json::from_str(&json).expect("JSON");
    let folder = tempfile::tempdir().expect("a folder");
    for model in ["tiny_clip", "tiny_clip_gelu"] {
        // Only pictures that the golden files hold; those above half a megabyte are not committed.
        let all = expected["image_embeds"][model].as_object().expect("photos");
        let held: Vec<_> = all.iter().filter(|(name, _)| golden("preprocess/images").join(name).exists()).collect();
        assert!(held.len() >= 4, "{} photos", held.len());
        let out = folder.path().join("embeddings.safetensors");
        let mut arguments: Vec<String> =
            ["embed", "--model", path(&golden(model)), "--out", path(&out)].map(str::to_owned).to_vec();
        for (name, _) in &held {
            arguments.extend(["--image".to_owned(), path(&golden("preprocess/images").join(name)).to_owned()]);
        }
        let output = placelens(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let embeddings = Golden::read(path(&out));
        let values = embeddings.f32("image_embeds");
        let columns = embeddings.shape("image_embeds")[1];
        for ((name, expected), found) in held.iter().zip(values.chunks(columns)) {
            let numbers = expected.as_array().expect("numbers").iter();
            let expected: Vec<f32> = numbers.map(|n| n.as_f64().expect("a number") as f32).collect();
            // The promise for PNG; crops are exact to the level, so in fact f32 noise.
            let (cosine, largest) = (cosine(found, &expected), max_abs_difference(found, &expected));
            assert!(1.0 - cosine <= 1e-5, "{model}, {name}: 1 - cosine {:e}", 1.0 - cosine);
            assert!(largest <= 1e-5, "{model}, {name}: largest difference {largest:e}");
        }
    }
}

#[test]
fn embed_writes_texts_and_says_what_was_cut() {
    let (folder, pack) = pack();
    let out = folder.path().join("texts.safetensors");
    let long = "palm ".repeat(100);
    let output = placelens(&[
        "embed",
        "--model",
        path(&pack),
        "--text",
        "a pier",
        "--text",
        "a pier",
        "--text",
        &long,
        "--out",
        path(&out),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("77 tokens and was cut"), "{}", text(&output.stderr));
    let embeddings = Golden::read(path(&out));
    assert_eq!(embeddings.shape("text_embeds"), [3, 32]);
    let rows = embeddings.f32("text_embeds");
    // Beside a longer text as well: what stands behind the end token does not matter.
    assert_eq!(rows[..32], rows[32..64]);
    for row in rows.chunks(32) {
        let length: f32 = row.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-5, "normalized rows have length 1, this one {length}");
    }
}

#[test]
fn other_places_are_embedded_on_the_spot() {
    let (folder, pack) = pack();
    let photo = write_photo(folder.path(), 9);
    let places = folder.path().join("places.geojson");
    fs::write(
        &places,
        r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","id":"a","bbox":[4.8,52.3,4.9,52.4],"geometry":null,"properties":{"name":"Canal belt","description":"gables"}},
            {"type":"Feature","id":"b","bbox":[4.4,51.9,4.5,52.0],"geometry":null,"properties":{"name":"Harbor","description":"cranes"}}]}"#,
    )
    .expect("written");
    let output = placelens(&["locate", "--model", path(&pack), "--places", path(&places), "--json", path(&photo)]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let line: Value = serde_json::from_str(&text(&output.stdout)).expect("JSON");
    let ids: Vec<&str> =
        line["places"].as_array().expect("places").iter().map(|place| place["id"].as_str().expect("an id")).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&"a") && ids.contains(&"b"));
}

#[test]
fn verify_finds_what_was_changed() {
    let (_folder, pack) = pack();
    let output = placelens(&["verify", path(&pack)]);
    assert!(output.status.success() && text(&output.stdout).contains("whole"), "{}", text(&output.stderr));
    let files: Vec<PathBuf> =
        fs::read_dir(&pack).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    for file in files {
        let whole = fs::read(&file).expect("a file");
        let mut changed = whole.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 0x10;
        for (bytes, how) in [(&whole[..whole.len() - 1], "cut"), (&changed[..], "changed")] {
            // The manifest's last byte is a brace; a changed one may still be JSON, but then another known answer.
            fs::write(&file, bytes).expect("written");
            let output = placelens(&["verify", path(&pack)]);
            assert_eq!(output.status.code(), Some(1), "{} {how}: {}", file.display(), text(&output.stdout));
            assert_eq!(text(&output.stderr).lines().count(), 1, "{}", text(&output.stderr));
        }
        fs::remove_file(&file).expect("removed");
        assert_eq!(placelens(&["verify", path(&pack)]).status.code(), Some(1), "{} is gone", file.display());
        fs::write(&file, &whole).expect("written");
    }
    assert!(placelens(&["verify", path(&pack)]).status.success(), "whole again");
}

#[test]
fn a_pack_without_places_ranks_los_angeles_county() {
    let folder = tempfile::tempdir().expect("a folder");
    let pack = folder.path().join("pack");
    let output = placelens(&["pack", "--formula", "tiny", "--salt", "5", "--out", path(&pack)]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let photo = write_photo(folder.path(), 3);
    let located = |pack: &Path| -> Value {
        let output = placelens(&["locate", "--model", path(pack), "--json", path(&photo)]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_str::<Value>(&text(&output.stdout)).expect("JSON")["places"].clone()
    };
    let (_folder, with_places) = self::pack();
    let (without, with) = (located(&pack), located(&with_places));
    assert_eq!(without.as_array().expect("places").len(), 15);
    // Embedded on the spot or packed: the same model. With its places a pack goes to the CPU's kernels, which round int8
    // layers' inputs to 16 bits; without, both towers are burn's. Two cosines of 16 bits each: some 1e-5.
    let cosines = |places: &Value| -> BTreeMap<String, f64> {
        let of = |place: &Value| Some((place["id"].as_str()?.to_owned(), place["cosine"].as_f64()?));
        places.as_array().expect("places").iter().map(|place| of(place).expect("an id and a cosine")).collect()
    };
    let (without, with) = (cosines(&without), cosines(&with));
    assert!(without.keys().eq(with.keys()), "{without:?} {with:?}");
    let largest = without.iter().map(|(id, cosine)| (cosine - with[id]).abs()).fold(0.0, f64::max);
    println!("largest difference of a cosine: {largest:.1e}");
    assert!(largest <= 1e-4, "{largest}");
}

#[test]
fn the_page_s_model_is_right_wrong_and_not_sure_about_the_page_s_samples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = root.join("model/demo");
    for (sample, first, confident) in [
        ("sign-on-a-hill", "hollywood", true),
        ("harbor", "long_beach", true),
        ("dome", "griffith_park", true),
        ("coaster", "santa_clarita", true),
        // It is Koreatown; a model that is sure 19 times of 20 with reason is wrong the twentieth time.
        ("stacked-signs", "pasadena", true),
        ("just-a-street", "downtown_la", false),
    ] {
        let photo = root.join(format!("www/samples/{sample}.jpg"));
        let output = placelens(&["locate", "--json", "--model", path(&model), path(&photo)]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(result["places"][0]["id"], first, "{sample}: {result}");
        assert_eq!(result["confident"], confident, "{sample}: {result}");
        assert!(result["photo"]["taken_at"].is_object(), "{sample} carries its place");
    }
}
