//! The byte literals at the end of each message's file, read and written again by Kafka's own classes.

use std::ops::RangeInclusive;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, iter};

use anyhow::{Context, Result};
use clap::Args;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, ExprStruct, Ident, Item, LitByteStr, LitInt, Token};

use super::oracle::{Answer, Questions};
use super::peer::Peer;
use crate::definition::Library;
use crate::kafka::{DEFAULT_VERSION, KafkaInstall};
use crate::workspace;

const FOLDER: &str = "protocol/src/messages";
const MACRO: &str = "literals";

/// Which Kafka to ask.
#[derive(Args, Debug)]
pub(crate) struct LiteralArguments {
    /// Which Kafka
    #[arg(long, default_value = DEFAULT_VERSION)]
    version: String,
}

impl Default for LiteralArguments {
    fn default() -> Self {
        Self { version: DEFAULT_VERSION.to_owned() }
    }
}

impl LiteralArguments {
    /// Compares, and prints what differs.
    ///
    /// # Errors
    /// A file cannot be read, or Kafka cannot be installed.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        let messages = read_all(&workspace::root()?.join(FOLDER))?;
        let install = KafkaInstall::ensure(&self.version)?;
        let library = Library::load(&install)?;
        let mut questions = Questions::new()?;
        for (message, literal, version) in each_version(&messages) {
            let definition = library.get(&message.name).with_context(|| format!("Kafka has no {}", message.name))?;
            questions.add(&definition.class(), version, iter::once(&literal.bytes[..]))?;
        }
        let mut answers = questions.ask(&mut Peer::java(&install)?.command()?)?;
        let mut differences = 0;
        for (message, literal, version) in each_version(&messages) {
            let written = answers.next()?;
            if !matches!(&written, Answer::Written(bytes) if *bytes == literal.bytes) {
                differences += 1;
                println!("{} version {version}", message.name);
                println!("    of         {}", literal.bytes.escape_ascii());
                println!("    Kafka make {}", shown(&written));
            }
        }
        let literals: usize = messages.iter().map(|message| message.literals.len()).sum();
        println!("{} messages, {literals} literals, {differences} differences", messages.len());
        Ok(if differences == 0 && literals > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Written(bytes) => bytes.escape_ascii().to_string(),
        Answer::Failed(reason) => reason.clone(),
        Answer::Unknown => "nothing: they have no such version".to_owned(),
    }
}

fn each_version(messages: &[MessageLiterals]) -> impl Iterator<Item = (&MessageLiterals, &Literal, i16)> {
    let literals = messages.iter().flat_map(|message| message.literals.iter().map(move |literal| (message, literal)));
    literals.flat_map(|(message, literal)| literal.versions.clone().map(move |version| (message, literal, version)))
}

/// What one `literals!` says.
struct MessageLiterals {
    name: String,
    literals: Vec<Literal>,
}

struct Literal {
    versions: RangeInclusive<i16>,
    bytes: Vec<u8>,
}

fn read_all(folder: &Path) -> Result<Vec<MessageLiterals>> {
    let mut messages = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        messages.extend(read(&text).with_context(|| path.display().to_string())?);
    }
    messages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(messages)
}

fn read(text: &str) -> syn::Result<Vec<MessageLiterals>> {
    let items = syn::parse_file(text)?.items.into_iter();
    let modules = items.filter_map(|item| if let Item::Mod(module) = item { module.content } else { None });
    let macros = modules.flat_map(|(_, items)| items).filter_map(|item| match item {
        Item::Macro(item) if item.mac.path.is_ident(MACRO) => Some(item.mac),
        _ => None,
    });
    macros.map(|found| found.parse_body()).collect()
}

impl Parse for MessageLiterals {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse::<Token![let]>()?;
        input.parse::<Option<Token![mut]>>()?;
        input.parse::<Ident>()?;
        input.parse::<Token![=]>()?;
        let value: ExprStruct = input.parse()?;
        input.parse::<Token![;]>()?;
        let mut literals = Vec::new();
        while !input.is_empty() {
            if input.peek(LitInt) {
                literals.push(input.parse()?);
            } else {
                input.parse::<Expr>()?;
                input.parse::<Token![;]>()?;
            }
        }
        let name = value.path.require_ident()?.to_string();
        Ok(Self { name, literals })
    }
}

impl Parse for Literal {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let first = input.parse::<LitInt>()?.base10_parse()?;
        let range = input.parse::<Option<Token![..=]>>()?;
        let last = if range.is_some() { input.parse::<LitInt>()?.base10_parse()? } else { first };
        input.parse::<Token![=>]>()?;
        let mut bytes = Vec::new();
        while input.peek(LitByteStr) {
            bytes.extend(input.parse::<LitByteStr>()?.value());
        }
        input.parse::<Token![;]>()?;
        Ok(Self { versions: first..=last, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        struct Sample;
        mod tests {
            literals! {
                let mut sample = Sample { id: 1, parts: vec![Part { name: "n".into() }] };
                2..=3 => b"\0\x01" b"\x02n"; // id, parts
                sample.parts[0].name = Default::default();
                1 => b"\0\x01";
            }
        }
    "#;

    #[test]
    fn literals_are_found_with_their_versions_and_pieces_put_together() {
        let messages = read(FILE).unwrap();
        let [message] = &messages[..] else { panic!("{} messages", messages.len()) };
        assert_eq!(message.name, "Sample");
        let literals: Vec<_> = message.literals.iter().map(|l| (l.versions.clone(), &l.bytes[..])).collect();
        assert_eq!(literals, [(2..=3, &b"\0\x01\x02n"[..]), (1..=1, b"\0\x01")]);
    }

    #[test]
    fn a_change_without_an_end_is_an_error() {
        assert!(read(&FILE.replace("Default::default();", "Default::default()")).is_err());
    }
}
