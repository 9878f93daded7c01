//! A small web service as one writes them with axum and `tracing`. It was there before this crate:
//! the two lines that the crate asks for are marked in `main`.
//!
//! `cargo run -p hero_tracing --example web_service --features tracing` asks itself for a few pages
//! and ends; with HERO_FLOW_SPAN_SOCK set, each request is seen as it comes in.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router, body::Body};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tracing::{Instrument, info, info_span, instrument, warn};
use tracing_subscriber::prelude::*; // the first of the two lines

type Notes = Arc<RwLock<HashMap<u64, String>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::registry()
        .with(hero_tracing::layer::new())
        .init(); // and the second

    let notes = Notes::default();
    let service = Router::new()
        .route("/notes", post(add))
        .route("/notes/{id}", get(read))
        .layer(middleware::from_fn(traced))
        .with_state(notes);

    println!(
        "{}",
        ask(&service, "POST", "/notes", "\"buy pears\"").await?
    );
    println!("{}", ask(&service, "GET", "/notes/0", "").await?);
    println!("{}", ask(&service, "GET", "/notes/7", "").await?);
    Ok(())
}

/// A span for each request, with the status of its answer.
async fn traced(request: Request, next: Next) -> Response {
    let (method, path) = (
        request.method().to_string(),
        request.uri().path().to_owned(),
    );
    let span = info_span!("request", method, path, status = tracing::field::Empty);
    async {
        let response = next.run(request).await;
        tracing::Span::current().record("status", response.status().as_u16());
        response
    }
    .instrument(span)
    .await
}

#[instrument(skip(notes))]
async fn add(State(notes): State<Notes>, Json(text): Json<String>) -> Json<u64> {
    let mut notes = notes.write().unwrap_or_else(|error| error.into_inner());
    let id = notes.len() as u64;
    notes.insert(id, text);
    info!(id, "added");
    Json(id)
}

#[instrument(skip(notes), err(Debug))]
async fn read(State(notes): State<Notes>, Path(id): Path<u64>) -> Result<Json<String>, StatusCode> {
    look_up(&notes, id)
        .await
        .map(Json)
        .ok_or(StatusCode::NOT_FOUND)
}

#[instrument(skip(notes))]
async fn look_up(notes: &Notes, id: u64) -> Option<String> {
    tokio::time::sleep(Duration::from_millis(5)).await; // a slow disk
    let found = notes
        .read()
        .unwrap_or_else(|error| error.into_inner())
        .get(&id)
        .cloned();
    if found.is_none() {
        warn!("no such note");
    }
    found
}

/// What the service answers, without a network.
async fn ask(
    service: &Router,
    method: &str,
    path: &str,
    body: &'static str,
) -> Result<String, Box<dyn std::error::Error>> {
    let request = Request::builder().method(method).uri(path);
    let request = request
        .header("content-type", "application/json")
        .body(Body::from(body))?;
    let response = service.clone().oneshot(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok(format!(
        "{method} {path}: {status} {}",
        String::from_utf8_lossy(&body)
    ))
}
