/*
 * The worked story: how far personal income moves from year to year between US states, which energy
 * drives it, and what that energy forecasts.
 *
 *   cc -std=c99 -Iinclude examples/c/story.c -ljkoflow -o story
 *   ./story examples/data/us_income
 *
 * Every line of the output is a key and a value; nodes count from 0 in the order of income.csv.
 */
#include "check.h"

#include <string.h>

enum { NODES = 48, YEARS = 81, EDGES = 128, PAIRS = 10, LINE = 2048 };

static char names[NODES][32];
static double years[YEARS], snapshots[YEARS][NODES];
static int64_t source[EDGES], target[EDGES];

static void quit(const char *file, const char *what) {
    fprintf(stderr, "%s: %s\n", file, what);
    exit(EXIT_FAILURE);
}

/* Opens a file of the directory and reads its header. */
static FILE *open_table(const char *directory, const char *name, char *header) {
    char path[1024];
    FILE *file;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, "r");
    if (file == NULL || fgets(header, LINE, file) == NULL) {
        quit(path, "cannot be read");
    }
    return file;
}

/* A distribution per year; the fields of a row are a state's name and its income in each year. */
static void read_snapshots(const char *directory) {
    char line[LINE], *field;
    int x, k;
    FILE *file = open_table(directory, "income.csv", line);
    field = strtok(line, ",\r\n");
    for (k = 0; k < YEARS; k++) {
        field = strtok(NULL, ",\r\n");
        if (field == NULL) {
            quit("income.csv", "81 years were expected");
        }
        years[k] = strtod(field, NULL);
    }
    for (x = 0; x < NODES; x++) {
        if (fgets(line, LINE, file) == NULL) {
            quit("income.csv", "48 states were expected");
        }
        field = strtok(line, ",\r\n");
        snprintf(names[x], sizeof names[x], "%s", field == NULL ? "" : field);
        for (k = 0; k < YEARS; k++) {
            field = strtok(NULL, ",\r\n");
            if (field == NULL) {
                quit("income.csv", "a row is too short");
            }
            snapshots[k][x] = strtod(field, NULL);
        }
    }
    fclose(file);
    for (k = 0; k < YEARS; k++) {
        double sum = 0.0;
        for (x = 0; x < NODES; x++) {
            sum += snapshots[k][x];
        }
        for (x = 0; x < NODES; x++) {
            snapshots[k][x] /= sum;
        }
    }
}

static int64_t number(const char *name) {
    int x;
    for (x = 0; x < NODES; x++) {
        if (name != NULL && strcmp(names[x], name) == 0) {
            return x;
        }
    }
    quit("edges.csv", "a state is not in income.csv");
    return -1;
}

/* Pairs of states that share a border; their count. */
static size_t read_edges(const char *directory) {
    char line[LINE];
    size_t edges = 0;
    FILE *file = open_table(directory, "edges.csv", line);
    while (fgets(line, LINE, file) != NULL) {
        if (edges == EDGES) {
            quit("edges.csv", "there are too many edges");
        }
        source[edges] = number(strtok(line, ",\r\n"));
        target[edges] = number(strtok(NULL, ",\r\n"));
        edges++;
    }
    fclose(file);
    return edges;
}

static void print(const char *key, const double *values, int count) {
    int k;
    for (k = 0; k < count; k++) {
        printf("%s %d %.17g\n", key, k, values[k]);
    }
}

int main(int count, char **arguments) {
    const char *directory = count > 1 ? arguments[1] : "examples/data/us_income";
    double distance[PAIRS], potential[NODES], forecast[NODES];
    const double times[] = {0.0, 1.0};
    size_t edges;
    jko_graph_options options;
    jko_ridge ridge;
    jko_graph *states = NULL;
    jko_fit *fit = NULL;
    jko_fitted *fitted = NULL;
    jko_energy *energy = NULL;
    jko_flow *flow = NULL;

    read_snapshots(directory);
    edges = read_edges(directory);
    check(jko_graph_options_init(&options, sizeof options), "options");
    options.reference = JKO_REFERENCE_UNIFORM;
    check(jko_graph_from_weights(NODES, source, edges, target, edges, NULL, 0, &options, &states),
          "graph");
    printf("nodes %d\n", (int)jko_graph_nodes(states));

    /* how far income moved in each of the first ten years */
    check(jko_geodesic_batch_values(states, &snapshots[0][0], PAIRS + 1, NODES, NODES, 1, NULL, 1,
                                    distance, PAIRS, NULL, 0, NULL, NODES, 1, NULL, NODES, 1),
          "distances");
    print("distance", distance, PAIRS);

    /* the energy that it descends */
    check(jko_ridge_init(&ridge, sizeof ridge), "ridge");
    ridge.potential = 0.1;
    check(jko_fit_new(states, NULL, &fit), "fit");
    check(jko_fit_add_trajectory(fit, years, YEARS, &snapshots[0][0], YEARS, NODES, NODES, 1, 1),
          "snapshots");
    check(jko_fit_solve(fit, &ridge, &fitted), "solve");
    printf("entropy %.17g\n", jko_fitted_entropy(fitted));
    check(jko_fitted_potential(fitted, potential, NODES), "potential");
    print("potential", potential, NODES);

    /* and where that leads within a year */
    check(jko_fitted_energy(fitted, &energy), "energy");
    check(jko_flow_simulate(energy, snapshots[YEARS - 1], NODES, times, 2, NULL, &flow), "forecast");
    check(jko_flow_mass(flow, 1, forecast, NODES), "forecast");
    print("forecast", forecast, NODES);

    jko_flow_free(flow);
    jko_energy_free(energy);
    jko_fitted_free(fitted);
    jko_fit_free(fit);
    jko_graph_free(states);
    return EXIT_SUCCESS;
}
