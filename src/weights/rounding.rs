//! A matrix's numbers → the steps they are rounded to, each by itself or with a view to the others.
//!
//! In: rows of numbers, and what inputs they are multiplied with.  Out: [`Rounded`], int8 or codes of fewer bits.
//! int8: `scale = max|row| / 127`, `stored = round(value / scale)`; a row of zeros has the scale 0.
//! Codes: the scale of the row and the multiplier of each of its groups (see [`super::codes`]) are those, of a few scales
//! and all multipliers, that take the least from the numbers: the smallest sum of squared errors.
//! What rounding takes from a number can be given to those after it, as far as their inputs go together: with the
//! inputs' covariance `H = U D Uᵀ`, `U` upper triangular with ones on its diagonal, the error of the products is
//! least where `rounded_k` is the step nearest to `value_k + Σ_{j<k} lost_j · U_jk`, column by column.
//!
//! Source: Frantar et al., "OPTQ" (2023), in the form of Chee et al., "QuIP" (2023), section 4, which needs one
//! factorization and no inverse. Proof: the tests below: the least loss, against rounding each by itself.

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::Dtype;

use super::codes::{self, GROUP, Groups};
use super::quantize::StoredTensor;

/// What a matrix is rounded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    Int8,
    /// Of so many bits.
    Codes(u32),
}

/// A rounded matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Rounded {
    steps: Steps,
    row_length: usize,
    /// int8 values, or codes.
    stored: Vec<u8>,
    multipliers: Vec<u8>,
    scale: Vec<f32>,
}

/// How one row is rounded.
struct Row {
    steps: Steps,
    scale: f32,
    /// Of the group that was entered last.
    multiplier: u8,
}

impl Row {
    fn new(steps: Steps, values: &[f32]) -> Self {
        let largest = values.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        let scale = match steps {
            Steps::Int8 => largest / 127.0,
            Steps::Codes(bits) => codes_scale(values, largest, bits),
        };
        Self { steps, scale, multiplier: 1 }
    }

    /// Makes ready for the numbers of the next group.
    fn enter(&mut self, group: &[f32]) {
        if let Steps::Codes(bits) = self.steps {
            self.multiplier = best_multiplier(group, self.scale, bits).0;
        }
    }

    /// Rounds the numbers of a group, `wanted` with what others lost, each with what those before it lose: `among` is
    /// their part of `U`. Leaves what the `values` themselves lost in place of `wanted`.
    fn round_group(&self, values: &[f32], wanted: &mut [f32], stored: &mut [u8], among: &[f32]) {
        let width = values.len();
        for column in 0..width {
            let (step, rounded) = self.round(wanted[column]);
            let lost = values[column] - rounded;
            (stored[column], wanted[column]) = (step, lost);
            let given = wanted[column + 1..].iter_mut().zip(&among[column * width + column + 1..]);
            given.for_each(|(wanted, share)| *wanted += lost * share);
        }
    }

    /// What is stored for `value`, and the value of that.
    fn round(&self, value: f32) -> (u8, f32) {
        // A row of zeros, or of numbers so small that their step is 0, is stored as zeros.
        let steps = if self.scale > 0.0 { value / self.scale } else { 0.0 };
        match self.steps {
            Steps::Int8 => {
                let level = steps.round_ties_even().clamp(-127.0, 127.0) as i8;
                (level as u8, f32::from(level) * self.scale)
            }
            Steps::Codes(bits) => {
                let code = codes::code(steps, self.multiplier, bits);
                (code, f32::from(codes::level(code, self.multiplier, bits)) * self.scale)
            }
        }
    }
}

/// The scale for a row of numbers up to `largest`: of those with which multipliers up to seven eighths of the largest
/// reach all, or nearly all, the one that takes least from all groups. The rest is left for groups that grow by what
/// others lost.
fn codes_scale(values: &[f32], largest: f32, bits: u32) -> f32 {
    let reach = f32::from(codes::most(bits)) * 0.875 * (1u32 << bits) as f32;
    let loss = |part: f32| {
        let groups = values.chunks(GROUP).map(|group| best_multiplier(group, largest * part / reach, bits).1);
        groups.sum::<f32>() * part * part
    };
    let losses = [1.0, 0.95, 0.9, 0.85, 0.8, 0.75].map(|part| (loss(part), largest * part / reach));
    losses.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0.0, |(_, scale)| scale)
}

/// The multiplier with which `group` loses least, and that loss, a sum of squares in steps of `scale`.
fn best_multiplier(group: &[f32], scale: f32, bits: u32) -> (u8, f32) {
    let most = (1u32 << (bits - 1)) as f32;
    if scale <= 0.0 || group.iter().all(|&value| value == 0.0) {
        return (0, 0.0);
    }
    let loss = |multiplier: u8| {
        let half = f32::from(multiplier);
        let error = |&value: &f32| {
            let steps = value / scale;
            let interval = (steps / (2.0 * half)).floor().clamp(-most, most - 1.0);
            let error = steps - (2.0 * interval + 1.0) * half;
            error * error
        };
        group.iter().map(error).sum::<f32>()
    };
    let losses = (1..=codes::most(bits)).map(|multiplier| (multiplier, loss(multiplier)));
    losses.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((1, 0.0))
}

impl Rounded {
    /// Every number of `values`, rows of `row_length`, rounded to the nearest step.
    pub fn by_itself(values: &[f32], row_length: usize, steps: Steps) -> Self {
        let mut rounded = Self::empty(steps, row_length);
        for values in values.chunks(row_length.max(1)) {
            let mut row = Row::new(steps, values);
            for group in values.chunks(GROUP) {
                row.enter(group);
                rounded.multipliers.push(row.multiplier);
                rounded.stored.extend(group.iter().map(|&value| row.round(value).0));
            }
            rounded.scale.push(row.scale);
        }
        rounded
    }

    fn empty(steps: Steps, row_length: usize) -> Self {
        Self { steps, row_length, stored: Vec::new(), multipliers: Vec::new(), scale: Vec::new() }
    }

    /// `values`, rows of `row_length`, rounded so that their products with inputs of `covariance` lose least.
    pub fn together(values: &[f32], row_length: usize, steps: Steps, covariance: &Covariance) -> Self {
        let device = covariance.factor.device();
        let (count, groups) = (values.len() / row_length, row_length.div_ceil(GROUP));
        let mut rows: Vec<Row> = values.chunks(row_length).map(|values| Row::new(steps, values)).collect();
        let (mut stored, mut multipliers) = (vec![0; values.len()], vec![0; count * groups]);
        // Columns that are not rounded yet, with what the others' rounding gave them.
        let mut rest = matrix(values.to_vec(), count, &device);
        for (group, first) in (0..row_length).step_by(GROUP).enumerate() {
            let width = GROUP.min(row_length - first);
            let across = covariance.factor.clone().narrow(0, first, width); // [width, row_length]
            let among = read(across.clone().narrow(1, first, width));
            let mut wanted = read(rest.clone().narrow(1, 0, width));
            for (index, (row, wanted)) in rows.iter_mut().zip(wanted.chunks_mut(width)).enumerate() {
                row.enter(wanted);
                multipliers[index * groups + group] = row.multiplier;
                let place = index * row_length + first..index * row_length + first + width;
                row.round_group(&values[place.clone()], wanted, &mut stored[place], &among);
            }
            let lost = wanted;
            let left = row_length - first - width;
            if left > 0 {
                let given = matrix(lost, count, &device).matmul(across.narrow(1, first + width, left));
                rest = rest.narrow(1, width, left) + given;
            }
        }
        let scale = rows.iter().map(|row| row.scale).collect();
        Self { steps, row_length, stored, multipliers, scale }
    }

    /// The values of what is stored, row-major.
    pub fn values(&self) -> Vec<f32> {
        let groups = self.row_length.div_ceil(GROUP);
        let value = |(index, &stored): (usize, &u8)| {
            let (row, column) = (index / self.row_length, index % self.row_length);
            let level = match self.steps {
                Steps::Int8 => stored as i8,
                Steps::Codes(bits) => codes::level(stored, self.multipliers[row * groups + column / GROUP], bits),
            };
            f32::from(level) * self.scale[row]
        };
        self.stored.iter().enumerate().map(value).collect()
    }

    /// The tensor of `shape` as a pack stores it.
    pub fn stored(self, shape: &[usize]) -> StoredTensor {
        let (shape, scale) = (shape.to_vec(), Some(self.scale));
        match self.steps {
            Steps::Int8 => StoredTensor { dtype: Dtype::I8, shape, bytes: self.stored.into(), scale, groups: None },
            Steps::Codes(bits) => {
                let bytes = codes::packed(&self.stored, self.row_length, bits).into();
                let multipliers = codes::packed_groups(&self.multipliers, self.row_length).into();
                let groups = Some(Groups { bits, multipliers });
                StoredTensor { dtype: Dtype::U8, shape, bytes, scale, groups }
            }
        }
    }
}

/// Which inputs of a layer go together, as far as rounding is concerned.
#[derive(Debug, Clone)]
pub struct Covariance {
    /// `U` of `H = U D Uᵀ`.
    factor: Tensor<2>,
}

impl Covariance {
    /// That of `inputs`, `[n, row_length]`, whose mean is 0.
    ///
    /// A hundredth of the mean variance is added to each input's own, for inputs that few examples tell of.
    pub fn of(inputs: Tensor<2>) -> Self {
        const OWN: f32 = 0.01;
        let [count, inputs_count] = inputs.dims();
        let products = inputs.clone().transpose().matmul(inputs) / count as f32;
        let mean = read(products.clone()).into_iter().step_by(inputs_count + 1).sum::<f32>() / inputs_count as f32;
        // Inputs that are all 0 go together with none, and rounding is by itself.
        let own = if mean > 0.0 { mean * OWN } else { 1.0 };
        let device = products.device();
        Self { factor: unit_upper_factor(products + Tensor::<2>::eye(inputs_count, &device) * own) }
    }
}

/// `U` of a symmetric positive matrix `U D Uᵀ`: upper triangular, with ones on its diagonal.
///
/// Blocks of columns from the last to the first: a block's own factor, its columns above, and what they leave.
fn unit_upper_factor(symmetric: Tensor<2>) -> Tensor<2> {
    let ([size, _], device) = (symmetric.dims(), symmetric.device());
    let mut left = symmetric;
    let mut factor = Vec::new(); // blocks of columns, last first, `[size, width]`
    let mut end = size;
    while end > 0 {
        let width = (end - 1) % GROUP + 1;
        let first = end - width;
        let columns = left.clone().narrow(1, first, width); // [end, width]
        let (own, diagonal) = factor_block(&read(columns.clone().narrow(0, first, width)), width);
        let inverse = matrix(inverse_of_unit_upper(&own, width), width, &device);
        let own = matrix(own, width, &device);
        let mut block = own;
        if first > 0 {
            // A = U₁ D Uᵀ with this block's own U and D, so U₁ = A U⁻ᵀ D⁻¹.
            let scaled = columns.narrow(0, 0, first).matmul(inverse.transpose()); // U₁ D
            let diagonal = Tensor::<2>::from_data(TensorData::new(diagonal, [1, width]), &device);
            let above = scaled.clone() / diagonal;
            left = left.narrow(0, 0, first).narrow(1, 0, first) - above.clone().matmul(scaled.transpose());
            block = Tensor::cat(vec![above, block], 0);
        }
        let below = Tensor::<2>::zeros([size - end, width], &device);
        factor.push(if size > end { Tensor::cat(vec![block, below], 0) } else { block });
        end = first;
    }
    factor.reverse();
    Tensor::cat(factor, 1)
}

/// `U` and `D` of one block, `[width, width]` row-major.
fn factor_block(symmetric: &[f32], width: usize) -> (Vec<f32>, Vec<f32>) {
    let mut left: Vec<f64> = symmetric.iter().map(|&value| f64::from(value)).collect();
    let (mut upper, mut diagonal) = (vec![0.0; width * width], vec![0.0; width]);
    for column in (0..width).rev() {
        // f32 products can leave a hair less than nothing; then this input stands by itself.
        let pivot = left[column * width + column].max(f64::from(f32::MIN_POSITIVE));
        (diagonal[column], upper[column * width + column]) = (pivot as f32, 1.0);
        for row in 0..column {
            let value = left[row * width + column] / pivot;
            upper[row * width + column] = value as f32;
            for other in 0..=row {
                left[other * width + row] -= value * left[other * width + column];
            }
        }
    }
    (upper, diagonal)
}

/// The inverse of an upper triangular matrix with ones on its diagonal, `[width, width]` row-major.
fn inverse_of_unit_upper(upper: &[f32], width: usize) -> Vec<f32> {
    let mut inverse = vec![0.0f32; width * width];
    for row in (0..width).rev() {
        inverse[row * width + row] = 1.0;
        for between in row + 1..width {
            let factor = upper[row * width + between];
            for column in between..width {
                inverse[row * width + column] -= factor * inverse[between * width + column];
            }
        }
    }
    inverse
}

fn matrix(values: Vec<f32>, rows: usize, device: &Device) -> Tensor<2> {
    let columns = values.len() / rows.max(1);
    Tensor::from_data(TensorData::new(values, [rows, columns]), device)
}

fn read(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::formula;

    /// `rows` of inputs in which each goes together with its neighbors.
    fn inputs(rows: usize, columns: usize) -> Vec<f32> {
        let noise = formula::values("x", &[rows, columns + 3], 1, 0, rows * (columns + 3));
        let smooth = |row: &[f32]| row.windows(4).map(|near| near.iter().sum::<f32>()).collect::<Vec<_>>();
        noise.chunks(columns + 3).flat_map(smooth).collect()
    }

    /// The mean square of what the products with `inputs` lose.
    fn loss(values: &[f32], rounded: Rounded, inputs: &[f32], row_length: usize) -> f64 {
        let read = rounded.stored(&[values.len() / row_length, row_length]).values("w").expect("just rounded");
        let lost: Vec<f32> = values.iter().zip(&read).map(|(value, read)| value - read).collect();
        let mut sum = 0.0;
        for input in inputs.chunks(row_length) {
            for lost in lost.chunks(row_length) {
                let product: f32 = lost.iter().zip(input).map(|(lost, input)| lost * input).sum();
                sum += f64::from(product * product);
            }
        }
        sum / (inputs.len() / row_length * lost.len() / row_length) as f64
    }

    #[test]
    fn a_matrix_is_its_factor_s_product() {
        for size in [1, 5, 64, 65, 150] {
            let inputs = matrix(inputs(2 * size + 7, size), 2 * size + 7, &Device::flex());
            let symmetric = inputs.clone().transpose().matmul(inputs);
            let upper = read(unit_upper_factor(symmetric.clone()));
            let symmetric = read(symmetric);
            // D from the diagonal of U⁻¹ H U⁻ᵀ, which has nothing beside its diagonal.
            let inverse = matrix(inverse_of_unit_upper(&upper, size), size, &Device::flex());
            let middle = matrix(symmetric.clone(), size, &Device::flex());
            let middle = read(inverse.clone().matmul(middle).matmul(inverse.transpose()));
            let largest = symmetric.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
            for (index, value) in middle.iter().enumerate() {
                let (row, column) = (index / size, index % size);
                assert!(upper[index] == 0.0 || row <= column, "{size}: below the diagonal");
                assert!(row == column || value.abs() < largest * 1e-4, "{size}: {value} at {row}, {column}");
            }
        }
    }

    #[test]
    fn together_numbers_lose_less_than_each_by_itself() {
        for (steps, row_length) in
            [(Steps::Int8, 100), (Steps::Codes(4), 100), (Steps::Codes(3), 64), (Steps::Codes(6), 193)]
        {
            let values = formula::values("w", &[20, row_length], 2, 0, 20 * row_length);
            let inputs = inputs(400, row_length);
            let covariance = Covariance::of(matrix(inputs.clone(), 400, &Device::flex()));
            let together =
                loss(&values, Rounded::together(&values, row_length, steps, &covariance), &inputs, row_length);
            let by_itself = loss(&values, Rounded::by_itself(&values, row_length, steps), &inputs, row_length);
            println!("{steps:?} {row_length}: {together:e} together, {by_itself:e} each by itself");
            assert!(together < by_itself * 0.5, "{steps:?} {row_length}: {together:e} against {by_itself:e}");
        }
    }

    #[test]
    fn inputs_of_nothing_leave_each_number_by_itself() {
        let values = formula::values("w", &[6, 70], 2, 0, 420);
        let covariance = Covariance::of(Tensor::zeros([10, 70], &Device::flex()));
        for steps in [Steps::Int8, Steps::Codes(3), Steps::Codes(4), Steps::Codes(6)] {
            assert_eq!(Rounded::together(&values, 70, steps, &covariance), Rounded::by_itself(&values, 70, steps));
        }
    }

    #[test]
    fn a_group_s_scale_loses_least() {
        // One group of small numbers beside one of large: with one scale for both, the small ones would all be ±1 step.
        let mut values = formula::values("w", &[1, 128], 3, 0, 128);
        values[64..].iter_mut().for_each(|value| *value *= 0.25);
        let read =
            Rounded::by_itself(&values, 128, Steps::Codes(4)).stored(&[1, 128]).values("w").expect("just rounded");
        let most = |range: std::ops::Range<usize>| range.map(|i| (values[i] - read[i]).abs()).fold(0.0f32, f32::max);
        assert!(most(64..128) < most(0..64) * 0.5, "{} and {}", most(0..64), most(64..128));
    }

    #[test]
    fn zeros_stay_zeros_and_extremes_finite() {
        let mut values = vec![0.0; 3 * 70];
        values[70..140].fill(1e38);
        values[140..].fill(1e-44);
        for steps in [Steps::Int8, Steps::Codes(3), Steps::Codes(4), Steps::Codes(6)] {
            let read = Rounded::by_itself(&values, 70, steps).stored(&[3, 70]).values("w").expect("just rounded");
            assert!(read[..70].iter().all(|&value| value == 0.0), "{steps:?}");
            assert!(read.iter().all(|value| value.is_finite()), "{steps:?}");
            assert!(read[70..140].iter().all(|value| (value / 1e38 - 1.0).abs() < 0.15), "{steps:?}");
        }
    }
}
