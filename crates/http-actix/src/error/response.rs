//! Converts an error to a response.

use actix_web::{HttpResponse, ResponseError, body::BoxBody, http::StatusCode};

use super::{ApiError, ErrorBody};

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.outcome().status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let outcome = self.outcome();
        let mut response = HttpResponse::build(outcome.status);
        for header in &outcome.headers {
            response.insert_header(header.clone());
        }
        response.json(ErrorBody::from(&outcome))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{body, rt};
    use domain::{PostError, Version, ports::RepositoryError};

    use super::*;

    fn respond(error: &ApiError) -> (HttpResponse, String) {
        let (head, body) = error.error_response().into_parts();
        let bytes = rt::System::new().block_on(body::to_bytes(body)).unwrap();
        (head.set_body(BoxBody::new(())), String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_missing_post_is_a_404() {
        let (response, body) = respond(&PostError::NotFound.into());

        assert_eq!(response.status(), 404);
        assert_eq!(body, r#"{"code":404,"status":"Not Found"}"#);
    }

    #[test]
    fn an_unavailable_store_is_a_503_with_retry_after() {
        let cause = RepositoryError::Unavailable("database is locked: /var/blog.db".into());

        let (response, body) = respond(&PostError::Unavailable(cause).into());

        assert_eq!(response.status(), 503);
        assert_eq!(response.headers().get("Retry-After").unwrap(), "1");
        assert_eq!(
            body,
            r#"{"code":503,"message":"Try again in a moment.","status":"Service Unavailable"}"#
        );
    }

    #[test]
    fn an_internal_error_is_a_500_without_its_cause() {
        let cause = RepositoryError::Backend("SELECT * FROM posts".into());

        let (response, body) = respond(&PostError::Internal(cause).into());

        assert_eq!(response.status(), 500);
        assert_eq!(body, r#"{"code":500,"status":"Internal Server Error"}"#);
    }

    #[test]
    fn a_changed_post_is_a_412_with_its_current_tag() {
        let current = Version::new(7).unwrap();

        let (response, body) = respond(&PostError::PreconditionFailed { current }.into());

        assert_eq!(response.status(), 412);
        assert_eq!(response.headers().get("ETag").unwrap(), "\"7\"");
        assert!(body.contains(r#""status":"Precondition Failed""#), "{body}");
    }

    #[test]
    fn a_key_in_use_is_a_409_with_retry_after() {
        let (response, _) = respond(&PostError::InProgress.into());

        assert_eq!(response.status(), 409);
        assert_eq!(response.headers().get("Retry-After").unwrap(), "1");
    }
}
