/* The heat flow is the gradient flow of the entropy: mass spreads until every node has its share. */
#include "check.h"

enum { NODES = 5, TIMES = 4 };

int main(void) {
    const double start[NODES] = {0.6, 0.1, 0.1, 0.1, 0.1}, times[TIMES] = {0.0, 0.5, 2.0, 20.0};
    double masses[TIMES][NODES], energies[TIMES];
    int k;
    jko_graph *graph = NULL;
    jko_energy *energy = NULL;
    jko_flow *flow = NULL;

    check(jko_graph_cycle(NODES, JKO_REFERENCE_UNIFORM, &graph), "graph");
    check(jko_energy_new(graph, &energy), "energy");
    check(jko_energy_set_entropy(energy, 1.0), "entropy");
    check(jko_flow_simulate(energy, start, NODES, times, TIMES, NULL, &flow), "flow");
    check(jko_flow_masses(flow, &masses[0][0], TIMES, NODES, NODES, 1), "masses");
    check(jko_flow_energies(flow, energies, TIMES), "energies");
    for (k = 0; k < TIMES; k++) {
        printf("t = %4.1f: first node %.6f, energy %.6f\n", times[k], masses[k][0], energies[k]);
    }
    jko_flow_free(flow);
    jko_energy_free(energy);
    jko_graph_free(graph);
    return EXIT_SUCCESS;
}
