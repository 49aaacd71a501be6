/* Progress, exceptions through callbacks, cancelling; options have the library's defaults. */
#include "expect.hpp"

#include <cstdint>
#include <map>
#include <stdexcept>

using namespace jkoflow;

struct Halt : std::runtime_error {
    using std::runtime_error::runtime_error;
};

static const std::size_t SIDE = 4, NODES = SIDE * SIDE;

static std::vector<double> heap(std::size_t node, double height) {
    std::vector<double> mass(NODES, (1.0 - height) / static_cast<double>(NODES));
    mass[node] += height;
    return mass;
}

static const std::vector<double> first = heap(0, 0.3), last = heap(NODES - 1, 0.3);
static const std::vector<std::vector<double>> snapshots{heap(0, 0.3), heap(1, 0.2), heap(2, 0.1)};
static const std::vector<double> times{0.0, 1.0, 2.0};

template <class Options> Options with(ProgressCallback progress) {
    Options options;
    options.progress = std::move(progress);
    return options;
}

/* Every kind of work must hear a callback, hand out what it throws, stop when it says so or when a token
 * is set, and work again afterwards. */
template <class Options, class Work> void watched(const char *name, Work work) {
    int heard = 0;
    EXPECT(work(with<Options>([&](const Progress &progress) {
               heard++;
               EXPECT(progress.struct_size >= sizeof(Progress) && progress.seconds >= 0.0);
               return true;
           })) == JKO_STATUS_OK);
    if (heard == 0) {
        std::printf("%s was not heard\n", name);
        failures++;
    }

    std::string caught;
    int after = 0;
    try {
        work(with<Options>([&](const Progress &) -> bool {
            after++;
            throw Halt("enough");
        }));
    } catch (const Halt &halt) {
        caught = halt.what();
    }
    EXPECT(caught == "enough" && after == 1);
    try {
        caught.clear();
        work(with<Options>([](const Progress &) -> bool { throw 17; })); // not even a standard exception
    } catch (int number) {
        caught = std::to_string(number);
    }
    EXPECT(caught == "17");

    EXPECT(work(with<Options>([](const Progress &) { return false; })) == JKO_STATUS_CANCELLED);

    CancelToken token;
    Options options;
    options.cancel = &token;
    token.set();
    EXPECT(token.is_set() && work(options) == JKO_STATUS_CANCELLED);
    token.reset();
    EXPECT(!token.is_set() && work(options) == JKO_STATUS_OK);
}

/* The status that work came to, thrown or not. */
template <class Act> Status status_of(Act &&act) {
    Status status = JKO_STATUS_OK;
    const Status error = thrown([&] { status = act(); });
    return error == JKO_STATUS_OK ? status : error;
}

static void all_work_is_watched(const Graph &graph) {
    watched<GeodesicOptions>("a geodesic", [&](const GeodesicOptions &options) {
        return status_of([&] { return Geodesic(graph, first, last, options).termination(); });
    });
    watched<GeodesicOptions>("a solver", [&](const GeodesicOptions &options) {
        Solver made(graph, options);
        Solver solver(std::move(made));
        return status_of([&] { return solver.solve(first, last).termination(); });
    });
    watched<GeodesicOptions>("a batch", [&](const GeodesicOptions &options) {
        return status_of([&] { return geodesics(graph, snapshots, options).front().termination(); });
    });
    watched<GeodesicOptions>("values", [&](const GeodesicOptions &options) {
        return status_of([&] { return geodesic_values(graph, snapshots, options).termination.front(); });
    });
    watched<GeodesicOptions>("a logarithm", [&](const GeodesicOptions &options) {
        return status_of([&] { return logarithm(graph, first, last, options), JKO_STATUS_OK; });
    });
    watched<GeodesicOptions>("a step", [&](const GeodesicOptions &options) {
        Energy energy(graph);
        energy.set_entropy(1.0);
        return status_of([&] { return energy.step(first, 0.1, options).status; });
    });
    watched<BoundOptions>("bounds",
                          [&, path = Geodesic(graph, first, last)](const BoundOptions &options) {
                              return status_of([&] { return path.bounds(options).status; });
                          });
    watched<FlowOptions>("a flow", [&](const FlowOptions &options) {
        Energy energy(graph);
        energy.set_entropy(1.0);
        return status_of([&] { return Flow(energy, first, {0.0, 1.0}, options).status(); });
    });
    watched<BarycentreOptions>("a barycentre", [&](const BarycentreOptions &options) {
        return status_of([&] { return barycentre(graph, snapshots, {0.3, 0.3, 0.4}, options).status; });
    });
    watched<FitOptions>("a fit", [&](const FitOptions &options) {
        Fit fit(graph, options);
        return status_of([&] { return fit.add_trajectory(times, snapshots), JKO_STATUS_OK; });
    });
}

/* Learns, and hands out the status that the estimate has. */
template <class Problem, class Options>
Status learned(const Graph &graph, const std::vector<std::vector<double>> &rows,
               const Options &options) {
    Problem problem(graph, Terms().add_entropy(), options);
    problem.add_trajectory(times, rows);
    return status_of([&] { return problem.solve().estimate().status(); });
}

static void fits_and_forecasts_are_watched(const Graph &graph) {
    watched<FlowFitOptions>("a fit of the flow", [&](const FlowFitOptions &options) {
        return learned<FlowFit>(graph, snapshots, options);
    });
    std::vector<std::vector<double>> counts = snapshots;
    for (std::vector<double> &row : counts) {
        for (double &count : row) {
            count = std::round(1000.0 * count);
        }
    }
    watched<CountFitOptions>("a fit of counts", [&](const CountFitOptions &options) {
        return learned<CountFit>(graph, counts, options);
    });

    Fit fit(graph, Terms().add_entropy());
    const Fitted fitted = fit.add_trajectory(times, snapshots).solve();
    CountFit count_fit(graph, Terms().add_entropy());
    const CountFitted counted = count_fit.add_trajectory(times, counts).solve();
    const Estimate estimate = counted.estimate();
    watched<FlowOptions>("a forecast of a fit", [&](const FlowOptions &options) {
        return status_of([&] { return fitted.forecast(first, times, options), JKO_STATUS_OK; });
    });
    watched<FlowOptions>("a forecast of an estimate", [&](const FlowOptions &options) {
        return status_of([&] { return estimate.forecast(first, times, options), JKO_STATUS_OK; });
    });
    watched<FlowOptions>("a forecast of counts", [&](const FlowOptions &options) {
        return status_of([&] { return counted.forecast(0, times, options), JKO_STATUS_OK; });
    });
}

/* One fit throws, is moved, and serves again. */
static void a_fit_survives_an_exception(const Graph &graph) {
    bool halt = true;
    Fit fit(graph, with<FitOptions>(
                       [&](const Progress &) -> bool { return halt ? throw Halt("enough") : true; }));
    bool caught = false;
    try {
        fit.add_trajectory(times, snapshots);
    } catch (const Halt &) {
        caught = true;
    }
    EXPECT(caught && fit.pairs() == 0);
    halt = false;
    Fit moved(std::move(fit));
    EXPECT(moved.add_trajectory(times, snapshots).pairs() == 2);
}

/* The members of an options struct and the library's list of them, by name. */
static void defaults_are(std::int32_t group, std::map<std::string, double> members) {
    for (std::size_t k = 0; k < jko_options_count(group); k++) {
        const std::string name = jko_options_name(group, k);
        const auto member = members.find(name);
        if (jko_options_kind(group, k) == JKO_OPTION_POINTER) {
            continue;
        }
        if (member == members.end()) {
            std::printf("%s is not an option here\n", name.c_str());
            failures++;
            continue;
        }
        EXPECT(member->second == jko_options_default(group, k));
        members.erase(member);
    }
    EXPECT(members.empty());
}

template <class Choice> double as_number(Choice choice) { return static_cast<double>(choice); }

static void defaults_are_the_librarys() {
    const GraphOptions graph;
    defaults_are(JKO_OPTIONS_GRAPH, {{"reference", as_number(graph.reference)},
                                     {"duplicates", as_number(graph.duplicates)},
                                     {"index_base", as_number(graph.index_base)}});
    const GeodesicOptions geodesic;
    defaults_are(JKO_OPTIONS_GEODESIC, {{"tolerance", geodesic.tolerance},
                                        {"max_iterations", as_number(geodesic.max_iterations)},
                                        {"mean", as_number(geodesic.mean)},
                                        {"method", as_number(geodesic.method)},
                                        {"memory_limit", as_number(geodesic.memory_limit)}});
    const BoundOptions bound;
    defaults_are(JKO_OPTIONS_BOUND, {{"gap", bound.gap},
                                     {"first_intervals", as_number(bound.first_intervals)},
                                     {"max_intervals", as_number(bound.max_intervals)},
                                     {"memory_limit", as_number(bound.memory_limit)}});
    const FlowOptions flow;
    defaults_are(JKO_OPTIONS_FLOW, {{"tolerance", flow.tolerance},
                                    {"max_steps", as_number(flow.max_steps)},
                                    {"mean", as_number(flow.mean)},
                                    {"memory_limit", as_number(flow.memory_limit)}});
    const BarycentreOptions barycentre;
    defaults_are(JKO_OPTIONS_BARYCENTRE, {{"tolerance", barycentre.tolerance},
                                          {"max_iterations", as_number(barycentre.max_iterations)},
                                          {"mean", as_number(barycentre.mean)},
                                          {"memory_limit", as_number(barycentre.memory_limit)}});
    const FitOptions fit;
    /* the bits of `terms` are what a fit without `Terms` learns */
    defaults_are(JKO_OPTIONS_FIT, {{"tolerance", fit.tolerance},
                                   {"max_iterations", as_number(fit.max_iterations)},
                                   {"mean", as_number(fit.mean)},
                                   {"loss", as_number(fit.loss)},
                                   {"terms", as_number(JKO_TERM_POTENTIAL + JKO_TERM_ENTROPY)},
                                   {"weight", as_number(fit.weight)},
                                   {"zeros", as_number(fit.zeros)},
                                   {"zeros_share", fit.zeros_share},
                                   {"memory_limit", as_number(fit.memory_limit)}});
    const FlowFitOptions flow_fit;
    defaults_are(JKO_OPTIONS_FLOW_FIT, {{"tolerance", flow_fit.tolerance},
                                        {"max_steps", as_number(flow_fit.max_steps)},
                                        {"mixing", flow_fit.mixing},
                                        {"max_iterations", as_number(flow_fit.max_iterations)},
                                        {"mean", as_number(flow_fit.mean)},
                                        {"noise", as_number(flow_fit.noise)},
                                        {"memory_limit", as_number(flow_fit.memory_limit)},
                                        {"noise_block", as_number(flow_fit.noise_block)}});
    const CountFitOptions count_fit;
    defaults_are(JKO_OPTIONS_COUNT_FIT, {{"tolerance", count_fit.tolerance},
                                         {"max_steps", as_number(count_fit.max_steps)},
                                         {"pseudo_counts", count_fit.pseudo_counts},
                                         {"max_iterations", as_number(count_fit.max_iterations)},
                                         {"mean", as_number(count_fit.mean)},
                                         {"memory_limit", as_number(count_fit.memory_limit)}});
    const Ridge ridge;
    defaults_are(JKO_OPTIONS_RIDGE, {{"potential", ridge.potential}, {"entropy", ridge.entropy}});
}

int main() {
    const Graph graph = Graph::grid({SIDE, SIDE}, false, Reference::uniform);
    all_work_is_watched(graph);
    fits_and_forecasts_are_watched(graph);
    a_fit_survives_an_exception(graph);
    defaults_are_the_librarys();
    return verdict("watching");
}
