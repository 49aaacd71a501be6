/* How far two distributions are from each other, with two bounds, and what lies between them. */
#include "check.h"

int main(void) {
    const double left[] = {1.0, 0.0, 0.0}, right[] = {0.0, 0.0, 1.0};
    double middle[3], lower, upper;
    jko_graph *graph = NULL;
    jko_geodesic *geodesic = NULL;
    jko_status status;

    check(jko_graph_path(3, JKO_REFERENCE_UNIFORM, &graph), "graph");
    check(jko_geodesic_solve(graph, left, 3, right, 3, NULL, &geodesic), "geodesic");
    check(jko_geodesic_mass_at(geodesic, 0.5, middle, 3), "middle");
    printf("distance %.4f, relative error about %.0e\n", jko_geodesic_distance(geodesic),
           jko_geodesic_error_estimate(geodesic));
    printf("halfway: %.4f %.4f %.4f\n", middle[0], middle[1], middle[2]);

    /* a positive status comes with a usable result: bounds that are valid but wider than was wanted */
    status = jko_geodesic_bounds(geodesic, NULL, &lower, &upper);
    if (status < 0) {
        check(status, "bounds");
    }
    printf("between %.4f and %.4f (%s)\n", lower, upper, jko_status_message(status));
    jko_geodesic_free(geodesic);
    jko_graph_free(graph);
    return EXIT_SUCCESS;
}
