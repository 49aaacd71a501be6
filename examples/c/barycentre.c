/* The mean of several distributions in the geometry of the graph, and what share each of them has in it. */
#include "check.h"

enum { NODES = 5, REFERENCES = 3 };

int main(void) {
    /* mass on the left, on the right and in the middle of a path */
    const double references[REFERENCES][NODES] = {
        {0.60, 0.20, 0.10, 0.05, 0.05}, {0.05, 0.05, 0.10, 0.20, 0.60}, {0.10, 0.20, 0.40, 0.20, 0.10}};
    const double weights[REFERENCES] = {0.4, 0.4, 0.2};
    double mean[NODES], found[REFERENCES], residual;
    int x, i;
    jko_graph *graph = NULL;

    check(jko_graph_path(NODES, JKO_REFERENCE_UNIFORM, &graph), "graph");
    check(jko_barycentre_solve(graph, &references[0][0], REFERENCES, NODES, NODES, 1, weights, REFERENCES,
                               NULL, 1, mean, NODES, NULL, NULL, NULL),
          "barycentre");
    printf("barycentre:");
    for (x = 0; x < NODES; x++) {
        printf(" %.6f", mean[x]);
    }

    /* the way back: which weights make this distribution the mean? */
    check(jko_barycentre_weights(graph, mean, NODES, &references[0][0], REFERENCES, NODES, NODES, 1, NULL, 1,
                                 found, REFERENCES, &residual),
          "weights");
    printf("\nweights:");
    for (i = 0; i < REFERENCES; i++) {
        printf(" %.6f", found[i]);
    }
    printf("\n");
    jko_graph_free(graph);
    return EXIT_SUCCESS;
}
