/*
 * Memory that is not there, or that the options do not allow, is a status. The whole program has one gigabyte of
 * addresses, so that an allocation that nobody asked for beforehand would end it.
 */
#include <jkoflow.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "expect.h"

enum { NODES = 100 };

static const size_t sides[] = {10, 10};
static double from[NODES], to[NODES];
static jko_graph *graph;

static void graphs_beyond_memory(void) {
    const size_t wide[] = {60000, 60000};
    const int64_t source[] = {0}, target[] = {1};
    jko_graph *big = NULL;
    EXPECT(jko_graph_path(4000000000u, JKO_REFERENCE_UNIFORM, &big) == JKO_STATUS_OUT_OF_MEMORY);
    EXPECT(says("a list of 3999999999 edges would take"));
    EXPECT(jko_graph_cycle(30000000, JKO_REFERENCE_UNIFORM, &big) == JKO_STATUS_OUT_OF_MEMORY);
    EXPECT(jko_graph_star(4000000000u, JKO_REFERENCE_UNIFORM, &big) == JKO_STATUS_OUT_OF_MEMORY);
    EXPECT(jko_graph_complete(90000, JKO_REFERENCE_UNIFORM, &big) == JKO_STATUS_OUT_OF_MEMORY);
    EXPECT(jko_graph_grid(wide, 2, 0, JKO_REFERENCE_UNIFORM, &big) < 0);
    EXPECT(jko_graph_hypercube(27, JKO_REFERENCE_UNIFORM, &big) == JKO_STATUS_OUT_OF_MEMORY);
    EXPECT(jko_graph_hamming(3, 1000, JKO_REFERENCE_UNIFORM, &big) < 0);
    /* a list of one edge, and more nodes than there is room for */
    EXPECT(jko_graph_from_weights(4000000000u, source, 1, target, 1, NULL, 0, NULL, &big) ==
           JKO_STATUS_OUT_OF_MEMORY);
    EXPECT(says("a graph of 4000000000 nodes and 1 edges"));
    EXPECT(big == NULL);
}

/* Small data that ask for large results. */
static void work_beyond_memory(void) {
    enum { ROWS = 30000 };
    const double pair[] = {0.5, 0.5};
    double *rows = malloc(ROWS * 2 * sizeof *rows), *out = malloc(sizeof *out), lower, upper;
    jko_graph *two = NULL;
    jko_geodesic *geodesic = NULL;
    jko_terms *terms = NULL;
    jko_fit *fit = NULL;
    jko_graph *line = NULL;
    jko_bound_options bounds;
    size_t k;
    EXPECT(rows != NULL && out != NULL);
    for (k = 0; k < ROWS; k++) {
        memcpy(rows + 2 * k, pair, sizeof pair);
    }
    EXPECT(jko_graph_path(2, JKO_REFERENCE_UNIFORM, &two) == JKO_STATUS_OK);
    EXPECT(jko_distance_matrix(two, rows, ROWS, 2, 2, 1, NULL, 1, out, ROWS, 1) ==
           JKO_STATUS_OUT_OF_MEMORY);
    EXPECT(says("distances between 30000 distributions would take 28800000000 bytes"));

    EXPECT(jko_geodesic_solve(graph, from, NODES, to, NODES, NULL, &geodesic) == JKO_STATUS_OK);
    EXPECT(jko_bound_options_init(&bounds, sizeof bounds) == JKO_STATUS_OK);
    bounds.first_intervals = bounds.max_intervals = INT64_MAX;
    EXPECT(jko_geodesic_bounds(geodesic, &bounds, &lower, &upper) == JKO_STATUS_OUT_OF_MEMORY);

    /* half a million coefficients */
    EXPECT(jko_graph_path(1000, JKO_REFERENCE_UNIFORM, &line) == JKO_STATUS_OK);
    EXPECT(jko_terms_new(&terms) == JKO_STATUS_OK);
    EXPECT(jko_terms_add_full_interaction(terms) == JKO_STATUS_OK);
    EXPECT(jko_terms_add_potential(terms) == JKO_STATUS_OK);
    EXPECT(jko_fit_new_with_terms(line, NULL, terms, &fit) < JKO_STATUS_OK || fit != NULL);
    jko_fit_free(fit);
    jko_terms_free(terms);
    jko_geodesic_free(geodesic);
    jko_graph_free(line);
    jko_graph_free(two);
    free(out);
    free(rows);
}

/* A fit need not converge on what is made up here. */
#define AS_EXPECTED(call) (round == 0 ? (call) == JKO_STATUS_OUT_OF_MEMORY : (call) >= JKO_STATUS_OK)

/* The limit of every options struct: refused below what the work takes, and of no effect above. */
static void limits_hold(void) {
    const double times[] = {0.0, 0.01}, weights[] = {0.5, 0.5};
    const int64_t enough = 256 << 20, little = 1000;
    double rows[2 * NODES], mass[NODES], distances[4], lower, upper;
    jko_geodesic *geodesic = NULL, *batch[1];
    jko_flow *flow = NULL;
    jko_energy *energy = NULL;
    jko_solver *solver = NULL;
    jko_fit *fit = NULL;
    jko_terms *terms = NULL;
    jko_flow_fit *flow_fit = NULL;
    jko_flow_fitted *fitted = NULL;
    jko_count_fit *count_fit = NULL;
    jko_count_fitted *counted = NULL;
    jko_geodesic_options g;
    jko_bound_options b;
    jko_flow_options f;
    jko_barycentre_options c;
    jko_fit_options l;
    jko_flow_fit_options ff;
    jko_count_fit_options cf;
    double counts[2 * NODES];
    size_t k;
    int round;
    memcpy(rows, from, sizeof from);
    memcpy(rows + NODES, to, sizeof to);
    for (k = 0; k < 2 * NODES; k++) {
        counts[k] = 1.0 + (double)(k % 5);
    }
    EXPECT(jko_geodesic_options_init(&g, sizeof g) == JKO_STATUS_OK);
    EXPECT(jko_bound_options_init(&b, sizeof b) == JKO_STATUS_OK);
    EXPECT(jko_flow_options_init(&f, sizeof f) == JKO_STATUS_OK);
    EXPECT(jko_barycentre_options_init(&c, sizeof c) == JKO_STATUS_OK);
    EXPECT(jko_fit_options_init(&l, sizeof l) == JKO_STATUS_OK);
    EXPECT(jko_flow_fit_options_init(&ff, sizeof ff) == JKO_STATUS_OK);
    EXPECT(jko_count_fit_options_init(&cf, sizeof cf) == JKO_STATUS_OK);
    EXPECT(jko_energy_new(graph, &energy) == JKO_STATUS_OK);
    EXPECT(jko_energy_set_entropy(energy, 1.0) == JKO_STATUS_OK);
    EXPECT(jko_terms_new(&terms) == JKO_STATUS_OK && jko_terms_add_entropy(terms) == JKO_STATUS_OK);

    g.memory_limit = -1;
    EXPECT(jko_geodesic_solve(graph, from, NODES, to, NODES, &g, &geodesic) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("options.memory_limit: -1"));
    /* first too little, then enough */
    for (round = 0; round < 2; round++) {
        const int64_t limit = round == 0 ? little : enough;
        const jko_status expected = round == 0 ? JKO_STATUS_OUT_OF_MEMORY : JKO_STATUS_OK;
        g.memory_limit = b.memory_limit = f.memory_limit = c.memory_limit = limit;
        l.memory_limit = ff.memory_limit = cf.memory_limit = limit;
        EXPECT(jko_geodesic_solve(graph, from, NODES, to, NODES, &g, &geodesic) == expected);
        EXPECT(round == 1 || says("bytes, but the memory limit is 1000"));
        EXPECT(jko_solver_new(graph, &g, &solver) == expected);
        EXPECT(jko_geodesic_batch(graph, rows, 2, NODES, NODES, 1, &g, 1, batch, 1) == expected);
        jko_geodesic_free(batch[0]);
        EXPECT(jko_distance_matrix(graph, rows, 2, NODES, NODES, 1, &g, 2, distances, 2, 1) == expected);
        EXPECT(jko_metric_logarithm(graph, from, NODES, to, NODES, &g, mass, NODES) == expected);
        EXPECT(jko_energy_step(energy, from, NODES, 0.01, &g, mass, NODES, NULL, NULL) == expected);
        EXPECT(jko_flow_simulate(energy, from, NODES, times, 2, &f, &flow) == expected);
        EXPECT(jko_metric_geodesic_flow(graph, from, NODES, from, NODES, times, 2, &f, NULL, 0, 0, NULL, 0,
                                        0, NULL) == expected);
        EXPECT(jko_barycentre_solve(graph, rows, 2, NODES, NODES, 1, weights, 2, &c, 1, mass, NODES, NULL,
                                    NULL, NULL) == expected);
        EXPECT(jko_fit_new(graph, &l, &fit) == JKO_STATUS_OK);
        EXPECT(jko_fit_add_trajectory(fit, times, 2, rows, 2, NODES, NODES, 1, 1) == expected);
        EXPECT(jko_flow_fit_new(graph, terms, &ff, &flow_fit) == JKO_STATUS_OK);
        EXPECT(jko_flow_fit_add_trajectory(flow_fit, times, 2, rows, 2, NODES, NODES, 1) == JKO_STATUS_OK);
        EXPECT(AS_EXPECTED(jko_flow_fit_solve(flow_fit, NULL, 0, NULL, 0, 1, &fitted)));
        EXPECT(jko_count_fit_new(graph, terms, &cf, &count_fit) == JKO_STATUS_OK);
        EXPECT(jko_count_fit_add_trajectory(count_fit, times, 2, counts, 2, NODES, NODES, 1) ==
               JKO_STATUS_OK);
        EXPECT(AS_EXPECTED(jko_count_fit_solve(count_fit, NULL, 0, NULL, 0, 1, &counted)));
        EXPECT((geodesic != NULL) == round && (flow != NULL) == round && (fitted != NULL) == round);
        EXPECT((solver != NULL) == round && (counted != NULL) == round);
        if (round == 0) {
            jko_fit_free(fit);
            jko_flow_fit_free(flow_fit);
            jko_count_fit_free(count_fit);
        }
    }
    b.memory_limit = little;
    EXPECT(jko_geodesic_bounds(geodesic, &b, &lower, &upper) == JKO_STATUS_OUT_OF_MEMORY);
    b.memory_limit = enough;
    EXPECT(jko_geodesic_bounds(geodesic, &b, &lower, &upper) >= JKO_STATUS_OK && lower < upper);
    jko_count_fitted_free(counted);
    jko_count_fit_free(count_fit);
    jko_flow_fitted_free(fitted);
    jko_flow_fit_free(flow_fit);
    jko_fit_free(fit);
    jko_terms_free(terms);
    jko_flow_free(flow);
    jko_energy_free(energy);
    jko_solver_free(solver);
    jko_geodesic_free(geodesic);
}

int main(void) {
    const struct rlimit gigabyte = {1u << 30, 1u << 30};
    double sums[2] = {0.0, 0.0};
    int k;
    EXPECT(setrlimit(RLIMIT_AS, &gigabyte) == 0);
    EXPECT(jko_graph_grid(sides, 2, 0, JKO_REFERENCE_UNIFORM, &graph) == JKO_STATUS_OK);
    for (k = 0; k < NODES; k++) {
        sums[0] += from[k] = 1.0 + k % 3;
        sums[1] += to[k] = 1.0 + k % 4;
    }
    for (k = 0; k < NODES; k++) {
        from[k] /= sums[0];
        to[k] /= sums[1];
    }
    graphs_beyond_memory();
    work_beyond_memory();
    limits_hold();
    jko_graph_free(graph);
    if (failures == 0) {
        printf("memory: all checks passed\n");
    }
    return failures != 0;
}
