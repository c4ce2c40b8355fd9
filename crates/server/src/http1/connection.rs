//! The life of a connection.

use std::{convert::Infallible, io, net::SocketAddr, rc::Rc, time::Duration};

use actix_http::{Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::Service;
use actix_web::{body::MessageBody, dev::ServiceResponse};
use http::header::{CONNECTION, EXPECT, ORIGIN};
use http_actix::{Api, Cached, Refusal};
use http_body::Body as _;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    select,
    time::{MissedTickBehavior, interval, timeout},
};

use super::{
    activity::{Activity, Overdue, RequestInProgress},
    cached_reads::CachedReads,
    draining::{CLOSE, Draining, LAST_REQUEST_TIMEOUT},
    refusal,
    request::{self, RequestBody},
    response::{self, ResponseBody},
    socket::Socket,
};
use crate::limits::ConnectionLimits;

/// Serves the connections of one worker. Clones share everything.
pub(crate) struct Connections<S>(Rc<Worker<S>>);

struct Worker<S> {
    app: S,
    api: Rc<Api>,
    limits: ConnectionLimits,
    stop: GracefulShutdownSignal,
}

impl<S> Connections<S> {
    /// `stop` tells the connections that the server begins to stop.
    pub(crate) fn new(
        app: S,
        api: Api,
        limits: ConnectionLimits,
        stop: GracefulShutdownSignal,
    ) -> Self {
        Self(Rc::new(Worker { app, api: Rc::new(api), limits, stop }))
    }
}

impl<S> Clone for Connections<S> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

/// Why a connection ends.
enum End {
    /// hyper has nothing more to do: the client closed the connection, or asked to close it.
    Finished,
    /// The client sent something that is not a request.
    Malformed,
    /// The client missed a deadline.
    Overdue(Overdue),
    /// The application cannot produce the rest of a response.
    Incomplete,
}

impl<S, B> Connections<S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    /// Serves a connection to its end.
    pub(crate) async fn serve(self, stream: TcpStream) -> io::Result<()> {
        let peer = stream.peer_addr()?;
        // Without this, a small response can wait for the acknowledgement of an earlier one.
        stream.set_nodelay(true)?;
        let activity = Activity::new(self.0.limits);
        let draining = Rc::new(Draining::default());
        let cached = CachedReads::new(Rc::clone(&self.0.api), peer.ip(), Rc::clone(&draining));
        let socket = TokioIo::new(Socket::new(stream, activity.clone(), cached));
        let service = service_fn(|request: http::Request<Incoming>| {
            let in_progress = activity.begin_request(request.body().size_hint().exact());
            let response = self.clone().respond(request, peer, in_progress);
            let (draining, activity) = (Rc::clone(&draining), activity.clone());
            // hyper needs a future that can be moved.
            Box::pin(async move {
                let response = response.await;
                activity.begin_response();
                Ok::<_, Infallible>(draining.announce(response))
            })
        });
        let mut connection = http1::Builder::new()
            // A client may close its side after its last request.
            .half_close(true)
            .max_buf_size(ConnectionLimits::MAX_BUFFER_BYTES)
            .title_case_headers(true)
            .max_headers(ConnectionLimits::MAX_HEADERS)
            .max_header_size(ConnectionLimits::MAX_HEAD_BYTES)
            .serve_connection(socket, service);

        let mut check = interval(self.0.limits.check_interval());
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let end = loop {
            select! {
                result = &mut connection => {
                    break match result {
                        Err(error) if error.is_user() => End::Incomplete,
                        Err(error) if error.is_parse() && activity.is_before_request() => {
                            End::Malformed
                        }
                        _ => End::Finished,
                    };
                }
                _ = check.tick() => {
                    if let Some(overdue) = activity.overdue(self.0.api.is_memory_scarce()) {
                        break End::Overdue(overdue);
                    }
                    if draining.is_over() && activity.is_in_head() {
                        break End::Overdue(Overdue::Head);
                    }
                    if draining.is_over() && activity.is_idle() {
                        Pin::new(&mut connection).graceful_shutdown();
                    }
                }
                () = self.0.stop.notified(), if !draining.has_begun() => {
                    draining.begin();
                    check.reset_after(LAST_REQUEST_TIMEOUT);
                }
            }
        };

        let (mut stream, head) = connection.into_parts().io.into_inner().into_parts();
        let refusal = match end {
            End::Finished => None,
            // hyper has no response to some bytes, such as the start of HTTP/2.
            End::Malformed => Some(head.status.map_or(Refusal::Malformed, Refusal::from_status)),
            End::Overdue(Overdue::Head) => Some(Refusal::HeadTooSlow),
            End::Overdue(Overdue::Idle) => None,
            // The kernel discards the unsent bytes and resets the connection. Without this, it would
            // continue to send them to a client that does not receive.
            End::Overdue(Overdue::Stalled) => return stream.set_zero_linger(),
            // In HTTP/1.0, the end of the connection is the end of the body. Only a reset shows the
            // client that the body is incomplete.
            End::Incomplete => return stream.set_zero_linger(),
        };
        if let Some(refusal) = refusal {
            tracing::debug!(%peer, ?refusal, "refused");
            let response = refusal::to_bytes(&self.0.api, refusal, &head.bytes);
            timeout(self.0.limits.linger, stream.write_all(&response)).await??;
        }
        close(stream, self.0.limits.linger).await
    }

    /// Answers a request.
    async fn respond(
        self,
        request: http::Request<Incoming>,
        peer: SocketAddr,
        in_progress: RequestInProgress,
    ) -> http::Response<ResponseBody> {
        let (head, body) = request.into_parts();
        let body = RequestBody::new(body);
        let waits_for_continue = head.headers.contains_key(EXPECT);
        let has_body = !body.is_at_end();
        let origin = head.headers.get(ORIGIN).and_then(|origin| origin.as_bytes().try_into().ok());
        let Some(mut request) = request::to_actix(head, &body, peer) else {
            let response = self.0.api.refuse(Refusal::Malformed, origin.as_ref());
            let mut response = response::from_actix(Response::from(response), in_progress);
            response.headers_mut().insert(CONNECTION, CLOSE);
            return response;
        };
        let cached =
            if has_body { Cached::Missing(None) } else { self.0.api.cached(&mut request).await };
        let slot = match cached {
            Cached::Response(response, memory) => {
                return response::from_cache(response, memory, in_progress);
            }
            Cached::Missing(slot) => slot,
        };
        let mut response = match self.0.app.call(request).await {
            Ok(response) => response::from_actix(Response::from(response), in_progress),
            Err(error) => response::from_actix(Response::from(error.error_response()), in_progress),
        };
        if let Some(slot) = slot {
            response = response::keep_in(slot, response).await;
        }
        // The next request begins after this body. If the client waits for a `100 Continue`, the
        // body is not read, because hyper would then ask the client to send it.
        let is_read = body.is_at_end() || (!waits_for_continue && body.discard().await);
        if !is_read {
            response.headers_mut().insert(CONNECTION, CLOSE);
        }
        response
    }
}

/// Closes a connection. Before that, receives what the client is still sending, within limits.
async fn close(mut stream: TcpStream, linger: Duration) -> io::Result<()> {
    stream.shutdown().await?;
    let mut buffer = vec![0; 16 << 10];
    let mut received = 0;
    let receive = async {
        while received < ConnectionLimits::MAX_LINGER_BYTES {
            match stream.read(&mut buffer).await? {
                0 => break,
                bytes => received += bytes,
            }
        }
        Ok(())
    };
    timeout(linger, receive).await?
}
