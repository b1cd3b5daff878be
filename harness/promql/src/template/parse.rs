//! From tokens to a tree. Unknown functions and variables are found here.

use std::collections::BTreeMap;

use super::TemplateError;
use super::functions::{self, Function};
use super::lex::{Piece, Token, syntax};

/// A part of a template.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Text(String),
    /// A pipeline whose value is written, or assigned to a variable.
    Action(Pipeline),
    If(Branches),
    With(Branches),
    Range(Branches),
    /// A template of that name in place of the action; its dot is what follows.
    Call(String, Option<Pipeline>),
    Break,
    Continue,
}

/// What `if`, `with` and `range` have in common.
#[derive(Clone, Debug)]
pub(super) struct Branches {
    pub(super) condition: Pipeline,
    pub(super) then: Vec<Node>,
    pub(super) otherwise: Vec<Node>,
}

/// `$a, $b := command | command`.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    /// Variables that get the value, without their dollar signs.
    pub(super) variables: Vec<String>,
    /// Whether the variables are new (`:=`) or already there (`=`).
    pub(super) declares: bool,
    pub(super) commands: Vec<Command>,
}

/// A function with arguments, or one value.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) function: Option<&'static Function>,
    pub(super) operands: Vec<Operand>,
}

#[derive(Clone, Debug)]
pub(super) enum Operand {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    Nil,
    /// The dot, with fields.
    Dot(Vec<String>),
    /// A variable, with fields.
    Variable(String, Vec<String>),
    /// A pipeline in parentheses, with fields.
    Group(Box<Pipeline>, Vec<String>),
}

/// Deeper nesting than this of actions and parentheses is refused: parsing and
/// expansion descend one call for each level. People write three or four.
const MOST_LEVELS: usize = 50;

/// Variables that are there from the start; the empty one is `$`.
pub(super) const GIVEN_VARIABLES: [&str; 5] =
    ["", "labels", "externalLabels", "externalURL", "value"];

/// Templates that a text defines, by name.
pub(super) type Definitions = BTreeMap<String, Vec<Node>>;

/// The text itself, and what it defines.
pub(super) fn parse(pieces: &[Piece]) -> Result<(Vec<Node>, Definitions), TemplateError> {
    let mut parser = Parser {
        pieces,
        at: 0,
        variables: GIVEN_VARIABLES.map(str::to_owned).to_vec(),
        loops: 0,
        levels: 0,
        definitions: Definitions::new(),
    };
    let (nodes, end) = parser.nodes()?;
    match end {
        End::OfText => Ok((nodes, parser.definitions)),
        End::Word(word, _) => Err(syntax(format!("unexpected {{{{{word}}}}}"))),
    }
}

/// What ended a list of nodes.
enum End<'p> {
    OfText,
    /// `end` or `else`, with what follows the word.
    Word(&'static str, &'p [Token]),
}

struct Parser<'p> {
    pieces: &'p [Piece],
    at: usize,
    variables: Vec<String>,
    /// How many `range` are open.
    loops: usize,
    /// How many actions and parentheses are open.
    levels: usize,
    definitions: Definitions,
}

impl<'p> Parser<'p> {
    fn nodes(&mut self) -> Result<(Vec<Node>, End<'p>), TemplateError> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.get(self.at) {
            self.at += 1;
            let tokens = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text.clone()));
                    continue;
                }
                Piece::Action(tokens) => tokens,
            };
            match tokens.split_first() {
                Some((Token::Word(word), rest)) if word == "end" => {
                    return Ok((nodes, End::Word("end", rest)));
                }
                Some((Token::Word(word), rest)) if word == "else" => {
                    return Ok((nodes, End::Word("else", rest)));
                }
                _ => nodes.extend(self.action(tokens)?),
            }
        }
        Ok((nodes, End::OfText))
    }

    /// Nothing where the action only defines something.
    fn action(&mut self, tokens: &'p [Token]) -> Result<Option<Node>, TemplateError> {
        let Some((Token::Word(word), rest)) = tokens.split_first() else {
            return self.pipeline(tokens).map(Node::Action).map(Some);
        };
        let node = match word.as_str() {
            "if" => self.branches(rest, "if").map(Node::If),
            "with" => self.branches(rest, "with").map(Node::With),
            "range" => self.branches(rest, "range").map(Node::Range),
            "break" if self.loops > 0 => Ok(Node::Break),
            "continue" if self.loops > 0 => Ok(Node::Continue),
            "break" | "continue" => Err(syntax(format!("{{{{{word}}}}} outside {{{{range}}}}"))),
            "define" => return self.define(rest).map(|()| None),
            "block" => self.block(rest),
            "template" => self.call(rest, "template"),
            _ => self.pipeline(tokens).map(Node::Action),
        };
        node.map(Some)
    }

    /// `{{ define "name" }} … {{ end }}`, which stands beside everything else.
    fn define(&mut self, tokens: &[Token]) -> Result<(), TemplateError> {
        match tokens {
            [Token::Text(_)] if self.levels > 0 => {
                Err(syntax("unexpected {{define}} in an action"))
            }
            [Token::Text(name)] => self.definition(name, "define"),
            _ => Err(syntax("{{define}} needs the name of a template in quotes, and no more")),
        }
    }

    /// `{{ block "name" … }} … {{ end }}`: a definition, and a call of it.
    fn block(&mut self, tokens: &[Token]) -> Result<Node, TemplateError> {
        let node = self.call(tokens, "block")?;
        if let Node::Call(name, _) = &node {
            self.definition(name, "block")?;
        }
        Ok(node)
    }

    /// `{{ template "name" … }}`.
    fn call(&mut self, tokens: &[Token], kind: &str) -> Result<Node, TemplateError> {
        match tokens {
            [Token::Text(name)] if kind == "template" => Ok(Node::Call(name.clone(), None)),
            [Token::Text(name), data @ ..] => {
                Ok(Node::Call(name.clone(), Some(self.pipeline(data)?)))
            }
            _ => Err(syntax(format!("{{{{{kind}}}}} needs the name of a template in quotes"))),
        }
    }

    /// What stands up to the `end` that belongs to it. Nothing is known there but `$`.
    fn definition(&mut self, name: &str, kind: &str) -> Result<(), TemplateError> {
        self.descend()?;
        let variables = std::mem::replace(&mut self.variables, vec![String::new()]);
        let loops = std::mem::take(&mut self.loops);
        let (nodes, end) = self.nodes()?;
        match end {
            End::Word("end", _) => {}
            End::Word(..) => return Err(syntax(format!("unexpected {{{{else}}}} in {kind}"))),
            End::OfText => return Err(unclosed(kind)),
        }
        (self.variables, self.loops) = (variables, loops);
        self.levels -= 1;
        if self.definitions.insert(name.to_owned(), nodes).is_some() {
            return Err(syntax(format!("the template {name:?} is defined twice")));
        }
        Ok(())
    }

    /// The rest of `if`, `with` or `range`, its `end` included.
    fn branches(&mut self, tokens: &'p [Token], kind: &str) -> Result<Branches, TemplateError> {
        self.descend()?;
        let known = self.variables.len();
        let condition = self.pipeline(tokens)?;
        self.loops += usize::from(kind == "range");
        let (then, end) = self.nodes()?;
        self.loops -= usize::from(kind == "range");
        let otherwise = match end {
            End::OfText => return Err(unclosed(kind)),
            End::Word("end", _) => Vec::new(),
            End::Word(_, []) => {
                let (nodes, end) = self.nodes()?;
                match end {
                    End::Word("end", _) => nodes,
                    End::Word(..) => return Err(syntax("expected end; found {{else}}")),
                    End::OfText => return Err(unclosed(kind)),
                }
            }
            // `{{else if …}}` shares the outer `end`.
            End::Word(_, [Token::Word(word), rest @ ..]) if word == kind => {
                let inner = self.branches(rest, kind)?;
                vec![if kind == "if" { Node::If(inner) } else { Node::With(inner) }]
            }
            End::Word(..) => return Err(syntax(format!("unexpected text after else of {kind}"))),
        };
        self.variables.truncate(known);
        self.levels -= 1;
        Ok(Branches { condition, then, otherwise })
    }

    fn pipeline(&mut self, tokens: &[Token]) -> Result<Pipeline, TemplateError> {
        let (variables, declares, rest) = split_assignment(tokens)?;
        let mut commands = Vec::new();
        for part in split_at_pipes(rest) {
            commands.push(self.command(part)?);
        }
        if !declares {
            variables.iter().try_for_each(|name| self.known(name))?;
        }
        if declares {
            self.variables.extend(variables.iter().cloned());
        }
        Ok(Pipeline { variables, declares, commands })
    }

    fn command(&mut self, tokens: &[Token]) -> Result<Command, TemplateError> {
        let (function, mut rest) = match tokens.split_first() {
            None => return Err(syntax("missing value for command")),
            Some((Token::Word(word), rest)) if !is_constant(word) => (Some(function(word)?), rest),
            Some(_) => (None, tokens),
        };
        let mut operands = Vec::new();
        while !rest.is_empty() {
            let (operand, after) = self.operand(rest)?;
            operands.push(operand);
            rest = after;
        }
        let is_method = operands.first().is_some_and(|operand| operand.method().is_some());
        if function.is_none() && operands.len() > 1 && !is_method {
            return Err(syntax("can't give argument to non-function"));
        }
        Ok(Command { function, operands })
    }

    fn operand<'t>(
        &mut self,
        tokens: &'t [Token],
    ) -> Result<(Operand, &'t [Token]), TemplateError> {
        let Some((first, rest)) = tokens.split_first() else {
            return Err(syntax("missing value for command"));
        };
        let operand = match first {
            Token::Word(word) => match word.as_str() {
                "true" => Operand::Bool(true),
                "false" => Operand::Bool(false),
                "nil" => Operand::Nil,
                name => {
                    let command = Command { function: Some(function(name)?), operands: Vec::new() };
                    Operand::Group(Box::new(Pipeline::of(command)), Vec::new())
                }
            },
            Token::Text(text) => Operand::Text(text.clone()),
            Token::Integer(number) => Operand::Integer(*number),
            Token::Float(number) => Operand::Float(*number),
            Token::Field(fields) => Operand::Dot(fields.clone()),
            Token::Variable(name, fields) => {
                self.known(name)?;
                Operand::Variable(name.clone(), fields.clone())
            }
            Token::Open => return self.group(rest),
            other => return Err(syntax(format!("unexpected {} in operand", spelled(other)))),
        };
        Ok((operand, rest))
    }

    /// What stands in parentheses, the opening one passed.
    fn group<'t>(&mut self, tokens: &'t [Token]) -> Result<(Operand, &'t [Token]), TemplateError> {
        self.descend()?;
        let close = closing(tokens).ok_or_else(|| syntax("unclosed left paren"))?;
        let pipeline = self.pipeline(&tokens[..close])?;
        self.levels -= 1;
        match &tokens[close + 1..] {
            [Token::FieldOfGroup(fields), rest @ ..] => {
                Ok((Operand::Group(Box::new(pipeline), fields.clone()), rest))
            }
            rest => Ok((Operand::Group(Box::new(pipeline), Vec::new()), rest)),
        }
    }

    /// Opens a level. A refused one is never closed: parsing ends there.
    fn descend(&mut self) -> Result<(), TemplateError> {
        self.levels += 1;
        if self.levels > MOST_LEVELS {
            return Err(syntax(format!("nesting is deeper than {MOST_LEVELS} levels")));
        }
        Ok(())
    }

    fn known(&self, name: &str) -> Result<(), TemplateError> {
        if self.variables.iter().any(|known| known == name) {
            return Ok(());
        }
        Err(syntax(format!("undefined variable \"${name}\"")))
    }
}

impl Operand {
    /// The operand without its last field, and that field: a method, where arguments follow.
    pub(super) fn method(&self) -> Option<(Self, &str)> {
        let split = |fields: &[String]| fields.split_last().map(|(_, before)| before.to_vec());
        match self {
            Self::Dot(fields) => Some((Self::Dot(split(fields)?), fields.last()?)),
            Self::Variable(name, fields) => {
                Some((Self::Variable(name.clone(), split(fields)?), fields.last()?))
            }
            Self::Group(pipeline, fields) => {
                Some((Self::Group(pipeline.clone(), split(fields)?), fields.last()?))
            }
            _ => None,
        }
    }
}

impl Pipeline {
    fn of(command: Command) -> Self {
        Self { variables: Vec::new(), declares: false, commands: vec![command] }
    }
}

fn unclosed(kind: &str) -> TemplateError {
    syntax(format!("unexpected end of text: {{{{{kind}}}}} has no {{{{end}}}}"))
}

fn is_constant(word: &str) -> bool {
    matches!(word, "true" | "false" | "nil")
}

fn function(name: &str) -> Result<&'static Function, TemplateError> {
    match functions::find(name) {
        Some(function) => Ok(function),
        None if functions::KNOWN_ELSEWHERE.contains(&name) => {
            Err(TemplateError::Unsupported(format!("the template function `{name}`")))
        }
        None => Err(syntax(format!("function {name:?} not defined"))),
    }
}

type Assignment<'t> = (Vec<String>, bool, &'t [Token]);

/// `$a := …`, `$a = …`, `$i, $e := …`.
fn split_assignment(tokens: &[Token]) -> Result<Assignment<'_>, TemplateError> {
    let variable = |token: &Token| match token {
        Token::Variable(name, fields) if fields.is_empty() => Ok(name.clone()),
        other => Err(syntax(format!("cannot assign to {}", spelled(other)))),
    };
    match tokens {
        [one, sign @ (Token::Declare | Token::Assign), rest @ ..] => {
            Ok((vec![variable(one)?], *sign == Token::Declare, rest))
        }
        [one, Token::Comma, two, sign @ (Token::Declare | Token::Assign), rest @ ..] => {
            Ok((vec![variable(one)?, variable(two)?], *sign == Token::Declare, rest))
        }
        _ => Ok((Vec::new(), false, tokens)),
    }
}

/// Commands between pipes outside of parentheses.
fn split_at_pipes(tokens: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0_usize;
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            Token::Pipe if depth == 0 => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[start..]);
    parts
}

/// Where the parenthesis closes that was opened before these tokens.
fn closing(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| match token {
        Token::Open => {
            depth += 1;
            false
        }
        Token::Close if depth == 0 => true,
        Token::Close => {
            depth -= 1;
            false
        }
        _ => false,
    })
}

fn spelled(token: &Token) -> &'static str {
    match token {
        Token::Word(_) => "a word",
        Token::Variable(..) => "a variable",
        Token::Field(_) | Token::FieldOfGroup(_) => "a field",
        Token::Text(_) => "a string",
        Token::Integer(_) | Token::Float(_) => "a number",
        Token::Pipe => "`|`",
        Token::Declare => "`:=`",
        Token::Assign => "`=`",
        Token::Comma => "`,`",
        Token::Open => "`(`",
        Token::Close => "`)`",
    }
}
