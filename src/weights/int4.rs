//! Four-bit matrices: a row's numbers as codes, unpacked into the int8 row that they stand for, exactly.
//!
//! In: codes, multipliers, scales.  Out: an int8 tensor with a scale for each row, for kernels and devices alike.
//! `int8 = multiplier · (2 · code − 15)` and `value = int8 · scale`: a code is one of sixteen levels, −15, −13 … 15; a
//! multiplier, 0 … 8, belongs to a group of 64 neighbors of a row and is the group's own scale, a whole multiple of the
//! row's, so that nothing is rounded again on the way to int8. A group of zeros has the multiplier 0.
//!
//! In a pack a matrix `NAME` of rows of `n` numbers is
//! - `NAME`, uint8 `[rows, ⌈n / 2⌉]`: two codes to a byte, the first in the lower half; an odd row ends with a 0,
//! - `NAME.groups`, uint8 `[rows, ⌈⌈n / 64⌉ / 2⌉]`: the multipliers, likewise,
//! - `NAME.scale`, f32 `[rows]`.
//!
//! That is 4.06 bits for a number, and 32 for a row. Levels without a zero waste none of the sixteen codes.
//!
//! Source: group-wise scales that are themselves small whole numbers, as Dettmers et al., "QLoRA" (2023), section 3,
//! and others have them. Proof: the tests below, `tests/pack.rs`.

use super::WeightsError;

/// So many neighbors of a row share a multiplier.
pub const GROUP: usize = 64;
/// The largest multiplier: 8 · 15 is the largest multiple of 15 below 128.
pub const MOST: u8 = 8;

/// The int8 level of `code` in a group with `multiplier`.
pub fn level(code: u8, multiplier: u8) -> i8 {
    (i16::from(multiplier) * (2 * i16::from(code) - 15)) as i8
}

/// The code whose level is nearest to `steps`, a value in steps of its row's scale.
pub fn code(steps: f32, multiplier: u8) -> u8 {
    // Levels stand at the middles of intervals of two multipliers' length.
    let interval = steps / (2.0 * f32::from(multiplier.max(1)));
    (interval.floor() + 8.0).clamp(0.0, 15.0) as u8
}

/// How many bytes of halves a row of `count` has.
pub fn half_bytes(count: usize) -> usize {
    count.div_ceil(2)
}

/// The shape of the bytes of a matrix's codes.
pub fn packed_shape(shape: &[usize]) -> Vec<usize> {
    vec![shape.first().copied().unwrap_or(0), half_bytes(shape.iter().skip(1).product())]
}

/// The halves, each below 16, of every row of `row_length`, two to a byte.
pub fn packed(halves: &[u8], row_length: usize) -> Vec<u8> {
    let pair = |pair: &[u8]| pair[0] | pair.get(1).unwrap_or(&0) << 4;
    halves.chunks(row_length.max(1)).flat_map(|row| row.chunks(2).map(pair)).collect()
}

/// The first `count` halves in the bytes of one row.
fn unpacked(bytes: &[u8], count: usize) -> impl Iterator<Item = u8> {
    bytes.iter().flat_map(|byte| [byte & 15, byte >> 4]).take(count)
}

/// The int8 values of the tensor `name`, rows of `row_length`, from its packed `codes` and `multipliers`.
///
/// # Errors
/// [`WeightsError::Bytes`] or [`WeightsError::Groups`] where there are more or fewer than such rows have,
/// [`WeightsError::Multiplier`] and [`WeightsError::OddRow`] for what nothing wrote.
pub fn unpack(
    name: &str,
    (rows, row_length): (usize, usize),
    codes: &[u8],
    multipliers: &[u8],
) -> Result<Vec<u8>, WeightsError> {
    let name = || name.to_owned();
    let groups = row_length.div_ceil(GROUP);
    let (code_bytes, group_bytes) = (half_bytes(row_length), half_bytes(groups));
    let (expected, found) = (rows * code_bytes, codes.len());
    if expected != found {
        return Err(WeightsError::Bytes { name: name(), expected, found });
    }
    let (expected, found) = (rows * group_bytes, multipliers.len());
    if expected != found {
        return Err(WeightsError::Groups { name: name(), expected, found });
    }
    let mut values = Vec::with_capacity(rows * row_length);
    let stored = codes.chunks(code_bytes.max(1)).zip(multipliers.chunks(group_bytes.max(1)));
    for (row, (codes, multipliers)) in stored.enumerate() {
        let odd = |count: usize, bytes: &[u8]| count % 2 == 1 && bytes.last().is_some_and(|last| last >> 4 != 0);
        if odd(row_length, codes) || odd(groups, multipliers) {
            return Err(WeightsError::OddRow { name: name(), row });
        }
        let mut codes = unpacked(codes, row_length);
        for multiplier in unpacked(multipliers, groups) {
            if multiplier > MOST {
                return Err(WeightsError::Multiplier { name: name(), row, found: multiplier });
            }
            values.extend(codes.by_ref().take(GROUP).map(|code| level(code, multiplier) as u8));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_every_multiplier_comes_back() {
        for multiplier in 1..=MOST {
            for stored in 0..16 {
                let level = f32::from(level(stored, multiplier));
                assert_eq!(code(level, multiplier), stored);
                // Anything nearer to this level than to its neighbors; the outermost have all that is beyond.
                let most = f32::from(multiplier) * 0.999;
                assert_eq!(code(level + most, multiplier), stored);
                assert_eq!(code(level - most, multiplier), stored);
            }
            assert_eq!((code(-1e30, multiplier), code(1e30, multiplier)), (0, 15));
        }
    }

    #[test]
    fn rows_of_any_length_are_unpacked_as_they_were_packed() {
        for row_length in [1usize, 2, 63, 64, 65, 127, 129, 192] {
            let groups = row_length.div_ceil(GROUP);
            let codes: Vec<u8> = (0..3 * row_length).map(|i| (i * 7 % 16) as u8).collect();
            let multipliers: Vec<u8> = (0..3 * groups).map(|i| (i * 5 % 9) as u8).collect();
            let (bytes, groups_bytes) = (packed(&codes, row_length), packed(&multipliers, groups));
            let values = unpack("w", (3, row_length), &bytes, &groups_bytes).expect("what was packed is whole");
            assert_eq!(values.len(), 3 * row_length);
            for (i, value) in values.iter().enumerate() {
                let (row, column) = (i / row_length, i % row_length);
                let expected = level(codes[i], multipliers[row * groups + column / GROUP]);
                assert_eq!(*value as i8, expected, "row length {row_length}, row {row}, column {column}");
            }
        }
    }

    #[test]
    fn refuses_what_nothing_wrote() {
        let unpack = |shape, codes: &[u8], groups: &[u8]| unpack("w", shape, codes, groups);
        assert!(matches!(unpack((2, 5), &[0; 5], &[1; 2]), Err(WeightsError::Bytes { expected: 6, found: 5, .. })));
        assert!(matches!(unpack((2, 5), &[0; 6], &[1; 4]), Err(WeightsError::Groups { expected: 2, found: 4, .. })));
        let error = unpack((2, 4), &[0; 4], &[8, 9]).expect_err("9 · 15 does not fit into int8");
        assert!(matches!(&error, WeightsError::Multiplier { row: 1, found: 9, .. }), "{error}");
        let error = unpack((1, 3), &[0, 0x10], &[1]).expect_err("a fourth code of three");
        assert!(matches!(&error, WeightsError::OddRow { row: 0, .. }), "{error}");
        assert!(unpack((1, 4), &[0; 2], &[0x10]).is_err(), "a second multiplier of one");
    }
}
