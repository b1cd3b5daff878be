//! After a run: the same questions to a Prometheus-compatible API (`--verify-with`).
//!
//! What differs is asked again for a while, because a sample with an older time may still be
//! on its way there. Whatever keeps the comparison from being made is a doubt.

use std::time::Duration;

use super::{ScenarioRun, Settings};
use crate::archive::{AgreementName, ComparedRecord, LeftOutRecord, Measured, VerificationRecord};
use crate::code::Code;
use crate::gate::Condition;
use crate::scenario::{Objective, Objectives, Scenario, VerificationSource};
use crate::scrape::{ApiError, AskedApi};
use crate::slo::{Agreement, Compared, Evidence, LeftOut, Question, questions};

/// How often what does not agree is asked.
const LOOKS: u32 = 5;
/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// Objectives that a reason names at most.
const NAMED: usize = 3;
/// Why a question about the load generator's own series is left out.
const ONLY_HERE: &str = "it reads the load generator's own series, which that API does not have";

/// An API that runs are held against.
#[derive(Clone, Debug)]
pub struct Verifier {
    /// Where it is, and how it is asked.
    pub source: VerificationSource,
    /// Relative differences up to this are none.
    pub tolerance: f64,
}

/// What came of asking.
#[derive(Clone, Debug)]
pub struct Verified {
    /// All questions and answers.
    pub record: VerificationRecord,
    /// What they mean for the verdict; none where everything agrees.
    pub conditions: Vec<Condition>,
    /// What should be known.
    pub notes: Vec<String>,
}

type Answer = Result<Compared, ApiError>;

impl Verifier {
    /// Asks for every objective on metrics.
    pub async fn verify(&self, objectives: &[Objective], evidence: &Evidence<'_>) -> Verified {
        let (asked, left_out) = questions(objectives, evidence);
        let mut verified = self.nothing_yet(left_out);
        if asked.is_empty() {
            verified.doubt("no objective has a value on metrics that could be compared", None);
            return verified;
        }
        match self.answers(&asked).await {
            Ok(answers) => verified.conclude(asked.iter().zip(answers)),
            Err((reason, codes)) => {
                let not_asked = |one| ComparedRecord::not_answered(one, reason.clone());
                verified.record.compared = asked.iter().map(not_asked).collect();
                let url = &self.source.url;
                verified.doubt(&format!("{url} could not be asked: {reason}"), codes);
            }
        }
        verified
    }

    fn nothing_yet(&self, left_out: Vec<LeftOut>) -> Verified {
        let record = VerificationRecord {
            url: self.source.url.clone(),
            tolerance: self.tolerance,
            compared: Vec::new(),
            left_out: left_out.into_iter().map(LeftOutRecord::from).collect(),
        };
        Verified { record, conditions: Vec::new(), notes: Vec::new() }
    }

    /// An answer to each question; or why nobody can be asked, and the codes of that.
    async fn answers(&self, asked: &[Question]) -> Result<Vec<Answer>, (String, Vec<Code>)> {
        let credentials = self.source.access.read();
        let credentials =
            credentials.map_err(|problems| (problems.to_string(), problems.codes().collect()))?;
        let api = AskedApi::find(&self.source.url, &credentials, self.source.timeout).await;
        let api =
            api.map_err(|error| (error.to_string(), error.code().into_iter().collect::<Vec<_>>()))?;
        let mut answers = Vec::new();
        for question in asked {
            answers.push(self.answer(&api, question).await);
        }
        for _ in 1..LOOKS {
            if answers.iter().all(agrees) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            for (answer, question) in answers.iter_mut().zip(asked) {
                if !agrees(answer) {
                    *answer = self.answer(&api, question).await;
                }
            }
        }
        Ok(answers)
    }

    async fn answer(&self, api: &AskedApi, question: &Question) -> Answer {
        let theirs = api.elements(&question.expression, question.at_ms).await?;
        Ok(question.compare(&theirs, self.tolerance))
    }
}

fn agrees(answer: &Answer) -> bool {
    answer
        .as_ref()
        .is_ok_and(|compared| matches!(compared.agreement, Agreement::Same | Agreement::OnlyHere))
}

impl Verified {
    fn doubt(&mut self, reason: &str, codes: impl IntoIterator<Item = Code>) {
        self.conditions.push(Condition::not_verified(reason, codes));
    }

    fn conclude<'q>(&mut self, answered: impl Iterator<Item = (&'q Question, Answer)>) {
        let (mut differing, mut missing, mut codes) = (Vec::new(), Vec::new(), Vec::new());
        let url = self.record.url.clone();
        for (question, answer) in answered {
            let id = &question.objective;
            match &answer {
                Ok(Compared { agreement: Agreement::OnlyHere, .. }) => {
                    let reason = ONLY_HERE.to_owned();
                    self.record.left_out.push(LeftOutRecord { id: id.clone(), reason });
                    continue;
                }
                Ok(Compared { agreement: Agreement::Differs(what), .. }) => {
                    differing.push(format!("`{id}`: {what}"));
                }
                Ok(Compared { agreement: Agreement::NoSuchSeries, .. }) => {
                    missing.push(format!("`{id}`: {url} has no such series at the end of the run"));
                }
                Ok(Compared { agreement: Agreement::Same, .. }) => {}
                Err(error) => {
                    missing.push(format!("`{id}`: {error}"));
                    codes.extend(error.code());
                }
            }
            self.record.compared.push(match &answer {
                Ok(compared) => ComparedRecord::of(question, compared),
                Err(error) => ComparedRecord::not_answered(question, error.to_string()),
            });
        }
        if !differing.is_empty() {
            let reason = format!("{url} has other values: {}", first_of(&differing));
            self.conditions.push(Condition::SourcesDiffer { reason });
        }
        if !missing.is_empty() {
            self.doubt(&first_of(&missing), codes);
        } else if self.record.compared.is_empty() {
            self.doubt("nothing that an objective reads could be compared", None);
        }
        self.notes.extend(self.agreement_note());
    }

    /// What agrees, and by how much; and what was left out.
    fn agreement_note(&self) -> Option<String> {
        let record = &self.record;
        let same = record.compared.iter().filter(|one| one.agreement == AgreementName::Same);
        let distances = same.filter_map(|one| match one.relative_difference {
            Some(Measured::Number(distance)) => Some(distance),
            _ => None,
        });
        let distances = distances.collect::<Vec<_>>();
        let largest = distances.iter().copied().reduce(f64::max)?;
        let count = distances.len();
        let objectives = if count == 1 { "1 objective" } else { &format!("{count} objectives") };
        let left_out = record.left_out.iter().map(|one| format!("`{}`: {}", one.id, one.reason));
        let left_out = left_out.collect::<Vec<_>>().join("; ");
        let left_out =
            if left_out.is_empty() { left_out } else { format!("; left out: {left_out}") };
        Some(format!(
            "{} has the same values for {objectives}, at most {largest:.1e} apart{left_out}",
            record.url
        ))
    }
}

fn first_of(reasons: &[String]) -> String {
    let named = reasons.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    match reasons.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named}; and {more} more"),
    }
}

/// Asks about a run that was loaded or watched. A signal ends it, and is told as one.
pub(super) async fn verify_run(scenario: &Scenario, settings: &Settings, run: &mut ScenarioRun) {
    let (Some(verifier), Some(load)) = (&settings.verifier, &run.load) else { return };
    let Objectives::Judged(objectives) = &scenario.objectives else { return };
    if run.found_nobody() {
        return;
    }
    let evidence = Evidence::of(scenario, load, &run.series);
    let asking = verifier.verify(objectives, &evidence);
    let Some(outcome) = settings.signals.token().run_until_cancelled(asking).await else {
        run.conditions.push(Condition::not_verified("a signal ended the questions", None::<Code>));
        return;
    };
    run.conditions.extend(outcome.conditions);
    run.notes.extend(outcome.notes);
    run.verification = Some(outcome.record);
}
