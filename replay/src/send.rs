//! One letter, sent to the app.

use std::{error::Error, time::Duration};

use http::{StatusCode, Uri, header::HOST};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};
use tower_webhook::dead_letters::OpenLetter;

type Failure = Box<dyn Error>;

/// How long the app may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the app listens.
pub(crate) struct Target {
    authority: String,
    port: u16,
    host: String,
    path: Uri,
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Self, Failure> {
        let uri: Uri = url.parse().map_err(|_| "URL is not an address such as http://127.0.0.1:3000/webhooks/acme")?;
        if uri.scheme_str() != Some("http") {
            return Err("URL must begin with http://: run this beside the app".into());
        }
        let authority = uri.authority().ok_or("URL has no host")?;
        Ok(Self {
            authority: authority.as_str().to_owned(),
            port: authority.port_u16().unwrap_or(80),
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).parse()?,
        })
    }
}

pub(crate) async fn send(target: &Target, letter: &OpenLetter) -> Result<StatusCode, Failure> {
    let mut request = letter.to_request(target.path.clone()).map(Full::new);
    request.headers_mut().insert(HOST, target.authority.parse()?);
    let answered = async {
        let stream = TcpStream::connect((&*target.host, target.port)).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let status = sender.send_request(request).await?.status();
        drop(sender);
        connection.abort();
        Ok::<_, Failure>(status)
    };
    timeout(PATIENCE, answered).await.map_err(|_| "the app did not answer in time")?
}
