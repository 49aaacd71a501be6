/* Terms of a fit beyond potential and entropy, through the boundary. */
#include "expect.h"
#include <math.h>
#include <stdlib.h>

/* A cycle of six nodes with an interaction over one edge, seen in twelve short trajectories. */
enum { NODES = 6, SEEN = 4, STARTS = 12 };
static const double times[SEEN] = {0.0, 0.02, 0.04, 0.06};
static double masses[STARTS][SEEN][NODES];

static void simulate(const jko_graph *graph) {
    const double hills[NODES] = {0.3, -0.1, 0.2, -0.4, 0.1, -0.1};
    double matrix[NODES * NODES] = {0.0};
    jko_energy *energy = NULL;
    for (int x = 0; x < NODES; x++) {
        matrix[x * NODES + (x + 1) % NODES] = 1.5;
        matrix[((x + 1) % NODES) * NODES + x] = 1.5;
    }
    EXPECT(jko_energy_new(graph, &energy) == JKO_STATUS_OK);
    EXPECT(jko_energy_set_potential(energy, hills, NODES) == JKO_STATUS_OK);
    EXPECT(jko_energy_set_entropy(energy, 0.8) == JKO_STATUS_OK);
    EXPECT(jko_energy_set_interaction_dense(energy, matrix, NODES, NODES, NODES, 1) == JKO_STATUS_OK);
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
        EXPECT(jko_flow_simulate(energy, start, NODES, times, SEEN, NULL, &flow) == JKO_STATUS_OK);
        EXPECT(jko_flow_masses(flow, &masses[k][0][0], SEEN, NODES, NODES, 1) == JKO_STATUS_OK);
        jko_flow_free(flow);
    }
    jko_energy_free(energy);
}

static jko_terms *some_terms(void) {
    jko_terms *terms = NULL;
    EXPECT(jko_terms_new(&terms) == JKO_STATUS_OK);
    EXPECT(jko_terms_add_potential(terms) == JKO_STATUS_OK);
    EXPECT(jko_terms_add_entropy(terms) == JKO_STATUS_OK);
    EXPECT(jko_terms_add_interaction_by_hops(terms, 2) == JKO_STATUS_OK);
    return terms;
}

static void add_all(jko_fit *fit, int from, int to) {
    for (int k = from; k < to; k++) {
        EXPECT(jko_fit_add_trajectory(fit, times, SEEN, &masses[k][0][0], SEEN, NODES, NODES, 1, 1) ==
               JKO_STATUS_OK);
    }
}

static void interactions_are_learned(const jko_graph *graph) {
    const double none[3] = {0.0, 0.0, 0.0}, bad[3] = {0.0, -1.0, 0.0};
    const int32_t all[3] = {1, 1, 1}, without[3] = {1, 1, 0}, odd[3] = {1, 2, 0};
    double a[NODES + 3], errors[NODES + 3], residuals[STARTS * (SEEN - 1)], with_it, less, error;
    char name[64];
    size_t count = 0;
    jko_terms *terms = some_terms();
    jko_fit *fit = NULL;
    jko_fitted *fitted = NULL;
    EXPECT(jko_fit_new_with_terms(graph, NULL, terms, &fit) == JKO_STATUS_OK);
    add_all(fit, 0, STARTS);
    EXPECT(jko_fit_solve_with(fit, none, 2, &fitted) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(jko_fit_solve_with(fit, bad, 3, &fitted) == JKO_STATUS_INVALID_ARGUMENT && fitted == NULL);
    EXPECT(jko_fit_solve_with(fit, none, 3, &fitted) == JKO_STATUS_OK);
    EXPECT(jko_fitted_parameter_count(fitted, &count) == JKO_STATUS_OK && count == NODES + 3);
    EXPECT(jko_fitted_parameters(fitted, a, count) == JKO_STATUS_OK);
    EXPECT(jko_fitted_parameters(fitted, a, 2) == JKO_STATUS_LENGTH_MISMATCH);
    /* the bias of steps of 0.02 */
    EXPECT(fabs(a[NODES] - 0.8) < 0.01 && fabs(a[NODES + 1] - 1.5) < 0.02 && fabs(a[NODES + 2]) < 0.02);
    EXPECT(jko_fitted_standard_errors(fitted, errors, count) == JKO_STATUS_OK);
    EXPECT(errors[0] > 0.0 && errors[NODES + 1] > 0.0 && errors[NODES + 1] < 0.05);
    EXPECT(fabs(jko_fitted_covariance(fitted, NODES, NODES) - errors[NODES] * errors[NODES]) < 1e-15);
    EXPECT(isnan(jko_fitted_covariance(fitted, -1, 0)) && isnan(jko_fitted_covariance(fitted, 0, 99)));
    EXPECT(jko_fitted_residuals(fitted, residuals, STARTS * (SEEN - 1)) == JKO_STATUS_OK);
    EXPECT(jko_fitted_parameter_name(fitted, NODES + 1, name, sizeof name) == 23);
    EXPECT(strcmp(name, "interaction_by_hops[1]") == 0);
    EXPECT(jko_fitted_parameter_name(fitted, 99, name, sizeof name) == 1 && name[0] == '\0');
    EXPECT(jko_fitted_unidentified(fitted, name, sizeof name) == 1 && name[0] == '\0');
    EXPECT(jko_fitted_heat_explained(fitted) < jko_fitted_explained(fitted));
    EXPECT(jko_fitted_heat_entropy(fitted) > 0.0);
    EXPECT(jko_fitted_explained_of(fitted, fit, &less) == JKO_STATUS_OK);
    EXPECT(fabs(less - jko_fitted_explained(fitted)) < 1e-12);
    jko_fitted_free(fitted);

    EXPECT(jko_fit_cross_validate(fit, 4, 0, none, 3, all, 3, &with_it, &error) == JKO_STATUS_OK);
    EXPECT(jko_fit_cross_validate(fit, 4, 1, none, 3, without, 3, &less, &error) == JKO_STATUS_OK);
    EXPECT(with_it > 0.99 && less < with_it && error > 0.0);
    EXPECT(jko_fit_cross_validate(fit, 1, 0, none, 3, all, 3, &less, &error) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_fit_cross_validate(fit, 4, 0, none, 3, odd, 3, &less, &error) ==
           JKO_STATUS_INVALID_ARGUMENT);
    jko_fit_free(fit);

    /* a bound that the data push against */
    EXPECT(jko_terms_set_bounds(terms, 3, 0.0, 1.0) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("there are 3 terms"));
    EXPECT(jko_terms_set_bounds(terms, 1, 1.0, INFINITY) == JKO_STATUS_OK);
    EXPECT(jko_fit_new_with_terms(graph, NULL, terms, &fit) == JKO_STATUS_OK);
    add_all(fit, 0, STARTS);
    EXPECT(jko_fit_solve_with(fit, none, 3, &fitted) == JKO_STATUS_OK);
    EXPECT(jko_fitted_entropy(fitted) == 1.0);
    EXPECT(jko_fitted_standard_errors(fitted, errors, count) == JKO_STATUS_OK && isnan(errors[NODES]));
    jko_fitted_free(fitted);
    jko_fit_free(fit);
    jko_terms_free(terms);
}

static void statistics_add_up(const jko_graph *graph) {
    double whole[NODES + 3], merged[NODES + 3], *sum, *part;
    size_t len = 0, pairs = 0;
    jko_terms *terms = some_terms();
    jko_fit *fit = NULL;
    jko_fitted *fitted = NULL;
    EXPECT(jko_fit_new_with_terms(graph, NULL, terms, &fit) == JKO_STATUS_OK);
    EXPECT(jko_fit_statistics_len(fit, &len) == JKO_STATUS_OK && len == 6 + 4 + 6 + 18 + 9 + 6 + 3);
    add_all(fit, 0, STARTS);
    EXPECT(jko_fit_solve(fit, NULL, &fitted) == JKO_STATUS_OK);
    EXPECT(jko_fitted_parameters(fitted, whole, NODES + 3) == JKO_STATUS_OK);
    jko_fitted_free(fitted);
    jko_fit_free(fit);
    sum = calloc(len, sizeof *sum);
    part = calloc(len, sizeof *part);
    for (int rank = 0; rank < 3; rank++) {
        EXPECT(jko_fit_new_with_terms(graph, NULL, terms, &fit) == JKO_STATUS_OK);
        add_all(fit, 4 * rank, 4 * rank + 4);
        EXPECT(jko_fit_statistics(fit, part, len - 1) == JKO_STATUS_LENGTH_MISMATCH);
        EXPECT(jko_fit_statistics(fit, part, len) == JKO_STATUS_OK);
        jko_fit_free(fit);
        for (size_t i = 0; i < len; i++) {
            sum[i] += part[i];
        }
    }
    EXPECT(jko_fit_new_with_terms(graph, NULL, terms, &fit) == JKO_STATUS_OK);
    EXPECT(jko_fit_add_statistics(fit, sum, len) == JKO_STATUS_OK);
    EXPECT(jko_fit_pairs(fit, &pairs) == JKO_STATUS_OK && pairs == STARTS * (SEEN - 1));
    sum[5] += 1.0;
    EXPECT(jko_fit_add_statistics(fit, sum, len) == JKO_STATUS_INVALID_ARGUMENT && says("fingerprint"));
    EXPECT(jko_fit_solve(fit, NULL, &fitted) == JKO_STATUS_OK);
    EXPECT(jko_fitted_parameters(fitted, merged, NODES + 3) == JKO_STATUS_OK);
    for (int p = 0; p < NODES + 3; p++) {
        EXPECT(fabs(merged[p] - whole[p]) < 1e-9);
    }
    EXPECT(jko_fitted_standard_errors(fitted, merged, NODES + 3) == JKO_STATUS_OK && isnan(merged[0]));
    free(sum);
    free(part);
    jko_fitted_free(fitted);
    jko_fit_free(fit);
    jko_terms_free(terms);
}

/* A block of the caller's own that is the entropy, its matrix column by column. */
static void given_blocks_count(const jko_graph *graph) {
    double variations[NODES][SEEN], a[NODES + 1];
    jko_terms *terms = NULL;
    jko_fit *fit = NULL;
    jko_fitted *fitted = NULL, *known = NULL;
    jko_energy *energy = NULL;
    EXPECT(jko_terms_new(&terms) == JKO_STATUS_OK);
    EXPECT(jko_terms_add_given(terms, NULL, 1) == JKO_STATUS_NULL_POINTER);
    EXPECT(jko_terms_add_given(terms, "", 1) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_terms_add_given(terms, "mine", 1) == JKO_STATUS_OK);
    EXPECT(jko_terms_add_potential(terms) == JKO_STATUS_OK);
    EXPECT(jko_fit_new_with_terms(graph, NULL, terms, &fit) == JKO_STATUS_OK);
    jko_terms_free(terms);
    EXPECT(jko_fit_add_trajectory(fit, times, SEEN, &masses[0][0][0], SEEN, NODES, NODES, 1, 1) ==
           JKO_STATUS_LENGTH_MISMATCH);
    for (int k = 0; k < STARTS; k++) {
        for (int s = 0; s < SEEN; s++) {
            for (int x = 0; x < NODES; x++) {
                variations[x][s] = log(NODES * masses[k][s][x]);
            }
        }
        EXPECT(jko_fit_add_trajectory_with(fit, times, SEEN, &masses[k][0][0], SEEN, NODES, NODES, 1,
                                           &variations[0][0], SEEN, 1, SEEN, 1) == JKO_STATUS_OK);
    }
    EXPECT(jko_fit_solve(fit, NULL, &fitted) == JKO_STATUS_OK);
    EXPECT(jko_fitted_parameters(fitted, a, NODES + 1) == JKO_STATUS_OK);
    EXPECT(jko_fitted_energy(fitted, &energy) == JKO_STATUS_INVALID_ARGUMENT && energy == NULL);
    jko_fit_free(fit);
    EXPECT(jko_fit_new(graph, NULL, &fit) == JKO_STATUS_OK);
    add_all(fit, 0, STARTS);
    EXPECT(jko_fit_solve(fit, NULL, &known) == JKO_STATUS_OK);
    EXPECT(fabs(jko_fitted_entropy(known) - a[0]) < 1e-10);
    jko_fitted_free(known);
    jko_fitted_free(fitted);
    jko_fit_free(fit);
}

static void every_kind_of_term_is_taken(const jko_graph *graph) {
    double distances[NODES * NODES], slope[NODES] = {0.0, 1.0, 2.0, 3.0, 2.0, 1.0};
    const double edges[] = {0.5, 1.5, 2.5}, centres[] = {1.0, 2.0};
    jko_terms *terms = NULL;
    jko_fit *fit = NULL;
    for (int x = 0; x < NODES; x++) {
        for (int y = 0; y < NODES; y++) {
            int gap = abs(x - y);
            distances[x * NODES + y] = gap < NODES - gap ? gap : NODES - gap;
        }
    }
    EXPECT(jko_terms_new(&terms) == JKO_STATUS_OK);
    EXPECT(jko_fit_new_with_terms(graph, NULL, terms, &fit) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_terms_add_potential_in(terms, slope, 1, NODES, NODES, 1) == JKO_STATUS_OK);
    EXPECT(jko_terms_add_power(terms, 2.0) == JKO_STATUS_OK);
    EXPECT(jko_terms_add_interaction_by_distance(terms, distances, NODES, NODES, 1, NODES, edges, 3) ==
           JKO_STATUS_OK);
    EXPECT(jko_terms_add_interaction_by_distance(terms, distances, NODES, 5, 1, NODES, edges, 3) ==
           JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(jko_terms_add_interaction_radial(terms, distances, NODES, NODES, NODES, 1, centres, 2, 0.3) ==
           JKO_STATUS_OK);
    EXPECT(jko_terms_add_interaction_radial(terms, distances, NODES, NODES, NODES, 1, centres, 2, 0.0) ==
           JKO_STATUS_BAD_VALUE);
    EXPECT(jko_terms_add_interaction_matrix(terms, "near", distances, NODES, NODES, NODES, 1) ==
           JKO_STATUS_OK);
    EXPECT(jko_terms_add_full_interaction(terms) == JKO_STATUS_OK);
    EXPECT(jko_fit_new_with_terms(graph, NULL, terms, &fit) == JKO_STATUS_OK);
    jko_fit_free(fit);
    EXPECT(jko_terms_add_power(terms, 2.0) == JKO_STATUS_OK);
    EXPECT(jko_fit_new_with_terms(graph, NULL, terms, &fit) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(says("power[2] is named twice"));
    jko_terms_free(terms);
}

static void zeros_and_weights_are_options(const jko_graph *graph) {
    const double seen[] = {0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.4, 0.2, 0.2, 0.2, 0.0, 0.0};
    jko_fit_options options;
    jko_fit *fit = NULL;
    jko_fit_options_init(&options, sizeof options);
    EXPECT(options.weight == JKO_WEIGHT_METRIC && options.zeros == JKO_ZEROS_REFUSE);
    for (int32_t zeros = JKO_ZEROS_REFUSE; zeros <= JKO_ZEROS_LEAVE_OUT; zeros++) {
        options.zeros = zeros;
        options.zeros_share = 1e-3;
        options.weight = JKO_WEIGHT_FLUX;
        EXPECT(jko_fit_new(graph, &options, &fit) == JKO_STATUS_OK);
        EXPECT(jko_fit_add_trajectory(fit, times, 2, seen, 2, NODES, NODES, 1, 1) ==
               (zeros == JKO_ZEROS_REFUSE ? JKO_STATUS_BAD_VALUE : JKO_STATUS_OK));
        jko_fit_free(fit);
    }
    options.zeros = 3;
    EXPECT(jko_fit_new(graph, &options, &fit) == JKO_STATUS_INVALID_ARGUMENT);
    options.zeros = JKO_ZEROS_MIX;
    options.zeros_share = 0.0;
    EXPECT(jko_fit_new(graph, &options, &fit) == JKO_STATUS_INVALID_ARGUMENT && says("share 0"));
}

/* The loss for other people's models: its gradient against a difference, rows and columns exchanged. */
static void losses_have_gradients(const jko_graph *graph) {
    double variations[SEEN][NODES], gradient[NODES][SEEN], value, up, down;
    jko_snapshot_loss *loss = NULL;
    EXPECT(jko_snapshot_loss_new(graph, NULL, times, SEEN, &masses[0][0][0], SEEN, NODES, NODES, 1, 1,
                                 &loss) == JKO_STATUS_OK);
    for (int s = 0; s < SEEN; s++) {
        for (int x = 0; x < NODES; x++) {
            variations[s][x] = sin(s + 2.0 * x);
        }
    }
    EXPECT(jko_snapshot_loss_evaluate(loss, &variations[0][0], SEEN, NODES, NODES, 1, &value,
                                      &gradient[0][0], 1, SEEN) == JKO_STATUS_OK);
    variations[1][2] += 0.5;
    EXPECT(jko_snapshot_loss_evaluate(loss, &variations[0][0], SEEN, NODES, NODES, 1, &up, NULL, 0, 0) ==
           JKO_STATUS_OK);
    variations[1][2] -= 1.0;
    EXPECT(jko_snapshot_loss_evaluate(loss, &variations[0][0], SEEN, NODES, NODES, 1, &down, NULL, 0,
                                      0) == JKO_STATUS_OK);
    EXPECT(value > 0.0 && fabs(gradient[2][1] - (up - down)) < 1e-12);
    EXPECT(jko_snapshot_loss_evaluate(loss, &variations[0][0], 2, NODES, NODES, 1, &down, NULL, 0, 0) ==
           JKO_STATUS_LENGTH_MISMATCH);
    jko_snapshot_loss_free(loss);
    jko_snapshot_loss_free(NULL);
    jko_terms_free(NULL);
}

int main(void) {
    jko_graph *graph = NULL;
    EXPECT(jko_graph_cycle(NODES, JKO_REFERENCE_UNIFORM, &graph) == JKO_STATUS_OK);
    simulate(graph);
    interactions_are_learned(graph);
    statistics_add_up(graph);
    given_blocks_count(graph);
    every_kind_of_term_is_taken(graph);
    zeros_and_weights_are_options(graph);
    losses_have_gradients(graph);
    jko_graph_free(graph);
    if (failures > 0) {
        printf("terms: %d checks failed\n", failures);
        return 1;
    }
    printf("terms: all checks passed\n");
    return 0;
}
