//! Random histories against a list of batches.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    /// Batches of that many records each, in one append.
    Append(Vec<usize>),
    Roll,
    Flush,
    /// To a place in the log, in thousandths.
    Truncate(i64),
    DeleteRecords(i64),
    Close,
    /// Without closing; nothing is lost.
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => vec(1..5_usize, 1..4).prop_map(Step::Append),
        1 => Just(Step::Roll),
        2 => Just(Step::Flush),
        2 => (0..1000_i64).prop_map(Step::Truncate),
        1 => (0..1000_i64).prop_map(Step::DeleteRecords),
        1 => Just(Step::Close),
        1 => Just(Step::Kill),
    ]
}

/// What a log should be.
#[derive(Clone, Debug, Default)]
struct Model {
    /// First offset, last offset, bytes.
    batches: Vec<(i64, i64, Bytes)>,
    start: i64,
    end: i64,
}

impl Model {
    fn append(&mut self, records: Bytes) {
        for batch in batches(records) {
            self.batches.push((batch.base_offset(), batch.last_offset(), batch.bytes().clone()));
            self.end = batch.next_offset();
        }
    }

    fn truncate(&mut self, offset: i64) {
        if let Some(first) = self.batches.iter().position(|(_, last, _)| *last >= offset) {
            self.end = self.batches[first].0;
            self.batches.truncate(first);
            self.start = self.start.min(self.end);
        }
    }

    /// The batches that a read returns.
    fn read(&self, offset: i64, max_bytes: usize) -> Vec<&Bytes> {
        let mut left = max_bytes;
        let mut taken = Vec::new();
        for (_, _, bytes) in self.batches.iter().skip_while(|(_, last, _)| *last < offset) {
            if bytes.len() > left && !taken.is_empty() {
                break;
            }
            left = left.saturating_sub(bytes.len());
            taken.push(bytes);
        }
        taken
    }

    fn at(&self, thousandths: i64) -> i64 {
        self.start + (self.end - self.start) * thousandths / 1000
    }
}

fn config() -> LogConfig {
    LogConfig { segment_bytes: 2000, index_interval_bytes: 150, tail_cache_bytes: 400, ..small() }
}

fn check(log: &Log, model: &Model) {
    assert_eq!((log.log_start_offset(), log.end_offset()), (model.start, model.end));
    for offset in model.start..model.end {
        for max_bytes in [1, 300, 1 << 20] {
            let fetched = read(log, offset, max_bytes);
            // A read ends with its segment or with what is cached, so it may return less, but never nothing.
            let expected: Vec<&Bytes> = model.read(offset, max_bytes);
            let bytes = fetched.clone().into_bytes();
            let returned = spans(bytes.clone()).len();
            assert!(returned > 0 && returned <= expected.len());
            assert_eq!(bytes, expected[..returned].iter().flat_map(|b| b.to_vec()).collect::<Vec<u8>>());
        }
    }
    assert_eq!(
        read_all(log, model.start),
        model.read(model.start, usize::MAX).into_iter().flat_map(|b| b.to_vec()).collect::<Vec<u8>>()
    );
}

fn run(storage: &Arc<dyn Storage>, log: &mut Log, model: &mut Model, step: &Step) {
    match step {
        Step::Append(batches) => {
            let mut records = BytesMut::new();
            batches.iter().for_each(|count| records.extend_from_slice(&batch(*count, 10 * count)));
            let info = append(log, records);
            assert_eq!(info.base_offset, model.end);
            model.append(read_all(log, info.base_offset));
            assert_eq!(model.end, info.last_offset + 1);
        }
        Step::Roll => drop(log.roll(NOW).unwrap()),
        Step::Flush => log.flush().unwrap(),
        Step::Truncate(at) => {
            let offset = model.at(*at);
            model.truncate(offset);
            assert_eq!(log.truncate_to(offset, NOW).unwrap(), model.end);
        }
        Step::DeleteRecords(at) => {
            model.start = log.delete_records(model.at(*at), NOW).unwrap();
        }
        Step::Close => {
            log.close().unwrap();
            *log = open(storage, config(), OpenLog { clean_shutdown: true, ..unclean(log) });
        }
        Step::Kill => *log = open(storage, config(), unclean(log)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_leaves_what_the_model_has(steps in vec(step(), 1..40)) {
        for place in both() {
            let mut log = new_log(&place, config());
            let mut model = Model::default();
            for step in &steps {
                run(&place, &mut log, &mut model, step);
            }
            check(&log, &model);
            log.close().unwrap();
            let log = open(&place, config(), OpenLog { clean_shutdown: true, ..unclean(&log) });
            check(&log, &model);
        }
    }
}
