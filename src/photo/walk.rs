//! Steps through a container's bytes that end in a clear error where the file does.
//!
//! In: bytes, a format's name for the messages.  Out: slices and numbers, or [`PhotoError::Truncated`].

use super::{PhotoError, PhotoFormat};

/// A position in a file that knows whose bytes it reads.
pub(super) struct Walk<'a> {
    pub format: PhotoFormat,
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Walk<'a> {
    /// A walk that starts `at` bytes into the file.
    pub fn new(format: PhotoFormat, bytes: &'a [u8], at: usize) -> Self {
        Self { format, bytes, at }
    }

    /// The next `length` bytes, which belong to `part`; the walk moves past them.
    ///
    /// # Errors
    /// [`PhotoError::Truncated`] where the file ends before they do.
    pub fn take(&mut self, length: usize, part: &'static str) -> Result<&'a [u8], PhotoError> {
        let end = self.at as u64 + length as u64;
        let slice =
            self.at.checked_add(length).and_then(|end| self.bytes.get(self.at..end)).ok_or(PhotoError::Truncated {
                format: self.format,
                part,
                expected_bytes: end,
                found_bytes: self.bytes.len(),
            })?;
        self.at += length;
        Ok(slice)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self, part: &'static str) -> Result<[u8; N], PhotoError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, part)?);
        Ok(array)
    }

    /// The next byte.
    pub fn byte(&mut self, part: &'static str) -> Result<u8, PhotoError> {
        Ok(self.array::<1>(part)?[0])
    }

    /// The error of a file that ends without `part`.
    pub fn unfinished(&self, part: &'static str) -> PhotoError {
        PhotoError::Unfinished { format: self.format, part, found_bytes: self.bytes.len() }
    }

    /// The error of a `part` before the walk's position that is not what the format asks for.
    pub fn malformed(&self, part: &'static str, expected: &'static str) -> PhotoError {
        PhotoError::Malformed { format: self.format, part, expected, at: self.at }
    }
}
