/* Geodesics: one, many, with bounds, and by a solver that is kept. */
#include "jkoflow_mex.h"

static const int32_t GROUP = JKO_OPTIONS_GEODESIC;

/* solver(graph, ...). */
void command_solver(Call *call) {
    Handle graph = handle_of(call->input[0], GRAPH, "graph");
    Control control;
    jko_solver *solver = NULL;
    control_read(&control, call, 1, GROUP, NO_OPTIONS, NULL);
    require(jko_solver_new(graph.object, (const jko_geodesic_options *)&control.first, &solver));
    adopt(SOLVER, solver);
    give(call, 0, hand_out(solver, graph.nodes, 0));
}

/* One problem: solver or graph, and the two ends. */
typedef struct {
    bool with_solver;
    Handle handle;
    Vector start, end;
} Problem;

static Problem problem_of(Call *call) {
    Problem problem;
    problem.with_solver = is_handle(call->input[0], SOLVER);
    problem.handle = handle_of(call->input[0], problem.with_solver ? SOLVER : GRAPH, "graph");
    problem.start = vector_of(call->input[1], "mu0");
    problem.end = vector_of(call->input[2], "mu1");
    return problem;
}

/* Solves, and adopts the geodesic. A solver brings its own options, and its last factorisation. */
static jko_status solve(const Problem *problem, const Control *control, jko_geodesic **out) {
    const Vector *a = &problem->start, *b = &problem->end;
    const jko_geodesic_options *options = (const jko_geodesic_options *)&control->first;
    jko_status status;
    *out = NULL;
    status = problem->with_solver
                 ? jko_solver_solve_next(problem->handle.object, a->data, a->len, b->data, b->len, out)
                 : jko_geodesic_solve(problem->handle.object, a->data, a->len, b->data, b->len, options,
                                      out);
    adopt(GEODESIC, *out);
    return status;
}

static void begin(Control *control, const Problem *problem, Call *call, int32_t group2, Extra *extras) {
    control_begin(control, call, 3, problem->with_solver ? NO_OPTIONS : GROUP, group2, extras);
}

static mxArray *text_from(size_t (*copy)(const jko_geodesic *, char *, size_t),
                          const jko_geodesic *geodesic) {
    size_t size = copy(geodesic, NULL, 0);
    char *text = text_buffer(size);
    copy(geodesic, text, size);
    return mxCreateString(text);
}

/* The numbers of a geodesic without those that take an argument. */
static mxArray *describe(const jko_geodesic *geodesic) {
    size_t n = jko_geodesic_nodes(geodesic);
    jko_status termination = jko_geodesic_termination(geodesic);
    mxArray *result = structure(), *start = column(n), *end = column(n);
    require(jko_geodesic_potential_start(geodesic, mxGetPr(start), n));
    require(jko_geodesic_potential_end(geodesic, mxGetPr(end), n));
    put(result, "distance", number(jko_geodesic_distance(geodesic)));
    put(result, "error_estimate", number(jko_geodesic_error_estimate(geodesic)));
    put(result, "path_error_estimate", number(jko_geodesic_path_error_estimate(geodesic)));
    put(result, "residual", number(jko_geodesic_residual(geodesic)));
    put(result, "converged", truth(termination == JKO_STATUS_OK));
    put(result, "status", mxCreateString(status_name(termination)));
    put(result, "iterations", number((double)jko_geodesic_iterations(geodesic)));
    put(result, "time_nodes", number((double)jko_geodesic_time_nodes(geodesic)));
    put(result, "mean", mxCreateString(choice_name("mean", jko_geodesic_mean(geodesic))));
    put(result, "method", text_from(jko_geodesic_method, geodesic));
    put(result, "reason", text_from(jko_geodesic_reason, geodesic));
    put(result, "potential_start", start);
    put(result, "potential_end", end);
    return result;
}

typedef jko_status PathFunction(const jko_geodesic *, double, double *, size_t);

/* A column for each time. */
static mxArray *along(const jko_geodesic *geodesic, const Vector *times, PathFunction *function) {
    size_t n = jko_geodesic_nodes(geodesic), k;
    mxArray *values = mxCreateDoubleMatrix(n, times->len, mxREAL);
    for (k = 0; k < times->len; k++) {
        require(function(geodesic, times->data[k], mxGetPr(values) + k * n, n));
    }
    return values;
}

/* geodesic(graph or solver, mu0, mu1, ...). */
void command_geodesic(Call *call) {
    Problem problem = problem_of(call);
    Extra extras[] = {{"Times", NULL}, {NULL, NULL}};
    Vector times = {NULL, 0};
    Control control;
    jko_geodesic *geodesic;
    jko_status status;
    mxArray *result;
    begin(&control, &problem, call, NO_OPTIONS, extras);
    status = solve(&problem, &control, &geodesic);
    control_end(&control);
    if (status < 0) {
        require(status);
    }
    result = describe(geodesic);
    if (extras[0].value != NULL) {
        times = vector_of(extras[0].value, "Times");
        put(result, "mass", along(geodesic, &times, jko_geodesic_mass_at));
        put(result, "density", along(geodesic, &times, jko_geodesic_density_at));
        put(result, "potential", along(geodesic, &times, jko_geodesic_potential_at));
    }
    give(call, 0, result);
    check(status);
}

/* distance(graph or solver, mu0, mu1, ...). */
void command_distance(Call *call) {
    Problem problem = problem_of(call);
    Control control;
    jko_geodesic *geodesic;
    jko_status status;
    begin(&control, &problem, call, NO_OPTIONS, NULL);
    status = solve(&problem, &control, &geodesic);
    control_end(&control);
    if (status < 0) {
        require(status);
    }
    give(call, 0, number(jko_geodesic_distance(geodesic)));
    give(call, 1, number(jko_geodesic_error_estimate(geodesic)));
    check(status);
}

/* bounds(graph or solver, mu0, mu1, ...): lower, upper, distance. */
void command_bounds(Call *call) {
    Problem problem = problem_of(call);
    Control control;
    jko_geodesic *geodesic;
    double lower = mxGetNaN(), upper = mxGetNaN();
    jko_status status;
    begin(&control, &problem, call, JKO_OPTIONS_BOUND, NULL);
    status = solve(&problem, &control, &geodesic);
    if (status >= 0 && status != JKO_STATUS_CANCELLED) {
        status =
            jko_geodesic_bounds(geodesic, (const jko_bound_options *)&control.second, &lower, &upper);
    }
    control_end(&control);
    if (status < 0) {
        require(status);
    }
    give(call, 0, number(lower));
    give(call, 1, number(upper));
    give(call, 2, number(jko_geodesic_distance(geodesic)));
    check(status);
}

/* consecutive(graph, snapshots, ...): distances, converged, potentials at starts and ends. */
void command_consecutive(Call *call) {
    const jko_graph *graph = handle_of(call->input[0], GRAPH, "graph").object;
    Matrix s = columns_of(call->input[1], "snapshots");
    size_t pairs = s.rows > 0 ? s.rows - 1 : 0, k;
    ptrdiff_t stride = (ptrdiff_t)s.cols;
    mxArray *distance = column(pairs), *converged = mxCreateLogicalMatrix(pairs, 1);
    mxArray *start = mxCreateDoubleMatrix(s.cols, pairs, mxREAL);
    mxArray *end = mxCreateDoubleMatrix(s.cols, pairs, mxREAL);
    jko_status *terminations = mxCalloc(pairs + 1, sizeof *terminations), status;
    Control control;
    control_begin(&control, call, 2, GROUP, NO_OPTIONS, NULL);
    status = jko_geodesic_batch_values(graph, s.data, s.rows, s.cols, s.row_stride, s.col_stride,
                                       (const jko_geodesic_options *)&control.first, control.threads,
                                       mxGetPr(distance), pairs, terminations, pairs, mxGetPr(start),
                                       stride, 1, mxGetPr(end), stride, 1);
    control_end(&control);
    if (status < 0) {
        require(status);
    }
    for (k = 0; k < pairs; k++) {
        mxGetLogicals(converged)[k] = terminations[k] == JKO_STATUS_OK;
    }
    give(call, 0, distance);
    give(call, 1, converged);
    give(call, 2, start);
    give(call, 3, end);
    check(status);
}

/* distance_matrix(graph, distributions, ...). */
void command_distance_matrix(Call *call) {
    const jko_graph *graph = handle_of(call->input[0], GRAPH, "graph").object;
    Matrix s = columns_of(call->input[1], "distributions");
    mxArray *distances = mxCreateDoubleMatrix(s.rows, s.rows, mxREAL);
    Control control;
    jko_status status;
    control_begin(&control, call, 2, GROUP, NO_OPTIONS, NULL);
    status = jko_distance_matrix(graph, s.data, s.rows, s.cols, s.row_stride, s.col_stride,
                                 (const jko_geodesic_options *)&control.first, control.threads,
                                 mxGetPr(distances), (ptrdiff_t)s.rows, 1);
    control_end(&control);
    if (status < 0) {
        require(status);
    }
    give(call, 0, distances);
    check(status);
}
