//! One operation, as it is described. Pure.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::path::{
    Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{
    AllOfBuilder, ArrayBuilder, ContentBuilder, Header, HeaderBuilder, ObjectBuilder, OneOfBuilder,
    Ref, RefOr, Required, Response, ResponseBuilder, Schema, SecurityRequirement, Type,
};

use super::documents::{AddDocument, Documents, reference};
use crate::api::ProblemDetails;

/// The name of the way to show the control token.
pub(super) const TOKEN_SCHEME: &str = "control_token";

const JSON: &str = "application/json";

/// A document as a daemon has written it.
macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!("../../api/golden/", $name, ".json"))
    };
}
pub(in crate::http) use golden;

/// An operation that is not complete yet.
pub(in crate::http) struct OperationDraft {
    pub(super) id: String,
    builder: OperationBuilder,
    answers: BTreeMap<u16, ResponseBuilder>,
    /// Answers that many operations have, by name.
    shared: BTreeMap<u16, &'static str>,
    has_body: bool,
    documents: Vec<AddDocument>,
}

impl OperationDraft {
    /// The operation called `id` that does what `summary` says.
    pub(in crate::http) fn new(tag: &str, id: &str, summary: &str) -> Self {
        Self {
            id: id.to_owned(),
            builder: OperationBuilder::new().tag(tag).summary(Some(summary)),
            answers: BTreeMap::new(),
            shared: BTreeMap::new(),
            has_body: false,
            documents: Vec::new(),
        }
    }

    /// More of what it does.
    pub(in crate::http) fn about(mut self, description: &str) -> Self {
        self.builder = self.builder.description(Some(description));
        self
    }

    /// It needs the control token.
    pub(super) fn with_token(mut self) -> Self {
        let no_scopes: [&str; 0] = [];
        let token = SecurityRequirement::new(TOKEN_SCHEME, no_scopes);
        self.builder = self.builder.security(token);
        self
    }

    /// It needs no control token.
    pub(super) fn without_token(mut self) -> Self {
        self.builder = self.builder.securities(Some([]));
        self
    }

    /// It shows more with the control token.
    pub(super) fn with_optional_token(mut self) -> Self {
        self.builder = self.builder.security(SecurityRequirement::default());
        self.with_token()
    }

    pub(super) fn parameter(mut self, parameter: impl Into<Parameter>) -> Self {
        self.builder = self.builder.parameter(parameter);
        self
    }

    pub(in crate::http) fn parameters(mut self, parameters: Vec<Parameter>) -> Self {
        self.builder = self.builder.parameters(Some(parameters));
        self
    }

    /// A segment of the path.
    pub(in crate::http) fn segment(
        self,
        name: &str,
        text: &str,
        schema: impl Into<RefOr<Schema>>,
    ) -> Self {
        let segment = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(text))
            .schema(Some(schema));
        self.parameter(segment)
    }

    /// It takes a `T`, which may be left out unless it is `required`.
    pub(in crate::http) fn takes<T: ToSchema>(mut self, required: Required) -> Self {
        let content = ContentBuilder::new().schema(Some(reference::<T>())).build();
        let body = RequestBodyBuilder::new()
            .content(JSON, content)
            .required(Some(required));
        self.builder = self.builder.request_body(Some(body.build()));
        self.has_body = true;
        self.documents.push(Documents::add::<T>);
        self
    }

    /// Whether it takes a document.
    pub(super) fn has_body(&self) -> bool {
        self.has_body
    }

    /// It answers with a `T`, such as `example`.
    pub(in crate::http) fn gives<T: ToSchema>(
        mut self,
        status: u16,
        text: &str,
        example: &str,
    ) -> Self {
        self.documents.push(Documents::add::<T>);
        self.answered(status, text, JSON, reference::<T>(), parsed(example))
    }

    /// It answers with a list of `T`, such as `example`.
    pub(in crate::http) fn gives_list<T: ToSchema>(
        mut self,
        status: u16,
        text: &str,
        example: &str,
    ) -> Self {
        self.documents.push(Documents::add::<T>);
        let list = ArrayBuilder::new().items(reference::<T>());
        self.answered(status, text, JSON, list.into(), parsed(example))
    }

    /// It answers with an `A` or a `B`, such as `example`.
    pub(in crate::http) fn gives_either<A: ToSchema, B: ToSchema>(
        mut self,
        status: u16,
        text: &str,
        example: &str,
    ) -> Self {
        self.documents.push(Documents::add::<A>);
        self.documents.push(Documents::add::<B>);
        let either = OneOfBuilder::new()
            .item(reference::<A>())
            .item(reference::<B>());
        let either = RefOr::T(either.into());
        self.answered(status, text, JSON, either, parsed(example))
    }

    /// It answers with a `T` that has this `word` in its `status`, and the members that are
    /// `there`.
    pub(super) fn gives_health<T: ToSchema>(
        mut self,
        status: u16,
        word: &str,
        there: &[&str],
        example: &str,
    ) -> Self {
        self.documents.push(Documents::add::<T>);
        let is_word = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some([word]));
        let narrowed = ObjectBuilder::new().property("status", is_word);
        let narrowed = there
            .iter()
            .fold(narrowed, |narrowed, member| narrowed.required(*member));
        let both = AllOfBuilder::new().item(reference::<T>()).item(narrowed);
        let both = RefOr::T(both.into());
        let text = format!(
            "The answer is {}: {word}",
            if status == 200 { "yes" } else { "no" }
        );
        self.answered(status, &text, JSON, both, parsed(example))
    }

    /// It answers with an object that is described elsewhere.
    pub(in crate::http) fn gives_object(self, status: u16, text: &str) -> Self {
        let object = ObjectBuilder::new().schema_type(Type::Object);
        self.answered(status, text, JSON, object.into(), None)
    }

    /// It answers with lines of text.
    pub(super) fn gives_text(self, status: u16, text: &str) -> Self {
        let lines = ObjectBuilder::new().schema_type(Type::String);
        self.answered(status, text, "text/plain", lines.into(), None)
    }

    /// It refuses with problem details.
    pub(in crate::http) fn refuses(mut self, status: u16, text: &str) -> Self {
        self.documents.push(Documents::add::<ProblemDetails>);
        let details = reference::<ProblemDetails>();
        self.answered(status, text, ProblemDetails::MEDIA_TYPE, details, None)
    }

    /// It may answer as many others do, with the response called `name`, unless something else is
    /// known of this status.
    pub(super) fn may_share(mut self, status: u16, name: &'static str) -> Self {
        if !self.answers.contains_key(&status) {
            self.shared.insert(status, name);
        }
        self
    }

    /// The answers of this status have this header.
    pub(super) fn header(mut self, status: u16, name: &str, text: &str) -> Self {
        if let Some(answer) = self.answers.remove(&status) {
            let answer = answer.header(name, header(text, Type::String));
            self.answers.insert(status, answer);
        }
        self
    }

    fn answered(
        mut self,
        status: u16,
        text: &str,
        media_type: &str,
        schema: RefOr<Schema>,
        example: Option<Value>,
    ) -> Self {
        let content = ContentBuilder::new().schema(Some(schema)).example(example);
        let answer = self.answers.remove(&status);
        let answer = answer.unwrap_or_else(|| ResponseBuilder::new().description(text));
        self.answers
            .insert(status, answer.content(media_type, content.build()));
        self
    }

    /// The operation; its documents go to `documents`.
    pub(super) fn finish(self, documents: &mut Documents) -> Operation {
        for add in &self.documents {
            add(documents);
        }
        let own = self.answers.into_iter();
        let own = own.map(|(status, answer)| (status, RefOr::T(answer.build())));
        let shared = self.shared.into_iter();
        let shared =
            shared.map(|(status, name)| (status, RefOr::Ref(Ref::from_response_name(name))));
        let answers: BTreeMap<u16, RefOr<Response>> = own.chain(shared).collect();
        let with_id = self.builder.operation_id(Some(self.id));
        answers
            .into_iter()
            .fold(with_id, |builder, (status, answer)| {
                builder.response(status.to_string(), answer)
            })
            .build()
    }
}

/// A header of this type.
pub(super) fn header(text: &str, kind: Type) -> Header {
    let schema = ObjectBuilder::new().schema_type(kind).build();
    HeaderBuilder::new()
        .schema(Some(Schema::from(schema)))
        .description(Some(text))
        .build()
}

fn parsed(example: &str) -> Option<Value> {
    serde_json::from_str(example).ok()
}
