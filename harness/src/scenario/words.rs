//! The words of client expressions, spelled once: files, ids, reports and saved runs
//! all read them here.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};

use super::model::{Counted, Outcome, TimeKind, Transferred};

macro_rules! words {
    ($($kind:ident: $($name:ident $word:literal)*;)*) => {$(
        impl $kind {
            /// All words, in the order in which they are documented.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word that files, reports and saved runs use.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// What a word means, if it is one.
            pub fn by_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }
        }

        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = Cow::<'de, str>::deserialize(deserializer)?;
                Self::by_word(&word).ok_or_else(|| D::Error::unknown_variant(&word, Self::WORDS))
            }
        }

        impl JsonSchema for $kind {
            fn schema_name() -> Cow<'static, str> {
                stringify!($kind).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "enum": Self::WORDS })
            }
        }
    )*};
}

words! {
    TimeKind: Latency "latency" ServiceTime "service_time" Lag "lag";
    Counted: Intended "intended" Sent "sent" Responses "responses" Dropped "dropped" Repeats "repeats"
        Retried "retried";
    Transferred: Sent "sent" Received "received";
    Outcome: Ok "ok" Failed "failed";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_back_as_what_it_was_written_for() {
        for word in TimeKind::WORDS {
            assert_eq!(TimeKind::by_word(word).map(TimeKind::word), Some(*word));
        }
        let json = serde_json::to_string(&Counted::Responses).unwrap();
        assert_eq!(json, "\"responses\"");
        assert_eq!(serde_json::from_str::<Counted>(&json).unwrap(), Counted::Responses);
        let unknown = serde_json::from_str::<Outcome>("\"good\"").unwrap_err();
        assert!(unknown.to_string().contains("expected `ok` or `failed`"), "{unknown}");
    }
}
