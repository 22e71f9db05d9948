//! The Socket.IO client against a scripted server: acks, order, keep-alive, limits, ends.
use std::time::Duration;

use crate::peer::Listener;
use serde_json::json;
use sotto_sdk::Error;
use sotto_sdk::transport::{ServerAddress, Socket, TransportConfig};

fn address(listener: &Listener) -> ServerAddress {
    ServerAddress::parse(&listener.url()).unwrap()
}

fn quick() -> TransportConfig {
    TransportConfig {
        request_timeout: Duration::from_millis(200),
        connect_timeout: Duration::from_millis(500),
        ..TransportConfig::default()
    }
}

#[tokio::test]
async fn answers_find_their_requests_in_any_order() {
    let listener = Listener::new().await;
    let server = tokio::spawn({
        let url = address(&listener);
        async move {
            Socket::connect(&url, &TransportConfig::default())
                .await
                .unwrap()
        }
    });
    let mut peer = listener.accept_open().await;
    let connection = server.await.unwrap();
    let (one, two) = (connection.socket.clone(), connection.socket.clone());
    let one = tokio::spawn(async move { one.request("a", r#"{"x":1}"#).await.unwrap() });
    let first = peer.event().await.unwrap();
    let two = tokio::spawn(async move { two.request("b", "{}").await.unwrap() });
    let second = peer.event().await.unwrap();
    assert_eq!((first.1.as_str(), first.2), ("a", json!({"x": 1})));
    assert_ne!(first.0, second.0);
    peer.ack(second.0, json!("second")).await;
    peer.ack(first.0, json!("first")).await;
    assert_eq!(one.await.unwrap().get(), r#""first""#);
    assert_eq!(two.await.unwrap().get(), r#""second""#);
}

#[tokio::test]
async fn events_come_in_order_and_are_acked_only_by_the_app() {
    let listener = Listener::new().await;
    let url = address(&listener);
    let dial = tokio::spawn(async move { Socket::connect(&url, &quick()).await.unwrap() });
    let mut peer = listener.accept_open().await;
    let mut connection = dial.await.unwrap();
    for n in 0..100 {
        peer.emit("n", json!(n), None).await;
    }
    peer.emit("x3dh_notification", json!({"id": 1}), Some(41))
        .await;
    for n in 0..100 {
        let event = connection.events.recv().await.unwrap();
        assert_eq!((event.name.as_str(), event.payload), ("n", n.to_string()));
        assert!(event.ack.is_none());
    }
    let invitation = connection.events.recv().await.unwrap();
    peer.say("2").await;
    // The pong is the next frame: nothing was acked behind the app's back.
    assert_eq!(peer.hear().await.as_deref(), Some("3"));
    invitation.ack.unwrap().send();
    assert_eq!(peer.hear().await.as_deref(), Some("4341[]"));
}

#[tokio::test]
async fn a_missing_answer_is_a_timeout_and_a_lost_connection_is_said() {
    let listener = Listener::new().await;
    let url = address(&listener);
    let dial = tokio::spawn(async move { Socket::connect(&url, &quick()).await.unwrap() });
    let mut peer = listener.accept_open().await;
    let mut connection = dial.await.unwrap();
    let late = connection.socket.request("get_dms", "{}").await;
    assert!(
        matches!(
            late,
            Err(Error::Timeout {
                event: "get_dms",
                ..
            })
        ),
        "{late:?}"
    );
    let (id, ..) = peer.event().await.unwrap();
    // An answer that nobody waits for any more harms nothing.
    peer.ack(id, json!(1)).await;
    let socket = connection.socket.clone();
    let waiting = tokio::spawn(async move { socket.request("get_dms", "{}").await });
    peer.event().await.unwrap();
    peer.hang_up();
    assert!(matches!(
        waiting.await.unwrap(),
        Err(Error::Disconnected(_))
    ));
    assert!(connection.events.recv().await.is_none());
    let after = connection.socket.request("get_dms", "{}").await;
    assert!(matches!(after, Err(Error::Disconnected(_))), "{after:?}");
}

#[tokio::test]
async fn a_silent_server_is_noticed() {
    let listener = Listener::new().await;
    let url = address(&listener);
    let dial = tokio::spawn(async move { Socket::connect(&url, &quick()).await.unwrap() });
    let mut peer = listener.accept().await;
    peer.open(100, 100, 1_000).await;
    let connection = dial.await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(10), connection.socket.closed()).await;
    assert!(ended.unwrap().contains("silent"));
}

#[tokio::test]
async fn a_frame_over_the_servers_limit_is_refused_before_it_is_sent() {
    let listener = Listener::new().await;
    let url = address(&listener);
    let dial = tokio::spawn(async move { Socket::connect(&url, &quick()).await.unwrap() });
    let mut peer = listener.accept().await;
    peer.open(25_000, 20_000, 100).await;
    let connection = dial.await.unwrap();
    let huge = connection
        .socket
        .request("x", &format!("\"{}\"", "y".repeat(100)))
        .await;
    assert!(matches!(huge, Err(Error::Invalid(_))), "{huge:?}");
    let socket = connection.socket.clone();
    let small = tokio::spawn(async move { socket.request("z", "{}").await });
    let (id, name, _) = peer.event().await.unwrap();
    assert_eq!(name, "z");
    peer.ack(id, json!(null)).await;
    assert_eq!(small.await.unwrap().unwrap().get(), "null");
}

#[tokio::test]
async fn an_app_that_does_not_listen_loses_the_connection_and_not_its_memory() {
    let listener = Listener::new().await;
    let url = address(&listener);
    let config = TransportConfig {
        event_queue: 2,
        ..quick()
    };
    let dial = tokio::spawn(async move { Socket::connect(&url, &config).await.unwrap() });
    let mut peer = listener.accept_open().await;
    let mut connection = dial.await.unwrap();
    for n in 0..3 {
        peer.emit("n", json!(n), None).await;
    }
    assert!(connection.socket.closed().await.contains("too slow"));
    assert_eq!(connection.events.recv().await.unwrap().payload, "0");
    assert_eq!(connection.events.recv().await.unwrap().payload, "1");
    assert!(connection.events.recv().await.is_none());
}

#[tokio::test]
async fn what_is_no_socket_io_server_cannot_be_connected_to() {
    let closed = ServerAddress::parse("http://127.0.0.1:9").unwrap();
    assert!(matches!(
        Socket::connect(&closed, &quick()).await,
        Err(Error::Connect { .. })
    ));

    let listener = Listener::new().await;
    let url = address(&listener);
    let dial = tokio::spawn(async move { Socket::connect(&url, &quick()).await });
    let mute = listener.accept().await;
    let failed = dial.await.unwrap().unwrap_err();
    assert!(matches!(failed, Error::Connect { .. }), "{failed}");
    mute.hang_up();

    let url = address(&listener);
    let dial = tokio::spawn(async move { Socket::connect(&url, &quick()).await });
    let mut refusing = listener.accept().await;
    refusing
        .say(r#"0{"sid":"s","upgrades":[],"pingInterval":1,"pingTimeout":1}"#)
        .await;
    refusing.say(r#"44{"message":"not here"}"#).await;
    assert!(
        dial.await
            .unwrap()
            .unwrap_err()
            .to_string()
            .contains("not here")
    );
}

#[tokio::test]
async fn a_socket_that_nobody_holds_says_goodbye() {
    let listener = Listener::new().await;
    let url = address(&listener);
    let dial = tokio::spawn(async move { Socket::connect(&url, &quick()).await.unwrap() });
    let mut peer = listener.accept_open().await;
    drop(dial.await.unwrap());
    assert_eq!(peer.hear().await.as_deref(), Some("41"));
    assert_eq!(peer.hear().await, None);
}
