//! The way from a program to PostgreSQL, which stops at one message: before the server has it, or before the program has
//! the answer. A program that is killed there is killed in that window.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Notify,
};

/// Where to stop.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// Before the server gets the message with this text.
    Before(&'static str),
    /// After the server has answered it, and before the program gets that.
    After(&'static str),
}

#[derive(Clone)]
pub struct Window {
    pub address: SocketAddr,
    stop: Arc<Mutex<Option<Stop>>>,
    reached: Arc<Notify>,
}

impl Window {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let window = Self { address: listener.local_addr().unwrap(), stop: Arc::default(), reached: Arc::default() };
        let passing = window.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(passing.clone().pass(client, server));
            }
        });
        window
    }

    pub fn stop_at(&self, stop: Option<Stop>) {
        *self.stop.lock().unwrap() = stop;
    }

    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    async fn pass(self, client: TcpStream, server: SocketAddr) {
        let Ok(server) = TcpStream::connect(server).await else { return };
        let ((client_in, client_out), (server_in, server_out)) = (client.into_split(), server.into_split());
        let silent = Arc::new(Mutex::new(false));
        tokio::join!(self.to_server(client_in, server_out, &silent), self.to_client(server_in, client_out, &silent));
    }

    async fn to_server(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, silent: &Mutex<bool>) {
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut chunk).await {
            let has = |text: &str| chunk[..length].windows(text.len()).any(|window| window == text.as_bytes());
            let stop = *self.stop.lock().unwrap();
            match stop {
                Some(Stop::Before(text)) if has(text) => {
                    self.reached.notify_one();
                    // Until the program is killed, which ends its connection to the server too.
                    while let Ok(1..) = from.read(&mut chunk).await {}
                    return;
                }
                Some(Stop::After(text)) if has(text) => *silent.lock().unwrap() = true,
                _ => {}
            }
            if to.write_all(&chunk[..length]).await.is_err() {
                return;
            }
        }
    }

    async fn to_client(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, silent: &Mutex<bool>) {
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut chunk).await {
            if *silent.lock().unwrap() {
                self.reached.notify_one();
                continue;
            }
            if to.write_all(&chunk[..length]).await.is_err() {
                return;
            }
        }
    }
}
