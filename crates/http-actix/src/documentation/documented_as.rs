//! Responses of our own types in the document.

/// Documents a type of response as another one with the same status and body: paperclip knows only its
/// own types.
macro_rules! documented_as {
    ($answer:ty: $plain:ty) => {
        impl paperclip::v2::schema::Apiv2Schema for $answer {}

        impl paperclip::actix::OperationModifier for $answer {
            fn update_response(operation: &mut paperclip::v2::models::DefaultOperationRaw) {
                <$plain as paperclip::actix::OperationModifier>::update_response(operation);
            }

            fn update_definitions(
                map: &mut std::collections::BTreeMap<
                    String,
                    paperclip::v2::models::DefaultSchemaRaw,
                >,
            ) {
                <$plain as paperclip::actix::OperationModifier>::update_definitions(map);
            }
        }
    };
}

pub(crate) use documented_as;
