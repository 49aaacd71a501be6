/*
 * Eight threads, each with handles of its own, on one shared graph: the same numbers to the last bit,
 * and no race that helgrind could see. Also: batches on 1 to 4 threads, and a solver that all want.
 *
 * helgrind takes what Rust's locks protect for a race, since it knows only those of pthreads; with an argument
 * the program leaves out that solver and the batches, and works with what threads own and the shared graph.
 */
#include <jkoflow.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"

enum { NODES = 9, THREADS = 8, ROWS = 10 };

static jko_graph *graph;
static jko_solver *shared;
static int apart = 0;
static double masses[ROWS][NODES];

typedef struct {
    double distance, entropy, last[NODES];
    int busy, solved;
} outcome;

static void *work(void *argument) {
    outcome *out = argument;
    const double times[] = {0.0, 0.05, 0.1};
    jko_solver *solver = NULL;
    jko_geodesic *geodesic = NULL;
    jko_energy *energy = NULL;
    jko_flow *flow = NULL;
    jko_fit *fit = NULL;
    jko_fitted *fitted = NULL;
    double snapshots[3][NODES];
    int k;
    if (jko_solver_new(graph, NULL, &solver) != JKO_STATUS_OK) return NULL;
    if (jko_solver_solve(solver, masses[0], NODES, masses[1], NODES, &geodesic) != JKO_STATUS_OK) return NULL;
    out->distance = jko_geodesic_distance(geodesic);
    if (jko_energy_new(graph, &energy) != JKO_STATUS_OK) return NULL;
    if (jko_energy_set_entropy(energy, 0.5) != JKO_STATUS_OK) return NULL;
    if (jko_flow_simulate(energy, masses[0], NODES, times, 3, NULL, &flow) != JKO_STATUS_OK) return NULL;
    if (jko_flow_masses(flow, &snapshots[0][0], 3, NODES, NODES, 1) != JKO_STATUS_OK) return NULL;
    memcpy(out->last, snapshots[2], sizeof out->last);
    if (jko_fit_new(graph, NULL, &fit) != JKO_STATUS_OK) return NULL;
    if (jko_fit_add_trajectory(fit, times, 3, &snapshots[0][0], 3, NODES, NODES, 1, 1) != JKO_STATUS_OK)
        return NULL;
    if (jko_fit_solve(fit, NULL, &fitted) != JKO_STATUS_OK) return NULL;
    out->entropy = jko_fitted_entropy(fitted);
    /* one solver for all: whoever comes second is told so */
    for (k = 0; k < 20 && !apart; k++) {
        jko_geodesic *other = NULL;
        jko_status status = jko_solver_solve(shared, masses[2], NODES, masses[3], NODES, &other);
        out->busy += status == JKO_STATUS_BUSY;
        out->solved += status == JKO_STATUS_OK;
        jko_geodesic_free(other);
    }
    jko_fitted_free(fitted);
    jko_fit_free(fit);
    jko_flow_free(flow);
    jko_energy_free(energy);
    jko_geodesic_free(geodesic);
    jko_solver_free(solver);
    return out;
}

static void threads_agree(void) {
    pthread_t threads[THREADS];
    outcome outcomes[THREADS];
    int k, solved = 0;
    memset(outcomes, 0, sizeof outcomes);
    for (k = 0; k < THREADS; k++) {
        EXPECT(pthread_create(&threads[k], NULL, work, &outcomes[k]) == 0);
    }
    for (k = 0; k < THREADS; k++) {
        void *result = NULL;
        EXPECT(pthread_join(threads[k], &result) == 0 && result != NULL);
    }
    for (k = 0; k < THREADS; k++) {
        EXPECT(outcomes[k].distance == outcomes[0].distance && outcomes[0].distance > 0.0);
        EXPECT(outcomes[k].entropy == outcomes[0].entropy && outcomes[0].entropy > 0.4);
        EXPECT(memcmp(outcomes[k].last, outcomes[0].last, sizeof outcomes[0].last) == 0);
        EXPECT(outcomes[k].busy + outcomes[k].solved == (apart ? 0 : 20));
        solved += outcomes[k].solved;
    }
    EXPECT(apart || solved > 0);
}

static void batches_agree(void) {
    double distance[5][ROWS - 1], ends[5][ROWS - 1][NODES];
    int threads;
    for (threads = 1; threads <= 4; threads++) {
        EXPECT(jko_geodesic_batch_values(graph, &masses[0][0], ROWS, NODES, NODES, 1, NULL, threads,
                                         distance[threads], ROWS - 1, NULL, 0, NULL, 0, 0,
                                         &ends[threads][0][0], NODES, 1) == JKO_STATUS_OK);
        EXPECT(memcmp(distance[threads], distance[1], sizeof distance[1]) == 0);
        EXPECT(memcmp(ends[threads], ends[1], sizeof ends[1]) == 0);
    }
}

int main(int argc, char **argv) {
    const size_t sides[] = {3, 3};
    int k, x;
    (void)argv;
    apart = argc > 1;
    EXPECT(jko_graph_grid(sides, 2, 0, JKO_REFERENCE_UNIFORM, &graph) == JKO_STATUS_OK);
    EXPECT(jko_solver_new(graph, NULL, &shared) == JKO_STATUS_OK);
    for (k = 0; k < ROWS; k++) {
        for (x = 0; x < NODES; x++) {
            masses[k][x] = (1.0 + (x + k) % NODES) / 45.0;
        }
    }
    if (apart) {
        /* what the graph keeps for all is made by whoever comes first, under a lock of Rust's, too */
        outcome first = {0};
        EXPECT(work(&first) == &first);
    }
    threads_agree();
    if (!apart) {
        batches_agree();
    }
    jko_solver_free(shared);
    jko_graph_free(graph);
    if (failures == 0) {
        printf("threads: all checks passed\n");
    }
    return failures != 0;
}
