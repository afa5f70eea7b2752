use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, ErrorKind, Read};

/// The members of a gzip file one after another. Zeros behind the last one are padding, as tapes and
/// block devices leave it.
pub struct Gzip<R> {
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gzip<R> {
    /// Starts before the first member.
    pub fn new(reader: R) -> Self {
        Gzip { member: Some(GzDecoder::new(reader)) }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.member = self.member.take().map(GzDecoder::into_inner).map_or(Ok(None), next)?;
        }
        Ok(0)
    }
}

/// The next member, if there is one.
fn next<R: BufRead>(mut reader: R) -> io::Result<Option<GzDecoder<R>>> {
    let mut padded = false;
    loop {
        let bytes = reader.fill_buf()?;
        let (zeros, length) = (bytes.iter().take_while(|&&byte| byte == 0).count(), bytes.len());
        padded |= zeros > 0;
        if length == 0 {
            return Ok(None);
        }
        reader.consume(zeros);
        if zeros < length && padded {
            return Err(io::Error::new(ErrorKind::InvalidData, "bytes follow the padding"));
        }
        if zeros < length {
            return Ok(Some(GzDecoder::new(reader)));
        }
    }
}
