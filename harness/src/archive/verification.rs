//! What another source said to the same questions (`--verify-with`), for the record.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::build::measured_value;
use super::record::{Measured, ScenarioRecord};
use crate::clock::rfc3339;
use crate::gate::Condition;
use crate::slo::{Agreement, Compared, LeftOut, Question};

/// Objectives held against a Prometheus-compatible API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerificationRecord {
    /// The API that was asked, without `/api/v1`.
    pub url: String,
    /// Relative differences up to this are none.
    pub tolerance: f64,
    /// Each objective of which something was asked, in file order.
    pub compared: Vec<ComparedRecord>,
    /// Objectives on metrics of which nothing was asked, or of which that API can know nothing.
    pub left_out: Vec<LeftOutRecord>,
}

/// One question and both answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedRecord {
    /// The objective's id.
    pub id: String,
    /// What both were asked, without names of windows.
    pub expression: String,
    /// When it was evaluated: RFC 3339, UTC.
    pub at: String,
    /// What this run's own series say, in the expression's unit; of several elements that which
    /// differs most. `null` where only the API has it, or nothing was answered.
    pub observed: Option<Measured>,
    /// What the API says of the same; `null` where it says nothing.
    pub theirs: Option<Measured>,
    /// The distance of the two as a share of the larger one; `null` where one is missing.
    pub relative_difference: Option<Measured>,
    /// What it comes to.
    pub agreement: AgreementName,
    /// What differs, or why nothing was answered; `null` where they agree.
    pub reason: Option<String>,
}

/// Whether two sources agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AgreementName {
    /// They say the same.
    #[serde(rename = "same")]
    Same,
    /// They do not.
    #[serde(rename = "differs")]
    Differs,
    /// The API has no such series.
    #[serde(rename = "no such series")]
    NoSuchSeries,
    /// The API did not answer, or answered with an error.
    #[serde(rename = "not answered")]
    NotAnswered,
}

/// An objective that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOutRecord {
    /// The objective's id.
    pub id: String,
    /// Why.
    pub reason: String,
}

impl ComparedRecord {
    /// Of two answers.
    pub fn of(question: &Question, compared: &Compared) -> Self {
        let (agreement, reason) = match &compared.agreement {
            Agreement::Same | Agreement::OnlyHere => (AgreementName::Same, None),
            Agreement::Differs(what) => (AgreementName::Differs, Some(what.clone())),
            Agreement::NoSuchSeries => (AgreementName::NoSuchSeries, None),
        };
        Self {
            observed: compared.ours.map(measured_value),
            theirs: compared.theirs.map(measured_value),
            relative_difference: compared.relative_difference.map(measured_value),
            agreement,
            reason,
            ..Self::unanswered(question)
        }
    }

    /// Of a question to which there is no answer, for this reason.
    pub fn not_answered(question: &Question, reason: String) -> Self {
        Self { reason: Some(reason), ..Self::unanswered(question) }
    }

    fn unanswered(question: &Question) -> Self {
        Self {
            id: question.objective.clone(),
            expression: question.expression.clone(),
            at: rfc3339(question.at_ms),
            observed: None,
            theirs: None,
            relative_difference: None,
            agreement: AgreementName::NotAnswered,
            reason: None,
        }
    }
}

impl From<LeftOut> for LeftOutRecord {
    fn from(LeftOut { objective, reason }: LeftOut) -> Self {
        Self { id: objective, reason }
    }
}

impl ScenarioRecord {
    /// Puts what another source said in the place of what one said before, and decides anew.
    pub fn set_verification(
        &mut self,
        record: VerificationRecord,
        conditions: Vec<Condition>,
        notes: Vec<String>,
    ) {
        self.conditions.retain(|one| !one.is_of_verification());
        self.conditions.extend(conditions);
        self.notes.extend(notes);
        self.verification = Some(record);
        self.decide_again();
    }
}
