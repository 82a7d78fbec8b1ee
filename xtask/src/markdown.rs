//! Code in pages of Markdown.

/// What stands between "```LANGUAGE" and "```".
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CodeBlock {
    /// As the block is marked.
    pub(crate) language: String,
    /// Its lines.
    pub(crate) code: String,
}

/// The code blocks of a page, in order.
pub(crate) fn code_blocks(text: &str) -> Vec<CodeBlock> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(language) = lines.by_ref().find_map(|line| line.trim_end().strip_prefix("```")) {
        let code: Vec<&str> = lines.by_ref().take_while(|line| line.trim_end() != "```").collect();
        blocks.push(CodeBlock { language: language.to_owned(), code: code.join("\n") });
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_taken_with_their_languages() {
        let text = "a\n```sh\nls\npwd\n```\nb\n```rust\nfn x() {}\n```\n```sh\ntrue\n```\n";
        let blocks = code_blocks(text);
        let parts: Vec<_> = blocks.iter().map(|block| (block.language.as_str(), block.code.as_str())).collect();
        assert_eq!(parts, [("sh", "ls\npwd"), ("rust", "fn x() {}"), ("sh", "true")]);
    }
}
