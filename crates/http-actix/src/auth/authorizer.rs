//! Authorizes requests.

use std::{net::IpAddr, sync::Arc};

use actix_web::{
    HttpMessage as _,
    dev::{RequestHead, ServiceRequest},
    rt,
};
use domain::{ApiKey, KeyError, KeyScope, KeyService, Viewer, error_chain};

use super::{
    credentials::Credentials,
    local,
    rate_limits::{Client, RateLimits},
};
use crate::{access::AuthMode, error::ApiError, head::Head, options::Options};

/// The caller of a request that was identified before the application received the request. The
/// request was counted for the rate limits.
pub(crate) struct Identified(pub(crate) Result<Viewer, ApiError>);

/// Identifies the caller of a request and checks its permissions. Clones share the rate limits.
#[derive(Clone)]
pub(crate) struct Authorizer {
    keys: KeyService,
    limits: Arc<RateLimits>,
}

impl Authorizer {
    /// Creates the authorizer of an API.
    pub(crate) fn new(keys: KeyService, options: &Options) -> Self {
        Self { keys, limits: Arc::new(RateLimits::new(options.rate_limit)) }
    }

    /// Returns the caller of a request if the caller is allowed to make the request.
    ///
    /// `needed` returns the scope that the request needs in a mode, or `None` if it needs no key.
    ///
    /// # Errors
    ///
    /// - [`ApiError::Unauthorized`] if a key is needed, or if the sent key is not valid.
    /// - [`ApiError::Forbidden`] if the key does not have the needed scope.
    /// - [`ApiError::TooManyRequests`] if the client has sent too many requests.
    /// - [`ApiError::UnknownHost`] and [`ApiError::CrossSite`] only with [`AuthMode::Off`].
    /// - [`ApiError::Key`] if the store of keys fails.
    pub(crate) async fn authorize(
        &self,
        request: &ServiceRequest,
        needed: impl FnOnce(AuthMode) -> Option<KeyScope>,
    ) -> Result<Viewer, ApiError> {
        let options = Options::of(request.request());
        if options.auth == AuthMode::Off {
            local::check(request, options)?;
            return Ok(Viewer::Unrestricted);
        }
        let identified = request.extensions_mut().remove::<Identified>();
        let viewer = match identified {
            Some(Identified(viewer)) => viewer?,
            None => self.identify(request.head(), options).await?,
        };
        match needed(options.auth) {
            Some(needed) if !viewer.may(needed) => Err(match viewer {
                Viewer::Anonymous => ApiError::Unauthorized,
                _ => ApiError::Forbidden { needed },
            }),
            _ => Ok(viewer),
        }
    }

    /// Returns the caller of a request that has no credentials.
    pub(crate) fn without_credentials(options: &Options) -> Viewer {
        if options.auth == AuthMode::Off { Viewer::Unrestricted } else { Viewer::Anonymous }
    }

    /// Counts a request without credentials for the rate limits. `peer` is the address of the other
    /// end of the connection.
    ///
    /// # Errors
    ///
    /// [`ApiError::TooManyRequests`] if the client has sent too many requests.
    pub(crate) fn count(
        &self,
        head: &impl Head,
        peer: IpAddr,
        options: &Options,
    ) -> Result<(), ApiError> {
        if options.auth == AuthMode::Off {
            return Ok(());
        }
        self.limits.count(client(head, peer, options))
    }

    /// Returns the caller of a request, and counts the request for the rate limits.
    ///
    /// # Errors
    ///
    /// Those errors of [`authorize`](Self::authorize) that do not depend on the route.
    pub(crate) async fn identify(
        &self,
        head: &RequestHead,
        options: &Options,
    ) -> Result<Viewer, ApiError> {
        if options.auth == AuthMode::Off {
            return Ok(Self::without_credentials(options));
        }
        let peer = head.peer_addr.map_or(IpAddr::from([0; 4]), |peer| peer.ip());
        let client = client(head, peer, options);
        let text = match Credentials::of(&head.headers) {
            Credentials::None => {
                self.limits.count(client)?;
                return Ok(Self::without_credentials(options));
            }
            Credentials::Malformed => {
                self.limits.count_malformed(client)?;
                return Err(ApiError::Unauthorized);
            }
            Credentials::Key(text) => text,
        };
        self.limits.check_key(client, text.id)?;
        let key = match self.keys.authenticate(&text).await {
            Ok(key) => key,
            Err(KeyError::Invalid) => {
                self.limits.count_invalid(client)?;
                return Err(ApiError::Unauthorized);
            }
            Err(error) => return Err(ApiError::Key(error)),
        };
        self.limits.record_valid(text.id);
        self.limits.count(Client::Key(key.id))?;
        let viewer = key.viewer();
        self.record_use(key);
        Ok(viewer)
    }

    /// Records the use of a key in a background task. The request does not wait for the store.
    fn record_use(&self, key: ApiKey) {
        if !self.keys.must_record_use(&key) {
            return;
        }
        let keys = self.keys.clone();
        rt::spawn(async move {
            if let Err(error) = keys.record_use(&key).await {
                let cause = error_chain(&error);
                tracing::warn!(key = %key.id, cause, "cannot record the use of a key");
            }
        });
    }
}

/// Returns the client that sent a request, by its address.
fn client(head: &impl Head, peer: IpAddr, options: &Options) -> Client {
    Client::at(options.trusted_proxies.client(peer, head))
}
