/*
 * Loads the shared library, works with it, and unloads it, again and again. Work on one thread leaves nothing
 * behind that would keep it loaded.
 */
#include <dlfcn.h>
#include <jkoflow.h>
#include <stdio.h>
#include <string.h>

/* The functions of the library by name; ISO C has no cast from an object to a function. */
#define FIND(name) *(void **)&name##_ = dlsym(library, #name)

int main(int argc, char **argv) {
    const double masses[] = {0.4, 0.3, 0.2, 0.1, 0.1, 0.2, 0.3, 0.4, 0.25, 0.25, 0.25, 0.25};
    jko_status (*jko_graph_path_)(size_t, int32_t, jko_graph **);
    jko_status (*jko_geodesic_batch_)(const jko_graph *, const double *, size_t, size_t, ptrdiff_t,
                                      ptrdiff_t, const jko_geodesic_options *, int32_t, jko_geodesic **,
                                      size_t);
    double (*jko_geodesic_distance_)(const jko_geodesic *);
    void (*jko_geodesic_free_)(jko_geodesic *);
    void (*jko_graph_free_)(jko_graph *);
    double first = 0.0;
    int round;
    if (argc != 2) {
        return 2;
    }
    for (round = 0; round < 20; round++) {
        jko_graph *graph = NULL;
        jko_geodesic *geodesics[2];
        void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        double distance;
        if (library == NULL) {
            printf("%s\n", dlerror());
            return 1;
        }
        FIND(jko_graph_path);
        FIND(jko_geodesic_batch);
        FIND(jko_geodesic_distance);
        FIND(jko_geodesic_free);
        FIND(jko_graph_free);
        if (jko_graph_path_(4, JKO_REFERENCE_UNIFORM, &graph) != JKO_STATUS_OK ||
            jko_geodesic_batch_(graph, masses, 3, 4, 4, 1, NULL, 1, geodesics, 2) != JKO_STATUS_OK) {
            return 1;
        }
        distance = jko_geodesic_distance_(geodesics[0]);
        if (round > 0 && distance != first) {
            return 1;
        }
        first = distance;
        jko_geodesic_free_(geodesics[0]);
        jko_geodesic_free_(geodesics[1]);
        jko_graph_free_(graph);
        if (dlclose(library) != 0) {
            return 1;
        }
        if (dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) != NULL) {
            printf("round %d: the library stays loaded\n", round);
            return 1;
        }
    }
    printf("reload: all checks passed\n");
    return 0;
}
