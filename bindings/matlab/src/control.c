/*
 * What ends a call early: a time limit, a callback that says so, Ctrl-C. The library asks about ten
 * times a second, in the thread that made the call.
 *
 * Fits and solvers keep their options, so the library gets nothing that ends with a call: its question
 * finds the call that runs in `current`.
 */
#include "jkoflow_mex.h"

#include <stdio.h>
#include <string.h>

static Control *current;

#ifdef JKOFLOW_MATLAB
/* MATLAB raises what Ctrl-C means itself, when the call has ended. It is in libut, without a header. */
bool utIsInterruptPending(void);

static bool interrupt_pending(void) {
    return utIsInterruptPending();
}

static void interrupt_raise(void) {
}

static mxArray *call_quietly(int outputs, mxArray **output, int inputs, mxArray **input,
                             const char *name) {
    return mexCallMATLABWithTrap(outputs, output, inputs, input, name);
}
#endif

/* Calls `[stop, identifier, message] = jkoflow_hear(listener, progress)`, which raises nothing. */
static int32_t ask(Control *control, const jko_progress *progress) {
    mxArray *results[3] = {NULL, NULL, NULL};
    mxArray *inputs[2], *trouble;
    size_t before = handles_enter_callback();
    bool stop;
    int k;
    inputs[0] = (mxArray *)control->listener;
    inputs[1] = structure();
    put(inputs[1], "iterations", number((double)progress->iterations));
    put(inputs[1], "done", number((double)progress->done));
    put(inputs[1], "total", number((double)progress->total));
    put(inputs[1], "residual", number(progress->residual));
    put(inputs[1], "seconds", number(progress->seconds));
    trouble = call_quietly(3, results, 2, inputs, "jkoflow_hear");
    mxDestroyArray(inputs[1]);
    handles_leave_callback(before);
    control->interrupted = control->interrupted || interrupt_pending();
    if (control->interrupted) {
        return 1;
    }
    if (trouble != NULL) {
        control->complained = true;
        snprintf(control->identifier, sizeof control->identifier, "jkoflow:progress");
        snprintf(control->complaint, sizeof control->complaint, "jkoflow_hear could not be called");
        return 1;
    }
    stop = mxGetScalar(results[0]) != 0.0;
    if (mxGetNumberOfElements(results[2]) > 0) {
        control->complained = true;
        mxGetString(results[1], control->identifier, sizeof control->identifier);
        mxGetString(results[2], control->complaint, sizeof control->complaint);
    }
    for (k = 0; k < 3; k++) {
        mxDestroyArray(results[k]);
    }
    return stop || control->complained;
}

static int32_t hear(const jko_progress *progress, void *user_data) {
    (void)user_data;
    if (current == NULL) {
        return 0;
    }
    current->interrupted = current->interrupted || interrupt_pending();
    if (current->interrupted || progress->seconds > current->time_limit) {
        return 1;
    }
    return current->listener == NULL ? 0 : ask(current, progress);
}

static void connect(int32_t group, Options *options) {
    jko_progress_callback callback = hear;
    void *address;
    if (group == NO_OPTIONS) {
        return;
    }
    options_init(group, options);
    memcpy(&address, &callback, sizeof address);
    options_set_pointer(group, options, "progress", address);
}

enum { OWN_EXTRAS = 3 };

/* This file's options, then those of the call. */
static Extra *join(const Extra *own, const Extra *extras) {
    size_t count = 0, k;
    Extra *all;
    while (extras != NULL && extras[count].name != NULL) {
        count++;
    }
    all = mxCalloc(OWN_EXTRAS + count + 1, sizeof *all);
    for (k = 0; k < OWN_EXTRAS + count; k++) {
        all[k] = k < OWN_EXTRAS ? own[k] : extras[k - OWN_EXTRAS];
    }
    return all;
}

void control_read(Control *control, Call *call, int first, int32_t group, int32_t group2,
                  Extra *extras) {
    const Extra own[OWN_EXTRAS] = {{"TimeLimit", NULL}, {"Progress", NULL}, {"NumThreads", NULL}};
    Extra *all = join(own, extras);
    size_t k;
    connect(group, &control->first);
    connect(group2, &control->second);
    options_read(call, first, group, &control->first, group2, &control->second, all);
    for (k = 0; extras != NULL && extras[k].name != NULL; k++) {
        extras[k].value = all[OWN_EXTRAS + k].value;
    }
    control->time_limit = all[0].value ? number_of(all[0].value, "TimeLimit") : mxGetInf();
    control->listener = all[1].value;
    control->threads = all[2].value ? (int32_t)count_of(all[2].value, "NumThreads") : 1;
    control->complained = control->interrupted = false;
    if (control->listener != NULL && !mxIsClass(control->listener, "function_handle")) {
        fail("badType", "Progress: a function handle is needed");
    }
}

void control_listen(Control *control) {
    control->outer = current;
    current = control;
}

void control_begin(Control *control, Call *call, int first, int32_t group, int32_t group2,
                   Extra *extras) {
    control_read(control, call, first, group, group2, extras);
    control_listen(control);
}

void control_end(Control *control) {
    current = control->outer;
    if (control->interrupted) {
        interrupt_raise();
        fail("interrupted", "interrupted");
    }
    if (control->complained) {
        mexErrMsgIdAndTxt(control->identifier[0] ? control->identifier : "jkoflow:progress", "%s",
                          control->complaint);
    }
}
