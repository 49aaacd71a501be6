/*
 * Several processes learn one energy: each adds the trajectories that it holds, the sums of all are added
 * up by MPI, and every process ends with the same energy, as if one of them had seen all the data.
 *
 *   mpicc -std=c99 -Iinclude examples/mpi/fit.c target/release/libjkoflow.a \
 *       -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc -o fit
 *   mpirun -n 4 ./fit
 *
 * What is sent are 6 + 4 + m + n k + k k + n + k numbers, for n nodes, m edges and k parameters beside
 * the potential, however many snapshots there are.
 */
#include <jkoflow.h>
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

/* A grid of 8 by 8 nodes, seen at six times in each of twelve trajectories. */
enum { SIDE = 8, NODES = SIDE * SIDE, SEEN = 6, TRAJECTORIES = 12, REACH = 2 };
static const double ENTROPY = 0.5, REPULSION = 6.0;

/* Ends all processes with the library's message unless the call succeeded. */
static void check(jko_status status, const char *what) {
    char message[256];
    if (status == JKO_STATUS_OK) {
        return;
    }
    jko_last_error(message, sizeof message);
    fprintf(stderr, "%s: %s (%s)\n", what, jko_status_message(status), message);
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
}

/* The energy that is hidden in the data: hills, entropy, and repulsion between neighbours. */
static jko_energy *hidden_energy(const jko_graph *graph, double *hills) {
    static double repulsion[NODES * NODES];
    jko_energy *energy = NULL;
    for (int x = 0; x < NODES; x++) {
        int row = x / SIDE, column = x % SIDE;
        hills[x] = 0.5 * sin(1.3 * row) * cos(0.9 * column);
        if (column + 1 < SIDE) {
            repulsion[x * NODES + x + 1] = repulsion[(x + 1) * NODES + x] = REPULSION;
        }
        if (row + 1 < SIDE) {
            repulsion[x * NODES + x + SIDE] = repulsion[(x + SIDE) * NODES + x] = REPULSION;
        }
    }
    check(jko_energy_new(graph, &energy), "energy");
    check(jko_energy_set_potential(energy, hills, NODES), "potential");
    check(jko_energy_set_entropy(energy, ENTROPY), "entropy");
    check(jko_energy_set_interaction_dense(energy, repulsion, NODES, NODES, NODES, 1), "interaction");
    return energy;
}

/* Trajectory number k; a simulation or a measurement would stand here. */
static void observe(const jko_energy *energy, int k, const double *times, double snapshots[SEEN][NODES]) {
    double start[NODES], sum = 0.0;
    jko_flow *flow = NULL;
    for (int x = 0; x < NODES; x++) {
        start[x] = exp(sin(1.7 * k + 2.3 * x) + 0.5 * sin(0.6 * (k + 1) * x));
        sum += start[x];
    }
    for (int x = 0; x < NODES; x++) {
        start[x] /= sum;
    }
    check(jko_flow_simulate(energy, start, NODES, times, SEEN, NULL, &flow), "flow");
    check(jko_flow_masses(flow, &snapshots[0][0], SEEN, NODES, NODES, 1), "snapshots");
    jko_flow_free(flow);
}

static jko_fit *empty_fit(const jko_graph *graph) {
    jko_terms *terms = NULL;
    jko_fit *fit = NULL;
    check(jko_terms_new(&terms), "terms");
    check(jko_terms_add_potential(terms), "potential");
    check(jko_terms_add_entropy(terms), "entropy");
    check(jko_terms_add_interaction_by_hops(terms, REACH), "interaction");
    check(jko_fit_new_with_terms(graph, NULL, terms, &fit), "fit");
    jko_terms_free(terms);
    return fit;
}

/* The fit that has seen what the fits of all processes have seen. */
static jko_fit *sum_over_processes(const jko_graph *graph, const jko_fit *part) {
    jko_fit *whole = empty_fit(graph);
    size_t len = 0;
    double *sums;
    check(jko_fit_statistics_len(part, &len), "length of the statistics");
    sums = malloc(len * sizeof *sums);
    if (sums == NULL) {
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    }
    check(jko_fit_statistics(part, sums, len), "statistics");
    MPI_Allreduce(MPI_IN_PLACE, sums, (int)len, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    check(jko_fit_add_statistics(whole, sums, len), "sum of the statistics");
    free(sums);
    return whole;
}

int main(int argc, char **argv) {
    const size_t sides[2] = {SIDE, SIDE};
    double hills[NODES], times[SEEN], snapshots[SEEN][NODES], learned[NODES + 1 + REACH];
    double mean = 0.0, miss = 0.0;
    size_t own = 0, all = 0;
    int rank, ranks;
    jko_graph *graph = NULL;
    jko_energy *energy;
    jko_fit *part, *whole;
    jko_fitted *fitted = NULL;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    for (int s = 0; s < SEEN; s++) {
        times[s] = 0.02 * s;
    }
    check(jko_graph_grid(sides, 2, 0, JKO_REFERENCE_UNIFORM, &graph), "graph");
    energy = hidden_energy(graph, hills);

    part = empty_fit(graph);
    for (int k = rank; k < TRAJECTORIES; k += ranks) {
        observe(energy, k, times, snapshots);
        check(jko_fit_add_trajectory(part, times, SEEN, &snapshots[0][0], SEEN, NODES, NODES, 1, 1),
              "trajectory");
    }
    whole = sum_over_processes(graph, part);
    check(jko_fit_solve(whole, NULL, &fitted), "solve");
    check(jko_fitted_parameters(fitted, learned, NODES + 1 + REACH), "parameters");
    check(jko_fit_pairs(part, &own), "steps");
    check(jko_fit_pairs(whole, &all), "steps");

    /* the learned potential has mean zero */
    for (int x = 0; x < NODES; x++) {
        mean += hills[x] / NODES;
    }
    for (int x = 0; x < NODES; x++) {
        miss = fmax(miss, fabs(learned[x] - (hills[x] - mean)));
    }
    for (int turn = 0; turn < ranks; turn++) {
        if (turn == rank) {
            printf("process %d of %d: %d of %d steps are its own\n", rank, ranks, (int)own, (int)all);
            fflush(stdout);
        }
        MPI_Barrier(MPI_COMM_WORLD);
    }
    if (rank == 0) {
        printf("entropy:        %.12g (%g was hidden)\n", learned[NODES], ENTROPY);
        printf("one hop apart:  %.12g (%g was hidden)\n", learned[NODES + 1], REPULSION);
        printf("two hops apart: %.12g (0 was hidden)\n", learned[NODES + 2]);
        printf("largest error of the potential: %.2g\n", miss);
    }

    jko_fitted_free(fitted);
    jko_fit_free(whole);
    jko_fit_free(part);
    jko_energy_free(energy);
    jko_graph_free(graph);
    MPI_Finalize();
    return EXIT_SUCCESS;
}
