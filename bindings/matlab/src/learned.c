/* Fits of the flow and of counts: one call from the data to what was learned. */
#include "jkoflow_mex.h"

/* What both take: (graph, times, snapshots, ...). Data of several trajectories are cell arrays. */
typedef struct {
    Handle graph;
    const mxArray *times, *snapshots;
    size_t trajectories;
    jko_terms *terms;
    Vector ridges, start;
    Control control;
} Request;

static void count_trajectories(Request *request) {
    bool several = mxIsCell(request->snapshots);
    request->trajectories = several ? mxGetNumberOfElements(request->snapshots) : 1;
    if (several != mxIsCell(request->times)) {
        fail("badType", "times and snapshots: both are cell arrays, or none is");
    }
    if (several && mxGetNumberOfElements(request->times) != request->trajectories) {
        fail("lengthMismatch", "times: %zu cells, but the snapshots have %zu",
             (size_t)mxGetNumberOfElements(request->times), request->trajectories);
    }
}

static const mxArray *of_trajectory(const mxArray *argument, size_t k, const char *name) {
    const mxArray *own = mxIsCell(argument) ? mxGetCell(argument, k) : argument;
    if (own == NULL) {
        fail("badType", "%s: cell %zu is empty", name, k + 1);
    }
    return own;
}

/* One number for the potential as one per term. */
static Vector on_potential(double ridge, const mxArray *terms) {
    size_t count = count_of_terms(terms);
    double *ridges = mxCalloc(count + 1, sizeof *ridges);
    size_t potential = number_of_potential(terms);
    Vector vector = {NULL, 0};
    if (potential < count) {
        ridges[potential] = ridge;
    }
    vector.data = ridges;
    vector.len = count;
    return vector;
}

static void read_request(Request *request, Call *call, int32_t group) {
    Extra extras[] = {{"Terms", NULL}, {"Ridge", NULL}, {"Start", NULL}, {NULL, NULL}};
    Vector none = {NULL, 0};
    request->graph = handle_of(call->input[0], GRAPH, "graph");
    request->times = call->input[1];
    request->snapshots = call->input[2];
    count_trajectories(request);
    control_read(&request->control, call, 3, group, NO_OPTIONS, extras);
    request->terms = terms_of(extras[0].value);
    request->ridges = extras[1].value == NULL ? none : vector_of(extras[1].value, "Ridge");
    request->start = extras[2].value == NULL ? none : vector_of(extras[2].value, "Start");
    if (request->ridges.len == 1 && count_of_terms(extras[0].value) != 1) {
        request->ridges = on_potential(request->ridges.data[0], extras[0].value);
    }
}

static mxArray *text_from(size_t (*copy)(const jko_estimate *, char *, size_t),
                          const jko_estimate *estimate) {
    size_t size = copy(estimate, NULL, 0);
    char *text = text_buffer(size);
    copy(estimate, text, size);
    return mxCreateString(text);
}

static mxArray *parameter_names(const jko_estimate *estimate, size_t count) {
    mxArray *names = mxCreateCellMatrix(count, 1);
    size_t k;
    for (k = 0; k < count; k++) {
        size_t size = jko_estimate_parameter_name(estimate, (int64_t)k, NULL, 0);
        char *name = text_buffer(size);
        jko_estimate_parameter_name(estimate, (int64_t)k, name, size);
        mxSetCell(names, k, mxCreateString(name));
    }
    return names;
}

/* The fields that both kinds of fit have. */
static mxArray *describe(const jko_estimate *estimate, size_t nodes) {
    size_t count = jko_estimate_parameter_count(estimate);
    mxArray *result = structure(), *potential = column(nodes);
    mxArray *parameters = column(count), *errors = column(count);
    jko_status status = jko_estimate_status(estimate);
    jko_energy *energy = NULL;
    require(jko_estimate_energy(estimate, &energy));
    adopt(ENERGY, energy);
    require(jko_estimate_potential(estimate, mxGetPr(potential), nodes));
    require(jko_estimate_parameters(estimate, mxGetPr(parameters), count));
    require(jko_estimate_standard_errors(estimate, mxGetPr(errors), count));
    put(result, "potential", potential);
    put(result, "entropy", number(jko_estimate_entropy(estimate)));
    put(result, "parameters", parameters);
    put(result, "parameter_names", parameter_names(estimate, count));
    put(result, "standard_errors", errors);
    put(result, "unidentified", text_from(jko_estimate_unidentified, estimate));
    put(result, "mean", mxCreateString(choice_name("mean", jko_estimate_mean(estimate))));
    put(result, "converged", truth(status == JKO_STATUS_OK));
    put(result, "status", mxCreateString(status_name(status)));
    put(result, "iterations", number((double)jko_estimate_iterations(estimate)));
    put(result, "energy", hand_out(energy, nodes, 0));
    return result;
}

/* The misfit of each step. */
static mxArray *residuals(const jko_flow_fitted *fitted) {
    size_t pairs = jko_flow_fitted_pairs(fitted);
    mxArray *misfits = column(pairs);
    require(jko_flow_fitted_residuals(fitted, mxGetPr(misfits), pairs));
    return misfits;
}

/* flow_fit(graph, times, snapshots, ...). */
void command_flow_fit(Call *call) {
    Request request;
    jko_flow_fit *fit = NULL;
    jko_flow_fitted *fitted = NULL;
    jko_status status;
    size_t nodes, k;
    mxArray *result;
    read_request(&request, call, JKO_OPTIONS_FLOW_FIT);
    nodes = request.graph.nodes;
    require(jko_flow_fit_new(request.graph.object, request.terms,
                             (const jko_flow_fit_options *)&request.control.first, &fit));
    adopt(FLOW_FIT, fit);
    for (k = 0; k < request.trajectories; k++) {
        Vector times = vector_of(of_trajectory(request.times, k, "times"), "times");
        Matrix s = columns_of(of_trajectory(request.snapshots, k, "snapshots"), "snapshots");
        require(jko_flow_fit_add_trajectory(fit, times.data, times.len, s.data, s.rows, s.cols,
                                            s.row_stride, s.col_stride));
    }
    control_listen(&request.control);
    status = jko_flow_fit_solve(fit, request.ridges.data, request.ridges.len, request.start.data,
                                request.start.len, request.control.threads, &fitted);
    adopt(FLOW_FITTED, fitted);
    control_end(&request.control);
    if (fitted == NULL) {
        require(status);
    }
    result = describe(estimate_of(FLOW_FITTED, fitted), nodes);
    put(result, "explained", number(jko_flow_fitted_explained(fitted)));
    put(result, "residual", number(jko_flow_fitted_residual(fitted)));
    put(result, "residuals", residuals(fitted));
    put(result, "pairs", number((double)jko_flow_fitted_pairs(fitted)));
    put(result, "fitted", hand_out(fitted, nodes, 0));
    give(call, 0, result);
    check(status);
}

/* The estimated start of each trajectory. */
static mxArray *starts(const jko_count_fitted *fitted, size_t nodes, size_t trajectories) {
    mxArray *masses = mxCreateDoubleMatrix(nodes, trajectories, mxREAL);
    size_t k;
    for (k = 0; k < trajectories; k++) {
        require(jko_count_fitted_start(fitted, k, mxGetPr(masses) + k * nodes, nodes));
    }
    return masses;
}

/* count_fit(graph, times, counts, ...); the handle's rows are the trajectories. */
void command_count_fit(Call *call) {
    Request request;
    jko_count_fit *fit = NULL;
    jko_count_fitted *fitted = NULL;
    jko_status status;
    size_t nodes, k;
    mxArray *result;
    read_request(&request, call, JKO_OPTIONS_COUNT_FIT);
    nodes = request.graph.nodes;
    require(jko_count_fit_new(request.graph.object, request.terms,
                              (const jko_count_fit_options *)&request.control.first, &fit));
    adopt(COUNT_FIT, fit);
    for (k = 0; k < request.trajectories; k++) {
        Vector times = vector_of(of_trajectory(request.times, k, "times"), "times");
        Matrix c = columns_of(of_trajectory(request.snapshots, k, "counts"), "counts");
        require(jko_count_fit_add_trajectory(fit, times.data, times.len, c.data, c.rows, c.cols,
                                             c.row_stride, c.col_stride));
    }
    control_listen(&request.control);
    status = jko_count_fit_solve(fit, request.ridges.data, request.ridges.len, request.start.data,
                                 request.start.len, request.control.threads, &fitted);
    adopt(COUNT_FITTED, fitted);
    control_end(&request.control);
    if (fitted == NULL) {
        require(status);
    }
    result = describe(estimate_of(COUNT_FITTED, fitted), nodes);
    put(result, "start", starts(fitted, nodes, request.trajectories));
    put(result, "deviance", number(jko_count_fitted_deviance(fitted)));
    put(result, "degrees_of_freedom", number((double)jko_count_fitted_degrees_of_freedom(fitted)));
    put(result, "fitted", hand_out(fitted, nodes, request.trajectories));
    give(call, 0, result);
    check(status);
}
