//! The program that is timed.

fn main() -> std::process::ExitCode {
    bench_driver::main(&bench_rdkafka::CLIENT)
}
