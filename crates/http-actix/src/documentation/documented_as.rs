//! Documentation of custom response types.

/// Documents a custom response type like a type of paperclip with the same status and body.
///
/// paperclip cannot document a custom type on its own.
macro_rules! documented_as {
    ($response:ty: $plain:ty) => {
        impl paperclip::v2::schema::Apiv2Schema for $response {}

        impl paperclip::actix::OperationModifier for $response {
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
