/*
 * Simulates a process that descends a known free energy on a ring of eight nodes, learns the energy
 * from its snapshots, and follows the learned energy to see where it leads.
 *
 * After `./install.sh PREFIX`:
 *
 *   cc -std=c99 -IPREFIX/include examples/c/quickstart.c -LPREFIX/lib -Wl,-rpath,PREFIX/lib \
 *      -ljkoflow -o quickstart
 */
#include "check.h"

enum { NODES = 8, TIMES = 11 };

int main(void) {
    jko_graph *graph = NULL;
    jko_energy *truth = NULL, *learned = NULL;
    jko_flow *flow = NULL, *replay = NULL;
    jko_geodesic *geodesic = NULL;
    jko_fit *fit = NULL;
    jko_fitted *fitted = NULL;
    double hills[NODES], mu0[NODES], times[TIMES], snapshots[TIMES][NODES];
    double found[NODES], end[NODES], miss = 0.0;
    int x, k;

    if (jko_abi_version() != JKO_ABI_VERSION) {
        fprintf(stderr, "this program was compiled for another version of the library\n");
        return EXIT_FAILURE;
    }
    for (x = 0; x < NODES; x++) {
        hills[x] = 0.25 * ((x * x) % 5) - 0.5;
        mu0[x] = (x + 1) / 36.0;
    }
    for (k = 0; k < TIMES; k++) {
        times[k] = 0.05 * k;
    }

    /* a process that descends a known energy ... */
    check(jko_graph_cycle(NODES, JKO_REFERENCE_UNIFORM, &graph), "graph");
    check(jko_energy_new(graph, &truth), "energy");
    check(jko_energy_set_potential(truth, hills, NODES), "potential");
    check(jko_energy_set_entropy(truth, 0.5), "entropy");
    check(jko_flow_simulate(truth, mu0, NODES, times, TIMES, NULL, &flow), "flow");
    check(jko_flow_masses(flow, &snapshots[0][0], TIMES, NODES, NODES, 1), "snapshots");

    /* ... how far it went ... */
    check(jko_geodesic_solve(graph, mu0, NODES, snapshots[TIMES - 1], NODES, NULL, &geodesic),
          "geodesic");

    /* ... the energy that is learned from what was seen ... */
    check(jko_fit_new(graph, NULL, &fit), "fit");
    check(jko_fit_add_trajectory(fit, times, TIMES, &snapshots[0][0], TIMES, NODES, NODES, 1, 1),
          "trajectory");
    check(jko_fit_solve(fit, NULL, &fitted), "solve");
    check(jko_fitted_potential(fitted, found, NODES), "learned potential");

    /* ... and where that leads */
    check(jko_fitted_energy(fitted, &learned), "learned energy");
    check(jko_flow_simulate(learned, mu0, NODES, times, TIMES, NULL, &replay), "replay");
    check(jko_flow_mass(replay, TIMES - 1, end, NODES), "last mass");
    for (x = 0; x < NODES; x++) {
        double difference = end[x] - snapshots[TIMES - 1][x];
        difference = difference < 0.0 ? -difference : difference;
        miss = difference > miss ? difference : miss;
    }

    printf("jkoflow %s on a ring of %d nodes\n", jko_version(), (int)jko_graph_nodes(graph));
    printf("distance from start to end:   %.12g (relative error about %.0e)\n",
           jko_geodesic_distance(geodesic), jko_geodesic_error_estimate(geodesic));
    printf("entropy coefficient learned:  %.12g (0.5 was hidden)\n", jko_fitted_entropy(fitted));
    printf("explained share of motion:    %.12g\n", jko_fitted_explained(fitted));
    printf("largest miss of the replay:   %.12g\n", miss);
    printf("node  hidden V  learned V\n");
    for (x = 0; x < NODES; x++) {
        printf("%4d  %8.4f  %9.4f\n", x, hills[x], found[x]);
    }

    jko_flow_free(replay);
    jko_energy_free(learned);
    jko_fitted_free(fitted);
    jko_fit_free(fit);
    jko_geodesic_free(geodesic);
    jko_flow_free(flow);
    jko_energy_free(truth);
    jko_graph_free(graph);
    return EXIT_SUCCESS;
}
