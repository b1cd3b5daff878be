//! A PDF file as a stream of objects, with the table of their places at the end.
//!
//! Objects are made by `pdf-writer` and written at once. Objects whose content
//! is known last (fonts, the list of pages) have fixed ids that pages refer to.
//! In memory stays the place of each page, twelve bytes. What stands on a page is
//! not decided here.

use std::io::{self, BufWriter, Write};

use flate2::{Compress, Compression, FlushCompress, Status};
use pdf_writer::{Chunk, Filter, Finish, Name, Rect, Ref};

use super::layout::{PAGE_HEIGHT, PAGE_WIDTH};

/// Bytes that are collected before they go to the file.
const BUFFER_BYTES: usize = 64 << 10;
/// Memory of one deflate compressor of the default window and level, from the
/// formula in zlib's `zconf.h`: (1 << (15 + 2)) + (1 << (8 + 9)).
const DEFLATE_BYTES: usize = (1 << 17) + (1 << 17);
/// The level that FACTS measured; the default of zlib.
const DEFLATE_LEVEL: u32 = 6;

/// Objects that every document has once, in the order of their ids.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fixed {
    /// The root.
    Catalog = 1,
    /// The list of pages.
    Pages,
    /// What pages draw with.
    Resources,
    /// The font, as pages see it.
    Font,
    /// The font with its widths.
    CidFont,
    /// Measures of the font.
    FontDescriptor,
    /// The subset of the font.
    FontFile,
    /// From codes to text.
    ToUnicode,
    /// From codes to glyphs.
    CidToGid,
    /// The number of pages, drawn by each page.
    PageCount,
    /// Title and date.
    Info,
}

/// How many there are.
const FIXED_COUNT: usize = Fixed::Info as usize;
/// The id of the first object of the first page.
const FIRST_PAGE_ID: usize = FIXED_COUNT + 1;

impl Fixed {
    /// A reference to it.
    pub(super) const fn reference(self) -> Ref {
        Ref::new(self as i32)
    }
}

/// A document in the making.
pub(super) struct Document<W: Write> {
    file: BufWriter<W>,
    position: u64,
    fixed: [u64; FIXED_COUNT],
    /// For each page, where its contents begin, and how long that object is; the
    /// page object follows. Two lists, because a pair would be padded to 16 bytes.
    contents: Vec<u64>,
    contents_length: Vec<u32>,
    compress: Compress,
    compressed: Vec<u8>,
}

impl<W: Write> Document<W> {
    /// Writes the head of the file.
    pub(super) fn begin(file: W) -> io::Result<Self> {
        let mut document = Self {
            file: BufWriter::with_capacity(BUFFER_BYTES, file),
            position: 0,
            fixed: [0; FIXED_COUNT],
            contents: Vec::new(),
            contents_length: Vec::new(),
            compress: Compress::new(Compression::new(DEFLATE_LEVEL), true),
            compressed: Vec::new(),
        };
        // The comment of bytes above 127 marks the file as binary: ISO 32000-1, 7.5.2.
        document.write(b"%PDF-1.7\n%\x80\x80\x80\x80\n")?;
        Ok(document)
    }

    /// Pages written so far.
    pub(super) fn page_count(&self) -> usize {
        self.contents.len()
    }

    /// Writes a page with this content stream.
    pub(super) fn write_page(&mut self, content: &[u8]) -> io::Result<()> {
        let contents_id = page_reference(self.page_count(), 0)?;
        let page_id = page_reference(self.page_count(), 1)?;
        let start = self.position;
        self.write_compressed(contents_id, content, |_| ())?;
        let length = u32::try_from(self.position - start).map_err(io::Error::other)?;
        self.contents.push(start);
        self.contents_length.push(length);
        let mut chunk = Chunk::new();
        let mut page = chunk.page(page_id);
        page.parent(Fixed::Pages.reference());
        page.media_box(Rect::new(0.0, 0.0, PAGE_WIDTH, PAGE_HEIGHT));
        page.contents(contents_id);
        page.pair(Name(b"Resources"), Fixed::Resources.reference());
        page.finish();
        self.write(chunk.as_bytes())
    }

    /// Writes one of the objects that a document has once.
    pub(super) fn write_fixed(
        &mut self,
        id: Fixed,
        make: impl FnOnce(&mut Chunk, Ref),
    ) -> io::Result<()> {
        self.fixed[id as usize - 1] = self.position;
        let mut chunk = Chunk::new();
        make(&mut chunk, id.reference());
        self.write(chunk.as_bytes())
    }

    /// Writes one of the streams that a document has once, compressed.
    pub(super) fn write_fixed_stream(
        &mut self,
        id: Fixed,
        bytes: &[u8],
        describe: impl FnOnce(&mut pdf_writer::Stream<'_>),
    ) -> io::Result<()> {
        self.fixed[id as usize - 1] = self.position;
        self.write_compressed(id.reference(), bytes, describe)
    }

    /// Writes the list of pages, the table of places and the end.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.write_page_list()?;
        self.write_places()?;
        self.file.flush()
    }

    /// Hands on what is collected.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    /// Bytes that the buffers hold.
    pub(super) fn held_bytes(&self) -> usize {
        BUFFER_BYTES
            + DEFLATE_BYTES
            + self.compressed.capacity()
            + self.contents.capacity() * size_of::<u64>()
            + self.contents_length.capacity() * size_of::<u32>()
    }

    fn write_compressed(
        &mut self,
        id: Ref,
        bytes: &[u8],
        describe: impl FnOnce(&mut pdf_writer::Stream<'_>),
    ) -> io::Result<()> {
        self.deflate(bytes)?;
        let mut chunk = Chunk::with_capacity(self.compressed.len() + 128);
        let mut stream = chunk.stream(id, &self.compressed);
        stream.filter(Filter::FlateDecode);
        describe(&mut stream);
        stream.finish();
        self.write(chunk.as_bytes())
    }

    fn deflate(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.compress.reset();
        self.compressed.clear();
        loop {
            // Deflate rarely needs more than half of the input; then it grows.
            self.compressed.reserve(bytes.len() / 2 + 64);
            let used = usize::try_from(self.compress.total_in()).map_err(io::Error::other)?;
            let rest = &bytes[used..];
            let status =
                self.compress.compress_vec(rest, &mut self.compressed, FlushCompress::Finish)?;
            if status == Status::StreamEnd {
                return Ok(());
            }
        }
    }

    /// Written piece by piece, because it grows with the pages.
    fn write_page_list(&mut self) -> io::Result<()> {
        self.fixed[Fixed::Pages as usize - 1] = self.position;
        let count = self.page_count();
        let head = format!("{} 0 obj\n<< /Type /Pages /Count {count} /Kids [", Fixed::Pages as i32);
        self.write(head.as_bytes())?;
        for page in 0..count {
            let kid = format!("{} 0 R ", page_reference(page, 1)?.get());
            self.write(kid.as_bytes())?;
        }
        self.write(b"] >>\nendobj\n\n")
    }

    /// The table of places: ISO 32000-1, 7.5.4. Each entry has twenty bytes.
    fn write_places(&mut self) -> io::Result<()> {
        let start = self.position;
        let size = FIRST_PAGE_ID + 2 * self.page_count();
        self.write(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes())?;
        for id in 0..FIXED_COUNT {
            self.write_place(self.fixed[id])?;
        }
        for page in 0..self.page_count() {
            self.write_place(self.contents[page])?;
            self.write_place(self.contents[page] + u64::from(self.contents_length[page]))?;
        }
        let (root, info) = (Fixed::Catalog as i32, Fixed::Info as i32);
        let trailer = format!(
            "trailer\n<< /Size {size} /Root {root} 0 R /Info {info} 0 R >>\nstartxref\n{start}\n%%EOF\n"
        );
        self.write(trailer.as_bytes())
    }

    fn write_place(&mut self, place: u64) -> io::Result<()> {
        self.write(format!("{place:010} 00000 n \n").as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}

/// The id of the contents (0) or of the page object (1) of a page.
fn page_reference(page: usize, object: usize) -> io::Result<Ref> {
    let id = i32::try_from(FIRST_PAGE_ID + 2 * page + object).map_err(io::Error::other)?;
    Ok(Ref::new(id))
}
