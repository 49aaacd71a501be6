/* Learning: problems, their data, their solutions, and the loss for other models. */
#include "jkoflow_mex.h"

static Handle problem_of(Call *call) {
    return handle_of(call->input[0], FIT, "problem");
}

/* problem(graph, ...); the handle's rows are its terms. */
void command_problem(Call *call) {
    Handle graph = handle_of(call->input[0], GRAPH, "graph");
    Extra extras[] = {{"Terms", NULL}, {NULL, NULL}};
    Control control;
    const jko_fit_options *options = (const jko_fit_options *)&control.first;
    jko_fit *fit = NULL;
    control_read(&control, call, 1, JKO_OPTIONS_FIT, NO_OPTIONS, extras);
    if (extras[0].value == NULL) {
        require(jko_fit_new(graph.object, options, &fit));
    } else {
        jko_terms *terms = terms_of(extras[0].value);
        require(jko_fit_new_with_terms(graph.object, options, terms, &fit));
    }
    adopt(FIT, fit);
    give(call, 0, hand_out(fit, graph.nodes, count_of_terms(extras[0].value)));
}

/* add_trajectory(problem, times, snapshots, ...). */
void command_add_trajectory(Call *call) {
    jko_fit *fit = problem_of(call).object;
    Vector times = vector_of(call->input[1], "times");
    Matrix s = columns_of(call->input[2], "snapshots"), v = {NULL, 0, 0, 0, 0};
    Extra extras[] = {{"Variations", NULL}, {NULL, NULL}};
    Control control;
    jko_status status;
    control_read(&control, call, 3, NO_OPTIONS, NO_OPTIONS, extras);
    if (extras[0].value != NULL) {
        v = columns_of(extras[0].value, "Variations");
        if (v.cols != s.cols) {
            fail("lengthMismatch", "Variations: %zu rows, but the snapshots have %zu", v.cols, s.cols);
        }
    }
    control_listen(&control);
    if (extras[0].value == NULL) {
        status = jko_fit_add_trajectory(fit, times.data, times.len, s.data, s.rows, s.cols,
                                        s.row_stride, s.col_stride, control.threads);
    } else {
        status = jko_fit_add_trajectory_with(fit, times.data, times.len, s.data, s.rows, s.cols,
                                             s.row_stride, s.col_stride, v.data, v.rows, v.row_stride,
                                             v.col_stride, control.threads);
    }
    control_end(&control);
    require(status);
}

/* add_pair(problem, graph, mu0, mu1, tau, ...): the geodesic is solved for here. */
void command_add_pair(Call *call) {
    Handle problem = problem_of(call);
    const jko_graph *graph = handle_of(call->input[1], GRAPH, "graph").object;
    Vector start = vector_of(call->input[2], "mu0"), end = vector_of(call->input[3], "mu1");
    double tau = number_of(call->input[4], "tau"), weight = 1.0;
    Extra extras[] = {{"StepWeight", NULL}, {NULL, NULL}};
    Control control;
    jko_geodesic *geodesic = NULL;
    jko_status status;
    control_read(&control, call, 5, JKO_OPTIONS_GEODESIC, NO_OPTIONS, extras);
    if (extras[0].value != NULL) {
        weight = number_of(extras[0].value, "StepWeight");
    }
    control_listen(&control);
    status = jko_geodesic_solve(graph, start.data, start.len, end.data, end.len,
                                (const jko_geodesic_options *)&control.first, &geodesic);
    adopt(GEODESIC, geodesic);
    control_end(&control);
    require(status);
    require(jko_fit_add_pair(problem.object, geodesic, tau, weight));
}

/* add_problem(problem, other). */
void command_add_problem(Call *call) {
    require(jko_fit_merge(problem_of(call).object, handle_of(call->input[1], FIT, "other").object));
}

void command_pairs(Call *call) {
    size_t pairs;
    require(jko_fit_pairs(problem_of(call).object, &pairs));
    give(call, 0, number((double)pairs));
}

void command_statistics(Call *call) {
    const jko_fit *fit = problem_of(call).object;
    mxArray *statistics;
    size_t len;
    require(jko_fit_statistics_len(fit, &len));
    statistics = column(len);
    require(jko_fit_statistics(fit, mxGetPr(statistics), len));
    give(call, 0, statistics);
}

/* add_statistics(problem, statistics). */
void command_add_statistics(Call *call) {
    Vector statistics = vector_of(call->input[1], "statistics");
    require(jko_fit_add_statistics(problem_of(call).object, statistics.data, statistics.len));
}

/* cross_validate(problem, blocks, ...): explained share, its standard error. */
void command_cross_validate(Call *call) {
    Handle problem = problem_of(call);
    size_t terms = problem.rows, len = terms, k;
    Extra extras[] = {{"Ridge", NULL}, {"Included", NULL}, {"Forward", NULL}, {NULL, NULL}};
    double *zeros = mxCalloc(terms + 1, sizeof *zeros), explained, error;
    Vector ridges = {NULL, 0};
    int32_t *included = mxMalloc((terms + 1) * sizeof *included), forward = 0;
    options_read(call, 2, NO_OPTIONS, NULL, NO_OPTIONS, NULL, extras);
    ridges.data = zeros;
    ridges.len = terms;
    for (k = 0; k < terms; k++) {
        included[k] = 1;
    }
    if (extras[0].value != NULL) {
        ridges = vector_of(extras[0].value, "Ridge");
    }
    if (extras[1].value != NULL) {
        size_t *chosen = counts_of(extras[1].value, "Included", &len);
        included = mxMalloc((len + 1) * sizeof *included);
        for (k = 0; k < len; k++) {
            included[k] = chosen[k] != 0;
        }
    }
    if (extras[2].value != NULL) {
        forward = truth_of(extras[2].value, "Forward");
    }
    require(jko_fit_cross_validate(problem.object, (int64_t)count_of(call->input[1], "blocks"), forward,
                                   ridges.data, ridges.len, included, len, &explained, &error));
    give(call, 0, number(explained));
    give(call, 1, number(error));
}

/* A ridge per term, or one number for the potential. */
static jko_status solve(const Handle *problem, const mxArray *argument, jko_fitted **out) {
    Vector ridge;
    if (argument == NULL) {
        return jko_fit_solve(problem->object, NULL, out);
    }
    ridge = vector_of(argument, "Ridge");
    if (ridge.len == 1 && problem->rows != 1) {
        Options options;
        options_init(JKO_OPTIONS_RIDGE, &options);
        require(jko_options_set(JKO_OPTIONS_RIDGE, &options, "potential", ridge.data[0]));
        return jko_fit_solve(problem->object, (const jko_ridge *)&options, out);
    }
    return jko_fit_solve_with(problem->object, ridge.data, ridge.len, out);
}

static mxArray *parameter_names(const jko_fitted *fitted, size_t count) {
    mxArray *names = mxCreateCellMatrix(count, 1);
    size_t k;
    for (k = 0; k < count; k++) {
        size_t size = jko_fitted_parameter_name(fitted, (int64_t)k, NULL, 0);
        char *name = text_buffer(size);
        jko_fitted_parameter_name(fitted, (int64_t)k, name, size);
        mxSetCell(names, k, mxCreateString(name));
    }
    return names;
}

static mxArray *unidentified(const jko_fitted *fitted) {
    size_t size = jko_fitted_unidentified(fitted, NULL, 0);
    char *text = text_buffer(size);
    jko_fitted_unidentified(fitted, text, size);
    return mxCreateString(text);
}

/* The loss of each step, or nothing where only sums are known. */
static mxArray *residuals(const jko_fitted *fitted) {
    size_t pairs = jko_fitted_pairs(fitted);
    mxArray *losses = column(pairs);
    if (jko_fitted_residuals(fitted, mxGetPr(losses), pairs) != JKO_STATUS_OK) {
        return column(0);
    }
    return losses;
}

/* solve(problem, ...): what was learned, with handles for its energy and for more questions. */
void command_solve(Call *call) {
    Handle problem = problem_of(call);
    Extra extras[] = {{"Ridge", NULL}, {NULL, NULL}};
    jko_fitted *fitted = NULL;
    jko_energy *energy = NULL;
    jko_status status;
    mxArray *result = structure(), *potential = column(problem.nodes), *parameters, *errors;
    size_t count;
    options_read(call, 1, NO_OPTIONS, NULL, NO_OPTIONS, NULL, extras);
    require(solve(&problem, extras[0].value, &fitted));
    adopt(FITTED, fitted);
    status = jko_fitted_energy(fitted, &energy);
    adopt(ENERGY, energy);
    if (status != JKO_STATUS_INVALID_ARGUMENT) { /* which it is where the caller's own terms take part */
        require(status);
    }
    require(jko_fitted_parameter_count(fitted, &count));
    parameters = column(count);
    errors = column(count);
    require(jko_fitted_potential(fitted, mxGetPr(potential), problem.nodes));
    require(jko_fitted_parameters(fitted, mxGetPr(parameters), count));
    require(jko_fitted_standard_errors(fitted, mxGetPr(errors), count));
    put(result, "potential", potential);
    put(result, "entropy", number(jko_fitted_entropy(fitted)));
    put(result, "parameters", parameters);
    put(result, "parameter_names", parameter_names(fitted, count));
    put(result, "standard_errors", errors);
    put(result, "unidentified", unidentified(fitted));
    put(result, "mean", mxCreateString(choice_name("mean", jko_fitted_mean(fitted))));
    put(result, "explained", number(jko_fitted_explained(fitted)));
    put(result, "residual", number(jko_fitted_residual(fitted)));
    put(result, "residuals", residuals(fitted));
    put(result, "pairs", number((double)jko_fitted_pairs(fitted)));
    put(result, "heat_explained", number(jko_fitted_heat_explained(fitted)));
    put(result, "heat_entropy", number(jko_fitted_heat_entropy(fitted)));
    put(result, "energy", energy == NULL ? column(0) : hand_out(energy, problem.nodes, 0));
    put(result, "fitted", hand_out(fitted, problem.nodes, count));
    give(call, 0, result);
}

/* explained(fitted, problem). */
void command_explained(Call *call) {
    Handle fitted = handle_of(call->input[0], FITTED, "fitted");
    double explained;
    require(jko_fitted_explained_of(fitted.object, handle_of(call->input[1], FIT, "problem").object,
                                    &explained));
    give(call, 0, number(explained));
}

/* loss(graph, times, snapshots, ...). */
void command_loss(Call *call) {
    Handle graph = handle_of(call->input[0], GRAPH, "graph");
    Vector times = vector_of(call->input[1], "times");
    Matrix s = columns_of(call->input[2], "snapshots");
    Control control;
    jko_snapshot_loss *loss = NULL;
    jko_status status;
    control_begin(&control, call, 3, JKO_OPTIONS_FIT, NO_OPTIONS, NULL);
    status = jko_snapshot_loss_new(graph.object, (const jko_fit_options *)&control.first, times.data,
                                   times.len, s.data, s.rows, s.cols, s.row_stride, s.col_stride,
                                   control.threads, &loss);
    adopt(LOSS, loss);
    control_end(&control);
    require(status);
    give(call, 0, hand_out(loss, graph.nodes, s.rows));
}

/* loss_value(loss, variations): value, gradient. */
void command_loss_value(Call *call) {
    Handle loss = handle_of(call->input[0], LOSS, "loss");
    Matrix v = columns_of(call->input[1], "variations");
    mxArray *gradient = mxCreateDoubleMatrix(v.cols, v.rows, mxREAL);
    double value;
    require(jko_snapshot_loss_evaluate(loss.object, v.data, v.rows, v.cols, v.row_stride, v.col_stride,
                                       &value, mxGetPr(gradient), (ptrdiff_t)v.cols, 1));
    give(call, 0, number(value));
    give(call, 1, gradient);
}
