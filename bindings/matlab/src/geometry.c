/* Tangents, paths and barycentres. */
#include "jkoflow_mex.h"

static Handle graph_of(Call *call) {
    return handle_of(call->input[0], GRAPH, "graph");
}

/* The mobility mean, where the option is given from input `first` on. */
static int32_t mean_option(Call *call, int first) {
    Extra extras[] = {{"Mean", NULL}, {NULL, NULL}};
    options_read(call, first, NO_OPTIONS, NULL, NO_OPTIONS, NULL, extras);
    return extras[0].value != NULL ? choice_of("mean", extras[0].value) : JKO_MEAN_LOGARITHMIC;
}

typedef jko_status TangentFunction(const jko_graph *, int32_t, const double *, size_t, const double *,
                                   size_t, double *, size_t);

static void tangent(Call *call, const char *name, TangentFunction *function) {
    Handle graph = graph_of(call);
    Vector mu = vector_of(call->input[1], "mu"), given = vector_of(call->input[2], name);
    int32_t mean = mean_option(call, 3);
    mxArray *result = column(graph.nodes);
    require(function(graph.object, mean, mu.data, mu.len, given.data, given.len, mxGetPr(result),
                     graph.nodes));
    give(call, 0, result);
}

/* rate(graph, mu, psi, ...). */
void command_rate(Call *call) {
    tangent(call, "psi", jko_metric_rate);
}

/* potential(graph, mu, rate, ...). */
void command_potential(Call *call) {
    tangent(call, "rate", jko_metric_potential);
}

/* product(graph, mu, psi, phi, ...). */
void command_product(Call *call) {
    Handle graph = graph_of(call);
    Vector mu = vector_of(call->input[1], "mu");
    Vector psi = vector_of(call->input[2], "psi"), phi = vector_of(call->input[3], "phi");
    double product;
    require(jko_metric_product(graph.object, mean_option(call, 4), mu.data, mu.len, psi.data, psi.len,
                               phi.data, phi.len, &product));
    give(call, 0, number(product));
}

/* exponential(graph, mu, psi, times, ...): masses, potentials, drift of the energy. */
void command_exponential(Call *call) {
    Handle graph = graph_of(call);
    Vector mu = vector_of(call->input[1], "mu"), psi = vector_of(call->input[2], "psi");
    Vector times = vector_of(call->input[3], "times");
    mxArray *masses = mxCreateDoubleMatrix(graph.nodes, times.len, mxREAL);
    mxArray *potentials = mxCreateDoubleMatrix(graph.nodes, times.len, mxREAL);
    ptrdiff_t stride = (ptrdiff_t)graph.nodes;
    double drift = 0.0;
    Control control;
    jko_status status;
    control_begin(&control, call, 4, JKO_OPTIONS_FLOW, NO_OPTIONS, NULL);
    status =
        jko_metric_geodesic_flow(graph.object, mu.data, mu.len, psi.data, psi.len, times.data,
                                 times.len, (const jko_flow_options *)&control.first, mxGetPr(masses),
                                 stride, 1, mxGetPr(potentials), stride, 1, &drift);
    control_end(&control);
    require(status);
    give(call, 0, masses);
    give(call, 1, potentials);
    give(call, 2, number(drift));
}

/* logarithm(graph, mu0, mu1, ...). */
void command_logarithm(Call *call) {
    Handle graph = graph_of(call);
    Vector start = vector_of(call->input[1], "mu0"), end = vector_of(call->input[2], "mu1");
    mxArray *psi = column(graph.nodes);
    Control control;
    jko_status status;
    control_begin(&control, call, 3, JKO_OPTIONS_GEODESIC, NO_OPTIONS, NULL);
    status =
        jko_metric_logarithm(graph.object, start.data, start.len, end.data, end.len,
                             (const jko_geodesic_options *)&control.first, mxGetPr(psi), graph.nodes);
    control_end(&control);
    require(status);
    give(call, 0, psi);
}

/* path_action(graph, times, masses, ...). */
void command_path_action(Call *call) {
    Handle graph = graph_of(call);
    Vector times = vector_of(call->input[1], "times");
    Matrix masses = columns_of(call->input[2], "masses");
    double action;
    require(jko_path_action(graph.object, mean_option(call, 3), times.data, times.len, masses.data,
                            masses.rows, masses.cols, masses.row_stride, masses.col_stride, &action));
    give(call, 0, number(action));
}

/* path_lengths(graph, masses, ...). */
void command_path_lengths(Call *call) {
    Handle graph = graph_of(call);
    Matrix masses = columns_of(call->input[1], "masses");
    size_t segments = masses.rows > 0 ? masses.rows - 1 : 0;
    mxArray *lengths = column(segments);
    require(jko_path_lengths(graph.object, mean_option(call, 2), masses.data, masses.rows, masses.cols,
                             masses.row_stride, masses.col_stride, mxGetPr(lengths), segments));
    give(call, 0, lengths);
}

/* barycentre(graph, references, weights, ...): mass, and how it was found. */
void command_barycentre(Call *call) {
    Handle graph = graph_of(call);
    Matrix r = columns_of(call->input[1], "references");
    Vector weights = vector_of(call->input[2], "weights");
    mxArray *mass = column(graph.nodes), *info;
    double objective = 0.0, residual = 0.0;
    size_t iterations = 0;
    Control control;
    jko_status status;
    control_begin(&control, call, 3, JKO_OPTIONS_BARYCENTRE, NO_OPTIONS, NULL);
    status = jko_barycentre_solve(graph.object, r.data, r.rows, r.cols, r.row_stride, r.col_stride,
                                  weights.data, weights.len,
                                  (const jko_barycentre_options *)&control.first, control.threads,
                                  mxGetPr(mass), graph.nodes, &objective, &residual, &iterations);
    control_end(&control);
    if (status < 0) {
        require(status);
    }
    info = structure();
    put(info, "converged", truth(status == JKO_STATUS_OK));
    put(info, "status", mxCreateString(status_name(status)));
    put(info, "objective", number(objective));
    put(info, "residual", number(residual));
    put(info, "iterations", number((double)iterations));
    give(call, 0, mass);
    give(call, 1, info);
    check(status);
}

/* barycentre_weights(graph, mu, references, ...): weights, residual. */
void command_barycentre_weights(Call *call) {
    Handle graph = graph_of(call);
    Vector mu = vector_of(call->input[1], "mu");
    Matrix r = columns_of(call->input[2], "references");
    mxArray *weights = column(r.rows);
    double residual;
    Control control;
    jko_status status;
    control_begin(&control, call, 3, JKO_OPTIONS_GEODESIC, NO_OPTIONS, NULL);
    status = jko_barycentre_weights(graph.object, mu.data, mu.len, r.data, r.rows, r.cols, r.row_stride,
                                    r.col_stride, (const jko_geodesic_options *)&control.first,
                                    control.threads, mxGetPr(weights), r.rows, &residual);
    control_end(&control);
    require(status);
    give(call, 0, weights);
    give(call, 1, number(residual));
}
