//! What an exposition says about its families, and the rules that hold between a
//! family and its samples.

use std::collections::HashMap;

use super::{Family, FamilyKind};

/// The families of one exposition, as they become known.
#[derive(Debug, Default)]
pub(super) struct Families {
    known: Vec<Known>,
    by_name: HashMap<String, usize>,
    /// The last sample's name and family: samples of one name come together.
    last: Option<(String, usize)>,
}

#[derive(Debug)]
struct Known {
    name: String,
    kind: Option<FamilyKind>,
    help: Option<String>,
    unit: Option<String>,
    has_samples: bool,
}

impl Families {
    /// Notes a `HELP` line.
    pub(super) fn help(&mut self, name: &str, help: &str) -> Result<(), String> {
        let known = self.find_or_add(name);
        if known.help.is_some() {
            return Err(format!("a second HELP for `{name}`"));
        }
        known.help = Some(help.to_owned());
        Ok(())
    }

    /// Notes a `UNIT` line.
    pub(super) fn unit(&mut self, name: &str, unit: &str) -> Result<(), String> {
        let known = self.find_or_add(name);
        if known.unit.is_some() {
            return Err(format!("a second UNIT for `{name}`"));
        }
        known.unit = Some(unit.to_owned());
        Ok(())
    }

    /// Notes a `TYPE` line.
    pub(super) fn kind(&mut self, name: &str, kind: FamilyKind) -> Result<(), String> {
        if let Some(early) = self.sample_before_type(name, kind) {
            return Err(format!("the TYPE of `{name}` comes after its sample `{early}`"));
        }
        let known = self.find_or_add(name);
        if known.kind.is_some() {
            return Err(format!("a second TYPE for `{name}`"));
        }
        known.kind = Some(kind);
        self.last = None;
        Ok(())
    }

    /// The kind of the family that a sample belongs to.
    pub(super) fn of_sample(&mut self, name: &str) -> FamilyKind {
        let index = match &self.last {
            Some((last, index)) if last == name => *index,
            _ => {
                let index = self.index_of_sample(name);
                self.last = Some((name.to_owned(), index));
                index
            }
        };
        let known = &mut self.known[index];
        known.has_samples = true;
        known.kind.unwrap_or(FamilyKind::Unknown)
    }

    /// All families, in order of first mention.
    pub(super) fn into_families(self) -> Vec<Family> {
        self.known.into_iter().map(Known::into_family).collect()
    }

    /// Whether none was mentioned.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn index_of_sample(&mut self, name: &str) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        let with_suffix = name.rfind('_').and_then(|at| {
            let (base, suffix) = name.split_at(at);
            let index = *self.by_name.get(base)?;
            self.known[index].kind?.suffixes().contains(&suffix).then_some(index)
        });
        with_suffix.unwrap_or_else(|| self.index_or_add(name))
    }

    /// A sample that was taken for a family of its own before `name` was declared.
    fn sample_before_type(&self, name: &str, kind: FamilyKind) -> Option<String> {
        let suffixes = [""].iter().chain(kind.suffixes());
        suffixes.map(|suffix| format!("{name}{suffix}")).find(|sample| {
            self.by_name
                .get(sample)
                .map(|index| &self.known[*index])
                .is_some_and(|known| known.has_samples && known.kind.is_none())
        })
    }

    fn find_or_add(&mut self, name: &str) -> &mut Known {
        let index = self.index_or_add(name);
        &mut self.known[index]
    }

    fn index_or_add(&mut self, name: &str) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        self.known.push(Known::named(name));
        self.by_name.insert(name.to_owned(), self.known.len() - 1);
        self.known.len() - 1
    }
}

impl Known {
    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), kind: None, help: None, unit: None, has_samples: false }
    }

    fn into_family(self) -> Family {
        Family {
            name: self.name,
            kind: self.kind.unwrap_or(FamilyKind::Unknown),
            help: self.help.unwrap_or_default(),
            unit: self.unit.unwrap_or_default(),
        }
    }
}
