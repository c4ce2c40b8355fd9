//! HTTP/1.1 connections. hyper implements the protocol, and the actix-web application handles the
//! requests.
//!
//! hyper reads one request at a time. So the framing of a response depends only on the method and
//! the version of its own request. In actix-http, which actix-web uses by default, it can depend on
//! a later pipelined request. See `docs/decisions/0023-hyper-speaks-http.md`.
//!
//! | to find | look in |
//! |---|---|
//! | the life of a connection | `connection` |
//! | its deadlines | `activity` |
//! | its end when the server stops | `draining` |
//! | its socket | `socket` |
//! | the reads that are answered without hyper | `cached_reads` |
//! | where a request ends | `boundary` |
//! | the conversion of requests and responses | `request`, `response` |
//! | the bytes of response heads | `head` |
//! | the responses to bytes that are not a request | `refusal` |

mod activity;
mod boundary;
mod cached_reads;
mod connection;
mod date;
mod draining;
mod head;
mod refusal;
mod request;
mod response;
mod socket;

pub(crate) use connection::Connections;
