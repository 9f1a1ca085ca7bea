//! Named tensors → the towers of a model, and back to names: the one table between Hugging Face and burn.
//!
//! In: a [`TensorSource`] and a [`ClipConfig`].  Out: towers on a device.
//! Our module fields are named as Hugging Face names them, so a parameter's path is its name, but for the rows of
//! [`RENAMED`]; and burn keeps a linear layer's weight as `[in, out]` where Hugging Face has `[out, in]`.
//!
//! Proof: `tests/parity.rs`, `tests/weights.rs`.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::WeightsError;
use super::source::{TensorSource, take_finite};
use crate::clip::{Clip, ClipConfig, TextTower, VisionTower};

/// (in our modules' paths, in Hugging Face's names): whole parts between dots.
const RENAMED: [(&str, &str); 3] = [
    ("pre_layernorm", "pre_layrnorm"), // the published spelling
    ("gamma", "weight"),
    ("beta", "bias"),
];

/// The Hugging Face name of the parameter at `path`.
fn hugging_face_name(path: &[String]) -> String {
    let renamed = |part: &String| match RENAMED.iter().find(|(ours, _)| ours == part) {
        Some((_, theirs)) => (*theirs).to_owned(),
        None => part.clone(),
    };
    path.iter().map(renamed).collect::<Vec<_>>().join(".")
}

/// A tensor: its shape, and its values row-major.
pub type ShapedValues = (Vec<usize>, Vec<f32>);

/// Where a traversal of modules is: the path of names, and the kinds of the modules around.
#[derive(Default)]
pub(crate) struct Position {
    path: Vec<String>,
    kinds: Vec<String>,
}

impl Position {
    pub fn enter(&mut self, name: &str, kind: &str) {
        self.path.push(name.to_owned());
        self.kinds.push(kind.to_owned());
    }

    pub fn exit(&mut self) {
        self.path.pop();
        self.kinds.pop();
    }

    /// Whether the parameter here is stored as the transpose of Hugging Face's: the weight of a linear layer.
    fn transposed(&self) -> bool {
        self.kinds.last().is_some_and(|kind| kind == "Struct:Linear") && self.path.last().is_some_and(|p| p == "weight")
    }

    /// Name and shape of the parameter here as Hugging Face has them, from its shape in burn.
    pub fn hugging_face(&self, shape: &[usize]) -> (String, Vec<usize>) {
        let mut shape = shape.to_vec();
        if self.transposed() {
            shape.reverse();
        }
        (hugging_face_name(&self.path), shape)
    }
}

/// Name and shape, as Hugging Face has them, of every parameter of `module`, in its order. Draws no weight.
pub fn expected_tensors<M: Module>(module: &M) -> Vec<(String, Vec<usize>)> {
    #[derive(Default)]
    struct Lister {
        position: Position,
        tensors: Vec<(String, Vec<usize>)>,
    }
    impl ModuleVisitor for Lister {
        fn enter_module(&mut self, name: &str, kind: &str) {
            self.position.enter(name, kind);
        }
        fn exit_module(&mut self, _name: &str, _kind: &str) {
            self.position.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.tensors.push(self.position.hugging_face(&param.lazy_shape().to_vec()));
        }
    }
    let mut lister = Lister::default();
    module.visit(&mut lister);
    lister.tensors
}

/// Every parameter of `module`, by its Hugging Face name: its shape and values as Hugging Face lays them out.
pub fn parameters<M: Module>(module: &M) -> Vec<(String, ShapedValues)> {
    #[derive(Default)]
    struct Reader {
        position: Position,
        tensors: Vec<(String, ShapedValues)>,
    }
    impl ModuleVisitor for Reader {
        fn enter_module(&mut self, name: &str, kind: &str) {
            self.position.enter(name, kind);
        }
        fn exit_module(&mut self, _name: &str, _kind: &str) {
            self.position.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let (name, shape) = self.position.hugging_face(&param.dims());
            let values: Vec<f32> = param.val().into_data().iter::<f32>().collect();
            // Transposing `[in, out]` by its own shape gives `[out, in]`.
            let values = if self.position.transposed() { transpose(&values, shape[1], shape[0]) } else { values };
            self.tensors.push((name, (shape, values)));
        }
    }
    let mut reader = Reader::default();
    module.visit(&mut reader);
    reader.tensors
}

/// `module` with every parameter taken from `source`, one after the other.
///
/// # Errors
/// The first tensor that is not right, or all that are missing, by [`WeightsError`].
pub fn load<M: Module>(module: M, source: &mut dyn TensorSource) -> Result<M, WeightsError> {
    let mut loader = Loader { position: Position::default(), source, missing: Vec::new(), failed: None };
    let module = module.map(&mut loader);
    match (loader.failed, loader.missing) {
        (Some(error), _) => Err(error),
        (None, missing) if !missing.is_empty() => Err(WeightsError::Missing { names: missing }),
        (None, _) => Ok(module),
    }
}

struct Loader<'a> {
    position: Position,
    source: &'a mut dyn TensorSource,
    missing: Vec<String>,
    failed: Option<WeightsError>,
}

impl ModuleMapper for Loader<'_> {
    fn enter_module(&mut self, name: &str, kind: &str) {
        self.position.enter(name, kind);
    }

    fn exit_module(&mut self, _name: &str, _kind: &str) {
        self.position.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.failed.is_some() {
            return param; // the model is given up; do not read the rest
        }
        let burn_shape = param.lazy_shape().to_vec();
        let (name, shape) = self.position.hugging_face(&burn_shape);
        match take_finite(self.source, &name, &shape) {
            Ok(Some(values)) => {
                let values = if self.position.transposed() { transpose(&values, shape[0], shape[1]) } else { values };
                let tensor = Tensor::from_data(TensorData::new(values, burn_shape), &param.lazy_device());
                let id = param.id;
                param.transform_for_load(tensor, id)
            }
            Ok(None) => {
                self.missing.push(name);
                param
            }
            Err(error) => {
                self.failed = Some(error);
                param
            }
        }
    }
}

/// `[rows, columns]` → `[columns, rows]`, in blocks that stay in the cache.
pub fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    const BLOCK: usize = 32;
    let mut transposed = vec![0.0; values.len()];
    for top in (0..rows).step_by(BLOCK) {
        for left in (0..columns).step_by(BLOCK) {
            for row in top..rows.min(top + BLOCK) {
                for column in left..columns.min(left + BLOCK) {
                    transposed[column * rows + row] = values[row * columns + column];
                }
            }
        }
    }
    transposed
}

/// The vision tower of `config` with `source`'s weights.
pub fn vision(
    config: &ClipConfig,
    source: &mut dyn TensorSource,
    device: &Device,
) -> Result<VisionTower, WeightsError> {
    load(VisionTower::new(config, device), source)
}

/// The text tower of `config` with `source`'s weights.
pub fn text(config: &ClipConfig, source: &mut dyn TensorSource, device: &Device) -> Result<TextTower, WeightsError> {
    load(TextTower::new(config, device), source)
}

/// The scalar `logit_scale`, the natural logarithm of what cosines are multiplied with.
pub fn logit_scale(source: &mut dyn TensorSource) -> Result<f32, WeightsError> {
    let name = "logit_scale";
    let values = take_finite(source, name, &[])?;
    values.map(|values| values[0]).ok_or_else(|| WeightsError::Missing { names: vec![name.to_owned()] })
}

/// A whole model from a source that holds nothing else.
///
/// # Errors
/// As [`load`], and [`WeightsError::Unused`] for what the model has no place for.
pub fn clip(config: &ClipConfig, source: &mut dyn TensorSource, device: &Device) -> Result<Clip, WeightsError> {
    let clip = Clip {
        logit_scale: logit_scale(source)?,
        vision: vision(config, source, device)?,
        text: text(config, source, device)?,
    };
    all_used(source)?;
    Ok(clip)
}

/// Nothing, where every tensor of the source was taken.
pub fn all_used(source: &dyn TensorSource) -> Result<(), WeightsError> {
    let names = source.remaining();
    if names.is_empty() { Ok(()) } else { Err(WeightsError::Unused { names }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposes_any_shape() {
        for (rows, columns) in [(1, 1), (1, 70), (70, 1), (33, 65), (64, 32)] {
            let values: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
            let transposed = transpose(&values, rows, columns);
            for row in 0..rows {
                for column in 0..columns {
                    assert_eq!(transposed[column * rows + row], values[row * columns + column]);
                }
            }
        }
    }

    #[test]
    fn a_parameter_s_path_is_its_hugging_face_name() {
        let device = Device::flex();
        let config = crate::weights::formula::Architecture::Tiny.config();
        let names = expected_tensors(&VisionTower::new(&config, &device));
        let has = |name: &str, shape: &[usize]| names.contains(&(name.to_owned(), shape.to_vec()));
        assert!(has("vision_model.pre_layrnorm.weight", &[64]), "{names:?}");
        assert!(has("vision_model.encoder.layers.1.mlp.fc1.weight", &[256, 64]));
        assert!(has("vision_model.embeddings.patch_embedding.weight", &[64, 3, 32, 32]));
        assert!(has("visual_projection.weight", &[32, 64]));
    }
}
