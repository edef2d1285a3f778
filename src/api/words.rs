//! Enumerations whose words stand in documents.

/// Declares an enumeration: each variant is one word. A word of a newer daemon is kept as it is,
/// so that it can be shown.
macro_rules! words {
    ($(#[doc = $about:literal])* $name:ident {
        $($(#[doc = $doc:literal])* $variant:ident = $word:literal,)+
    }) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name {
            $($(#[doc = $doc])* #[serde(rename = $word)] $variant,)+
            /// A word that this version does not know.
            #[serde(untagged)]
            Other(String),
        }

        impl $name {
            /// The word in JSON.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }

            /// Whether this version knows the word.
            #[must_use]
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Other(_))
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        /// The word of a document that has none.
        impl Default for $name {
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        impl ::utoipa::ToSchema for $name {
            fn name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::Schema> {
                let about = concat!($($about,)* "\n", $("\n- `", $word, "`:", $($doc,)*)+);
                ::utoipa::openapi::ObjectBuilder::new()
                    .schema_type(::utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($word),+]))
                    .description(Some(about.trim_start()))
                    .into()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

pub(super) use words;

#[cfg(test)]
#[expect(unreachable_pub, reason = "the words of documents are public")]
mod tests {
    words! {
        /// Two words.
        Pair {
            /// One.
            One = "one",
            /// The other.
            AnotherOne = "another_one",
        }
    }

    #[test]
    fn a_word_is_written_as_it_is_read_and_an_unknown_one_is_kept() {
        for (text, word) in [
            ("\"one\"", Pair::One),
            ("\"another_one\"", Pair::AnotherOne),
            ("\"third\"", Pair::Other("third".to_owned())),
        ] {
            assert_eq!(serde_json::from_str::<Pair>(text).unwrap(), word);
            assert_eq!(serde_json::to_string(&word).unwrap(), text);
            assert_eq!(Pair::from(word.as_str()), word);
        }
        assert!(Pair::One.is_known() && !Pair::from("third").is_known());
        assert!(serde_json::from_str::<Pair>("1").is_err());
    }
}
