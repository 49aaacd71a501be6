/* Many distances on one graph: a solver keeps what they have in common. */
#include "check.h"

enum { NODES = 12 };

int main(void) {
    double flat[NODES], bump[NODES];
    int centre, x;
    jko_graph *graph = NULL;
    jko_solver *solver = NULL;

    check(jko_graph_cycle(NODES, JKO_REFERENCE_UNIFORM, &graph), "graph");
    check(jko_solver_new(graph, NULL, &solver), "solver");
    for (x = 0; x < NODES; x++) {
        flat[x] = 1.0 / NODES;
    }
    for (centre = 0; centre < NODES; centre += 4) {
        jko_geodesic *geodesic = NULL;
        for (x = 0; x < NODES; x++) {
            bump[x] = (x == centre ? 3.0 : 1.0) / (NODES + 2);
        }
        check(jko_solver_solve_next(solver, flat, NODES, bump, NODES, &geodesic), "geodesic");
        printf("to a bump at %2d: %.9f\n", centre, jko_geodesic_distance(geodesic));
        jko_geodesic_free(geodesic);
    }
    jko_solver_free(solver);
    jko_graph_free(graph);
    return EXIT_SUCCESS;
}
