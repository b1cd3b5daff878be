//! What the expression of an alert compares, and what it is made of: the questions whether an
//! alert could have fired are asked of these.

use super::{Binary, BinaryOperator, Call, Expression, InstantSelector, Kind, Subquery};
use crate::matcher::Selector;

/// A metric that nothing has.
const NEVER: &str = "slogate:nothing";
/// Recording rules may feed each other so far; more is a circle.
const MOST_STEPS: usize = 16;
/// Most selectors that are expanded: rules that read each other twice would double at each step.
const MOST_EXPANSIONS: usize = 1_000;
/// Beyond this many characters an expression is left as it is.
const MOST_CHARACTERS: usize = 20_000;

impl Expression {
    /// This expression with each filter undone: `a - b` in place of `a > b`. It has a number
    /// wherever there were two numbers to compare, whatever came of it.
    ///
    /// Left as they are: comparisons that read no series, such as `hour() == 3`, for the time
    /// decides them, not the target; and the right side of `unless`, which takes away where it
    /// is true. `absent(x)` has its value as if `x` were gone.
    #[must_use]
    pub fn comparing(&self) -> Self {
        self.undone().renumbered()
    }

    /// This expression with others in place of what it selects, where `made` says how that is
    /// made: of an instant what makes it, of a range that over the range. Its own times are
    /// left out.
    #[must_use]
    pub fn expanded(&self, made: &dyn Fn(&Selector) -> Option<Self>) -> Self {
        let mut left = MOST_EXPANSIONS;
        let mut made = |selector: &Selector| {
            let inner = made(selector).filter(|_| left > 0)?;
            left -= 1;
            Some(inner)
        };
        let whole = self.clone().made_of(&mut made, MOST_STEPS);
        if whole.to_string().len() > MOST_CHARACTERS {
            return self.clone();
        }
        whole.renumbered()
    }

    fn undone(&self) -> Self {
        match &self.kind {
            Kind::Binary(binary) => undone_binary(self, binary),
            Kind::Call(call) if matches!(call.function.name, "absent" | "absent_over_time") => {
                if_absent(self, call)
            }
            _ => {
                let mut whole = self.clone();
                for part in whole.parts_mut() {
                    *part = part.undone();
                }
                whole
            }
        }
    }

    fn made_of(mut self, made: &mut dyn FnMut(&Selector) -> Option<Self>, steps: usize) -> Self {
        if steps == 0 {
            return self;
        }
        match &self.kind {
            Kind::Selector(instant) => match made(&instant.selector) {
                Some(inner) => inner.made_of(made, steps - 1),
                None => self,
            },
            Kind::Range(range) => {
                let inner = made(&range.instant.selector);
                let inner = inner.map(|inner| inner.made_of(made, steps - 1));
                let (range_ms, time) = (range.range_ms, range.instant.time);
                let over = |inner| Subquery { inner, range_ms, step_ms: None, time };
                inner.map_or(self, |inner| Self { kind: Kind::Subquery(Box::new(over(inner))) })
            }
            _ => {
                for part in self.parts_mut() {
                    *part = part.clone().made_of(made, steps);
                }
                self
            }
        }
    }

    /// Gives each selector a number of its own again.
    fn renumbered(mut self) -> Self {
        self.number(&mut 0);
        self
    }

    fn number(&mut self, next: &mut usize) {
        if let Kind::Selector(InstantSelector { id, .. }) = &mut self.kind {
            (*id, *next) = (*next, *next + 1);
        } else if let Kind::Range(range) = &mut self.kind {
            (range.instant.id, *next) = (*next, *next + 1);
        }
        for part in self.parts_mut() {
            part.number(next);
        }
    }
}

fn undone_binary(whole: &Expression, binary: &Binary) -> Expression {
    let mut undone = binary.clone();
    undone.left = binary.left.undone();
    match binary.operator {
        BinaryOperator::Unless => {}
        operator if operator.is_comparison() && !binary.returns_bool => {
            if whole.selectors().is_empty() {
                return whole.clone();
            }
            undone.operator = BinaryOperator::Subtract;
            undone.right = binary.right.undone();
        }
        _ => undone.right = binary.right.undone(),
    }
    Expression { kind: Kind::Binary(Box::new(undone)) }
}

/// What `absent` gives where there is nothing, with the labels that it takes from the selector;
/// as it is, where there is always something.
fn if_absent(whole: &Expression, call: &Call) -> Expression {
    let [inner] = call.arguments.as_slice() else { return whole.clone() };
    if inner.falls_back_to_constant() || inner.selectors().is_empty() {
        return whole.clone();
    }
    let mut nothing = whole.clone();
    let Kind::Call(call) = &mut nothing.kind else { return nothing };
    let [inner] = call.arguments.as_mut_slice() else { return nothing };
    let never =
        |selector: &Selector| Selector::new(Some(NEVER.to_owned()), selector.matchers().to_vec());
    inner.select(&never);
    nothing
}

impl Expression {
    fn select(&mut self, other: &dyn Fn(&Selector) -> Selector) {
        if let Kind::Selector(instant) = &mut self.kind {
            instant.selector = other(&instant.selector);
        } else if let Kind::Range(range) = &mut self.kind {
            range.instant.selector = other(&range.instant.selector);
        }
        for part in self.parts_mut() {
            part.select(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Expression {
        Expression::parse(text).unwrap()
    }

    #[test]
    fn filters_are_undone_wherever_they_stand() {
        for (text, undone) in [
            ("a > 5", "a - 5"),
            ("a > on(x) group_left() b", "a - on(x) group_left() b"),
            ("a > 5 and b < 3", "a - 5 and b - 3"),
            ("count(a > 5) > 3", "count(a - 5) - 3"),
            ("a > 5 unless on() b > 1", "a - 5 unless on() b > 1"),
            ("a > 5 and on() hour() == 3", "a - 5 and on() hour() == 3"),
            ("vector(time()) < 0", "vector(time()) < 0"),
            ("a > bool 5", "a > bool 5"),
            ("absent(a{j=\"1\"}) == 1", "absent(slogate:nothing{j=\"1\"}) - 1"),
            ("absent(a or vector(0))", "absent(a or vector(0))"),
            ("max_over_time((a > 1)[5m:1m]) > 2", "max_over_time((a - 1)[5m:1m]) - 2"),
        ] {
            assert_eq!(parse(text).comparing().to_string(), parse(undone).to_string(), "{text}");
        }
    }

    #[test]
    fn what_rules_make_is_put_in() {
        let made = |selector: &Selector| {
            let text = match selector.metric_name()? {
                "one" => "two > 1",
                "two" => "sum(three)",
                _ => return None,
            };
            Some(parse(text))
        };
        let expanded = |text: &str| parse(text).expanded(&made).to_string();
        assert_eq!(expanded("one > 5"), parse("(sum(three) > 1) > 5").to_string());
        let over = parse("max_over_time(sum(three)[5m:]) > 1").to_string();
        assert_eq!(expanded("max_over_time(two[5m]) > 1"), over);
        let circle = |_: &Selector| Some(parse("a + a + a + a + a + a"));
        assert!(parse("a").expanded(&circle).to_string().len() < MOST_CHARACTERS);
    }

    #[test]
    fn every_selector_has_a_number_of_its_own() {
        let made = |selector: &Selector| {
            (selector.metric_name() == Some("one")).then(|| parse("two + three"))
        };
        let Kind::Binary(outer) = parse("four + one").expanded(&made).kind else { panic!() };
        let Kind::Binary(inner) = outer.right.kind else { panic!() };
        let id = |one: &Expression| match &one.kind {
            Kind::Selector(instant) => instant.id,
            _ => panic!("{one}"),
        };
        assert_eq!([id(&outer.left), id(&inner.left), id(&inner.right)], [0, 1, 2]);
    }
}
