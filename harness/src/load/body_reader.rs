//! What is taken of an answer's body while it comes in: its length, its content if
//! somebody will look at it, its digest; decoded where the request asked for gzip.
//!
//! Nothing of the body is awaited here. What cannot be decoded is not an error of the
//! exchange: the answer is complete, and it is for the judgement to say what it is worth.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use sha2::{Digest, Sha256};

use super::answer::{AnswerBody, Coding, MOST_JUDGED_BYTES};
use super::plan::PreparedRequest;

/// Longest body that is decoded, bytes. A bomb holds a thousand times its length: what it
/// may cost is less than a second of a core.
const MOST_DECODED_BYTES: u64 = 256 * 1024 * 1024;

/// Reads one body.
pub(super) struct BodyReader {
    received_bytes: u64,
    decoding: Decoding,
}

enum Decoding {
    /// As it comes.
    None(Content),
    Gzip(Box<MultiGzDecoder<Content>>),
    /// It was gzip up to here, or was said to be.
    Failed,
    /// In an encoding that nobody asked for, or that is not known here.
    Unknown(Content),
}

impl BodyReader {
    /// For the answer to a request, by the head of the answer.
    pub(super) fn new(request: &PreparedRequest, head: &HeaderMap) -> Self {
        let content = Content::new(request);
        let encoding = if request.looks_into_body() || request.gzip {
            encoding(head)
        } else {
            Encoding::Identity
        };
        let decoding = match encoding {
            Encoding::Identity => Decoding::None(content),
            Encoding::Gzip if request.gzip => {
                Decoding::Gzip(Box::new(MultiGzDecoder::new(content)))
            }
            Encoding::Gzip | Encoding::Other => Decoding::Unknown(content),
        };
        Self { received_bytes: 0, decoding }
    }

    /// Takes the next piece.
    pub(super) fn take(&mut self, piece: &[u8]) {
        self.received_bytes += piece.len() as u64;
        match &mut self.decoding {
            Decoding::None(content) | Decoding::Unknown(content) => content.take(piece),
            Decoding::Gzip(decoder) => {
                if decoder.write_all(piece).is_err() {
                    self.decoding = Decoding::Failed;
                }
            }
            Decoding::Failed => {}
        }
    }

    /// The whole body.
    pub(super) fn finish(self) -> AnswerBody {
        let received_bytes = self.received_bytes;
        match self.decoding {
            Decoding::None(content) => content.body(received_bytes, Coding::Plain),
            Decoding::Unknown(content) => content.body(received_bytes, Coding::Unknown),
            // There is no body in an answer to HEAD, whatever its head says.
            Decoding::Gzip(_) if received_bytes == 0 => AnswerBody::default(),
            Decoding::Gzip(decoder) => match decoder.finish() {
                Ok(content) => content.body(received_bytes, Coding::Plain),
                Err(_) => broken(received_bytes),
            },
            Decoding::Failed => broken(received_bytes),
        }
    }
}

fn broken(received_bytes: u64) -> AnswerBody {
    AnswerBody { received_bytes, coding: Coding::Broken, ..AnswerBody::default() }
}

enum Encoding {
    Identity,
    Gzip,
    Other,
}

/// What the head of an answer says of its body (RFC 9110 §8.4).
fn encoding(head: &HeaderMap) -> Encoding {
    let mut codings = head.get_all(CONTENT_ENCODING).iter();
    let (first, second) = (codings.next(), codings.next());
    let Some(coding) = first else { return Encoding::Identity };
    let is = |name: &str| coding.as_bytes().eq_ignore_ascii_case(name.as_bytes());
    if second.is_some() {
        Encoding::Other
    } else if is("gzip") || is("x-gzip") {
        Encoding::Gzip
    } else if is("identity") || coding.is_empty() {
        Encoding::Identity
    } else {
        Encoding::Other
    }
}

/// What is kept of the content; the digest and the length are of all of it.
struct Content {
    keeps: bool,
    length: u64,
    kept: Vec<u8>,
    digest: Option<Sha256>,
}

impl Content {
    fn new(request: &PreparedRequest) -> Self {
        let digest = request.expect.sha256.map(|_| Sha256::new());
        Self { keeps: request.keeps_answer(), length: 0, kept: Vec::new(), digest }
    }

    fn take(&mut self, piece: &[u8]) {
        self.length += piece.len() as u64;
        if self.keeps && self.length <= MOST_JUDGED_BYTES {
            self.kept.extend_from_slice(piece);
        }
        if let Some(digest) = &mut self.digest {
            digest.update(piece);
        }
    }

    fn body(self, received_bytes: u64, coding: Coding) -> AnswerBody {
        AnswerBody {
            received_bytes,
            length: self.length,
            content: self.kept,
            sha256: self.digest.map(|digest| digest.finalize().into()),
            coding,
        }
    }
}

/// Where the decoder puts what it has decoded.
impl Write for Content {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.length + piece.len() as u64 > MOST_DECODED_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.take(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::load::plan::prepared;
    use crate::scenario::{Expect, Request};

    fn looking(gzip: bool) -> PreparedRequest {
        let expect = Expect { contains: vec!["x".into()], ..Expect::default() };
        prepared(&Request { expect, gzip, ..Request::get("r", "/") })
    }

    fn head(encoding: &'static str) -> HeaderMap {
        let mut head = HeaderMap::new();
        head.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        head
    }

    fn read(request: &PreparedRequest, head: &HeaderMap, bytes: &[u8]) -> AnswerBody {
        let mut reader = BodyReader::new(request, head);
        bytes.chunks(7).for_each(|piece| reader.take(piece));
        reader.finish()
    }

    fn zipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_was_asked_for_is_decoded_and_counted_both_ways() {
        let (request, text) = (looking(true), "a text ".repeat(100));
        // Members may follow each other (RFC 1952 §2.2).
        let wire = [zipped(text.as_bytes()), zipped(b"and more")].concat();
        for encoding in ["gzip", "X-GZIP"] {
            let body = read(&request, &head(encoding), &wire);
            assert_eq!(body.content, format!("{text}and more").into_bytes());
            assert_eq!((body.received_bytes, body.length), (wire.len() as u64, 708));
            assert_eq!(body.coding, Coding::Plain);
        }
        assert_eq!(read(&request, &HeaderMap::new(), b"plain").content, b"plain");
        assert_eq!(read(&request, &head("identity"), b"plain").coding, Coding::Plain);
    }

    #[test]
    fn what_is_not_gzip_or_not_all_of_it_is_broken() {
        let request = looking(true);
        let wire = zipped("a text ".repeat(100).as_bytes());
        let mut other_sum = wire.clone();
        let at = other_sum.len() - 6;
        other_sum[at] ^= 1;
        let behind = [&wire[..], b"not gzip"].concat();
        for bytes in [&wire[..wire.len() - 1], &wire[..20], &other_sum, b"a text", &behind] {
            let body = read(&request, &head("gzip"), bytes);
            assert_eq!(body.coding, Coding::Broken, "{} bytes", bytes.len());
            assert_eq!(body.received_bytes, bytes.len() as u64);
        }
        assert_eq!(read(&request, &head("gzip"), b"").coding, Coding::Plain);
    }

    #[test]
    fn a_bomb_is_given_up_and_fills_no_memory() {
        let wire = zipped(&vec![0; 1024 * 1024]);
        let bomb = wire.repeat(300);
        let body = read(&looking(true), &head("gzip"), &bomb);
        assert_eq!((body.coding, body.content.capacity()), (Coding::Broken, 0));
        let body = read(&looking(true), &head("gzip"), &wire.repeat(20));
        assert_eq!((body.coding, body.length), (Coding::Plain, 20 * 1024 * 1024));
        assert!(body.content.len() as u64 <= MOST_JUDGED_BYTES);
    }

    #[test]
    fn an_encoding_that_nobody_asked_for_is_told_where_somebody_looks() {
        let wire = zipped(b"a text");
        for (request, encoding, coding) in [
            (looking(false), "gzip", Coding::Unknown),
            (looking(true), "br", Coding::Unknown),
            (looking(true), "gzip, br", Coding::Unknown),
            (prepared(&Request::get("r", "/")), "gzip", Coding::Plain),
        ] {
            let body = read(&request, &head(encoding), &wire);
            assert_eq!((body.coding, body.length), (coding, wire.len() as u64), "{encoding}");
        }
        let mut twice = head("gzip");
        twice.append(CONTENT_ENCODING, "gzip".parse().unwrap());
        assert_eq!(read(&looking(true), &twice, &wire).coding, Coding::Unknown);
    }
}
