/* Learns how strongly mass spreads from three snapshots of a heat flow with the coefficient 0.7. */
#include "check.h"

enum { NODES = 6, TIMES = 3 };

int main(void) {
    const double start[NODES] = {0.4, 0.2, 0.1, 0.1, 0.1, 0.1}, times[TIMES] = {0.0, 0.01, 0.02};
    double snapshots[TIMES][NODES];
    jko_graph *graph = NULL;
    jko_energy *hidden = NULL;
    jko_flow *flow = NULL;
    jko_fit *fit = NULL;
    jko_fitted *fitted = NULL;
    jko_fit_options options;

    check(jko_graph_path(NODES, JKO_REFERENCE_UNIFORM, &graph), "graph");
    check(jko_energy_new(graph, &hidden), "energy");
    check(jko_energy_set_entropy(hidden, 0.7), "entropy");
    check(jko_flow_simulate(hidden, start, NODES, times, TIMES, NULL, &flow), "flow");
    check(jko_flow_masses(flow, &snapshots[0][0], TIMES, NODES, NODES, 1), "snapshots");

    check(jko_fit_options_init(&options, sizeof options), "options");
    options.terms = JKO_TERM_ENTROPY;
    check(jko_fit_new(graph, &options, &fit), "fit");
    check(jko_fit_add_trajectory(fit, times, TIMES, &snapshots[0][0], TIMES, NODES, NODES, 1, 1), "steps");
    check(jko_fit_solve(fit, NULL, &fitted), "solve");
    printf("entropy coefficient %.4f, explains %.4f\n", jko_fitted_entropy(fitted),
           jko_fitted_explained(fitted));
    jko_fitted_free(fitted);
    jko_fit_free(fit);
    jko_flow_free(flow);
    jko_energy_free(hidden);
    jko_graph_free(graph);
    return EXIT_SUCCESS;
}
