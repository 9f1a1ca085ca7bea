//! Photos on disk → batches for training, decoded and varied by other threads while the model works.
//!
//! In: photos, the order of an epoch.  Out: [`Batch`]es, in order. A photo that cannot be read is named in its batch
//! and left out.

use std::sync::mpsc::{Receiver, sync_channel};

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::augment::augmented;
use super::options::FinetuneOptions;
use super::random::random;
use crate::dataset::{LabelledPhoto, open};
use crate::preprocess::Preprocessor;

/// How many batches wait ready: one in work, one behind it.
const AHEAD: usize = 2;

/// Photos of one step.
pub struct Batch {
    /// `[regions.len(), 3, S, S]`
    pub pixel_values: Vec<f32>,
    pub regions: Vec<usize>,
    /// Photos that could not be read, and why.
    pub unreadable: Vec<Unreadable>,
}

/// A photo that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    pub path: String,
    pub reason: String,
}

impl Batch {
    /// The batch as a tensor, `[n, 3, S, S]`.
    pub fn pixels(&self, preprocessor: &Preprocessor, device: &Device) -> Tensor<4> {
        let [height, width] = [preprocessor.crop_height, preprocessor.crop_width].map(|side| side as usize);
        Tensor::from_data(TensorData::new(self.pixel_values.clone(), [self.regions.len(), 3, height, width]), device)
    }

    fn collect(photos: Vec<(&LabelledPhoto, Result<Vec<f32>, String>)>) -> Self {
        let mut batch = Self { pixel_values: Vec::new(), regions: Vec::new(), unreadable: Vec::new() };
        for (photo, pixels) in photos {
            match pixels {
                Ok(pixels) => {
                    batch.pixel_values.extend(pixels);
                    batch.regions.push(photo.region);
                }
                Err(reason) => batch.unreadable.push(Unreadable { path: photo.path.clone(), reason }),
            }
        }
        batch
    }
}

/// Calls `use_batch` with each batch of `epoch` from step `first` on, until it says that it has enough.
pub fn for_each_batch<E>(
    photos: &[LabelledPhoto],
    order: &[usize],
    epoch: usize,
    first: usize,
    preprocessor: &Preprocessor,
    options: &FinetuneOptions,
    mut use_batch: impl FnMut(Batch) -> Result<(), E>,
) -> Result<(), E> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD - 1);
        let batches = order.chunks(options.batch_size).enumerate().skip(first);
        scope.spawn(move || {
            for (step, photos_of_step) in batches {
                let load = |(place, &photo): (usize, &usize)| {
                    let photo = &photos[photo];
                    let mut random = random(options.seed, "photo", epoch, step * options.batch_size + place);
                    let pixels = open(photo)
                        .map(|opened| augmented(&opened, preprocessor, &options.augmentation, &mut random))
                        .map_err(|error| error.reason());
                    (photo, pixels)
                };
                let loaded = photos_of_step.par_iter().enumerate().map(load).collect();
                // Nobody listens any more: the run has ended early.
                if sender.send(Batch::collect(loaded)).is_err() {
                    return;
                }
            }
        });
        let receiver: Receiver<Batch> = receiver;
        receiver.iter().try_for_each(&mut use_batch)
    })
}

/// `photos` as the model sees them when it is used, in batches of `batch_size`.
pub fn plain_batches<'a>(
    photos: &'a [LabelledPhoto],
    preprocessor: &'a Preprocessor,
    batch_size: usize,
) -> impl Iterator<Item = Batch> + 'a {
    photos.chunks(batch_size).map(|photos| {
        let load = |photo| {
            let pixels = open(photo).map(|opened| preprocessor.pixel_values(&opened));
            (photo, pixels.map_err(|error| error.reason()))
        };
        Batch::collect(photos.par_iter().map(load).collect())
    })
}
