//! Series as one request of Prometheus' remote write, version 1: the only way in that
//! carries ends of series and native histograms.
//!
//! Protocol: `prompb/types.proto` in Snappy's block format. Only literals are written: what
//! is smaller matters to nobody here.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use slogate_promql::{Histogram, Layout, MemorySeries, SeriesRef};

/// Sends every series to a server that takes remote writes: first the first piece of each, then
/// the second of those that have one, and so on, because of one request the server takes all
/// numbers before any histogram.
pub(crate) fn send(store: &MemorySeries, server: SocketAddr) {
    let pieces = store.iter().map(pieces).collect::<Vec<_>>();
    let most = pieces.iter().map(Vec::len).max().unwrap_or_default();
    for nth in 0..most {
        let mut request = Message::default();
        for piece in pieces.iter().filter_map(|pieces| pieces.get(nth)) {
            request.message(1, &time_series(*piece));
        }
        post(&request, server);
    }
}

fn post(request: &Message, server: SocketAddr) {
    let body = literals(&request.0);
    let mut stream = TcpStream::connect(server).unwrap();
    write!(
        stream,
        "POST /api/v1/write HTTP/1.0\r\nContent-Encoding: snappy\r\n\
         Content-Type: application/x-protobuf\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    )
    .unwrap();
    stream.write_all(&body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.lines().next().unwrap_or_default();
    assert!(status.contains(" 204 "), "the series are refused: {answer}");
}

/// A series piece by piece, each of numbers alone or of histograms alone.
fn pieces(series: SeriesRef<'_>) -> Vec<SeriesRef<'_>> {
    let (mut numbers, mut histograms) = (series.samples, series.histograms);
    let mut pieces = Vec::new();
    while !numbers.is_empty() || !histograms.is_empty() {
        let first_number = numbers.first().map_or(i64::MAX, |one| one.t_ms);
        let first_histogram = histograms.first().map_or(i64::MAX, |one| one.t_ms);
        let before = |at_ms: i64| numbers.partition_point(|one| one.t_ms < at_ms);
        let (samples, later) = numbers.split_at(before(first_histogram));
        let before = |at_ms: i64| histograms.partition_point(|one| one.t_ms < at_ms);
        let (own, later_histograms) = histograms.split_at(before(first_number));
        pieces.push(SeriesRef { samples, histograms: own, ..series });
        (numbers, histograms) = (later, later_histograms);
    }
    pieces
}

fn time_series(series: SeriesRef<'_>) -> Message {
    let mut message = Message::default();
    for (name, value) in series.labels.iter() {
        let mut label = Message::default();
        label.bytes(1, name.as_bytes());
        label.bytes(2, value.as_bytes());
        message.message(1, &label);
    }
    for one in series.samples {
        let mut sample = Message::default();
        sample.double(1, one.value);
        sample.number(2, one.t_ms.cast_unsigned());
        message.message(2, &sample);
    }
    for one in series.histograms {
        message.message(4, &histogram(&one.histogram, one.t_ms));
    }
    message
}

/// A float histogram; what is known about resets is left to the server.
fn histogram(histogram: &Histogram, t_ms: i64) -> Message {
    let mut message = Message::default();
    message.double(2, histogram.count);
    message.double(3, histogram.sum);
    let schema = match &histogram.layout {
        Layout::Exponential { schema } => *schema,
        Layout::Custom { .. } => -53,
    };
    message.number(4, zigzag(schema));
    message.double(5, histogram.zero_threshold);
    message.double(7, histogram.zero_count);
    for (spans, counts, buckets) in [(8, 10, &histogram.negative), (11, 13, &histogram.positive)] {
        let mut next = 0;
        for (index, _) in buckets {
            let mut span = Message::default();
            span.number(1, zigzag(index - next));
            span.number(2, 1);
            message.message(spans, &span);
            next = index + 1;
        }
        let packed = buckets.iter().flat_map(|(_, count)| count.to_le_bytes()).collect::<Vec<_>>();
        message.bytes(counts, &packed);
    }
    message.number(15, t_ms.cast_unsigned());
    if let Layout::Custom { bounds } = &histogram.layout {
        let packed = bounds.iter().flat_map(|bound| bound.to_le_bytes()).collect::<Vec<_>>();
        message.bytes(16, &packed);
    }
    message
}

fn zigzag(number: i32) -> u64 {
    u64::from(((number << 1) ^ (number >> 31)).cast_unsigned())
}

/// A message of Protocol Buffers, field by field.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).unwrap());
    }

    fn number(&mut self, field: u64, number: u64) {
        self.varint(field << 3);
        self.varint(number);
    }

    fn double(&mut self, field: u64, number: f64) {
        self.varint(field << 3 | 1);
        self.0.extend(number.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }
}

/// Snappy's block format, without any compression.
fn literals(bytes: &[u8]) -> Vec<u8> {
    /// A literal of up to 65536 bytes: two bytes of length follow the tag.
    const TAG: u8 = 61 << 2;
    let mut block = Message::default();
    block.varint(bytes.len() as u64);
    for chunk in bytes.chunks(1 << 16) {
        let length = u16::try_from(chunk.len() - 1).unwrap();
        block.0.push(TAG);
        block.0.extend(length.to_le_bytes());
        block.0.extend(chunk);
    }
    block.0
}
