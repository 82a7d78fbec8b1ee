//! What the system says about processes, and this one's own limits.

use rustix::process::{Pid, Resource, getrlimit, setrlimit};

/// Megabytes of memory that a process has at present.
pub(crate) fn memory_mb(pid: Pid) -> u64 {
    status_mb(pid, "VmRSS:")
}

/// Megabytes of memory that it has had at most.
pub(crate) fn peak_memory_mb(pid: Pid) -> u64 {
    status_mb(pid, "VmHWM:")
}

fn status_mb(pid: Pid, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Lets this process have as many file descriptors as it may. How many that are.
pub(crate) fn raise_descriptor_limit() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    limit.current.unwrap_or(u64::MAX)
}
