//! Which engines are asked: a choice, and what the choice finds on this machine.

use std::path::Path;
use std::time::Duration;

use super::{Promtool, RulesError};

/// Which engine checks rules and runs their unit tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Both where promtool is installed, else the built-in one.
    #[default]
    Auto,
    /// The built-in one only.
    BuiltIn,
    /// promtool only.
    Promtool,
    /// Both; a missing promtool is an error.
    Both,
}

/// The engines that are asked.
#[derive(Clone, Debug)]
pub enum Engines {
    /// The built-in one.
    BuiltIn,
    /// promtool.
    Promtool(Promtool),
    /// Both, whose answers must agree.
    Both(Promtool),
}

impl Engines {
    /// The engines of a choice. promtool is the program of this name or path, and each of its
    /// answers may take so long. One that is there and does not work is an error whatever was
    /// chosen, unless it is not asked at all.
    pub fn find(choice: Engine, promtool: &Path, time_limit: Duration) -> Result<Self, RulesError> {
        if choice == Engine::BuiltIn {
            return Ok(Self::BuiltIn);
        }
        match (choice, Promtool::find(promtool, time_limit)?) {
            (Engine::Promtool, Some(promtool)) => Ok(Self::Promtool(promtool)),
            (_, Some(promtool)) => Ok(Self::Both(promtool)),
            (Engine::Auto, None) => Ok(Self::BuiltIn),
            (_, None) => Err(RulesError::PromtoolMissing),
        }
    }

    /// promtool, if it is asked.
    pub fn promtool(&self) -> Option<&Promtool> {
        match self {
            Self::BuiltIn => None,
            Self::Promtool(promtool) | Self::Both(promtool) => Some(promtool),
        }
    }

    /// Whether the built-in engine is asked.
    pub(super) fn include_built_in(&self) -> bool {
        !matches!(self, Self::Promtool(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_choice_that_needs_promtool_misses_it() {
        let find =
            |choice| Engines::find(choice, Path::new("/nowhere/promtool"), Duration::from_secs(1));
        assert!(matches!(find(Engine::Auto), Ok(Engines::BuiltIn)));
        assert!(matches!(find(Engine::BuiltIn), Ok(Engines::BuiltIn)));
        for choice in [Engine::Promtool, Engine::Both] {
            let error = find(choice).unwrap_err();
            assert!(matches!(error, RulesError::PromtoolMissing));
            assert!(error.to_string().contains("install"), "{error}");
        }
    }
}
