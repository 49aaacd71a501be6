/* Graphs: how they are made and what they know. */
#include "jkoflow_mex.h"

static int32_t group = JKO_OPTIONS_GRAPH;

/* Graph options with nodes counted from one, as the arguments from `first` on say. */
static void read_graph_options(Call *call, int first, Options *options, Extra *extras) {
    options_init(group, options);
    options_read(call, first, group, options, NO_OPTIONS, NULL, extras);
}

static void give_graph(Call *call, jko_graph *graph) {
    adopt(GRAPH, graph);
    give(call, 0, hand_out(graph, jko_graph_nodes(graph), 0));
}

/* Builders take (arguments, reference); `k` is the first argument after the name. */
static const mxArray *input(Call *call, int k, const char *name) {
    if (k >= call->inputs) {
        fail("usage", "%s: this argument is missing", name);
    }
    return call->input[k];
}

static size_t count(Call *call, int k, const char *name) {
    return count_of(input(call, k, name), name);
}

static double real(Call *call, int k, const char *name) {
    return number_of(input(call, k, name), name);
}

static jko_status build_path(Call *call, int32_t reference, jko_graph **out) {
    return jko_graph_path(count(call, 1, "n"), reference, out);
}

static jko_status build_cycle(Call *call, int32_t reference, jko_graph **out) {
    return jko_graph_cycle(count(call, 1, "n"), reference, out);
}

static jko_status build_star(Call *call, int32_t reference, jko_graph **out) {
    return jko_graph_star(count(call, 1, "n"), reference, out);
}

static jko_status build_complete(Call *call, int32_t reference, jko_graph **out) {
    return jko_graph_complete(count(call, 1, "n"), reference, out);
}

static jko_status build_grid(Call *call, int32_t reference, jko_graph **out) {
    size_t len;
    size_t *sides = counts_of(input(call, 1, "sides"), "sides", &len);
    return jko_graph_grid(sides, len, 0, reference, out);
}

static jko_status build_torus(Call *call, int32_t reference, jko_graph **out) {
    size_t len;
    size_t *sides = counts_of(input(call, 1, "sides"), "sides", &len);
    return jko_graph_grid(sides, len, 1, reference, out);
}

static jko_status build_hypercube(Call *call, int32_t reference, jko_graph **out) {
    return jko_graph_hypercube(count(call, 1, "dimension"), reference, out);
}

static jko_status build_hamming(Call *call, int32_t reference, jko_graph **out) {
    return jko_graph_hamming(count(call, 1, "length"), count(call, 2, "alphabet"), reference, out);
}

static jko_status build_erdos_renyi(Call *call, int32_t reference, jko_graph **out) {
    return jko_graph_erdos_renyi(count(call, 1, "n"), real(call, 2, "p"), count(call, 3, "seed"),
                                 reference, out);
}

static jko_status build_stochastic_block(Call *call, int32_t reference, jko_graph **out) {
    size_t len;
    size_t *sizes = counts_of(input(call, 1, "sizes"), "sizes", &len);
    Vector probability = vector_of(input(call, 2, "probability"), "probability");
    return jko_graph_stochastic_block(sizes, len, probability.data, probability.len,
                                      count(call, 3, "seed"), reference, out);
}

static jko_status build_barabasi_albert(Call *call, int32_t reference, jko_graph **out) {
    return jko_graph_barabasi_albert(count(call, 1, "n"), count(call, 2, "m"), count(call, 3, "seed"),
                                     reference, out);
}

static jko_status build_watts_strogatz(Call *call, int32_t reference, jko_graph **out) {
    return jko_graph_watts_strogatz(count(call, 1, "n"), count(call, 2, "k"), real(call, 3, "p"),
                                    count(call, 4, "seed"), reference, out);
}

static jko_status build_random_regular(Call *call, int32_t reference, jko_graph **out) {
    return jko_graph_random_regular(count(call, 1, "n"), count(call, 2, "degree"),
                                    count(call, 3, "seed"), reference, out);
}

static jko_status build_random_tree(Call *call, int32_t reference, jko_graph **out) {
    return jko_graph_random_tree(count(call, 1, "n"), count(call, 2, "seed"), reference, out);
}

/* Points are columns. */
static jko_status build_nearest_neighbours(Call *call, int32_t reference, jko_graph **out) {
    Matrix points = columns_of(input(call, 1, "points"), "points");
    return jko_graph_nearest_neighbours(points.data, points.rows, points.cols, points.row_stride,
                                        points.col_stride, count(call, 2, "k"),
                                        real(call, 3, "bandwidth"), reference, out);
}

static const struct {
    const char *name;
    int inputs; /* after the name */
    jko_status (*build)(Call *call, int32_t reference, jko_graph **out);
} BUILDERS[] = {
    {"path", 1, build_path},
    {"cycle", 1, build_cycle},
    {"star", 1, build_star},
    {"complete", 1, build_complete},
    {"grid", 1, build_grid},
    {"torus", 1, build_torus},
    {"hypercube", 1, build_hypercube},
    {"hamming", 2, build_hamming},
    {"erdos_renyi", 3, build_erdos_renyi},
    {"stochastic_block", 3, build_stochastic_block},
    {"barabasi_albert", 3, build_barabasi_albert},
    {"watts_strogatz", 4, build_watts_strogatz},
    {"random_regular", 3, build_random_regular},
    {"random_tree", 2, build_random_tree},
    {"nearest_neighbours", 3, build_nearest_neighbours},
};

static void build_named(Call *call) {
    const char *name = text_of(call->input[0], "graph");
    Extra extras[] = {{"Reference", NULL}, {NULL, NULL}};
    jko_graph *graph = NULL;
    size_t k;
    for (k = 0; k < sizeof BUILDERS / sizeof BUILDERS[0]; k++) {
        if (same_name(BUILDERS[k].name, name)) {
            int32_t reference = JKO_REFERENCE_DEGREE;
            options_read(call, 1 + BUILDERS[k].inputs, NO_OPTIONS, NULL, NO_OPTIONS, NULL, extras);
            if (extras[0].value != NULL) {
                reference = choice_of("reference", extras[0].value);
            }
            require(BUILDERS[k].build(call, reference, &graph));
            give_graph(call, graph);
            return;
        }
    }
    fail("badOption", "there is no family of graphs called %s", name);
}

/* graph(NAME, ...) or graph(n, source, target, weight, ...), nodes counted from one. */
void command_graph(Call *call) {
    size_t sources, targets, nodes;
    int64_t *source, *target;
    Vector weight;
    Options options;
    jko_graph *graph = NULL;
    if (is_text(call->input[0])) {
        build_named(call);
        return;
    }
    nodes = count(call, 0, "n");
    source = indices_of(input(call, 1, "source"), "source", &sources);
    target = indices_of(input(call, 2, "target"), "target", &targets);
    weight = vector_of(input(call, 3, "weight"), "weight");
    read_graph_options(call, 4, &options, NULL);
    require(jko_options_set(group, &options, "index_base", 1.0));
    require(jko_graph_from_weights(nodes, source, sources, target, targets, weight.data, weight.len,
                                   (const jko_graph_options *)&options, &graph));
    give_graph(call, graph);
}

/* chain(pi, source, target, conductance, ...). */
void command_chain(Call *call) {
    size_t sources, targets;
    Vector pi = vector_of(call->input[0], "pi");
    int64_t *source = indices_of(call->input[1], "source", &sources);
    int64_t *target = indices_of(call->input[2], "target", &targets);
    Vector conductance = vector_of(call->input[3], "conductance");
    Options options;
    jko_graph *graph = NULL;
    read_graph_options(call, 4, &options, NULL);
    require(jko_options_set(group, &options, "index_base", 1.0));
    require(jko_graph_from_chain(pi.data, pi.len, source, sources, target, targets, conductance.data,
                                 conductance.len, (const jko_graph_options *)&options, &graph));
    give_graph(call, graph);
}

/* kernel(transposed K, ...): the columns of the transpose are the rows of K. */
void command_kernel(Call *call) {
    Sparse kernel = sparse_of(call->input[0], "K");
    Extra extras[] = {{"Pi", NULL}, {NULL, NULL}};
    Vector pi = {NULL, 0};
    Options options;
    jko_graph *graph = NULL;
    read_graph_options(call, 1, &options, extras);
    if (extras[0].value != NULL) {
        pi = vector_of(extras[0].value, "Pi");
    }
    require(jko_graph_from_kernel(kernel.start, kernel.rows + 1, kernel.index, kernel.entries,
                                  kernel.value, kernel.entries, pi.data, pi.len,
                                  (const jko_graph_options *)&options, &graph));
    give_graph(call, graph);
}

static mxArray *doubles(const int64_t *values, size_t len) {
    mxArray *result = column(len);
    size_t k;
    for (k = 0; k < len; k++) {
        mxGetPr(result)[k] = (double)values[k];
    }
    return result;
}

void command_graph_info(Call *call) {
    const jko_graph *graph = handle_of(call->input[0], GRAPH, "graph").object;
    size_t n = jko_graph_nodes(graph), m = jko_graph_edges(graph);
    int64_t *source = mxMalloc((m + 1) * sizeof *source), *target = mxMalloc((m + 1) * sizeof *target);
    mxArray *pi = column(n), *conductance = column(m), *info = structure();
    require(jko_graph_reference(graph, mxGetPr(pi), n));
    require(jko_graph_conductance(graph, mxGetPr(conductance), m));
    require(jko_graph_edge_list(graph, 1, source, m, target, m));
    put(info, "nodes", number((double)n));
    put(info, "edges", number((double)m));
    put(info, "pi", pi);
    put(info, "source", doubles(source, m));
    put(info, "target", doubles(target, m));
    put(info, "conductance", conductance);
    give(call, 0, info);
}

/* check_distribution(graph, mu, positive): raises the error, or nothing. */
void command_check_distribution(Call *call) {
    const jko_graph *graph = handle_of(call->input[0], GRAPH, "graph").object;
    Vector mu = vector_of(call->input[1], "mu");
    bool positive = call->inputs > 2 && truth_of(call->input[2], "positive");
    require(jko_graph_check_distribution(graph, mu.data, mu.len, positive));
}

void command_density(Call *call) {
    const jko_graph *graph = handle_of(call->input[0], GRAPH, "graph").object;
    Vector mu = vector_of(call->input[1], "mu");
    mxArray *density = column(jko_graph_nodes(graph));
    require(jko_graph_density(graph, mu.data, mu.len, mxGetPr(density), jko_graph_nodes(graph)));
    give(call, 0, density);
}

void command_mix(Call *call) {
    const jko_graph *graph = handle_of(call->input[0], GRAPH, "graph").object;
    Vector mu = vector_of(call->input[1], "mu");
    mxArray *mixed = column(jko_graph_nodes(graph));
    require(jko_graph_mix_with_reference(graph, mu.data, mu.len, number_of(call->input[2], "share"),
                                         mxGetPr(mixed), jko_graph_nodes(graph)));
    give(call, 0, mixed);
}

void command_centre(Call *call) {
    const jko_graph *graph = handle_of(call->input[0], GRAPH, "graph").object;
    Vector potential = vector_of(call->input[1], "potential");
    mxArray *centred = column(jko_graph_nodes(graph));
    require(jko_graph_centre(graph, potential.data, potential.len, mxGetPr(centred),
                             jko_graph_nodes(graph)));
    give(call, 0, centred);
}

/* mobility(mean, s, t): value, gradient, second derivatives. */
void command_mobility(Call *call) {
    int32_t mean = choice_of("mean", call->input[0]);
    mxArray *gradient = column(2), *hessian = column(3);
    double value;
    require(jko_mean_value(mean, number_of(call->input[1], "s"), number_of(call->input[2], "t"), &value,
                           mxGetPr(gradient), 2, mxGetPr(hessian), 3));
    give(call, 0, number(value));
    give(call, 1, gradient);
    give(call, 2, hessian);
}
