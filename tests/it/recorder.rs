//! Records the spans and events of a test.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};

use tracing::{
    Dispatch, Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, prelude::*, registry::LookupSpan};

/// What was recorded so far. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Recording>>);

#[derive(Default)]
struct Recording {
    spans: Vec<Span>,
    events: Vec<Entry>,
}

/// A span.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) entry: Entry,
    /// The name of the span that it is within.
    pub(crate) parent: Option<&'static str>,
    pub(crate) closed: bool,
}

/// What a span and an event have in common.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) level: Level,
    pub(crate) fields: Fields,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl Span {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.entry.fields.get(name)
    }
}

impl Recorder {
    /// Runs a test under a clock that moves when nothing else does, and records it, blocking threads too.
    pub(crate) fn run<F: Future>(test: impl FnOnce(Self) -> F) -> F::Output {
        // While there is no subscriber at all, tracing may take a span that another test comes upon for one that nobody
        // wants, and a recording that begins at that moment lacks it.
        static WANTED: OnceLock<Dispatch> = OnceLock::new();
        WANTED.get_or_init(|| Dispatch::new(tracing_subscriber::registry()));
        let recorder = Self::default();
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(recorder.clone()));
        let of_threads = dispatch.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .on_thread_start(move || std::mem::forget(tracing::dispatcher::set_default(&of_threads)))
            .build()
            .expect("a runtime");
        tracing::dispatcher::with_default(&dispatch, || runtime.block_on(test(recorder)))
    }

    /// The spans of this name, in the order of their beginnings.
    pub(crate) fn spans(&self, name: &str) -> Vec<Span> {
        self.lock().spans.iter().filter(|span| span.entry.name == name).cloned().collect()
    }

    /// The events of a crate's code.
    pub(crate) fn events(&self, target: &str) -> Vec<Entry> {
        self.lock().events.iter().filter(|event| event.target.starts_with(target)).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.0.lock().expect("no test panics while it records")
    }
}

/// The place of a span in the recording.
struct Index(usize);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let metadata = attributes.metadata();
        let mut entry = Entry::of(metadata);
        attributes.record(&mut entry.fields);
        let parent = span.parent().map(|parent| parent.name());
        let mut recording = self.lock();
        span.extensions_mut().insert(Index(recording.spans.len()));
        recording.spans.push(Span { entry, parent, closed: false });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.change(id, &context, |span| values.record(&mut span.entry.fields));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut entry = Entry::of(event.metadata());
        event.record(&mut entry.fields);
        self.lock().events.push(entry);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.change(&id, &context, |span| span.closed = true);
    }
}

impl Recorder {
    fn change<S: Subscriber + for<'a> LookupSpan<'a>>(
        &self,
        id: &Id,
        context: &Context<'_, S>,
        change: impl FnOnce(&mut Span),
    ) {
        let index = context.span(id).and_then(|span| span.extensions().get::<Index>().map(|index| index.0));
        let Some(index) = index else { return };
        if let Some(span) = self.lock().spans.get_mut(index) {
            change(span);
        }
    }
}

impl Entry {
    fn of(metadata: &tracing::Metadata<'static>) -> Self {
        Self { name: metadata.name(), target: metadata.target(), level: *metadata.level(), fields: Fields::default() }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
