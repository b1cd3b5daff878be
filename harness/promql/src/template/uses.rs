//! The labels that a template names.

use std::collections::BTreeSet;

use super::parse::{Branches, Node, Operand, Pipeline};

/// Labels of the alert's element whose absence leaves a gap in the text: those that are written,
/// but for those that the template asks for with `if` or `with` anywhere.
pub(super) fn labels_needed(nodes: &[Node]) -> BTreeSet<String> {
    let mut uses = Uses::default();
    uses.nodes(nodes, true);
    uses.named.difference(&uses.asked_for).cloned().collect()
}

#[derive(Default)]
struct Uses {
    named: BTreeSet<String>,
    asked_for: BTreeSet<String>,
}

impl Uses {
    /// Inside `range` and `with` the dot is something else than the data of the alert.
    fn nodes(&mut self, nodes: &[Node], is_dot_data: bool) {
        for node in nodes {
            match node {
                Node::Text(_) | Node::Break | Node::Continue => {}
                Node::Action(pipeline) => {
                    self.named.extend(labels_of(pipeline, is_dot_data));
                }
                // What the called template names, it takes from a dot of its own.
                Node::Call(_, data) => {
                    let data = data.iter();
                    self.named.extend(data.flat_map(|data| labels_of(data, is_dot_data)));
                }
                Node::If(branches) => {
                    self.asked_for.extend(labels_of(&branches.condition, is_dot_data));
                    self.branches(branches, [is_dot_data, is_dot_data]);
                }
                Node::With(branches) => {
                    self.asked_for.extend(labels_of(&branches.condition, is_dot_data));
                    self.branches(branches, [false, is_dot_data]);
                }
                Node::Range(branches) => {
                    self.named.extend(labels_of(&branches.condition, is_dot_data));
                    self.branches(branches, [false, is_dot_data]);
                }
            }
        }
    }

    fn branches(&mut self, branches: &Branches, is_dot_data: [bool; 2]) {
        self.nodes(&branches.then, is_dot_data[0]);
        self.nodes(&branches.otherwise, is_dot_data[1]);
    }
}

fn labels_of(pipeline: &Pipeline, is_dot_data: bool) -> Vec<String> {
    let operands = pipeline.commands.iter().flat_map(|command| &command.operands);
    operands.flat_map(|operand| labels_of_operand(operand, is_dot_data)).collect()
}

fn labels_of_operand(operand: &Operand, is_dot_data: bool) -> Vec<String> {
    match operand {
        Operand::Variable(name, fields) if name == "labels" => {
            fields.first().cloned().into_iter().collect()
        }
        Operand::Variable(name, fields) if name.is_empty() => field_of_data(fields),
        Operand::Dot(fields) if is_dot_data => field_of_data(fields),
        Operand::Group(pipeline, _) => labels_of(pipeline, is_dot_data),
        _ => Vec::new(),
    }
}

fn field_of_data(fields: &[String]) -> Vec<String> {
    match fields {
        [data, label, ..] if data == "Labels" => vec![label.clone()],
        _ => Vec::new(),
    }
}
