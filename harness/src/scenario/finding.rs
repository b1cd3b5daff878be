//! A problem inside one text of a file, before it is known where the text stands.

use super::context::Context;
use super::position::span_within;
use super::tree::Node;
use crate::code::Code;

/// What is wrong with a part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// What kind of problem it is.
    pub(super) code: Code,
    /// Where it begins, in bytes of the text.
    pub(super) offset: usize,
    /// How long it is, in bytes.
    pub(super) length: usize,
    /// What is wrong, a lowercase fragment.
    pub(super) message: String,
    /// What to do.
    pub(super) help: Option<String>,
}

impl Finding {
    /// A finding without advice.
    pub(super) fn new(
        code: Code,
        offset: usize,
        length: usize,
        message: impl Into<String>,
    ) -> Self {
        Self { code, offset, length, message: message.into(), help: None }
    }

    /// The same with advice.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same further on in a longer text.
    pub(super) fn shifted(self, by: usize) -> Self {
        Self { offset: self.offset + by, ..self }
    }

    /// Reports it at its place in the file that `node` stands in.
    pub(super) fn report(self, node: &Node, cx: &mut Context) {
        let span = span_within(cx.source(node.span), node, self.offset, self.length);
        let problem = cx.error(self.code, span, self.message);
        if let Some(help) = self.help {
            problem.help(help);
        }
    }

    /// Reports it as something suspicious.
    pub(super) fn warn(self, node: &Node, cx: &mut Context) {
        let span = span_within(cx.source(node.span), node, self.offset, self.length);
        let warning = cx.warning(self.code, span, self.message);
        if let Some(help) = self.help {
            warning.help(help);
        }
    }
}
