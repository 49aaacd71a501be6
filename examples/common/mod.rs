//! What the two programs share. Each uses a part of it.
#![allow(dead_code)]

pub mod arguments;
pub mod csv_file;
pub mod failure;
pub mod input;
pub mod learn_options;
pub mod learned;
pub mod learning;
pub mod plot;
pub mod predictions;
pub mod progress;
pub mod report;
pub mod svg;
pub mod text;
