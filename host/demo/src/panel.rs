//! The station with its page, and a second page on which a person plays the voters: whose finger touches the scanner.

use crate::people::Visitor;
use crate::simulated::Devices;
use axum::Router;
use axum::extract::{Form, State};
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use gateway::assembly::Kiosk;
use gateway::page;
use gateway::plugs::Watch;
use maud::{DOCTYPE, html};
use serde::Deserialize;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

struct Table {
    devices: Devices,
    touches: AtomicU64,
}

#[derive(Deserialize)]
struct Touch {
    /// 0 is a stranger
    voter: u32,
    finger: u8,
    poor: Option<String>,
}

pub(crate) fn serve(kiosk: Kiosk, devices: Devices, port: u16) -> Result<(), Box<dyn Error>> {
    let kiosk = Arc::new(kiosk);
    let _watch = Watch::start(&kiosk)?;
    let table = Arc::new(Table {
        devices,
        touches: AtomicU64::new(1),
    });
    let simulator = Router::new()
        .route("/simulator", get(panel))
        .route("/simulator/touch", post(touch))
        .route("/simulator/pull", post(pull))
        .route("/simulator/plug", post(plug))
        .with_state(table);
    let router = page::router(kiosk).merge(simulator);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
            .await
            .map_err(|cause| format!("port {port} cannot be used ({cause}); choose another one with --port"))?;
        println!("The operator's page:  http://127.0.0.1:{port}/");
        println!("The wall monitor:     http://127.0.0.1:{port}/wall");
        println!("Who touches the scanner: http://127.0.0.1:{port}/simulator");
        println!("Stop with Ctrl-C.");
        axum::serve(listener, router)
            .with_graceful_shutdown(async {
                // Without the signal the page simply stays up.
                let _ = tokio::signal::ctrl_c().await;
            })
            .await?;
        Ok(())
    })
}

async fn panel() -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "Who touches the scanner" } }
            body style="font: 18px sans-serif; max-width: 40rem; margin: 2rem auto" {
                h1 { "Who touches the scanner" }
                p { "Touch it, then press \"Read the finger\" on the operator's page. Number 0 is somebody who is not on the roll." }
                form method="post" action="/simulator/touch" {
                    p { label { "Number on the roll " input name="voter" value="7" inputmode="numeric"; } }
                    p { label { "Finger (0: the enrolled one; 1 to 10 as ISO/IEC 19794-2) " input name="finger" value="0" inputmode="numeric"; } }
                    p { label { input type="checkbox" name="poor" value="yes"; " poorly" } }
                    button { "Touch the scanner" }
                }
                p { "The scanner's cable:" }
                form method="post" action="/simulator/pull" { button { "Pull it out" } }
                form method="post" action="/simulator/plug" { button { "Plug it in again" } }
            }
        }
    };
    Html(page.into_string())
}

async fn touch(State(table): State<Arc<Table>>, Form(touch): Form<Touch>) -> Redirect {
    let drawn = tokio::task::spawn_blocking(move || {
        let number = table.touches.fetch_add(1, Ordering::Relaxed);
        let visitor = if touch.voter == 0 {
            Visitor::stranger(1)
        } else {
            Visitor::voter(touch.voter)
        };
        let finger = touch.finger.min(10);
        let image = visitor.touches(finger, 10_000 + number, table.devices.sensor(), touch.poor.is_some());
        table.devices.touch(&image)
    });
    if let Ok(Err(wrong)) = drawn.await {
        eprintln!("kiosk-demo: {wrong}");
    }
    Redirect::to("/simulator")
}

async fn pull(State(table): State<Arc<Table>>) -> Redirect {
    table.devices.pull();
    Redirect::to("/simulator")
}

async fn plug(State(table): State<Arc<Table>>) -> Redirect {
    table.devices.plug_in_again();
    Redirect::to("/simulator")
}
