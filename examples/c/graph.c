/* A graph from weighted edges: a triangle with a tail. */
#include "check.h"

int main(void) {
    const int64_t source[] = {1, 1, 2, 3}, target[] = {2, 3, 3, 4};
    const double weight[] = {1.0, 1.0, 2.0, 4.0};
    double pi[4];
    int x;
    jko_graph *graph = NULL;
    jko_graph_options options;

    check(jko_graph_options_init(&options, sizeof options), "options");
    options.index_base = 1; /* nodes are counted from one here */
    check(jko_graph_from_weights(4, source, 4, target, 4, weight, 4, &options, &graph), "graph");
    check(jko_graph_reference(graph, pi, 4), "reference");
    printf("%d nodes, %d edges\n", (int)jko_graph_nodes(graph), (int)jko_graph_edges(graph));
    for (x = 0; x < 4; x++) {
        printf("node %d has the share %.4f of the degrees\n", x + 1, pi[x]);
    }
    jko_graph_free(graph);
    return EXIT_SUCCESS;
}
