//! The least that a service over HTTP can do with a request: receive it and answer.

use std::{io, process::ExitCode, thread};

use axum::{Router, body::Bytes, extract::DefaultBodyLimit, routing::post};

/// Turns this benchmark into such a service, in a process of its own.
pub(crate) const FLAG: &str = "--receive";

/// Serves until standard input is closed.
pub(crate) fn serve() -> ExitCode {
    thread::spawn(|| {
        io::copy(&mut io::stdin(), &mut io::sink()).unwrap();
        std::process::exit(0);
    });
    let receive = |body: Bytes| async move { body.len().to_string() };
    let router =
        Router::new().route("/export/run", post(receive)).layer(DefaultBodyLimit::disable());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("listening on http://{}", listener.local_addr().unwrap());
        axum::serve(listener, router).await.unwrap();
    });
    ExitCode::SUCCESS
}
