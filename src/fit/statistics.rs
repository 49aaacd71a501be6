//! The sums of a fit as a flat buffer, for several processes that share the work.
//!
//! ```text
//! [ 1, version, n, m, k, fingerprint,  steps, total, heat (2), A (m), B (n k), C (k^2), r (n), s (k) ]
//! ```
//!
//! with `n` nodes, `m` edges and `k` dense parameters; matrices column by column. The first six numbers
//! are integers small enough to be added up exactly, so that the plain sum of buffers of equal fits,
//! entry by entry, is the buffer of the merged fit: the first number counts the summands and divides the
//! other five.

use super::model::Model;
use super::terms::Kind;
use super::Fit;
use crate::error::{self, Error, Result};

/// Version of the layout.
const VERSION: f64 = 1.0;
const HEADER: usize = 6;
const NAMES: [&str; HEADER] = ["count", "version", "nodes", "edges", "dense parameters", "fingerprint"];
/// Bits of the fingerprint. A double adds up 8,192 of these exactly.
const FINGERPRINT_BITS: u32 = 40;

impl Fit {
    /// Length of [`statistics`](Self::statistics): `6 + 4 + m + n k + k^2 + n + k`.
    pub fn statistics_len(&self) -> usize {
        let (n, k) = (self.graph().nodes(), self.normal.features.nrows());
        HEADER + 4 + self.graph().edges() + n * k + k * k + n + k
    }

    /// Everything that [`solve`](Self::solve) needs of the data, as one buffer: `[1, version, n, m, k,
    /// fingerprint]` and then sums over the steps. Buffers of fits of the same problem may be added
    /// entry by entry, as by `MPI_Allreduce` with `MPI_SUM`, at most 8,192 of them; the sum is that of
    /// all their data.
    ///
    /// Single steps are not in it, so that a fit made from it has neither standard errors nor residuals
    /// per step, nor cross-validation: the sandwich needs the squared gradient of each step at the
    /// solution, which nobody knows before the sums are together. Where errors are wanted,
    /// [`merge`](Self::merge) the fits themselves. A full interaction that is solved for iteratively is
    /// not in it either.
    pub fn statistics(&self) -> Vec<f64> {
        let normal = &self.normal;
        let mut buffer = self.header().to_vec();
        buffer.extend([normal.pairs as f64, normal.total]);
        buffer.extend(normal.heat);
        buffer.extend(&normal.weight);
        buffer.extend(normal.cross.as_slice());
        buffer.extend(normal.features.as_slice());
        buffer.extend(normal.node_drive.as_slice());
        buffer.extend(normal.feature_drive.as_slice());
        buffer
    }

    /// Adds the data behind a buffer of [`statistics`](Self::statistics), or behind a sum of such
    /// buffers.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`]; [`Error::BadValue`] for a number that is not finite;
    /// [`Error::InvalidArgument`] where the header says that the buffer comes from another version,
    /// graph, terms, loss, weight or mean, or where a full interaction needs single steps. Nothing is
    /// added then.
    pub fn add_statistics(&mut self, statistics: &[f64]) -> Result<()> {
        if self.model.apart().is_some() {
            let reason = "sums do not suffice for a full interaction on so many nodes";
            return Err(Error::invalid("statistics", reason));
        }
        error::check_length("statistics", statistics.len(), self.statistics_len())?;
        error::check_finite("statistics", statistics)?;
        let (header, data) = statistics.split_at(HEADER);
        let count = header[0];
        if count < 1.0 || count.fract() != 0.0 {
            let reason = format!("it begins with {count}, not with a number of fits");
            return Err(Error::invalid("statistics", reason));
        }
        for ((name, found), own) in NAMES.iter().zip(header).zip(self.header()).skip(1) {
            if *found != count * own {
                let reason = format!("its {name} is {}, this fit's {own}", found / count);
                return Err(Error::invalid("statistics", reason));
            }
        }
        let mut sums = self.normal.clone();
        let pairs = data[0];
        if pairs < 0.0 || pairs.fract() != 0.0 {
            return Err(Error::invalid("statistics", format!("{pairs} is no number of steps")));
        }
        (sums.pairs, sums.total) = (pairs as usize, data[1]);
        sums.heat.copy_from_slice(&data[2..4]);
        let mut rest = &data[4..];
        for part in [
            sums.weight.as_mut_slice(),
            sums.cross.as_mut_slice(),
            sums.features.as_mut_slice(),
            sums.node_drive.as_mut_slice(),
            sums.feature_drive.as_mut_slice(),
        ] {
            let (head, tail) = rest.split_at(part.len());
            part.copy_from_slice(head);
            rest = tail;
        }
        self.normal.merge(&sums);
        Ok(())
    }

    fn header(&self) -> [f64; HEADER] {
        let graph = self.graph();
        let (n, m, k) = (graph.nodes(), graph.edges(), self.normal.features.nrows());
        [1.0, VERSION, n as f64, m as f64, k as f64, self.fingerprint()]
    }

    /// A number that tells this problem from others: the graph, the terms with their matrices, loss,
    /// weight and mean. Functions of the caller's are told apart by their names only.
    pub(super) fn fingerprint(&self) -> f64 {
        let mut hash = Hash::new();
        let graph = self.graph();
        hash.numbers(graph.reference());
        hash.numbers(graph.conductance());
        graph.edge_list().for_each(|(x, y)| hash.bits((x as u64) << 32 | y as u64));
        hash_terms(&self.model, &mut hash);
        let options = &self.options;
        for name in [options.loss.name(), options.weight.name(), options.geodesic.mean.name()] {
            hash.text(name);
        }
        (hash.state >> (64 - FINGERPRINT_BITS)) as f64
    }
}

fn hash_terms(model: &Model, hash: &mut Hash) {
    for term in model.terms() {
        hash.text(term.name());
        match term.kind() {
            Kind::PotentialIn(functions) => functions.iter().for_each(|u| hash.numbers(u)),
            Kind::Interactions(matrices) => {
                for matrix in matrices.iter() {
                    for y in 0..matrix.nodes() {
                        matrix.for_column(y, |x, w| {
                            hash.bits(x as u64);
                            hash.numbers(&[w]);
                        });
                    }
                }
            }
            Kind::Hops(count) | Kind::Given(count) => hash.bits(*count as u64),
            _ => {}
        }
    }
}

/// FNV-1a (Fowler, Noll, Vo 1991) on words of 64 bits.
struct Hash {
    state: u64,
}

impl Hash {
    fn new() -> Self {
        Self { state: 0xcbf2_9ce4_8422_2325 }
    }

    fn bits(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.state = (self.state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn numbers(&mut self, values: &[f64]) {
        values.iter().for_each(|v| self.bits(v.to_bits()));
    }

    fn text(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.bits(byte.into()));
        self.bits(u64::MAX);
    }
}
