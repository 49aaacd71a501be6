//! An energy that is linear in its parameters, and its gauge.

use std::ops::Range;

use super::normal::NormalEquations;
use super::options::Ridge;
use super::system::Penalties;
use super::terms::{Kind, Term, FULL_INTERACTION_NODES};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::memory;

/// `F(mu) = sum_p a_p F_p(mu)`: the terms of a fit on their graph.
///
/// The parameters stand in the order of the terms. At most one term is a potential that is free per
/// node; all other parameters are called *dense* here, because their first variations are.
///
/// # Gauge
///
/// Some directions never show in any data, since they change no energy difference:
///
/// - The constant of a potential. A free potential is reported with mean zero under `pi`.
/// - `(W + a 1' + 1 a', V - a)`. Interactions by hops never have this freedom: the diagonal of `W` is
///   zero, and that of `a 1' + 1 a'` only for `a = 0`. A full interaction beside a free potential is
///   reported with `sum_y W_xy pi_y = 0`, and the potential changed accordingly.
///
/// The entropy is relative to `pi`: with a non-uniform reference, an entropy against counting measure
/// differs by `beta ln pi` in the potential.
#[derive(Clone)]
pub struct Model {
    graph: Graph,
    /// As they were given.
    terms: Vec<Term>,
    /// With hops written out as matrices.
    pub(super) realised: Vec<Term>,
    /// Where the parameters of each term stand.
    blocks: Vec<Range<usize>>,
    /// The full interaction whose first variations are not written out.
    apart: Option<usize>,
}

impl Model {
    /// The energy of these terms on a graph.
    ///
    /// # Errors
    /// No terms, two of one name, two free potentials, a term that does not fit the graph, bounds
    /// between which nothing lies, a full interaction on more than [`FULL_INTERACTION_NODES`] nodes;
    /// [`Error::OutOfMemory`] for more parameters than can be solved for.
    pub fn new(graph: &Graph, terms: &[Term]) -> Result<Self> {
        let model = Self::with_dense_interaction_up_to(graph, terms, FULL_INTERACTION_NODES)?;
        if let Some(term) = model.apart {
            let (n, name) = (graph.nodes(), terms[term].name());
            let reason = format!("{n} nodes; at most {FULL_INTERACTION_NODES} are allowed here");
            return Err(Error::invalid(format!("terms ({name})"), reason));
        }
        Ok(model)
    }

    /// As [`new`](Self::new), but a full interaction on more nodes than `most` is kept apart: its
    /// parameters are not among the dense ones, and its first variations are not written out.
    pub(super) fn with_dense_interaction_up_to(
        graph: &Graph,
        terms: &[Term],
        most: usize,
    ) -> Result<Self> {
        if terms.is_empty() {
            return Err(Error::invalid("terms", "there is nothing to learn without a term"));
        }
        let is_free = |term: &&Term| matches!(term.kind(), Kind::FreePotential);
        if terms.iter().filter(is_free).count() > 1 {
            return Err(Error::invalid("terms", "there are two potentials that are free per node"));
        }
        for (k, term) in terms.iter().enumerate() {
            if terms[..k].iter().any(|t| t.name() == term.name()) {
                return Err(Error::invalid("terms", format!("{} is named twice", term.name())));
            }
            term.check(graph)?;
        }
        check_room(graph.nodes(), terms, most)?;
        let (mut realised, mut blocks) = (Vec::with_capacity(terms.len()), Vec::new());
        let mut start = 0;
        for term in terms {
            realised.push(term.realised(graph)?);
            let end = start + term.count(graph.nodes());
            blocks.push(start..end);
            start = end;
        }
        let is_full = |term: &Term| matches!(term.kind(), Kind::FullInteraction);
        let apart = terms.iter().position(is_full).filter(|_| graph.nodes() > most);
        let unbounded = (f64::NEG_INFINITY, f64::INFINITY);
        if let Some(bounded) = terms.iter().find(|t| apart.is_some() && t.bounds() != unbounded) {
            let reason = format!("no bounds beside a full interaction on more than {most} nodes");
            return Err(Error::invalid(format!("terms ({})", bounded.name()), reason));
        }
        Ok(Self { graph: graph.clone(), terms: terms.to_vec(), realised, blocks, apart })
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The terms.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Where the parameters of each term stand.
    pub fn blocks(&self) -> &[Range<usize>] {
        &self.blocks
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.end)
    }

    /// A name per parameter: `potential[3]`, `entropy`, `interaction_by_hops[2]`.
    pub fn names(&self) -> Vec<String> {
        self.terms.iter().flat_map(|term| term.parameter_names(self.graph.nodes())).collect()
    }

    /// Where the parameters of the free potential stand, if there is one.
    pub fn free_potential(&self) -> Option<Range<usize>> {
        let free = |(term, _): &(&Term, &Range<usize>)| matches!(term.kind(), Kind::FreePotential);
        self.terms.iter().zip(&self.blocks).find(free).map(|(_, block)| block.clone())
    }

    /// The full interaction that is kept apart, by its position among the terms.
    pub(super) fn apart(&self) -> Option<usize> {
        self.apart
    }

    /// Positions of the dense parameters.
    pub(crate) fn dense(&self) -> Vec<usize> {
        self.dense_terms().flat_map(|k| self.blocks[k].clone()).collect()
    }

    /// Positions of the terms that dense parameters belong to.
    fn dense_terms(&self) -> impl Iterator<Item = usize> + '_ {
        let is_free = |k: usize| matches!(self.terms[k].kind(), Kind::FreePotential);
        (0..self.terms.len()).filter(move |&k| !is_free(k) && self.apart != Some(k))
    }

    /// Lower and upper bound of each dense parameter.
    pub(super) fn dense_bounds(&self) -> Vec<(f64, f64)> {
        self.each_dense(|k| self.terms[k].bounds())
    }

    /// Positions among the dense parameters of those that belong to some of the terms, by position.
    pub(super) fn dense_of(&self, terms: &[usize]) -> Vec<usize> {
        let owner = self.each_dense(|k| k);
        (0..owner.len()).filter(|&p| terms.contains(&owner[p])).collect()
    }

    /// A ridge in units of the normal matrix of some of the terms.
    pub(super) fn penalties(
        &self,
        normal: &NormalEquations,
        terms: &[usize],
        ridge: &Ridge,
    ) -> Penalties {
        let diagonal = normal.features.diagonal();
        let mut penalties = Penalties { potential: None, dense: Vec::with_capacity(diagonal.len()) };
        for &k in terms.iter().filter(|&&k| self.apart != Some(k)) {
            let penalty = ridge.of(self.terms[k].name());
            if matches!(self.terms[k].kind(), Kind::FreePotential) {
                penalties.potential = Some(penalty);
                continue;
            }
            let count = self.blocks[k].len();
            let mean = diagonal.rows(penalties.dense.len(), count).sum() / count as f64;
            penalties.dense.extend(vec![penalty * mean; count]);
        }
        penalties
    }

    /// What `of` says of the position of its term, per dense parameter.
    fn each_dense<T: Clone>(&self, of: impl Fn(usize) -> T) -> Vec<T> {
        self.dense_terms().flat_map(|k| vec![of(k); self.blocks[k].len()]).collect()
    }

    /// Number of functionals whose first variations the caller has to give.
    pub(super) fn given(&self) -> usize {
        let count = |term: &Term| if let Kind::Given(count) = term.kind() { *count } else { 0 };
        self.terms.iter().map(count).sum()
    }
}

/// Refuses more dense parameters, `k` of them, than memory has room for in their normal equations, `k` by
/// `k + n` numbers. A full interaction on more than `most` nodes is not among them, and takes some vectors.
fn check_room(n: usize, terms: &[Term], most: usize) -> Result<()> {
    let (mut k, mut apart) = (0_usize, 0);
    for term in terms {
        match term.kind() {
            Kind::FreePotential => {}
            Kind::FullInteraction if n > most => apart = term.count(n),
            _ => k = k.saturating_add(term.count(n)),
        }
    }
    let normal = memory::doubles(&[k, k.saturating_add(n)]);
    let vectors = memory::doubles(&[8, apart]);
    let parameters = k.saturating_add(apart);
    memory::admit(normal.saturating_add(vectors), || {
        format!("the normal equations of {parameters} parameters")
    })
}
