//! The results that matter most, as bars.

use std::fmt::Write;

use super::figure;
use super::results::Results;

/// What a group of bars shows.
struct Panel {
    title: &'static str,
    workload: &'static str,
    figure: &'static str,
}

const PANELS: [Panel; 6] = [
    Panel {
        title: "Produce 100 B: records per CPU-second, more is better",
        workload: "produce-100",
        figure: figure::PER_CPU,
    },
    Panel {
        title: "Consume 100 B: records per CPU-second, more is better",
        workload: "consume-100",
        figure: figure::PER_CPU,
    },
    Panel {
        title: "End to end at 10,000 records/s: p99 in ms, less is better",
        workload: "latency-10k",
        figure: figure::P99,
    },
    Panel {
        title: "Broker: CPU-seconds per million produced, less is better",
        workload: "brokers",
        figure: figure::BROKER_PRODUCE,
    },
    Panel {
        title: "Broker: CPU-seconds per million consumed, less is better",
        workload: "brokers",
        figure: figure::BROKER_CONSUME,
    },
    Panel {
        title: "Broker at 50,000 records/s: p99 in ms, less is better",
        workload: "brokers",
        figure: figure::PRODUCE_P99_50K,
    },
];

const WIDTH: f64 = 840.0;
const COLUMNS: usize = 2;
const MARGIN: f64 = 20.0;
/// Room for the names of clients, and for numbers behind the bars.
const NAME: f64 = 84.0;
const NUMBER: f64 = 70.0;
const BAR: f64 = 16.0;
const STEP: f64 = 24.0;
const TITLE: f64 = 34.0;
const OURS: &str = "#b5482a";
const OTHERS: &str = "#8a94a0";

/// The picture, as SVG.
pub(super) fn svg(results: &Results) -> String {
    let panels: Vec<(&Panel, Vec<Bar>)> = PANELS.iter().map(|panel| (panel, bars(panel, results))).collect();
    let column = (WIDTH - MARGIN * (COLUMNS as f64 + 1.0)) / COLUMNS as f64;
    let (mut body, mut top) = (String::new(), MARGIN);
    for line in panels.chunks(COLUMNS) {
        for (index, (panel, bars)) in line.iter().enumerate() {
            let left = MARGIN + index as f64 * (column + MARGIN);
            draw(&mut body, panel.title, bars, (left, top), column);
        }
        let rows = line.iter().map(|(_, bars)| bars.len().max(1)).max().unwrap_or(1);
        top += TITLE + rows as f64 * STEP + MARGIN;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{top}\" viewBox=\"0 0 {WIDTH} {top}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         {body}</svg>\n"
    )
}

struct Bar {
    name: String,
    value: f64,
}

impl Bar {
    fn is_ours(&self) -> bool {
        ["ottla", "broker-ref"].contains(&self.name.as_str())
    }
}

fn bars(panel: &Panel, results: &Results) -> Vec<Bar> {
    let subjects = results.workload(panel.workload).map(|measured| measured.subjects.as_slice()).unwrap_or_default();
    let measured = subjects
        .iter()
        .filter_map(|subject| Some(Bar { name: subject.name.clone(), value: subject.figure(panel.figure)?.median() }));
    measured.collect()
}

fn draw(body: &mut String, title: &str, bars: &[Bar], (left, top): (f64, f64), width: f64) {
    text(body, (left, top + 14.0), "start", "font-weight=\"bold\" fill=\"#202428\"", title);
    if bars.is_empty() {
        text(body, (left + NAME, top + TITLE + 12.0), "start", "fill=\"#202428\"", "not measured");
    }
    let longest = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    for (index, bar) in bars.iter().enumerate() {
        let y = top + TITLE + index as f64 * STEP;
        let length = if longest > 0.0 { (width - NAME - NUMBER) * bar.value / longest } else { 0.0 };
        let (x, length) = (left + NAME, length.max(1.0));
        let color = if bar.is_ours() { OURS } else { OTHERS };
        text(body, (x - 8.0, y + 12.0), "end", "fill=\"#202428\"", &bar.name);
        // A string takes whatever is written into it.
        let _ =
            writeln!(body, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{BAR}\" fill=\"{color}\"/>");
        text(body, (x + length + 6.0, y + 12.0), "start", "fill=\"#202428\"", &figure::shown(bar.value));
    }
}

fn text(body: &mut String, (x, y): (f64, f64), anchor: &str, style: &str, text: &str) {
    let _ = writeln!(body, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {style}>{text}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::results::{Measured, Subject};

    #[test]
    fn the_longest_bar_is_that_of_the_greatest_figure() {
        let subject = |name: &str, value| {
            let mut subject = Subject::new(name);
            subject.add(Ok(vec![(figure::PER_CPU, value)]));
            subject
        };
        let subjects = vec![subject("ottla", 4e6), subject("librdkafka", 1e6)];
        let mut results = Results::default();
        results.put(Measured { id: "produce-100".into(), date: String::new(), subjects });
        let svg = svg(&results);
        let width = |line: &str| {
            let (_, rest) = line.split_once(" width=\"").unwrap();
            rest.split_once('"').unwrap().0.parse::<f64>().unwrap()
        };
        let bars: Vec<f64> = svg.lines().filter(|line| line.contains("<rect x=")).map(width).collect();
        assert_eq!(bars.len(), 2);
        assert!((bars[0] / bars[1] - 4.0).abs() < 0.01, "{bars:?}");
        assert!(svg.contains(">4.00 M<") && svg.contains(">librdkafka<"));
    }
}
