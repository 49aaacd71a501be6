/*
 * A simulation that calls the library in its time loop and can be interrupted: Ctrl-C sets a token, the call
 * that is running returns soon with what it has, and the program ends in good order.
 *
 *   ./simulation [STEPS]     with a number it interrupts itself after so many steps, to show it
 */
#include "check.h"

#include <signal.h>

enum { SIDE = 6, NODES = SIDE * SIDE, STEPS = 8 };

static jko_cancel_token *stop;

static void interrupted(int number) {
    (void)number;
    jko_cancel_token_set(stop); /* may be called in a signal handler */
}

static int32_t report(const jko_progress *progress, void *user_data) {
    const int *step = user_data;
    fprintf(stderr, "step %d: %d iterations in %.1f s\n", *step, (int)progress->iterations,
            progress->seconds);
    return 0;
}

int main(int argc, char **argv) {
    const size_t sides[] = {SIDE, SIDE};
    const int own_interrupt = argc > 1 ? atoi(argv[1]) : -1;
    double mass[NODES], next[NODES], hills[NODES];
    int step = 0, x;
    jko_graph *graph = NULL;
    jko_energy *energy = NULL;
    jko_geodesic_options options;
    jko_status status = JKO_STATUS_OK;

    check(jko_graph_grid(sides, 2, 0, JKO_REFERENCE_UNIFORM, &graph), "graph");
    check(jko_energy_new(graph, &energy), "energy");
    for (x = 0; x < NODES; x++) {
        hills[x] = 0.1 * (x % SIDE);
        mass[x] = (x % SIDE == SIDE - 1 ? 5.0 : 1.0) / (NODES + 4 * SIDE);
    }
    check(jko_energy_set_potential(energy, hills, NODES), "potential");
    check(jko_energy_set_entropy(energy, 0.1), "entropy");

    check(jko_cancel_token_new(&stop), "token");
    check(jko_geodesic_options_init(&options, sizeof options), "options");
    options.cancel = stop;
    options.progress = report;
    options.user_data = &step;
    signal(SIGINT, interrupted);

    for (step = 0; step < STEPS && status == JKO_STATUS_OK; step++) {
        jko_geodesic *geodesic = NULL;
        if (step == own_interrupt) {
            raise(SIGINT);
        }
        status = jko_energy_step(energy, mass, NODES, 0.2, &options, next, NODES, NULL, &geodesic);
        if (status == JKO_STATUS_OK) {
            double value;
            for (x = 0; x < NODES; x++) {
                mass[x] = next[x];
            }
            check(jko_energy_value(energy, mass, NODES, &value), "value");
            printf("step %d: energy %.6f, moved by %.6f\n", step, value, jko_geodesic_distance(geodesic));
        }
        jko_geodesic_free(geodesic);
    }
    if (status == JKO_STATUS_CANCELLED) {
        printf("interrupted in step %d; the last whole step is kept\n", step - 1);
    } else {
        check(status, "step");
    }
    jko_energy_free(energy);
    jko_graph_free(graph);
    jko_cancel_token_free(stop);
    return EXIT_SUCCESS;
}
