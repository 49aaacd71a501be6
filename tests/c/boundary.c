/* The boundary as C meets it: wrong arguments, struct sizes, lifetimes, and a known distance. */
#include <jkoflow.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

static void statuses_have_texts(void) {
    EXPECT(strcmp(jko_status_message(JKO_STATUS_OK), "success") == 0);
    EXPECT(strcmp(jko_status_message(777), "unknown status") == 0);
    EXPECT(strcmp(jko_version(), "0.1.0") == 0);
    EXPECT(jko_abi_version() == JKO_ABI_VERSION);
}

static void last_error_is_copied_and_cut(void) {
    char small[8];
    size_t needed;
    EXPECT(jko_last_error(NULL, 0) >= 1);
    EXPECT(jko_graph_path(0, JKO_REFERENCE_DEGREE, NULL) == JKO_STATUS_NULL_POINTER);
    EXPECT(says("out"));
    needed = jko_last_error(NULL, 0);
    memset(small, 'x', sizeof small);
    EXPECT(jko_last_error(small, sizeof small) == needed);
    EXPECT(strlen(small) == sizeof small - 1);
    small[0] = 'x';
    EXPECT(jko_last_error(small, 0) == needed && small[0] == 'x');
    EXPECT(jko_last_error(small, 1) == needed && small[0] == '\0');
}

static void free_takes_null(void) {
    jko_graph_free(NULL);
    jko_geodesic_free(NULL);
    jko_solver_free(NULL);
    jko_energy_free(NULL);
    jko_flow_free(NULL);
    jko_fit_free(NULL);
    jko_fitted_free(NULL);
    EXPECT(jko_graph_nodes(NULL) == 0);
    EXPECT(isnan(jko_geodesic_distance(NULL)));
    EXPECT(jko_geodesic_termination(NULL) == JKO_STATUS_NULL_POINTER);
}

static void graphs_are_checked(void) {
    const int64_t source[] = {0, 1, 2}, target[] = {1, 2, 3};
    const int64_t loop[] = {0, 2, 2}, from_one[] = {1, 2, 3}, to_one[] = {2, 3, 4};
    const int64_t islands[] = {1, 0, 3}, sources[] = {0, 1, 2};
    const double weight[] = {1.0, 2.0, 3.0}, bad[] = {1.0, NAN, 3.0};
    double pi[4], conductance[3];
    int64_t from[3], to[3];
    jko_graph_options options;
    jko_graph *graph = (jko_graph *)&options;
    jko_graph *none = NULL;

    EXPECT(jko_graph_from_weights(4, source, 3, target, 2, weight, 3, NULL, &graph) ==
           JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(graph == NULL);
    EXPECT(says("target: expected 3 entries, got 2"));
    EXPECT(jko_graph_from_weights(3, source, 3, target, 3, weight, 3, NULL, &graph) ==
           JKO_STATUS_NODE_OUT_OF_RANGE);
    EXPECT(says("target[2]: node 3, but the graph has 3 nodes"));
    EXPECT(jko_graph_from_weights(4, source, 3, NULL, 3, weight, 3, NULL, &graph) ==
           JKO_STATUS_NULL_POINTER);
    EXPECT(says("target"));
    EXPECT(jko_graph_from_weights(4, sources, 3, loop, 3, weight, 3, NULL, &graph) ==
           JKO_STATUS_SELF_LOOP);
    EXPECT(jko_graph_from_weights(4, source, 3, islands, 3, weight, 3, NULL, &graph) ==
           JKO_STATUS_DUPLICATE_EDGE);
    EXPECT(jko_graph_from_weights(4, source, 3, target, 3, bad, 3, NULL, &graph) ==
           JKO_STATUS_BAD_VALUE);
    EXPECT(jko_graph_from_weights(5, source, 3, target, 3, NULL, 0, NULL, &graph) ==
           JKO_STATUS_DISCONNECTED);
    EXPECT(jko_graph_from_weights(4, (const int64_t *)((const char *)source + 1), 2, target, 2, NULL, 0,
                                  NULL, &graph) == JKO_STATUS_MISALIGNED);
    EXPECT(jko_graph_from_weights(4, source, SIZE_MAX / 2, target, SIZE_MAX / 2, NULL, 0, NULL, &graph) ==
           JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_graph_complete((size_t)1 << 40, 0, &graph) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_graph_path(3, 7, &graph) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("reference: 7"));
    EXPECT(jko_graph_grid(NULL, 2, 0, 0, &graph) == JKO_STATUS_NULL_POINTER && graph == NULL);

    EXPECT(jko_graph_options_init(&options, sizeof options) == JKO_STATUS_OK);
    options.index_base = 1;
    options.reference = JKO_REFERENCE_UNIFORM;
    EXPECT(jko_graph_from_weights(4, from_one, 3, to_one, 3, weight, 3, &options, &graph) ==
           JKO_STATUS_OK);
    EXPECT(jko_graph_nodes(graph) == 4 && jko_graph_edges(graph) == 3);
    EXPECT(jko_graph_reference(graph, pi, 4) == JKO_STATUS_OK && pi[3] == 0.25);
    EXPECT(jko_graph_reference(graph, pi, 3) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_graph_conductance(graph, conductance, 3) == JKO_STATUS_OK && conductance[2] == 0.75);
    EXPECT(jko_graph_edge_list(graph, 1, from, 3, to, 3) == JKO_STATUS_OK);
    EXPECT(memcmp(from, from_one, sizeof from) == 0 && memcmp(to, to_one, sizeof to) == 0);
    options.index_base = 2;
    EXPECT(jko_graph_from_weights(4, source, 3, target, 3, weight, 3, &options, &none) ==
           JKO_STATUS_INVALID_ARGUMENT);
    jko_graph_free(graph);
}

static void kernels_come_in_any_order_of_columns(void) {
    const int64_t start[] = {0, 2, 5, 7}, column[] = {1, 0, 2, 0, 1, 2, 1};
    const double value[] = {0.5, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5};
    const double onesided[] = {0.5, 0.5, 0.25, 0.0, 0.5, 0.5, 0.5};
    const int64_t broken[] = {0, 5, 2, 7}, repeated[] = {1, 1, 2, 0, 1, 2, 1};
    double pi[3];
    jko_graph *graph = NULL;
    EXPECT(jko_graph_from_kernel(start, 4, column, 7, value, 7, NULL, 0, NULL, &graph) ==
           JKO_STATUS_OK);
    EXPECT(jko_graph_reference(graph, pi, 3) == JKO_STATUS_OK);
    EXPECT(fabs(pi[0] - 0.25) < 1e-15 && fabs(pi[1] - 0.5) < 1e-15);
    jko_graph_free(graph);
    EXPECT(jko_graph_from_kernel(start, 4, column, 7, onesided, 7, NULL, 0, NULL, &graph) ==
           JKO_STATUS_NOT_REVERSIBLE);
    EXPECT(jko_graph_from_kernel(broken, 4, column, 7, value, 7, NULL, 0, NULL, &graph) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_graph_from_kernel(start, 4, repeated, 7, value, 7, NULL, 0, NULL, &graph) ==
           JKO_STATUS_DUPLICATE_EDGE);
    EXPECT(jko_graph_from_kernel(NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, &graph) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(graph == NULL);
}

static void structs_of_other_sizes_are_overlaid(void) {
    const double a[] = {0.75, 0.25}, b[] = {0.2, 0.8};
    struct {
        jko_geodesic_options known;
        double unknown[2];
    } newer;
    jko_geodesic_options options;
    jko_graph *graph = NULL;
    jko_geodesic *geodesic = NULL;
    EXPECT(jko_graph_path(2, JKO_REFERENCE_UNIFORM, &graph) == JKO_STATUS_OK);

    EXPECT(jko_geodesic_options_init(NULL, sizeof options) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_geodesic_options_init(&options, 3) == JKO_STATUS_STRUCT_SIZE);
    EXPECT(jko_geodesic_options_init(&options, sizeof options) == JKO_STATUS_OK);
    EXPECT(options.struct_size == sizeof options && options.max_iterations == 1000);
    EXPECT(options.mean == JKO_MEAN_LOGARITHMIC && options.tolerance == 0.0);

    /* an older struct ends before the mean: what it does not know is the default */
    options.mean = 99;
    options.method = 99;
    options.struct_size = offsetof(jko_geodesic_options, mean);
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, &options, &geodesic) == JKO_STATUS_OK);
    jko_geodesic_free(geodesic);
    options.struct_size = sizeof options;
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, &options, &geodesic) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(geodesic == NULL);
    options.struct_size = 0;
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, &options, &geodesic) == JKO_STATUS_STRUCT_SIZE);
    memset(&options, 0xA5, sizeof options);
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, &options, &geodesic) == JKO_STATUS_STRUCT_SIZE);

    /* a newer struct is fine while its tail is zero */
    memset(&newer, 0xA5, sizeof newer);
    EXPECT(jko_geodesic_options_init(&newer.known, sizeof newer) == JKO_STATUS_OK);
    EXPECT(newer.known.struct_size == sizeof newer && newer.unknown[1] == 0.0);
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, &newer.known, &geodesic) == JKO_STATUS_OK);
    jko_geodesic_free(geodesic);
    newer.unknown[1] = 1.0;
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, &newer.known, &geodesic) == JKO_STATUS_STRUCT_SIZE);
    EXPECT(says("does not know"));
    jko_graph_free(graph);
}

static void geodesics_outlive_their_graph(void) {
    /* p = q = 1: beta from -0.5 to 0.6, masses (1 - beta)/2 and (1 + beta)/2 */
    const double a[] = {0.75, 0.25}, b[] = {0.2, 0.8}, nan_mass[] = {NAN, 1.0};
    const double heavy[] = {0.75, 0.75}, negative[] = {1.5, -0.5}, pi[] = {0.5, 0.5};
    const double unit[] = {0.5};
    const int64_t from[] = {0}, to[] = {1};
    double mass[2], start[2], end[2], before;
    char method[16];
    jko_geodesic_options options;
    jko_graph *graph = NULL;
    jko_geodesic *geodesic = NULL;

    EXPECT(jko_graph_from_chain(pi, 2, from, 1, to, 1, unit, 1, NULL, &graph) == JKO_STATUS_OK);
    EXPECT(jko_geodesic_solve(graph, nan_mass, 2, b, 2, NULL, &geodesic) == JKO_STATUS_BAD_VALUE);
    EXPECT(says("mu0[0]"));
    EXPECT(jko_geodesic_solve(graph, a, 2, heavy, 2, NULL, &geodesic) == JKO_STATUS_NOT_NORMALISED);
    EXPECT(jko_geodesic_solve(graph, negative, 2, b, 2, NULL, &geodesic) == JKO_STATUS_BAD_VALUE);
    EXPECT(jko_geodesic_solve(graph, a, 1, b, 2, NULL, &geodesic) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_geodesic_solve(graph, NULL, 2, b, 2, NULL, &geodesic) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_geodesic_solve(NULL, a, 2, b, 2, NULL, &geodesic) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, NULL, NULL) == JKO_STATUS_NULL_POINTER);

    jko_geodesic_options_init(&options, sizeof options);
    options.max_iterations = 1;
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, &options, &geodesic) == JKO_STATUS_ITERATION_LIMIT);
    EXPECT(geodesic != NULL && jko_geodesic_termination(geodesic) == JKO_STATUS_ITERATION_LIMIT);
    jko_geodesic_free(geodesic);
    options.max_iterations = -1;
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, &options, &geodesic) == JKO_STATUS_INVALID_ARGUMENT);

    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, NULL, &geodesic) == JKO_STATUS_OK);
    jko_graph_free(graph);
    EXPECT(fabs(jko_geodesic_distance(geodesic) - 0.79279894974) < 1e-10);
    EXPECT(jko_geodesic_error_estimate(geodesic) < 1e-8 && jko_geodesic_iterations(geodesic) > 0);
    EXPECT(jko_geodesic_nodes(geodesic) == 2 && jko_geodesic_mean(geodesic) == JKO_MEAN_LOGARITHMIC);
    EXPECT(jko_geodesic_method(geodesic, method, sizeof method) > 1 && strlen(method) > 0);
    EXPECT(jko_geodesic_mass_at(geodesic, 1.0, mass, 2) == JKO_STATUS_OK && fabs(mass[1] - 0.8) < 1e-15);
    before = mass[0];
    EXPECT(jko_geodesic_mass_at(geodesic, 1.5, mass, 2) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_geodesic_mass_at(geodesic, NAN, mass, 2) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(mass[0] == before);
    EXPECT(jko_geodesic_potential_start(geodesic, start, 2) == JKO_STATUS_OK);
    EXPECT(jko_geodesic_potential_end(geodesic, end, 2) == JKO_STATUS_OK);
    EXPECT(jko_geodesic_potential_at(geodesic, 0.0, mass, 2) == JKO_STATUS_OK);
    EXPECT(fabs(mass[0] - start[0]) < 1e-12);
    EXPECT(jko_geodesic_density_at(geodesic, 0.0, mass, 2) == JKO_STATUS_OK);
    EXPECT(fabs(mass[0] - 1.5) < 1e-12);
    jko_geodesic_free(geodesic);
}

/* From one node to the other of a two-node chain with p = q = 1, by Maas' integral. */
static const double FROM_DIRAC_TO_DIRAC = 1.5587074514770292;

static int is_text(const char *text, size_t needed, const char *part) {
    return needed == strlen(text) + 1 && strstr(text, part) != NULL;
}

static void empty_nodes_are_welcome(void) {
    /* from one node to the other, and to the middle between them */
    const double rows[] = {1.0, 0.0, 0.0, 1.0, 0.5, 0.5}, *a = rows, *b = rows + 2;
    const double pi[] = {0.5, 0.5}, unit[] = {0.5};
    const int64_t from[] = {0}, to[] = {1};
    double start[2], end[2], distance[2], lower = -1.0, upper = -1.0;
    char text[128];
    jko_geodesic_options options;
    jko_graph *graph = NULL;
    jko_geodesic *geodesic = NULL;
    EXPECT(jko_graph_from_chain(pi, 2, from, 1, to, 1, unit, 1, NULL, &graph) == JKO_STATUS_OK);
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, NULL, &geodesic) == JKO_STATUS_OK);
    EXPECT(fabs(jko_geodesic_distance(geodesic) - FROM_DIRAC_TO_DIRAC) < 1e-4);
    EXPECT(jko_geodesic_bounds(geodesic, NULL, &lower, &upper) >= JKO_STATUS_OK);
    EXPECT(lower <= FROM_DIRAC_TO_DIRAC && FROM_DIRAC_TO_DIRAC <= upper);
    EXPECT(jko_geodesic_potential_start(geodesic, start, 2) == JKO_STATUS_OK);
    EXPECT(jko_geodesic_potential_end(geodesic, end, 2) == JKO_STATUS_OK);
    EXPECT(start[0] == 0.0 && start[1] == INFINITY && end[0] == -INFINITY && end[1] == 0.0);
    EXPECT(is_text(text, jko_geodesic_method(geodesic, text, sizeof text), "newton"));
    EXPECT(is_text(text, jko_geodesic_reason(geodesic, text, sizeof text), "empty"));
    EXPECT(jko_geodesic_reason(NULL, text, sizeof text) == 0);
    jko_geodesic_free(geodesic);

    EXPECT(jko_geodesic_batch_values(graph, rows, 3, 2, 2, 1, NULL, 2, distance, 2, NULL, 0, NULL, 0, 0,
                                     NULL, 0, 0) == JKO_STATUS_OK);
    EXPECT(fabs(distance[0] - FROM_DIRAC_TO_DIRAC) < 1e-4);
    EXPECT(fabs(distance[1] - 0.5 * FROM_DIRAC_TO_DIRAC) < 1e-4);

    /* 0 is the default tolerance, and anything else is asked for */
    jko_geodesic_options_init(&options, sizeof options);
    options.tolerance = 1e-6;
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, &options, &geodesic) == JKO_STATUS_OK);
    EXPECT(fabs(jko_geodesic_distance(geodesic) - FROM_DIRAC_TO_DIRAC) < 2e-6);
    jko_geodesic_free(geodesic);
    options.tolerance = -1e-6;
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, &options, &geodesic) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("tolerance"));
    jko_graph_free(graph);
}

static void solvers_start_from_earlier_geodesics(void) {
    const double a[] = {1.0, 0.0, 0.0}, b[] = {0.0, 0.0, 1.0}, c[] = {0.0, 0.1, 0.9};
    const double pair[] = {0.5, 0.5}, other[] = {0.4, 0.6};
    jko_graph *graph = NULL, *elsewhere = NULL;
    jko_geodesic *first = NULL, *cold = NULL, *warm = NULL, *foreign = NULL;
    jko_solver *solver = NULL;
    EXPECT(jko_graph_path(3, JKO_REFERENCE_UNIFORM, &graph) == JKO_STATUS_OK);
    EXPECT(jko_graph_path(2, JKO_REFERENCE_UNIFORM, &elsewhere) == JKO_STATUS_OK);
    EXPECT(jko_geodesic_solve(elsewhere, pair, 2, other, 2, NULL, &foreign) == JKO_STATUS_OK);
    EXPECT(jko_solver_new(graph, NULL, &solver) == JKO_STATUS_OK);
    EXPECT(jko_solver_solve(solver, a, 3, b, 3, &first) == JKO_STATUS_OK);
    EXPECT(jko_solver_solve(solver, a, 3, c, 3, &cold) == JKO_STATUS_OK);
    EXPECT(jko_solver_solve_from(solver, first, a, 3, c, 3, &warm) == JKO_STATUS_OK);
    EXPECT(fabs(jko_geodesic_distance(warm) - jko_geodesic_distance(cold)) <
           1e-4 * jko_geodesic_distance(cold));
    jko_geodesic_free(warm);
    EXPECT(jko_solver_solve_from(solver, foreign, a, 3, c, 3, &warm) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("another graph") && warm == NULL);
    EXPECT(jko_solver_solve_from(solver, NULL, a, 3, c, 3, &warm) == JKO_STATUS_NULL_POINTER);
    EXPECT(says("start") && warm == NULL);
    EXPECT(jko_solver_solve_from(NULL, first, a, 3, c, 3, &warm) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_solver_solve_from(solver, first, a, 3, c, 2, &warm) == JKO_STATUS_LENGTH_MISMATCH);
    jko_solver_free(solver);
    jko_geodesic_free(first);
    jko_geodesic_free(cold);
    jko_geodesic_free(foreign);
    jko_graph_free(graph);
    jko_graph_free(elsewhere);
}

static void bounds_enclose_the_distance(void) {
    /* p = q = 1 as above */
    const double a[] = {0.75, 0.25}, b[] = {0.2, 0.8}, pi[] = {0.5, 0.5}, unit[] = {0.5};
    const double distance = 0.79279894974;
    const int64_t from[] = {0}, to[] = {1};
    double lower = -1.0, upper = -1.0, before;
    jko_bound_options options;
    jko_geodesic_options rough;
    jko_graph *graph = NULL;
    jko_geodesic *geodesic = NULL;
    EXPECT(jko_graph_from_chain(pi, 2, from, 1, to, 1, unit, 1, NULL, &graph) == JKO_STATUS_OK);
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, NULL, &geodesic) == JKO_STATUS_OK);
    EXPECT(jko_geodesic_bounds(geodesic, NULL, &lower, &upper) == JKO_STATUS_OK);
    EXPECT(lower <= distance && distance <= upper && upper - lower <= 1e-4 * upper);

    EXPECT(jko_bound_options_init(NULL, sizeof options) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_bound_options_init(&options, 3) == JKO_STATUS_STRUCT_SIZE);
    EXPECT(jko_bound_options_init(&options, sizeof options) == JKO_STATUS_OK);
    EXPECT(options.struct_size == sizeof options && options.gap == 1e-4);
    EXPECT(options.first_intervals == 4 && options.max_intervals == 4096);
    options.max_intervals = 1;
    EXPECT(jko_geodesic_bounds(geodesic, &options, &lower, &upper) == JKO_STATUS_RESOLUTION);
    EXPECT(lower <= distance && distance <= upper && upper - lower > 1e-4 * upper);
    EXPECT(says("the bounds hold, with a gap of ") && says("ask for a wider gap"));

    before = upper;
    options.max_intervals = -1;
    EXPECT(jko_geodesic_bounds(geodesic, &options, &lower, &upper) == JKO_STATUS_INVALID_ARGUMENT);
    options.max_intervals = 0;
    EXPECT(jko_geodesic_bounds(geodesic, &options, &lower, &upper) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("max_intervals"));
    options.max_intervals = 4096;
    options.gap = NAN;
    EXPECT(jko_geodesic_bounds(geodesic, &options, &lower, &upper) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_geodesic_bounds(geodesic, NULL, NULL, &upper) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_geodesic_bounds(geodesic, NULL, &lower, NULL) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_geodesic_bounds(NULL, NULL, &lower, &upper) == JKO_STATUS_NULL_POINTER);
    EXPECT(upper == before);
    jko_geodesic_free(geodesic);

    /* valid without convergence too */
    jko_geodesic_options_init(&rough, sizeof rough);
    rough.max_iterations = 1;
    EXPECT(jko_geodesic_solve(graph, a, 2, b, 2, &rough, &geodesic) == JKO_STATUS_ITERATION_LIMIT);
    EXPECT(jko_geodesic_bounds(geodesic, NULL, &lower, &upper) >= JKO_STATUS_OK);
    EXPECT(lower <= distance && distance <= upper);
    jko_geodesic_free(geodesic);
    jko_graph_free(graph);
}

static void batches_take_strides(void) {
    /* column-major: one snapshot per row, three rows */
    const double by_column[] = {0.75, 0.6, 0.2, 0.25, 0.4, 0.8};
    const double a[] = {0.75, 0.25}, b[] = {0.6, 0.4};
    double distance[2], start[4], end[4], potential[2];
    jko_status ended[2];
    jko_graph *graph = NULL;
    jko_geodesic *handles[2], *first = NULL;
    jko_solver *solver = NULL;
    EXPECT(jko_graph_path(2, JKO_REFERENCE_UNIFORM, &graph) == JKO_STATUS_OK);
    EXPECT(jko_geodesic_batch(graph, by_column, 3, 2, 1, 3, NULL, 2, handles, 2) == JKO_STATUS_OK);
    EXPECT(jko_geodesic_batch_values(graph, by_column, 3, 2, 1, 3, NULL, 1, distance, 2, ended, 2, start,
                                     1, 2, end, 2, 1) == JKO_STATUS_OK);
    EXPECT(distance[0] == jko_geodesic_distance(handles[0]));
    EXPECT(distance[1] == jko_geodesic_distance(handles[1]) && ended[1] == JKO_STATUS_OK);
    EXPECT(jko_geodesic_potential_start(handles[1], potential, 2) == JKO_STATUS_OK);
    EXPECT(start[1] == potential[0] && start[3] == potential[1]);
    EXPECT(jko_geodesic_potential_end(handles[1], potential, 2) == JKO_STATUS_OK);
    EXPECT(end[2] == potential[0] && end[3] == potential[1]);
    jko_geodesic_free(handles[0]);
    jko_geodesic_free(handles[1]);
    EXPECT(jko_geodesic_batch(graph, by_column, 3, 2, 1, 3, NULL, 0, handles, 2) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(handles[0] == NULL && handles[1] == NULL);
    EXPECT(jko_geodesic_batch(graph, by_column, 3, 2, 1, 3, NULL, 1, handles, 1) ==
           JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_geodesic_batch(graph, by_column, SIZE_MAX, 2, 1, 3, NULL, 1, handles, SIZE_MAX - 1) ==
           JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_geodesic_batch(graph, NULL, 0, 2, 1, 1, NULL, 1, NULL, 0) == JKO_STATUS_OK);

    EXPECT(jko_solver_new(graph, NULL, &solver) == JKO_STATUS_OK);
    jko_graph_free(graph);
    EXPECT(jko_solver_solve(solver, a, 2, b, 2, &first) == JKO_STATUS_OK);
    EXPECT(fabs(jko_geodesic_distance(first) - distance[0]) < 1e-9);
    jko_geodesic_free(first);
    EXPECT(jko_solver_solve_next(solver, a, 1, b, 2, &first) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_solver_solve_next(solver, a, 2, b, 2, &first) == JKO_STATUS_OK);
    jko_solver_free(solver);
    EXPECT(jko_geodesic_distance(first) > 0.0);
    jko_geodesic_free(first);
}

static void energies_and_flows(void) {
    const double potential[] = {0.0, 1.0, 2.0}, mu[] = {0.5, 0.3, 0.2}, direction[] = {1.0, -1.0, 0.0};
    const double dense[] = {1.0, 2.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 3.0};
    const double lopsided[] = {1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0};
    const int64_t start[] = {1, 3, 4, 5}, column[] = {2, 1, 1, 3};
    const double value[] = {2.0, 1.0, 2.0, 3.0}, times[] = {0.0, 0.1, 0.2}, back[] = {0.0, 0.2, 0.1};
    double f = 0.0, g = 0.0, variation[3], second[3], seen[9], energies[3];
    jko_graph_options base;
    jko_flow_options options;
    jko_graph *graph = NULL;
    jko_energy *energy = NULL, *other = NULL;
    jko_flow *flow = NULL;
    jko_graph_path(3, JKO_REFERENCE_UNIFORM, &graph);
    EXPECT(jko_energy_new(graph, &energy) == JKO_STATUS_OK);
    EXPECT(jko_energy_new(graph, &other) == JKO_STATUS_OK);
    jko_graph_free(graph);
    EXPECT(jko_energy_set_potential(energy, potential, 3) == JKO_STATUS_OK);
    EXPECT(jko_energy_set_potential(energy, potential, 2) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_energy_value(energy, mu, 3, &f) == JKO_STATUS_OK && fabs(f - 0.7) < 1e-15);
    EXPECT(jko_energy_set_interaction_dense(energy, lopsided, 3, 3, 3, 1) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_energy_set_interaction_dense(energy, dense, 3, 3, 3, 1) == JKO_STATUS_OK);
    EXPECT(jko_energy_set_potential(other, potential, 3) == JKO_STATUS_OK);
    jko_graph_options_init(&base, sizeof base);
    base.index_base = 1;
    EXPECT(jko_energy_set_interaction_sparse(other, start, 4, column, 4, value, 4, &base) ==
           JKO_STATUS_OK);
    EXPECT(jko_energy_value(energy, mu, 3, &f) == JKO_STATUS_OK);
    EXPECT(jko_energy_value(other, mu, 3, &g) == JKO_STATUS_OK && fabs(f - g) < 1e-14);
    EXPECT(fabs(f - (0.7 + 0.125 + 0.3 + 0.06)) < 1e-14);
    EXPECT(jko_energy_set_entropy(energy, NAN) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_energy_set_entropy(energy, 0.5) == JKO_STATUS_OK);
    EXPECT(jko_energy_add_internal(energy, 0.1, 5, 2.0) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_energy_add_internal(energy, 0.1, JKO_INTERNAL_POWER, 2.0) == JKO_STATUS_OK);
    EXPECT(jko_energy_first_variation(energy, mu, 3, variation, 3) == JKO_STATUS_OK);
    EXPECT(jko_energy_second_variation(energy, mu, 3, direction, 3, second, 3) == JKO_STATUS_OK);
    EXPECT(fabs(second[2]) < 1e-15 && second[0] > 0.0);
    EXPECT(jko_energy_first_variation(energy, mu, 3, variation, 2) == JKO_STATUS_LENGTH_MISMATCH);

    EXPECT(jko_flow_simulate(energy, mu, 3, back, 3, NULL, &flow) == JKO_STATUS_BAD_VALUE && !flow);
    jko_flow_options_init(&options, sizeof options);
    options.max_steps = 1;
    EXPECT(jko_flow_simulate(energy, mu, 3, times, 3, &options, &flow) == JKO_STATUS_FLOW_FAILED);
    EXPECT(jko_flow_simulate(energy, mu, 3, times, 3, NULL, &flow) == JKO_STATUS_OK);
    jko_energy_free(energy);
    jko_energy_free(other);
    EXPECT(jko_flow_count(flow) == 3 && jko_flow_nodes(flow) == 3 && jko_flow_steps(flow) > 0);
    EXPECT(jko_flow_masses(flow, seen, 3, 3, 1, 3) == JKO_STATUS_OK);
    EXPECT(jko_flow_masses(flow, seen, 3, 3, 0, 1) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_flow_masses(flow, NULL, 3, 3, 3, 1) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_flow_mass(flow, 2, variation, 3) == JKO_STATUS_OK && variation[1] == seen[5]);
    EXPECT(jko_flow_mass(flow, 3, variation, 3) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_flow_energies(flow, energies, 3) == JKO_STATUS_OK && energies[0] > energies[2]);
    EXPECT(jko_flow_times(flow, seen, 3) == JKO_STATUS_OK && seen[2] == 0.2);
    jko_flow_free(flow);
}

static void fits_are_checked(void) {
    const double seen[] = {0.5, 0.3, 0.2, 0.45, 0.32, 0.23, 0.4, 0.33, 0.27};
    const double emptied[] = {0.5, 0.3, 0.2, 0.6, 0.4, 0.0, 0.4, 0.33, 0.27};
    const double times[] = {0.0, 0.1, 0.2}, back[] = {0.0, 0.2, 0.1};
    double potential[3];
    size_t pairs = 7;
    jko_fit_options options;
    jko_ridge ridge;
    jko_graph *graph = NULL;
    jko_geodesic *geodesic = NULL;
    jko_fit *fit = NULL, *part = NULL;
    jko_fitted *fitted = NULL;
    jko_energy *energy = NULL;
    jko_graph_path(3, JKO_REFERENCE_UNIFORM, &graph);
    jko_fit_options_init(&options, sizeof options);
    EXPECT(options.tolerance == 0.0 && options.max_iterations == 1000);
    options.terms = 0;
    EXPECT(jko_fit_new(graph, &options, &fit) == JKO_STATUS_INVALID_ARGUMENT && fit == NULL);
    options.terms = 64;
    EXPECT(jko_fit_new(graph, &options, &fit) == JKO_STATUS_INVALID_ARGUMENT);
    options.terms = JKO_TERM_POTENTIAL;
    EXPECT(jko_fit_new(graph, &options, &fit) == JKO_STATUS_OK);
    EXPECT(jko_fit_new(graph, &options, &part) == JKO_STATUS_OK);
    EXPECT(jko_fit_solve(fit, NULL, &fitted) == JKO_STATUS_INVALID_ARGUMENT && fitted == NULL);
    EXPECT(jko_fit_add_trajectory(fit, back, 3, seen, 3, 3, 3, 1, 1) == JKO_STATUS_BAD_VALUE);
    EXPECT(jko_fit_add_trajectory(fit, times, 2, seen, 3, 3, 3, 1, 1) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_fit_add_trajectory(fit, times, 3, emptied, 3, 3, 3, 1, 1) == JKO_STATUS_BAD_VALUE);
    EXPECT(says("snapshots[1][2]: 0 is empty"));
    EXPECT(jko_fit_pairs(fit, &pairs) == JKO_STATUS_OK && pairs == 0);
    EXPECT(jko_fit_add_trajectory(fit, times, 3, seen, 3, 3, 3, 1, 1) == JKO_STATUS_OK);
    EXPECT(jko_geodesic_solve(graph, seen, 3, seen + 3, 3, NULL, &geodesic) == JKO_STATUS_OK);
    jko_graph_free(graph);
    EXPECT(jko_fit_add_pair(part, geodesic, 0.1, 1.0) == JKO_STATUS_OK);
    EXPECT(jko_fit_add_pair(part, geodesic, -0.1, 1.0) == JKO_STATUS_BAD_VALUE);
    jko_geodesic_free(geodesic);
    EXPECT(jko_fit_merge(fit, fit) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_fit_merge(fit, part) == JKO_STATUS_OK);
    EXPECT(jko_fit_pairs(fit, &pairs) == JKO_STATUS_OK && pairs == 3);
    jko_ridge_init(&ridge, sizeof ridge);
    ridge.potential = -1.0;
    EXPECT(jko_fit_solve(fit, &ridge, &fitted) == JKO_STATUS_INVALID_ARGUMENT);
    ridge.potential = 1e-6;
    EXPECT(jko_fit_solve(fit, &ridge, &fitted) == JKO_STATUS_OK);
    jko_fit_free(fit);
    jko_fit_free(part);
    EXPECT(jko_fitted_potential(fitted, potential, 3) == JKO_STATUS_OK);
    EXPECT(fabs(potential[0] + potential[1] + potential[2]) < 1e-10);
    EXPECT(jko_fitted_entropy(fitted) == 0.0 && jko_fitted_pairs(fitted) == 3);
    EXPECT(jko_fitted_explained(fitted) > 0.5 && jko_fitted_residual(fitted) >= 0.0);
    EXPECT(jko_fitted_energy(fitted, &energy) == JKO_STATUS_OK);
    jko_fitted_free(fitted);
    EXPECT(jko_energy_first_variation(energy, seen, 3, potential, 3) == JKO_STATUS_OK);
    jko_energy_free(energy);
}

static void means_have_derivatives(void) {
    double value = 0.0, gradient[2], hessian[3];
    EXPECT(jko_mean_value(JKO_MEAN_ARITHMETIC, 1.0, 3.0, &value, gradient, 2, hessian, 3) ==
           JKO_STATUS_OK);
    EXPECT(value == 2.0 && gradient[1] == 0.5 && hessian[1] == 0.0);
    EXPECT(jko_mean_value(JKO_MEAN_GEOMETRIC, 4.0, 9.0, &value, NULL, 0, NULL, 0) == JKO_STATUS_OK);
    EXPECT(fabs(value - 6.0) < 1e-14);
    EXPECT(jko_mean_value(4, 1.0, 3.0, &value, NULL, 0, NULL, 0) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_mean_value(0, -1.0, 3.0, &value, NULL, 0, NULL, 0) == JKO_STATUS_BAD_VALUE);
}

int main(void) {
    statuses_have_texts();
    last_error_is_copied_and_cut();
    free_takes_null();
    graphs_are_checked();
    kernels_come_in_any_order_of_columns();
    structs_of_other_sizes_are_overlaid();
    geodesics_outlive_their_graph();
    empty_nodes_are_welcome();
    solvers_start_from_earlier_geodesics();
    bounds_enclose_the_distance();
    batches_take_strides();
    energies_and_flows();
    fits_are_checked();
    means_have_derivatives();
    if (failures > 0) {
        printf("boundary: %d checks failed\n", failures);
        return EXIT_FAILURE;
    }
    printf("boundary: all checks passed\n");
    return EXIT_SUCCESS;
}
