//! A reply that is cut short.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;

/// A body that breaks off.
pub(crate) struct Broken(Option<Bytes>);

impl Broken {
    pub(crate) fn after(sent: Bytes) -> Self {
        Self(Some(sent))
    }
}

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(sent) => Ok(Frame::data(sent)),
            None => Err(io::ErrorKind::ConnectionReset.into()),
        }))
    }
}
