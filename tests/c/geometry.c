/* The geometry beyond geodesics as C meets it: results that are known, and wrong arguments. */
#include <jkoflow.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

static const int LOG = JKO_MEAN_LOGARITHMIC;
static const double flat[4] = {0.25, 0.25, 0.25, 0.25}, hill[4] = {0.4, 0.3, 0.2, 0.1};

static double largest_difference(const double *a, const double *b, size_t n) {
    double largest = 0.0;
    size_t k;
    for (k = 0; k < n; k++) {
        largest = fmax(largest, fabs(a[k] - b[k]));
    }
    return largest;
}

static void tangents(const jko_graph *graph) {
    const double psi[4] = {0.3, -0.1, 0.2, -0.4}, lopsided[4] = {0.1, 0.0, 0.0, 0.0};
    double rate[4], back[4], product = -1.0, dual = 0.0;
    size_t k;
    EXPECT(jko_metric_rate(graph, LOG, hill, 4, psi, 4, rate, 4) == JKO_STATUS_OK);
    EXPECT(jko_metric_potential(graph, LOG, hill, 4, rate, 4, back, 4) == JKO_STATUS_OK);
    EXPECT(largest_difference(psi, back, 4) < 1e-14);
    EXPECT(jko_metric_product(graph, LOG, hill, 4, psi, 4, psi, 4, &product) == JKO_STATUS_OK);
    for (k = 0; k < 4; k++) {
        dual += psi[k] * rate[k];
    }
    EXPECT(product > 0.0 && fabs(product - dual) < 1e-15);

    memcpy(back, flat, sizeof back);
    EXPECT(jko_metric_rate(NULL, LOG, hill, 4, psi, 4, back, 4) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_metric_rate(graph, 9, hill, 4, psi, 4, back, 4) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("mean: 9"));
    EXPECT(jko_metric_rate(graph, LOG, hill, 4, psi, 3, back, 4) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(says("psi: expected 4 entries, got 3"));
    EXPECT(jko_metric_rate(graph, LOG, hill, 4, psi, 4, back, 5) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(says("rate: expected 4 entries, got 5"));
    EXPECT(jko_metric_potential(graph, LOG, hill, 4, lopsided, 4, back, 4) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("rate: sums to"));
    EXPECT(jko_metric_potential(graph, LOG, NULL, 4, rate, 4, back, 4) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_metric_product(graph, LOG, psi, 4, psi, 4, psi, 4, &product) == JKO_STATUS_BAD_VALUE);
    EXPECT(jko_metric_product(graph, LOG, hill, 4, psi, 4, psi, 4, NULL) == JKO_STATUS_NULL_POINTER);
    EXPECT(memcmp(back, flat, sizeof back) == 0);
}

static void exponential_and_logarithm(const jko_graph *graph) {
    const double times[3] = {0.0, 0.5, 1.0}, steep[4] = {9.0, 0.0, 0.0, 0.0};
    double psi[4], masses[12], potentials[12], drift = -1.0;
    double end[4];
    size_t k;
    EXPECT(jko_metric_logarithm(graph, hill, 4, flat, 4, NULL, psi, 4) == JKO_STATUS_OK);
    /* masses row by row, potentials column by column */
    EXPECT(jko_metric_geodesic_flow(graph, hill, 4, psi, 4, times, 3, NULL, masses, 4, 1, potentials, 1, 3,
                                    &drift) == JKO_STATUS_OK);
    EXPECT(largest_difference(masses, hill, 4) == 0.0);
    EXPECT(largest_difference(masses + 8, flat, 4) < 1e-8);
    EXPECT(drift >= 0.0 && drift < 1e-8);
    for (k = 0; k < 4; k++) {
        end[k] = potentials[3 * k];
    }
    EXPECT(largest_difference(end, psi, 4) < 1e-15);
    EXPECT(jko_metric_geodesic_flow(graph, hill, 4, psi, 4, times, 3, NULL, NULL, 0, 0, NULL, 0, 0, NULL) ==
           JKO_STATUS_OK);

    EXPECT(jko_metric_geodesic_flow(graph, hill, 4, steep, 4, times, 3, NULL, masses, 4, 1, NULL, 0, 0,
                                    NULL) == JKO_STATUS_FLOW_FAILED);
    EXPECT(says("leaves the simplex"));
    EXPECT(largest_difference(masses + 8, flat, 4) < 1e-8);
    EXPECT(jko_metric_geodesic_flow(graph, hill, 4, psi, 4, times, 3, NULL, masses, 0, 1, NULL, 0, 0,
                                    NULL) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("masses: a stride of 0"));
    EXPECT(jko_metric_geodesic_flow(graph, hill, 4, psi, 4, NULL, 0, NULL, NULL, 0, 0, NULL, 0, 0, NULL) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("times: empty"));
    EXPECT(jko_metric_logarithm(graph, hill, 4, hill, 3, NULL, psi, 4) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(says("mu1: expected 4 entries, got 3"));
    EXPECT(jko_metric_logarithm(graph, hill, 4, flat, 4, NULL, NULL, 4) == JKO_STATUS_NULL_POINTER);
}

/* By how much the path through `segments + 1` samples of a geodesic is longer than it, relatively. */
static double excess(const jko_graph *graph, const jko_geodesic *geodesic, size_t segments) {
    double times[9], masses[9 * 4], lengths[8], action, length = 0.0, sum = 0.0;
    size_t k;
    for (k = 0; k <= segments; k++) {
        times[k] = (double)k / (double)segments;
        EXPECT(jko_geodesic_mass_at(geodesic, times[k], masses + 4 * k, 4) == JKO_STATUS_OK);
    }
    EXPECT(jko_path_lengths(graph, LOG, masses, segments + 1, 4, 4, 1, lengths, segments) == JKO_STATUS_OK);
    EXPECT(jko_path_action(graph, LOG, times, segments + 1, masses, segments + 1, 4, 4, 1, &action) ==
           JKO_STATUS_OK);
    for (k = 0; k < segments; k++) {
        length += lengths[k];
        sum += lengths[k] * lengths[k] * (double)segments;
    }
    EXPECT(fabs(action - sum) < 1e-14);
    return length / jko_geodesic_distance(geodesic) - 1.0;
}

static void paths(const jko_graph *graph) {
    const double times[3] = {0.0, 0.5, 1.0}, late[3] = {0.0, 2.0, 1.0};
    const double masses[12] = {0.4, 0.3, 0.2, 0.1, 0.3, 0.3, 0.2, 0.2, 0.25, 0.25, 0.25, 0.25};
    double lengths[3], action, coarse, fine;
    jko_geodesic *geodesic = NULL;
    EXPECT(jko_geodesic_solve(graph, hill, 4, flat, 4, NULL, &geodesic) == JKO_STATUS_OK);
    coarse = excess(graph, geodesic, 4);
    fine = excess(graph, geodesic, 8);
    /* second order, from above */
    EXPECT(fine > 0.0 && coarse > 3.5 * fine && coarse < 4.5 * fine);
    jko_geodesic_free(geodesic);

    EXPECT(jko_path_action(graph, LOG, times, 2, masses, 3, 4, 4, 1, &action) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_path_action(graph, LOG, late, 3, masses, 3, 4, 4, 1, &action) == JKO_STATUS_BAD_VALUE);
    EXPECT(says("times[2]: 1"));
    EXPECT(jko_path_action(graph, LOG, times, 3, NULL, 3, 4, 4, 1, &action) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_path_lengths(graph, LOG, masses, 3, 4, 4, 1, lengths, 3) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_path_lengths(graph, LOG, masses, 4, 3, 3, 1, lengths, 3) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_path_lengths(graph, LOG, NULL, 0, 4, 4, 1, NULL, 0) == JKO_STATUS_INVALID_ARGUMENT);
}

static void many(const jko_graph *graph) {
    const double references[12] = {0.4, 0.3, 0.2, 0.1, 0.1, 0.2, 0.3, 0.4, 0.2, 0.3, 0.3, 0.2};
    const double weights[3] = {0.5, 0.2, 0.3}, wrong[3] = {0.5, 0.2, 0.2};
    const double far[8] = {1.0 - 3e-12, 1e-12, 1e-12, 1e-12, 1e-12, 1e-12, 1e-12, 1.0 - 3e-12};
    double distances[9], mass[4], found[3], objective = -1.0, residual = -1.0;
    size_t iterations = 0;
    jko_barycentre_options options;
    jko_geodesic_options impatient;
    jko_status status;
    EXPECT(jko_distance_matrix(graph, references, 3, 4, 4, 1, NULL, 2, distances, 3, 1) == JKO_STATUS_OK);
    EXPECT(distances[0] == 0.0 && distances[8] == 0.0);
    EXPECT(distances[1] > 0.0 && distances[1] == distances[3] && distances[5] == distances[7]);
    /* the second reference is the first in a mirror, and the third its own mirror image */
    EXPECT(fabs(distances[2] - distances[5]) < 1e-8);
    EXPECT(jko_geodesic_options_init(&impatient, sizeof impatient) == JKO_STATUS_OK);
    impatient.max_iterations = 1;
    EXPECT(jko_distance_matrix(graph, references, 3, 4, 4, 1, &impatient, 1, distances, 3, 1) ==
           JKO_STATUS_ITERATION_LIMIT);
    EXPECT(isnan(distances[1]) && distances[4] == 0.0);
    EXPECT(jko_distance_matrix(graph, references, 3, 4, 4, 1, NULL, 0, distances, 3, 1) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_distance_matrix(graph, references, 3, 4, 4, 1, NULL, 1, NULL, 3, 1) ==
           JKO_STATUS_NULL_POINTER);
    EXPECT(jko_distance_matrix(graph, references, 4, 3, 3, 1, NULL, 1, distances, 3, 1) ==
           JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(says("distributions[0]: expected 4 entries, got 3"));
    EXPECT(jko_distance_matrix(graph, NULL, 0, 4, 4, 1, NULL, 1, NULL, 0, 0) == JKO_STATUS_OK);

    EXPECT(jko_barycentre_solve(graph, references, 3, 4, 4, 1, weights, 3, NULL, 1, mass, 4, &objective,
                                &residual, &iterations) == JKO_STATUS_OK);
    EXPECT(objective > 0.0 && residual >= 0.0 && residual <= 1e-8 && iterations > 0);
    EXPECT(fabs(mass[0] + mass[1] + mass[2] + mass[3] - 1.0) < 1e-12);
    /* three references span a triangle of mixtures, but distributions on four nodes have more room */
    EXPECT(jko_barycentre_weights(graph, mass, 4, references, 3, 4, 4, 1, NULL, 1, found, 3, &residual) ==
           JKO_STATUS_OK);
    EXPECT(residual < 1e-7);
    EXPECT(jko_barycentre_weights(graph, references, 4, references, 3, 4, 4, 1, NULL, 2, found, 3, NULL) ==
           JKO_STATUS_OK);
    EXPECT(found[0] == 1.0 && found[1] == 0.0 && found[2] == 0.0);
    EXPECT(jko_barycentre_solve(graph, references, 3, 4, 4, 1, weights, 3, NULL, 1, mass, 4, NULL, NULL,
                                NULL) == JKO_STATUS_OK);

    EXPECT(jko_barycentre_options_init(&options, sizeof options) == JKO_STATUS_OK);
    options.max_iterations = 1;
    status = jko_barycentre_solve(graph, references, 3, 4, 4, 1, weights, 3, &options, 1, mass, 4, NULL,
                                  NULL, &iterations);
    EXPECT(status == JKO_STATUS_ITERATION_LIMIT && iterations == 1);
    options.reserved = 1;
    EXPECT(jko_barycentre_solve(graph, references, 3, 4, 4, 1, weights, 3, &options, 1, mass, 4, NULL, NULL,
                                NULL) == JKO_STATUS_INVALID_ARGUMENT);
    options.struct_size = 3;
    EXPECT(jko_barycentre_solve(graph, references, 3, 4, 4, 1, weights, 3, &options, 1, mass, 4, NULL, NULL,
                                NULL) == JKO_STATUS_STRUCT_SIZE);
    EXPECT(jko_barycentre_options_init(NULL, sizeof options) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_barycentre_solve(graph, references, 3, 4, 4, 1, wrong, 3, NULL, 1, mass, 4, NULL, NULL,
                                NULL) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("weights: sum to"));
    EXPECT(jko_barycentre_solve(graph, references, 3, 4, 4, 1, weights, 2, NULL, 1, mass, 4, NULL, NULL,
                                NULL) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_barycentre_solve(graph, references, 3, 4, 4, 1, weights, 3, NULL, 1, NULL, 4, NULL, NULL,
                                NULL) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_barycentre_weights(graph, flat, 4, references, 3, 4, 4, 1, NULL, 1, found, 2, NULL) ==
           JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_barycentre_weights(graph, flat, 4, references, 3, 4, 4, 1, NULL, -1, found, 3, NULL) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_barycentre_weights(graph, flat, 4, far, 2, 4, 4, 1, &impatient, 1, found, 2, NULL) ==
           JKO_STATUS_NOT_CONVERGED);
    EXPECT(says("the geodesic to references[0]"));
}

static void steps(const jko_graph *graph) {
    /* entropy alone: the optimality condition is tau (ln rho + 1) + psi(1) = constant */
    const double start[4] = {0.4, 0.3, 0.2, 0.1};
    double mass[4], potential[4], residual = 1.0;
    jko_energy *energy = NULL;
    jko_geodesic *geodesic = NULL;
    EXPECT(jko_energy_new(graph, &energy) == JKO_STATUS_OK);
    EXPECT(jko_energy_set_entropy(energy, 1.0) == JKO_STATUS_OK);
    EXPECT(jko_energy_step(energy, start, 4, 0.2, NULL, mass, 4, &residual, &geodesic) == JKO_STATUS_OK);
    EXPECT(residual < 1e-8);
    EXPECT(fabs(mass[0] + mass[1] + mass[2] + mass[3] - 1.0) < 1e-12);
    EXPECT(jko_geodesic_potential_end(geodesic, potential, 4) == JKO_STATUS_OK);
    for (int x = 1; x < 4; x++) {
        double here = 0.2 * log(4.0 * mass[x]) + potential[x];
        double first = 0.2 * log(4.0 * mass[0]) + potential[0];
        EXPECT(fabs(here - first) < 1e-8);
    }
    jko_geodesic_free(geodesic);
    EXPECT(jko_energy_step(energy, start, 4, 0.2, NULL, mass, 4, NULL, NULL) == JKO_STATUS_OK);
    EXPECT(jko_energy_step(energy, start, 4, -1.0, NULL, mass, 4, NULL, NULL) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("tau"));
    jko_geodesic_options brief;
    EXPECT(jko_geodesic_options_init(&brief, sizeof brief) == JKO_STATUS_OK);
    brief.max_iterations = 2;
    EXPECT(jko_energy_step(energy, start, 4, 0.2, &brief, mass, 4, NULL, NULL) == JKO_STATUS_ITERATION_LIMIT);
    EXPECT(says("residual") && says("allow more iterations"));
    EXPECT(jko_energy_step(energy, start, 3, 0.2, NULL, mass, 4, NULL, NULL) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_energy_step(energy, start, 4, 0.2, NULL, NULL, 4, NULL, NULL) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_energy_step(NULL, start, 4, 0.2, NULL, mass, 4, NULL, NULL) == JKO_STATUS_NULL_POINTER);
    jko_energy_free(energy);
}

int main(void) {
    jko_graph *graph = NULL;
    EXPECT(jko_graph_path(4, JKO_REFERENCE_UNIFORM, &graph) == JKO_STATUS_OK);
    tangents(graph);
    exponential_and_logarithm(graph);
    paths(graph);
    many(graph);
    steps(graph);
    jko_graph_free(graph);
    if (failures == 0) {
        printf("geometry: all checks passed\n");
    }
    return failures == 0 ? 0 : 1;
}
