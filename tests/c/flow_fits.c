/* Fits of flows and of counts, and forecasts, through the boundary. */
#include "expect.h"
#include <math.h>

/* A cycle of six nodes, seen in three trajectories with steps that are not small. */
enum { NODES = 6, SEEN = 5, STARTS = 3, PARAMETERS = NODES + 1 };
static const double times[SEEN] = {0.0, 0.3, 0.6, 0.9, 1.2};
/* of mean zero */
static const double hills[NODES] = {0.3, -0.1, 0.2, -0.4, 0.1, -0.1};
static const double beta = 0.8;
/* of each trajectory, column by column */
static double masses[STARTS][NODES][SEEN];

static void simulate(const jko_graph *graph) {
    jko_energy *energy = NULL;
    jko_flow_options fine;
    EXPECT(jko_flow_options_init(&fine, sizeof fine) == JKO_STATUS_OK);
    fine.tolerance = 1e-11;
    EXPECT(jko_energy_new(graph, &energy) == JKO_STATUS_OK);
    EXPECT(jko_energy_set_potential(energy, hills, NODES) == JKO_STATUS_OK);
    EXPECT(jko_energy_set_entropy(energy, beta) == JKO_STATUS_OK);
    for (int k = 0; k < STARTS; k++) {
        double start[NODES], sum = 0.0;
        jko_flow *flow = NULL;
        for (int x = 0; x < NODES; x++) {
            start[x] = 1.0 + 0.6 * sin(1.7 * k + 2.3 * x);
            sum += start[x];
        }
        for (int x = 0; x < NODES; x++) {
            start[x] /= sum;
        }
        EXPECT(jko_flow_simulate(energy, start, NODES, times, SEEN, &fine, &flow) == JKO_STATUS_OK);
        EXPECT(jko_flow_masses(flow, &masses[k][0][0], SEEN, NODES, 1, SEEN) == JKO_STATUS_OK);
        jko_flow_free(flow);
    }
    jko_energy_free(energy);
}

static jko_terms *some_terms(void) {
    jko_terms *terms = NULL;
    EXPECT(jko_terms_new(&terms) == JKO_STATUS_OK);
    EXPECT(jko_terms_add_potential(terms) == JKO_STATUS_OK);
    EXPECT(jko_terms_add_entropy(terms) == JKO_STATUS_OK);
    return terms;
}

static void expect_truth(const jko_estimate *estimate, double tolerance) {
    double potential[NODES], all[PARAMETERS];
    EXPECT(jko_estimate_status(estimate) == JKO_STATUS_OK && jko_estimate_iterations(estimate) > 0);
    EXPECT(jko_estimate_parameter_count(estimate) == PARAMETERS);
    EXPECT(jko_estimate_parameters(estimate, all, PARAMETERS) == JKO_STATUS_OK);
    EXPECT(jko_estimate_parameters(estimate, all, NODES) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_estimate_potential(estimate, potential, NODES) == JKO_STATUS_OK);
    for (int x = 0; x < NODES; x++) {
        EXPECT(fabs(potential[x] - hills[x]) < tolerance && fabs(all[x] - hills[x]) < tolerance);
    }
    EXPECT(fabs(jko_estimate_entropy(estimate) - beta) < tolerance && fabs(all[NODES] - beta) < tolerance);
}

/* The covariance is symmetric, and its diagonal holds the squared standard errors. */
static void expect_covariance(const jko_estimate *estimate) {
    double covariance[PARAMETERS][PARAMETERS], errors[PARAMETERS];
    char text[64];
    EXPECT(jko_estimate_standard_errors(estimate, errors, PARAMETERS) == JKO_STATUS_OK);
    EXPECT(jko_estimate_covariance(estimate, &covariance[0][0], PARAMETERS, PARAMETERS, 1, PARAMETERS) ==
           JKO_STATUS_OK);
    for (int p = 0; p < PARAMETERS; p++) {
        EXPECT(errors[p] > 0.0);
        EXPECT(fabs(covariance[p][p] - errors[p] * errors[p]) <= 1e-12 * covariance[p][p]);
        for (int q = 0; q < p; q++) {
            EXPECT(fabs(covariance[p][q] - covariance[q][p]) <= 1e-9 * errors[p] * errors[q]);
        }
    }
    EXPECT(jko_estimate_covariance(estimate, &covariance[0][0], 2, PARAMETERS, PARAMETERS, 1) ==
           JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_estimate_covariance(estimate, &covariance[0][0], PARAMETERS, PARAMETERS, 0, 1) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_estimate_parameter_name(estimate, NODES, text, sizeof text) == 8);
    EXPECT(strcmp(text, "entropy") == 0);
    EXPECT(jko_estimate_parameter_name(estimate, -1, text, sizeof text) == 1);
    EXPECT(jko_estimate_unidentified(estimate, text, sizeof text) == 1);
}

/* A forecast follows the flow of the learned energy, and starts without an error. */
static void expect_forecast(const jko_estimate *estimate) {
    const double later[3] = {1.2, 1.5, 3.0};
    double start[NODES], expected[3][NODES], mass[NODES][3], errors[3][NODES], low[NODES], high[NODES], t[3];
    jko_forecast *forecast = NULL;
    jko_energy *energy = NULL;
    jko_flow *flow = NULL;
    for (int x = 0; x < NODES; x++) {
        start[x] = masses[0][x][SEEN - 1];
    }
    EXPECT(jko_estimate_energy(estimate, &energy) == JKO_STATUS_OK);
    EXPECT(jko_flow_simulate(energy, start, NODES, later, 3, NULL, &flow) == JKO_STATUS_OK);
    EXPECT(jko_flow_masses(flow, &expected[0][0], 3, NODES, NODES, 1) == JKO_STATUS_OK);
    EXPECT(jko_estimate_forecast(estimate, start, NODES, later, 3, NULL, &forecast) == JKO_STATUS_OK);
    EXPECT(jko_forecast_count(forecast) == 3);
    EXPECT(jko_forecast_times(forecast, t, 3) == JKO_STATUS_OK && t[0] == later[0] && t[2] == later[2]);
    EXPECT(jko_forecast_masses(forecast, &mass[0][0], 3, NODES, 1, 3) == JKO_STATUS_OK);
    EXPECT(jko_forecast_masses(forecast, &mass[0][0], 2, NODES, 1, 3) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_forecast_masses(forecast, NULL, 3, NODES, 1, 3) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_forecast_standard_errors(forecast, &errors[0][0], 3, NODES, NODES, 1) == JKO_STATUS_OK);
    EXPECT(jko_forecast_band(forecast, 2, 1.96, low, NODES, high, NODES) == JKO_STATUS_OK);
    EXPECT(jko_forecast_band(forecast, 3, 1.96, low, NODES, high, NODES) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("time"));
    EXPECT(jko_forecast_band(forecast, 2, -1.0, low, NODES, high, NODES) == JKO_STATUS_BAD_VALUE);
    EXPECT(says("quantile"));
    for (int x = 0; x < NODES; x++) {
        EXPECT(mass[x][0] == start[x] && errors[0][x] == 0.0 && errors[1][x] > 0.0);
        EXPECT(fabs(mass[x][2] - expected[2][x]) < 1e-6);
        EXPECT(low[x] < mass[x][2] && mass[x][2] < high[x]);
        EXPECT(fabs(log(high[x] / low[x]) - 2.0 * 1.96 * errors[2][x] / mass[x][2]) < 1e-9);
    }
    jko_forecast_free(forecast);
    EXPECT(jko_estimate_forecast(estimate, start, 2, later, 3, NULL, &forecast) ==
               JKO_STATUS_LENGTH_MISMATCH &&
           forecast == NULL);
    EXPECT(jko_estimate_forecast_steps(estimate, start, NODES, 0.1, 1, NULL, 2, &forecast) == JKO_STATUS_OK);
    EXPECT(jko_forecast_count(forecast) == 2);
    EXPECT(jko_forecast_masses(forecast, &mass[0][0], 2, NODES, 1, 3) == JKO_STATUS_OK);
    EXPECT(jko_energy_step(energy, start, NODES, 0.1, NULL, expected[0], NODES, NULL, NULL) ==
           JKO_STATUS_OK);
    for (int x = 0; x < NODES; x++) {
        EXPECT(fabs(mass[x][1] - expected[0][x]) < 1e-12);
    }
    jko_forecast_free(forecast);
    jko_geodesic_options options;
    jko_cancel_token *token = NULL;
    EXPECT(jko_geodesic_options_init(&options, sizeof options) == JKO_STATUS_OK);
    EXPECT(jko_cancel_token_new(&token) == JKO_STATUS_OK);
    jko_cancel_token_set(token);
    options.cancel = token;
    forecast = NULL;
    EXPECT(jko_estimate_forecast_steps(estimate, start, NODES, 0.1, 1, &options, 2, &forecast) ==
           JKO_STATUS_CANCELLED);
    EXPECT(forecast == NULL);
    jko_cancel_token_free(token);
    jko_flow_free(flow);
    jko_energy_free(energy);
}

/* Adds all trajectories that were seen. */
static void add_all(jko_flow_fit *fit) {
    for (int k = 0; k < STARTS; k++) {
        EXPECT(jko_flow_fit_add_trajectory(fit, times, SEEN, &masses[k][0][0], SEEN, NODES, 1, SEEN) ==
               JKO_STATUS_OK);
    }
}

/* The standard errors of a fit with this noise. */
static void errors_with(const jko_graph *graph, int32_t noise, int64_t block, double *errors) {
    jko_flow_fit_options options;
    jko_terms *terms = some_terms();
    jko_flow_fit *fit = NULL;
    jko_flow_fitted *fitted = NULL;
    jko_estimate *estimate = NULL;
    EXPECT(jko_flow_fit_options_init(&options, sizeof options) == JKO_STATUS_OK);
    options.noise = noise;
    options.noise_block = block;
    EXPECT(jko_flow_fit_new(graph, terms, &options, &fit) == JKO_STATUS_OK);
    add_all(fit);
    EXPECT(jko_flow_fit_solve(fit, NULL, 0, NULL, 0, 1, &fitted) == JKO_STATUS_OK);
    EXPECT(jko_flow_fitted_estimate(fitted, &estimate) == JKO_STATUS_OK);
    EXPECT(jko_estimate_standard_errors(estimate, errors, PARAMETERS) == JKO_STATUS_OK);
    jko_estimate_free(estimate);
    jko_flow_fitted_free(fitted);
    jko_flow_fit_free(fit);
    jko_terms_free(terms);
}

/* Blocks of one step are the sandwich, longer ones and one size of noise are not. */
static void noise_is_heeded(const jko_graph *graph) {
    double sandwich[PARAMETERS], single[PARAMETERS], longer[PARAMETERS], gaussian[PARAMETERS];
    int different = 0;
    errors_with(graph, JKO_NOISE_SANDWICH, 0, sandwich);
    errors_with(graph, JKO_NOISE_BLOCKS, 1, single);
    errors_with(graph, JKO_NOISE_BLOCKS, 3, longer);
    errors_with(graph, JKO_NOISE_GAUSSIAN, 0, gaussian);
    for (int p = 0; p < PARAMETERS; p++) {
        EXPECT(fabs(single[p] - sandwich[p]) <= 1e-9 * sandwich[p]);
        different += longer[p] != sandwich[p] && gaussian[p] != sandwich[p];
    }
    EXPECT(different > 0);
}

static void flows_are_fitted(const jko_graph *graph) {
    const double none[2] = {0.0, 0.0}, bad[2] = {0.0, -1.0};
    double far[PARAMETERS] = {0.0}, residuals[STARTS * (SEEN - 1)], sum = 0.0;
    jko_flow_fit_options options;
    jko_terms *terms = some_terms();
    jko_flow_fit *fit = NULL;
    jko_flow_fitted *fitted = NULL;
    jko_estimate *estimate = NULL;
    EXPECT(jko_flow_fit_options_init(&options, sizeof options) == JKO_STATUS_OK);
    EXPECT(options.mixing == 0.0 && options.noise == JKO_NOISE_GAUSSIAN && options.max_iterations == 100);
    options.noise = 7;
    EXPECT(jko_flow_fit_new(graph, terms, &options, &fit) == JKO_STATUS_INVALID_ARGUMENT && fit == NULL);
    options.noise = JKO_NOISE_BLOCKS;
    options.noise_block = 0;
    EXPECT(jko_flow_fit_new(graph, terms, &options, &fit) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("noise"));
    options.noise_block = 5;
    options.mixing = 1.0;
    EXPECT(jko_flow_fit_new(graph, terms, &options, &fit) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("mixing"));
    EXPECT(jko_flow_fit_new(graph, NULL, NULL, &fit) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_flow_fit_new(graph, terms, NULL, &fit) == JKO_STATUS_OK);
    EXPECT(jko_flow_fit_solve(fit, NULL, 0, NULL, 0, 1, &fitted) == JKO_STATUS_INVALID_ARGUMENT);
    add_all(fit);
    EXPECT(jko_flow_fit_add_trajectory(fit, times, 2, &masses[0][0][0], SEEN, NODES, 1, SEEN) ==
           JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_flow_fit_solve(fit, none, 1, NULL, 0, 1, &fitted) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_flow_fit_solve(fit, bad, 2, NULL, 0, 1, &fitted) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_flow_fit_solve(fit, none, 2, far, 2, 1, &fitted) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(fitted == NULL);
    EXPECT(jko_flow_fit_solve(fit, none, 2, NULL, 0, 2, &fitted) == JKO_STATUS_OK);
    EXPECT(jko_flow_fitted_estimate(fitted, &estimate) == JKO_STATUS_OK);
    expect_truth(estimate, 1e-7);
    expect_covariance(estimate);
    expect_forecast(estimate);
    EXPECT(jko_flow_fitted_pairs(fitted) == STARTS * (SEEN - 1));
    EXPECT(jko_flow_fitted_residuals(fitted, residuals, STARTS * (SEEN - 1)) == JKO_STATUS_OK);
    EXPECT(jko_flow_fitted_residuals(fitted, residuals, 2) == JKO_STATUS_LENGTH_MISMATCH);
    for (int k = 0; k < STARTS * (SEEN - 1); k++) {
        sum += residuals[k];
    }
    EXPECT(fabs(sum - jko_flow_fitted_residual(fitted)) <= 1e-12 * sum);
    EXPECT(jko_flow_fitted_explained(fitted) > 1.0 - 1e-12);
    jko_estimate_free(estimate);
    jko_flow_fitted_free(fitted);
    /* from no energy at all the same is found */
    EXPECT(jko_flow_fit_solve(fit, NULL, 0, far, PARAMETERS, 1, &fitted) == JKO_STATUS_OK);
    EXPECT(jko_flow_fitted_estimate(fitted, &estimate) == JKO_STATUS_OK);
    expect_truth(estimate, 1e-7);
    jko_estimate_free(estimate);
    jko_flow_fitted_free(fitted);
    jko_flow_fit_free(fit);
    /* with one iteration it is not */
    EXPECT(jko_flow_fit_options_init(&options, sizeof options) == JKO_STATUS_OK);
    options.max_iterations = 1;
    EXPECT(jko_flow_fit_new(graph, terms, &options, &fit) == JKO_STATUS_OK);
    EXPECT(jko_flow_fit_add_trajectory(fit, times, SEEN, &masses[0][0][0], SEEN, NODES, 1, SEEN) ==
           JKO_STATUS_OK);
    EXPECT(jko_flow_fit_solve(fit, NULL, 0, far, PARAMETERS, 1, &fitted) == JKO_STATUS_ITERATION_LIMIT);
    EXPECT(jko_flow_fitted_estimate(fitted, &estimate) == JKO_STATUS_OK);
    EXPECT(jko_estimate_status(estimate) == JKO_STATUS_ITERATION_LIMIT);
    jko_estimate_free(estimate);
    jko_flow_fitted_free(fitted);
    jko_flow_fit_free(fit);
    jko_terms_free(terms);
}

/* Counts at their expectation have the truth as their likeliest explanation, but for one pseudo-count. */
static void counts_are_fitted(const jko_graph *graph) {
    const double many = 1e7;
    const double later[2] = {0.0, 2.0}, earlier[2] = {-1.0, 2.0};
    double counts[SEEN][NODES], start[NODES], mass[2][NODES], errors[2][NODES];
    jko_count_fit_options options;
    jko_terms *terms = some_terms();
    jko_count_fit *fit = NULL;
    jko_count_fitted *fitted = NULL;
    jko_estimate *estimate = NULL;
    jko_forecast *forecast = NULL;
    EXPECT(jko_count_fit_options_init(&options, sizeof options) == JKO_STATUS_OK);
    EXPECT(options.pseudo_counts == 1.0 && options.reserved == 0);
    options.pseudo_counts = 0.0;
    EXPECT(jko_count_fit_new(graph, terms, &options, &fit) == JKO_STATUS_BAD_VALUE && fit == NULL);
    EXPECT(jko_count_fit_new(graph, terms, NULL, &fit) == JKO_STATUS_OK);
    for (int k = 0; k < STARTS; k++) {
        for (int s = 0; s < SEEN; s++) {
            for (int x = 0; x < NODES; x++) {
                counts[s][x] = many * masses[k][x][s];
            }
        }
        EXPECT(jko_count_fit_add_trajectory(fit, times, SEEN, counts[0], SEEN, NODES, NODES, 1) ==
               JKO_STATUS_OK);
    }
    EXPECT(jko_count_fit_add_trajectory(fit, times, SEEN, &masses[0][0][0], SEEN, NODES, 1, SEEN) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("counts[0]") && says("shares"));
    counts[1][2] = -1.0;
    EXPECT(jko_count_fit_add_trajectory(fit, times, SEEN, counts[0], SEEN, NODES, NODES, 1) ==
           JKO_STATUS_BAD_VALUE);
    EXPECT(says("counts[1]"));
    EXPECT(jko_count_fit_solve(fit, NULL, 0, NULL, 0, 2, &fitted) == JKO_STATUS_OK);
    EXPECT(jko_count_fitted_estimate(fitted, &estimate) == JKO_STATUS_OK);
    expect_truth(estimate, 1e-5);
    expect_covariance(estimate);
    EXPECT(jko_count_fitted_deviance(fitted) < 1e-3);
    EXPECT(jko_count_fitted_degrees_of_freedom(fitted) ==
           STARTS * (SEEN - 1) * (NODES - 1) - (PARAMETERS - 1));
    EXPECT(jko_count_fitted_start(fitted, 1, start, NODES) == JKO_STATUS_OK);
    EXPECT(jko_count_fitted_start(fitted, STARTS, start, NODES) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_count_fitted_forecast(fitted, 1, earlier, 2, NULL, &forecast) ==
               JKO_STATUS_INVALID_ARGUMENT &&
           forecast == NULL);
    EXPECT(jko_count_fitted_forecast(fitted, 1, later, 2, NULL, &forecast) == JKO_STATUS_OK);
    EXPECT(jko_forecast_masses(forecast, mass[0], 2, NODES, NODES, 1) == JKO_STATUS_OK);
    EXPECT(jko_forecast_standard_errors(forecast, errors[0], 2, NODES, NODES, 1) == JKO_STATUS_OK);
    for (int x = 0; x < NODES; x++) {
        EXPECT(fabs(start[x] - masses[1][x][0]) < 1e-5 && fabs(mass[0][x] - start[x]) < 1e-12);
        /* at the start it is surer than the first counts alone would be, but not sure */
        EXPECT(errors[0][x] > 0.0 && errors[0][x] < sqrt(start[x] * (1.0 - start[x]) / many));
    }
    jko_forecast_free(forecast);
    jko_estimate_free(estimate);
    jko_count_fitted_free(fitted);
    jko_count_fit_free(fit);
    jko_terms_free(terms);
}

/* A forecast is under the mean of its fit: NULL takes it, another one is refused by name. */
static void forecasts_keep_the_mean(const jko_graph *graph) {
    const double start[NODES] = {0.3, 0.2, 0.1, 0.1, 0.1, 0.2}, later[2] = {0.0, 1.0};
    double seen[SEEN][NODES], expected[2][NODES], found[2][NODES];
    jko_flow_options flowing;
    jko_flow_fit_options learning;
    jko_geodesic_options stepping;
    jko_energy *energy = NULL;
    jko_terms *terms = NULL;
    jko_flow *flow = NULL;
    jko_flow_fit *fit = NULL;
    jko_flow_fitted *fitted = NULL;
    jko_estimate *estimate = NULL;
    jko_forecast *forecast = NULL;
    EXPECT(jko_flow_options_init(&flowing, sizeof flowing) == JKO_STATUS_OK);
    flowing.mean = JKO_MEAN_HARMONIC;
    EXPECT(jko_energy_new(graph, &energy) == JKO_STATUS_OK);
    EXPECT(jko_energy_set_entropy(energy, beta) == JKO_STATUS_OK);
    EXPECT(jko_flow_simulate(energy, start, NODES, times, SEEN, &flowing, &flow) == JKO_STATUS_OK);
    EXPECT(jko_flow_masses(flow, seen[0], SEEN, NODES, NODES, 1) == JKO_STATUS_OK);
    jko_flow_free(flow);
    EXPECT(jko_flow_simulate(energy, start, NODES, later, 2, &flowing, &flow) == JKO_STATUS_OK);
    EXPECT(jko_flow_masses(flow, expected[0], 2, NODES, NODES, 1) == JKO_STATUS_OK);
    EXPECT(jko_terms_new(&terms) == JKO_STATUS_OK && jko_terms_add_entropy(terms) == JKO_STATUS_OK);
    EXPECT(jko_flow_fit_options_init(&learning, sizeof learning) == JKO_STATUS_OK);
    learning.mean = JKO_MEAN_HARMONIC;
    EXPECT(jko_flow_fit_new(graph, terms, &learning, &fit) == JKO_STATUS_OK);
    EXPECT(jko_flow_fit_add_trajectory(fit, times, SEEN, seen[0], SEEN, NODES, NODES, 1) == JKO_STATUS_OK);
    EXPECT(jko_flow_fit_solve(fit, NULL, 0, NULL, 0, 1, &fitted) == JKO_STATUS_OK);
    EXPECT(jko_flow_fitted_estimate(fitted, &estimate) == JKO_STATUS_OK);
    EXPECT(jko_estimate_mean(estimate) == JKO_MEAN_HARMONIC && jko_estimate_mean(NULL) == -1);
    for (int k = 0; k < 2; k++) {
        EXPECT(jko_estimate_forecast(estimate, start, NODES, later, 2, k == 0 ? NULL : &flowing,
                                     &forecast) == JKO_STATUS_OK);
        EXPECT(jko_forecast_masses(forecast, found[0], 2, NODES, NODES, 1) == JKO_STATUS_OK);
        for (int x = 0; x < NODES; x++) {
            EXPECT(fabs(found[1][x] - expected[1][x]) < 1e-6);
        }
        jko_forecast_free(forecast);
    }
    flowing.mean = JKO_MEAN_LOGARITHMIC;
    EXPECT(jko_estimate_forecast(estimate, start, NODES, later, 2, &flowing, &forecast) ==
               JKO_STATUS_INVALID_ARGUMENT &&
           forecast == NULL);
    EXPECT(says("options.mean: log, but the fit's is harmonic"));
    EXPECT(jko_geodesic_options_init(&stepping, sizeof stepping) == JKO_STATUS_OK);
    EXPECT(jko_estimate_forecast_steps(estimate, start, NODES, 0.1, 1, &stepping, 1, &forecast) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("options.mean") && forecast == NULL);
    EXPECT(jko_estimate_forecast_steps(estimate, start, NODES, 0.1, 1, NULL, 1, &forecast) == JKO_STATUS_OK);
    jko_forecast_free(forecast);
    jko_estimate_free(estimate);
    jko_flow_fitted_free(fitted);
    jko_flow_fit_free(fit);
    jko_terms_free(terms);
    jko_flow_free(flow);
    jko_energy_free(energy);
}

/* The quadratic fit forecasts as well. */
static void quadratic_fits_forecast(const jko_graph *graph) {
    double start[NODES], mass[SEEN][NODES], errors[SEEN][NODES];
    jko_fit *fit = NULL;
    jko_fitted *fitted = NULL;
    jko_forecast *forecast = NULL;
    EXPECT(jko_fit_new(graph, NULL, &fit) == JKO_STATUS_OK);
    for (int k = 0; k < STARTS; k++) {
        EXPECT(jko_fit_add_trajectory(fit, times, SEEN, &masses[k][0][0], SEEN, NODES, 1, SEEN, 1) ==
               JKO_STATUS_OK);
    }
    EXPECT(jko_fit_solve(fit, NULL, &fitted) == JKO_STATUS_OK);
    for (int x = 0; x < NODES; x++) {
        start[x] = masses[0][x][0];
    }
    EXPECT(jko_fitted_forecast(fitted, start, NODES, times, SEEN, NULL, &forecast) == JKO_STATUS_OK);
    EXPECT(jko_fitted_mean(fitted) == JKO_MEAN_LOGARITHMIC && jko_fitted_mean(NULL) == -1);
    EXPECT(jko_forecast_masses(forecast, mass[0], SEEN, NODES, NODES, 1) == JKO_STATUS_OK);
    EXPECT(jko_forecast_standard_errors(forecast, errors[0], SEEN, NODES, NODES, 1) == JKO_STATUS_OK);
    for (int x = 0; x < NODES; x++) {
        /* the bias of steps of 0.3 */
        EXPECT(fabs(mass[SEEN - 1][x] - masses[0][x][SEEN - 1]) < 5e-3 && errors[SEEN - 1][x] > 0.0);
    }
    jko_forecast_free(forecast);
    jko_fitted_free(fitted);
    jko_fit_free(fit);
}

/* Both methods find the same distance between near ends. */
static void the_method_may_be_chosen(const jko_graph *graph) {
    double a[NODES], b[NODES], distances[2];
    const int32_t methods[2] = {JKO_METHOD_AUTOMATIC, JKO_METHOD_NEWTON};
    char names[2][16];
    jko_geodesic_options options;
    jko_geodesic *geodesic = NULL;
    for (int x = 0; x < NODES; x++) {
        a[x] = masses[0][x][0];
        b[x] = masses[0][x][1];
    }
    EXPECT(jko_geodesic_options_init(&options, sizeof options) == JKO_STATUS_OK);
    EXPECT(options.method == JKO_METHOD_AUTOMATIC);
    for (int k = 0; k < 2; k++) {
        options.method = methods[k];
        EXPECT(jko_geodesic_solve(graph, a, NODES, b, NODES, &options, &geodesic) == JKO_STATUS_OK);
        distances[k] = jko_geodesic_distance(geodesic);
        EXPECT(jko_geodesic_method(geodesic, names[k], sizeof names[k]) > 1);
        jko_geodesic_free(geodesic);
    }
    EXPECT(strcmp(names[0], names[1]) != 0);
    EXPECT(fabs(distances[0] - distances[1]) < 1e-8 * distances[0]);
    options.method = 2;
    EXPECT(jko_geodesic_solve(graph, a, NODES, b, NODES, &options, &geodesic) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("options.method"));
}

static void nothing_is_harmless(void) {
    jko_flow_fit_free(NULL);
    jko_flow_fitted_free(NULL);
    jko_count_fit_free(NULL);
    jko_count_fitted_free(NULL);
    jko_estimate_free(NULL);
    jko_forecast_free(NULL);
    EXPECT(isnan(jko_flow_fitted_residual(NULL)) && isnan(jko_flow_fitted_explained(NULL)));
    EXPECT(isnan(jko_count_fitted_deviance(NULL)) && isnan(jko_estimate_entropy(NULL)));
    EXPECT(jko_estimate_status(NULL) == JKO_STATUS_NULL_POINTER && jko_forecast_count(NULL) == 0);
    EXPECT(jko_flow_fitted_pairs(NULL) == 0 && jko_count_fitted_degrees_of_freedom(NULL) == 0);
}

int main(void) {
    jko_graph *graph = NULL;
    EXPECT(jko_graph_cycle(NODES, JKO_REFERENCE_UNIFORM, &graph) == JKO_STATUS_OK);
    simulate(graph);
    flows_are_fitted(graph);
    noise_is_heeded(graph);
    counts_are_fitted(graph);
    forecasts_keep_the_mean(graph);
    quadratic_fits_forecast(graph);
    the_method_may_be_chosen(graph);
    nothing_is_harmless();
    jko_graph_free(graph);
    if (failures > 0) {
        printf("flow_fits: %d checks failed\n", failures);
        return 1;
    }
    printf("flow_fits: all checks passed\n");
    return 0;
}
