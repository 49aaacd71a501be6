//! Command lines: `--name value`, `--name=value`, flags and files, in any order.

use std::ffi::OsString;
use std::path::PathBuf;

use super::failure::{Failure, Outcome};

pub enum Argument {
    File(PathBuf),
    /// With its dashes.
    Option(String),
}

pub struct Arguments {
    words: std::vec::IntoIter<OsString>,
    /// What stood behind the `=` of the last option.
    attached: Option<String>,
    files_only: bool,
}

impl Arguments {
    pub fn from_command_line() -> Self {
        let words: Vec<OsString> = std::env::args_os().skip(1).collect();
        Self { words: words.into_iter(), attached: None, files_only: false }
    }

    pub fn next(&mut self) -> Outcome<Option<Argument>> {
        if let Some(value) = self.attached.take() {
            return Err(Failure::usage(format!("a flag takes no value, but got ={value:?}")));
        }
        let Some(word) = self.words.next() else { return Ok(None) };
        let option = word.to_str().filter(|w| !self.files_only && w.len() > 1 && w.starts_with('-'));
        match option {
            None => Ok(Some(Argument::File(word.into()))),
            Some("--") => {
                self.files_only = true;
                self.next()
            }
            Some(option) => match option.split_once('=') {
                None => Ok(Some(Argument::Option(option.into()))),
                Some((name, value)) => {
                    self.attached = Some(value.into());
                    Ok(Some(Argument::Option(name.into())))
                }
            },
        }
    }

    /// The value of the option that came last.
    pub fn value(&mut self, option: &str) -> Outcome<String> {
        if let Some(value) = self.attached.take() {
            return Ok(value);
        }
        let word = self.words.next().ok_or_else(|| Failure::usage(format!("{option} needs a value")))?;
        word.into_string()
            .map_err(|word| Failure::usage(format!("{option}: {word:?} is not valid UTF-8")))
    }

    /// The value of the option that came last, a number between 0 and 1.
    pub fn fraction(&mut self, option: &str) -> Outcome<f64> {
        let value = self.value(option)?;
        match value.parse::<f64>() {
            Ok(number) if number > 0.0 && number < 1.0 => Ok(number),
            _ => Err(Failure::usage(format!("{option}: {value:?} is not a number between 0 and 1"))),
        }
    }

    /// The value of the option that came last, one of the named choices.
    pub fn choice<T: Copy>(&mut self, option: &str, choices: &[(&str, T)]) -> Outcome<T> {
        choose(option, &self.value(option)?, choices)
    }
}

pub fn choose<T: Copy>(option: &str, value: &str, choices: &[(&str, T)]) -> Outcome<T> {
    match choices.iter().find(|(name, _)| *name == value) {
        Some((_, choice)) => Ok(*choice),
        None => {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            Err(Failure::usage(format!("{option}: {value:?} is not one of {}", names.join(", "))))
        }
    }
}

pub fn unknown(option: &str) -> Failure {
    Failure::usage(format!("unknown option {option}; --help lists the options"))
}

pub const REFERENCES: [(&str, jkoflow::Reference); 2] =
    [("degree", jkoflow::Reference::Degree), ("uniform", jkoflow::Reference::Uniform)];
