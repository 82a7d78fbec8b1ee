//! The line of results that a client program prints.

use anyhow::{Context, Result};
use serde_json::Value;

/// What a client program tells of its run.
#[derive(Clone, Debug)]
pub(super) struct ResultLine(Value);

impl ResultLine {
    /// Finds it in what was printed.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn parse(printed: &str) -> Result<Self> {
        let mut lines = printed.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let found = lines.find(|line| line.get("client").is_some());
        Ok(Self(found.with_context(|| format!("no line of results in\n{printed}"))?))
    }

    /// A number by the names that lead to it, `.` between them.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn number(&self, path: &[&str]) -> Result<f64> {
        let found = path.iter().try_fold(&self.0, |value, name| value.get(name));
        found.and_then(Value::as_f64).with_context(|| format!("no number {} in {}", path.join("."), self.0))
    }

    /// Processor time in seconds.
    ///
    /// # Errors
    /// It is missing.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        Ok(self.number(&["user_seconds"])? + self.number(&["system_seconds"])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_found_among_others() {
        let printed = "{\"at_end\":true}\nnoise\n{\"client\":\"x\",\"user_seconds\":1.5,\"system_seconds\":0.5,\"a\":{\"b\":2}}\n";
        let line = ResultLine::parse(printed).unwrap();
        assert_eq!((line.cpu_seconds().unwrap(), line.number(&["a", "b"]).unwrap()), (2.0, 2.0));
        assert!(line.number(&["a", "c"]).is_err());
        assert!(ResultLine::parse("noise\n").is_err());
    }
}
