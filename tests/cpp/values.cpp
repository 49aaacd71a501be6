/* Numbers against closed forms and identities, through every way in and out of arrays. */
#include "expect.hpp"

#include <array>
#include <limits>

using namespace jkoflow;

static double sum(const std::vector<double> &values) {
    double total = 0.0;
    for (double value : values) {
        total += value;
    }
    return total;
}

static double dot(const std::vector<double> &a, const std::vector<double> &b) {
    double total = 0.0;
    for (std::size_t k = 0; k < a.size(); k++) {
        total += a[k] * b[k];
    }
    return total;
}

static const std::vector<double> mu0{0.4, 0.3, 0.2, 0.1}, mu1{0.2, 0.2, 0.3, 0.3},
    psi{0.3, -0.1, 0.2, 0.4};

/* On two nodes of equal reference a distance is the integral of `dm / sqrt(c theta(2m, 2 - 2m))`, here
 * by Simpson's rule. */
static void two_nodes_have_a_closed_form() {
    const Graph graph = Graph::path(2, Reference::uniform);
    const double c = graph.conductance().at(0);
    const auto speed = [&](double m) {
        const double s = 2.0 * m, t = 2.0 - 2.0 * m;
        const double theta = std::abs(s - t) < 1e-6 ? 0.5 * (s + t) : (s - t) / std::log(s / t);
        return 1.0 / std::sqrt(c * theta);
    };
    const int intervals = 1000;
    const double start = 0.55, end = 0.9, h = (end - start) / intervals;
    double length = 0.0;
    for (int k = 0; k < intervals; k++) {
        const double m = start + k * h;
        length += h / 6.0 * (speed(m) + 4.0 * speed(m + 0.5 * h) + speed(m + h));
    }
    GeodesicOptions options;
    options.tolerance = 1e-11;
    const Geodesic path(graph, {start, 1.0 - start}, {end, 1.0 - end}, options);
    EXPECT(path.converged() && near(path.distance(), length, 1e-9 * length));
    EXPECT(path.error_estimate() <= 1e-11 && path.path_error_estimate() < 1e-6);
    EXPECT(path.residual() < 1e-6 && path.iterations() > 0 && path.time_nodes() > 0);
    EXPECT(path.nodes() == 2 && path.mean() == Mean::logarithmic);
    EXPECT(!path.method().empty() && !path.reason().empty());
    const Bounds bounds = path.bounds();
    EXPECT(bounds.status == JKO_STATUS_OK);
    EXPECT(bounds.lower <= length * (1 + 1e-12) && length <= bounds.upper * (1 + 1e-12));
    EXPECT(bounds.upper - bounds.lower <= 1e-4 * bounds.upper);
    EXPECT(near(path.mass_at(0.0), {start, 1.0 - start}, 1e-12));
    EXPECT(near(path.density_at(1.0), {2 * end, 2 - 2 * end}, 1e-9));
    EXPECT(near(path.potential_at(1.0), path.potential_end(), 1e-7));
    EXPECT(near(path.potential_at(0.0), path.potential_start(), 1e-7));
}

/* Heat on the complete graph: `mu(t) = pi + exp(-n c n t) (mu(0) - pi)` for conductances c, pi = 1/n. */
static void heat_has_a_closed_form() {
    const Graph graph = Graph::complete(4, Reference::uniform);
    Energy entropy(graph);
    entropy.set_entropy(1.0);
    const double c = graph.conductance().at(0), time = 0.3;
    const Flow flow(entropy, mu0, std::array<double, 3>{0.0, 0.1, time});
    std::vector<double> expected;
    for (double mass : mu0) {
        expected.push_back(0.25 + std::exp(-16.0 * c * time) * (mass - 0.25));
    }
    EXPECT(flow.status() == JKO_STATUS_OK && flow.count() == 3 && flow.nodes() == 4 && flow.steps() > 0);
    EXPECT(flow.rejected() < flow.steps());
    EXPECT(near(flow.mass(2), expected, 1e-6));
    EXPECT(flow.masses().row(2) == flow.mass(2) && flow.masses()(0, 1) == mu0[1]);
    EXPECT(flow.times() == (std::vector<double>{0.0, 0.1, time}));
    EXPECT(near(flow.energies(),
                {entropy.value(mu0), entropy.value(flow.mass(1)), entropy.value(flow.mass(2))}, 1e-12));
    /* a step of the JKO scheme is an implicit Euler step of the flow, up to its square */
    const Step step = entropy.step(mu0, 1e-3);
    EXPECT(step.converged() && step.residual < 1e-6 &&
           near(step.geodesic.mass_at(1.0), step.mass, 1e-9));
    for (std::size_t x = 0; x < 4; x++) {
        EXPECT(near(step.mass[x], 0.25 + std::exp(-16.0 * c * 1e-3) * (mu0[x] - 0.25), 1e-4 * 16.0 * c));
    }
}

static void energies_have_closed_forms() {
    const Graph graph = Graph::path(4, Reference::uniform);
    const std::vector<std::vector<double>> w{{1, 2, 0, 0}, {2, 0, 0, 0}, {0, 0, 0, 3}, {0, 0, 3, 0}};
    Energy energy(graph);
    energy.set_potential(psi).set_interaction(w).set_entropy(0.5).add_power(2.0, 3.0);
    double expected = 0.0;
    std::vector<double> variation(4), second(4);
    for (std::size_t x = 0; x < 4; x++) {
        const double m = mu0[x], r = 4.0 * m, wm = dot(w[x], mu0);
        expected += psi[x] * m + 0.5 * m * wm + 0.5 * m * std::log(r) + 2.0 * 0.25 * r * r * r / 2.0;
        variation[x] = psi[x] + wm + 0.5 * (std::log(r) + 1.0) + 2.0 * 1.5 * r * r;
        second[x] = dot(w[x], mu1) + 0.5 * mu1[x] / m + 2.0 * 3.0 * r * 4.0 * mu1[x];
    }
    EXPECT(near(energy.value(mu0), expected, 1e-12));
    EXPECT(near(energy.first_variation(mu0), variation, 1e-12));
    EXPECT(near(energy.second_variation(mu0, mu1), second, 1e-11));
    Energy sparse(graph);
    sparse.set_potential(psi).set_entropy(0.5).add_power(2.0, 3.0);
    sparse.set_interaction({0, 2, 3, 4, 5}, {0, 1, 0, 3, 2}, {1, 2, 2, 3, 3});
    EXPECT(near(sparse.value(mu0), expected, 1e-12));
}

static void graphs_are_what_they_say() {
    const Graph graph = Graph::from_weights(
        4, std::vector<int>{0, 1, 2}, std::array<long long, 3>{1, 2, 3}, std::vector<float>{1, 2, 1});
    EXPECT(graph.nodes() == 4 && graph.edges() == 3);
    EXPECT(near(graph.reference(), {0.125, 0.375, 0.375, 0.125}, 1e-15));
    EXPECT(near(graph.conductance(), {0.125, 0.25, 0.125}, 1e-15));
    EXPECT(graph.edge_list(1).source == (std::vector<std::int64_t>{1, 2, 3}));
    EXPECT(graph.edge_list().target == (std::vector<std::int64_t>{1, 2, 3}));
    GraphOptions one;
    one.index_base = 1;
    const Graph chain =
        Graph::from_chain(graph.reference(), {1, 2, 3}, {2, 3, 4}, graph.conductance(), one);
    EXPECT(chain.conductance() == graph.conductance());
    const Graph kernel =
        Graph::from_kernel({0, 1, 3, 5, 6}, {1, 0, 2, 1, 3, 2}, {1, 1. / 3, 2. / 3, 2. / 3, 1. / 3, 1});
    EXPECT(near(kernel.reference(), graph.reference(), 1e-12));
    EXPECT(near(graph.density(mu0), {3.2, 0.8, 0.2 / 0.375, 0.8}, 1e-12));
    EXPECT(near(graph.mix_with_reference(mu0, 1.0), graph.reference(), 1e-15));
    EXPECT(std::abs(dot(graph.centre(psi), graph.reference())) < 1e-15);
    EXPECT(Graph::grid({3, 4}).edges() == 17 && Graph::grid({3, 4}, true).edges() == 24);
    EXPECT(Graph::star(5).edges() == 4 && Graph::complete(5).edges() == 10 &&
           Graph::cycle(5).edges() == 5);
    EXPECT(Graph::hypercube(3).edges() == 12 && Graph::hamming(2, 3).edges() == 18);
    EXPECT(Graph::random_tree(9, 1).edges() == 8 && Graph::random_regular(8, 3, 1).edges() == 12);
    EXPECT(Graph::erdos_renyi(12, 0.9, 1).nodes() == 12 &&
           Graph::watts_strogatz(9, 4, 0.1, 1).edges() == 18);
    EXPECT(Graph::barabasi_albert(10, 2, 1).nodes() == 10);
    EXPECT(Graph::stochastic_block({3, 4}, {1, 1, 1, 1}, 1).edges() == 21);
    EXPECT(Graph::nearest_neighbours({{0.0}, {1.0}, {2.5}}, 1).edges() == 2);
}

/* What Eigen offers of a matrix by columns and of its rows. */
struct ByColumns {
    std::vector<double> values;
    long count;
    const double *data() const { return values.data(); }
    long rows() const { return count; }
    long cols() const { return static_cast<long>(values.size()) / count; }
    long rowStride() const { return 1; }
    long colStride() const { return count; }
};

struct RowOfColumns {
    const double *start;
    long count, step;
    const double *data() const { return start; }
    long size() const { return count; }
    long innerStride() const { return step; }
};

static void every_layout_is_the_same() {
    const Graph graph = Graph::path(4);
    const std::vector<std::vector<double>> nested{mu0, mu1, {0.25, 0.25, 0.25, 0.25}};
    const double flat[] = {0.4, 0.3, 0.2, 0.1, 0.2, 0.2, 0.3, 0.3, 0.25, 0.25, 0.25, 0.25};
    const ByColumns columns{{0.4, 0.2, 0.25, 0.3, 0.2, 0.25, 0.2, 0.3, 0.25, 0.1, 0.3, 0.25}, 3};
    const std::vector<double> expected = distance_matrix(graph, nested).values();
    EXPECT(distance_matrix(graph, {flat, 3, 4}).values() == expected);
    EXPECT(distance_matrix(graph, columns).values() == expected);
    EXPECT(distance_matrix(graph, Rows(columns.data(), 3, 4, 1, 3), {}, 2).values() == expected);
    EXPECT(distance_matrix(graph, {mu0, mu1, {0.25, 0.25, 0.25, 0.25}}).values() == expected);
    EXPECT(distance_matrix(graph, std::vector<std::array<double, 4>>{{0.4, 0.3, 0.2, 0.1},
                                                                     {0.2, 0.2, 0.3, 0.3},
                                                                     {0.25, 0.25, 0.25, 0.25}})
               .values() == expected);
    const RowOfColumns row{columns.data() + 1, 4, 3};
    const double array[] = {0.2, 0.2, 0.3, 0.3};
    const double distance = Geodesic(graph, mu0, mu1).distance();
    EXPECT(Geodesic(graph, mu0, row).distance() == distance);
    EXPECT(Geodesic(graph, mu0, array).distance() == distance);
    EXPECT(Geodesic(graph, {mu0.data(), 4}, {0.2, 0.2, 0.3, 0.3}).distance() == distance);

    const GeodesicValues values = geodesic_values(graph, nested);
    const std::vector<Geodesic> paths = geodesics(graph, nested);
    EXPECT(paths.size() == 2 && values.distance.size() == 2);
    for (std::size_t k = 0; k < 2; k++) {
        EXPECT(values.distance[k] == paths[k].distance() && values.termination[k] == JKO_STATUS_OK);
        EXPECT(values.potential_start.row(k) == paths[k].potential_start());
        EXPECT(values.potential_end.row(k) == paths[k].potential_end());
        EXPECT(near(expected[k * 3 + k + 1], paths[k].distance(), 1e-8));
    }
    Solver solver(graph);
    const Geodesic fresh = solver.solve(mu0, mu1);
    EXPECT(near(fresh.distance(), distance, 1e-9) &&
           near(solver.solve_next(mu0, mu1).distance(), distance, 1e-9));
    EXPECT(near(solver.solve_from(fresh, mu0, mu1).distance(), distance, 1e-9));
}

static void the_geometry_is_consistent() {
    const Graph graph = Graph::cycle(4, Reference::uniform);
    const MeanValue mean = mean_value(Mean::geometric, 4.0, 9.0);
    EXPECT(near(mean.value, 6.0, 1e-14) && near(mean.gradient[0], 0.75, 1e-14));
    EXPECT(near(mean.hessian[1], 0.25 / 6.0, 1e-14));
    const std::vector<double> rate = metric_rate(graph, mu0, psi);
    EXPECT(std::abs(sum(rate)) < 1e-15);
    EXPECT(near(metric_potential(graph, mu0, rate), graph.centre(psi), 1e-12));
    EXPECT(near(metric_product(graph, mu0, psi, mu1), dot(rate, mu1), 1e-14));

    const std::vector<double> way = logarithm(graph, mu0, mu1);
    const Geodesic path(graph, mu0, mu1);
    EXPECT(near(metric_product(graph, mu0, way, way), path.distance() * path.distance(), 1e-9));
    const GeodesicFlow flow = geodesic_flow(graph, mu0, way, {0.0, 0.5, 1.0});
    EXPECT(near(flow.masses.row(2), mu1, 1e-6) && near(flow.masses.row(1), path.mass_at(0.5), 1e-6));
    EXPECT(near(flow.potentials.row(2), path.potential_end(), 1e-6) && flow.energy_drift < 1e-6);

    std::vector<std::vector<double>> samples;
    std::vector<double> times;
    for (int k = 0; k <= 100; k++) {
        times.push_back(k / 100.0);
        samples.push_back(path.mass_at(times.back()));
    }
    EXPECT(near(path_action(graph, times, samples), path.distance() * path.distance(), 1e-5));
    EXPECT(near(sum(path_lengths(graph, samples)), path.distance(), 1e-5));

    /* between two the barycentre lies on the geodesic */
    const Barycentre centre = barycentre(graph, {mu0, mu1}, {0.75, 0.25});
    EXPECT(centre.status == JKO_STATUS_OK && centre.residual < 1e-7 && centre.iterations > 0);
    EXPECT(near(centre.mass, path.mass_at(0.25), 1e-6));
    EXPECT(near(centre.objective, 0.5 * 0.75 * 0.25 * path.distance() * path.distance(), 1e-6));
    const BarycentricWeights weights = barycentric_weights(graph, centre.mass, {mu0, mu1});
    EXPECT(near(weights.weights, {0.75, 0.25}, 1e-5) && weights.residual < 1e-5);
}

int main() {
    two_nodes_have_a_closed_form();
    heat_has_a_closed_form();
    energies_have_closed_forms();
    graphs_are_what_they_say();
    every_layout_is_the_same();
    the_geometry_is_consistent();
    return verdict("values");
}
