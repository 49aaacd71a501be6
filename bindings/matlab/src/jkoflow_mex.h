/*
 * What the files of the MEX function share. It runs in MATLAB and in Octave.
 *
 * Errors: MATLAB and Octave leave a C function that raises one with a long jump or an exception. That
 * must never pass the library's frames, so errors are raised only between its calls, and what a call
 * has created is registered first: what an error leaves behind is freed at the next call.
 */
#ifndef JKOFLOW_MEX_H
#define JKOFLOW_MEX_H

#include <jkoflow.h>
#include <mex.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One call of the MEX function, without the name of the command. */
typedef struct {
    int outputs;
    mxArray **output;
    int inputs;
    const mxArray **input;
} Call;

/* Raises the error `jkoflow:NAME`. */
void fail(const char *name, const char *format, ...);
/* Raises the error of a negative status, with the library's message; warns of a positive one. */
void check(jko_status status);
/* As `check`, for calls without a usable result where the status is positive. */
void require(jko_status status);
/* The name of a status as results tell it, such as `ok` and `iterationLimit`. */
const char *status_name(jko_status status);

/* handles.c: a handle is a number that is never given out twice, never a pointer. */

typedef enum {
    GRAPH,
    SOLVER,
    GEODESIC,
    ENERGY,
    FLOW,
    TERMS,
    FIT,
    FITTED,
    LOSS,
    FLOW_FIT,
    FLOW_FITTED,
    COUNT_FIT,
    COUNT_FITTED,
    ESTIMATE,
    FORECAST
} Kind;

typedef struct {
    double id; /* 0 while it is not handed out */
    Kind kind;
    void *object;
    size_t nodes;
    size_t rows;
} Handle;

/* Frees what calls that ended with an error left behind, and makes room for what this one will adopt.
 */
void handles_prepare(void);
/* While a call is interrupted by a callback its objects are not swept, and nothing can be freed. */
size_t handles_enter_callback(void);
void handles_leave_callback(size_t before);
/* Registers an object, to be freed at the end of the call; NULL is fine. Cannot fail for eight objects.
 */
void *adopt(Kind kind, void *object);
/* Gives a registered object to the caller. */
mxArray *hand_out(void *object, size_t nodes, size_t rows);
/* The handle that an argument stands for; an error if there is none of this kind. */
Handle handle_of(const mxArray *argument, Kind kind, const char *name);
/* Whether the argument stands for a live handle of this kind. */
bool is_handle(const mxArray *argument, Kind kind);
void command_free(Call *call);
void command_handles(Call *call);

/* arguments.c */

typedef struct {
    const double *data;
    size_t len;
} Vector;

/* One row per column of a column-major matrix, as the library counts rows. */
typedef struct {
    const double *data;
    size_t rows, cols;
    ptrdiff_t row_stride, col_stride;
} Matrix;

typedef struct {
    size_t rows, entries;
    const int64_t *start, *index;
    const double *value;
} Sparse;

Vector vector_of(const mxArray *argument, const char *name);
Matrix columns_of(const mxArray *argument, const char *name);
Sparse sparse_of(const mxArray *argument, const char *name);
double number_of(const mxArray *argument, const char *name);
size_t count_of(const mxArray *argument, const char *name);
bool truth_of(const mxArray *argument, const char *name);
/* A character vector, or a string of MATLAB. */
bool is_text(const mxArray *argument);
/* Freed with the call. */
char *text_of(const mxArray *argument, const char *name);
size_t *counts_of(const mxArray *argument, const char *name, size_t *len);
int64_t *indices_of(const mxArray *argument, const char *name, size_t *len);

/* Sets result number `k` if the caller wants it. */
void give(Call *call, int k, mxArray *value);
mxArray *column(size_t len);
mxArray *number(double value);
mxArray *truth(bool value);
mxArray *structure(void);
void put(mxArray *structure, const char *field, mxArray *value);
/* Text of the library that is copied in the manner of `jko_last_error`. */
char *text_buffer(size_t size);

/* options.c */

/* An option of the binding itself. */
typedef struct {
    const char *name;
    const mxArray *value;
} Extra;

/* Room for any of the library's option structs. */
typedef union {
    size_t align;
    unsigned char bytes[512];
} Options;

#define NO_OPTIONS (-1)

/* Ignores case and underscores, so that `MaxIterations` is `max_iterations`. */
bool same_name(const char *a, const char *b);
void options_init(int32_t group, Options *options);
void options_set_pointer(int32_t group, Options *options, const char *name, void *value);
/* The constant that an argument names, such as 'uniform' for `reference`, or gives as a number. */
int32_t choice_of(const char *option, const mxArray *value);
const char *choice_name(const char *option, int32_t value);
/*
 * Reads names and values from input `first` on into options of up to two groups and into `extras`, a
 * list that ends with a NULL name. An unknown name is an error that lists the known ones.
 */
void options_read(Call *call, int first, int32_t group, Options *options, int32_t group2,
                  Options *options2, Extra *extras);
void command_options(Call *call);

/* control.c: what ends a call early. */

typedef struct Control {
    double time_limit;
    int32_t threads;
    const mxArray *listener;
    bool interrupted, complained;
    char identifier[128];
    char complaint[1024];
    Options first, second;
    struct Control *outer; /* the call whose callback made this one */
} Control;

/* Reads options, with TimeLimit, Progress and NumThreads among them, and connects them with this file.
 */
void control_read(Control *control, Call *call, int first, int32_t group, int32_t group2,
                  Extra *extras);
/* From here on the call hears of Ctrl-C, and only calls of the library may come before `control_end`.
 */
void control_listen(Control *control);
/* Both. */
void control_begin(Control *control, Call *call, int first, int32_t group, int32_t group2,
                   Extra *extras);
/* Raises what the user or a callback raised in between. */
void control_end(Control *control);

/* octave.cc, or MATLAB's own: whether Ctrl-C was pressed; does what it means; calls without raising. */
#ifndef JKOFLOW_MATLAB
bool interrupt_pending(void);
void interrupt_raise(void);
mxArray *call_quietly(int outputs, mxArray **output, int inputs, mxArray **input, const char *name);
#endif

/* The commands, in the files of their subjects. */
void command_graph(Call *call);
void command_chain(Call *call);
void command_kernel(Call *call);
void command_graph_info(Call *call);
void command_check_distribution(Call *call);
void command_density(Call *call);
void command_mix(Call *call);
void command_centre(Call *call);
void command_mobility(Call *call);
void command_solver(Call *call);
void command_geodesic(Call *call);
void command_bounds(Call *call);
void command_distance(Call *call);
void command_consecutive(Call *call);
void command_distance_matrix(Call *call);
void command_rate(Call *call);
void command_potential(Call *call);
void command_product(Call *call);
void command_exponential(Call *call);
void command_logarithm(Call *call);
void command_path_action(Call *call);
void command_path_lengths(Call *call);
void command_barycentre(Call *call);
void command_barycentre_weights(Call *call);
void command_energy(Call *call);
void command_energy_value(Call *call);
void command_first_variation(Call *call);
void command_second_variation(Call *call);
void command_flow(Call *call);
void command_jko_step(Call *call);
void command_problem(Call *call);
void command_add_trajectory(Call *call);
void command_add_pair(Call *call);
void command_add_problem(Call *call);
void command_pairs(Call *call);
void command_statistics(Call *call);
void command_add_statistics(Call *call);
void command_cross_validate(Call *call);
void command_solve(Call *call);
void command_explained(Call *call);
void command_loss(Call *call);
void command_loss_value(Call *call);
void command_flow_fit(Call *call);
void command_count_fit(Call *call);
void command_forecast(Call *call);
void command_forecast_steps(Call *call);
void command_covariance(Call *call);

/*
 * A list of terms from a cell array, see `help jkoflow.problem`; adopted. NULL stands for the potential
 * and the entropy, here and below.
 */
jko_terms *terms_of(const mxArray *argument);
size_t count_of_terms(const mxArray *argument);
/* Which of them is the potential, counted from 0; their number if none is. */
size_t number_of_potential(const mxArray *argument);
/* What a fit of the flow or of counts knows of its parameters; adopted. */
jko_estimate *estimate_of(Kind kind, const void *fitted);

#ifdef __cplusplus
}
#endif

#endif
