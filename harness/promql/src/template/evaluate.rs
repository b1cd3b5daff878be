//! Expansion of a parsed template.

use std::collections::BTreeMap;

use super::parse::{Branches, Command, Definitions, Node, Operand, Pipeline};
use super::value::{Value, expansion};
use super::{TemplateData, TemplateError};

/// Deeper than this templates do not call each other: it is a little more than the levels that
/// one of them can have.
const MOST_DEPTH: usize = 60;

/// More parts than this are not written: `range` and templates that call each other could go on
/// for hours.
const MOST_STEPS: usize = 1_000_000;

/// Writes a template with its data filled in.
pub(super) fn expand(
    nodes: &[Node],
    definitions: &Definitions,
    data: &TemplateData<'_>,
) -> Result<String, TemplateError> {
    let root = root(data);
    let labels = |of: &crate::Labels| Value::Labels(of.clone());
    let mut expansion = Expansion {
        data,
        definitions,
        depth: 0,
        steps: 0,
        written: String::new(),
        variables: vec![
            (String::new(), root.clone()),
            ("labels".to_owned(), labels(data.labels)),
            ("externalLabels".to_owned(), labels(data.external_labels)),
            ("externalURL".to_owned(), Value::Text(data.external_url.to_owned())),
            ("value".to_owned(), Value::from(data.value.clone())),
        ],
    };
    expansion.nodes(nodes, &root)?;
    Ok(expansion.written)
}

fn root(data: &TemplateData<'_>) -> Value {
    let fields = [
        ("Labels", Value::Labels(data.labels.clone())),
        ("ExternalLabels", Value::Labels(data.external_labels.clone())),
        ("ExternalURL", Value::Text(data.external_url.to_owned())),
        ("Value", Value::from(data.value.clone())),
    ];
    Value::Map(
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
    )
}

/// How a list of nodes ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct Expansion<'d> {
    data: &'d TemplateData<'d>,
    definitions: &'d Definitions,
    depth: usize,
    steps: usize,
    written: String,
    variables: Vec<(String, Value)>,
}

impl Expansion<'_> {
    fn nodes(&mut self, nodes: &[Node], dot: &Value) -> Result<Flow, TemplateError> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(expansion(format!("templates are deeper than {MOST_DEPTH} levels")));
        }
        let mut flow = Flow::On;
        for node in nodes {
            self.steps += 1;
            if self.steps > MOST_STEPS {
                return Err(expansion(format!("it has more than {MOST_STEPS} parts")));
            }
            flow = self.node(node, dot)?;
            if flow != Flow::On {
                break;
            }
        }
        self.depth -= 1;
        Ok(flow)
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Result<Flow, TemplateError> {
        match node {
            Node::Text(text) => self.written.push_str(text),
            Node::Action(pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                if pipeline.variables.is_empty() {
                    self.written.push_str(&value.printed());
                }
            }
            Node::Call(name, data) => self.call(name, data.as_ref(), dot)?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
            Node::If(branches) => {
                return self.scoped(|this| {
                    let truth = this.pipeline(&branches.condition, dot)?.is_true();
                    this.nodes(if truth { &branches.then } else { &branches.otherwise }, dot)
                });
            }
            Node::With(branches) => {
                return self.scoped(|this| {
                    let value = this.pipeline(&branches.condition, dot)?;
                    if value.is_true() {
                        this.nodes(&branches.then, &value)
                    } else {
                        this.nodes(&branches.otherwise, dot)
                    }
                });
            }
            Node::Range(branches) => return self.scoped(|this| this.range(branches, dot)),
        }
        Ok(Flow::On)
    }

    /// Nothing of the caller is known in a template but what it is given, as `.` and `$`.
    fn call(
        &mut self,
        name: &str,
        data: Option<&Pipeline>,
        dot: &Value,
    ) -> Result<(), TemplateError> {
        let given = match data {
            Some(pipeline) => self.pipeline(pipeline, dot)?,
            None => Value::Nil,
        };
        let definitions = self.definitions;
        let nodes = definitions.get(name);
        let nodes = nodes.ok_or_else(|| expansion(format!("template {name:?} not defined")))?;
        let known = std::mem::replace(&mut self.variables, vec![(String::new(), given.clone())]);
        self.nodes(nodes, &given)?;
        self.variables = known;
        Ok(())
    }

    /// Variables declared inside end with it.
    fn scoped(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<Flow, TemplateError>,
    ) -> Result<Flow, TemplateError> {
        let known = self.variables.len();
        let flow = run(self);
        self.variables.truncate(known);
        flow
    }

    fn range(&mut self, branches: &Branches, dot: &Value) -> Result<Flow, TemplateError> {
        let commands = &branches.condition.commands;
        let over = self.commands(commands, dot)?;
        if let (Value::Integer(count), [_, _, ..]) = (&over, &*branches.condition.variables) {
            let message = format!("can't use {count} to iterate over more than one variable");
            return Err(expansion(message));
        }
        let entries = entries(over)?;
        if entries.is_empty() {
            return self.nodes(&branches.otherwise, dot);
        }
        for (key, value) in entries {
            let flow = self.scoped(|this| {
                match branches.condition.variables.as_slice() {
                    [] => {}
                    [element] => this.variables.push((element.clone(), value.clone())),
                    [index, element, ..] => {
                        this.variables.push((index.clone(), key));
                        this.variables.push((element.clone(), value.clone()));
                    }
                }
                this.nodes(&branches.then, &value)
            })?;
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value, TemplateError> {
        let value = self.commands(&pipeline.commands, dot)?;
        for name in &pipeline.variables {
            if pipeline.declares {
                self.variables.push((name.clone(), value.clone()));
            } else if let Some((_, old)) = self.variables.iter_mut().rev().find(|v| v.0 == *name) {
                *old = value.clone();
            }
        }
        Ok(value)
    }

    /// Each command's value is the last argument of the next.
    fn commands(&mut self, commands: &[Command], dot: &Value) -> Result<Value, TemplateError> {
        let mut piped = None;
        for command in commands {
            piped = Some(self.command(command, piped, dot)?);
        }
        Ok(piped.unwrap_or(Value::Nil))
    }

    fn command(
        &mut self,
        command: &Command,
        piped: Option<Value>,
        dot: &Value,
    ) -> Result<Value, TemplateError> {
        let Some(function) = command.function else {
            return match command.operands.as_slice() {
                [] => Ok(Value::Nil),
                [value] if piped.is_none() => self.operand(value, dot),
                [method, arguments @ ..] => self.method(method, arguments, piped, dot),
            };
        };
        let arguments = self.arguments(&command.operands, piped, dot)?;
        function.call(&arguments, self.data)
    }

    /// The piped value is the last argument.
    fn arguments(
        &mut self,
        operands: &[Operand],
        piped: Option<Value>,
        dot: &Value,
    ) -> Result<Vec<Value>, TemplateError> {
        let mut arguments = Vec::with_capacity(operands.len() + 1);
        for operand in operands {
            arguments.push(self.operand(operand, dot)?);
        }
        arguments.extend(piped);
        Ok(arguments)
    }

    fn method(
        &mut self,
        method: &Operand,
        arguments: &[Operand],
        piped: Option<Value>,
        dot: &Value,
    ) -> Result<Value, TemplateError> {
        let Some((of, name)) = method.method() else {
            return Err(expansion("can't give argument to non-function"));
        };
        let of = self.operand(&of, dot)?;
        of.method(name, &self.arguments(arguments, piped, dot)?)
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Result<Value, TemplateError> {
        match operand {
            Operand::Nil => Ok(Value::Nil),
            Operand::Bool(truth) => Ok(Value::Bool(*truth)),
            Operand::Integer(number) => Ok(Value::Integer(*number)),
            Operand::Float(number) => Ok(Value::Float(*number)),
            Operand::Text(text) => Ok(Value::Text(text.clone())),
            Operand::Dot(fields) => dot.clone().fields(fields),
            Operand::Variable(name, fields) => {
                let found = self.variables.iter().rev().find(|(known, _)| known == name);
                found.map_or(Value::Nil, |(_, value)| value.clone()).fields(fields)
            }
            Operand::Group(pipeline, fields) => self.pipeline(pipeline, dot)?.fields(fields),
        }
    }
}

/// What `range` goes through: keys and values.
fn entries(value: Value) -> Result<Vec<(Value, Value)>, TemplateError> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::Integer(count) if usize::try_from(count).is_ok_and(|count| count > MOST_STEPS) => {
            Err(expansion(format!("range over {count} is more than {MOST_STEPS} parts")))
        }
        Value::Integer(count) => {
            Ok((0..count).map(|at| (Value::Integer(at), Value::Integer(at))).collect())
        }
        Value::List(values) => {
            let index = |at| Value::Integer(i64::try_from(at).unwrap_or(i64::MAX));
            Ok(values.into_iter().enumerate().map(|(at, value)| (index(at), value)).collect())
        }
        Value::Labels(labels) => Ok(labels
            .iter()
            .map(|(name, value)| (Value::Text(name.to_owned()), Value::Text(value.to_owned())))
            .collect()),
        Value::Map(values) => {
            Ok(values.into_iter().map(|(name, value)| (Value::Text(name), value)).collect())
        }
        other => Err(expansion(format!("range can't iterate over {}", other.kind()))),
    }
}
