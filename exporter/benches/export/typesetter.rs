//! The same PDF set by hand, for one shape of table: content streams are bytes put
//! after each other, characters are found in one flat table, text is known to fit.
//!
//! Deflate, font, subset and codes of characters are those of the exporter, so that
//! what is compared is the way to them.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use flate2::{Compress, Compression, FlushCompress};
use subsetter::GlyphRemapper;
use ttf_parser::Face;

const RECORDS_PER_PAGE: usize = 50;
/// Width of a row and of the space between columns, in thousandths of the font size.
const ROW_WIDTH: i32 = 109_980;
const GAP: i32 = 1_000;
/// Objects before the first page: catalog, pages, font, its parts, the page count.
const FIRST_PAGE_ID: usize = 10;
const DEFLATE_LEVEL: u32 = 6;

/// Writes the document.
pub(crate) fn write_pdf(
    columns: &[String],
    numeric: &[bool],
    rows: &[Vec<String>],
    file: impl Write,
) -> io::Result<()> {
    let mut characters = Characters::new();
    let columns = Columns::place(columns, numeric, rows, &mut characters);
    let mut document = Document::begin(file)?;
    for (index, page) in rows.chunks(RECORDS_PER_PAGE).enumerate() {
        let content = set_page(index + 1, page, &columns, &mut characters);
        document.write_page(&content)?;
    }
    document.finish(&mut characters)
}

/// Codes and widths of characters of the basic plane.
struct Characters {
    face: Face<'static>,
    /// Two bytes of code and the width; no width yet for one that was not used.
    table: Vec<([u8; 2], Option<u16>)>,
    used: Vec<(char, [u8; 2], u16)>,
    plain: Vec<u8>,
}

impl Characters {
    fn new() -> Self {
        let face = Face::parse(exporter::FONT, 0).unwrap();
        let plain = (b' '..=b'~').filter(|byte| !b"()\\".contains(byte)).collect();
        Self { face, table: vec![([0; 2], None); 1 << 16], used: Vec::new(), plain }
    }

    fn find(&mut self, character: char) -> ([u8; 2], i32) {
        let (code, width) = self.table[character as usize];
        match width {
            Some(width) => (code, i32::from(width)),
            None => self.add(character),
        }
    }

    fn add(&mut self, character: char) -> ([u8; 2], i32) {
        let (index, count) = (self.used.len(), self.plain.len());
        let code = [self.plain[index / count], self.plain[index % count]];
        let glyph = self.face.glyph_index(character).unwrap();
        let advance = u32::from(self.face.glyph_hor_advance(glyph).unwrap());
        let units = u32::from(self.face.units_per_em());
        let width = ((advance * 1_000 + units / 2) / units) as u16;
        self.table[character as usize] = (code, Some(width));
        self.used.push((character, code, width));
        (code, i32::from(width))
    }

    fn width(&mut self, text: &str) -> i32 {
        text.chars().map(|character| self.find(character).1).sum()
    }

    /// Appends codes; their width.
    fn set(&mut self, text: &str, codes: &mut Vec<u8>) -> i32 {
        let mut sum = 0;
        for character in text.chars() {
            let (code, width) = self.find(character);
            codes.extend_from_slice(&code);
            sum += width;
        }
        sum
    }
}

struct Columns {
    names: Vec<String>,
    /// Left edge, width and whether its texts stand at the right.
    places: Vec<(i32, i32, bool)>,
}

impl Columns {
    /// Each gets what the first page needs, and as much of the rest as the others.
    fn place(
        names: &[String],
        numeric: &[bool],
        rows: &[Vec<String>],
        characters: &mut Characters,
    ) -> Self {
        let mut widths: Vec<i32> = names.iter().map(|name| characters.width(name)).collect();
        for row in &rows[..RECORDS_PER_PAGE] {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = characters.width(cell).max(*width);
            }
        }
        let count = i32::try_from(names.len()).unwrap();
        let spare = (ROW_WIDTH - GAP * (count - 1) - widths.iter().sum::<i32>()) / count;
        let mut left = 0;
        let place = |(width, is_numeric): (i32, &bool)| {
            let place = (left, width + spare, *is_numeric);
            left += width + spare + GAP;
            place
        };
        let places = widths.into_iter().zip(numeric).map(place).collect();
        Self { names: names.to_vec(), places }
    }
}

fn set_page(
    number: usize,
    rows: &[Vec<String>],
    columns: &Columns,
    characters: &mut Characters,
) -> Vec<u8> {
    let mut page = Vec::with_capacity(64 << 10);
    page.extend_from_slice(b"0.9 g\n34 535 773.89 11 re\nf\n0 g\nBT\n/F 10 Tf\n36 555 Td\n(");
    characters.set("Export", &mut page);
    page.extend_from_slice(b") Tj\nET\nBT\n/F 7 Tf\n9.6 TL\n1 0 0 1 36 547.6 Tm\nT*\n");
    set_line(&columns.names, columns, characters, &mut page);
    page.extend_from_slice(b"1 0 0 1 36 534.6 Tm\n");
    for row in rows {
        page.extend_from_slice(b"T*\n");
        set_line(row, columns, characters, &mut page);
    }
    page.extend_from_slice(b"ET\nBT\n/F 7 Tf\n730 30 Td\n(");
    let width = characters.set(&format!("page {number} of "), &mut page);
    let left = 730.0 + f64::from(width) * 7.0 / 1_000.0;
    write!(page, ") Tj\nET\nq\n1 0 0 1 {left:.3} 30 cm\n/N Do\nQ\n").unwrap();
    page
}

fn set_line(cells: &[String], columns: &Columns, characters: &mut Characters, page: &mut Vec<u8>) {
    page.push(b'[');
    let mut pen = 0;
    let mut number = itoa::Buffer::new();
    for (cell, (left, width, is_numeric)) in cells.iter().zip(&columns.places) {
        let own_width = if *is_numeric { characters.width(cell) } else { 0 };
        let start = if *is_numeric { left + width - own_width } else { *left };
        page.extend_from_slice(number.format(pen - start).as_bytes());
        page.push(b'(');
        pen = start + characters.set(cell, page);
        page.push(b')');
    }
    page.extend_from_slice(b"] TJ\n");
}

struct Document<W: Write> {
    file: io::BufWriter<W>,
    position: usize,
    places: Vec<(usize, usize)>,
    pages: usize,
    compress: Compress,
}

impl<W: Write> Document<W> {
    fn begin(file: W) -> io::Result<Self> {
        let compress = Compress::new(Compression::new(DEFLATE_LEVEL), true);
        let file = io::BufWriter::with_capacity(64 << 10, file);
        let mut document = Self { file, position: 0, places: Vec::new(), pages: 0, compress };
        document.write(b"%PDF-1.7\n%\x80\x80\x80\x80\n")?;
        Ok(document)
    }

    fn write_page(&mut self, content: &[u8]) -> io::Result<()> {
        let id = FIRST_PAGE_ID + 2 * self.pages;
        self.pages += 1;
        self.write_stream(id, "", content)?;
        self.write_object(
            id + 1,
            &format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 841.89 595.28]/Contents {id} 0 R/Resources<</Font<</F 3 0 R>>/XObject<</N 9 0 R>>>>>>"
            ),
        )
    }

    fn finish(mut self, characters: &mut Characters) -> io::Result<()> {
        let mut count = b"BT\n/F 7 Tf\n(".to_vec();
        characters.set(&self.pages.to_string(), &mut count);
        count.extend_from_slice(b") Tj\nET\n");
        let form = "/Type/XObject/Subtype/Form/BBox[0 -7 100 14]/Resources<</Font<</F 3 0 R>>>>";
        self.write_stream(9, form, &count)?;
        self.write_object(1, "<</Type/Catalog/Pages 2 0 R>>")?;
        let kids = (0..self.pages).map(|page| format!("{} 0 R ", FIRST_PAGE_ID + 2 * page + 1));
        let pages =
            format!("<</Type/Pages/Count {}/Kids[{}]>>", self.pages, kids.collect::<String>());
        self.write_object(2, &pages)?;
        self.write_font(characters)?;
        self.write_end()
    }

    fn write_font(&mut self, characters: &Characters) -> io::Result<()> {
        let mut remapper = GlyphRemapper::new();
        let glyph = |character| characters.face.glyph_index(character).unwrap().0;
        let mut glyphs = Vec::new();
        let mut texts = String::new();
        let mut widths = String::new();
        for (character, code, width) in &characters.used {
            let code = u16::from_be_bytes(*code);
            glyphs.resize(2 * usize::from(code), 0);
            glyphs.extend(remapper.remap(glyph(*character)).to_be_bytes());
            writeln!(texts, "<{code:04x}><{:04x}>", *character as u32).unwrap();
            write!(widths, "{code}[{width}]").unwrap();
        }
        let subset = subsetter::subset(exporter::FONT, 0, &remapper).unwrap();
        let texts = format!(
            "/CIDInit/ProcSet findresource begin 12 dict begin begincmap/CMapName/X def/CMapType 2 def\n1 begincodespacerange\n<0000><ffff>\nendcodespacerange\n{} beginbfchar\n{texts}endbfchar\nendcmap end end",
            characters.used.len()
        );
        self.write_object(3, "<</Type/Font/Subtype/Type0/BaseFont/AAAAAA+X/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 7 0 R>>")?;
        self.write_object(4, &format!("<</Type/Font/Subtype/CIDFontType2/BaseFont/AAAAAA+X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor 5 0 R/CIDToGIDMap 8 0 R/W[{widths}]>>"))?;
        self.write_object(5, "<</Type/FontDescriptor/FontName/AAAAAA+X/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 900/Descent -200/CapHeight 700/StemV 80/FontFile2 6 0 R>>")?;
        self.write_stream(6, &format!("/Length1 {}", subset.len()), &subset)?;
        self.write_stream(7, "", texts.as_bytes())?;
        self.write_stream(8, "", &glyphs)
    }

    fn write_end(&mut self) -> io::Result<()> {
        let start = self.position;
        self.places.sort_unstable();
        let size = self.places.len() + 1;
        let mut table = format!("xref\n0 {size}\n0000000000 65535 f \n");
        for (_, place) in &self.places {
            writeln!(table, "{place:010} 00000 n ").unwrap();
        }
        writeln!(
            table,
            "trailer
<</Size {size}/Root 1 0 R>>
startxref
{start}
%%EOF"
        )
        .unwrap();
        self.write(table.as_bytes())?;
        self.file.flush()
    }

    fn write_stream(&mut self, id: usize, entries: &str, bytes: &[u8]) -> io::Result<()> {
        self.compress.reset();
        let mut compressed = Vec::with_capacity(bytes.len() + 64);
        self.compress.compress_vec(bytes, &mut compressed, FlushCompress::Finish)?;
        let length = compressed.len();
        self.places.push((id, self.position));
        self.write(
            format!("{id} 0 obj\n<</Filter/FlateDecode/Length {length}{entries}>>stream\n")
                .as_bytes(),
        )?;
        self.write(&compressed)?;
        self.write(b"\nendstream\nendobj\n")
    }

    fn write_object(&mut self, id: usize, text: &str) -> io::Result<()> {
        self.places.push((id, self.position));
        self.write(format!("{id} 0 obj\n{text}\nendobj\n").as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.position += bytes.len();
        self.file.write_all(bytes)
    }
}
