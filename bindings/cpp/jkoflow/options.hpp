/* Choices and options, with the defaults of the library. */
#ifndef JKOFLOW_OPTIONS_HPP
#define JKOFLOW_OPTIONS_HPP

#include <cstdint>

#include "watch.hpp"

namespace jkoflow {

/* The reference measure: the stationary law of the random walk, or uniform. */
enum class Reference : std::int32_t { degree = JKO_REFERENCE_DEGREE, uniform = JKO_REFERENCE_UNIFORM };

/* What becomes of an edge that is given twice. */
enum class Duplicates : std::int32_t { refuse = JKO_DUPLICATES_REFUSE, sum = JKO_DUPLICATES_SUM };

/* The mobility mean. */
enum class Mean : std::int32_t {
    logarithmic = JKO_MEAN_LOGARITHMIC,
    geometric = JKO_MEAN_GEOMETRIC,
    harmonic = JKO_MEAN_HARMONIC,
    arithmetic = JKO_MEAN_ARITHMETIC
};

/* Which method computes a geodesic: the cheapest that serves, or Newton's whatever the ends. */
enum class Method : std::int32_t { automatic = JKO_METHOD_AUTOMATIC, newton = JKO_METHOD_NEWTON };

/* Where the optimality condition of a step is required: in the mean of its ends, at its end, at its
 * start. */
enum class Loss : std::int32_t {
    symmetric = JKO_LOSS_SYMMETRIC,
    backward = JKO_LOSS_BACKWARD,
    forward = JKO_LOSS_FORWARD
};

/* What a fit minimises: unexplained speed, or flux. */
enum class Weight : std::int32_t { metric = JKO_WEIGHT_METRIC, flux = JKO_WEIGHT_FLUX };

/* What a fit does about empty nodes. */
enum class Zeros : std::int32_t {
    refuse = JKO_ZEROS_REFUSE,
    mix = JKO_ZEROS_MIX,
    leave_out = JKO_ZEROS_LEAVE_OUT
};

/* Where the standard errors of a fit of the flow come from: the covariance of counts times a factor that
 * the residuals tell, or the residuals alone, which needs many steps, or blocks of steps. */
enum class Noise : std::int32_t {
    gaussian = JKO_NOISE_GAUSSIAN,
    sandwich = JKO_NOISE_SANDWICH,
    blocks = JKO_NOISE_BLOCKS
};

/* What stops long work and hears of it: no base, whose members the designators of C++20 cannot name. */
#define JKOFLOW_WATCHED                                                                                 \
    const CancelToken *cancel = nullptr;                                                                \
    ProgressCallback progress = {};                                                                     \
    std::int64_t memory_limit = 0;

/* How edges and matrices are to be read. */
struct GraphOptions {
    Reference reference = Reference::degree;
    Duplicates duplicates = Duplicates::refuse;
    std::int32_t index_base = 0;
};

/* How a geodesic is to be computed; a tolerance of 0 leaves it to the library. */
struct GeodesicOptions {
    double tolerance = 0.0;
    std::int64_t max_iterations = 1000;
    Mean mean = Mean::logarithmic;
    Method method = Method::automatic;
    JKOFLOW_WATCHED
};

/* How tight the bounds on a distance are to be. */
struct BoundOptions {
    double gap = 1e-4;
    std::int64_t first_intervals = 4;
    std::int64_t max_intervals = 4096;
    JKOFLOW_WATCHED
};

/* How a flow is to be integrated. */
struct FlowOptions {
    double tolerance = 1e-8;
    std::int64_t max_steps = 100000;
    Mean mean = Mean::logarithmic;
    JKOFLOW_WATCHED
};

/* How a barycentre is to be computed. */
struct BarycentreOptions {
    double tolerance = 1e-8;
    std::int64_t max_iterations = 200;
    Mean mean = Mean::logarithmic;
    JKOFLOW_WATCHED
};

/* How an energy is to be learned; what is learned, say the terms. */
struct FitOptions {
    double tolerance = 0.0;
    std::int64_t max_iterations = 1000;
    Mean mean = Mean::logarithmic;
    Loss loss = Loss::symmetric;
    Weight weight = Weight::metric;
    Zeros zeros = Zeros::refuse;
    double zeros_share = 0.0;
    JKOFLOW_WATCHED
};

/* How an energy is to be learned from predictions of its flow. */
struct FlowFitOptions {
    double tolerance = 1e-10;
    std::int64_t max_steps = 2000;
    /* The share of the reference that is mixed into every snapshot. */
    double mixing = 0.0;
    std::int64_t max_iterations = 100;
    Mean mean = Mean::logarithmic;
    Noise noise = Noise::gaussian;
    JKOFLOW_WATCHED
    /* Steps of a block, with `Noise::blocks`. */
    std::int64_t noise_block = 10;
};

/* How an energy is to be learned from counts. */
struct CountFitOptions {
    double tolerance = 1e-8;
    std::int64_t max_steps = 2000;
    /* Individuals, spread like the reference, that are added to the first snapshot of a trajectory. */
    double pseudo_counts = 1.0;
    std::int64_t max_iterations = 100;
    Mean mean = Mean::logarithmic;
    JKOFLOW_WATCHED
};

#undef JKOFLOW_WATCHED

/* Penalties on the squared coefficients, relative to the data's own weight on them. */
struct Ridge {
    double potential = 0.0;
    double entropy = 0.0;
};

namespace detail {

/* A choice as the C interface writes it. */
template <class Choice> constexpr std::int32_t number(Choice choice) {
    return static_cast<std::int32_t>(choice);
}

/* Options of the C interface as its init function leaves them. */
template <class Options> Options defaults(Status (*init)(Options *, std::size_t)) {
    Options options;
    check(init(&options, sizeof options));
    return options;
}

inline jko_graph_options lower(const GraphOptions &options) {
    jko_graph_options lowered = defaults(jko_graph_options_init);
    lowered.reference = number(options.reference);
    lowered.duplicates = number(options.duplicates);
    lowered.index_base = options.index_base;
    return lowered;
}

inline jko_geodesic_options lower(const GeodesicOptions &options, Watcher &watcher) {
    jko_geodesic_options lowered = defaults(jko_geodesic_options_init);
    lowered.tolerance = options.tolerance;
    lowered.max_iterations = options.max_iterations;
    lowered.mean = number(options.mean);
    lowered.method = number(options.method);
    watcher.attach(lowered, options);
    return lowered;
}

inline jko_bound_options lower(const BoundOptions &options, Watcher &watcher) {
    jko_bound_options lowered = defaults(jko_bound_options_init);
    lowered.gap = options.gap;
    lowered.first_intervals = options.first_intervals;
    lowered.max_intervals = options.max_intervals;
    watcher.attach(lowered, options);
    return lowered;
}

inline jko_flow_options lower(const FlowOptions &options, Watcher &watcher) {
    jko_flow_options lowered = defaults(jko_flow_options_init);
    lowered.tolerance = options.tolerance;
    lowered.max_steps = options.max_steps;
    lowered.mean = number(options.mean);
    watcher.attach(lowered, options);
    return lowered;
}

inline jko_barycentre_options lower(const BarycentreOptions &options, Watcher &watcher) {
    jko_barycentre_options lowered = defaults(jko_barycentre_options_init);
    lowered.tolerance = options.tolerance;
    lowered.max_iterations = options.max_iterations;
    lowered.mean = number(options.mean);
    watcher.attach(lowered, options);
    return lowered;
}

inline jko_fit_options lower(const FitOptions &options, Watcher &watcher) {
    jko_fit_options lowered = defaults(jko_fit_options_init);
    lowered.tolerance = options.tolerance;
    lowered.max_iterations = options.max_iterations;
    lowered.mean = number(options.mean);
    lowered.loss = number(options.loss);
    lowered.weight = number(options.weight);
    lowered.zeros = number(options.zeros);
    lowered.zeros_share = options.zeros_share;
    watcher.attach(lowered, options);
    return lowered;
}

inline jko_flow_fit_options lower(const FlowFitOptions &options, Watcher &watcher) {
    jko_flow_fit_options lowered = defaults(jko_flow_fit_options_init);
    lowered.tolerance = options.tolerance;
    lowered.max_steps = options.max_steps;
    lowered.mixing = options.mixing;
    lowered.max_iterations = options.max_iterations;
    lowered.mean = number(options.mean);
    lowered.noise = number(options.noise);
    lowered.noise_block = options.noise_block;
    watcher.attach(lowered, options);
    return lowered;
}

inline jko_count_fit_options lower(const CountFitOptions &options, Watcher &watcher) {
    jko_count_fit_options lowered = defaults(jko_count_fit_options_init);
    lowered.tolerance = options.tolerance;
    lowered.max_steps = options.max_steps;
    lowered.pseudo_counts = options.pseudo_counts;
    lowered.max_iterations = options.max_iterations;
    lowered.mean = number(options.mean);
    watcher.attach(lowered, options);
    return lowered;
}

inline jko_ridge lower(const Ridge &ridge) {
    jko_ridge lowered = defaults(jko_ridge_init);
    lowered.potential = ridge.potential;
    lowered.entropy = ridge.entropy;
    return lowered;
}

} // namespace detail
} // namespace jkoflow

#endif
