//! What happened, for a person.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    time::Duration,
};

use crate::{lines::Line, members::Group};

const BAR: u64 = 30;

pub(crate) fn print(lines: &[Line], group: &Group, events: &[String], sending: Duration, total: Duration) {
    println!("\nwhat happened");
    events.iter().for_each(|event| println!("  {event}"));
    print_table(group);
    print_rates(lines, sending, total);
    print_requests(lines);
    print_proof(lines, group);
}

fn print_table(group: &Group) {
    let table = group.table();
    let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, _, by_member) in &table {
        by_member.iter().for_each(|(name, count)| *totals.entry(name).or_default() += count);
    }
    let largest = table.iter().map(|(_, count, _)| *count).max().unwrap_or(0).max(1);
    println!("\nrecords by partition and member");
    print!("  {:>9}", "partition");
    totals.keys().for_each(|name| print!("  {name:>8}"));
    println!("  {:>8}", "all");
    for (partition, count, by_member) in &table {
        print!("  {partition:>9}");
        totals.keys().for_each(|name| print!("  {:>8}", by_member.get(name).copied().unwrap_or(0)));
        println!("  {count:>8}  {}", bar(*count, largest));
    }
    print!("  {:>9}", "all");
    totals.values().for_each(|count| print!("  {count:>8}"));
    println!("  {:>8}", totals.values().sum::<u64>());
}

fn print_rates(lines: &[Line], sending: Duration, total: Duration) {
    let bytes: usize = lines.iter().map(|line| line.text.len() + line.key.len()).sum();
    let (records, megabytes) = (lines.len(), bytes as f64 / 1e6);
    let rate = records as f64 / sending.as_secs_f64();
    println!("\n{records} records, {megabytes:.1} MB: sent and acknowledged in {sending:.1?}, {rate:.0} records/s");
    println!("from the first join to the last leave it took {total:.1?}; `ottla perf` measures speed");
}

/// The hosts and status codes of an access log.
fn print_requests(lines: &[Line]) {
    let requests: Vec<_> = lines.iter().filter_map(|line| line.request.as_ref()).collect();
    if requests.is_empty() {
        return;
    }
    println!("\ntop hosts of {} requests", requests.len());
    print_top(requests.iter().map(|request| request.host.as_str()), 5);
    println!("\nstatus codes");
    print_top(requests.iter().map(|request| request.status), 10);
}

fn print_top<T: Hash + Ord + std::fmt::Display>(items: impl Iterator<Item = T>, most: usize) {
    let mut counts: HashMap<T, u64> = HashMap::new();
    items.for_each(|item| *counts.entry(item).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let largest = counts.first().map_or(1, |(_, count)| *count);
    for (item, count) in counts.into_iter().take(most) {
        println!("  {:<24} {count:>7}  {}", item.to_string(), bar(count, largest));
    }
}

/// What is not zero can be seen.
fn bar(count: u64, largest: u64) -> String {
    "#".repeat((BAR * count).div_ceil(largest) as usize)
}

fn print_proof(lines: &[Line], group: &Group) {
    let (lost, repeated) = group.lost_and_repeated();
    println!("\nproof: {} records sent, {lost} lost, {repeated} read more than once", lines.len());
}
