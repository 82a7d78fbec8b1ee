//! The program whose allocations are counted, which takes time.

use std::alloc::System;

use bench_driver::{COUNTING, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &COUNTING;

fn main() -> std::process::ExitCode {
    bench_driver::main_counted(&bench_rskafka::CLIENT)
}
