/* Options by name, as C++20 writes them. */
#include <jkoflow.hpp>

double distance(const jkoflow::Graph &graph, const std::vector<double> &mu0,
                const std::vector<double> &mu1) {
    const jkoflow::Geodesic path(graph, mu0, mu1, {.tolerance = 1e-6, .mean = jkoflow::Mean::geometric});
    return path.bounds({.gap = 1e-3}).upper;
}

double coefficient(const jkoflow::Fit &fit) { return fit.solve({.potential = 0.1}).entropy(); }

double learned(const jkoflow::Graph &graph, const std::vector<std::vector<double>> &counts,
               const jkoflow::CancelToken &token) {
    jkoflow::CountFit fit(graph, {.pseudo_counts = 0.5, .cancel = &token});
    jkoflow::FlowFit flow(graph, {.mixing = 0.1, .noise = jkoflow::Noise::sandwich, .progress = {}});
    flow.add_trajectory({0.0, 1.0}, counts);
    return fit.add_trajectory({0.0, 1.0}, counts).solve().estimate().entropy();
}
