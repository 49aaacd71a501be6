//! An energy that is linear in its parameters, and its gauge.

use std::ops::Range;

use nalgebra::DMatrix;

use super::normal::NormalEquations;
use super::options::Ridge;
use super::system::Penalties;
use super::terms::{pairs, Kind, Term, FULL_INTERACTION_NODES};
use crate::energy::{FreeEnergy, Interaction};
use crate::error::{self, Error, Result};
use crate::graph::Graph;
use crate::linalg::vector::axpy;

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
    realised: Vec<Term>,
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
        check_room(graph.nodes(), terms)?;
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

    /// First variations of the dense functionals at masses `mu > 0`, one column each, up to constants.
    /// The columns of the free potential, which are left out, are the unit vectors.
    ///
    /// # Errors
    /// A term whose first variations only the caller knows.
    pub(crate) fn dense_features(&self, mu: &[f64]) -> Result<DMatrix<f64>> {
        self.features(mu, &[])
    }

    /// As [`dense_features`](Self::dense_features), with what the caller gives: one vector of length `n`
    /// per functional, in the order of the terms.
    pub(super) fn features(&self, mu: &[f64], given: &[Vec<f64>]) -> Result<DMatrix<f64>> {
        error::check_length("first variations given", given.len(), self.given())?;
        let n = self.graph.nodes();
        let density = self.graph.density(mu)?;
        let mut given = given.iter();
        let mut columns: Vec<f64> = Vec::with_capacity(n * self.dense().len());
        for (k, term) in self.realised.iter().enumerate() {
            match term.kind() {
                Kind::FreePotential => {}
                Kind::FullInteraction if self.apart == Some(k) => {}
                Kind::PotentialIn(functions) => functions.iter().for_each(|u| columns.extend(u)),
                Kind::Entropy => columns.extend(density.iter().map(|r| r.ln())),
                Kind::Internal(energy) => columns.extend(density.iter().map(|r| energy.derivative(*r))),
                Kind::Interactions(matrices) => {
                    for matrix in matrices.iter() {
                        let mut field = vec![0.0; n];
                        matrix.add_product(mu, &mut field);
                        columns.extend(field);
                    }
                }
                Kind::FullInteraction => {
                    for (x, y) in pairs(n) {
                        let start = columns.len();
                        columns.resize(start + n, 0.0);
                        columns[start + x] = mu[y];
                        columns[start + y] = mu[x];
                    }
                }
                Kind::Given(count) => {
                    for variation in given.by_ref().take(*count) {
                        error::check_length("first variation given", variation.len(), n)?;
                        error::check_finite("first variation given", variation)?;
                        columns.extend(variation);
                    }
                }
                // written out as matrices
                Kind::Hops(_) => {}
            }
        }
        Ok(DMatrix::from_vec(n, columns.len() / n, columns))
    }

    /// The energy at these parameters, with its potential centred under `pi`.
    ///
    /// # Errors
    /// As many parameters as the model has are needed, all finite; a term whose functionals only the
    /// caller knows.
    pub fn energy(&self, parameters: &[f64]) -> Result<FreeEnergy> {
        error::check_length("parameters", parameters.len(), self.parameters())?;
        error::check_finite("parameters", parameters)?;
        let n = self.graph.nodes();
        let mut energy = FreeEnergy::new(&self.graph);
        let mut entropy = 0.0;
        let mut interactions: Vec<(f64, Interaction)> = Vec::new();
        for (term, block) in self.realised.iter().zip(&self.blocks) {
            let a = &parameters[block.clone()];
            match term.kind() {
                Kind::FreePotential | Kind::PotentialIn(_) => {}
                Kind::Entropy => entropy += a[0],
                Kind::Internal(internal) => energy = energy.with_internal(a[0], internal.clone())?,
                Kind::Interactions(matrices) => {
                    interactions.extend(a.iter().copied().zip(matrices.iter().cloned()))
                }
                Kind::FullInteraction => {
                    let matrix = symmetric(n, a);
                    interactions.push((1.0, Interaction::dense(n, matrix.as_slice())?));
                }
                Kind::Given(_) => {
                    let reason = "only the caller knows its functionals, so no energy can be made of it";
                    return Err(Error::invalid(format!("terms ({})", term.name()), reason));
                }
                // written out as matrices
                Kind::Hops(_) => {}
            }
        }
        energy = energy.with_potential(self.potential(parameters))?.with_entropy(entropy)?;
        if interactions.is_empty() {
            return Ok(energy);
        }
        let parts: Vec<(f64, &Interaction)> = interactions.iter().map(|(a, w)| (*a, w)).collect();
        energy.with_interaction(Interaction::combination(&parts)?)
    }

    /// The potential at these parameters, free or in a basis, length `n`, centred under `pi`.
    pub(super) fn potential(&self, parameters: &[f64]) -> Vec<f64> {
        let mut potential = vec![0.0; self.graph.nodes()];
        for (term, block) in self.realised.iter().zip(&self.blocks) {
            let a = &parameters[block.clone()];
            match term.kind() {
                Kind::FreePotential => axpy(1.0, a, &mut potential),
                Kind::PotentialIn(functions) => {
                    a.iter().zip(functions.iter()).for_each(|(a, u)| axpy(*a, u, &mut potential))
                }
                _ => {}
            }
        }
        self.graph.centre(&mut potential);
        potential
    }

    /// Brings parameters, or a change of them, into the documented gauge.
    pub(crate) fn fix_gauge(&self, parameters: &mut [f64]) {
        let Some(free) = self.free_potential() else { return };
        let is_full = |(term, _): &(&Term, &Range<usize>)| matches!(term.kind(), Kind::FullInteraction);
        if let Some((_, block)) = self.terms.iter().zip(&self.blocks).find(is_full) {
            let (n, pi) = (self.graph.nodes(), self.graph.reference());
            let matrix = symmetric(n, &parameters[block.clone()]);
            let row: Vec<f64> = (0..n).map(|x| (0..n).map(|y| matrix[(x, y)] * pi[y]).sum()).collect();
            let mean: f64 = row.iter().zip(pi).map(|(r, p)| r * p).sum();
            let a: Vec<f64> = row.iter().map(|r| r - 0.5 * mean).collect();
            for ((x, y), w) in pairs(n).zip(&mut parameters[block.clone()]) {
                *w -= a[x] + a[y];
            }
            parameters[free.clone()].iter_mut().zip(&a).for_each(|(v, a)| *v += a);
        }
        self.graph.centre(&mut parameters[free]);
    }
}

/// The symmetric matrix with this upper triangle, row by row.
pub(super) fn symmetric(n: usize, upper: &[f64]) -> DMatrix<f64> {
    let mut matrix = DMatrix::zeros(n, n);
    for ((x, y), w) in pairs(n).zip(upper) {
        matrix[(x, y)] = *w;
        matrix[(y, x)] = *w;
    }
    matrix
}

/// Refuses more dense parameters, `k` of them, than memory has room for in their normal equations, `k` by
/// `k + n` numbers, instead of ending the process there.
fn check_room(n: usize, terms: &[Term]) -> Result<()> {
    let dense = terms.iter().filter(|term| !matches!(term.kind(), Kind::FreePotential));
    let k = dense.map(|term| term.count(n)).try_fold(0, usize::checked_add);
    let numbers = k.and_then(|k| k.checked_mul(k.checked_add(n)?));
    match numbers.map(|count| Vec::<f64>::new().try_reserve_exact(count)) {
        Some(Ok(())) => Ok(()),
        _ => Err(Error::OutOfMemory { what: "normal equations of that many parameters".into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::energy::InternalEnergy;
    use crate::graph::Reference;

    /// Each feature against the first variation of the energy at a unit vector of parameters.
    #[test]
    fn features_are_first_variations() {
        let graph = Graph::star(5, Reference::Degree).expect("a star");
        let terms = [
            Term::entropy(),
            Term::potential_in(&[vec![1.0, 2.0, -1.0, 0.5, 0.0]]),
            Term::potential(),
            Term::interaction_by_hops(2),
            Term::full_interaction(),
            Term::power(0.5),
            Term::internal(
                "cube",
                InternalEnergy::from_functions(|r| r.powi(3), |r| 3.0 * r * r, |r| 6.0 * r),
            ),
        ];
        let model = Model::new(&graph, &terms).expect("a model");
        assert_eq!((model.parameters(), model.free_potential()), (1 + 1 + 5 + 2 + 15 + 2, Some(2..7)));
        assert_eq!(model.names().len(), model.parameters());
        let mu = [0.3, 0.1, 0.2, 0.25, 0.15];
        let features = model.dense_features(&mu).expect("features");
        for (column, p) in model.dense().into_iter().enumerate() {
            let mut unit = vec![0.0; model.parameters()];
            unit[p] = 1.0;
            let variation =
                model.energy(&unit).and_then(|e| e.first_variation(&mu)).expect("a variation");
            let gap = features[(0, column)] - variation[0];
            for x in 0..5 {
                let other = features[(x, column)] - variation[x];
                assert!((other - gap).abs() < 1e-14, "{} at {x}", model.names()[p]);
            }
        }
    }

    /// The gauge changes no energy difference and is idempotent.
    #[test]
    fn the_gauge_is_invisible() {
        let graph = Graph::path(4, Reference::Degree).expect("a path");
        let model = Model::new(&graph, &[Term::full_interaction(), Term::potential()]).expect("a model");
        let before: Vec<f64> = (0..14).map(|k| (k as f64 * 1.7).sin()).collect();
        let mut after = before.clone();
        model.fix_gauge(&mut after);
        let difference = |a: &[f64]| {
            let energy = model.energy(a).expect("an energy");
            energy.value(&[0.1, 0.2, 0.3, 0.4]).expect("F")
                - energy.value(&[0.7, 0.1, 0.1, 0.1]).expect("F")
        };
        assert!((difference(&before) - difference(&after)).abs() < 1e-14);
        let again = {
            let mut a = after.clone();
            model.fix_gauge(&mut a);
            a
        };
        assert!(again.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-14));
    }
}
