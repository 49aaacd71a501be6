/* Tangents: there by the logarithm, along by the exponential map, and how long they are. */
#include <math.h>

#include "check.h"

enum { NODES = 4 };

int main(void) {
    const double from[NODES] = {0.4, 0.3, 0.2, 0.1}, to[NODES] = {0.25, 0.25, 0.25, 0.25};
    const double times[] = {0.0, 1.0};
    const int32_t mean = JKO_MEAN_LOGARITHMIC;
    double psi[NODES], rate[NODES], ends[2][NODES], square, miss = 0.0;
    int x;
    jko_graph *graph = NULL;
    jko_geodesic *geodesic = NULL;

    check(jko_graph_cycle(NODES, JKO_REFERENCE_UNIFORM, &graph), "graph");
    check(jko_geodesic_solve(graph, from, NODES, to, NODES, NULL, &geodesic), "geodesic");

    /* the direction in which the geodesic leaves, as a potential and as a rate of change */
    check(jko_metric_logarithm(graph, from, NODES, to, NODES, NULL, psi, NODES), "logarithm");
    check(jko_metric_rate(graph, mean, from, NODES, psi, NODES, rate, NODES), "rate");
    printf("the first node changes at the rate %.6f\n", rate[0]);

    /* its length in the metric is the distance */
    check(jko_metric_product(graph, mean, from, NODES, psi, NODES, psi, NODES, &square), "product");
    printf("length %.9f, distance %.9f\n", sqrt(square), jko_geodesic_distance(geodesic));

    /* followed for a unit of time it arrives */
    check(jko_metric_geodesic_flow(graph, from, NODES, psi, NODES, times, 2, NULL, &ends[0][0], NODES, 1, NULL,
                                   0, 0, NULL),
          "exponential map");
    for (x = 0; x < NODES; x++) {
        miss = fmax(miss, fabs(ends[1][x] - to[x]));
    }
    printf("the exponential map misses the end by %.1e\n", miss);
    jko_geodesic_free(geodesic);
    jko_graph_free(graph);
    return EXIT_SUCCESS;
}
