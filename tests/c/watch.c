/* Cancelling and progress, in every operation that may take long. */
#include <jkoflow.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

enum { NODES = 16, ROWS = 12 };

static jko_graph *graph;
static double snapshots[ROWS][NODES];
static jko_cancel_token *token;

/* What a callback has seen, and when it says stop: at its call number `limit`, counted from 0. */
typedef struct {
    int calls, limit;
    jko_progress last;
    jko_solver *solver;
    jko_status inner;
} listener;

static int32_t listen(const jko_progress *progress, void *user_data) {
    listener *self = user_data;
    self->last = *progress;
    if (self->solver != NULL) {
        jko_geodesic *geodesic = NULL;
        self->inner = jko_solver_solve(self->solver, snapshots[0], NODES, snapshots[1], NODES, &geodesic);
        EXPECT(geodesic == NULL);
    }
    return self->calls++ >= self->limit;
}

static const listener at_once = {0, 0, {0, 0, 0, 0, 0.0, 0.0}, NULL, 0};

#define OPTIONS(type, name)                                    \
    type name;                                                 \
    EXPECT(type##_init(&name, sizeof name) == JKO_STATUS_OK)

#define WATCHED(name, who) (name).progress = listen, (name).user_data = &(who)

static void geodesics_are_cancelled(void) {
    const double nothing[NODES] = {1.0};
    double end[NODES] = {0.0}, mass[NODES];
    jko_geodesic *geodesic = NULL;
    jko_solver *solver = NULL;
    listener who = at_once;
    OPTIONS(jko_geodesic_options, options);
    end[NODES - 1] = 1.0;
    WATCHED(options, who);
    EXPECT(jko_geodesic_solve(graph, nothing, NODES, end, NODES, &options, &geodesic) ==
           JKO_STATUS_CANCELLED);
    EXPECT(who.calls == 1 && who.last.struct_size == sizeof(jko_progress));
    EXPECT(jko_geodesic_termination(geodesic) == JKO_STATUS_CANCELLED);
    EXPECT(jko_geodesic_mass_at(geodesic, 1.0, mass, NODES) == JKO_STATUS_OK);
    EXPECT(memcmp(mass, end, sizeof end) == 0);
    jko_geodesic_free(geodesic);

    options.progress = NULL;
    options.cancel = token;
    jko_cancel_token_set(token);
    EXPECT(jko_cancel_token_is_set(token) == 1);
    EXPECT(jko_solver_new(graph, &options, &solver) == JKO_STATUS_OK);
    EXPECT(jko_solver_solve(solver, nothing, NODES, end, NODES, &geodesic) == JKO_STATUS_CANCELLED);
    EXPECT(says("stopped on request"));
    /* nothing is known, and nothing says otherwise */
    EXPECT(jko_geodesic_termination(geodesic) == JKO_STATUS_CANCELLED);
    EXPECT(isinf(jko_geodesic_distance(geodesic)) && isinf(jko_geodesic_error_estimate(geodesic)));
    jko_geodesic_free(geodesic);
    jko_cancel_token_reset(token);
    EXPECT(jko_solver_solve_next(solver, snapshots[0], NODES, snapshots[1], NODES, &geodesic) ==
           JKO_STATUS_OK);
    jko_geodesic_free(geodesic);
    jko_solver_free(solver);
}

/* The handle that the call changes is busy for the callback; the call goes on. */
static void a_callback_meets_a_busy_handle(void) {
    jko_geodesic *geodesic = NULL;
    listener who = at_once;
    OPTIONS(jko_geodesic_options, options);
    who.limit = 1000000;
    WATCHED(options, who);
    EXPECT(jko_solver_new(graph, &options, &who.solver) == JKO_STATUS_OK);
    EXPECT(jko_solver_solve(who.solver, snapshots[0], NODES, snapshots[1], NODES, &geodesic) ==
           JKO_STATUS_OK);
    EXPECT(who.calls > 0 && who.inner == JKO_STATUS_BUSY);
    jko_geodesic_free(geodesic);
    jko_solver_free(who.solver);
}

static void batches_are_cancelled(void) {
    jko_geodesic *geodesics[ROWS - 1];
    double distances[ROWS][ROWS], first[ROWS - 1];
    jko_status ended[ROWS - 1];
    int k, threads;
    for (threads = 1; threads <= 4; threads++) {
        listener who = at_once;
        OPTIONS(jko_geodesic_options, options);
        WATCHED(options, who);
        EXPECT(jko_geodesic_batch(graph, &snapshots[0][0], ROWS, NODES, NODES, 1, &options, threads,
                                  geodesics, ROWS - 1) == JKO_STATUS_CANCELLED);
        EXPECT(who.calls == 1 && who.last.total == ROWS - 1);
        for (k = 0; k < ROWS - 1; k++) {
            EXPECT(geodesics[k] != NULL);
            jko_geodesic_free(geodesics[k]);
        }
        who = at_once;
        EXPECT(jko_geodesic_batch_values(graph, &snapshots[0][0], ROWS, NODES, NODES, 1, &options,
                                         threads, first, ROWS - 1, ended, ROWS - 1, NULL, 0, 0, NULL, 0,
                                         0) == JKO_STATUS_CANCELLED);
        /* other threads may have solved pairs before the callback was first asked; alone, none was begun */
        for (k = 0; k < ROWS - 1; k++)
            EXPECT(ended[k] == JKO_STATUS_OK ? isfinite(first[k]) : ended[k] == JKO_STATUS_CANCELLED);
        EXPECT(threads > 1 || (ended[0] == JKO_STATUS_CANCELLED && isnan(first[ROWS - 2])));
        who = at_once;
        EXPECT(jko_distance_matrix(graph, &snapshots[0][0], ROWS, NODES, NODES, 1, &options, threads,
                                   &distances[0][0], ROWS, 1) == JKO_STATUS_CANCELLED);
        EXPECT(who.last.total == ROWS * (ROWS - 1) / 2 && (threads > 1 || isnan(distances[0][1])));
    }
}

static void bounds_are_cancelled(void) {
    jko_geodesic *geodesic = NULL;
    double lower = -1.0, upper = -1.0;
    listener who = at_once;
    OPTIONS(jko_bound_options, options);
    EXPECT(jko_geodesic_solve(graph, snapshots[0], NODES, snapshots[9], NODES, NULL, &geodesic) ==
           JKO_STATUS_OK);
    options.cancel = token;
    jko_cancel_token_set(token);
    /* nothing was known yet */
    EXPECT(jko_geodesic_bounds(geodesic, &options, &lower, &upper) == JKO_STATUS_CANCELLED);
    EXPECT(lower == -1.0 && upper == -1.0);
    jko_cancel_token_reset(token);
    options.cancel = NULL;
    WATCHED(options, who);
    EXPECT(jko_geodesic_bounds(geodesic, &options, &lower, &upper) == JKO_STATUS_CANCELLED);
    EXPECT(who.calls == 1);
    jko_geodesic_free(geodesic);
}

static void flows_and_steps_are_cancelled(void) {
    const double times[] = {0.0, 0.1, 0.2};
    double mass[NODES], residual;
    jko_energy *energy = NULL;
    jko_flow *flow = NULL;
    jko_geodesic *geodesic = NULL;
    listener who = at_once;
    OPTIONS(jko_flow_options, options);
    OPTIONS(jko_geodesic_options, stepping);
    EXPECT(jko_energy_new(graph, &energy) == JKO_STATUS_OK);
    EXPECT(jko_energy_set_entropy(energy, 1.0) == JKO_STATUS_OK);
    WATCHED(options, who);
    EXPECT(jko_flow_simulate(energy, snapshots[0], NODES, times, 3, &options, &flow) ==
           JKO_STATUS_CANCELLED);
    EXPECT(jko_flow_count(flow) == 1 && who.calls == 1);
    jko_flow_free(flow);
    EXPECT(jko_metric_geodesic_flow(graph, snapshots[0], NODES, snapshots[1], NODES, times, 3, &options,
                                    NULL, 0, 0, NULL, 0, 0, NULL) == JKO_STATUS_CANCELLED);
    EXPECT(who.calls == 2);
    WATCHED(stepping, who);
    EXPECT(jko_energy_step(energy, snapshots[0], NODES, 0.1, &stepping, mass, NODES, &residual,
                           &geodesic) == JKO_STATUS_CANCELLED);
    EXPECT(who.calls == 3 && jko_geodesic_termination(geodesic) == JKO_STATUS_CANCELLED);
    jko_geodesic_free(geodesic);
    jko_energy_free(energy);
}

static void fits_and_barycentres_are_cancelled(void) {
    const double times[] = {0.0, 0.1, 0.2}, weights[] = {0.25, 0.25, 0.5};
    double mass[NODES], found[3];
    size_t pairs = 7;
    jko_fit *fit = NULL;
    jko_cancel_token *own = NULL;
    listener who = at_once;
    OPTIONS(jko_fit_options, options);
    OPTIONS(jko_barycentre_options, descending);
    OPTIONS(jko_geodesic_options, weighing);
    EXPECT(jko_cancel_token_new(&own) == JKO_STATUS_OK);
    WATCHED(options, who);
    options.cancel = own;
    EXPECT(jko_fit_new(graph, &options, &fit) == JKO_STATUS_OK);
    /* the fit keeps what it needs of the token */
    jko_cancel_token_free(own);
    EXPECT(jko_fit_add_trajectory(fit, times, 3, &snapshots[0][0], 3, NODES, NODES, 1, 2) ==
           JKO_STATUS_CANCELLED);
    EXPECT(jko_fit_pairs(fit, &pairs) == JKO_STATUS_OK && pairs == 0 && who.calls == 1);
    who.limit = 1000000;
    EXPECT(jko_fit_add_trajectory(fit, times, 3, &snapshots[0][0], 3, NODES, NODES, 1, 2) ==
           JKO_STATUS_OK);
    EXPECT(jko_fit_pairs(fit, &pairs) == JKO_STATUS_OK && pairs == 2);
    jko_fit_free(fit);

    who = at_once;
    WATCHED(descending, who);
    EXPECT(jko_barycentre_solve(graph, &snapshots[0][0], 3, NODES, NODES, 1, weights, 3, &descending, 2,
                                mass, NODES, NULL, NULL, NULL) == JKO_STATUS_CANCELLED);
    WATCHED(weighing, who);
    EXPECT(jko_barycentre_weights(graph, snapshots[4], NODES, &snapshots[0][0], 3, NODES, NODES, 1,
                                  &weighing, 1, found, 3, NULL) == JKO_STATUS_CANCELLED);
    EXPECT(jko_metric_logarithm(graph, snapshots[0], NODES, snapshots[1], NODES, &weighing, mass,
                                NODES) == JKO_STATUS_CANCELLED);
    EXPECT(who.calls == 3);
}

static void on_alarm(int number) {
    (void)number;
    jko_cancel_token_set(token);
}

static int32_t raise_once(const jko_progress *progress, void *user_data) {
    (void)progress;
    (void)user_data;
    raise(SIGUSR1);
    return 0;
}

/* The signal comes while the library is at work. */
static void a_signal_cancels(void) {
    double end[NODES] = {0.0};
    const double start[NODES] = {1.0};
    jko_geodesic *geodesic = NULL;
    OPTIONS(jko_geodesic_options, options);
    end[NODES - 1] = 1.0;
    options.cancel = token;
    options.progress = raise_once;
    signal(SIGUSR1, on_alarm);
    EXPECT(jko_geodesic_solve(graph, start, NODES, end, NODES, &options, &geodesic) ==
           JKO_STATUS_CANCELLED);
    jko_geodesic_free(geodesic);
    jko_cancel_token_reset(token);
    EXPECT(jko_cancel_token_is_set(token) == 0);
}

int main(void) {
    const size_t sides[] = {4, 4};
    int k, x;
    EXPECT(jko_graph_grid(sides, 2, 0, JKO_REFERENCE_UNIFORM, &graph) == JKO_STATUS_OK);
    EXPECT(jko_cancel_token_new(&token) == JKO_STATUS_OK);
    for (k = 0; k < ROWS; k++) {
        double sum = 0.0;
        for (x = 0; x < NODES; x++) {
            snapshots[k][x] = 0.1 + exp(-0.5 * (x - k) * (x - k));
            sum += snapshots[k][x];
        }
        for (x = 0; x < NODES; x++) {
            snapshots[k][x] /= sum;
        }
    }
    geodesics_are_cancelled();
    a_callback_meets_a_busy_handle();
    batches_are_cancelled();
    bounds_are_cancelled();
    flows_and_steps_are_cancelled();
    fits_and_barycentres_are_cancelled();
    a_signal_cancels();
    jko_cancel_token_set(NULL);
    jko_cancel_token_reset(NULL);
    EXPECT(jko_cancel_token_is_set(NULL) == 0);
    jko_cancel_token_free(NULL);
    jko_cancel_token_free(token);
    jko_graph_free(graph);
    if (failures == 0) {
        printf("watch: all checks passed\n");
    }
    return failures != 0;
}
