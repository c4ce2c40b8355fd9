//! HTTP/1.1 connections: hyper speaks the protocol, and actix-web answers the requests.
//!
//! hyper reads one request at a time, so that pipelined requests are answered in order, each with
//! the framing of its own method and version. actix-http, which actix-web uses by default, does
//! not. See docs/decisions/0023.
//!
//! | to find | look in |
//! |---|---|
//! | the life of a connection | `connection` |
//! | its deadlines | `activity` |
//! | its socket | `socket` |
//! | the conversion of requests and responses | `request`, `response` |
//! | the bytes of response heads | `head` |
//! | the responses to what is not a request | `refusal` |

mod activity;
mod connection;
mod head;
mod refusal;
mod request;
mod response;
mod socket;

pub(crate) use connection::Connections;
