/* The registry of what is alive in the library. */
#include "jkoflow_mex.h"

#include <stdlib.h>

static Handle *handles;
static size_t live, capacity;
/* Objects before this one belong to a call that waits for a callback. */
static size_t waiting;
static size_t handed_out;
static double last_id;

enum { MOST_OBJECTS_OF_A_CALL = 8 };

static const char *kind_name(Kind kind) {
    switch (kind) {
    case GRAPH: return "graph";
    case SOLVER: return "solver";
    case GEODESIC: return "geodesic";
    case ENERGY: return "energy";
    case FLOW: return "flow";
    case TERMS: return "terms";
    case FIT: return "problem";
    case FITTED: return "fitted";
    case LOSS: return "loss";
    case FLOW_FIT: return "flow_fit";
    case FLOW_FITTED: return "flow_fitted";
    case COUNT_FIT: return "count_fit";
    case COUNT_FITTED: return "count_fitted";
    case ESTIMATE: return "estimate";
    case FORECAST: return "forecast";
    }
    return "nothing";
}

static void end(const Handle *handle) {
    switch (handle->kind) {
    case GRAPH: jko_graph_free(handle->object); break;
    case SOLVER: jko_solver_free(handle->object); break;
    case GEODESIC: jko_geodesic_free(handle->object); break;
    case ENERGY: jko_energy_free(handle->object); break;
    case FLOW: jko_flow_free(handle->object); break;
    case TERMS: jko_terms_free(handle->object); break;
    case FIT: jko_fit_free(handle->object); break;
    case FITTED: jko_fitted_free(handle->object); break;
    case LOSS: jko_snapshot_loss_free(handle->object); break;
    case FLOW_FIT: jko_flow_fit_free(handle->object); break;
    case FLOW_FITTED: jko_flow_fitted_free(handle->object); break;
    case COUNT_FIT: jko_count_fit_free(handle->object); break;
    case COUNT_FITTED: jko_count_fitted_free(handle->object); break;
    case ESTIMATE: jko_estimate_free(handle->object); break;
    case FORECAST: jko_forecast_free(handle->object); break;
    }
}

/* The MEX file is about to be unloaded, or the program ends. */
static void end_all(void) {
    while (live > 0) {
        end(&handles[--live]);
    }
    free(handles);
    handles = NULL;
    capacity = handed_out = waiting = 0;
}

static void sweep(void) {
    size_t k, kept = waiting;
    for (k = waiting; k < live; k++) {
        if (handles[k].id == 0.0) {
            end(&handles[k]);
        } else {
            handles[kept++] = handles[k];
        }
    }
    live = kept;
}

void handles_prepare(void) {
    sweep();
    if (live + MOST_OBJECTS_OF_A_CALL > capacity) {
        size_t larger = 2 * capacity + MOST_OBJECTS_OF_A_CALL;
        Handle *moved = realloc(handles, larger * sizeof *moved);
        if (moved == NULL) {
            fail("outOfMemory", "no room for another handle");
        }
        handles = moved;
        capacity = larger;
        mexAtExit(end_all);
    }
}

size_t handles_enter_callback(void) {
    size_t before = waiting;
    waiting = live;
    return before;
}

void handles_leave_callback(size_t before) {
    waiting = before;
}

void *adopt(Kind kind, void *object) {
    if (object != NULL) {
        Handle handle = {0.0, kind, NULL, 0, 0};
        handle.object = object;
        handles[live++] = handle;
    }
    return object;
}

mxArray *hand_out(void *object, size_t nodes, size_t rows) {
    mxArray *result = structure();
    size_t k = live;
    while (handles[--k].object != object) {
    }
    put(result, "kind", mxCreateString(kind_name(handles[k].kind)));
    put(result, "id", number(last_id + 1.0));
    handles[k].nodes = nodes;
    handles[k].rows = rows;
    handles[k].id = ++last_id;
    if (handed_out++ == 0) {
        mexLock();
    }
    return result;
}

/* The number in a handle, or NaN. */
static double id_of(const mxArray *argument) {
    const mxArray *id = mxIsStruct(argument) && mxGetNumberOfElements(argument) == 1
                            ? mxGetField(argument, 0, "id")
                            : NULL;
    return id != NULL && mxIsDouble(id) && mxGetNumberOfElements(id) == 1 ? mxGetScalar(id)
                                                                          : mxGetNaN();
}

static Handle *find(double id) {
    size_t k;
    for (k = 0; k < live; k++) {
        if (handles[k].id != 0.0 && handles[k].id == id) {
            return &handles[k];
        }
    }
    return NULL;
}

static Handle *find_or_fail(const mxArray *argument, const char *name) {
    double id = id_of(argument);
    Handle *handle = find(id);
    if (mxIsNaN(id)) {
        fail("badHandle", "%s: this is no handle", name);
    }
    if (handle == NULL && id >= 1.0 && id <= last_id && id == (double)(int64_t)id) {
        fail("badHandle", "%s: the handle %g has been freed", name, id);
    }
    if (handle == NULL) {
        fail("badHandle", "%s: there never was a handle %g", name, id);
    }
    return handle;
}

Handle handle_of(const mxArray *argument, Kind kind, const char *name) {
    Handle *handle = find_or_fail(argument, name);
    if (handle->kind != kind) {
        fail("badHandle", "%s: a %s is needed, but this is a %s", name, kind_name(kind),
             kind_name(handle->kind));
    }
    return *handle;
}

bool is_handle(const mxArray *argument, Kind kind) {
    Handle *handle = find(id_of(argument));
    return handle != NULL && handle->kind == kind;
}

/* free(handle) frees one, free() all. */
void command_free(Call *call) {
    size_t k;
    if (waiting > 0) {
        fail("busy", "handles cannot be freed while a callback runs");
    }
    if (call->inputs > 0) {
        find_or_fail(call->input[0], "handle")->id = 0.0;
        handed_out--;
    } else {
        for (k = 0; k < live; k++) {
            handles[k].id = 0.0;
        }
    }
    if (call->inputs == 0 && handed_out > 0) {
        handed_out = 0;
        mexUnlock();
    } else if (call->inputs > 0 && handed_out == 0) {
        mexUnlock();
    }
}

/* How many there are. */
void command_handles(Call *call) {
    give(call, 0, number((double)handed_out));
}
