/* Options by name, and structs of older and newer programs, for every options struct there is. */
#include <jkoflow.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"

static const size_t sizes[] = {
    sizeof(jko_graph_options),      sizeof(jko_geodesic_options), sizeof(jko_bound_options),
    sizeof(jko_flow_options),       sizeof(jko_barycentre_options), sizeof(jko_fit_options),
    sizeof(jko_ridge),              sizeof(jko_flow_fit_options), sizeof(jko_count_fit_options),
};
enum { GROUPS = sizeof sizes / sizeof sizes[0] };

/* The call that reads the options of each group, with everything else as it should be. */
static jko_graph *graph;
static jko_geodesic *geodesic;
static jko_energy *energy;
static jko_fit *fit;
static jko_terms *terms;
static const double masses[] = {0.4, 0.3, 0.2, 0.1, 0.1, 0.2, 0.3, 0.4};

static jko_status use(int32_t group, const void *options) {
    const int64_t source[] = {0, 1}, target[] = {1, 2};
    const double times[] = {0.0, 0.1}, weights[] = {0.5, 0.5};
    double lower, upper, mass[4];
    jko_graph *made = NULL;
    jko_geodesic *solved = NULL;
    jko_flow *flow = NULL;
    jko_fit *other = NULL;
    jko_fitted *fitted = NULL;
    jko_flow_fit *flow_fit = NULL;
    jko_count_fit *count_fit = NULL;
    jko_status status = JKO_STATUS_INTERNAL;
    switch (group) {
    case JKO_OPTIONS_GRAPH:
        status = jko_graph_from_weights(3, source, 2, target, 2, NULL, 0, options, &made);
        break;
    case JKO_OPTIONS_GEODESIC:
        status = jko_geodesic_solve(graph, masses, 4, masses + 4, 4, options, &solved);
        break;
    case JKO_OPTIONS_BOUND:
        status = jko_geodesic_bounds(geodesic, options, &lower, &upper);
        break;
    case JKO_OPTIONS_FLOW:
        status = jko_flow_simulate(energy, masses, 4, times, 2, options, &flow);
        break;
    case JKO_OPTIONS_BARYCENTRE:
        status = jko_barycentre_solve(graph, masses, 2, 4, 4, 1, weights, 2, options, 1, mass, 4, NULL,
                                      NULL, NULL);
        break;
    case JKO_OPTIONS_FIT:
        status = jko_fit_new(graph, options, &other);
        break;
    case JKO_OPTIONS_RIDGE:
        status = jko_fit_solve(fit, options, &fitted);
        break;
    case JKO_OPTIONS_FLOW_FIT:
        status = jko_flow_fit_new(graph, terms, options, &flow_fit);
        break;
    case JKO_OPTIONS_COUNT_FIT:
        status = jko_count_fit_new(graph, terms, options, &count_fit);
        break;
    }
    jko_flow_fit_free(flow_fit);
    jko_count_fit_free(count_fit);
    jko_graph_free(made);
    jko_geodesic_free(solved);
    jko_flow_free(flow);
    jko_fit_free(other);
    jko_fitted_free(fitted);
    return status;
}

/* Room for options, aligned. */
typedef union {
    size_t struct_size;
    double align[64];
    unsigned char bytes[512];
} room;

static void sizes_are_those_of_the_header(void) {
    int32_t group;
    for (group = 0; group < GROUPS; group++) {
        EXPECT(jko_options_size(group) == sizes[group]);
        EXPECT(jko_options_count(group) > 0);
    }
    EXPECT(jko_options_size(GROUPS) == 0 && jko_options_count(GROUPS) == 0);
    EXPECT(jko_options_size(-1) == 0 && jko_options_name(-1, 0) == NULL);
}

static void options_are_listed_set_and_read(void) {
    int32_t group;
    for (group = 0; group < GROUPS; group++) {
        room options;
        size_t k, count = jko_options_count(group);
        EXPECT(jko_options_init(group, &options, sizes[group]) == JKO_STATUS_OK);
        EXPECT(options.struct_size == sizes[group]);
        EXPECT(use(group, &options) == JKO_STATUS_OK);
        EXPECT(jko_options_name(group, count) == NULL && jko_options_text(group, count) == NULL);
        EXPECT(jko_options_kind(group, count) == -1 && isnan(jko_options_default(group, count)));
        for (k = 0; k < count; k++) {
            const char *name = jko_options_name(group, k);
            double value = -1.0, expected = jko_options_default(group, k);
            EXPECT(name != NULL && strlen(jko_options_text(group, k)) > 10);
            if (jko_options_kind(group, k) == JKO_OPTION_POINTER) {
                EXPECT(jko_options_get(group, &options, name, &value) == JKO_STATUS_INVALID_ARGUMENT);
                EXPECT(jko_options_set(group, &options, name, 0.0) == JKO_STATUS_INVALID_ARGUMENT);
                EXPECT(jko_options_set_pointer(group, &options, name, NULL) == JKO_STATUS_OK);
                continue;
            }
            EXPECT(jko_options_get(group, &options, name, &value) == JKO_STATUS_OK);
            EXPECT(value == expected);
            EXPECT(jko_options_set(group, &options, name, 3.0) == JKO_STATUS_OK);
            EXPECT(jko_options_get(group, &options, name, &value) == JKO_STATUS_OK && value == 3.0);
            EXPECT(jko_options_set_pointer(group, &options, name, NULL) == JKO_STATUS_INVALID_ARGUMENT);
            if (jko_options_kind(group, k) != JKO_OPTION_REAL) {
                EXPECT(jko_options_set(group, &options, name, 0.5) == JKO_STATUS_INVALID_ARGUMENT);
                EXPECT(jko_options_set(group, &options, name, 1e300) == JKO_STATUS_INVALID_ARGUMENT);
                EXPECT(jko_options_set(group, &options, name, NAN) == JKO_STATUS_INVALID_ARGUMENT);
            }
            EXPECT(jko_options_set(group, &options, name, expected) == JKO_STATUS_OK);
        }
        EXPECT(use(group, &options) == JKO_STATUS_OK);
        EXPECT(jko_options_set(group, &options, "nonsense", 1.0) == JKO_STATUS_INVALID_ARGUMENT);
        EXPECT(says("no option nonsense"));
        EXPECT(jko_options_set(group, &options, NULL, 1.0) == JKO_STATUS_NULL_POINTER);
        EXPECT(jko_options_set(group, NULL, "tolerance", 1.0) == JKO_STATUS_NULL_POINTER);
        EXPECT(jko_options_get(group, &options, jko_options_name(group, 0), NULL) ==
               JKO_STATUS_NULL_POINTER);
    }
    EXPECT(jko_options_set(GROUPS, NULL, "tolerance", 1.0) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_options_init(-1, NULL, 0) == JKO_STATUS_INVALID_ARGUMENT);
}

/* What is set by name is what the fields say. */
static void names_are_those_of_fields(void) {
    jko_fit_options options;
    jko_cancel_token *token = (jko_cancel_token *)&options;
    EXPECT(jko_fit_options_init(&options, sizeof options) == JKO_STATUS_OK);
    EXPECT(jko_options_set(JKO_OPTIONS_FIT, &options, "tolerance", 0.25) == JKO_STATUS_OK);
    EXPECT(jko_options_set(JKO_OPTIONS_FIT, &options, "max_iterations", 77.0) == JKO_STATUS_OK);
    EXPECT(jko_options_set(JKO_OPTIONS_FIT, &options, "mean", 2.0) == JKO_STATUS_OK);
    EXPECT(jko_options_set(JKO_OPTIONS_FIT, &options, "loss", 1.0) == JKO_STATUS_OK);
    EXPECT(jko_options_set(JKO_OPTIONS_FIT, &options, "terms", 2.0) == JKO_STATUS_OK);
    EXPECT(jko_options_set_pointer(JKO_OPTIONS_FIT, &options, "cancel", token) == JKO_STATUS_OK);
    EXPECT(options.tolerance == 0.25 && options.max_iterations == 77 && options.mean == 2);
    EXPECT(options.loss == 1 && options.terms == 2 && options.cancel == token);
    EXPECT(options.user_data == NULL);
}

/* Every shorter struct is laid over the defaults, every longer one accepted while its tail is zero. */
static void structs_of_all_sizes_are_read(void) {
    int32_t group;
    for (group = 0; group < GROUPS; group++) {
        size_t size;
        for (size = sizeof(size_t); size <= sizes[group] + 64; size += sizeof(size_t)) {
            room options;
            memset(&options, 0xff, sizeof options);
            EXPECT(jko_options_init(group, &options, size) == JKO_STATUS_OK);
            EXPECT(options.struct_size == size);
            /* nothing beyond was touched, and nothing beyond is read */
            EXPECT(options.bytes[size] == 0xff && options.bytes[size + 7] == 0xff);
            EXPECT(use(group, &options) == JKO_STATUS_OK);
            if (size > sizes[group]) {
                options.bytes[size - 1] = 1;
                EXPECT(use(group, &options) == JKO_STATUS_STRUCT_SIZE);
                EXPECT(says("does not know"));
            }
        }
        {
            room options;
            EXPECT(jko_options_init(group, &options, sizes[group]) == JKO_STATUS_OK);
            options.struct_size = sizeof(size_t);
            EXPECT(jko_options_set(group, &options, jko_options_name(group, 0), 1.0) ==
                   JKO_STATUS_STRUCT_SIZE);
            options.struct_size = 0;
            EXPECT(use(group, &options) == JKO_STATUS_STRUCT_SIZE);
            options.struct_size = sizes[group] + 1;
            EXPECT(use(group, &options) == JKO_STATUS_STRUCT_SIZE);
            options.struct_size = (size_t)1 << 40;
            EXPECT(use(group, &options) == JKO_STATUS_STRUCT_SIZE);
            EXPECT(jko_options_init(group, &options, 1) == JKO_STATUS_STRUCT_SIZE);
            EXPECT(jko_options_init(group, NULL, sizes[group]) == JKO_STATUS_NULL_POINTER);
            EXPECT(jko_options_init(group, options.bytes + 1, sizes[group]) == JKO_STATUS_MISALIGNED);
        }
    }
}

int main(void) {
    EXPECT(jko_graph_path(4, JKO_REFERENCE_UNIFORM, &graph) == JKO_STATUS_OK);
    EXPECT(jko_geodesic_solve(graph, masses, 4, masses + 4, 4, NULL, &geodesic) == JKO_STATUS_OK);
    EXPECT(jko_energy_new(graph, &energy) == JKO_STATUS_OK);
    EXPECT(jko_energy_set_entropy(energy, 1.0) == JKO_STATUS_OK);
    EXPECT(jko_terms_new(&terms) == JKO_STATUS_OK && jko_terms_add_entropy(terms) == JKO_STATUS_OK);
    EXPECT(jko_fit_new(graph, NULL, &fit) == JKO_STATUS_OK);
    EXPECT(jko_fit_add_pair(fit, geodesic, 0.1, 1.0) == JKO_STATUS_OK);
    {
        /* one pair leaves potential and entropy open: the fit for the ridge learns one of them */
        jko_fit_options options;
        jko_fit_free(fit);
        fit = NULL;
        EXPECT(jko_fit_options_init(&options, sizeof options) == JKO_STATUS_OK);
        options.terms = JKO_TERM_ENTROPY;
        EXPECT(jko_fit_new(graph, &options, &fit) == JKO_STATUS_OK);
        EXPECT(jko_fit_add_pair(fit, geodesic, 0.1, 1.0) == JKO_STATUS_OK);
    }
    sizes_are_those_of_the_header();
    options_are_listed_set_and_read();
    names_are_those_of_fields();
    structs_of_all_sizes_are_read();
    jko_terms_free(terms);
    jko_fit_free(fit);
    jko_energy_free(energy);
    jko_geodesic_free(geodesic);
    jko_graph_free(graph);
    if (failures == 0) {
        printf("options: all checks passed\n");
    }
    return failures != 0;
}
