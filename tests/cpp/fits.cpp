/* Learning: what was hidden in a flow is found, and every way to the same data gives the same energy. */
#include "expect.hpp"

using namespace jkoflow;

static const std::vector<double> hidden{0.3, -0.2, 0.1, -0.2, 0.0};
static const double BETA = 0.5;

struct Process {
    Graph graph = Graph::cycle(5, Reference::uniform);
    std::vector<double> times;
    Matrix snapshots;

    Process() {
        for (int k = 0; k <= 20; k++) {
            times.push_back(0.02 * k);
        }
        Energy energy(graph);
        energy.set_potential(hidden).set_entropy(BETA);
        snapshots = Flow(energy, {0.4, 0.2, 0.1, 0.1, 0.2}, times).masses();
    }
};

static void hidden_energy_is_found(const Process &process) {
    Fit fit(process.graph);
    const Fitted fitted = fit.add_trajectory(process.times, process.snapshots).solve();
    /* the symmetric loss is of second order in the step */
    EXPECT(near(fitted.entropy(), BETA, 2e-3) && near(fitted.potential(), hidden, 2e-3));
    EXPECT(fitted.explained() > 0.9999 && fitted.explained() <= 1.0 && fitted.pairs() == 20);
    EXPECT(near(fitted.explained_of(fit), fitted.explained(), 1e-9));
    EXPECT(fitted.heat_explained() < fitted.explained() && std::isfinite(fitted.heat_entropy()));
    double total = 0.0;
    for (double residual : fitted.residuals()) {
        total += residual;
    }
    EXPECT(near(total, fitted.residual(), 1e-9 * (1.0 + total)));
    EXPECT(fitted.parameter_count() == 6 && fitted.parameters().back() == fitted.entropy());
    EXPECT(fitted.parameter_name(0) == "potential[0]" && fitted.parameter_name(6).empty());
    EXPECT(fitted.unidentified().empty());
    const std::vector<double> errors = fitted.standard_errors();
    EXPECT(near(errors[5] * errors[5], fitted.covariance(5, 5), 1e-12));
    Energy energy = fitted.energy();
    EXPECT(near(Flow(energy, process.snapshots.row(0), process.times).mass(20),
                process.snapshots.row(20), 1e-4));
}

static void same_data_same_energy(const Process &process) {
    /* the symmetric loss looks at the neighbours of a step, which other parts have */
    FitOptions options;
    options.loss = Loss::backward;
    Fit whole(process.graph, options);
    whole.add_trajectory(process.times, process.snapshots, 2);
    Ridge ridge;
    ridge.potential = 0.1;
    const std::vector<double> expected = whole.solve(ridge).parameters();

    Fit pairs(process.graph, options);
    for (const Geodesic &path : geodesics(process.graph, process.snapshots)) {
        pairs.add_pair(path, 0.02);
    }
    EXPECT(pairs.pairs() == 20 && near(pairs.solve(ridge).parameters(), expected, 1e-6));

    Fit early(process.graph, options), late(process.graph, options), summed(process.graph, options);
    const double *middle = process.snapshots.data() + 10 * 5;
    early.add_trajectory({process.times.data(), 11}, {process.snapshots.data(), 11, 5});
    late.add_trajectory({process.times.data() + 10, 11}, {middle, 11, 5});
    summed.add_statistics(early.statistics()).add_statistics(late.statistics());
    EXPECT(near(summed.solve(ridge).parameters(), expected, 1e-6));
    EXPECT(near(early.merge(late).solve(ridge).parameters(), expected, 1e-6));

    Terms terms;
    terms.add_potential().add_entropy();
    Fit listed(process.graph, terms, options);
    listed.add_trajectory(process.times, process.snapshots);
    EXPECT(near(listed.solve_with({0.1, 0.0}).parameters(), expected, 1e-9));
    const CrossValidation both = listed.cross_validate(4, {1e-6, 0.0}, {1, 1});
    const CrossValidation heat = listed.cross_validate(4, {1e-6, 0.0}, {0, 1}, true);
    EXPECT(both.explained > 0.99 && both.explained <= 1.0 && both.standard_error >= 0.0);
    EXPECT(heat.explained < both.explained);
}

/* A term each, alone or beside the entropy, that the data determine. */
static void every_term_can_be_learned(const Process &process) {
    const std::vector<std::vector<double>> hops{
        {0, 1, 2, 2, 1}, {1, 0, 1, 2, 2}, {2, 1, 0, 1, 2}, {2, 2, 1, 0, 1}, {1, 2, 2, 1, 0}};
    const auto explained = [&](const Terms &terms) {
        Fit fit(process.graph, terms);
        return fit.add_trajectory(process.times, process.snapshots).solve().parameters().size();
    };
    Terms terms;
    terms.add_entropy();
    terms.add_potential_in({hidden});
    EXPECT(explained(terms) == 2);
    EXPECT(explained(Terms().add_power(2.0)) == 1);
    EXPECT(explained(Terms().add_interaction_by_hops(2)) == 2);
    EXPECT(explained(Terms().add_interaction_by_distance(hops, {0.5, 1.5, 2.5})) == 2);
    EXPECT(explained(Terms().add_interaction_radial(hops, {0.0, 2.0}, 1.0)) == 2);
    EXPECT(explained(Terms().add_interaction_matrix("hops", hops)) == 1);
    Terms full;
    Fit fit(process.graph, full.add_full_interaction());
    EXPECT(fit.add_trajectory(process.times, process.snapshots).solve_with({0.1}).parameters().size() ==
           15);

    /* the entropy between bounds, which its own coefficient exceeds */
    Terms bounded;
    bounded.add_potential().add_entropy().set_bounds(1, 0.0, 0.4);
    Fit held(process.graph, bounded);
    EXPECT(near(held.add_trajectory(process.times, process.snapshots).solve_with({1e-6, 0.0}).entropy(),
                0.4, 1e-9));

    /* the hidden potential as a functional of one's own: its first variation is itself, everywhere */
    Terms given;
    given.add_entropy().add_given("mine", 1);
    Fit own(process.graph, given);
    const std::vector<std::vector<double>> variations(process.times.size(), hidden);
    own.add_trajectory_with(process.times, process.snapshots, variations);
    EXPECT(near(own.solve().parameters(), {BETA, 1.0}, 1e-2));
}

/* The gradient of the loss against its differences. */
static void loss_has_its_gradient(const Process &process) {
    const SnapshotLoss loss(process.graph, process.times, process.snapshots);
    std::vector<std::vector<double>> variations(process.times.size(), hidden);
    const LossValue here = loss.evaluate(variations);
    const double h = 1e-3;
    for (std::size_t x = 0; x < hidden.size(); x++) {
        variations[7][x] = hidden[x] + h;
        const double above = loss.evaluate(variations).value;
        variations[7][x] = hidden[x] - h;
        const double below = loss.evaluate(variations).value;
        variations[7][x] = hidden[x];
        /* exact for a quadratic, up to rounding */
        EXPECT(near(here.gradient(7, x), (above - below) / (2.0 * h), 1e-9 * (1.0 + here.value) / h));
    }
}

int main() {
    const Process process;
    hidden_energy_is_found(process);
    same_data_same_energy(process);
    every_term_can_be_learned(process);
    loss_has_its_gradient(process);
    return verdict("fits");
}
