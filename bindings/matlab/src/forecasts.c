/* What learned energies predict, and how sure one may be of it. */
#include "jkoflow_mex.h"

static const double NINETY_FIVE_PERCENT = 1.96;

jko_estimate *estimate_of(Kind kind, const void *fitted) {
    jko_estimate *estimate = NULL;
    require(kind == FLOW_FITTED ? jko_flow_fitted_estimate(fitted, &estimate)
                                : jko_count_fitted_estimate(fitted, &estimate));
    return adopt(ESTIMATE, estimate);
}

/* The mean that a caller names, or that of the fit, where options of this group have theirs. */
static void set_mean(Control *control, int32_t group, const Handle *learned, const mxArray *argument) {
    int32_t mean;
    if (argument != NULL) {
        mean = choice_of("mean", argument);
    } else if (learned->kind == FITTED) {
        mean = jko_fitted_mean(learned->object);
    } else {
        mean = jko_estimate_mean(estimate_of(learned->kind, learned->object));
    }
    require(jko_options_set(group, &control->first, "mean", mean));
}

/* What any kind of fit has learned. */
static Handle learned_of(const mxArray *argument) {
    if (is_handle(argument, FLOW_FITTED)) {
        return handle_of(argument, FLOW_FITTED, "learned");
    }
    if (is_handle(argument, COUNT_FITTED)) {
        return handle_of(argument, COUNT_FITTED, "learned");
    }
    return handle_of(argument, FITTED, "learned");
}

/* A column for each time. */
static mxArray *describe(const jko_forecast *forecast, size_t nodes, double quantile) {
    size_t count = jko_forecast_count(forecast), k;
    ptrdiff_t stride = (ptrdiff_t)nodes;
    mxArray *result = structure(), *times = column(count);
    mxArray *masses = mxCreateDoubleMatrix(nodes, count, mxREAL);
    mxArray *errors = mxCreateDoubleMatrix(nodes, count, mxREAL);
    mxArray *lower = mxCreateDoubleMatrix(nodes, count, mxREAL);
    mxArray *upper = mxCreateDoubleMatrix(nodes, count, mxREAL);
    require(jko_forecast_times(forecast, mxGetPr(times), count));
    require(jko_forecast_masses(forecast, mxGetPr(masses), count, nodes, stride, 1));
    require(jko_forecast_standard_errors(forecast, mxGetPr(errors), count, nodes, stride, 1));
    for (k = 0; k < count; k++) {
        require(jko_forecast_band(forecast, k, quantile, mxGetPr(lower) + k * nodes, nodes,
                                  mxGetPr(upper) + k * nodes, nodes));
    }
    put(result, "times", times);
    put(result, "mass", masses);
    put(result, "standard_errors", errors);
    put(result, "lower", lower);
    put(result, "upper", upper);
    return result;
}

/* Quantile and Trajectory, as `extras` of a forecast. */
static double quantile_of(const mxArray *argument) {
    double quantile = argument == NULL ? NINETY_FIVE_PERCENT : number_of(argument, "Quantile");
    if (!mxIsFinite(quantile) || quantile < 0.0) {
        fail("badValue", "Quantile: %g is no finite number from 0 on", quantile);
    }
    return quantile;
}

/* The trajectory of a count fit that a forecast goes on from, counted from 0. */
static size_t trajectory_of(const Handle *learned, const mxArray *argument) {
    size_t k = argument == NULL ? 1 : count_of(argument, "Trajectory");
    if (learned->kind != COUNT_FITTED) {
        fail("invalidArgument", "mu0: empty, but only a fit of counts estimates where to start");
    }
    if (k < 1 || k > learned->rows) {
        fail("invalidArgument", "Trajectory: %zu, but they count from 1 to %zu", k, learned->rows);
    }
    return k - 1;
}

/* forecast(fitted, mu0, times, ...): without mu0 from the start of a trajectory of counts. */
void command_forecast(Call *call) {
    Handle learned = learned_of(call->input[0]);
    Vector mu0 = vector_of(call->input[1], "mu0"), times = vector_of(call->input[2], "times");
    Extra extras[] = {{"Quantile", NULL}, {"Trajectory", NULL}, {"Mean", NULL}, {NULL, NULL}};
    Control control;
    const jko_flow_options *options = (const jko_flow_options *)&control.first;
    const jko_estimate *estimate = NULL;
    jko_forecast *forecast = NULL;
    size_t trajectory = 0;
    double quantile;
    jko_status status;
    control_read(&control, call, 3, JKO_OPTIONS_FLOW, NO_OPTIONS, extras);
    set_mean(&control, JKO_OPTIONS_FLOW, &learned, extras[2].value);
    quantile = quantile_of(extras[0].value);
    if (mu0.len == 0) {
        trajectory = trajectory_of(&learned, extras[1].value);
    } else if (extras[1].value != NULL) {
        fail("invalidArgument", "Trajectory: it has a start of its own, so mu0 has to be empty");
    } else if (learned.kind != FITTED) {
        estimate = estimate_of(learned.kind, learned.object);
    }
    control_listen(&control);
    if (mu0.len == 0) {
        status = jko_count_fitted_forecast(learned.object, trajectory, times.data, times.len, options,
                                           &forecast);
    } else if (estimate != NULL) {
        status = jko_estimate_forecast(estimate, mu0.data, mu0.len, times.data, times.len, options,
                                       &forecast);
    } else {
        status = jko_fitted_forecast(learned.object, mu0.data, mu0.len, times.data, times.len, options,
                                     &forecast);
    }
    adopt(FORECAST, forecast);
    control_end(&control);
    require(status);
    give(call, 0, describe(forecast, learned.nodes, quantile));
}

/* forecast_steps(fitted, mu0, tau, steps, ...). */
void command_forecast_steps(Call *call) {
    Handle learned = learned_of(call->input[0]);
    Vector mu0 = vector_of(call->input[1], "mu0");
    double tau = number_of(call->input[2], "tau"), quantile;
    size_t steps = count_of(call->input[3], "steps");
    Extra extras[] = {{"Quantile", NULL}, {"Mean", NULL}, {NULL, NULL}};
    Control control;
    const jko_estimate *estimate;
    jko_forecast *forecast = NULL;
    jko_status status;
    if (learned.kind == FITTED) {
        fail("badHandle", "learned: a fit of the flow or of counts is needed");
    }
    control_read(&control, call, 4, JKO_OPTIONS_GEODESIC, NO_OPTIONS, extras);
    set_mean(&control, JKO_OPTIONS_GEODESIC, &learned, extras[1].value);
    quantile = quantile_of(extras[0].value);
    estimate = estimate_of(learned.kind, learned.object);
    control_listen(&control);
    status = jko_estimate_forecast_steps(estimate, mu0.data, mu0.len, tau, (int64_t)steps,
                                         (const jko_geodesic_options *)&control.first, control.threads,
                                         &forecast);
    adopt(FORECAST, forecast);
    control_end(&control);
    require(status);
    give(call, 0, describe(forecast, learned.nodes, quantile));
}

/* All of a fit of the flow or of counts, column by column. */
static const double *whole_covariance(const Handle *learned, size_t *count) {
    const jko_estimate *estimate = estimate_of(learned->kind, learned->object);
    size_t n = jko_estimate_parameter_count(estimate);
    double *values = mxMalloc((n * n + 1) * sizeof *values);
    require(jko_estimate_covariance(estimate, values, n, n, 1, (ptrdiff_t)n));
    *count = n;
    return values;
}

/* covariance(fitted, p, q): a matrix; parameters are counted from one. */
void command_covariance(Call *call) {
    Handle learned = learned_of(call->input[0]);
    size_t rows, cols, count = 0, i, j;
    int64_t *p = indices_of(call->input[1], "p", &rows), *q = indices_of(call->input[2], "q", &cols);
    mxArray *covariance = mxCreateDoubleMatrix(rows, cols, mxREAL);
    const double *whole = learned.kind == FITTED ? NULL : whole_covariance(&learned, &count);
    int64_t last = (int64_t)count;
    for (j = 0; j < cols; j++) {
        for (i = 0; i < rows; i++) {
            double *entry = mxGetPr(covariance) + i + j * rows;
            if (whole == NULL) {
                *entry = jko_fitted_covariance(learned.object, p[i] - 1, q[j] - 1);
            } else if (p[i] >= 1 && p[i] <= last && q[j] >= 1 && q[j] <= last) {
                *entry = whole[p[i] - 1 + (q[j] - 1) * last];
            } else {
                *entry = mxGetNaN();
            }
        }
    }
    give(call, 0, covariance);
}
