//! The means against values from exact arithmetic, and against the identities that define them.

// the tables hold square roots and logarithms of two, where a mean happens to be one
#![allow(clippy::approx_constant)]

use jkoflow::Mean;
use proptest::prelude::*;

/// `s`, and at `(s, 1)` the value, both slopes, and the second derivatives `ss`, `st`, `tt`.
type Row = (f64, [f64; 6]);

/// What a few roundings may cost, relatively. The slopes just beyond the ratio 1.5 cost most: there
/// `1 - theta/s` loses two bits. Everything else stays within three units.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

// The tables come from the textbook formulas in 400 decimal digits (Python's mpmath, with the exact
// binary value of each `s`), rounded once to the nearest double. A result beyond the range of
// doubles stands as infinity, one below it as zero.
#[rustfmt::skip]
const LOGARITHMIC: [Row; 14] = [
    (1.0, [1.0, 0.5, 0.5,
        -0.16666666666666666, 0.16666666666666666, -0.16666666666666666]),
    (1.0 + 1e-15, [1.0000000000000004, 0.49999999999999983, 0.5000000000000002,
        -0.16666666666666638, 0.16666666666666657, -0.16666666666666677]),
    (1.0 + 1e-8, [1.000000005, 0.49999999833333336, 0.5000000016666667,
        -0.1666666641666667, 0.16666666583333334, -0.1666666675]),
    (1.1, [1.049205868725707, 0.48448636936192896, 0.5162708624275851,
        -0.14449683922526138, 0.15894652314778754, -0.1748411754625663]),
    (1.49, [1.2287596359891981, 0.43966801066648215, 0.5736543000961397,
        -0.09200150489338589, 0.13708224229114496, -0.20425254101380602]),
    (1.5, [1.2331517311882159, 0.43875253953310667, 0.5750229218885559,
        -0.09109526127372101, 0.13664289191058152, -0.20496433786587226]),
    (1.51, [1.23753471673562, 0.4378460552459096, 0.5763871733142966,
        -0.09020407654188353, 0.13620815557824414, -0.20567431492314867]),
    (2.0, [1.4426950408889634, 0.4020105503861595, 0.6386739401166444,
        -0.05963638217575313, 0.11927276435150626, -0.23854552870301252]),
    (7.0, [3.083390054218504, 0.2875341941208557, 1.0706506953725143,
        -0.00988036331682353, 0.06916254321776472, -0.48413780252435296]),
    (8.0, [3.3662884287409147, 0.27854302936522035, 1.1379441938191517,
        -0.008193305895228434, 0.06554644716182748, -0.5243715772946198]),
    (1e3, [144.62006247378287, 0.12382892893279479, 20.791133540988064,
        -1.4916248655379325e-05, 0.014916248655379325, -14.916248655379325]),
    (1e100, [4.342944819032518e+97, 0.004324083649331357, 1.8861169701161393e+95,
        -1.869734366269229e-105, 1.869734366269229e-05, -1.869734366269229e+95]),
    (1e300, [1.4476482730108395e+297, 0.001445552587488488, 2.095685522351266e+294,
        -2.0896178912968547e-306, 2.0896178912968546e-06, -2.0896178912968548e+294]),
    (1e-300, [0.0014476482730108394, 2.0956855223512657e+294, 0.001445552587488488,
        -f64::INFINITY, 2.0896178912968545e+294, -2.0896178912968546e-06]),
];
#[rustfmt::skip]
const GEOMETRIC: [Row; 14] = [
    (1.0, [1.0, 0.5, 0.5,
        -0.25, 0.25, -0.25]),
    (1.0 + 1e-15, [1.0000000000000004, 0.4999999999999997, 0.5000000000000002,
        -0.24999999999999958, 0.24999999999999986, -0.2500000000000001]),
    (1.0 + 1e-8, [1.000000005, 0.4999999975, 0.5000000025,
        -0.24999999625000008, 0.24999999875, -0.25000000125]),
    (1.1, [1.0488088481701516, 0.4767312946227961, 0.5244044240850758,
        -0.21669604301036186, 0.23836564731139806, -0.2622022120425379]),
    (1.49, [1.2206555615733703, 0.40961596025952024, 0.6103277807866851,
        -0.1374550202213155, 0.20480798012976012, -0.3051638903933426]),
    (1.5, [1.224744871391589, 0.408248290463863, 0.6123724356957945,
        -0.13608276348795434, 0.2041241452319315, -0.30618621784789724]),
    (1.51, [1.2288205727444508, 0.40689422938557973, 0.6144102863722254,
        -0.13473318853827143, 0.20344711469278987, -0.3072051431861127]),
    (2.0, [1.4142135623730951, 0.3535533905932738, 0.7071067811865476,
        -0.08838834764831845, 0.1767766952966369, -0.3535533905932738]),
    (7.0, [2.6457513110645907, 0.18898223650461363, 1.3228756555322954,
        -0.013498731178900972, 0.09449111825230681, -0.6614378277661477]),
    (8.0, [2.8284271247461903, 0.1767766952966369, 1.4142135623730951,
        -0.011048543456039806, 0.08838834764831845, -0.7071067811865476]),
    (1e3, [31.622776601683793, 0.015811388300841896, 15.811388300841896,
        -7.905694150420949e-06, 0.007905694150420948, -7.905694150420948]),
    (1e100, [1e+50, 5e-51, 5e+49,
        -2.5e-151, 2.5e-51, -2.5e+49]),
    (1e300, [1e+150, 5e-151, 5e+149,
        0.0, 2.5e-151, -2.5e+149]),
    (1e-300, [1e-150, 5e+149, 5e-151,
        -f64::INFINITY, 2.5e+149, -2.5e-151]),
];
#[rustfmt::skip]
const HARMONIC: [Row; 14] = [
    (1.0, [1.0, 0.5, 0.5,
        -0.5, 0.5, -0.5]),
    (1.0 + 1e-15, [1.0000000000000004, 0.49999999999999944, 0.5000000000000006,
        -0.49999999999999917, 0.4999999999999997, -0.5000000000000002]),
    (1.0 + 1e-8, [1.000000005, 0.4999999950000001, 0.500000005,
        -0.4999999925000001, 0.4999999975, -0.5000000025]),
    (1.1, [1.0476190476190477, 0.4535147392290249, 0.5487528344671202,
        -0.431918799265738, 0.4751106791923118, -0.5226217471115431]),
    (1.49, [1.1967871485943775, 0.3225754423315753, 0.7161497395203303,
        -0.25909674082857453, 0.38605414383457604, -0.5752206743135183]),
    (1.5, [1.2, 0.32, 0.72,
        -0.256, 0.384, -0.576]),
    (1.51, [1.203187250996016, 0.31745527848764304, 0.723829780479675,
        -0.25295241313756417, 0.3819581438377219, -0.5767567971949601]),
    (2.0, [1.3333333333333333, 0.2222222222222222, 0.8888888888888888,
        -0.14814814814814814, 0.2962962962962963, -0.5925925925925926]),
    (7.0, [1.75, 0.03125, 1.53125,
        -0.0078125, 0.0546875, -0.3828125]),
    (8.0, [1.7777777777777777, 0.024691358024691357, 1.5802469135802468,
        -0.0054869684499314125, 0.0438957475994513, -0.3511659807956104]),
    (1e3, [1.998001998001998, 1.996005992009988e-06, 1.996005992009988,
        -3.988023960059916e-09, 3.988023960059916e-06, -0.003988023960059916]),
    (1e100, [2.0, 2e-200, 2.0,
        -4e-300, 4e-200, -4e-100]),
    (1e300, [2.0, 0.0, 2.0,
        0.0, 0.0, -4e-300]),
    (1e-300, [2e-300, 2.0, 0.0,
        -4.0, 4e-300, 0.0]),
];

fn tables() -> [(Mean, &'static [Row]); 3] {
    [(Mean::Logarithmic, &LOGARITHMIC), (Mean::Geometric, &GEOMETRIC), (Mean::Harmonic, &HARMONIC)]
}

/// Value, slopes and second derivatives, in the order of the tables.
fn all(mean: Mean, s: f64, t: f64) -> [f64; 6] {
    let (theta, theta_s, theta_t) = mean.gradient(s, t);
    let (ss, st, tt) = mean.hessian(s, t);
    [theta, theta_s, theta_t, ss, st, tt]
}

fn relative_error(found: f64, exact: f64) -> f64 {
    if found == exact || (exact == 0.0 && found.abs() < 1e-300) {
        0.0
    } else {
        ((found - exact) / exact).abs()
    }
}

/// A density over many decades.
fn density() -> impl Strategy<Value = f64> {
    (-60.0..60.0f64).prop_map(f64::exp)
}

/// Two densities, close as often as far apart.
fn densities() -> impl Strategy<Value = (f64, f64)> {
    let close = (density(), -1e-3..1e-3f64).prop_map(|(s, d)| (s, s * (1.0 + d)));
    prop_oneof![(density(), density()), close]
}

#[test]
fn agree_with_exact_arithmetic() {
    const NAMES: [&str; 6] = ["theta", "theta_s", "theta_t", "theta_ss", "theta_st", "theta_tt"];
    for (mean, table) in tables() {
        for &(s, exact) in table {
            for (k, found) in all(mean, s, 1.0).into_iter().enumerate() {
                let error = relative_error(found, exact[k]);
                let name = NAMES[k];
                assert!(
                    error <= ROUNDING,
                    "{mean:?} {name}({s:e}, 1) = {found:e}, not {:e}: {error:.1e}",
                    exact[k]
                );
            }
            assert_eq!(mean.value(s, 1.0), all(mean, s, 1.0)[0]);
        }
    }
}

#[test]
fn agree_with_exact_arithmetic_in_the_other_order() {
    for (mean, table) in tables() {
        for &(s, [theta, theta_s, theta_t, ss, st, tt]) in table {
            let swapped = [theta, theta_t, theta_s, tt, st, ss];
            for (found, exact) in all(mean, 1.0, s).into_iter().zip(swapped) {
                let error = relative_error(found, exact);
                assert!(
                    error <= ROUNDING,
                    "{mean:?} at (1, {s:e}): {found:e}, not {exact:e}: {error:.1e}"
                );
            }
        }
    }
}

#[test]
fn the_arithmetic_mean_is_linear() {
    for (s, t) in [(0.0, 0.0), (0.0, 3.0), (1.0, 1.0), (1e300, 1e-300)] {
        assert_eq!(all(Mean::Arithmetic, s, t), [0.5 * (s + t), 0.5, 0.5, 0.0, 0.0, 0.0]);
    }
}

#[test]
fn every_mean_fixes_the_diagonal() {
    for mean in Mean::ALL {
        for s in [1e-300, 1e-200, 1e-150, 1e-3, 1.0, 1e150, 1e200] {
            let (theta, theta_s, theta_t) = mean.gradient(s, s);
            assert!(relative_error(theta, s) <= ROUNDING, "{mean:?} at {s:e}: {theta:e}");
            assert!(
                relative_error(theta_s, 0.5) <= ROUNDING && relative_error(theta_t, 0.5) <= ROUNDING
            );
        }
    }
}

/// Below 1e-308 numbers have fewer digits, but means still are between their arguments.
#[test]
fn denormal_densities_have_means() {
    for mean in Mean::ALL {
        for (s, t) in [(5e-324, 5e-324), (1e-310, 1e-310), (1e-310, 3e-310), (2e-309, 1e-300)] {
            let theta = mean.value(s, t);
            assert!(0.999 * s <= theta && theta <= 1.001 * t, "{mean:?} of {s:e} and {t:e}: {theta:e}");
            assert_eq!(theta, mean.value(t, s));
        }
    }
}

#[test]
fn one_empty_end_stops_all_but_the_arithmetic_mean() {
    const INF: f64 = f64::INFINITY;
    for mean in [Mean::Logarithmic, Mean::Geometric] {
        assert_eq!(all(mean, 0.0, 2.0), [0.0, INF, 0.0, -INF, INF, 0.0], "{mean:?}");
        assert_eq!(all(mean, 2.0, 0.0), [0.0, 0.0, INF, 0.0, INF, -INF], "{mean:?}");
    }
    // 2st/(s+t) has slope 2 in the empty end, and bends there by -4/t
    assert_eq!(all(Mean::Harmonic, 0.0, 2.0), [0.0, 2.0, 0.0, -2.0, 0.0, 0.0]);
    assert_eq!(all(Mean::Harmonic, 2.0, 0.0), [0.0, 0.0, 2.0, 0.0, 0.0, -2.0]);
}

#[test]
fn the_origin_has_the_slope_of_the_diagonal() {
    for mean in Mean::ALL {
        assert_eq!(mean.gradient(0.0, 0.0), (0.0, 0.5, 0.5), "{mean:?}");
    }
    for mean in [Mean::Logarithmic, Mean::Geometric, Mean::Harmonic] {
        assert_eq!(mean.hessian(0.0, 0.0), (f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY));
    }
}

#[test]
fn densities_at_both_ends_of_the_range() {
    // ln(1e300/1e-300) = 600 ln 10, though the quotient itself overflows
    let exact = 1e300 / (600.0 * std::f64::consts::LN_10);
    let (theta, theta_s, _) = Mean::Logarithmic.gradient(1e300, 1e-300);
    assert!(relative_error(theta, exact) <= ROUNDING);
    // theta_s = (1 - theta/s)/l
    let l = 600.0 * std::f64::consts::LN_10;
    assert!(relative_error(theta_s, (1.0 - 1.0 / l) / l) <= ROUNDING);
    let (_, mixed, _) = Mean::Logarithmic.hessian(1e300, 1e-300);
    // the larger reciprocal decides: theta_st = (l - 2)/(t l^3)
    assert!(relative_error(mixed, 1e300 * (l - 2.0) / (l * l * l)) <= ROUNDING, "{mixed:e}");
}

#[test]
fn names_are_distinct_and_the_default_is_logarithmic() {
    let names: std::collections::BTreeSet<_> = Mean::ALL.iter().map(|mean| mean.name()).collect();
    assert_eq!(names.len(), Mean::ALL.len());
    assert_eq!(Mean::default(), Mean::Logarithmic);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn are_symmetric((s, t) in densities()) {
        for mean in Mean::ALL {
            let [theta, theta_s, theta_t, ss, st, tt] = all(mean, s, t);
            let swapped = all(mean, t, s);
            for (there, back) in swapped.into_iter().zip([theta, theta_t, theta_s, tt, st, ss]) {
                let error = relative_error(there, back);
                prop_assert!(error <= 2.0 * ROUNDING, "{mean:?}: {there:e} {back:e}");
            }
        }
    }

    /// Scaling by a power of two is exact, so a homogeneous function follows it to rounding.
    #[test]
    fn are_homogeneous((s, t) in densities(), power in -40i32..40) {
        let c = 2f64.powi(power);
        for mean in Mean::ALL {
            let [theta, theta_s, theta_t, ss, st, tt] = all(mean, s, t);
            let expected = [c * theta, theta_s, theta_t, ss / c, st / c, tt / c];
            for (found, exact) in all(mean, c * s, c * t).into_iter().zip(expected) {
                let error = relative_error(found, exact);
                prop_assert!(error <= 2.0 * ROUNDING, "{mean:?}: {found:e} {exact:e}");
            }
        }
    }

    /// Euler: `s theta_s + t theta_t = theta`, and the Hessian sends `(s, t)` to zero.
    #[test]
    fn satisfy_eulers_identities((s, t) in densities()) {
        for mean in Mean::ALL {
            let [theta, theta_s, theta_t, ss, st, tt] = all(mean, s, t);
            prop_assert!(relative_error(s * theta_s + t * theta_t, theta) <= 2.0 * ROUNDING, "{mean:?}");
            prop_assert!((s * ss + t * st).abs() <= ROUNDING * t * st, "{mean:?}");
            prop_assert!((s * st + t * tt).abs() <= ROUNDING * s * st, "{mean:?}");
        }
    }

    /// Concave, increasing, and ordered: harmonic, geometric, logarithmic, arithmetic.
    #[test]
    fn are_concave_increasing_and_ordered((s, t) in densities()) {
        for mean in Mean::ALL {
            let [_, theta_s, theta_t, ss, st, tt] = all(mean, s, t);
            prop_assert!(theta_s >= 0.0 && theta_t >= 0.0 && ss <= 0.0 && st >= 0.0 && tt <= 0.0);
        }
        let ascending = [Mean::Harmonic, Mean::Geometric, Mean::Logarithmic, Mean::Arithmetic];
        for pair in ascending.windows(2) {
            let (low, high) = (pair[0].value(s, t), pair[1].value(s, t));
            prop_assert!(low <= high * (1.0 + 2.0 * ROUNDING), "{pair:?}: {low:e} {high:e}");
        }
    }

    /// Central differences: of the value for the slopes, of the slopes for the second derivatives.
    #[test]
    fn derivatives_are_limits_of_differences(s in 0.05..20.0f64, t in 0.05..20.0f64) {
        let h = 1e-5 * s;
        for mean in Mean::ALL {
            let [_, theta_s, _, ss, st, _] = all(mean, s, t);
            let (below, above) = (mean.gradient(s - h, t), mean.gradient(s + h, t));
            let difference = |high: f64, low: f64| (high - low) / (2.0 * h);
            prop_assert!((difference(above.0, below.0) - theta_s).abs() <= 1e-7 * (1.0 + t / s));
            prop_assert!((difference(above.1, below.1) - ss).abs() <= 1e-6 * (1.0 + t / s) / s);
            prop_assert!((difference(above.2, below.2) - st).abs() <= 1e-6 * (1.0 + t / s) / s);
        }
    }
}
