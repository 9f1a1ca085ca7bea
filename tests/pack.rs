//! Packs: what is written can be read, and nothing that was changed on the way is believed.

mod common;

use std::fs;
use std::path::Path;

use bytes::Bytes;
use common::golden;
use placelens::locate::{Engine, LocateError, LocateOptions, Locator};
use placelens::photo::Photo;
use placelens::places::Places;
use placelens::preprocess::Preprocessor;
use placelens::weights::formula::{Architecture, FormulaSource};
use placelens::weights::huggingface::HuggingFaceModel;
use placelens::weights::manifest::{MAX_FILE_BYTES, Manifest, PackFile, Tower};
use placelens::weights::pack::{PackError, PackRequest, pack, push_files, read_manifest, verify};
use placelens::weights::quantize::PackDtype;
use placelens::weights::shards::{PackLoader, ShardError, seal};
use placelens::weights::source::TensorSource;
use pollster::block_on;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

fn regions() -> Places {
    Places::from_json(include_str!("../model/regions.geojson")).expect("the project's own places")
}

fn write_tiny(out: &Path, dtype: PackDtype, tensors: &mut dyn TensorSource) -> Result<Manifest, PackError> {
    let config = Architecture::Tiny.config();
    let places = regions();
    let request = PackRequest {
        name: "tiny".to_owned(),
        preprocessor: Preprocessor::clip(config.vision_config.image_size as u32),
        config,
        dtype,
        untrained: true,
        tensors,
        places: Some(&places),
        about: None,
        photos: &[],
    };
    block_on(pack(request, out, &mut |_, _| ())).map(|packed| packed.manifest)
}

fn tiny_pack(out: &Path) -> Manifest {
    write_tiny(out, PackDtype::Int8, &mut FormulaSource { salt: 3 }).expect("a formula pack can be written")
}

fn loader(folder: &Path) -> PackLoader {
    push_files(PackLoader::new(read_manifest(folder).expect("a whole manifest")), folder, &[Tower::Vision])
        .expect("whole files")
}

#[test]
fn a_pack_of_every_type_is_whole_and_locates() {
    for dtype in [PackDtype::F32, PackDtype::F16, PackDtype::Int8, PackDtype::Int4] {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("pack");
        let manifest = write_tiny(&out, dtype, &mut FormulaSource { salt: 0 }).expect("a formula pack");
        let verified = block_on(verify(&out)).expect("a pack just written is whole");
        assert_eq!((verified.vision_error, verified.text_error), (0.0, 0.0), "the same device gives the same numbers");
        for file in manifest.files() {
            assert!(file.size_bytes <= MAX_FILE_BYTES, "{file:?}");
            assert_eq!(fs::metadata(out.join(&file.file)).expect("listed files exist").len(), file.size_bytes);
        }
        // Nothing but the manifest and what it lists.
        assert_eq!(fs::read_dir(&out).expect("a folder").count(), manifest.files().count() + 1);
        let (locator, error) = block_on(Locator::from_pack(loader(&out), Engine::Cpu, None)).expect("a whole pack");
        // The CPU's kernels round to sixteen bits where burn, which gave the answer, has f32: 2e-5 was seen.
        assert!(error < 1e-4, "{dtype:?}: {error}");
        let photo = Photo { rgb: vec![128; 30 * 20 * 3], width: 30, height: 20, taken_at: None };
        let located = block_on(locator.locate(&photo, 0.0, &LocateOptions::default())).expect("a photo");
        assert_eq!(located.prediction.places.len(), 15);
        let sum: f64 = located.prediction.places.iter().map(|place| place.probability).sum();
        assert!((sum - 1.0).abs() < 1e-9, "probabilities add up to {sum}");
        assert!(!located.prediction.confident, "an untrained model is never sure");
        assert!((located.prediction.temperature - 0.01).abs() < 1e-6, "1 / exp(logit_scale) of the formula is 0.01");
    }
}

#[test]
fn a_large_tensor_is_split_and_joined() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("pack");
    // f32: 49408 × 48 token embeddings are 9.5 MB, more than one shard.
    let manifest = write_tiny(&out, PackDtype::F32, &mut FormulaSource { salt: 0 }).expect("a formula pack");
    let text_shards = manifest.shards.iter().filter(|shard| shard.tower == Tower::Text).count();
    assert!(text_shards >= 2, "{text_shards} shards");
    block_on(verify(&out)).expect("joined again, the known answer comes out");
}

#[test]
fn every_truncation_and_every_changed_byte_of_a_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = tiny_pack(folder.path());
    for entry in manifest.files() {
        let bytes = Bytes::from(fs::read(folder.path().join(&entry.file)).expect("listed files exist"));
        let mut pack = PackLoader::new(manifest.clone());
        // Every length near both ends, and a sample in between: each is another size than the manifest's.
        let lengths = (0..bytes.len()).filter(|&n| n < 300 || n + 300 > bytes.len() || n % 50_021 == 0);
        for length in lengths {
            let error = pack.push(&entry.file, bytes.slice(..length)).expect_err("a cut file");
            assert!(matches!(error, ShardError::Size { found, .. } if found == length as u64), "{error}");
        }
        for at in [0, 7, 8, 9, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1;
            let error = pack.push(&entry.file, changed.into()).expect_err("a changed file");
            assert!(matches!(error, ShardError::Sha256 { .. }), "{error}");
            assert_eq!(error.code(), "shard");
        }
        pack.push(&entry.file, bytes).expect("the whole file is still taken");
    }
    let mut pack = PackLoader::new(manifest.clone());
    assert!(matches!(pack.push("other.safetensors", Bytes::from_static(b"x")), Err(ShardError::Unknown { .. })));
    let error = pack.finish(&[Tower::Vision]).expect_err("nothing arrived");
    assert_eq!(error.code(), "incomplete");
}

#[test]
fn a_kept_file_is_taken_with_its_seal_and_refused_once_it_has_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = tiny_pack(folder.path());
    let mut pack = PackLoader::new(manifest.clone());
    for entry in pack.needed(&[Tower::Vision]) {
        let bytes = fs::read(folder.path().join(&entry.file)).expect("listed files exist");
        let kept = [&bytes[..], &seal(&bytes)].concat();
        for length in [0, 7, bytes.len() - 1, bytes.len(), kept.len() - 1] {
            let error = pack.push_kept(&entry.file, kept[..length].to_vec().into()).expect_err("a cut file");
            assert!(matches!(&error, ShardError::Kept { file } if *file == entry.file), "{error}");
            assert_eq!(error.code(), "shard");
        }
        for at in [0, 9, bytes.len() / 2, bytes.len() - 1, bytes.len(), kept.len() - 1] {
            let mut changed = kept.clone();
            changed[at] ^= 0x10;
            pack.push_kept(&entry.file, changed.into()).expect_err("a changed file");
        }
        pack.push_kept(&entry.file, kept.into()).expect("as it was kept");
    }
    assert!(matches!(pack.push_kept("other", Bytes::new()), Err(ShardError::Unknown { .. })));
    pack.finish(&[Tower::Vision]).expect("every file has arrived");
}

#[test]
fn every_truncation_of_a_manifest_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    tiny_pack(folder.path());
    let json = fs::read_to_string(folder.path().join("manifest.json")).expect("a manifest");
    for length in 0..json.trim_end().len() {
        if json.is_char_boundary(length) {
            let error = Manifest::from_json(&json[..length]).expect_err("a cut manifest");
            assert_eq!(error.code(), "manifest");
        }
    }
}

#[test]
fn a_manifest_is_refused_for_what_it_says() {
    let folder = tempfile::tempdir().expect("a folder");
    tiny_pack(folder.path());
    let json = fs::read_to_string(folder.path().join("manifest.json")).expect("a manifest");
    let good: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let refused = |change: &dyn Fn(&mut serde_json::Value), named: &str| {
        let mut value = good.clone();
        change(&mut value);
        let message = Manifest::from_json(&value.to_string()).expect_err(named).to_string();
        assert!(message.contains(named), "{message} does not name {named}");
    };
    refused(&|m| m["format"] = "tarball".into(), "`tarball`");
    refused(&|m| m["version"] = 2.into(), "version 2");
    refused(&|m| m["shards"] = serde_json::json!([]), "no shards");
    refused(&|m| m["shards"][0]["file"] = "../../secret".into(), "../../secret");
    refused(&|m| m["shards"][0]["file"] = "a/b.safetensors".into(), "a/b.safetensors");
    refused(&|m| m["shards"][0]["size_bytes"] = 1e12.into(), "1000000000000.0");
    refused(&|m| m["shards"][0]["size_bytes"] = 1_000_000_000_000u64.into(), "1000000000000 bytes");
    refused(&|m| m["shards"][0]["size_bytes"] = 0.into(), "0 bytes");
    refused(&|m| m["shards"][1] = m["shards"][0].clone(), "twice");
    refused(&|m| m["logit_scale"] = 1e6.into(), "logit_scale");
    refused(&|m| m["known_answer"]["image_embedding"] = serde_json::json!([1.0]), "1 values for the image");
    refused(&|m| m["config"]["vision_config"]["hidden_size"] = 0.into(), "hidden_size");
    refused(&|m| m["config"]["vision_config"]["image_size"] = 96.into(), "224 pixels");
    refused(&|m| m["dtype"] = "int3".into(), "int3");
}

#[test]
fn a_device_that_computes_something_else_is_not_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut manifest = tiny_pack(folder.path());
    manifest.known_answer.image_embedding[7] += 0.01;
    let pack = push_files(PackLoader::new(manifest), folder.path(), &[Tower::Vision]).expect("whole files");
    let Err(error) = block_on(Locator::from_pack(pack, Engine::Cpu, None)) else {
        panic!("another answer must be refused");
    };
    assert!(matches!(error, LocateError::KnownAnswer(_)));
    assert!(error.to_string().contains("value 7"), "{error}");
}

#[test]
fn stale_embeddings_and_absent_places_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = tiny_pack(folder.path());
    let packed = manifest.places.clone().expect("places were packed");
    // The same shape of places under other words: their embeddings are from other prompts.
    let other = regions().to_geojson().replace("Santa Monica", "Santa Barbara");
    let mut changed = manifest.clone();
    let entry = placelens::weights::manifest::PackFile::of(other.as_bytes(), "geojson");
    fs::write(folder.path().join(&entry.file), &other).expect("written");
    changed.places = Some(placelens::weights::manifest::PackedPlaces { regions: entry, ..packed });
    let refused = |manifest: Manifest| {
        let pack = push_files(PackLoader::new(manifest), folder.path(), &[Tower::Vision]).expect("whole files");
        match block_on(Locator::from_pack(pack, Engine::Cpu, None)) {
            Err(error) => (error.code(), error.to_string()),
            Ok(_) => panic!("must be refused"),
        }
    };
    let (code, message) = refused(changed);
    assert_eq!(code, "places");
    assert!(message.contains("other prompts"), "{message}");
    let (code, message) = refused(Manifest { places: None, ..manifest });
    assert_eq!(code, "places");
    assert!(message.contains("no places"), "{message}");
}

#[test]
fn a_run_that_fails_leaves_the_old_pack_and_nothing_else() {
    /// Fails half way, as a damaged file would.
    struct Broken(FormulaSource);
    impl TensorSource for Broken {
        fn take(
            &mut self,
            name: &str,
            expected: &[usize],
        ) -> Result<Option<Vec<f32>>, placelens::weights::WeightsError> {
            let values = self.0.take(name, expected)?;
            let is_broken = name == "text_model.final_layer_norm.bias";
            Ok(values.map(|mut values| {
                if is_broken {
                    values[1] = f32::NAN;
                }
                values
            }))
        }
        fn remaining(&self) -> Vec<String> {
            Vec::new()
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("pack");
    let before = tiny_pack(&out);
    let error = write_tiny(&out, PackDtype::F16, &mut Broken(FormulaSource { salt: 4 })).expect_err("NaN");
    assert!(error.to_string().contains("`text_model.final_layer_norm.bias`: value 1 is NaN"), "{error}");
    assert_eq!(read_manifest(&out).expect("the old pack"), before);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");
    // A good run replaces it; a folder that is no pack is never replaced.
    let after = write_tiny(&out, PackDtype::F16, &mut FormulaSource { salt: 4 }).expect("a good run");
    assert_eq!(read_manifest(&out).expect("the new pack"), after);
    let other = folder.path().join("photos");
    fs::create_dir(&other).expect("a folder");
    fs::write(other.join("keep.txt"), "mine").expect("written");
    let error = write_tiny(&other, PackDtype::F16, &mut FormulaSource { salt: 4 }).expect_err("not a pack");
    assert!(matches!(error, PackError::NotAPack { .. }), "{error}");
}

#[test]
fn the_same_model_gives_the_same_pack() {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    assert_eq!(tiny_pack(&a), tiny_pack(&b));
}

#[test]
fn a_hugging_face_folder_becomes_a_pack_with_its_own_preprocessing() {
    for name in ["tiny_clip", "tiny_clip_gelu"] {
        let mut model = HuggingFaceModel::from_folder(&golden(name)).expect("a golden folder");
        let folder = tempfile::tempdir().expect("a folder");
        let request = PackRequest {
            name: name.to_owned(),
            config: model.config.clone(),
            preprocessor: model.preprocessor.clone(),
            dtype: PackDtype::F32,
            untrained: false,
            tensors: model.tensors.as_mut(),
            places: None,
            about: None,
            photos: &[],
        };
        block_on(pack(request, folder.path(), &mut |_, _| ())).expect("a golden model");
        let verified = block_on(verify(folder.path())).expect("whole");
        assert_eq!(verified.manifest.preprocessor, model.preprocessor);
        assert_eq!(verified.manifest.config, model.config);
    }
}

/// A shard's tensors by name: type, shape and bytes.
type Tensors = std::collections::BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

/// The pack in `folder` with `change` made to the tensors of the shards of its vision tower.
fn loaded_after(folder: &Path, change: impl Fn(&mut Tensors)) -> Result<(), LocateError> {
    let mut manifest = read_manifest(folder).expect("a whole manifest");
    for shard in manifest.shards.iter_mut().filter(|shard| shard.tower == Tower::Vision) {
        let bytes = fs::read(folder.join(&shard.file.file)).expect("listed files exist");
        let parsed = SafeTensors::deserialize(&bytes).expect("a whole shard");
        let owned = |(name, view): (&str, TensorView<'_>)| {
            (name.to_owned(), (view.dtype(), view.shape().to_vec(), view.data().to_vec()))
        };
        let mut tensors = parsed.iter().map(owned).collect();
        change(&mut tensors);
        let views = tensors.iter().map(|(name, (dtype, shape, bytes))| {
            (name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).expect("bytes of that shape"))
        });
        let bytes = safetensors::serialize(views, None).expect("tensors");
        shard.file = PackFile::of(&bytes, "safetensors");
        fs::write(folder.join(&shard.file.file), bytes).expect("a writable folder");
    }
    let pack = push_files(PackLoader::new(manifest), folder, &[Tower::Vision]).expect("hashes fit");
    block_on(Locator::from_pack(pack, Engine::Cpu, None)).map(drop)
}

#[test]
fn every_damage_to_an_int4_tensor_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    write_tiny(folder.path(), PackDtype::Int4, &mut FormulaSource { salt: 3 }).expect("a formula pack");
    assert!(loaded_after(folder.path(), |_| ()).is_ok(), "unchanged, it is taken");
    let tensor = "vision_model.encoder.layers.1.mlp.fc2.weight";
    let groups = |tensors: &std::collections::BTreeMap<String, _>| {
        let found = tensors.keys().find(|name| name.starts_with(&format!("{tensor}.groups."))).cloned();
        found.expect("the last MLP, which loses least, is not int8")
    };
    let refused = |named: &str, change: &dyn Fn(&mut Tensors)| {
        let error = loaded_after(folder.path(), |tensors| change(tensors)).expect_err(named).to_string();
        assert!(error.contains(tensor) && error.contains(named), "{error} does not name {named}");
    };
    // Without them it is no int4 tensor, and too short for any other.
    refused("the model wants the shape", &|tensors| drop(tensors.remove(&groups(tensors))));
    refused("scale", &|tensors| drop(tensors.remove(&format!("{tensor}.scale"))));
    refused("multiplier", &|tensors| {
        let name = groups(tensors);
        tensors.get_mut(&name).expect("found").2.fill(0xff);
    });
    refused("bytes of group multipliers", &|tensors| {
        let name = groups(tensors);
        let stored = tensors.get_mut(&name).expect("found");
        let rows = stored.1[0] / 2;
        (stored.1[0], stored.2) = (rows, stored.2[..rows * stored.1[1]].to_vec());
    });
    refused("the model wants the shape", &|tensors| {
        let stored = tensors.get_mut(tensor).expect("found");
        let rows = stored.1[0] / 2;
        (stored.1[0], stored.2) = (rows, stored.2[..rows * stored.1[1]].to_vec());
    });
    for value in [f32::NAN, f32::INFINITY] {
        refused("finite", &|tensors| {
            tensors.get_mut(&format!("{tensor}.scale")).expect("found").2[..4].copy_from_slice(&value.to_le_bytes());
        });
    }
}

#[test]
fn a_program_that_does_not_know_a_type_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    tiny_pack(folder.path());
    let json = fs::read_to_string(folder.path().join("manifest.json")).expect("a manifest");
    let message = Manifest::from_json(&json.replace("\"int8\"", "\"int2\"")).expect_err("no such type").to_string();
    assert!(message.contains("int2"), "{message}");
}

#[test]
fn int4_keeps_the_direction_of_embeddings_in_fewer_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let [exact, small] = [PackDtype::F32, PackDtype::Int4].map(|dtype| {
        let out = folder.path().join(dtype.name());
        write_tiny(&out, dtype, &mut FormulaSource { salt: 5 }).expect("a formula pack")
    });
    let bytes = |manifest: &Manifest| -> u64 {
        let vision = manifest.shards.iter().filter(|shard| shard.tower == Tower::Vision);
        vision.map(|shard| shard.file.size_bytes).sum()
    };
    // 4.49 of 32 bits, and in a tower this small the positions, the norms and the names beside.
    assert!(bytes(&small) * 4 < bytes(&exact), "{} and {} bytes", bytes(&small), bytes(&exact));
    let cosine = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let image = cosine(&exact.known_answer.image_embedding, &small.known_answer.image_embedding);
    let text = cosine(&exact.known_answer.text_embedding, &small.known_answer.text_embedding);
    println!("cosine of the image {image}, of the text {text}");
    // Few and narrow layers of random weights, and a picture of noise: 0.985 was seen.
    assert!(image > 0.97, "{image}");
    assert!(text > 0.999, "the text tower keeps eight bits: {text}");
}
