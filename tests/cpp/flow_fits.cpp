/* Fits of the flow and of counts, and forecasts, against closed forms and against what was hidden. */
#include "expect.hpp"

using namespace jkoflow;

/* Heat on the complete graph: `mu(t) = pi + exp(-n c n beta t) (mu(0) - pi)` for conductances c, pi =
 * 1/n: every number that a fit of the entropy coefficient has to find is known. */
struct Heat {
    static constexpr double BETA = 1.5;
    Graph graph = Graph::complete(4, Reference::uniform);
    Terms terms;
    std::vector<double> start{0.4, 0.3, 0.2, 0.1}, times{0.0, 0.3, 0.6, 0.9};
    std::vector<std::vector<double>> snapshots;

    Heat() {
        terms.add_entropy();
        for (double time : times) {
            snapshots.push_back(mass(time));
        }
    }

    double rate() const { return 16.0 * graph.conductance().at(0); }

    std::vector<double> mass(double time) const {
        std::vector<double> mass;
        for (double m : start) {
            mass.push_back(0.25 + std::exp(-rate() * BETA * time) * (m - 0.25));
        }
        return mass;
    }

    /* The derivative of `mass` in beta, of a flow that sets out at `mass(since)`. */
    std::vector<double> sensitivity(double time, double since) const {
        std::vector<double> sensitivity;
        for (double m : mass(time)) {
            sensitivity.push_back(-rate() * (time - since) * (m - 0.25));
        }
        return sensitivity;
    }
};

static void flow_of_heat_is_fitted(const Heat &heat) {
    FlowFit fit(heat.graph, heat.terms);
    const FlowFitted fitted = fit.add_trajectory(heat.times, heat.snapshots).solve();
    EXPECT(fitted.pairs() == 3 && fitted.residuals().size() == 3 && fitted.residual() < 1e-16);
    EXPECT(fitted.explained() > 1.0 - 1e-12 && fitted.explained() <= 1.0);
    const Estimate estimate = fitted.estimate();
    EXPECT(estimate.converged() && estimate.status() == JKO_STATUS_OK && estimate.iterations() > 0);
    EXPECT(near(estimate.entropy(), Heat::BETA, 1e-8) && estimate.parameter_count() == 1);
    EXPECT(estimate.potential() == std::vector<double>(4, 0.0));
    EXPECT(estimate.parameter_name(0) == "entropy" && estimate.parameter_name(1).empty());
    EXPECT(estimate.unidentified().empty());
}

/* Standard errors of a forecast are those of beta times the derivative of the flow. */
static void heat_is_forecast(const Heat &heat) {
    /* misfits, so that there is something not to know */
    std::vector<std::vector<double>> snapshots = heat.snapshots;
    for (std::size_t k = 1; k < snapshots.size(); k++) {
        snapshots[k][k] += 1e-3;
        snapshots[k][0] -= 1e-3;
    }
    FlowFit fit(heat.graph, heat.terms);
    const Estimate estimate = fit.add_trajectory(heat.times, snapshots).solve().estimate();
    const double error = estimate.standard_errors().at(0), beta = estimate.entropy();
    EXPECT(std::abs(beta - Heat::BETA) < 0.1 && error > 0.0 && error < 0.1);
    EXPECT(near(estimate.covariance()(0, 0), error * error, 1e-12 * error * error));

    FlowOptions fine;
    fine.tolerance = 1e-11;
    const double span = 0.8;
    const Forecast forecast = estimate.forecast(heat.start, {2.0, 2.0 + span}, fine);
    EXPECT(forecast.count() == 2 && forecast.times() == (std::vector<double>{2.0, 2.0 + span}));
    /* as fast as the coefficient says: the true flow at another time */
    const double time = span * beta / Heat::BETA;
    EXPECT(near(forecast.masses().row(0), heat.start, 1e-15));
    EXPECT(near(forecast.masses().row(1), heat.mass(time), 1e-9));
    const std::vector<double> sensitivity = heat.sensitivity(time, 0.0);
    const Band band = forecast.band(1, 3.0);
    for (std::size_t x = 0; x < 4; x++) {
        const double mass = forecast.masses()(1, x), found = forecast.standard_errors()(1, x);
        EXPECT(near(found, error * std::abs(sensitivity[x]) * Heat::BETA / beta, 1e-7 * error));
        EXPECT(forecast.standard_errors()(0, x) == 0.0);
        EXPECT(near(std::log(band.upper[x] / mass), 3.0 * found / mass, 1e-12));
        EXPECT(near(std::log(mass / band.lower[x]), 3.0 * found / mass, 1e-12));
    }

    /* the scheme of JKO steps is that of the energy */
    Energy energy = estimate.energy();
    const Forecast steps = estimate.forecast_steps(heat.start, 0.05, 2, {}, 2);
    const Step first = energy.step(heat.start, 0.05);
    EXPECT(steps.times() == (std::vector<double>{0.0, 0.05, 0.1}));
    EXPECT(near(steps.masses().row(1), first.mass, 1e-9));
    EXPECT(near(steps.masses().row(2), energy.step(first.mass, 0.05).mass, 1e-9));
    EXPECT(steps.standard_errors()(1, 0) > 0.0);
}

static void counts_of_heat_are_fitted(const Heat &heat) {
    const double individuals = 1e9;
    std::vector<std::vector<double>> counts = heat.snapshots;
    for (std::vector<double> &row : counts) {
        for (double &count : row) {
            count *= individuals;
        }
    }
    CountFit fit(heat.graph, heat.terms);
    const CountFitted fitted = fit.add_trajectory(heat.times, counts).solve({}, {}, 2);
    const Estimate estimate = fitted.estimate();
    /* one pseudo-count in 1e9, and the tolerance of the integration */
    EXPECT(estimate.converged() && near(estimate.entropy(), Heat::BETA, 1e-6));
    EXPECT(near(fitted.start(0), heat.start, 1e-6) && fitted.deviance() < 1e-3);
    /* three free shares in each of the three snapshots that follow the first */
    EXPECT(fitted.degrees_of_freedom() == 9 - 1);

    /* whatever is seen at the start alone, the last snapshot of 1e9 tells no more than its own scatter
     */
    const Forecast forecast = fitted.forecast(0, {0.0, 0.9, 1.5});
    EXPECT(near(forecast.masses().row(0), fitted.start(0), 1e-12));
    EXPECT(near(forecast.masses().row(1), heat.mass(0.9), 1e-6));
    EXPECT(near(forecast.masses().row(2), heat.mass(1.5), 1e-6));
    for (std::size_t x = 0; x < 4; x++) {
        const double m = heat.start[x], error = forecast.standard_errors()(0, x);
        EXPECT(error > 0.0 && error < std::sqrt(m * (1.0 - m) / individuals));
    }
}

/* A potential and the entropy, seen in three trajectories with steps that are not small. */
struct Process {
    Graph graph = Graph::cycle(5, Reference::uniform);
    std::vector<double> potential{0.3, -0.2, 0.1, -0.2, 0.0}, times{0.0, 0.3, 0.6, 0.9, 1.2};
    double beta = 0.8;
    Energy energy{graph};
    std::vector<Matrix> trajectories;

    Process() {
        energy.set_potential(potential).set_entropy(beta);
        for (const std::vector<double> &start : {std::vector<double>{0.4, 0.2, 0.1, 0.1, 0.2},
                                                 {0.1, 0.1, 0.5, 0.2, 0.1},
                                                 {0.3, 0.1, 0.1, 0.3, 0.2}}) {
            trajectories.push_back(flow(start, times));
        }
    }

    Matrix flow(const std::vector<double> &start, const std::vector<double> &at) const {
        FlowOptions fine;
        fine.tolerance = 1e-11;
        return Flow(energy, start, at, fine).masses();
    }

    template <class Problem> Problem seen(Problem problem) const {
        for (const Matrix &trajectory : trajectories) {
            problem.add_trajectory(times, trajectory);
        }
        return problem;
    }

    bool is_found(const Estimate &estimate, double tolerance) const {
        std::vector<double> parameters = potential;
        parameters.push_back(beta);
        return estimate.converged() && near(estimate.potential(), potential, tolerance) &&
               near(estimate.entropy(), beta, tolerance) &&
               near(estimate.parameters(), parameters, tolerance);
    }
};

static void hidden_energy_is_found(const Process &process) {
    FlowFit fit = process.seen(FlowFit(process.graph));
    const FlowFitted fitted = fit.solve();
    const Estimate estimate = fitted.estimate();
    EXPECT(process.is_found(estimate, 1e-6) && fitted.pairs() == 12);
    /* the same from nothing, by the other errors, on two threads */
    FlowFitOptions options;
    options.noise = Noise::sandwich;
    FlowFit other = process.seen(FlowFit(process.graph, options));
    std::vector<double> no_ridge;
    no_ridge.reserve(2);
    EXPECT(process.is_found(other.solve(no_ridge, std::vector<double>(6, 0.0), 2).estimate(), 1e-6));
    /* a ridge shrinks it */
    const double shrunk = fit.solve({0.0, 1.0}).estimate().entropy();
    EXPECT(shrunk > 0.0 && shrunk < process.beta - 0.01);

    const std::vector<double> errors = estimate.standard_errors();
    const Matrix covariance = estimate.covariance();
    EXPECT(covariance.rows() == 6 && covariance.cols() == 6);
    for (std::size_t p = 0; p < 6; p++) {
        EXPECT(near(covariance(p, p), errors[p] * errors[p], 1e-12 * covariance(p, p)));
        for (std::size_t q = 0; q < p; q++) {
            EXPECT(near(covariance(p, q), covariance(q, p), 1e-9 * errors[p] * errors[q]));
        }
    }
    double total = 0.0;
    for (double residual : fitted.residuals()) {
        total += residual;
    }
    EXPECT(near(total, fitted.residual(), 1e-12 * total));

    /* what is foretold is the flow of the hidden energy */
    const std::vector<double> start = process.trajectories[1].row(4), later{1.2, 1.5, 4.0};
    const Forecast forecast = estimate.forecast(start, later);
    EXPECT(near(forecast.masses().values(), process.flow(start, later).values(), 1e-6));

    FlowFitOptions hasty;
    hasty.max_iterations = 1;
    FlowFit unfinished = process.seen(FlowFit(process.graph, hasty));
    const Estimate early = unfinished.solve({}, std::vector<double>(6, 0.0)).estimate();
    EXPECT(!early.converged() && early.status() == JKO_STATUS_ITERATION_LIMIT);
}

/* A forecast is under the mean of the fit, and another one is refused. */
static void the_mean_is_kept(const Process &process) {
    const std::vector<double> start = process.trajectories[0].row(0);
    FlowFitOptions options;
    options.mean = Mean::harmonic;
    FlowFit problem(process.graph, Terms().add_entropy(), options);
    problem.add_trajectory(process.times, process.trajectories[0]);
    const Estimate estimate = problem.solve().estimate();
    EXPECT(estimate.mean() == Mean::harmonic);
    FlowOptions own, other;
    own.mean = Mean::harmonic;
    const Flow flow(estimate.energy(), start, process.times, own);
    EXPECT(near(estimate.forecast(start, process.times).masses().values(), flow.masses().values(), 1e-6));
    EXPECT(near(estimate.forecast(start, process.times, own).masses().values(), flow.masses().values(),
                1e-6));
    EXPECT(thrown([&] { estimate.forecast(start, process.times, other); }) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(estimate.forecast_steps(start, 0.1, 1).count() == 2);
    EXPECT(thrown([&] { estimate.forecast_steps(start, 0.1, 1, {}); }) == JKO_STATUS_INVALID_ARGUMENT);
    CountFit counting(process.graph);
    EXPECT(thrown([&] { counting.add_trajectory(process.times, process.trajectories[0]); }) ==
           JKO_STATUS_INVALID_ARGUMENT);
}

/* A quadratic fit forecasts as the energy that it learned flows. */
static void quadratic_fits_forecast(const Process &process) {
    const Fitted fitted = process.seen(Fit(process.graph)).solve();
    const std::vector<double> start = process.trajectories[0].row(0);
    const Forecast forecast = fitted.forecast(start, process.times);
    const Flow flow(fitted.energy(), start, process.times);
    EXPECT(near(forecast.masses().values(), flow.masses().values(), 1e-6));
    EXPECT(forecast.standard_errors()(4, 0) > 0.0);
    /* with the bias of steps of 0.3 */
    EXPECT(near(forecast.masses().row(4), process.trajectories[0].row(4), 5e-3));
}

/* Everything lives on when what it was made from has ended. */
static void results_outlive_what_made_them(const Heat &heat) {
    const Forecast forecast = [&] {
        const Estimate estimate = [&] {
            const FlowFitted fitted = [&] {
                const Graph graph = Graph::complete(4, Reference::uniform);
                FlowFit fit(graph, Terms().add_entropy());
                return fit.add_trajectory(heat.times, heat.snapshots).solve();
            }();
            return fitted.estimate();
        }();
        return estimate.forecast(heat.start, heat.times);
    }();
    EXPECT(near(forecast.masses().row(3), heat.snapshots[3], 1e-7));
}

static void wrong_input_is_refused(const Heat &heat) {
    const auto flow_options = [&](double mixing, int noise) {
        FlowFitOptions options;
        options.mixing = mixing;
        options.noise = static_cast<Noise>(noise);
        return thrown([&] { FlowFit(heat.graph, heat.terms, options); });
    };
    EXPECT(flow_options(0.1, 1) == JKO_STATUS_OK);
    EXPECT(flow_options(1.0, 0) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(flow_options(0.1, 7) == JKO_STATUS_INVALID_ARGUMENT);
    CountFitOptions none;
    none.pseudo_counts = 0.0;
    EXPECT(thrown([&] { CountFit(heat.graph, none); }) == JKO_STATUS_BAD_VALUE);
    EXPECT(thrown([&] { FlowFit(heat.graph, Terms()); }) == JKO_STATUS_INVALID_ARGUMENT);

    FlowFit fit(heat.graph, heat.terms);
    EXPECT(thrown([&] { fit.solve(); }) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(thrown([&] { fit.add_trajectory({0.0}, heat.snapshots); }) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(thrown([&] {
               fit.add_trajectory({0.0, 0.0}, {heat.start, heat.start});
           }) == JKO_STATUS_BAD_VALUE);
    fit.add_trajectory(heat.times, heat.snapshots);
    EXPECT(thrown([&] { fit.solve({0.0, 0.0}); }) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(thrown([&] { fit.solve({-1.0}); }) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(thrown([&] { fit.solve({}, {1.0, 1.0}); }) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(thrown([&] { fit.solve({}, {}, 0); }) == JKO_STATUS_INVALID_ARGUMENT);

    CountFit counts(heat.graph, heat.terms);
    try {
        counts.add_trajectory({0.0, 1.0}, {{4, 3, 2, 1}, {3, 3, -2, 2}});
        EXPECT(false);
    } catch (const Error &error) {
        EXPECT(error.status() == JKO_STATUS_BAD_VALUE);
        EXPECT(std::string(error.what()).find("counts[1]") != std::string::npos);
    }
    const CountFitted fitted =
        counts.add_trajectory({0.5, 1.0}, {{40, 30, 20, 10}, {30, 28, 22, 20}}).solve();
    EXPECT(thrown([&] { fitted.start(1); }) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(thrown([&] { fitted.forecast(1, {0.5, 1.0}); }) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(thrown([&] { fitted.forecast(0, {0.0, 1.0}); }) == JKO_STATUS_INVALID_ARGUMENT);

    const Estimate estimate = fitted.estimate();
    EXPECT(thrown([&] { estimate.forecast({0.5, 0.5}, {0.0, 1.0}); }) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(thrown([&] { estimate.forecast({1.0, 0.0, 0.0, 0.0}, {0.0, 1.0}); }) == JKO_STATUS_BAD_VALUE);
    EXPECT(thrown([&] { estimate.forecast_steps(heat.start, -1.0, 1); }) == JKO_STATUS_INVALID_ARGUMENT);
    const Forecast forecast = estimate.forecast(heat.start, {0.0, 1.0});
    EXPECT(thrown([&] { forecast.band(2); }) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(thrown([&] { forecast.band(1, HUGE_VAL); }) == JKO_STATUS_BAD_VALUE);
}

int main() {
    const Heat heat;
    flow_of_heat_is_fitted(heat);
    heat_is_forecast(heat);
    counts_of_heat_are_fitted(heat);
    const Process process;
    hidden_energy_is_found(process);
    the_mean_is_kept(process);
    quadratic_fits_forecast(process);
    results_outlive_what_made_them(heat);
    wrong_input_is_refused(heat);
    return verdict("flow_fits");
}
