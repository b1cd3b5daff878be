//! A template's text as pieces, and an action's text as tokens.

use super::TemplateError;

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    /// What stands between `{{` and `}}`; never empty.
    Action(Vec<Token>),
}

/// A token of an action.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `if`, `humanize`, `true`.
    Word(String),
    /// `$x.A.B`: the variable without its dollar sign, and fields.
    Variable(String, Vec<String>),
    /// `.A.B`; the lone dot has no fields.
    Field(Vec<String>),
    /// `.A` directly after a closing parenthesis.
    FieldOfGroup(Vec<String>),
    Text(String),
    Integer(i64),
    Float(f64),
    Pipe,
    Declare,
    Assign,
    Comma,
    Open,
    Close,
}

/// Splits a template into text and actions, white space trimmed where `{{-` or
/// `-}}` asks for it.
pub(super) fn lex(source: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = source;
    let mut trim_start = false;
    while let Some(open) = rest.find("{{") {
        let (text, after) = (&rest[..open], &rest[open + 2..]);
        let (action, after, trims) = split_action(after)?;
        push_text(&mut pieces, text, trim_start, trims.before);
        let tokens = tokens(action)?;
        if !tokens.is_empty() {
            pieces.push(Piece::Action(tokens));
        }
        trim_start = trims.after;
        rest = after;
    }
    push_text(&mut pieces, rest, trim_start, false);
    Ok(pieces)
}

struct Trims {
    before: bool,
    after: bool,
}

fn push_text(pieces: &mut Vec<Piece>, text: &str, trim_start: bool, trim_end: bool) {
    let text = if trim_start { text.trim_start() } else { text };
    let text = if trim_end { text.trim_end() } else { text };
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

/// The inside of an action whose `{{` is passed, and what follows its `}}`.
fn split_action(after_open: &str) -> Result<(&str, &str, Trims), TemplateError> {
    let trims_before = after_open.starts_with("- ") || after_open.starts_with("-\n");
    let body = if trims_before { &after_open[1..] } else { after_open };
    if body.trim_start().starts_with("/*") {
        return split_comment(body, trims_before);
    }
    let end = end_of_action(body).ok_or_else(|| syntax("unclosed action: `}}` is missing"))?;
    let (action, after) = (&body[..end], &body[end + 2..]);
    let trimmed = action.strip_suffix(" -").or_else(|| action.strip_suffix("\n-"));
    let trims = Trims { before: trims_before, after: trimmed.is_some() };
    if trimmed.unwrap_or(action).trim().is_empty() {
        return Err(syntax("missing value for command: `{{ }}` is empty"));
    }
    Ok((trimmed.unwrap_or(action), after, trims))
}

fn split_comment(body: &str, before: bool) -> Result<(&str, &str, Trims), TemplateError> {
    let end = body.find("*/").ok_or_else(|| syntax("unclosed comment: `*/` is missing"))?;
    let after = &body[end + 2..];
    for (close, trims) in [("}}", false), (" -}}", true)] {
        if let Some(rest) = after.strip_prefix(close) {
            return Ok(("", rest, Trims { before, after: trims }));
        }
    }
    Err(syntax("a comment must end its action: `*/}}`"))
}

/// Where `}}` stands, texts in quotes skipped.
fn end_of_action(body: &str) -> Option<usize> {
    let mut at = 0;
    while at < body.len() {
        let rest = &body[at..];
        if rest.starts_with("}}") {
            return Some(at);
        }
        let first = rest.chars().next()?;
        at += match first {
            '"' | '`' => quoted_length(rest, first)?,
            other => other.len_utf8(),
        };
    }
    None
}

/// The length of a quoted text, quotes included.
fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' && quote == '"' {
            escaped = true;
        } else if character == quote {
            return Some(at + 1);
        }
    }
    None
}

fn tokens(action: &str) -> Result<Vec<Token>, TemplateError> {
    let mut tokens = Vec::new();
    let mut rest = action.trim_start();
    let mut glued = false;
    while let Some(first) = rest.chars().next() {
        let (token, length) = token(rest, first, glued)?;
        glued = token == Token::Close && rest[length..].starts_with('.');
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn token(rest: &str, first: char, glued: bool) -> Result<(Token, usize), TemplateError> {
    let sign = rest.len() > 1 && matches!(first, '-' | '+');
    match first {
        _ if rest.starts_with(":=") => Ok((Token::Declare, 2)),
        '=' => Ok((Token::Assign, 1)),
        '|' => Ok((Token::Pipe, 1)),
        ',' => Ok((Token::Comma, 1)),
        '(' => Ok((Token::Open, 1)),
        ')' => Ok((Token::Close, 1)),
        '"' | '`' => quoted(rest, first),
        '$' => {
            let length = 1 + word_length(&rest[1..]);
            let (fields, more) = fields(&rest[length..]);
            Ok((Token::Variable(rest[1..length].to_owned(), fields), length + more))
        }
        '.' if !rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
            let (fields, length) = fields(rest);
            let length = length.max(1);
            Ok((if glued { Token::FieldOfGroup(fields) } else { Token::Field(fields) }, length))
        }
        _ if sign || first.is_ascii_digit() || first == '.' => number(rest),
        _ if word_length(rest) > 0 => {
            let length = word_length(rest);
            Ok((Token::Word(rest[..length].to_owned()), length))
        }
        other => Err(syntax(format!("unexpected {other:?} in action"))),
    }
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())
}

/// `.A.B` as its names, with its length.
fn fields(text: &str) -> (Vec<String>, usize) {
    let mut fields = Vec::new();
    let mut length = 0;
    while text[length..].starts_with('.') {
        let name = word_length(&text[length + 1..]);
        if name == 0 {
            break;
        }
        fields.push(text[length + 1..length + 1 + name].to_owned());
        length += 1 + name;
    }
    (fields, length)
}

fn number(rest: &str) -> Result<(Token, usize), TemplateError> {
    let is_part = |(at, c): (usize, char)| {
        let after_exponent = at > 0 && matches!(rest.as_bytes()[at - 1], b'e' | b'E');
        c.is_ascii_alphanumeric()
            || matches!(c, '.' | '_')
            || (matches!(c, '-' | '+') && (at == 0 || after_exponent))
    };
    let length = rest.char_indices().find(|pair| !is_part(*pair)).map_or(rest.len(), |(at, _)| at);
    let text = rest[..length].replace('_', "");
    if let Ok(integer) = text.parse::<i64>() {
        return Ok((Token::Integer(integer), length));
    }
    match crate::number::parse_number(&text) {
        Some(float) => Ok((Token::Float(float), length)),
        None => Err(syntax(format!("bad number syntax: {:?}", &rest[..length]))),
    }
}

fn quoted(rest: &str, quote: char) -> Result<(Token, usize), TemplateError> {
    let length = quoted_length(rest, quote).ok_or_else(|| syntax("unterminated quoted string"))?;
    let inside = &rest[1..length - 1];
    if quote == '`' {
        return Ok((Token::Text(inside.to_owned()), length));
    }
    unescape(inside).map(|text| (Token::Text(text), length))
}

/// Go's simple escapes; `\x`, `\u` and octal ones are not among them.
fn unescape(text: &str) -> Result<String, TemplateError> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        plain.push(match characters.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some(same @ ('\\' | '"' | '\'')) => same,
            other => {
                let escape = other.map(String::from).unwrap_or_default();
                return Err(TemplateError::Unsupported(format!("the escape `\\{escape}`")));
            }
        });
    }
    Ok(plain)
}

pub(super) fn syntax(message: impl Into<String>) -> TemplateError {
    TemplateError::Syntax(message.into())
}
