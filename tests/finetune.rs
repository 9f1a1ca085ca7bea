//! Fine-tuning as a person runs it: it learns, goes on where it was killed, keeps what it should, and says what is wrong.
//!
//! Photos are small patterns whose shape is the region and whose colors are chance.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{Golden, golden, max_abs_difference};
use image::{Rgb, RgbImage};
use placelens::weights::tensors::Tensors;
use serde_json::Value;

const CONFIG: &str = r#"{ "projection_dim": 16,
    "vision_config": { "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
                       "image_size": 32, "patch_size": 8 },
    "text_config": { "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2 } }"#;
const REGIONS: [&str; 3] = ["downtown_la", "malibu", "koreatown"];

/// A folder that holds a configuration and labeled photos with splits.
struct Experiment {
    folder: tempfile::TempDir,
}

impl Experiment {
    fn new(per_region: u32) -> Self {
        let experiment = Self { folder: tempfile::tempdir().expect("a folder") };
        fs::write(experiment.path("config.json"), CONFIG).expect("can be written");
        for (shape, region) in REGIONS.iter().enumerate() {
            let folder = experiment.path("photos").join(region);
            fs::create_dir_all(&folder).expect("can be made");
            for number in 0..per_region {
                pattern(shape as u32, number).save(folder.join(format!("{number:02}.png"))).expect("can be written");
            }
        }
        experiment.split();
        experiment
    }

    fn split(&self) {
        let output = placelens(&["dataset", &self.shown("photos"), "--split", "0.6/0.2/0.2", "--seed", "1"]);
        assert!(output.status.success(), "{}", stderr(&output));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn shown(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").to_owned()
    }

    /// The arguments of a run into `out`.
    fn arguments(&self, out: &str, more: &[&str]) -> Vec<String> {
        let fixed =
            ["finetune", "--model", &self.shown("config.json"), "--data", &self.shown("photos")].map(str::to_owned);
        let out = ["--out".to_owned(), self.shown(out)];
        fixed.into_iter().chain(out).chain(more.iter().map(|part| (*part).to_owned())).collect()
    }

    fn finetune(&self, out: &str, more: &[&str]) -> Output {
        let arguments = self.arguments(out, more);
        placelens(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn weights(&self, out: &str) -> Tensors {
        Tensors::load(&self.path(out).join("model.safetensors")).expect("a finished run has weights")
    }

    fn training(&self, out: &str) -> Value {
        let json = fs::read_to_string(self.path(out).join("training.json")).expect("a finished run has numbers");
        serde_json::from_str(&json).expect("JSON")
    }
}

/// Stripes across, stripes down, or a checkerboard, in two colors.
fn pattern(shape: u32, number: u32) -> RgbImage {
    let mut state = number.wrapping_mul(0x9e37_79b9).wrapping_add(shape * 77 + 1);
    let mut next = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    let (offset_x, offset_y) = (next(8), next(8));
    let dark: [u8; 3] = std::array::from_fn(|_| next(110) as u8);
    let light: [u8; 3] = std::array::from_fn(|_| 145 + next(110) as u8);
    RgbImage::from_fn(48, 40, |x, y| {
        let [across, down] = [(y + offset_y) / 5 % 2 == 0, (x + offset_x) / 5 % 2 == 0];
        Rgb(if [across, down, across != down][shape as usize] { dark } else { light })
    })
}

fn placelens(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_placelens"))
        .args(arguments)
        .env("HF_ENDPOINT", "http://127.0.0.1:9")
        .output()
        .expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn refused(output: &Output, parts: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    for part in parts {
        assert!(message.contains(part), "expected {part:?} in: {message}");
    }
}

const LEARNING: [&str; 12] = [
    "--epochs",
    "16",
    "--learning-rate",
    "3e-3",
    "--layer-decay",
    "1",
    "--batch-size",
    "8",
    "--crop-scale",
    "0.8",
    "--seed",
    "4",
];

#[test]
fn learns_shapes_from_scratch_and_keeps_the_best_epoch() {
    let experiment = Experiment::new(30);
    let output = experiment.finetune("tuned", &LEARNING);
    assert!(output.status.success(), "{}", stderr(&output));
    let training = experiment.training("tuned");
    let epochs = training["history"].as_array().expect("a list");
    assert_eq!(epochs.len(), 17, "the starting model and 16 epochs");
    let accuracy = |epoch: &Value| epoch["val_accuracy"].as_f64().expect("a number");
    let best = epochs.iter().map(accuracy).fold(0.0, f64::max);
    println!("validation accuracy: {:.3} at the start, {best:.3} at best", accuracy(&epochs[0]));
    // Chance is 1/15, or 1/3 for a model that knows which regions have photos.
    assert!(best >= 0.8, "{training}");
    let kept = training["best_epoch"].as_u64().expect("a number") as usize;
    assert_eq!(accuracy(&epochs[kept]), best);
    let svg = fs::read_to_string(experiment.path("tuned/training.svg")).expect("a curve");
    assert!(svg.starts_with("<svg") && svg.contains("validation"));

    // The kept weights are those of the best epoch: asked again, they give its accuracy.
    let pack = experiment.shown("pack");
    let packed = placelens(&["pack", &experiment.shown("tuned"), "--dtype", "f32", "--out", &pack]);
    assert!(packed.status.success(), "{}", stderr(&packed));
    let report = experiment.shown("report");
    let photos = experiment.shown("photos");
    let evaluated = placelens(&["evaluate", "--model", &pack, "--data", &photos, "--split", "val", "--out", &report]);
    assert!(evaluated.status.success(), "{}", stderr(&evaluated));
    let json: Value =
        serde_json::from_str(&fs::read_to_string(experiment.path("report/report.json")).expect("a report"))
            .expect("JSON");
    assert_eq!(json["evaluations"][0]["accuracy"].as_f64(), Some(best));
}

#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let experiment = Experiment::new(20);
    let more =
        ["--epochs", "6", "--learning-rate", "1e-3", "--batch-size", "4", "--checkpoint-every", "2", "--seed", "9"];
    let whole = experiment.finetune("whole", &more);
    assert!(whole.status.success(), "{}", stderr(&whole));

    let mut kills = 0;
    for _ in 0..3 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_placelens"))
            .args(experiment.arguments("killed", &more))
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        // Killed in the middle: once it stands somewhere else than when it began.
        let progress = || fs::read(experiment.path("killed/checkpoint/progress.json")).ok();
        let (start, before) = (Instant::now(), progress());
        while progress().is_none_or(|now| Some(now) == before) && start.elapsed() < Duration::from_secs(60) {
            if child.try_wait().expect("can be asked").is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        kills += usize::from(child.try_wait().expect("can be asked").is_none());
        child.kill().ok();
        child.wait().expect("ends");
    }
    assert!(kills > 0, "no run was killed while it worked");
    let resumed = experiment.finetune("killed", &more);
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    assert!(stderr(&resumed).contains("going on from epoch"), "{}", stderr(&resumed));
    for file in ["model.safetensors", "config.json", "preprocessor_config.json", "training.svg"] {
        let [whole, killed] = ["whole", "killed"].map(|run| fs::read(experiment.path(run).join(file)).expect(file));
        assert!(whole == killed, "{file} differs");
    }
    assert!(!experiment.path("killed/checkpoint").exists(), "a finished run needs no checkpoint");
}

#[test]
fn a_run_killed_after_its_last_epoch_goes_on_to_the_same_bytes() {
    let experiment = Experiment::new(10);
    // So many that the run can be killed among them; the trained weights are overwritten as soon as one is better.
    let shares: Vec<String> = (1..100).rev().map(|share| format!("0.{share:02}")).collect();
    let shares = shares.join(",");
    let more = ["--epochs", "40", "--learning-rate", "3e-3", "--patience", "2", "--interpolate", &shares];
    let with_seed = |seed: &'static str| [&more[..], &["--seed", seed]].concat();
    let interpolated = ["1", "2", "3", "4", "5", "6", "7", "8"].into_iter().find_map(|seed| {
        let (out, more) = (format!("whole-{seed}"), with_seed(seed));
        let run = experiment.finetune(&out, &more);
        assert!(run.status.success(), "{}", stderr(&run));
        (experiment.training(&out)["interpolation"].as_f64() < Some(1.0)).then_some((out, more))
    });
    let (whole, more) = interpolated.expect("for one of eight seeds an interpolation is better");

    let mut child = Command::new(env!("CARGO_BIN_EXE_placelens"))
        .args(experiment.arguments("killed", &more))
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let weights = || fs::read(experiment.path("killed/model.safetensors")).ok();
    let trained = || fs::read(experiment.path("killed/checkpoint/trained.safetensors")).ok();
    while trained().is_none() || trained() == weights() {
        assert!(child.try_wait().expect("can be asked").is_none(), "it ended before it could be killed");
    }
    child.kill().expect("it is still at work");
    child.wait().expect("ends");
    let resumed = experiment.finetune("killed", &more);
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    let runs = [whole.as_str(), "killed"];
    let [whole, killed] = runs.map(|run| experiment.training(run));
    assert_eq!(whole["history"].as_array().map(Vec::len), killed["history"].as_array().map(Vec::len));
    assert_eq!(whole["interpolation"], killed["interpolation"]);
    let [whole, killed] = runs.map(|run| fs::read(experiment.path(run).join("model.safetensors")).expect("weights"));
    assert!(whole == killed, "the weights differ");
}

#[test]
fn frozen_towers_stay_as_they_were() {
    let experiment = Experiment::new(10);
    let start = ["--epochs", "0", "--seed", "2"];
    assert!(experiment.finetune("start", &start).status.success());
    let start = experiment.weights("start");
    for (freeze, stays) in [("text", "text_"), ("vision", "vision_model.")] {
        let more = ["--epochs", "3", "--learning-rate", "3e-3", "--seed", "2", "--freeze", freeze];
        let output = experiment.finetune(freeze, &more);
        assert!(output.status.success(), "{}", stderr(&output));
        let best = experiment.training(freeze)["best_epoch"].as_u64();
        assert!(best > Some(0), "nothing was learned, so nothing would have moved: {}", experiment.training(freeze));
        let mut moved = 0;
        for (name, values) in &experiment.weights(freeze).0 {
            if name.starts_with(stays) {
                assert_eq!(values, &start.0[name], "--freeze {freeze}: {name}");
            } else {
                moved += usize::from(values != &start.0[name]);
            }
        }
        assert!(moved > 3, "--freeze {freeze}: {moved} tensors moved");
    }
}

#[test]
fn interpolates_with_the_starting_weights_and_keeps_what_validates_best() {
    let experiment = Experiment::new(12);
    let more = ["--epochs", "3", "--learning-rate", "1e-3", "--seed", "2", "--interpolate", "0.25,0.5,0.75"];
    let output = experiment.finetune("wise", &more);
    assert!(output.status.success(), "{}", stderr(&output));
    let (training, said) = (experiment.training("wise"), stderr(&output));
    for tried in ["0.25", "0.5", "0.75"] {
        assert!(said.contains(&format!("{tried} of the way from the start")), "{said}");
    }
    let best_epoch = &training["history"][training["best_epoch"].as_u64().expect("a number") as usize];
    assert!(training["val_accuracy"].as_f64() >= best_epoch["val_accuracy"].as_f64(), "{training}");
}

#[test]
fn stops_early_and_stops_where_the_loss_is_no_number() {
    let experiment = Experiment::new(10);
    let patient = ["--epochs", "40", "--learning-rate", "1e-9", "--seed", "2", "--patience", "2"];
    let output = experiment.finetune("patient", &patient);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("stopped after epoch"), "{}", stderr(&output));
    assert!(experiment.training("patient")["history"].as_array().expect("a list").len() < 41);

    let wild = ["--epochs", "3", "--learning-rate", "1e36", "--warmup", "0", "--seed", "2", "--batch-size", "4"];
    let output = experiment.finetune("wild", &wild);
    refused(&output, &["became", "epoch 1", "keeps the best epoch, 0", "--learning-rate"]);
    let kept = placelens(&["pack", &experiment.shown("wild"), "--out", &experiment.shown("wild-pack")]);
    assert!(kept.status.success(), "what was best is a whole model: {}", stderr(&kept));
}

#[test]
fn names_what_is_wrong_and_loses_nothing() {
    let experiment = Experiment::new(10);
    let quick = ["--epochs", "1", "--seed", "2"];
    fs::write(experiment.path("photos/malibu/03.png"), "no picture any more").expect("can be written");
    let output = experiment.finetune("first", &quick);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("malibu/03.png"), "{}", stderr(&output));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let in_training = experiment.training("first")["unreadable"].as_array().map_or(0, Vec::len);
    assert_eq!(said.contains("1 photo could not be read"), in_training == 1, "{said}");

    let before = fs::read(experiment.path("first/model.safetensors")).expect("weights");
    refused(&experiment.finetune("first", &quick), &["finished model", "another --out"]);
    assert_eq!(fs::read(experiment.path("first/model.safetensors")).expect("weights"), before);

    refused(
        &experiment.finetune("x", &["--epochs", "1", "--learning-rate", "0"]),
        &["learning-rate", "is 0", "above 0"],
    );
    fs::create_dir(experiment.path("photos/atlantis")).expect("can be made");
    pattern(0, 1).save(experiment.path("photos/atlantis/1.png")).expect("can be written");
    refused(&experiment.finetune("x", &quick), &["atlantis", "--places"]);
    fs::remove_dir_all(experiment.path("photos/atlantis")).expect("can be removed");
    fs::remove_file(experiment.path("photos/split.csv")).expect("can be removed");
    refused(&experiment.finetune("x", &quick), &["train", "--split"]);
    assert!(!experiment.path("x").exists(), "nothing is written before everything is known to be right");
}

#[test]
fn goes_on_with_the_same_run_only() {
    let experiment = Experiment::new(10);
    let more = ["--epochs", "30", "--batch-size", "4", "--checkpoint-every", "1", "--seed", "2"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_placelens"))
        .args(experiment.arguments("run", &more))
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let start = Instant::now();
    while !experiment.path("run/checkpoint/progress.json").exists() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().ok();
    child.wait().expect("ends");
    let other = ["--epochs", "31", "--batch-size", "4", "--checkpoint-every", "1", "--seed", "2"];
    refused(&experiment.finetune("run", &other), &["another `epochs`", "another --out"]);
    pattern(1, 77).save(experiment.path("photos/malibu/77.png")).expect("can be written");
    experiment.split();
    refused(&experiment.finetune("run", &more), &["other photos"]);
}

#[test]
#[cfg(unix)]
fn a_disk_that_is_full_is_named_and_the_older_checkpoint_stays() {
    let experiment = Experiment::new(6);
    let arguments = experiment.arguments("full", &["--epochs", "1", "--seed", "2"]);
    // No file may grow above 100 blocks: what a write into a full disk looks like, for the weights and not the rest.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 100; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_placelens")])
        .args(&arguments)
        .output()
        .expect("a shell");
    refused(&output, &["model.safetensors", "cannot be written"]);
}

/// The folder in `tests/golden/finetuned` was written by `placelens finetune`, its embeddings by `transformers`
/// (`make_golden.py` there).
#[test]
fn a_fine_tuned_folder_has_the_embeddings_that_transformers_computes() {
    let expected = Golden::read("finetuned/embeddings.safetensors");
    compare(&golden("finetuned/model"), &expected);
}

/// The same for a folder of this very run, where Python has `transformers`; elsewhere the golden one stands for it.
#[test]
fn transformers_reads_a_folder_of_this_run() {
    let script = golden("finetuned/make_golden.py");
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import torch, transformers"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        println!("not run: {python} has no torch and transformers; the golden folder was compared instead");
        return;
    }
    let experiment = Experiment::new(8);
    assert!(
        experiment.finetune("tuned", &["--epochs", "2", "--learning-rate", "1e-3", "--seed", "5"]).status.success()
    );
    let out = experiment.path("embeddings.safetensors");
    let output = Command::new(python).arg(script).arg(experiment.path("tuned")).arg(&out).output().expect("starts");
    assert!(output.status.success(), "{}", stderr(&output));
    compare(&experiment.path("tuned"), &Golden::read_file(&out));
}

/// Our embeddings of the inputs in `expected` against those in it.
fn compare(folder: &Path, expected: &Golden) {
    use placelens::clip::TokenBatch;
    use placelens::embed::{ImageEncoder, TextEncoder};
    use placelens::weights::{huggingface::HuggingFaceModel, load};
    use pollster::block_on;

    let mut model = HuggingFaceModel::from_folder(folder).expect("a Hugging Face folder");
    let clip = load::clip(&model.config, model.tensors.as_mut(), &burn::tensor::Device::flex()).expect("whole");
    let image_size = model.config.vision_config.image_size;
    let images = block_on(clip.vision.embed(expected.f32("pixel_values"), image_size)).expect("CPU");
    let tokens = TokenBatch::new(&expected.ids("input_ids"), &model.config.text_config).expect("valid ids");
    let texts = block_on(clip.text.embed(&tokens)).expect("CPU");
    for (name, found) in [("image_embeds", images), ("text_embeds", texts)] {
        let difference = max_abs_difference(&found, &expected.f32(name));
        println!("{name}: largest difference {difference:.1e}");
        // The noise of f32 is below 1e-6 here; a wrong transpose or scale moves them by 1e-2.
        assert!(difference <= 1e-5, "{name}: {difference}");
    }
}

#[test]
fn a_calibration_is_used_from_then_on() {
    let experiment = Experiment::new(30);
    // Not to the end: a model without a mistake has no temperature of its own.
    let half = ["--epochs", "6", "--learning-rate", "2e-3", "--layer-decay", "1", "--batch-size", "8", "--seed", "4"];
    assert!(experiment.finetune("tuned", &half).status.success());
    let [pack, photos, report] = ["pack", "photos", "report"].map(|name| experiment.shown(name));
    let regions = concat!(env!("CARGO_MANIFEST_DIR"), "/model/regions.geojson");
    let packed = placelens(&["pack", &experiment.shown("tuned"), "--places", regions, "--out", &pack]);
    assert!(packed.status.success(), "{}", stderr(&packed));
    let evaluation = || -> Value {
        let arguments = ["evaluate", "--model", &pack, "--data", &photos, "--split", "train", "--out", &report];
        let output = placelens(&arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        let json = fs::read_to_string(experiment.path("report/report.json")).expect("a report");
        serde_json::from_str::<Value>(&json).expect("JSON")["evaluations"][0].clone()
    };
    let before = evaluation();
    assert_eq!(before["calibrated"], false);

    let arguments = ["calibrate", "--model", &pack, "--data", &photos, "--split", "train", "--target-accuracy", "0.9"];
    let output = placelens(&arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let after = evaluation();
    assert_eq!(after["calibrated"], true);
    assert_ne!(after["temperature"], before["temperature"]);
    assert!(after["calibration"]["nll"].as_f64() <= before["calibration"]["nll"].as_f64(), "{before} {after}");
    assert_eq!(after["accuracy"], before["accuracy"], "a temperature changes no order");

    let photo = experiment.shown("photos/malibu/01.png");
    let located = placelens(&["locate", "--json", "--model", &pack, &photo]);
    let result: Value = serde_json::from_slice(&located.stdout).expect("JSON");
    assert_eq!(result["temperature"], after["temperature"]);
    let top = result["places"][0]["probability"].as_f64().expect("a number");
    let threshold = after["confidence_threshold"].as_f64().expect("a number");
    assert_eq!(result["confident"].as_bool(), Some(top >= threshold));

    let folder = experiment.shown("tuned");
    refused(&placelens(&["calibrate", "--model", &folder, "--data", &photos]), &["not a pack", "placelens pack"]);
    let nothing = placelens(&["evaluate", "--model", &pack, "--data", &photos, "--split", "exam", "--out", &report]);
    refused(&nothing, &["exam", "train, val, test or all"]);
}
