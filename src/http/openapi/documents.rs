//! The documents that operations name. Pure.

use std::collections::BTreeMap;

use utoipa::ToSchema;
use utoipa::openapi::schema::Components;
use utoipa::openapi::{Ref, RefOr, Schema};

/// The schemas of all documents that were named, each once.
#[derive(Default)]
pub(super) struct Documents(BTreeMap<String, RefOr<Schema>>);

/// Adds a document and all that is part of it.
pub(super) type AddDocument = fn(&mut Documents);

impl Documents {
    /// Adds `T` and all that is part of it.
    pub(super) fn add<T: ToSchema>(&mut self) {
        let mut parts = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut parts);
        self.0.extend(parts);
    }

    pub(super) fn into_components(self) -> Components {
        let mut components = Components::new();
        components.schemas = self.0;
        components
    }
}

/// The reference to the schema of `T`.
pub(super) fn reference<T: ToSchema>() -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(T::name()))
}
