//! Tests of `client_stream`.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::coop::consume_budget;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::*;
use crate::values::Mono;

async fn streams() -> (TcpStream, Socket) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let accepted = listener.accept().await.unwrap().0;
    (client, Socket::Tcp(accepted))
}

/// Uses up all that a task may do in a turn, but so much.
fn work(left: usize, context: &mut Context<'_>) {
    const BUDGET_PER_POLL: usize = 128;
    for _ in left..BUDGET_PER_POLL {
        assert!(pin!(consume_budget()).poll(context).is_ready());
    }
}

#[tokio::test]
async fn what_comes_wakes_whoever_has_asked_often_or_at_the_end_of_a_long_turn() {
    for left in [128, 2, 1, 0] {
        let (mut client, mut stream) = streams().await;
        let mut watched = ClientStream::new(
            &mut stream,
            Arc::new(Connection::new(0, Mono::START)),
            1024,
            None,
        );
        for text in ["one", "two"] {
            // What fills the room exactly is followed by a look in vain.
            client
                .write_all(&[b'x'; ClientStream::RECEIVE_BYTES])
                .await
                .unwrap();
            let mut size = 0;
            while size < ClientStream::RECEIVE_BYTES {
                size += poll_fn(|context| watched.poll_receive(context))
                    .await
                    .unwrap()
                    .len();
            }
            yield_now().await;
            poll_fn(|context| {
                work(left, context);
                for _ in 0..3 {
                    assert!(watched.poll_receive(context).is_pending());
                }
                Poll::Ready(())
            })
            .await;
            let began = clock::mono();
            let secs = Duration::from_secs;
            let receive = timeout(secs(10), poll_fn(|context| watched.poll_receive(context)));
            let (came, ()) = tokio::join!(receive, async {
                yield_now().await;
                client.write_all(text.as_bytes()).await.unwrap();
            });
            assert_eq!(came.unwrap().unwrap(), text);
            assert!(clock::mono().since(began) < secs(5), "nobody was woken");
        }
    }
}

#[tokio::test]
async fn the_end_of_a_client_is_seen_after_its_answer_and_at_once_where_there_is_none_to_come() {
    for answer_is_due in [true, false] {
        let (mut client, mut stream) = streams().await;
        let connection = Arc::new(Connection::new(0, Mono::START));
        let mut watched = ClientStream::new(&mut stream, Arc::clone(&connection), 1024, None);
        client.write_all(b"x").await.unwrap();
        client.shutdown().await.unwrap();
        let mut bytes = [0; 8];
        assert_eq!(watched.read(&mut bytes).await.unwrap(), 1);
        if answer_is_due {
            connection.let_the_end_wait();
            let end = timeout(Duration::from_millis(50), watched.read(&mut bytes)).await;
            assert!(end.is_err(), "{end:?}");
            watched.write_all(b"answer").await.unwrap();
            watched.flush().await.unwrap();
        }
        assert_eq!(watched.read(&mut bytes).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn who_served_lets_go_at_once_after_a_long_answer_and_keeps_on_after_others() {
    for (size, open, lets_go) in [(100_000, 0, true), (100_000, 1, false), (1000, 0, false)] {
        let (mut client, mut stream) = streams().await;
        let connection = Arc::new(Connection::new(0, Mono::START));
        for _ in 0..open {
            connection.begin(Mono::START);
        }
        let mut watched = ClientStream::new(&mut stream, Arc::clone(&connection), 1024, None);
        let written = async {
            watched.write_all(&vec![b'x'; size]).await.unwrap();
            watched.flush().await.unwrap();
        };
        let mut answer = vec![0; size];
        let (read, ()) = tokio::join!(client.read_exact(&mut answer), written);
        assert_eq!(read.unwrap(), size);
        let end = timeout(Duration::from_millis(50), watched.read(&mut [0; 8])).await;
        assert_eq!(end.is_ok(), lets_go, "{size} {open}");
        assert_eq!(watched.was_released(), lets_go, "{size} {open}");
    }
}
