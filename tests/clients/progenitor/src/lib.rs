//! The client that progenitor generates from the OpenAPI document.

progenitor::generate_api!(spec = "../../../docs/openapi.json", interface = Builder);
