/* Finds the installed headers and library: what was hidden in a flow is learned and foretold. */
#include <cmath>
#include <iostream>

#include <jkoflow.hpp>

int main() {
    jkoflow::check_version();
    const jkoflow::Graph ring = jkoflow::Graph::cycle(4, jkoflow::Reference::uniform);
    jkoflow::Energy hidden(ring);
    hidden.set_potential({0.2, -0.1, -0.2, 0.1}).set_entropy(0.5);
    const jkoflow::Matrix seen = jkoflow::Flow(hidden, {0.4, 0.3, 0.2, 0.1}, {0.0, 0.2, 0.4}).masses();
    jkoflow::FlowFit fit(ring);
    const jkoflow::Estimate learned = fit.add_trajectory({0.0, 0.2, 0.4}, seen).solve().estimate();
    const jkoflow::Forecast forecast = learned.forecast(seen.row(2), {0.4, 1.0});
    const double truth = jkoflow::Flow(hidden, seen.row(2), {0.4, 1.0}).mass(1)[0];
    if (std::abs(learned.entropy() - 0.5) > 1e-5 || std::abs(forecast.masses()(1, 0) - truth) > 1e-5) {
        std::cerr << "learned " << learned.entropy() << '\n';
        return 1;
    }
    std::cout << "learned and foretold\n";
    return 0;
}
