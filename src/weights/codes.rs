//! Matrices of 3 to 6 bits: a row's numbers as codes, unpacked into the int8 row that they stand for, exactly.
//!
//! In: codes, multipliers, scales.  Out: an int8 tensor with a scale for each row, for kernels and devices alike.
//! With codes of `b` bits, `int8 = multiplier · (2 · code − (2^b − 1))` and `value = int8 · scale`. In four bits a code
//! is one of sixteen levels, −15, −13 … 15: levels without a zero waste none of the codes. A multiplier belongs to a
//! group of 64 neighbors of a row and is the group's own scale, a whole multiple of the row's, so that nothing is
//! rounded again on the way to int8. A group of zeros has the multiplier 0.
//!
//! In a pack a matrix `NAME` of rows of `n` numbers of `b` bits is
//! - `NAME`, uint8 `[rows, ⌈n · b / 8⌉]`: the codes, the first in the lowest bits; the rest of a row's last byte is 0,
//! - `NAME.groups.b`, uint8 `[rows, ⌈⌈n / 64⌉ / 2⌉]`: the multipliers, likewise, of four bits each,
//! - `NAME.scale`, f32 `[rows]`.
//!
//! Source: group-wise scales that are themselves small whole numbers, as Dettmers et al., "QLoRA" (2023), section 3,
//! and others have them. Proof: the tests below, `tests/pack.rs`.

use bytes::Bytes;

use super::WeightsError;

/// So many neighbors of a row share a multiplier.
pub const GROUP: usize = 64;
/// The bits that a code may have.
pub const BITS: std::ops::RangeInclusive<u32> = 3..=6;
/// The bits of a multiplier.
const MULTIPLIER_BITS: u32 = 4;

/// The multipliers of a matrix's groups, as they are stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// Of the codes.
    pub bits: u32,
    pub multipliers: Bytes,
}

/// The largest multiplier of codes of `bits`: int8 ends at 127.
pub fn most(bits: u32) -> u8 {
    (127 / ((1 << bits) - 1)).min((1 << MULTIPLIER_BITS) - 1)
}

/// The int8 level of `code` in a group with `multiplier`.
pub fn level(code: u8, multiplier: u8, bits: u32) -> i8 {
    // Wrapping, though nothing wraps: a check of each would leave no vectors.
    let odd = i16::from(code).wrapping_mul(2).wrapping_add(1).wrapping_sub(1 << bits);
    i16::from(multiplier).wrapping_mul(odd) as i8
}

/// The code whose level is nearest to `steps`, a value in steps of its row's scale.
pub fn code(steps: f32, multiplier: u8, bits: u32) -> u8 {
    // Levels stand at the middles of intervals of two multipliers' length.
    let interval = steps / (2.0 * f32::from(multiplier.max(1)));
    let half = (1u32 << (bits - 1)) as f32;
    (interval.floor() + half).clamp(0.0, 2.0 * half - 1.0) as u8
}

/// How many bytes a row of `count` codes of `bits` has.
pub fn row_bytes(count: usize, bits: u32) -> usize {
    (count * bits as usize).div_ceil(8)
}

/// How many bytes the multipliers of a row of `row_length` numbers have.
pub fn group_bytes(row_length: usize) -> usize {
    row_bytes(row_length.div_ceil(GROUP), MULTIPLIER_BITS)
}

/// The shape of the bytes of a matrix's codes.
pub fn packed_shape(shape: &[usize], bits: u32) -> Vec<usize> {
    vec![shape.first().copied().unwrap_or(0), row_bytes(shape.iter().skip(1).product(), bits)]
}

/// The codes of every row of `row_length`, one after the other from the lowest bits up.
pub fn packed(codes: &[u8], row_length: usize, bits: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(row_bytes(codes.len(), bits));
    for row in codes.chunks(row_length.max(1)) {
        let (mut pending, mut count) = (0u32, 0);
        for &code in row {
            pending |= u32::from(code) << count;
            count += bits;
            while count >= 8 {
                bytes.push(pending as u8);
                (pending, count) = (pending >> 8, count - 8);
            }
        }
        if count > 0 {
            bytes.push(pending as u8);
        }
    }
    bytes
}

/// The multipliers of rows of `row_length` numbers, one for each group, as they are stored.
pub fn packed_groups(multipliers: &[u8], row_length: usize) -> Vec<u8> {
    packed(multipliers, row_length.div_ceil(GROUP), MULTIPLIER_BITS)
}

/// The first `count` codes in the bytes of one row; none where the rest of the row is not 0.
fn unpacked(bytes: &[u8], count: usize, bits: u32) -> Option<Vec<u8>> {
    if bits == 4 {
        // What most codes and all multipliers have, without the bookkeeping.
        let mut codes: Vec<u8> = bytes.iter().flat_map(|byte| [byte & 15, byte >> 4]).collect();
        let rest = codes.split_off(count);
        return rest.iter().all(|&code| code == 0).then_some(codes);
    }
    let mut codes = Vec::with_capacity(count);
    let (mut pending, mut held) = (0u32, 0);
    for &byte in bytes {
        pending |= u32::from(byte) << held;
        held += 8;
        while held >= bits && codes.len() < count {
            codes.push((pending & ((1 << bits) - 1)) as u8);
            (pending, held) = (pending >> bits, held - bits);
        }
    }
    (pending == 0).then_some(codes)
}

/// The levels of one row.
// A function of its own, called for every row: a browser optimizes it while the first ones go through it.
#[inline(never)]
fn write_levels(codes: &[u8], multipliers: &[u8], bits: u32, levels: &mut [u8]) {
    for ((codes, &multiplier), levels) in codes.chunks(GROUP).zip(multipliers).zip(levels.chunks_mut(GROUP)) {
        levels.iter_mut().zip(codes).for_each(|(stored, &code)| *stored = level(code, multiplier, bits) as u8);
    }
}

/// The int8 values of the tensor `name`, rows of `row_length`, from its packed `codes` and their groups.
///
/// # Errors
/// [`WeightsError::Bytes`] or [`WeightsError::Groups`] where there are more or fewer than such rows have,
/// [`WeightsError::Multiplier`] and [`WeightsError::RowEnd`] for what nothing wrote.
pub fn unpack(
    name: &str,
    (rows, row_length): (usize, usize),
    codes: &[u8],
    groups: &Groups,
) -> Result<Vec<u8>, WeightsError> {
    let Groups { bits, multipliers } = groups;
    let (code_bytes, group_bytes) = (row_bytes(row_length, *bits), group_bytes(row_length));
    let (expected, found) = (rows * code_bytes, codes.len());
    if expected != found {
        return Err(WeightsError::Bytes { name: name.to_owned(), expected, found });
    }
    let (expected, found) = (rows * group_bytes, multipliers.len());
    if expected != found {
        return Err(WeightsError::Groups { name: name.to_owned(), expected, found });
    }
    let mut values = vec![0; rows * row_length];
    let stored = codes.chunks(code_bytes.max(1)).zip(multipliers.chunks(group_bytes.max(1)));
    for (row, ((codes, multipliers), values)) in stored.zip(values.chunks_mut(row_length.max(1))).enumerate() {
        let ends = || WeightsError::RowEnd { name: name.to_owned(), row };
        let codes = unpacked(codes, row_length, *bits).ok_or_else(ends)?;
        let multipliers = unpacked(multipliers, row_length.div_ceil(GROUP), MULTIPLIER_BITS).ok_or_else(ends)?;
        if let Some(&found) = multipliers.iter().find(|&&multiplier| multiplier > most(*bits)) {
            return Err(WeightsError::Multiplier { name: name.to_owned(), row, found, most: most(*bits) });
        }
        write_levels(&codes, &multipliers, *bits, values);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_every_multiplier_comes_back() {
        for bits in BITS {
            for multiplier in 1..=most(bits) {
                for stored in 0..1 << bits {
                    let level = f32::from(level(stored, multiplier, bits));
                    // Anything nearer to this level than to its neighbors; the outermost have all that is beyond.
                    let near = f32::from(multiplier) * 0.999;
                    for steps in [level, level - near, level + near] {
                        assert_eq!(code(steps, multiplier, bits), stored, "{steps} in {bits} bits, times {multiplier}");
                    }
                }
                assert_eq!((code(-1e30, multiplier, bits), code(1e30, multiplier, bits)), (0, (1 << bits) - 1));
            }
        }
    }

    #[test]
    fn rows_of_any_length_are_unpacked_as_they_were_packed() {
        for (bits, row_length) in BITS.flat_map(|bits| [1usize, 2, 3, 63, 64, 65, 127, 129].map(|n| (bits, n))) {
            let groups = row_length.div_ceil(GROUP);
            let codes: Vec<u8> = (0..3 * row_length).map(|i| (i * 7 % (1 << bits)) as u8).collect();
            let multipliers: Vec<u8> = (0..3 * groups).map(|i| i as u8 * 5 % (most(bits) + 1)).collect();
            let bytes = packed(&codes, row_length, bits);
            assert_eq!(bytes.len(), 3 * row_bytes(row_length, bits));
            let packed = Groups { bits, multipliers: packed_groups(&multipliers, row_length).into() };
            let values = unpack("w", (3, row_length), &bytes, &packed).expect("what was packed is whole");
            assert_eq!(values.len(), 3 * row_length);
            for (i, value) in values.iter().enumerate() {
                let (row, column) = (i / row_length, i % row_length);
                let expected = level(codes[i], multipliers[row * groups + column / GROUP], bits);
                assert_eq!(*value as i8, expected, "{bits} bits, {row_length} to a row, row {row}, column {column}");
            }
        }
    }

    #[test]
    fn refuses_what_nothing_wrote() {
        let unpack = |shape, codes: &[u8], multipliers: &[u8]| {
            unpack("w", shape, codes, &Groups { bits: 4, multipliers: multipliers.to_vec().into() })
        };
        assert!(matches!(unpack((2, 5), &[0; 5], &[1; 2]), Err(WeightsError::Bytes { expected: 6, found: 5, .. })));
        assert!(matches!(unpack((2, 5), &[0; 6], &[1; 4]), Err(WeightsError::Groups { expected: 2, found: 4, .. })));
        let error = unpack((2, 4), &[0; 4], &[8, 9]).expect_err("9 · 15 does not fit into int8");
        assert!(matches!(&error, WeightsError::Multiplier { row: 1, found: 9, most: 8, .. }), "{error}");
        let error = unpack((1, 3), &[0, 0x10], &[1]).expect_err("a fourth code of three");
        assert!(matches!(&error, WeightsError::RowEnd { row: 0, .. }), "{error}");
        assert!(unpack((1, 4), &[0; 2], &[0x10]).is_err(), "a second multiplier of one");
    }
}
