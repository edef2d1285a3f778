//! The loop that takes events in, and sends the notifications of them. Nothing in it waits for a
//! target: each attempt is a task of its own, one for each entry at a time.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tracing::{debug, info, warn};

use super::alerts::Alerts;
use super::delivery_queue::{Delivery, DeliveryQueue};
use super::entry::{NotifyEntry, NotifyRule};
use super::heartbeat::Heartbeat;
use super::message::Message;
use super::notifier::{Entries, Notifier, NotifyTested, TestRequest};
use super::send_error::SendError;
use crate::clock;
use crate::events::EventRecord;
use crate::metrics::NotifyOutcome;
use crate::values::Mono;

/// What an entry remembers.
struct Channel {
    entry: Arc<NotifyEntry>,
    source: Source,
    queue: DeliveryQueue,
    /// The last attempt failed, and that was logged.
    has_failed: bool,
}

/// Where the messages of an entry come from.
enum Source {
    Events(Alerts),
    Heartbeat(Heartbeat),
}

/// A piece of work that ended.
enum DeliveryDone {
    Sent {
        entry: Arc<NotifyEntry>,
        delivery: Box<Delivery>,
        outcome: Result<(), SendError>,
    },
    Tested,
}

/// One run of the loop.
struct NotifyLoop<'a> {
    notifier: &'a Notifier,
    channels: Vec<Channel>,
    work: JoinSet<DeliveryDone>,
}

impl Notifier {
    /// Sends notifications for ever.
    pub async fn run(self: Arc<Self>) {
        // Whoever ran before has ended.
        let mut requested = self.requested.lock().await;
        let mut entries = self.entries.subscribe();
        let mut newest = self.events.subscribe();
        let mut run = NotifyLoop {
            notifier: &self,
            channels: Vec::new(),
            work: JoinSet::new(),
        };
        let first = entries.borrow_and_update().clone();
        run.channels = first
            .iter()
            .map(|entry| Channel::new(Arc::clone(entry), true, &self))
            .collect();
        run.change(&first);
        loop {
            run.step();
            let wake = run.next_wake();
            tokio::select! {
                // The senders of both are ours, so that there are any.
                _ = newest.changed() => {}
                _ = entries.changed() => run.change(&entries.borrow_and_update().clone()),
                Some(request) = requested.recv() => run.test(request),
                Some(done) = run.work.join_next(), if !run.work.is_empty() => run.done(done),
                () = until(wake) => {}
            }
        }
    }
}

/// Until `wake`, or for ever.
async fn until(wake: Option<Mono>) {
    match wake {
        Some(wake) => sleep_until(clock::instant(wake)).await,
        None => std::future::pending().await,
    }
}

impl NotifyLoop<'_> {
    /// Takes in what has happened, and begins to send what is due.
    fn step(&mut self) {
        let now = clock::mono();
        let seen = &self.notifier.seen;
        for event in self.notifier.events.after(seen.load(Ordering::Relaxed)) {
            seen.store(event.id, Ordering::Relaxed);
            for channel in &mut self.channels {
                channel.take(&event, self.notifier, now);
            }
        }
        for channel in &mut self.channels {
            channel.look(self.notifier, now);
            if let Some(delivery) = channel.queue.take(now) {
                let sender = Arc::clone(&self.notifier.sender);
                let entry = Arc::clone(&channel.entry);
                self.work.spawn(async move {
                    let message = delivery.message.clone();
                    let outcome = sender.send(Arc::clone(&entry), message).await;
                    DeliveryDone::Sent {
                        entry,
                        delivery: Box::new(delivery),
                        outcome,
                    }
                });
            }
        }
    }

    fn next_wake(&self) -> Option<Mono> {
        self.channels.iter().filter_map(Channel::next_wake).min()
    }

    /// Other entries are in force.
    fn change(&mut self, entries: &Entries) {
        let mut before = std::mem::take(&mut self.channels);
        for entry in entries.iter() {
            let is_same = |channel: &Channel| channel.entry == *entry;
            let channel = if let Some(at) = before.iter().position(is_same) {
                before.swap_remove(at)
            } else {
                let is_called_so = |channel: &Channel| channel.entry.name == entry.name;
                let was_there = before.iter().any(is_called_so);
                Channel::new(Arc::clone(entry), was_there, self.notifier)
            };
            self.notifier.recorder.notifies(&entry.name);
            self.channels.push(channel);
        }
        for gone in before {
            let is_called_so = |entry: &Arc<NotifyEntry>| entry.name == gone.entry.name;
            if !entries.iter().any(is_called_so) {
                self.notifier.recorder.notifies_no_more(&gone.entry.name);
            }
        }
    }

    /// Tries entries, beside all else that they have to send.
    fn test(&mut self, request: TestRequest) {
        let sender = Arc::clone(&self.notifier.sender);
        self.work.spawn(async move {
            let now = clock::wall();
            let (results, mut tested) = mpsc::channel(request.entries.len().max(1));
            let mut attempts = JoinSet::new();
            for (at, entry) in request.entries.into_iter().enumerate() {
                let sender = Arc::clone(&sender);
                let results = results.clone();
                attempts.spawn(async move {
                    let message = Message::test(&entry.name, now);
                    let sent = sender.send(Arc::clone(&entry), message).await;
                    let result = NotifyTested {
                        name: entry.name.clone(),
                        target: entry.target.to_string(),
                        error: sent.err().map(|error| error.to_string()),
                    };
                    // There is room for each.
                    let _ = results.send((at, result)).await;
                });
            }
            drop(results);
            let mut all = Vec::new();
            while let Some(result) = tested.recv().await {
                all.push(result);
            }
            all.sort_by_key(|(at, _)| *at);
            // Whoever asked may be gone.
            let _ = request
                .done
                .send(all.into_iter().map(|(_, result)| result).collect());
            DeliveryDone::Tested
        });
    }

    fn done(&mut self, done: Result<DeliveryDone, tokio::task::JoinError>) {
        match done {
            Ok(DeliveryDone::Sent {
                entry,
                delivery,
                outcome,
            }) => self.sent(&entry, *delivery, outcome),
            Ok(DeliveryDone::Tested) => {}
            // The hook logs what panicked; the next run begins with the events after it.
            Err(join) => std::panic::resume_unwind(join.into_panic()),
        }
    }

    fn sent(
        &mut self,
        entry: &Arc<NotifyEntry>,
        delivery: Delivery,
        outcome: Result<(), SendError>,
    ) {
        let recorder = &self.notifier.recorder;
        let mut channels = self.channels.iter_mut();
        // It may have been removed or changed meanwhile: then it is not tried again.
        let Some(channel) = channels.find(|channel| Arc::ptr_eq(&channel.entry, entry)) else {
            return;
        };
        let name = &*entry.name;
        let target = &entry.target;
        match outcome {
            Ok(()) => {
                channel.queue.succeeded();
                recorder.notified(name, NotifyOutcome::Sent);
                if std::mem::take(&mut channel.has_failed) {
                    info!(target: "notify", name, %target, "notifications are sent again");
                } else {
                    debug!(target: "notify", name, %target, "notification sent");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut channel.has_failed, true) {
                    warn!(target: "notify", name, %error, "notification not sent; it is tried again");
                }
                if channel.queue.failed(delivery, clock::mono()) {
                    recorder.notified(name, NotifyOutcome::Failed);
                    warn!(target: "notify", name, %error, "notification given up");
                }
            }
        }
    }
}

impl Channel {
    /// That of an entry which was or was not there before.
    fn new(entry: Arc<NotifyEntry>, was_there: bool, notifier: &Notifier) -> Self {
        let source = match &entry.rule {
            NotifyRule::Events(filter) => {
                let seen = notifier.seen.load(Ordering::Relaxed);
                let mut events = notifier.events.after(0);
                events.retain(|event| event.id <= seen);
                Source::Events(Alerts::resume(filter, &events, was_there, clock::now()))
            }
            NotifyRule::Heartbeat(_) => Source::Heartbeat(Heartbeat::new(clock::mono())),
        };
        Self {
            entry,
            source,
            queue: DeliveryQueue::default(),
            has_failed: false,
        }
    }

    fn take(&mut self, event: &EventRecord, notifier: &Notifier, now: Mono) {
        let (NotifyRule::Events(filter), Source::Events(alerts)) =
            (&self.entry.rule, &mut self.source)
        else {
            return;
        };
        let message = alerts.take(filter, event.clone(), now);
        self.push(message, notifier);
    }

    /// Looks what is due by time alone.
    fn look(&mut self, notifier: &Notifier, now: Mono) {
        match (&self.entry.rule, &mut self.source) {
            (NotifyRule::Events(filter), Source::Events(alerts)) => {
                let due = alerts.due(filter, now);
                self.push(due, notifier);
            }
            (NotifyRule::Heartbeat(interval), Source::Heartbeat(heartbeat)) => {
                let is_due = now >= heartbeat.next();
                let is_healthy = is_due && (notifier.is_healthy)(now);
                if heartbeat.take(*interval, is_healthy, now) {
                    // A sign of life that was not sent in time says nothing any more.
                    for _ in 0..self.queue.replace(Message::heartbeat(clock::wall())) {
                        notifier
                            .recorder
                            .notified(&self.entry.name, NotifyOutcome::Dropped);
                    }
                }
            }
            (NotifyRule::Events(_), Source::Heartbeat(_))
            | (NotifyRule::Heartbeat(_), Source::Events(_)) => {}
        }
    }

    fn push(&mut self, messages: impl IntoIterator<Item = Message>, notifier: &Notifier) {
        for message in messages {
            if self.queue.push(message) {
                notifier
                    .recorder
                    .notified(&self.entry.name, NotifyOutcome::Dropped);
            }
        }
    }

    fn next_wake(&self) -> Option<Mono> {
        let source = match &self.source {
            Source::Events(alerts) => alerts.next_due(),
            Source::Heartbeat(heartbeat) => Some(heartbeat.next()),
        };
        [source, self.queue.next_try()].into_iter().flatten().min()
    }
}
