/* A second translation unit of the test `ownership`. */
#include <jkoflow.hpp>

double distance_elsewhere(const jkoflow::Graph &graph) {
    return jkoflow::Geodesic(graph, {0.4, 0.3, 0.2, 0.1}, {0.25, 0.25, 0.25, 0.25}).distance();
}
