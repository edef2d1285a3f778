use super::CloseRequest::{None, Now};
use super::*;

fn at(seconds: u64) -> Mono {
    Mono::from_start(Duration::from_secs(seconds))
}

#[test]
fn a_client_that_takes_nothing_of_its_answer_is_not_waited_for_for_ever() {
    let connections = Arc::new(Connections::new(2));
    let stalled = connections.enter(1, at(0));
    let busy = connections.enter(2, at(0));
    for ticket in [&stalled, &busy] {
        ticket.connection.begin(at(1));
    }
    stalled
        .connection
        .write_blocked
        .store(true, Ordering::Relaxed);
    let asked = |now| {
        connections.end_stalled(Duration::from_secs(60), now);
        [&stalled, &busy].map(|ticket| ticket.connection.close_request())
    };
    assert_eq!(asked(at(60)), [None, None]);
    assert_eq!(
        asked(at(61)),
        [Now, None],
        "one whose answer is being made is waited for"
    );
}
