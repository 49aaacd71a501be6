/*
 * Ten thousand solves with the same handles: memory in use does not grow. Counted by the allocator of the C
 * library, which Rust uses too, with GLIBC_TUNABLES=glibc.malloc.tcache_count=0.
 */
#include <jkoflow.h>
#include <malloc.h>
#include <stdio.h>

#include "expect.h"

enum { NODES = 6 };

int main(void) {
    const double from[NODES] = {0.3, 0.2, 0.2, 0.1, 0.1, 0.1}, to[NODES] = {0.1, 0.1, 0.1, 0.2, 0.2, 0.3};
    jko_graph *graph = NULL;
    jko_solver *solver = NULL;
    size_t before = 0, after;
    int k;
    EXPECT(jko_graph_cycle(NODES, JKO_REFERENCE_UNIFORM, &graph) == JKO_STATUS_OK);
    EXPECT(jko_solver_new(graph, NULL, &solver) == JKO_STATUS_OK);
    for (k = 0; k < 10000; k++) {
        jko_geodesic *geodesic = NULL;
        EXPECT(jko_solver_solve_next(solver, from, NODES, to, NODES, &geodesic) == JKO_STATUS_OK);
        jko_geodesic_free(geodesic);
        /* errors leave nothing behind either, but for one message */
        EXPECT(jko_solver_solve(solver, from, NODES, to, NODES - 1, &geodesic) ==
               JKO_STATUS_LENGTH_MISMATCH);
        if (k == 10) {
            before = mallinfo2().uordblks;
        }
    }
    /* before anything is printed, which takes memory too; a piece of memory may be a little larger than was asked
     * for, but a solve that left anything behind would have left ten thousand times sixteen bytes */
    after = mallinfo2().uordblks;
    EXPECT(after < before + 1024);
    if (after >= before + 1024) {
        printf("%zu bytes in use, %zu before\n", after, before);
    }
    jko_solver_free(solver);
    jko_graph_free(graph);
    if (failures == 0) {
        printf("loop: all checks passed\n");
    }
    return failures != 0;
}
