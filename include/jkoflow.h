/*
 * jkoflow - geodesics of Maas' discrete transport metric W_K on graphs, and the free energies that
 * drive snapshots of a process.
 *
 * A graph is a finite reversible Markov chain with reference measure pi. A distribution is a mass
 * vector mu >= 0 of length n with sum one, not a density. A geodesic measures the distance between two
 * of them, a flow simulates a free energy, a fit learns the energy from snapshots.
 *
 * Linking, on Linux, once ./install.sh PREFIX has been run:
 *   shared:     cc program.c $(pkg-config --cflags --libs jkoflow)
 *   static:     cc program.c $(pkg-config --cflags --libs jkoflow-static)
 *   CMake:      find_package(jkoflow 0.1 REQUIRED), target jkoflow::jkoflow or jkoflow::static
 *   by hand:    cc program.c libjkoflow.a -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc
 * Work on one thread leaves nothing behind, so that the shared library can be unloaded; after more threads, or
 * after an error message, it stays until the calling thread ends.
 *
 * A complete program, with every status checked in the same way:
 *   jko_graph *graph = NULL;
 *   jko_geodesic *geodesic = NULL;
 *   double start[] = {0.4, 0.3, 0.2, 0.1}, end[] = {0.25, 0.25, 0.25, 0.25};
 *   jko_status status = jko_graph_cycle(4, JKO_REFERENCE_UNIFORM, &graph);
 *   if (status == JKO_STATUS_OK)
 *       status = jko_geodesic_solve(graph, start, 4, end, 4, NULL, &geodesic);
 *   printf("%s: %f\n", jko_status_message(status), jko_geodesic_distance(geodesic));
 *   jko_geodesic_free(geodesic);
 *   jko_graph_free(graph);
 *
 * Where to look
 *   make a graph                  jko_graph_from_weights, _from_chain, _from_kernel, jko_graph_grid, ...
 *   one distance, its path        jko_geodesic_solve, jko_geodesic_mass_at, jko_geodesic_potential_end
 *   many distances                jko_solver_solve_next, jko_geodesic_batch_values, jko_distance_matrix
 *   bounds that enclose it        jko_geodesic_bounds
 *   tangents, paths, averages     jko_metric_rate, jko_path_lengths, jko_barycentre_solve
 *   an energy, its flow           jko_energy_new, jko_energy_set_potential, jko_flow_simulate, jko_energy_step
 *   learn an energy               jko_fit_new, jko_fit_add_trajectory, jko_fit_solve, jko_fitted_energy
 *   stop it, watch it, bound it   jko_cancel_token_set, jko_progress_callback, memory_limit
 *   what went wrong               jko_status_message, jko_last_error
 *   options for a wrapper         jko_options_count, jko_options_name, jko_options_set
 *
 * Contract on errors
 *   Functions that can fail return a jko_status: 0 is success; a positive status comes with a usable
 *   result that is not optimal; a negative status is an error, and then nothing has changed, but that a
 *   constructor sets its handle to NULL. jko_last_error has the details: argument, index and value. The
 *   comments name statuses without their prefix JKO_STATUS_; INTERNAL can come from any function, and
 *   OK is not mentioned. Nothing prints, exits, touches signals or reads the environment; nothing aborts,
 *   unless memory runs out in the middle of a computation.
 *
 *   Lengths, indices and numbers are checked, NULL and alignment too. What cannot be checked is the
 *   caller's promise: a handle came from this library and has not been freed; a pointer points to as
 *   many elements as the length beside it says, left alone by other threads during the call. Length 0
 *   allows NULL. Outputs may be the same memory as inputs. Inputs are copied, and handles keep what they
 *   need of each other, so they may be freed in any order. Every handle is freed once, by its own free
 *   function, which does nothing for NULL.
 *
 * Contract on threads
 *   Any thread may own, use and free a handle. Functions that take a handle as const may run on many
 *   threads at once. Functions that change a handle take it without const, one at a time: a second one
 *   returns JKO_STATUS_BUSY. Work happens on the calling thread, unless num_threads above 1 is asked for;
 *   then the threads end before the call returns, and results are the same to the last bit.
 *
 * Contract on stopping
 *   Options have a cancel token, which any thread or signal handler may set, and a progress callback, which is
 *   called on the calling thread. Both stop long work: it asks within every iteration, and returns
 *   JKO_STATUS_CANCELLED with the best it has. Where it has nothing yet, outputs are untouched and the handle
 *   of a constructor is NULL.
 *
 * Contract on memory
 *   Large arrays are asked for before they are taken: where they are not there, the call returns
 *   JKO_STATUS_OUT_OF_MEMORY and says how many bytes it wanted. memory_limit in the options says how many bytes
 *   a piece of the work may take on each thread: the paths, factors and matrices of a geodesic on its first
 *   time mesh, the masses of a flow and their derivatives, the results of a batch. Beyond it the call
 *   returns the same, before anything is taken; where finer meshes would not fit, a geodesic and bounds end with
 *   JKO_STATUS_MEMORY_LIMIT and the best they have. The inputs and the fill of LU factors do not count.
 *
 * Contract on compatibility
 *   JKO_ABI_VERSION changes when programs have to be compiled anew, and so does the name of the shared
 *   library. Otherwise functions, constants, and fields at the end of option structs are only added: an
 *   init function with sizeof sets the defaults of the program's version, and NULL stands for them.
 *   A matrix is a pointer, rows, cols and two strides, counted in elements: entry (i, j) is
 *   data[i * row_stride + j * col_stride], which suits row-major and column-major arrays.
 *
 * Generated from the sources; do not edit.
 */

#ifndef JKOFLOW_H
#define JKOFLOW_H

#include <stddef.h>
#include <stdint.h>

/*
 * Statuses
 *
 *    0  OK                   success
 *    1  ITERATION_LIMIT      not converged: the iteration limit was reached
 *    2  STALLED              not converged: rounding stopped the progress
 *    4  RESOLUTION           not converged: the path varies too fast in time
 *    5  CANCELLED            stopped on request
 *    6  MEMORY_LIMIT         not converged: a finer resolution would take too much memory
 *   -1  NULL_POINTER         a required pointer is NULL
 *   -2  MISALIGNED           a pointer is not aligned for its type
 *   -3  LENGTH_MISMATCH      an array does not have the length that is needed
 *   -4  NODE_OUT_OF_RANGE    a node index beyond the graph
 *   -5  SELF_LOOP            an edge from a node to itself
 *   -6  DUPLICATE_EDGE       the same edge was given twice
 *   -7  BAD_VALUE            a number is NaN, infinite, of the wrong sign or out of its range
 *   -8  INVALID_ARGUMENT     an argument makes no sense
 *   -9  NOT_NORMALISED       masses do not sum to one
 *  -10  DISCONNECTED         the graph is disconnected
 *  -11  NOT_REVERSIBLE       the kernel is not reversible
 *  -12  STRUCT_SIZE          an options struct has an impossible size; call its init function first
 *  -13  BUSY                 the handle is in use by another thread
 *  -20  SINGULAR             a matrix is singular to working precision
 *  -21  NOT_CONVERGED        an iteration on which the result depends did not converge
 *  -22  NOT_DETERMINED       the data do not determine a coefficient
 *  -23  FLOW_FAILED          the flow could not be continued
 *  -90  OUT_OF_MEMORY        out of memory
 *  -99  INTERNAL             internal error in the library; please report it
 */
#define JKO_STATUS_OK 0
#define JKO_STATUS_ITERATION_LIMIT 1
#define JKO_STATUS_STALLED 2
#define JKO_STATUS_RESOLUTION 4
#define JKO_STATUS_CANCELLED 5
#define JKO_STATUS_MEMORY_LIMIT 6
#define JKO_STATUS_NULL_POINTER (-1)
#define JKO_STATUS_MISALIGNED (-2)
#define JKO_STATUS_LENGTH_MISMATCH (-3)
#define JKO_STATUS_NODE_OUT_OF_RANGE (-4)
#define JKO_STATUS_SELF_LOOP (-5)
#define JKO_STATUS_DUPLICATE_EDGE (-6)
#define JKO_STATUS_BAD_VALUE (-7)
#define JKO_STATUS_INVALID_ARGUMENT (-8)
#define JKO_STATUS_NOT_NORMALISED (-9)
#define JKO_STATUS_DISCONNECTED (-10)
#define JKO_STATUS_NOT_REVERSIBLE (-11)
#define JKO_STATUS_STRUCT_SIZE (-12)
#define JKO_STATUS_BUSY (-13)
#define JKO_STATUS_SINGULAR (-20)
#define JKO_STATUS_NOT_CONVERGED (-21)
#define JKO_STATUS_NOT_DETERMINED (-22)
#define JKO_STATUS_FLOW_FAILED (-23)
#define JKO_STATUS_OUT_OF_MEMORY (-90)
#define JKO_STATUS_INTERNAL (-99)


/**
 * Major version of the library that this header belongs to.
 */
#define JKO_VERSION_MAJOR 0

/**
 * Minor version of the library that this header belongs to.
 */
#define JKO_VERSION_MINOR 1

/**
 * Patch version of the library that this header belongs to.
 */
#define JKO_VERSION_PATCH 0

/**
 * Version of the binary interface; it changes when programs have to be compiled anew.
 */
#define JKO_ABI_VERSION 0

/**
 * The internal energy `U(r) = r^m / (m - 1)` with the parameter `m > 0`, `m != 1`.
 */
#define JKO_INTERNAL_POWER 0

/**
 * A potential is learned; one bit of `jko_fit_options.terms`.
 */
#define JKO_TERM_POTENTIAL 1

/**
 * The entropy coefficient is learned; one bit of `jko_fit_options.terms`.
 */
#define JKO_TERM_ENTROPY 2

/**
 * The optimality condition is required in the mean of both ends of a step.
 */
#define JKO_LOSS_SYMMETRIC 0

/**
 * The optimality condition is required at the end of each step.
 */
#define JKO_LOSS_BACKWARD 1

/**
 * The optimality condition is required at the start of each step.
 */
#define JKO_LOSS_FORWARD 2

/**
 * Edges count by their mobility: the loss is the squared speed that is left unexplained.
 */
#define JKO_WEIGHT_METRIC 0

/**
 * Edges count by their squared mobility: the loss is the squared flux that is left, per conductance.
 * Edges between nearly empty nodes count less.
 */
#define JKO_WEIGHT_FLUX 1

/**
 * Snapshots with empty nodes are refused.
 */
#define JKO_ZEROS_REFUSE 0

/**
 * A share of the reference is mixed into every snapshot of a trajectory.
 */
#define JKO_ZEROS_MIX 1

/**
 * Edges at a node that is empty at either end of a step are left out of it.
 */
#define JKO_ZEROS_LEAVE_OUT 2

/**
 * Misfits whose covariance is that of counts, times one factor that the residuals tell.
 */
#define JKO_NOISE_GAUSSIAN 0

/**
 * Misfits of any covariance, independent between steps; needs many steps.
 */
#define JKO_NOISE_SANDWICH 1

/**
 * Misfits of any covariance, independent between blocks of `noise_block` consecutive steps of a
 * trajectory: where what the energy misses lasts. Needs many blocks.
 */
#define JKO_NOISE_BLOCKS 2

/**
 * The cheapest method that serves: shooting, or the convex problem where that does not.
 */
#define JKO_METHOD_AUTOMATIC 0

/**
 * The convex problem, whatever the ends: to check one method by the other.
 */
#define JKO_METHOD_NEWTON 1

/**
 * Reference measure in proportion to the degrees: the stationary law of the random walk.
 */
#define JKO_REFERENCE_DEGREE 0

/**
 * Uniform reference measure.
 */
#define JKO_REFERENCE_UNIFORM 1

/**
 * An edge that is given twice is refused.
 */
#define JKO_DUPLICATES_REFUSE 0

/**
 * The weights of an edge that is given more than once are added.
 */
#define JKO_DUPLICATES_SUM 1

/**
 * Logarithmic mean, for which the heat flow is the gradient flow of the entropy.
 */
#define JKO_MEAN_LOGARITHMIC 0

/**
 * Geometric mean.
 */
#define JKO_MEAN_GEOMETRIC 1

/**
 * Harmonic mean.
 */
#define JKO_MEAN_HARMONIC 2

/**
 * Arithmetic mean.
 */
#define JKO_MEAN_ARITHMETIC 3

/**
 * The struct `jko_graph_options`.
 */
#define JKO_OPTIONS_GRAPH 0

/**
 * The struct `jko_geodesic_options`.
 */
#define JKO_OPTIONS_GEODESIC 1

/**
 * The struct `jko_bound_options`.
 */
#define JKO_OPTIONS_BOUND 2

/**
 * The struct `jko_flow_options`.
 */
#define JKO_OPTIONS_FLOW 3

/**
 * The struct `jko_barycentre_options`.
 */
#define JKO_OPTIONS_BARYCENTRE 4

/**
 * The struct `jko_fit_options`.
 */
#define JKO_OPTIONS_FIT 5

/**
 * The struct `jko_ridge`.
 */
#define JKO_OPTIONS_RIDGE 6

/**
 * The struct `jko_flow_fit_options`.
 */
#define JKO_OPTIONS_FLOW_FIT 7

/**
 * The struct `jko_count_fit_options`.
 */
#define JKO_OPTIONS_COUNT_FIT 8

/**
 * An option of type `double`.
 */
#define JKO_OPTION_REAL 0

/**
 * An option of type `int64_t` that counts.
 */
#define JKO_OPTION_COUNT 1

/**
 * An option of type `int32_t`, most of them a choice.
 */
#define JKO_OPTION_INTEGER 2

/**
 * An option that is a pointer; NULL by default.
 */
#define JKO_OPTION_POINTER 3

/**
 * A flag that stops work. Any number of calls may look at it, and any thread may set it at any time.
 */
typedef struct jko_cancel_token jko_cancel_token;

/**
 * A learning problem whose snapshots are counts of independent individuals: their likelihood is
 * maximised over the energy and the start of each trajectory. One thread at a time may change it; a
 * second one gets `JKO_STATUS_BUSY`.
 */
typedef struct jko_count_fit jko_count_fit;

/**
 * What a `jko_count_fit` found. Immutable: any number of threads may use it at once.
 */
typedef struct jko_count_fitted jko_count_fitted;

/**
 * A free energy
 * `F(mu) = sum V mu + 1/2 sum W mu mu + beta sum mu ln(mu/pi) + sum pi sum_k a_k U_k(mu/pi)`.
 *
 * Zero when new; one function per term changes it. Any number of threads may evaluate it at once;
 * one that calls while another changes it, or the other way round, gets `JKO_STATUS_BUSY`.
 */
typedef struct jko_energy jko_energy;

/**
 * Parameters of an energy with their covariance. Immutable: any number of threads may use it at once.
 */
typedef struct jko_estimate jko_estimate;

/**
 * A learning problem: what the steps seen so far add up to. One thread at a time may change it; a
 * second one gets `JKO_STATUS_BUSY`.
 */
typedef struct jko_fit jko_fit;

/**
 * A learned energy and how well it explains the data. Immutable: any number of threads may use it at
 * once.
 */
typedef struct jko_fitted jko_fitted;

/**
 * A simulated trajectory of a free energy. Immutable: any number of threads may use it at once.
 */
typedef struct jko_flow jko_flow;

/**
 * A learning problem in which each snapshot is predicted from the one before by integrating the flow:
 * without the bias in the time step that the losses of a `jko_fit` have. One thread at a time may
 * change it; a second one gets `JKO_STATUS_BUSY`.
 */
typedef struct jko_flow_fit jko_flow_fit;

/**
 * What a `jko_flow_fit` found. Immutable: any number of threads may use it at once.
 */
typedef struct jko_flow_fitted jko_flow_fitted;

/**
 * Predicted masses with their standard errors, which say how much is unknown of the energy: not the
 * scatter of counts, nor that the model may be wrong. Immutable: any number of threads may use it at
 * once.
 */
typedef struct jko_forecast jko_forecast;

/**
 * A solved geodesic problem. Immutable: any number of threads may use it at once.
 *
 * When `jko_geodesic_termination` is not `JKO_STATUS_OK`, its numbers are those of the best path found,
 * which joins the ends; `jko_geodesic_error_estimate` says how good they are.
 */
typedef struct jko_geodesic jko_geodesic;

/**
 * A finite, connected, reversible Markov chain. Immutable: any number of threads may use it at once.
 *
 * It is shared inside, so it may be freed while solvers, geodesics, energies, flows and fits made
 * from it live.
 */
typedef struct jko_graph jko_graph;

/**
 * The quadratic loss of a trajectory, for an energy of any kind that is trained against it: a neural
 * network, say. Immutable: any number of threads may use it at once.
 */
typedef struct jko_snapshot_loss jko_snapshot_loss;

/**
 * Options, factorisation and buffers bound to a graph: what a loop over many geodesics reuses. One
 * user at a time; a second one gets `JKO_STATUS_BUSY`.
 */
typedef struct jko_solver jko_solver;

/**
 * The terms of an energy that is to be learned, all linear in their parameters. Empty when new; they
 * count from zero in the order in which they are added, and their parameters follow in the same order.
 * One thread at a time may change it; a second one gets `JKO_STATUS_BUSY`.
 */
typedef struct jko_terms jko_terms;

/**
 * What a call came to: zero is success, positive is a usable result that is not optimal, negative
 * is an error that changed nothing.
 */
typedef int32_t jko_status;

/**
 * How far the work is, as a callback hears it. Fields may be added at the end.
 */
typedef struct {
    /**
     * Size of the struct in the library that runs.
     */
    size_t struct_size;
    /**
     * Iterations made so far, over all parts: of shooting, steps of Newton's method, time steps of a flow.
     */
    int64_t iterations;
    /**
     * Parts that are done, such as geodesics of a batch.
     */
    int64_t done;
    /**
     * Parts altogether; 0 where the work is in one piece.
     */
    int64_t total;
    /**
     * Relative change in the last iteration; NaN before the first one.
     */
    double residual;
    /**
     * Seconds since the call.
     */
    double seconds;
} jko_progress;

/**
 * Hears of progress on the thread that made the call: soon after its start, then about every tenth of a
 * second. `progress` lives until it returns. Anything but 0 stops the work.
 *
 * It may use the library, but a handle that the call is changing is busy. It must return: no exception and
 * no `longjmp` may leave it.
 */
typedef int32_t (*jko_progress_callback)(const jko_progress *progress,
                                         void *user_data);

/**
 * How tight the bounds on a distance are to be. Fill it with `jko_bound_options_init`.
 */
typedef struct {
    /**
     * Size of the struct; set by the init function.
     */
    size_t struct_size;
    /**
     * Relative gap `(upper - lower) / upper` wanted; 1e-4 by default.
     */
    double gap;
    /**
     * Equal intervals of time to begin with; 4 by default.
     */
    int64_t first_intervals;
    /**
     * Largest number of intervals; 4096 by default. With no more than `first_intervals`, exactly this
     * many equal intervals are used between ends without empty nodes; with empty nodes there are at least two.
     */
    int64_t max_intervals;
    /**
     * Stops the work when it is set; NULL by default.
     */
    const jko_cancel_token *cancel;
    /**
     * Hears of the work's progress and may stop it; NULL by default.
     */
    jko_progress_callback progress;
    /**
     * Handed to `progress`, untouched.
     */
    void *user_data;
    /**
     * Bytes that a piece of the work may take, on each thread; more is OUT_OF_MEMORY before anything is
     * taken. 0, the default, sets no limit.
     */
    int64_t memory_limit;
} jko_bound_options;

/**
 * How the likelihood is maximised. Fill it with `jko_count_fit_options_init`.
 */
typedef struct {
    /**
     * Size of the struct; set by the init function.
     */
    size_t struct_size;
    /**
     * Tolerance of the integration, as in `jko_flow_options`; 1e-8 by default.
     */
    double tolerance;
    /**
     * Steps after which an integration gives up; 2000 by default.
     */
    int64_t max_steps;
    /**
     * Individuals, spread like the reference, that are added to the first snapshot of each
     * trajectory; above 0, 1 by default.
     */
    double pseudo_counts;
    /**
     * Iterations after which the fit gives up; 100 by default.
     */
    int64_t max_iterations;
    /**
     * Mobility mean, a `JKO_MEAN_` constant; logarithmic by default.
     */
    int32_t mean;
    /**
     * 0.
     */
    int32_t reserved;
    /**
     * Stops the work when it is set; NULL by default.
     */
    const jko_cancel_token *cancel;
    /**
     * Hears of the work's progress and may stop it; NULL by default.
     */
    jko_progress_callback progress;
    /**
     * Handed to `progress`, untouched.
     */
    void *user_data;
    /**
     * Bytes that a piece of the work may take, on each thread; more is OUT_OF_MEMORY before anything is
     * taken. 0, the default, sets no limit.
     */
    int64_t memory_limit;
} jko_count_fit_options;

/**
 * How a flow is to be integrated. Fill it with `jko_flow_options_init`.
 */
typedef struct {
    /**
     * Size of the struct; set by the init function.
     */
    size_t struct_size;
    /**
     * Largest error of a step in any mass, relative to `mu_x + 1e-3 pi_x`; 1e-8 by default.
     */
    double tolerance;
    /**
     * Steps after which the integration gives up; 100000 by default.
     */
    int64_t max_steps;
    /**
     * Mobility mean, a `JKO_MEAN_` constant; logarithmic by default.
     */
    int32_t mean;
    /**
     * 0.
     */
    int32_t reserved;
    /**
     * Stops the work when it is set; NULL by default.
     */
    const jko_cancel_token *cancel;
    /**
     * Hears of the work's progress and may stop it; NULL by default.
     */
    jko_progress_callback progress;
    /**
     * Handed to `progress`, untouched.
     */
    void *user_data;
    /**
     * Bytes that a piece of the work may take, on each thread; more is OUT_OF_MEMORY before anything is
     * taken. 0, the default, sets no limit.
     */
    int64_t memory_limit;
} jko_flow_options;

/**
 * How edges and matrices are to be read. Fill it with `jko_graph_options_init`.
 */
typedef struct {
    /**
     * Size of the struct; set by the init function.
     */
    size_t struct_size;
    /**
     * `JKO_REFERENCE_DEGREE` (default) or `JKO_REFERENCE_UNIFORM`; for `jko_graph_from_weights`.
     */
    int32_t reference;
    /**
     * `JKO_DUPLICATES_REFUSE` (default) or `JKO_DUPLICATES_SUM`.
     */
    int32_t duplicates;
    /**
     * Number of the first node and of the first entry of a matrix: 0 (default) or 1.
     */
    int32_t index_base;
    /**
     * 0.
     */
    int32_t reserved;
} jko_graph_options;

/**
 * How a geodesic is to be computed. Fill it with `jko_geodesic_options_init`.
 */
typedef struct {
    /**
     * Size of the struct; set by the init function.
     */
    size_t struct_size;
    /**
     * Relative accuracy wanted in the distance and the end potentials. 0, the default, means 1e-9, or 1e-4
     * where an end has a node of density below 1e-6, since potentials are singular at empty nodes, or the path
     * touches the boundary. Where a density is below 1e-12 but not zero the potential is finite, but too small, and
     * that node does not count. Where an end is empty somewhere, 1e-8 is met with the logarithmic and the geometric mean,
     * 1e-6 with the others, but for rare cases.
     */
    double tolerance;
    /**
     * Iterations of shooting and steps of Newton's method after which the solver gives up; 1000 by
     * default.
     */
    int64_t max_iterations;
    /**
     * Mobility mean, a `JKO_MEAN_` constant; logarithmic by default.
     */
    int32_t mean;
    /**
     * What runs, a `JKO_METHOD_` constant; automatic by default.
     */
    int32_t method;
    /**
     * Stops the work when it is set; NULL by default.
     */
    const jko_cancel_token *cancel;
    /**
     * Hears of the work's progress and may stop it; NULL by default.
     */
    jko_progress_callback progress;
    /**
     * Handed to `progress`, untouched.
     */
    void *user_data;
    /**
     * Bytes that a piece of the work may take, on each thread; more is OUT_OF_MEMORY before anything is
     * taken. 0, the default, sets no limit.
     */
    int64_t memory_limit;
} jko_geodesic_options;

/**
 * What is learned, and how. Fill it with `jko_fit_options_init`.
 */
typedef struct {
    /**
     * Size of the struct; set by the init function.
     */
    size_t struct_size;
    /**
     * Relative accuracy of the geodesics between snapshots. 0, the default, means what it means in
     * `jko_geodesic_options`.
     */
    double tolerance;
    /**
     * Iterations after which a geodesic is given up; 1000 by default.
     */
    int64_t max_iterations;
    /**
     * Mobility mean, a `JKO_MEAN_` constant; logarithmic by default.
     */
    int32_t mean;
    /**
     * A `JKO_LOSS_` constant; symmetric by default.
     */
    int32_t loss;
    /**
     * What is learned: a sum of `JKO_TERM_` constants; all of them by default.
     */
    int32_t terms;
    /**
     * A `JKO_WEIGHT_` constant; metric by default.
     */
    int32_t weight;
    /**
     * A `JKO_ZEROS_` constant; refuse by default.
     */
    int32_t zeros;
    /**
     * 0.
     */
    int32_t reserved;
    /**
     * Share of the reference for `JKO_ZEROS_MIX`, between 0 and 1; 0, which that refuses, by default.
     */
    double zeros_share;
    /**
     * Stops the work when it is set; NULL by default.
     */
    const jko_cancel_token *cancel;
    /**
     * Hears of the work's progress and may stop it; NULL by default.
     */
    jko_progress_callback progress;
    /**
     * Handed to `progress`, untouched.
     */
    void *user_data;
    /**
     * Bytes that a piece of the work may take, on each thread; more is OUT_OF_MEMORY before anything is
     * taken. 0, the default, sets no limit.
     */
    int64_t memory_limit;
} jko_fit_options;

/**
 * Penalties on the squared coefficients, relative to the size of the data's own weight on them, so
 * that they mean the same for any amount of data. Fill it with `jko_ridge_init`.
 */
typedef struct {
    /**
     * Size of the struct; set by the init function.
     */
    size_t struct_size;
    /**
     * For the potential; 0 by default.
     */
    double potential;
    /**
     * For the entropy coefficient; 0 by default.
     */
    double entropy;
} jko_ridge;

/**
 * How flows are fitted. Fill it with `jko_flow_fit_options_init`.
 */
typedef struct {
    /**
     * Size of the struct; set by the init function.
     */
    size_t struct_size;
    /**
     * Tolerance of the integration, as in `jko_flow_options`; 1e-10 by default.
     */
    double tolerance;
    /**
     * Steps after which an integration gives up; 2000 by default.
     */
    int64_t max_steps;
    /**
     * Share of the reference that is mixed into every snapshot, at least 0 and below 1; 0 by default:
     * then each snapshot that has a successor must be positive.
     */
    double mixing;
    /**
     * Iterations after which the fit gives up; 100 by default.
     */
    int64_t max_iterations;
    /**
     * Mobility mean, a `JKO_MEAN_` constant; logarithmic by default.
     */
    int32_t mean;
    /**
     * Where standard errors come from, a `JKO_NOISE_` constant; Gaussian by default.
     */
    int32_t noise;
    /**
     * Stops the work when it is set; NULL by default.
     */
    const jko_cancel_token *cancel;
    /**
     * Hears of the work's progress and may stop it; NULL by default.
     */
    jko_progress_callback progress;
    /**
     * Handed to `progress`, untouched.
     */
    void *user_data;
    /**
     * Bytes that a piece of the work may take, on each thread; more is OUT_OF_MEMORY before anything is
     * taken. 0, the default, sets no limit.
     */
    int64_t memory_limit;
    /**
     * Steps of a block, with `JKO_NOISE_BLOCKS`; 10 by default.
     */
    int64_t noise_block;
} jko_flow_fit_options;

/**
 * How a barycentre is to be computed. Fill it with `jko_barycentre_options_init`.
 */
typedef struct {
    /**
     * Size of the struct; set by the init function.
     */
    size_t struct_size;
    /**
     * Largest norm of the gradient, relative to the weighted root mean square distance to the
     * references; 1e-8 by default. Where geodesics to the references are known less well, twice their error takes its place.
     */
    double tolerance;
    /**
     * Iterations after which the descent gives up; 200 by default.
     */
    int64_t max_iterations;
    /**
     * Mobility mean, a `JKO_MEAN_` constant; logarithmic by default.
     */
    int32_t mean;
    /**
     * 0.
     */
    int32_t reserved;
    /**
     * Stops the work when it is set; NULL by default.
     */
    const jko_cancel_token *cancel;
    /**
     * Hears of the work's progress and may stop it; NULL by default.
     */
    jko_progress_callback progress;
    /**
     * Handed to `progress`, untouched.
     */
    void *user_data;
    /**
     * Bytes that a piece of the work may take, on each thread; more is OUT_OF_MEMORY before anything is
     * taken. 0, the default, sets no limit.
     */
    int64_t memory_limit;
} jko_barycentre_options;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library that runs, such as "0.1.0". Static text. Any thread, any time.
 */
const char *jko_version(void);

/**
 * The binary interface of the library that runs; compare it with `JKO_ABI_VERSION`. Any thread, any
 * time.
 */
int32_t jko_abi_version(void);

/**
 * What a status means, in one line. Static text, also for a number that is no status. Any thread,
 * any time.
 */
const char *jko_status_message(jko_status status);

/**
 * Copies the detailed message of the last call on this thread that did not return `JKO_STATUS_OK`,
 * empty if there was none.
 *
 * `buffer` has room for `capacity` bytes; the text is cut to fit, and ends in NUL whenever
 * `capacity` is not 0. NULL with 0 asks for the size only. Returns the bytes that the whole text
 * needs, its NUL included. The message stays until another call on this thread fails. Any thread.
 */
size_t jko_last_error(char *buffer,
                      size_t capacity);

/**
 * Fills `size` bytes of options with the defaults; pass `sizeof(jko_bound_options)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
 */
jko_status jko_bound_options_init(jko_bound_options *options,
                                  size_t size);

/**
 * Encloses the distance between the ends of a geodesic: `*lower <= W_K(mu0, mu1) <= *upper`.
 *
 * The upper bound is the length of a path, the lower one a feasible value of the dual problem. Both
 * are valid whether or not the solve converged, up to rounding and to the quadrature of a residual in
 * time, for which margins are included; they hold for every mobility mean. `options` may be NULL. Cost per interval: one sparse
 * factorisation, two pairs of triangular solves, twenty sweeps over the edges.
 *
 * Returns: RESOLUTION, with valid bounds, where the gap is wider than was wanted: ask for a wider one,
 * allow more intervals or solve the geodesic to a smaller tolerance; MEMORY_LIMIT, with valid bounds,
 * where tighter ones would take too much memory; CANCELLED, with valid bounds or none; NULL_POINTER,
 * MISALIGNED, INVALID_ARGUMENT, STRUCT_SIZE, SINGULAR, OUT_OF_MEMORY (before there are any). Any thread.
 */
jko_status jko_geodesic_bounds(const jko_geodesic *geodesic,
                               const jko_bound_options *options,
                               double *lower,
                               double *upper);

/**
 * Makes the path `0 - 1 - ... - (n-1)`, unit weights. Cost `O(n)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_graph_path(size_t n,
                          int32_t reference,
                          jko_graph **out);

/**
 * Makes the cycle on `n >= 3` nodes, unit weights. Cost `O(n)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_graph_cycle(size_t n,
                           int32_t reference,
                           jko_graph **out);

/**
 * Makes the star on `n` nodes in all, node 0 its centre, unit weights. Cost `O(n)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_graph_star(size_t n,
                          int32_t reference,
                          jko_graph **out);

/**
 * Makes the complete graph on `n` nodes, unit weights. Cost `O(n^2)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_graph_complete(size_t n,
                              int32_t reference,
                              jko_graph **out);

/**
 * Makes the grid with one to three sides, or the torus if `periodic` is not 0; unit weights.
 *
 * The last coordinate runs fastest: `(i, j, k)` is node `(i sides[1] + j) sides[2] + k`. Cost: linear
 * in the nodes.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_graph_grid(const size_t *sides,
                          size_t sides_len,
                          int32_t periodic,
                          int32_t reference,
                          jko_graph **out);

/**
 * Makes the hypercube of `2^dimension` nodes, unit weights. Cost: linear in the edges.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_graph_hypercube(size_t dimension,
                               int32_t reference,
                               jko_graph **out);

/**
 * Makes the Hamming graph: words of `length` letters, joined where they differ in one; unit weights.
 * The number of a word is its value with the first letter most significant. Cost: linear in the
 * edges.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_graph_hamming(size_t length,
                             size_t alphabet,
                             int32_t reference,
                             jko_graph **out);

/**
 * Makes the Erdos-Renyi graph `G(n,p)`, given that it is connected; unit weights. The same seed gives
 * the same graph everywhere. Cost of a draw, of which at most 100 are made: `O(nodes + edges)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, DISCONNECTED (no draw was connected),
 * OUT_OF_MEMORY. Any thread.
 */
jko_status jko_graph_erdos_renyi(size_t n,
                                 double p,
                                 uint64_t seed,
                                 int32_t reference,
                                 jko_graph **out);

/**
 * Makes a stochastic block model, given that it is connected; unit weights.
 *
 * Block `a` holds `sizes[a]` consecutive nodes; nodes of the blocks `a` and `b` are joined with
 * probability `probability[a k + b]`, a symmetric `k` by `k` matrix for `k = sizes_len`.
 *
 * Returns: as `jko_graph_erdos_renyi`, and LENGTH_MISMATCH. Any thread.
 */
jko_status jko_graph_stochastic_block(const size_t *sizes,
                                      size_t sizes_len,
                                      const double *probability,
                                      size_t probability_len,
                                      uint64_t seed,
                                      int32_t reference,
                                      jko_graph **out);

/**
 * Makes a graph by preferential attachment (Barabasi and Albert): every new node brings `m` edges;
 * unit weights. Cost `O(m n)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_graph_barabasi_albert(size_t n,
                                     size_t m,
                                     uint64_t seed,
                                     int32_t reference,
                                     jko_graph **out);

/**
 * Makes a small world (Watts and Strogatz): the ring with `k` neighbours each (even), every edge
 * turned with probability `p`, given that it is connected; unit weights.
 *
 * Returns: as `jko_graph_erdos_renyi`. Any thread.
 */
jko_status jko_graph_watts_strogatz(size_t n,
                                    size_t k,
                                    double p,
                                    uint64_t seed,
                                    int32_t reference,
                                    jko_graph **out);

/**
 * Makes a random graph in which every node has the same degree, given that it is connected; unit
 * weights.
 *
 * Returns: as `jko_graph_erdos_renyi`. Any thread.
 */
jko_status jko_graph_random_regular(size_t n,
                                    size_t degree,
                                    uint64_t seed,
                                    int32_t reference,
                                    jko_graph **out);

/**
 * Makes a tree drawn uniformly from all labelled trees on `n` nodes; unit weights. Cost `O(n)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_graph_random_tree(size_t n,
                                 uint64_t seed,
                                 int32_t reference,
                                 jko_graph **out);

/**
 * Makes the graph of the `k` nearest neighbours of points in Euclidean space: two points are joined
 * where either is among the `k` nearest of the other.
 *
 * `points` is a matrix of one row per point, with strides in elements; it is copied. `bandwidth` 0
 * gives unit weights, `h > 0` the weights `exp(-d^2 / (2 h^2))`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT, DISCONNECTED
 * (clusters too far apart), OUT_OF_MEMORY. Any thread.
 */
jko_status jko_graph_nearest_neighbours(const double *points,
                                        size_t rows,
                                        size_t cols,
                                        ptrdiff_t row_stride,
                                        ptrdiff_t col_stride,
                                        size_t k,
                                        double bandwidth,
                                        int32_t reference,
                                        jko_graph **out);

/**
 * Fills `size` bytes of options with the defaults; pass `sizeof(jko_count_fit_options)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
 */
jko_status jko_count_fit_options_init(jko_count_fit_options *options,
                                      size_t size);

/**
 * Makes an empty learning problem with these terms on a graph, which it keeps. The terms are copied,
 * and so are the options, which may be NULL.
 *
 * Returns: as `jko_flow_fit_new`. Any thread.
 */
jko_status jko_count_fit_new(const jko_graph *graph,
                             const jko_terms *terms,
                             const jko_count_fit_options *options,
                             jko_count_fit **out);

/**
 * Ends a fit; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_count_fit_free(jko_count_fit *fit);

/**
 * Adds a trajectory: counts of independent individuals on the nodes at increasing times.
 *
 * `times` has length `rows`; `counts` is a matrix of one snapshot per row (`rows` by `cols = n`), with
 * strides in elements; zeros are welcome. Counts may have fractions, as weighted ones do, but shares are
 * none: they do not tell how many individuals there were. Both are copied; nothing is computed yet.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT (fewer than two
 * snapshots, a snapshot of zeros, one with fractions and a sum below 2, times that do not increase),
 * BUSY, OUT_OF_MEMORY. One thread at a time.
 */
jko_status jko_count_fit_add_trajectory(jko_count_fit *fit,
                                        const double *times,
                                        size_t times_len,
                                        const double *counts,
                                        size_t rows,
                                        size_t cols,
                                        ptrdiff_t row_stride,
                                        ptrdiff_t col_stride);

/**
 * Solves for the parameters and the starts that maximise the likelihood, less the ridge, within the
 * bounds. Arguments as for `jko_flow_fit_solve`; the ridge is relative to the Fisher information.
 * Cost: per iteration and trajectory the integration of a flow, with one solve per parameter, node and
 * step of the integration.
 *
 * Returns: as `jko_flow_fit_solve`, and NOT_CONVERGED (a start that its counts leave open). Any
 * thread.
 */
jko_status jko_count_fit_solve(const jko_count_fit *fit,
                               const double *ridges,
                               size_t ridges_len,
                               const double *start,
                               size_t start_len,
                               int32_t num_threads,
                               jko_count_fitted **out);

/**
 * Ends fitted counts; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_count_fitted_free(jko_count_fitted *fitted);

/**
 * Makes a copy of the parameters with their covariance, the inverse of the Fisher information.
 *
 * Returns: NULL_POINTER, MISALIGNED. Any thread.
 */
jko_status jko_count_fitted_estimate(const jko_count_fitted *fitted,
                                     jko_estimate **out);

/**
 * Twice the log-likelihood that a perfect prediction of every snapshot would gain: where the model
 * holds and counts are not small, it is distributed like chi squared with
 * `jko_count_fitted_degrees_of_freedom`. NaN for NULL. Any thread.
 */
double jko_count_fitted_deviance(const jko_count_fitted *fitted);

/**
 * Free counts less fitted parameters, starts among them; 0 for NULL. Any thread.
 */
size_t jko_count_fitted_degrees_of_freedom(const jko_count_fitted *fitted);

/**
 * Copies the estimated masses at the first time of a trajectory, counted from 0, length `n`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (no such trajectory). Any
 * thread.
 */
jko_status jko_count_fitted_start(const jko_count_fitted *fitted,
                                  size_t trajectory,
                                  double *mass,
                                  size_t mass_len);

/**
 * Predicts the masses of a trajectory, counted from 0, at increasing times from its first on, whatever
 * lies between. The standard errors know that its start is an estimate. The mean of `options` has to be
 * that of the fit; NULL stands for the defaults with that mean.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE, BAD_VALUE, INVALID_ARGUMENT (no such trajectory, a
 * time before it, another mean), FLOW_FAILED, SINGULAR, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_count_fitted_forecast(const jko_count_fitted *fitted,
                                     size_t trajectory,
                                     const double *times,
                                     size_t times_len,
                                     const jko_flow_options *options,
                                     jko_forecast **out);

/**
 * Makes the zero energy on a graph, which it keeps. Cost `O(n)`.
 *
 * Returns: NULL_POINTER, MISALIGNED. Any thread.
 */
jko_status jko_energy_new(const jko_graph *graph,
                          jko_energy **out);

/**
 * Ends an energy; NULL is fine. Flows made from it live on. Any thread, once nobody uses the handle.
 */
void jko_energy_free(jko_energy *energy);

/**
 * Sets the potential `V`, length `n`, which is copied.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, BUSY. One thread at a time.
 */
jko_status jko_energy_set_potential(jko_energy *energy,
                                    const double *potential,
                                    size_t potential_len);

/**
 * Sets the interaction `W` from a symmetric `n` by `n` matrix with strides in elements, which is
 * copied.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT (not square or not
 * symmetric), BUSY, OUT_OF_MEMORY. One thread at a time.
 */
jko_status jko_energy_set_interaction_dense(jko_energy *energy,
                                            const double *interaction,
                                            size_t rows,
                                            size_t cols,
                                            ptrdiff_t row_stride,
                                            ptrdiff_t col_stride);

/**
 * Sets the interaction `W` from a symmetric sparse matrix, both triangles, compressed by rows or by
 * columns in the manner of `jko_graph_from_kernel`; it is copied. `options` may be NULL; of them,
 * `index_base` and `duplicates` count.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, NODE_OUT_OF_RANGE, DUPLICATE_EDGE, BAD_VALUE,
 * INVALID_ARGUMENT (not symmetric), STRUCT_SIZE, BUSY, OUT_OF_MEMORY. One thread at a time.
 */
jko_status jko_energy_set_interaction_sparse(jko_energy *energy,
                                             const int64_t *row_start,
                                             size_t row_start_len,
                                             const int64_t *column,
                                             size_t column_len,
                                             const double *value,
                                             size_t value_len,
                                             const jko_graph_options *options);

/**
 * Sets the coefficient `beta` of the entropy relative to `pi`.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT (not finite), BUSY. One thread at a time.
 */
jko_status jko_energy_set_entropy(jko_energy *energy,
                                  double beta);

/**
 * Adds `coefficient sum_x pi_x U(mu_x/pi_x)`; `kind` is a `JKO_INTERNAL_` constant, and `parameter`
 * is its parameter. May be called once per internal energy.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, BUSY. One thread at a time.
 */
jko_status jko_energy_add_internal(jko_energy *energy,
                                   double coefficient,
                                   int32_t kind,
                                   double parameter);

/**
 * Computes `F(mu)` for masses `mu >= 0`, length `n`; zeros are allowed. Cost: `O(n)` and one product
 * with `W`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, BUSY. Any thread.
 */
jko_status jko_energy_value(const jko_energy *energy,
                            const double *mu,
                            size_t mu_len,
                            double *value);

/**
 * Computes the first variation `dF/dmu_x` at masses `mu`; all lengths `n`. Cost: `O(n)` and one
 * product with `W`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE (also an empty node, where the energy
 * has no finite derivative), BUSY. Any thread.
 */
jko_status jko_energy_first_variation(const jko_energy *energy,
                                      const double *mu,
                                      size_t mu_len,
                                      double *variation,
                                      size_t variation_len);

/**
 * Computes the second variation at masses `mu`, applied to a `direction`; all lengths `n`. Cost:
 * `O(n)` and one product with `W`.
 *
 * Returns: as `jko_energy_first_variation`. Any thread.
 */
jko_status jko_energy_second_variation(const jko_energy *energy,
                                       const double *mu,
                                       size_t mu_len,
                                       const double *direction,
                                       size_t direction_len,
                                       double *variation,
                                       size_t variation_len);

/**
 * Ends an estimate; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_estimate_free(jko_estimate *estimate);

/**
 * How the iteration ended: OK where it converged, ITERATION_LIMIT, STALLED; NULL_POINTER for NULL. Any
 * thread.
 */
jko_status jko_estimate_status(const jko_estimate *estimate);

/**
 * The mobility mean of the fit, a `JKO_MEAN_` constant; -1 for NULL. Any thread.
 */
int32_t jko_estimate_mean(const jko_estimate *estimate);

/**
 * Iterations taken; 0 for NULL. Any thread.
 */
size_t jko_estimate_iterations(const jko_estimate *estimate);

/**
 * Makes an energy of its own from the estimate, ready for a flow.
 *
 * Returns: NULL_POINTER, MISALIGNED. Any thread.
 */
jko_status jko_estimate_energy(const jko_estimate *estimate,
                               jko_energy **out);

/**
 * Copies the potential, length `n`, mean zero under `pi`; zeros where it was not among the terms.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_estimate_potential(const jko_estimate *estimate,
                                  double *potential,
                                  size_t potential_len);

/**
 * The entropy coefficient `beta`, 0 where it was not among the terms; NaN for NULL. Any thread.
 */
double jko_estimate_entropy(const jko_estimate *estimate);

/**
 * Number of parameters `k`; 0 for NULL. Any thread.
 */
size_t jko_estimate_parameter_count(const jko_estimate *estimate);

/**
 * Copies all parameters, length `k`, in the order of the terms.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_estimate_parameters(const jko_estimate *estimate,
                                   double *parameters,
                                   size_t parameters_len);

/**
 * Copies the standard errors of all parameters, length `k`: NaN at a bound and without a degree of
 * freedom left, infinite where neither data nor ridge determine a parameter.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_estimate_standard_errors(const jko_estimate *estimate,
                                        double *errors,
                                        size_t errors_len);

/**
 * Copies the covariance of the parameters into a matrix of `k` rows and columns, with strides in
 * elements. Directions that the data do not determine are left out of it.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (a stride of 0). Any thread.
 */
jko_status jko_estimate_covariance(const jko_estimate *estimate,
                                   double *covariance,
                                   size_t rows,
                                   size_t cols,
                                   ptrdiff_t row_stride,
                                   ptrdiff_t col_stride);

/**
 * Copies the name of a parameter, by its number, such as `potential[3]`; in the manner of
 * `jko_last_error`. Empty for NULL and for a number that no parameter has. Any thread.
 */
size_t jko_estimate_parameter_name(const jko_estimate *estimate,
                                   int64_t parameter,
                                   char *buffer,
                                   size_t capacity);

/**
 * Copies the directions that the data alone do not determine, one per line in the names of the
 * parameters; in the manner of `jko_last_error`. Empty where there are none, and for NULL. Any thread.
 */
size_t jko_estimate_unidentified(const jko_estimate *estimate,
                                 char *buffer,
                                 size_t capacity);

/**
 * Predicts the gradient flow from `mu0` (length `n`, positive, taken as known) with standard errors
 * from the covariance. `times` increase; the first is the time of `mu0`. The mean of `options` has to
 * be `jko_estimate_mean`; NULL stands for the defaults with that mean. Cost: a flow with one solve per
 * step and parameter.
 *
 * Returns: as `jko_flow_simulate`; INVALID_ARGUMENT also for another mean. Any thread.
 */
jko_status jko_estimate_forecast(const jko_estimate *estimate,
                                 const double *mu0,
                                 size_t mu0_len,
                                 const double *times,
                                 size_t times_len,
                                 const jko_flow_options *options,
                                 jko_forecast **out);

/**
 * As `jko_estimate_forecast`, by `steps` JKO steps of length `tau` from `mu0` at time 0. `num_threads`
 * threads take them, and end before the call returns; 1 starts none; the result is the same to the
 * last bit. Cost: a sequence of steps, and two more per parameter.
 *
 * Returns: as `jko_energy_step`; INVALID_ARGUMENT also for another mean than `jko_estimate_mean` and for
 * more than 100,000 steps; NOT_CONVERGED (the message names the step). Any thread.
 */
jko_status jko_estimate_forecast_steps(const jko_estimate *estimate,
                                       const double *mu0,
                                       size_t mu0_len,
                                       double tau,
                                       int64_t steps,
                                       const jko_geodesic_options *options,
                                       int32_t num_threads,
                                       jko_forecast **out);

/**
 * Makes an empty learning problem on a graph, which it keeps. `options` may be NULL and are copied.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, STRUCT_SIZE, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_fit_new(const jko_graph *graph,
                       const jko_fit_options *options,
                       jko_fit **out);

/**
 * Makes an empty learning problem with these terms, which are copied; those of `options`, which may be
 * NULL, play no role.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT (no term, two of one
 * name, a term that does not fit the graph), STRUCT_SIZE, BUSY (the terms), OUT_OF_MEMORY. Any thread.
 */
jko_status jko_fit_new_with_terms(const jko_graph *graph,
                                  const jko_fit_options *options,
                                  const jko_terms *terms,
                                  jko_fit **out);

/**
 * Ends a fit; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_fit_free(jko_fit *fit);

/**
 * Reads the number of steps added so far.
 *
 * Returns: NULL_POINTER, MISALIGNED, BUSY. Any thread.
 */
jko_status jko_fit_pairs(const jko_fit *fit,
                         size_t *pairs);

/**
 * Adds one step of length `tau > 0` whose geodesic is known, with a `weight > 0` in the loss (1 unless
 * steps differ in reliability). Nothing is kept of the geodesic. Cost: a few sweeps over the edges.
 *
 * Returns: NULL_POINTER, MISALIGNED, BAD_VALUE (also for an end with an empty node), INVALID_ARGUMENT
 * (a geodesic on another graph or with another mean), NOT_CONVERGED, BUSY. One thread at a time.
 */
jko_status jko_fit_add_pair(jko_fit *fit,
                            const jko_geodesic *geodesic,
                            double tau,
                            double weight);

/**
 * Adds the steps between consecutive snapshots at increasing times, each with weight one.
 *
 * `times` has length `rows`; `snapshots` is a matrix of one positive mass vector per row (`rows` by
 * `cols = n`), with strides in elements. Both are copied. `num_threads` threads solve for the
 * geodesics, and end before the call returns; 1 starts none; the result is the same to the last bit.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
 * NOT_CONVERGED (a geodesic; the message names the step), SINGULAR, BUSY, OUT_OF_MEMORY; CANCELLED,
 * with nothing added. One thread at a time.
 */
jko_status jko_fit_add_trajectory(jko_fit *fit,
                                  const double *times,
                                  size_t times_len,
                                  const double *snapshots,
                                  size_t rows,
                                  size_t cols,
                                  ptrdiff_t row_stride,
                                  ptrdiff_t col_stride,
                                  int32_t num_threads);

/**
 * As `jko_fit_add_trajectory`, for terms of the caller's own. Row `s count + j` of `variations` is the
 * first variation of their functional `j` at snapshot `s`, with `count` functionals in all and `n`
 * columns; its strides are its own.
 *
 * Returns: as `jko_fit_add_trajectory`. One thread at a time.
 */
jko_status jko_fit_add_trajectory_with(jko_fit *fit,
                                       const double *times,
                                       size_t times_len,
                                       const double *snapshots,
                                       size_t rows,
                                       size_t cols,
                                       ptrdiff_t row_stride,
                                       ptrdiff_t col_stride,
                                       const double *variations,
                                       size_t variation_rows,
                                       ptrdiff_t variation_row_stride,
                                       ptrdiff_t variation_col_stride,
                                       int32_t num_threads);

/**
 * Adds everything that `other` has seen, for data that were read in parts.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT (another graph, other terms, loss or mean, or
 * the fit itself), BUSY. One thread at a time for `fit`; `other` is only read.
 */
jko_status jko_fit_merge(jko_fit *fit,
                         const jko_fit *other);

/**
 * Reads the number of doubles that `jko_fit_statistics` writes.
 *
 * Returns: NULL_POINTER, MISALIGNED, BUSY. Any thread.
 */
jko_status jko_fit_statistics_len(const jko_fit *fit,
                                  size_t *len);

/**
 * Copies everything that `jko_fit_solve` needs of the data into a flat buffer. Buffers of fits of the
 * same problem may be added entry by entry, at most 8192 of them, as by `MPI_Allreduce` with `MPI_SUM`:
 * the sum is the buffer of all their data. Single steps are not in it.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BUSY. Any thread.
 */
jko_status jko_fit_statistics(const jko_fit *fit,
                              double *statistics,
                              size_t statistics_len);

/**
 * Adds the data behind a buffer of `jko_fit_statistics`, or behind a sum of such buffers.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT (another graph, other
 * terms, loss, weight or mean), BUSY. One thread at a time.
 */
jko_status jko_fit_add_statistics(jko_fit *fit,
                                  const double *statistics,
                                  size_t statistics_len);

/**
 * Computes the share of the motion that is explained in steps that were left out, and its standard
 * error: how well the terms of a fit, or some of them, predict.
 *
 * The steps are divided into `blocks` in the order in which they were added. With `forward` 0 each
 * block is tested on what all others teach; with 1, each but the first on what those before it teach.
 * `ridges` and `included` have an entry per term: its ridge, relative to the mean diagonal of its block
 * of the normal matrix, and whether it takes part (1) or not (0). The share is at most 1, 0 for
 * persistence, and NaN where the teaching steps leave parameters open.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (too few steps, a bad ridge),
 * SINGULAR, BUSY, OUT_OF_MEMORY; CANCELLED by the token of the fit's options, with no result. Any
 * thread.
 */
jko_status jko_fit_cross_validate(const jko_fit *fit,
                                  int64_t blocks,
                                  int32_t forward,
                                  const double *ridges,
                                  size_t ridges_len,
                                  const int32_t *included,
                                  size_t included_len,
                                  double *explained,
                                  double *standard_error);

/**
 * As `jko_fit_solve`, with a ridge per term in the order of the terms, each relative to the mean
 * diagonal of the term's block of the normal matrix.
 *
 * Returns: as `jko_fit_solve`, and LENGTH_MISMATCH. Any thread.
 */
jko_status jko_fit_solve_with(const jko_fit *fit,
                              const double *ridges,
                              size_t ridges_len,
                              jko_fitted **out);

/**
 * Solves for the energy that minimises the loss plus the ridge; `ridge` may be NULL. The fit can be
 * added to and solved again. Cost: one sparse factorisation. The token and the memory limit of the
 * fit's options hold here too; the callback is not called, since several threads may solve at once.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE, INVALID_ARGUMENT (no step yet, a bad ridge),
 * NOT_DETERMINED (the data leave a coefficient open), SINGULAR, BUSY, OUT_OF_MEMORY; CANCELLED, with no
 * result. Any thread.
 */
jko_status jko_fit_solve(const jko_fit *fit,
                         const jko_ridge *ridge,
                         jko_fitted **out);

/**
 * Fills `size` bytes of options with the defaults; pass `sizeof(jko_fit_options)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
 */
jko_status jko_fit_options_init(jko_fit_options *options,
                                size_t size);

/**
 * Fills `size` bytes of a ridge with the defaults; pass `sizeof(jko_ridge)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
 */
jko_status jko_ridge_init(jko_ridge *ridge,
                          size_t size);

/**
 * Ends a fitted energy; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_fitted_free(jko_fitted *fitted);

/**
 * Makes an energy of its own from the fitted one, ready for a flow.
 *
 * Returns: NULL_POINTER, MISALIGNED. Any thread.
 */
jko_status jko_fitted_energy(const jko_fitted *fitted,
                             jko_energy **out);

/**
 * Copies the potential, length `n`, mean zero under `pi`; zeros where it was not among the terms.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_fitted_potential(const jko_fitted *fitted,
                                double *potential,
                                size_t potential_len);

/**
 * The entropy coefficient `beta`, 0 where it was not among the terms; NaN for NULL. Any thread.
 */
double jko_fitted_entropy(const jko_fitted *fitted);

/**
 * The mobility mean of the fit, a `JKO_MEAN_` constant; -1 for NULL. Any thread.
 */
int32_t jko_fitted_mean(const jko_fitted *fitted);

/**
 * The loss at the solution, without the ridge; NaN for NULL. Any thread.
 */
double jko_fitted_residual(const jko_fitted *fitted);

/**
 * The share of the observed motion that the energy explains, 1 for data that follow it exactly; NaN
 * for NULL. Any thread.
 */
double jko_fitted_explained(const jko_fitted *fitted);

/**
 * Steps that were seen; 0 for NULL. Any thread.
 */
size_t jko_fitted_pairs(const jko_fitted *fitted);

/**
 * Computes the share of the motion in the steps of a fit, learned from or not, that a fitted energy
 * explains.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT (another graph, other terms), BUSY. Any thread.
 */
jko_status jko_fitted_explained_of(const jko_fitted *fitted,
                                   const jko_fit *fit,
                                   double *explained);

/**
 * Reads the number of parameters.
 *
 * Returns: NULL_POINTER, MISALIGNED. Any thread.
 */
jko_status jko_fitted_parameter_count(const jko_fitted *fitted,
                                      size_t *count);

/**
 * Copies all parameters, in the order of the terms.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_fitted_parameters(const jko_fitted *fitted,
                                 double *parameters,
                                 size_t parameters_len);

/**
 * Copies the standard errors of all parameters. NaN where a parameter is at a bound, and everywhere
 * where the steps are too few or only known by their sums.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_fitted_standard_errors(const jko_fitted *fitted,
                                      double *errors,
                                      size_t errors_len);

/**
 * The covariance of two parameters, by their numbers; NaN where it is not known, for NULL and for
 * numbers that no parameter has. Any thread.
 */
double jko_fitted_covariance(const jko_fitted *fitted,
                             int64_t p,
                             int64_t q);

/**
 * Copies the loss of each step, `jko_fitted_pairs` of them.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH (also where the steps are only known by their
 * sums, 0 then). Any thread.
 */
jko_status jko_fitted_residuals(const jko_fitted *fitted,
                                double *residuals,
                                size_t residuals_len);

/**
 * Copies the name of a parameter, by its number, such as `potential[3]`; in the manner of
 * `jko_last_error`. Empty for NULL and for a number that no parameter has. Any thread.
 */
size_t jko_fitted_parameter_name(const jko_fitted *fitted,
                                 int64_t parameter,
                                 char *buffer,
                                 size_t capacity);

/**
 * Copies the directions that the data alone do not determine, one per line in the names of the
 * parameters; in the manner of `jko_last_error`. Empty where there are none, and for NULL. Any thread.
 */
size_t jko_fitted_unidentified(const jko_fitted *fitted,
                               char *buffer,
                               size_t capacity);

/**
 * The share of the motion that a pure heat flow explains, with the best coefficient; NaN for NULL. Any
 * thread.
 */
double jko_fitted_heat_explained(const jko_fitted *fitted);

/**
 * The entropy coefficient of that heat flow; NaN for NULL. Any thread.
 */
double jko_fitted_heat_entropy(const jko_fitted *fitted);

/**
 * Fills `size` bytes of options with the defaults; pass `sizeof(jko_flow_options)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
 */
jko_status jko_flow_options_init(jko_flow_options *options,
                                 size_t size);

/**
 * Simulates the gradient flow of an energy from `mu0` (length `n`, positive on every node).
 *
 * `times` increase; the first is the time of `mu0`, and the flow is seen at all of them. Everything
 * is copied, and later changes of the energy do not matter. `options` may be NULL. Cost: one sparse
 * factorisation per step.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
 * STRUCT_SIZE, SINGULAR, FLOW_FAILED (the message says when and why), BUSY, OUT_OF_MEMORY; CANCELLED,
 * with a flow up to the last of the times that it reached. Any thread.
 */
jko_status jko_flow_simulate(const jko_energy *energy,
                             const double *mu0,
                             size_t mu0_len,
                             const double *times,
                             size_t times_len,
                             const jko_flow_options *options,
                             jko_flow **out);

/**
 * Ends a flow; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_flow_free(jko_flow *flow);

/**
 * Number of times at which the flow was seen; 0 for NULL. Any thread.
 */
size_t jko_flow_count(const jko_flow *flow);

/**
 * Number of nodes `n`; 0 for NULL. Any thread.
 */
size_t jko_flow_nodes(const jko_flow *flow);

/**
 * Number of steps taken; 0 for NULL. Any thread.
 */
size_t jko_flow_steps(const jko_flow *flow);

/**
 * Number of steps tried and given up for shorter ones; 0 for NULL. Any thread.
 */
size_t jko_flow_rejected(const jko_flow *flow);

/**
 * Copies the times, length `jko_flow_count`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_flow_times(const jko_flow *flow,
                          double *times,
                          size_t times_len);

/**
 * Copies the energy at each time, length `jko_flow_count`; it never increases.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_flow_energies(const jko_flow *flow,
                             double *energies,
                             size_t energies_len);

/**
 * Copies the masses at time number `index`, counted from 0, length `n`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (no such time). Any thread.
 */
jko_status jko_flow_mass(const jko_flow *flow,
                         size_t index,
                         double *mass,
                         size_t mass_len);

/**
 * Copies the masses at all times into a matrix of one row per time (`rows = jko_flow_count`, `cols =
 * n`), with strides in elements.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (a stride of 0). Any thread.
 */
jko_status jko_flow_masses(const jko_flow *flow,
                           double *masses,
                           size_t rows,
                           size_t cols,
                           ptrdiff_t row_stride,
                           ptrdiff_t col_stride);

/**
 * Fills `size` bytes of options with the defaults; pass `sizeof(jko_flow_fit_options)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
 */
jko_status jko_flow_fit_options_init(jko_flow_fit_options *options,
                                     size_t size);

/**
 * Makes an empty learning problem with these terms on a graph, which it keeps. The terms are copied,
 * and so are the options, which may be NULL.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT (no term, two of one
 * name, a term that does not fit the graph or whose functionals only the caller knows, an option out
 * of its range), STRUCT_SIZE, BUSY (the terms), OUT_OF_MEMORY. Any thread.
 */
jko_status jko_flow_fit_new(const jko_graph *graph,
                            const jko_terms *terms,
                            const jko_flow_fit_options *options,
                            jko_flow_fit **out);

/**
 * Ends a fit; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_flow_fit_free(jko_flow_fit *fit);

/**
 * Adds the steps between consecutive snapshots at increasing times.
 *
 * `times` has length `rows`; `snapshots` is a matrix of one mass vector per row (`rows` by `cols =
 * n`), with strides in elements. Both are copied; nothing is computed yet.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT
 * (fewer than two snapshots, times that do not increase), BUSY, OUT_OF_MEMORY. One thread at a time.
 */
jko_status jko_flow_fit_add_trajectory(jko_flow_fit *fit,
                                       const double *times,
                                       size_t times_len,
                                       const double *snapshots,
                                       size_t rows,
                                       size_t cols,
                                       ptrdiff_t row_stride,
                                       ptrdiff_t col_stride);

/**
 * Solves for the parameters that minimise the misfit of the predictions plus the ridge, within their
 * bounds. The fit can be added to and solved again.
 *
 * `ridges` has an entry per term, relative to the mean diagonal of its block of the Gauss-Newton
 * matrix at the start, or is NULL with length 0: no ridge. `start` has an entry per parameter, or is
 * NULL with length 0: then a symmetric `jko_fit` gives the start. `num_threads` threads integrate, and
 * end before the call returns; 1 starts none; the result is the same to the last bit. Cost: per
 * iteration and step the integration of a flow, with one solve per parameter and step of the
 * integration.
 *
 * Returns: a positive status, with a result, where it did not converge (ITERATION_LIMIT, STALLED);
 * NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT (no data, a bad ridge, a
 * start out of its bounds), FLOW_FAILED (from `start`), SINGULAR, CANCELLED (without a result), BUSY,
 * OUT_OF_MEMORY. Any thread.
 */
jko_status jko_flow_fit_solve(const jko_flow_fit *fit,
                              const double *ridges,
                              size_t ridges_len,
                              const double *start,
                              size_t start_len,
                              int32_t num_threads,
                              jko_flow_fitted **out);

/**
 * Ends a fitted flow; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_flow_fitted_free(jko_flow_fitted *fitted);

/**
 * Makes a copy of the parameters with their covariance.
 *
 * Returns: NULL_POINTER, MISALIGNED. Any thread.
 */
jko_status jko_flow_fitted_estimate(const jko_flow_fitted *fitted,
                                    jko_estimate **out);

/**
 * The misfit at the solution, without the ridge; NaN for NULL. Any thread.
 */
double jko_flow_fitted_residual(const jko_flow_fitted *fitted);

/**
 * One minus the misfit over that of persistence, which predicts that nothing moves; NaN for NULL. Any
 * thread.
 */
double jko_flow_fitted_explained(const jko_flow_fitted *fitted);

/**
 * Number of steps that were predicted; 0 for NULL. Any thread.
 */
size_t jko_flow_fitted_pairs(const jko_flow_fitted *fitted);

/**
 * Copies the misfit of each step, `jko_flow_fitted_pairs` of them, trajectory by trajectory.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_flow_fitted_residuals(const jko_flow_fitted *fitted,
                                     double *residuals,
                                     size_t residuals_len);

/**
 * Predicts the gradient flow of a fitted energy; arguments as for `jko_estimate_forecast`, the mean being
 * `jko_fitted_mean`.
 *
 * Returns: as `jko_flow_simulate`; INVALID_ARGUMENT also for another mean and for a term whose
 * functionals only the caller knows. Any thread.
 */
jko_status jko_fitted_forecast(const jko_fitted *fitted,
                               const double *mu0,
                               size_t mu0_len,
                               const double *times,
                               size_t times_len,
                               const jko_flow_options *options,
                               jko_forecast **out);

/**
 * Ends a forecast; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_forecast_free(jko_forecast *forecast);

/**
 * Number of times; 0 for NULL. Any thread.
 */
size_t jko_forecast_count(const jko_forecast *forecast);

/**
 * Copies the times, length `jko_forecast_count`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_forecast_times(const jko_forecast *forecast,
                              double *times,
                              size_t times_len);

/**
 * Copies the masses at all times into a matrix of one row per time (`rows = jko_forecast_count`, `cols
 * = n`), with strides in elements.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (a stride of 0). Any thread.
 */
jko_status jko_forecast_masses(const jko_forecast *forecast,
                               double *masses,
                               size_t rows,
                               size_t cols,
                               ptrdiff_t row_stride,
                               ptrdiff_t col_stride);

/**
 * Copies the standard errors of the masses, in the shape of `jko_forecast_masses`; NaN where the fit
 * has no covariance.
 *
 * Returns: as `jko_forecast_masses`. Any thread.
 */
jko_status jko_forecast_standard_errors(const jko_forecast *forecast,
                                        double *errors,
                                        size_t rows,
                                        size_t cols,
                                        ptrdiff_t row_stride,
                                        ptrdiff_t col_stride);

/**
 * Copies bands of `quantile` standard errors (1.96 for 95 %) about the masses at time number `time`,
 * counted from 0; both of length `n`. They are bands of the logarithms, so that they are positive.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE (a quantile that is negative or not
 * finite), INVALID_ARGUMENT (no such time). Any thread.
 */
jko_status jko_forecast_band(const jko_forecast *forecast,
                             size_t time,
                             double quantile,
                             double *lower,
                             size_t lower_len,
                             double *upper,
                             size_t upper_len);

/**
 * Fills `size` bytes of options with the defaults; pass `sizeof(jko_geodesic_options)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
 */
jko_status jko_geodesic_options_init(jko_geodesic_options *options,
                                     size_t size);

/**
 * Solves for the geodesic from `mu0` to `mu1`, any two mass vectors of length `n`; nodes may be empty.
 *
 * The masses are copied, the graph is kept. `options` may be NULL. For many problems on one graph use
 * a `jko_solver` or a batch. Cost between near ends (shooting): one sparse factorisation, then per
 * iteration one pair of triangular solves and a few sweeps over the edges. Between far ends, and where
 * nodes are nearly empty (Newton's method): twenty to sixty steps, each with a factorisation for each of
 * some tens of time nodes.
 *
 * Returns: a positive status, with a geodesic, where it did not converge (ITERATION_LIMIT, STALLED,
 * RESOLUTION, MEMORY_LIMIT, CANCELLED); NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE,
 * NOT_NORMALISED, INVALID_ARGUMENT, STRUCT_SIZE, SINGULAR, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_geodesic_solve(const jko_graph *graph,
                              const double *mu0,
                              size_t mu0_len,
                              const double *mu1,
                              size_t mu1_len,
                              const jko_geodesic_options *options,
                              jko_geodesic **out);

/**
 * Ends a geodesic; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_geodesic_free(jko_geodesic *geodesic);

/**
 * The distance `W_K(mu0, mu1)`, infinite where the solve was stopped before its first iteration; NaN for
 * NULL. Any thread.
 */
double jko_geodesic_distance(const jko_geodesic *geodesic);

/**
 * Estimated relative error of the distance and of the end potentials; NaN for NULL. Any thread.
 */
double jko_geodesic_error_estimate(const jko_geodesic *geodesic);

/**
 * Estimated relative error of masses and potentials between the ends; NaN for NULL. Any thread.
 */
double jko_geodesic_path_error_estimate(const jko_geodesic *geodesic);

/**
 * What the last iteration of shooting changed, or the last decrement of Newton's method, relatively; NaN for NULL. Any
 * thread.
 */
double jko_geodesic_residual(const jko_geodesic *geodesic);

/**
 * Iterations that were made; 0 for NULL. Any thread.
 */
size_t jko_geodesic_iterations(const jko_geodesic *geodesic);

/**
 * Time nodes of the final resolution; 0 for NULL. Any thread.
 */
size_t jko_geodesic_time_nodes(const jko_geodesic *geodesic);

/**
 * Number of nodes `n` of its graph; 0 for NULL. Any thread.
 */
size_t jko_geodesic_nodes(const jko_geodesic *geodesic);

/**
 * Its mobility mean, a `JKO_MEAN_` constant; -1 for NULL. Any thread.
 */
int32_t jko_geodesic_mean(const jko_geodesic *geodesic);

/**
 * Why the solve stopped: `JKO_STATUS_OK` where it converged, otherwise the positive status that the
 * solve returned; NULL_POINTER for NULL. Any thread.
 */
jko_status jko_geodesic_termination(const jko_geodesic *geodesic);

/**
 * Copies the name of the method that found it (`shooting`, `newton`, or `none` between equal ends and
 * where it was stopped before it began), in the manner of `jko_last_error`; returns the bytes that the whole text needs, its NUL included, or 0
 * for a NULL geodesic. Any thread.
 */
size_t jko_geodesic_method(const jko_geodesic *geodesic,
                           char *buffer,
                           size_t capacity);

/**
 * Copies why that method ran, in a few words, in the manner of `jko_last_error`; returns the bytes that
 * the whole text needs, its NUL included, or 0 for a NULL geodesic. Any thread.
 */
size_t jko_geodesic_reason(const jko_geodesic *geodesic,
                           char *buffer,
                           size_t capacity);

/**
 * Copies `psi(0)`, length `n`, mean zero under `pi`: minus the derivative of `W^2/2` in `mu0`.
 *
 * At nodes that `mu0` leaves empty it is positive infinity, or finite for the arithmetic mobility mean,
 * and they do not count towards mean zero. With that mean
 * it is less accurate at an empty node whose neighbours are empty, too: the error estimate does not cover it; and where
 * no mass arrives at any time it is a neighbour's, not the derivative.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_geodesic_potential_start(const jko_geodesic *geodesic,
                                        double *potential,
                                        size_t potential_len);

/**
 * Copies `psi(1)`, length `n`, mean zero under `pi`: the derivative of `W^2/2` in `mu1`.
 *
 * At nodes that `mu1` leaves empty it is negative infinity, or finite for the arithmetic mobility mean,
 * and they do not count towards mean zero. With that mean
 * it is less accurate at an empty node whose neighbours are empty, too: the error estimate does not cover it; and where
 * no mass arrives at any time it is a neighbour's, not the derivative.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_geodesic_potential_end(const jko_geodesic *geodesic,
                                      double *potential,
                                      size_t potential_len);

/**
 * Computes the masses at time `t` in `[0, 1]`, length `n`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT. Any thread.
 */
jko_status jko_geodesic_mass_at(const jko_geodesic *geodesic,
                                double t,
                                double *mass,
                                size_t mass_len);

/**
 * Computes the densities `mu_x(t) / pi_x` at time `t` in `[0, 1]`, length `n`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT. Any thread.
 */
jko_status jko_geodesic_density_at(const jko_geodesic *geodesic,
                                   double t,
                                   double *density,
                                   size_t density_len);

/**
 * Computes the potential `psi(t)` at time `t` in `[0, 1]`, length `n`, mean zero under `pi`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT. Any thread.
 */
jko_status jko_geodesic_potential_at(const jko_geodesic *geodesic,
                                     double t,
                                     double *potential,
                                     size_t potential_len);

/**
 * Solves for the geodesics between consecutive snapshots and hands out a handle for each.
 *
 * `snapshots` is a matrix of one mass vector per row (`rows` by `cols = n`), with strides in
 * elements; it is copied. Nodes may be empty. `out` has length `rows - 1` (0 for no row) and is filled
 * with handles, or with NULL on an error. `num_threads` threads work, and end before the call returns;
 * 1 starts none; the results are the same to the last bit. Cost: groups of eight pairs share a
 * factorisation.
 *
 * Returns: the positive status of the first geodesic that did not converge, with all handles; errors
 * as `jko_geodesic_solve`. Any thread.
 */
jko_status jko_geodesic_batch(const jko_graph *graph,
                              const double *snapshots,
                              size_t rows,
                              size_t cols,
                              ptrdiff_t row_stride,
                              ptrdiff_t col_stride,
                              const jko_geodesic_options *options,
                              int32_t num_threads,
                              jko_geodesic **out,
                              size_t out_len);

/**
 * Solves for the geodesics between consecutive snapshots and copies out what learning needs.
 *
 * Snapshots, options and threads as for `jko_geodesic_batch`. `distance` and `termination` have
 * length `rows - 1`; either may be NULL with length 0. The end potentials are matrices of `rows - 1`
 * rows and `cols` columns with the strides given for each; either may be NULL. Where the work was stopped
 * before a pair was begun its numbers are NaN.
 *
 * Returns: as `jko_geodesic_batch`; INVALID_ARGUMENT for an output stride of 0. Any thread.
 */
jko_status jko_geodesic_batch_values(const jko_graph *graph,
                                     const double *snapshots,
                                     size_t rows,
                                     size_t cols,
                                     ptrdiff_t row_stride,
                                     ptrdiff_t col_stride,
                                     const jko_geodesic_options *options,
                                     int32_t num_threads,
                                     double *distance,
                                     size_t distance_len,
                                     jko_status *termination,
                                     size_t termination_len,
                                     double *potential_start,
                                     ptrdiff_t start_row_stride,
                                     ptrdiff_t start_col_stride,
                                     double *potential_end,
                                     ptrdiff_t end_row_stride,
                                     ptrdiff_t end_col_stride);

/**
 * Makes a solver for geodesics on a graph, which it keeps. `options` may be NULL and are copied.
 * Cost: the symbolic analysis of the graph, once per graph.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, STRUCT_SIZE, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_solver_new(const jko_graph *graph,
                          const jko_geodesic_options *options,
                          jko_solver **out);

/**
 * Ends a solver; NULL is fine. Its geodesics live on. Any thread, once nobody uses the handle.
 */
void jko_solver_free(jko_solver *solver);

/**
 * Solves for the geodesic from `mu0` to `mu1`, any two mass vectors of length `n`, as
 * `jko_geodesic_solve` does.
 *
 * Returns: as `jko_geodesic_solve`, and BUSY. One thread at a time.
 */
jko_status jko_solver_solve(jko_solver *solver,
                            const double *mu0,
                            size_t mu0_len,
                            const double *mu1,
                            size_t mu1_len,
                            jko_geodesic **out);

/**
 * As `jko_solver_solve`, but starts from the factorisation that the previous solve left, which saves
 * one when the pairs are similar; it is renewed where it does not serve.
 *
 * Returns: as `jko_geodesic_solve`, and BUSY. One thread at a time.
 */
jko_status jko_solver_solve_next(jko_solver *solver,
                                 const double *mu0,
                                 size_t mu0_len,
                                 const double *mu1,
                                 size_t mu1_len,
                                 jko_geodesic **out);

/**
 * As `jko_solver_solve`, but starts from the path of an earlier geodesic between similar ends on the same
 * graph, which saves steps where Newton's method runs. It changes the time that the solve takes, not
 * what it converges to. Nothing is kept of `start`.
 *
 * Returns: as `jko_geodesic_solve`, INVALID_ARGUMENT also for a start on another graph, and BUSY. One
 * thread at a time.
 */
jko_status jko_solver_solve_from(jko_solver *solver,
                                 const jko_geodesic *start,
                                 const double *mu0,
                                 size_t mu0_len,
                                 const double *mu1,
                                 size_t mu1_len,
                                 jko_geodesic **out);

/**
 * Fills `size` bytes of options with the defaults; pass `sizeof(jko_barycentre_options)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
 */
jko_status jko_barycentre_options_init(jko_barycentre_options *options,
                                       size_t size);

/**
 * Computes the rate of change `dmu/dt = L(rho) psi` of a tangent with potential `psi` at a positive
 * mass vector `mu`; all of length `n`. `mean` is a `JKO_MEAN_` constant. Cost: one sweep over the
 * edges.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT. Any
 * thread.
 */
jko_status jko_metric_rate(const jko_graph *graph,
                           int32_t mean,
                           const double *mu,
                           size_t mu_len,
                           const double *psi,
                           size_t psi_len,
                           double *rate,
                           size_t rate_len);

/**
 * Computes the potential `psi`, mean zero under `pi`, of a tangent with the given rate of change of sum
 * zero at a positive mass vector `mu`; all of length `n`. The inverse of `jko_metric_rate`. Cost: one
 * sparse factorisation.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT (also
 * for a rate whose sum is not zero), SINGULAR, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_metric_potential(const jko_graph *graph,
                                int32_t mean,
                                const double *mu,
                                size_t mu_len,
                                const double *rate,
                                size_t rate_len,
                                double *psi,
                                size_t psi_len);

/**
 * Computes the scalar product `psi^T L(rho) phi` of two tangents at a positive mass vector `mu`, given
 * by their potentials; all of length `n`. With `phi = psi` it is the squared speed. Cost: one sweep.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT. Any
 * thread.
 */
jko_status jko_metric_product(const jko_graph *graph,
                              int32_t mean,
                              const double *mu,
                              size_t mu_len,
                              const double *psi,
                              size_t psi_len,
                              const double *phi,
                              size_t phi_len,
                              double *product);

/**
 * Follows the geodesic that leaves the positive mass vector `mu` with potential `psi`, both of length
 * `n`, at the first of the increasing `times`, and shows it at all of them.
 *
 * With the times 0 and 1 the last row is the exponential map. `masses` and `potentials` are matrices of
 * one row per time and `n` columns, with strides in elements; either may be NULL. `energy_drift`, which
 * may be NULL, takes the largest relative change of the conserved energy. `options` may be NULL; the
 * tolerance bounds the error of a step. Cost: 37 sweeps over the edges per step.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
 * STRUCT_SIZE, FLOW_FAILED (the message says when the geodesic leaves the simplex), OUT_OF_MEMORY;
 * CANCELLED, with nothing written. Any thread.
 */
jko_status jko_metric_geodesic_flow(const jko_graph *graph,
                                    const double *mu,
                                    size_t mu_len,
                                    const double *psi,
                                    size_t psi_len,
                                    const double *times,
                                    size_t times_len,
                                    const jko_flow_options *options,
                                    double *masses,
                                    ptrdiff_t masses_row_stride,
                                    ptrdiff_t masses_col_stride,
                                    double *potentials,
                                    ptrdiff_t potentials_row_stride,
                                    ptrdiff_t potentials_col_stride,
                                    double *energy_drift);

/**
 * Computes the logarithm of `mu1` at `mu0`: the potential `psi` with which the geodesic from `mu0` to
 * `mu1` leaves, mean zero under `pi`; all of length `n`. At empty nodes of
 * `mu0` it is as in `jko_geodesic_potential_start`. `options` may be NULL. Cost: one geodesic.
 *
 * Returns: as `jko_geodesic_solve`, but NOT_CONVERGED where the geodesic did not converge; CANCELLED,
 * with nothing written. Any thread.
 */
jko_status jko_metric_logarithm(const jko_graph *graph,
                                const double *mu0,
                                size_t mu0_len,
                                const double *mu1,
                                size_t mu1_len,
                                const jko_geodesic_options *options,
                                double *psi,
                                size_t psi_len);

/**
 * Computes the action of the path through the rows of `masses` (`rows` by `cols = n`, strides in
 * elements) at as many increasing `times`.
 *
 * The path is linear between the rows, with the best constant flux on each segment. Nodes may be empty; where mass
 * crosses nodes that are empty all along a segment the action is infinite. For samples of a geodesic on [0, 1] the action
 * converges to the squared distance at second order. `mean` is a `JKO_MEAN_` constant. Cost: per
 * segment five sweeps and a sparse factorisation.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
 * SINGULAR, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_path_action(const jko_graph *graph,
                           int32_t mean,
                           const double *times,
                           size_t times_len,
                           const double *masses,
                           size_t rows,
                           size_t cols,
                           ptrdiff_t row_stride,
                           ptrdiff_t col_stride,
                           double *action);

/**
 * Computes the length of each segment of the path through the rows of `masses`; their sum is the length
 * of the path, at least the distance of its ends up to the error of a rule of five nodes: 3e-8 where densities no
 * more than double over a segment, 2e-2 where one end of an edge is empty.
 *
 * Path and cost as for `jko_path_action`. `lengths` has length `rows - 1`.
 *
 * Returns: as `jko_path_action`. Any thread.
 */
jko_status jko_path_lengths(const jko_graph *graph,
                            int32_t mean,
                            const double *masses,
                            size_t rows,
                            size_t cols,
                            ptrdiff_t row_stride,
                            ptrdiff_t col_stride,
                            double *lengths,
                            size_t lengths_len);

/**
 * Computes the distances between all pairs of `distributions`, a matrix of one mass vector per row
 * (`rows` by `cols = n`) with strides in elements; empty nodes are welcome.
 *
 * `distances` is a matrix of `rows` by `rows`, with strides: symmetric, zero on the diagonal, NaN where
 * the geodesic did not converge. `options` may be NULL. `num_threads` threads work, and end before the
 * call returns; 1 starts none; the results are the same to the last bit. Cost: `rows (rows - 1) / 2`
 * geodesics, of which groups of eight share a factorisation.
 *
 * Returns: the positive status of the first pair that did not converge, with all others computed;
 * NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT, STRUCT_SIZE,
 * SINGULAR, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_distance_matrix(const jko_graph *graph,
                               const double *distributions,
                               size_t rows,
                               size_t cols,
                               ptrdiff_t row_stride,
                               ptrdiff_t col_stride,
                               const jko_geodesic_options *options,
                               int32_t num_threads,
                               double *distances,
                               ptrdiff_t distances_row_stride,
                               ptrdiff_t distances_col_stride);

/**
 * Computes the barycentre of positive references: the mass vector `mu` where the sum of
 * `weights[i] W(mu, references[i])^2 / 2` is least.
 *
 * `references` is a matrix of one mass vector per row (`rows` by `cols = n`) with strides in elements;
 * `weights`, one per row, are not negative and sum to one. `mass` has length `n`. `objective`,
 * `residual` (the norm of the gradient, relative to the root mean square distance) and `iterations` may
 * be NULL. `options` may be NULL; `num_threads` as for `jko_distance_matrix`. Cost: per iteration a
 * geodesic for each reference of positive weight, and a geodesic flow.
 *
 * Returns: ITERATION_LIMIT, STALLED or CANCELLED, with the last iterate, where it did not converge; NULL_POINTER,
 * MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT, STRUCT_SIZE, SINGULAR,
 * NOT_CONVERGED (a geodesic to a reference; the message names it), OUT_OF_MEMORY. Any thread.
 */
jko_status jko_barycentre_solve(const jko_graph *graph,
                                const double *references,
                                size_t rows,
                                size_t cols,
                                ptrdiff_t row_stride,
                                ptrdiff_t col_stride,
                                const double *weights,
                                size_t weights_len,
                                const jko_barycentre_options *options,
                                int32_t num_threads,
                                double *mass,
                                size_t mass_len,
                                double *objective,
                                double *residual,
                                size_t *iterations);

/**
 * Computes the weights for which `mu` (length `n`) is closest to being the barycentre of the
 * references.
 *
 * `references` as for `jko_barycentre_solve`; all are positive on every node. `weights`, one per row,
 * are not negative and sum to one. `residual`, which may be NULL, takes the norm of the gradient for
 * these weights, in units of distance: zero for a barycentre. `options` may be NULL; `num_threads` as
 * for `jko_distance_matrix`. Cost: one geodesic per reference, and a quadratic programme in the
 * weights.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
 * STRUCT_SIZE, SINGULAR, NOT_CONVERGED (a geodesic to a reference; the message names it),
 * OUT_OF_MEMORY; CANCELLED, with nothing written. Any thread.
 */
jko_status jko_barycentre_weights(const jko_graph *graph,
                                  const double *mu,
                                  size_t mu_len,
                                  const double *references,
                                  size_t rows,
                                  size_t cols,
                                  ptrdiff_t row_stride,
                                  ptrdiff_t col_stride,
                                  const jko_geodesic_options *options,
                                  int32_t num_threads,
                                  double *weights,
                                  size_t weights_len,
                                  double *residual);

/**
 * Fills `size` bytes of options with the defaults; pass `sizeof(jko_graph_options)`.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE. Any thread.
 */
jko_status jko_graph_options_init(jko_graph_options *options,
                                  size_t size);

/**
 * Makes an undirected graph of `nodes` nodes from weighted edges.
 *
 * Edge `k` joins `source[k]` and `target[k]` with `weight[k] > 0`; each edge once, in any order and
 * direction. `weight` may be NULL with length 0: all weights are one. The arrays are copied.
 * `options` may be NULL. Cost: linear in nodes and edges. Messages about edges count nodes from 0.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, NODE_OUT_OF_RANGE, SELF_LOOP, DUPLICATE_EDGE,
 * BAD_VALUE, INVALID_ARGUMENT, DISCONNECTED, STRUCT_SIZE, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_graph_from_weights(size_t nodes,
                                  const int64_t *source,
                                  size_t source_len,
                                  const int64_t *target,
                                  size_t target_len,
                                  const double *weight,
                                  size_t weight_len,
                                  const jko_graph_options *options,
                                  jko_graph **out);

/**
 * Makes a chain from its reference measure and its conductances.
 *
 * `pi` holds one positive number per node, sum one within 1e-9; the number of nodes is `pi_len`.
 * Edge `k` has the conductance `conductance[k] = pi_x K(x,y) > 0`. The arrays are copied. `options`
 * may be NULL; its `reference` is not used. Cost: linear in nodes and edges.
 *
 * Returns: as `jko_graph_from_weights`, and NOT_NORMALISED. Any thread.
 */
jko_status jko_graph_from_chain(const double *pi,
                                size_t pi_len,
                                const int64_t *source,
                                size_t source_len,
                                const int64_t *target,
                                size_t target_len,
                                const double *conductance,
                                size_t conductance_len,
                                const jko_graph_options *options,
                                jko_graph **out);

/**
 * Makes the chain of a transition kernel or generator `K`, a square matrix of compressed rows.
 *
 * Row `x` has the entries `row_start[x] .. row_start[x+1]` of `column` and `value`, columns in any
 * order; `row_start` has one entry more than there are nodes. The diagonal and zeros are ignored.
 * `pi` is the reversible measure (positive, sum one), or NULL with length 0: then it is found by
 * detailed balance. The arrays are copied. `options` may be NULL; its `index_base` counts for
 * `row_start` and `column` alike, its `reference` is not used. Cost: linear in the entries, plus
 * sorting each row.
 *
 * Returns: as `jko_graph_from_weights`, NOT_NORMALISED and NOT_REVERSIBLE. Any thread.
 */
jko_status jko_graph_from_kernel(const int64_t *row_start,
                                 size_t row_start_len,
                                 const int64_t *column,
                                 size_t column_len,
                                 const double *value,
                                 size_t value_len,
                                 const double *pi,
                                 size_t pi_len,
                                 const jko_graph_options *options,
                                 jko_graph **out);

/**
 * Ends a graph; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_graph_free(jko_graph *graph);

/**
 * Number of nodes `n`; 0 for NULL. Any thread.
 */
size_t jko_graph_nodes(const jko_graph *graph);

/**
 * Number of undirected edges `m`; 0 for NULL. Any thread.
 */
size_t jko_graph_edges(const jko_graph *graph);

/**
 * Copies the reference measure `pi`, length `n`, sum one.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_graph_reference(const jko_graph *graph,
                               double *pi,
                               size_t pi_len);

/**
 * Copies the conductances `c_xy = pi_x K(x,y)`, length `m`, in the order of `jko_graph_edge_list`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH. Any thread.
 */
jko_status jko_graph_conductance(const jko_graph *graph,
                                 double *conductance,
                                 size_t conductance_len);

/**
 * Copies the edges, length `m` each, `source[k] < target[k]`, in lexicographic order, with nodes
 * counted from `index_base` (0 or 1).
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT. Any thread.
 */
jko_status jko_graph_edge_list(const jko_graph *graph,
                               int32_t index_base,
                               int64_t *source,
                               size_t source_len,
                               int64_t *target,
                               size_t target_len);

/**
 * Whether `mu` (length `n`) is a distribution: finite, non-negative, sum one within 1e-9; and, if
 * `positive` is not 0, with mass on every node.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED. Any thread.
 */
jko_status jko_graph_check_distribution(const jko_graph *graph,
                                        const double *mu,
                                        size_t mu_len,
                                        int32_t positive);

/**
 * Computes the densities `mu_x / pi_x` of a mass vector; all lengths `n`. `density` may be `mu`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE. Any thread.
 */
jko_status jko_graph_density(const jko_graph *graph,
                             const double *mu,
                             size_t mu_len,
                             double *density,
                             size_t density_len);

/**
 * Computes `(1 - share) mu + share pi`, which moves a distribution inside the simplex; all lengths
 * `n`. `mixed` may be `mu`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT
 * (`share` outside `[0, 1]`). Any thread.
 */
jko_status jko_graph_mix_with_reference(const jko_graph *graph,
                                        const double *mu,
                                        size_t mu_len,
                                        double share,
                                        double *mixed,
                                        size_t mixed_len);

/**
 * Subtracts the mean under `pi` from a potential of length `n`: the gauge of every potential that
 * the library returns. `centred` may be `potential`.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE. Any thread.
 */
jko_status jko_graph_centre(const jko_graph *graph,
                            const double *potential,
                            size_t potential_len,
                            double *centred,
                            size_t centred_len);

/**
 * Computes a mean `theta(s,t)` of two densities, and unless NULL its derivatives.
 *
 * `gradient` has length 2: `theta_s, theta_t`. `hessian` has length 3: `theta_ss, theta_st,
 * theta_tt`. Either may be NULL with length 0. Derivatives may be infinite where a density is zero.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, INVALID_ARGUMENT (no such mean), BAD_VALUE
 * (a density that is negative or not finite). Any thread.
 */
jko_status jko_mean_value(int32_t mean,
                          double s,
                          double t,
                          double *value,
                          double *gradient,
                          size_t gradient_len,
                          double *hessian,
                          size_t hessian_len);

/**
 * Computes `argmin F(mu) + W_K(mu0, mu)^2 / (2 tau)`: the next distribution of the JKO scheme, into `mass`; all of
 * length `n`. `options` may be NULL.
 *
 * `residual` may be NULL; it gets how far `tau dF + psi(1)` is from constant at the new distribution, in
 * the metric's norm, relative to `tau dF` or the distance; nodes of density below 1e-12 count as empty and have no part in it. A step
 * converged where geodesic and residual are within the tolerance. An empty node of `mu0` is given a share of 1e-10 of the
 * reference. `out` may be NULL; it gets the geodesic that the step followed. Cost:
 * about that of a geodesic.
 *
 * Returns: a positive status, with the best step found, where it did not converge (ITERATION_LIMIT,
 * STALLED, RESOLUTION, MEMORY_LIMIT: the message says how far it came; CANCELLED); NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED,
 * INVALID_ARGUMENT, STRUCT_SIZE, SINGULAR, OUT_OF_MEMORY, BUSY. Any thread.
 */
jko_status jko_energy_step(const jko_energy *energy,
                           const double *mu0,
                           size_t mu0_len,
                           double tau,
                           const jko_geodesic_options *options,
                           double *mass,
                           size_t mass_len,
                           double *residual,
                           jko_geodesic **out);

/**
 * Number of options that a struct has. `group` is a `JKO_OPTIONS_` constant here and below; 0 for any other
 * number. Any thread.
 */
size_t jko_options_count(int32_t group);

/**
 * Size of the struct in the library that runs, for `jko_options_init`; 0 for a number that is no group.
 * Any thread.
 */
size_t jko_options_size(int32_t group);

/**
 * Name of the option with this index, counted from 0: that of the field. Static text; NULL where there is
 * none. Any thread.
 */
const char *jko_options_name(int32_t group,
                             size_t index);

/**
 * What the option means, in one line. Static text; NULL where there is none. Any thread.
 */
const char *jko_options_text(int32_t group,
                             size_t index);

/**
 * Type of the option, a `JKO_OPTION_` constant; -1 where there is none. Any thread.
 */
int32_t jko_options_kind(int32_t group,
                         size_t index);

/**
 * Default of the option as a double, 0 for a pointer; NaN where there is none. Any thread.
 */
double jko_options_default(int32_t group,
                           size_t index);

/**
 * Fills `size` bytes of options with the defaults, as the struct's own init function does; a wrapper
 * passes memory of `jko_options_size` bytes, aligned to 8.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE, INVALID_ARGUMENT (no such group). Any thread.
 */
jko_status jko_options_init(int32_t group,
                            void *options,
                            size_t size);

/**
 * Sets the option of this name in a struct that was filled by its init function. What the number means
 * is checked by the call that uses the options.
 *
 * Returns: NULL_POINTER, MISALIGNED, STRUCT_SIZE (an older, shorter struct), INVALID_ARGUMENT (no such
 * group or option, a number that does not fit its type, a pointer). Any thread.
 */
jko_status jko_options_set(int32_t group,
                           void *options,
                           const char *name,
                           double value);

/**
 * Reads the option of this name as a double.
 *
 * Returns: as `jko_options_set`. Any thread.
 */
jko_status jko_options_get(int32_t group,
                           const void *options,
                           const char *name,
                           double *value);

/**
 * Sets the pointer of this name: a token, a callback (as the address of a function) or its data.
 *
 * Returns: as `jko_options_set`, INVALID_ARGUMENT for an option that is no pointer. Any thread.
 */
jko_status jko_options_set_pointer(int32_t group,
                                   void *options,
                                   const char *name,
                                   void *value);

/**
 * Makes the loss of the steps between consecutive snapshots; arguments as for `jko_fit_add_trajectory`.
 * `options` may be NULL; its terms play no role. The geodesics are computed here, once.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, NOT_NORMALISED, INVALID_ARGUMENT,
 * STRUCT_SIZE, NOT_CONVERGED, SINGULAR, CANCELLED, OUT_OF_MEMORY. Any thread.
 */
jko_status jko_snapshot_loss_new(const jko_graph *graph,
                                 const jko_fit_options *options,
                                 const double *times,
                                 size_t times_len,
                                 const double *snapshots,
                                 size_t rows,
                                 size_t cols,
                                 ptrdiff_t row_stride,
                                 ptrdiff_t col_stride,
                                 int32_t num_threads,
                                 jko_snapshot_loss **out);

/**
 * Ends a loss; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_snapshot_loss_free(jko_snapshot_loss *loss);

/**
 * Computes the loss at the first variations of an energy at the snapshots, one per row (`rows`
 * snapshots by `cols = n`), and its gradient with respect to them, of the same shape, with strides of
 * its own. The gradient may be NULL. Cost: two sweeps over the edges per step.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT, OUT_OF_MEMORY. Any
 * thread.
 */
jko_status jko_snapshot_loss_evaluate(const jko_snapshot_loss *loss,
                                      const double *variations,
                                      size_t rows,
                                      size_t cols,
                                      ptrdiff_t row_stride,
                                      ptrdiff_t col_stride,
                                      double *value,
                                      double *gradient,
                                      ptrdiff_t gradient_row_stride,
                                      ptrdiff_t gradient_col_stride);

/**
 * Makes an empty list of terms.
 *
 * Returns: NULL_POINTER, MISALIGNED. Any thread.
 */
jko_status jko_terms_new(jko_terms **out);

/**
 * Ends a list of terms; NULL is fine. Any thread, once nobody uses the handle.
 */
void jko_terms_free(jko_terms *terms);

/**
 * Adds a potential with one parameter per node, for any number of nodes.
 *
 * Returns: NULL_POINTER, MISALIGNED, BUSY. One thread at a time.
 */
jko_status jko_terms_add_potential(jko_terms *terms);

/**
 * Adds a potential in the span of given functions on the nodes, one per row of a matrix with `cols =
 * n`, which is copied; one parameter per row.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BUSY, OUT_OF_MEMORY; what does not fit the graph
 * is found by `jko_fit_new_with_terms`. One thread at a time.
 */
jko_status jko_terms_add_potential_in(jko_terms *terms,
                                      const double *functions,
                                      size_t rows,
                                      size_t cols,
                                      ptrdiff_t row_stride,
                                      ptrdiff_t col_stride);

/**
 * Adds the entropy relative to `pi`, with its coefficient as the parameter.
 *
 * Returns: NULL_POINTER, MISALIGNED, BUSY. One thread at a time.
 */
jko_status jko_terms_add_entropy(jko_terms *terms);

/**
 * Adds the internal energy of the density to the power `m > 0`, `m != 1`, with its coefficient as the
 * parameter.
 *
 * Returns: NULL_POINTER, MISALIGNED, BUSY; a bad power is found by `jko_fit_new_with_terms`. One thread
 * at a time.
 */
jko_status jko_terms_add_power(jko_terms *terms,
                               double m);

/**
 * Adds an interaction with one parameter for each number of edges between two nodes, from 1 to `reach`.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, BUSY; a reach beyond the graph's is found by
 * `jko_fit_new_with_terms`. One thread at a time.
 */
jko_status jko_terms_add_interaction_by_hops(jko_terms *terms,
                                             int64_t reach);

/**
 * Adds an interaction with one parameter for each bin `edges[j] <= d < edges[j+1]` of a distance
 * between nodes, from a symmetric `n` by `n` matrix; everything is copied.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT, BUSY, OUT_OF_MEMORY.
 * One thread at a time.
 */
jko_status jko_terms_add_interaction_by_distance(jko_terms *terms,
                                                 const double *distances,
                                                 size_t rows,
                                                 size_t cols,
                                                 ptrdiff_t row_stride,
                                                 ptrdiff_t col_stride,
                                                 const double *edges,
                                                 size_t edges_len);

/**
 * Adds an interaction with one parameter for each bump `exp(-(d - centres[j])^2 / (2 width^2))` of a
 * distance between nodes, from a symmetric `n` by `n` matrix; everything is copied.
 *
 * Returns: as `jko_terms_add_interaction_by_distance`. One thread at a time.
 */
jko_status jko_terms_add_interaction_radial(jko_terms *terms,
                                            const double *distances,
                                            size_t rows,
                                            size_t cols,
                                            ptrdiff_t row_stride,
                                            ptrdiff_t col_stride,
                                            const double *centres,
                                            size_t centres_len,
                                            double width);

/**
 * Adds an interaction that is a multiple of a symmetric `n` by `n` matrix, which is copied; the factor
 * is the parameter. `name` is text that ends in NUL, at most 255 bytes of UTF-8, and tells the term
 * from others of its kind.
 *
 * Returns: NULL_POINTER, MISALIGNED, LENGTH_MISMATCH, BAD_VALUE, INVALID_ARGUMENT, BUSY, OUT_OF_MEMORY.
 * One thread at a time.
 */
jko_status jko_terms_add_interaction_matrix(jko_terms *terms,
                                            const char *name,
                                            const double *matrix,
                                            size_t rows,
                                            size_t cols,
                                            ptrdiff_t row_stride,
                                            ptrdiff_t col_stride);

/**
 * Adds an interaction with every entry `x <= y` of a symmetric matrix as a parameter, row by row, for
 * at most 64 nodes. It needs a ridge beside a potential with a parameter per node.
 *
 * Returns: NULL_POINTER, MISALIGNED, BUSY. One thread at a time.
 */
jko_status jko_terms_add_full_interaction(jko_terms *terms);

/**
 * Adds a block of `count` functionals of the caller's own, whose first variations come with each
 * snapshot, see `jko_fit_add_trajectory_with`. `name` as for `jko_terms_add_interaction_matrix`.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT, BUSY. One thread at a time.
 */
jko_status jko_terms_add_given(jko_terms *terms,
                               const char *name,
                               int64_t count);

/**
 * Keeps every parameter of a term between two bounds, which may be infinite. The term is given by its
 * number.
 *
 * Returns: NULL_POINTER, MISALIGNED, INVALID_ARGUMENT (no such term), BUSY; bounds that make no sense
 * are found by `jko_fit_new_with_terms`. One thread at a time.
 */
jko_status jko_terms_set_bounds(jko_terms *terms,
                                int64_t term,
                                double lower,
                                double upper);

/**
 * Makes a token that is not set, for the `cancel` field of options. Work that began with it keeps it
 * alive inside.
 *
 * Returns: NULL_POINTER, MISALIGNED. Any thread.
 */
jko_status jko_cancel_token_new(jko_cancel_token **out);

/**
 * Asks all work under the token to stop; nothing for NULL. The calls return `JKO_STATUS_CANCELLED` after
 * the iteration they are in, with the best that they have. Any thread, any time, and in a signal handler:
 * it stores one atomic flag, takes no lock and no memory.
 */
void jko_cancel_token_set(const jko_cancel_token *token);

/**
 * Clears the token, so that later calls run; nothing for NULL. Any thread, any time, and in a signal handler.
 */
void jko_cancel_token_reset(const jko_cancel_token *token);

/**
 * Whether the token is set, 1 or 0; 0 for NULL. Any thread, any time, and in a signal handler.
 */
int32_t jko_cancel_token_is_set(const jko_cancel_token *token);

/**
 * Ends a token; NULL is fine. Any thread, once nobody sets it any more.
 */
void jko_cancel_token_free(jko_cancel_token *token);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* JKOFLOW_H */
