//! Documentation of custom response types.

/// Documents a custom response type in the same way as `$plain`, a type that paperclip can
/// document. Both types must have the same status and body.
///
/// paperclip cannot document a custom response type.
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
