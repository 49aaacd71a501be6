//! Mobility means `theta(s,t)`: symmetric, 1-homogeneous, concave, and `theta(s,s) = s`.
//!
//! # The logarithmic mean near its diagonal
//!
//! `theta(s,t) = (s-t)/(ln s - ln t)` cancels when `s` is near `t`. With `d = (s-t)/(s+t)`
//! and `u = d^2` it reads `theta = (s+t)/2 g(u)`, where `g(u) = d/artanh(d)` is a power
//! series in `u`. Since `dd/ds = (1-d)/(s+t)` and `dd/dt = -(1+d)/(s+t)`, differentiating gives
//!
//! ```text
//! theta_s  = g/2 + g' d (1-d)
//! theta_t  = g/2 - g' d (1+d)
//! ```
//!
//! without a cancellation. Away from the diagonal, with `l = ln(s/t)`, the textbook forms
//! `theta_s = (1 - theta/s)/l`, `theta_t = (theta/t - 1)/l` are accurate.
//!
//! Homogeneity (`s theta_ss + t theta_st = 0`) makes the Hessian of any such mean rank one, so that
//! `theta_st` alone determines it. In `L = |l|`, with the densities in order `low <= high`,
//!
//! ```text
//! theta_st = ((L-2)/low + (L+2)/high) / L^3 = (1/high) sum_k (k+1) L^k / (k+3)!
//! ```
//!
//! where the left form cancels near the diagonal and no term of the series is negative.

/// Which mean of the densities at the two ends of an edge is its mobility.
///
/// With the logarithmic mean, and only with it, the heat flow of the chain is the gradient
/// flow of the relative entropy (Maas 2011, Theorem 4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Mean {
    /// `(s-t)/(ln s - ln t)`, the default.
    #[default]
    Logarithmic,
    /// `sqrt(s t)`.
    Geometric,
    /// `2 s t/(s+t)`.
    Harmonic,
    /// `(s+t)/2`; does not vanish with one density, so mass can leave an empty node's neighbour freely.
    Arithmetic,
}

impl Mean {
    /// Every mean, in the order of the C constants.
    pub const ALL: [Mean; 4] = [Mean::Logarithmic, Mean::Geometric, Mean::Harmonic, Mean::Arithmetic];

    /// The short name used on command lines: `log`, `geometric`, `harmonic`, `arithmetic`.
    pub fn name(self) -> &'static str {
        match self {
            Mean::Logarithmic => "log",
            Mean::Geometric => "geometric",
            Mean::Harmonic => "harmonic",
            Mean::Arithmetic => "arithmetic",
        }
    }

    /// Whether `theta(0,t) = 0`, so that nothing flows into an empty node without an infinite potential.
    pub(crate) fn vanishes(self) -> bool {
        self != Mean::Arithmetic
    }

    /// `theta(s,t)` for densities `s, t >= 0`, to a few units in the last place.
    pub fn value(self, s: f64, t: f64) -> f64 {
        self.gradient(s, t).0
    }

    /// `(theta, theta_s, theta_t)` for `s, t >= 0`.
    ///
    /// Where one density is zero the derivative in it may be infinite. At the origin, where no
    /// derivative exists, the one along the diagonal is returned: `(0, 1/2, 1/2)`.
    pub fn gradient(self, s: f64, t: f64) -> (f64, f64, f64) {
        if s == 0.0 && t == 0.0 {
            return (0.0, 0.5, 0.5);
        }
        match self {
            Mean::Logarithmic => {
                if s == 0.0 {
                    (0.0, f64::INFINITY, 0.0)
                } else if t == 0.0 {
                    (0.0, 0.0, f64::INFINITY)
                } else {
                    LogMean::gradient(&LogMean::node(s), &LogMean::node(t), Some(log_ratio(s, t)))
                }
            }
            Mean::Geometric => {
                // written out, since a root of zero has no reciprocal
                let (p, q) = (s.sqrt(), t.sqrt());
                (p * q, 0.5 * q / p, 0.5 * p / q)
            }
            Mean::Harmonic => {
                // written out, since a denormal sum has no reciprocal
                let (p, q) = (s / (s + t), t / (s + t));
                (2.0 * s * q, 2.0 * q * q, 2.0 * p * p)
            }
            Mean::Arithmetic => {
                ArithmeticMean::gradient(&ArithmeticMean::node(s), &ArithmeticMean::node(t), None)
            }
        }
    }

    /// `(theta_ss, theta_st, theta_tt)` for `s, t >= 0`.
    ///
    /// Infinite where one density is zero and the mean has an infinite slope there, and at the
    /// origin (except for the arithmetic mean, whose second derivatives are zero everywhere).
    pub fn hessian(self, s: f64, t: f64) -> (f64, f64, f64) {
        const INF: f64 = f64::INFINITY;
        match self {
            Mean::Arithmetic => return (0.0, 0.0, 0.0),
            _ if s == 0.0 && t == 0.0 => return (-INF, INF, -INF),
            Mean::Logarithmic | Mean::Geometric if s == 0.0 => return (-INF, INF, 0.0),
            Mean::Logarithmic | Mean::Geometric if t == 0.0 => return (0.0, INF, -INF),
            _ => {}
        }
        let mixed = match self {
            Mean::Logarithmic => log_mean_mixed(s, t),
            Mean::Geometric => 0.25 / (s.sqrt() * t.sqrt()),
            _ => {
                // harmonic: theta_st = 4 s t / (s+t)^3, written so that nothing overflows
                let (p, q) = (s / (s + t), t / (s + t));
                return (-4.0 * q * q / (s + t), 4.0 * p * q / (s + t), -4.0 * p * p / (s + t));
            }
        };
        (-mixed * (t / s), mixed, -mixed * (s / t))
    }
}

/// What a node contributes to all of its edges, computed once per node; each mean says what.
pub(crate) type NodeTerms = [f64; 3];

/// A mean prepared for sweeps over edges.
pub(crate) trait MobilityMean {
    /// Prepares a node of positive density.
    fn node(density: f64) -> NodeTerms;

    /// `(theta, theta_s, theta_t)`; `log_ratio` is `ln(s/t)` where the caller has it more
    /// accurately than from the nodes.
    fn gradient(s: &NodeTerms, t: &NodeTerms, log_ratio: Option<f64>) -> (f64, f64, f64);

    /// `s t theta_st >= 0`, the one number that the Hessian needs:
    /// `theta'' [a, b] = -(s t theta_st) (a/s - b/t)^2`.
    fn curvature(s: &NodeTerms, t: &NodeTerms) -> f64;
}

pub(crate) struct LogMean;
pub(crate) struct GeometricMean;
pub(crate) struct HarmonicMean;
pub(crate) struct ArithmeticMean;

impl MobilityMean for LogMean {
    /// Density, its logarithm and its reciprocal.
    #[inline(always)]
    fn node(density: f64) -> NodeTerms {
        [density, density.ln(), 1.0 / density]
    }

    #[inline(always)]
    fn gradient(s: &NodeTerms, t: &NodeTerms, log_ratio: Option<f64>) -> (f64, f64, f64) {
        let difference = s[0] - t[0];
        let sum = s[0] + t[0];
        if difference.abs() <= SERIES_BELOW * sum {
            let d = difference / sum;
            let u = d * d;
            let g = polynomial(&G, u);
            let slope = d * polynomial(&G_PRIME, u);
            (0.5 * sum * g, 0.5 * g + slope * (1.0 - d), 0.5 * g - slope * (1.0 + d))
        } else {
            let inverse = 1.0 / log_ratio.unwrap_or(s[1] - t[1]);
            let theta = difference * inverse;
            // differences first: they are exact where they cancel most
            (theta, (s[0] - theta) * s[2] * inverse, (theta - t[0]) * t[2] * inverse)
        }
    }

    #[inline(always)]
    fn curvature(s: &NodeTerms, t: &NodeTerms) -> f64 {
        let l = (s[1] - t[1]).abs();
        let (low, high) = (s[0].min(t[0]), s[0].max(t[0]));
        if l < MIXED_SERIES_BELOW {
            low * polynomial(&MIXED, l)
        } else {
            ((l - 2.0) * high + (l + 2.0) * low) / (l * l * l)
        }
    }
}

impl MobilityMean for GeometricMean {
    /// The root of the density and its reciprocal.
    #[inline(always)]
    fn node(density: f64) -> NodeTerms {
        let root = density.sqrt();
        [root, 1.0 / root, 0.0]
    }

    #[inline(always)]
    fn gradient(s: &NodeTerms, t: &NodeTerms, _: Option<f64>) -> (f64, f64, f64) {
        (s[0] * t[0], 0.5 * t[0] * s[1], 0.5 * s[0] * t[1])
    }

    #[inline(always)]
    fn curvature(s: &NodeTerms, t: &NodeTerms) -> f64 {
        0.25 * s[0] * t[0]
    }
}

impl MobilityMean for HarmonicMean {
    /// The density.
    #[inline(always)]
    fn node(density: f64) -> NodeTerms {
        [density, 0.0, 0.0]
    }

    #[inline(always)]
    fn gradient(s: &NodeTerms, t: &NodeTerms, _: Option<f64>) -> (f64, f64, f64) {
        let inverse = 1.0 / (s[0] + t[0]);
        let (p, q) = (s[0] * inverse, t[0] * inverse);
        (2.0 * s[0] * q, 2.0 * q * q, 2.0 * p * p)
    }

    #[inline(always)]
    fn curvature(s: &NodeTerms, t: &NodeTerms) -> f64 {
        let inverse = 1.0 / (s[0] + t[0]);
        4.0 * s[0] * inverse * t[0] * inverse * (s[0] * (t[0] * inverse))
    }
}

impl MobilityMean for ArithmeticMean {
    /// The density.
    #[inline(always)]
    fn node(density: f64) -> NodeTerms {
        [density, 0.0, 0.0]
    }

    #[inline(always)]
    fn gradient(s: &NodeTerms, t: &NodeTerms, _: Option<f64>) -> (f64, f64, f64) {
        (0.5 * (s[0] + t[0]), 0.5, 0.5)
    }

    #[inline(always)]
    fn curvature(_: &NodeTerms, _: &NodeTerms) -> f64 {
        0.0
    }
}

/// The series serves `|d|` below this (a ratio of densities below 1.5), the textbook forms above.
const SERIES_BELOW: f64 = 0.2;

/// Coefficients of `g(u) = d/artanh(d)`, `u = d^2`: the reciprocal of `sum u^k/(2k+1)`.
/// Twelve leave `0.04^12 * 5e-3`, below 1e-19.
const G: [f64; 12] = reciprocal_series();

/// Coefficients of `g'(u)`.
const G_PRIME: [f64; 11] = derivative(&G);

const fn reciprocal_series<const N: usize>() -> [f64; N] {
    let mut g = [0.0; N];
    g[0] = 1.0;
    let mut k = 1;
    while k < N {
        let mut j = 1;
        while j <= k {
            g[k] -= g[k - j] / (2 * j + 1) as f64;
            j += 1;
        }
        k += 1;
    }
    g
}

const fn derivative<const N: usize, const M: usize>(p: &[f64; N]) -> [f64; M] {
    let mut q = [0.0; M];
    let mut k = 0;
    while k < M {
        q[k] = (k + 1) as f64 * p[k + 1];
        k += 1;
    }
    q
}

#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f64; N], u: f64) -> f64 {
    let mut sum = coefficients[N - 1];
    for k in (0..N - 1).rev() {
        sum = sum * u + coefficients[k];
    }
    sum
}

/// `ln(s/t)` for positive `s, t`, also where the quotient leaves the range of doubles.
fn log_ratio(s: f64, t: f64) -> f64 {
    let ratio = s / t;
    if ratio.is_normal() {
        ratio.ln()
    } else {
        s.ln() - t.ln()
    }
}

/// `theta_st` of the logarithmic mean for positive `s, t`.
fn log_mean_mixed(s: f64, t: f64) -> f64 {
    let (low, high) = (s.min(t), s.max(t));
    let l = log_ratio(high, low);
    if l < MIXED_SERIES_BELOW {
        polynomial(&MIXED, l) / high
    } else {
        ((l - 2.0) / low + (l + 2.0) / high) / (l * l * l)
    }
}

/// The series for `theta_st` serves `L` below this, beyond which the closed form hardly cancels.
const MIXED_SERIES_BELOW: f64 = 2.0;

/// `(k+1)/(k+3)!`: what twenty-four leave at two is below `2^24 25/27!`, or 4e-20.
const MIXED: [f64; 24] = {
    let mut c = [0.0; 24];
    let mut factorial = 6.0;
    let mut k = 0;
    while k < 24 {
        c[k] = (k + 1) as f64 / factorial;
        factorial *= (k + 4) as f64;
        k += 1;
    }
    c
};
