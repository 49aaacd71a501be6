/* Owners: moves, self-moves, what was moved from; errors; two translation units that include the header.
 */
#include "expect.hpp"

#include <type_traits>
#include <utility>

#include <jkoflow.hpp>

/* In ownership_too.cpp, which includes the header as well. */
double distance_elsewhere(const jkoflow::Graph &graph);

using namespace jkoflow;

template <class T>
constexpr bool move_only =
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>;

static_assert(move_only<Graph> && move_only<Geodesic> && move_only<Solver> && move_only<Energy>);
static_assert(move_only<Flow> && move_only<Terms> && move_only<Fit> && move_only<Fitted>);
static_assert(move_only<FlowFit> && move_only<FlowFitted> && move_only<CountFit>);
static_assert(move_only<CountFitted> && move_only<Estimate> && move_only<Forecast>);
static_assert(move_only<SnapshotLoss> && move_only<CancelToken>);

static const std::vector<double> start{0.4, 0.3, 0.2, 0.1}, even(4, 0.25);

template <class T> void move_to_itself(T &value) {
    T &same = value; // so that the compiler does not see it and warn
    value = std::move(same);
}

/* What `ask` says about an object must survive moves; what was moved from throws, and can be assigned
 * to. */
template <class T, class Ask> void moves(T first, Ask ask) {
    const auto expected = ask(first);
    T second(std::move(first));
    EXPECT(ask(second) == expected);
    EXPECT(thrown([&] { ask(first); }) == JKO_STATUS_NULL_POINTER);
    first = std::move(second);
    EXPECT(ask(first) == expected);
    EXPECT(thrown([&] { ask(second); }) == JKO_STATUS_NULL_POINTER);
    move_to_itself(first);
    EXPECT(ask(first) == expected);
    std::vector<T> many;
    many.push_back(std::move(first));
    many.push_back(std::move(many[0]));
    many.erase(many.begin());
    EXPECT(ask(many[0]) == expected);
}

static void every_owner_moves() {
    const Graph graph = Graph::cycle(4, Reference::uniform);
    Energy energy(graph);
    energy.set_entropy(1.0);
    moves(Graph::star(5), [](const Graph &g) { return g.reference(); });
    moves(Geodesic(graph, start, even), [](const Geodesic &g) { return g.potential_end(); });
    moves(Solver(graph), [](Solver &s) { return s.solve(start, even).distance(); });
    moves(Flow(energy, start, {0.0, 1.0}), [](const Flow &f) { return f.mass(1); });
    moves(std::move(energy), [](const Energy &e) { return e.value(start); });
    moves(CancelToken(), [](const CancelToken &t) { return t.is_set(); });
    moves(Terms(), [](Terms &t) {
        t.handle();
        return 0;
    });
    const std::vector<std::vector<double>> rows{start, even, {0.2, 0.25, 0.25, 0.3}};
    Fit fit(graph);
    fit.add_trajectory({0.0, 1.0, 2.0}, rows);
    Ridge ridge;
    ridge.potential = 0.1;
    moves(fit.solve(ridge), [](const Fitted &f) { return f.potential(); });
    /* the callback is still the one of the fit when that has moved */
    int heard = 0;
    FitOptions options;
    options.progress = [&](const Progress &) { return ++heard > 0; };
    moves(Fit(graph, options), [&](Fit &f) {
        return f.add_trajectory({0.0, 1.0, 2.0}, rows).pairs() > 0;
    });
    EXPECT(heard > 0);
    moves(SnapshotLoss(graph, {0.0, 1.0, 2.0}, rows),
          [&](const SnapshotLoss &l) { return l.evaluate(rows).value; });
}

/* A problem that hears its callback still when it has moved, and what comes of it. */
template <class Problem, class Options, class Ask>
void learning_moves(const Graph &graph, const std::vector<std::vector<double>> &rows, Ask ask) {
    int heard = 0;
    Options options;
    options.progress = [&](const Progress &) { return ++heard > 0; };
    Problem problem(graph, Terms().add_entropy(), options);
    problem.add_trajectory({0.0, 1.0, 2.0}, rows);
    moves(problem.solve(), ask);
    moves(problem.solve().estimate(), [](const Estimate &e) { return e.parameters(); });
    moves(problem.solve().estimate().forecast(start, {0.0, 1.0}),
          [](const Forecast &f) { return f.masses().values(); });
    heard = 0;
    moves(std::move(problem), [](Problem &p) { return p.solve().estimate().entropy(); });
    EXPECT(heard > 0);
}

static void fits_of_flows_and_counts_move() {
    const Graph graph = Graph::cycle(4, Reference::uniform);
    learning_moves<FlowFit, FlowFitOptions>(graph, {start, {0.3, 0.3, 0.2, 0.2}, even},
                                            [](const FlowFitted &f) { return f.residuals(); });
    learning_moves<CountFit, CountFitOptions>(graph,
                                              {{40, 30, 20, 10}, {30, 30, 20, 20}, {25, 25, 25, 25}},
                                              [](const CountFitted &f) { return f.start(0); });
}

/* Handles keep what they need of each other, so that they may end in any order. */
static void owners_end_in_any_order() {
    Geodesic path = [] {
        const Graph graph = Graph::cycle(4, Reference::uniform);
        return Geodesic(graph, start, even);
    }();
    EXPECT(path.mass_at(1.0).size() == 4);
    EXPECT(path.distance() > 0.0);
}

static void errors_carry_status_and_message() {
    const Graph graph = Graph::cycle(4);
    try {
        Geodesic(graph, {0.5, 0.5}, even);
        EXPECT(false);
    } catch (const Error &error) {
        EXPECT(error.status() == JKO_STATUS_LENGTH_MISMATCH);
        EXPECT(std::string(error.what()).find("mu0") != std::string::npos);
    }
    EXPECT(thrown([] { Graph::from_weights(3, {0, 1}, {1, 3}); }) == JKO_STATUS_NODE_OUT_OF_RANGE);
    EXPECT(thrown([] { Graph::cycle(2); }) == JKO_STATUS_INVALID_ARGUMENT);
    EXPECT(thrown([&] { graph.check_distribution({0.5, 0.2, 0.2, 0.2}); }) == JKO_STATUS_NOT_NORMALISED);
    EXPECT(thrown([&] {
               graph.check_distribution({0.5, 0.5, 0.0, 0.0}, true);
           }) == JKO_STATUS_BAD_VALUE);
    EXPECT(thrown([&] {
               distance_matrix(graph, {{0.5, 0.5, 0.0, 0.0}, {1.0}});
           }) == JKO_STATUS_LENGTH_MISMATCH);
    EXPECT(thrown([&] { Fit(graph).solve(); }) == JKO_STATUS_INVALID_ARGUMENT);
    /* what does not converge is no error */
    GeodesicOptions hasty;
    hasty.max_iterations = 1;
    const Geodesic path(graph, start, even, hasty);
    EXPECT(!path.converged() && path.termination() > JKO_STATUS_OK);
    EXPECT(std::isfinite(path.distance()));
}

int main() {
    check_version();
    EXPECT(version() == std::to_string(JKO_VERSION_MAJOR) + "." + std::to_string(JKO_VERSION_MINOR) +
                            "." + std::to_string(JKO_VERSION_PATCH));
    every_owner_moves();
    fits_of_flows_and_counts_move();
    owners_end_in_any_order();
    errors_carry_status_and_message();
    const Graph graph = Graph::cycle(4, Reference::uniform);
    EXPECT(distance_elsewhere(graph) == Geodesic(graph, start, even).distance());
    return verdict("ownership");
}
