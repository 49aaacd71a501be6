/* The metric, tangents, paths, distance matrices and barycentres. Means are logarithmic unless given. */
#ifndef JKOFLOW_GEOMETRY_HPP
#define JKOFLOW_GEOMETRY_HPP

#include <array>
#include <cstdint>
#include <vector>

#include "geodesic.hpp"

namespace jkoflow {

/* A mean of two densities, its gradient `theta_s, theta_t` and Hessian `theta_ss, theta_st, theta_tt`.
 */
struct MeanValue {
    double value = 0.0;
    std::array<double, 2> gradient{};
    std::array<double, 3> hessian{};
};

inline MeanValue mean_value(Mean mean, double s, double t) {
    MeanValue result;
    detail::check(jko_mean_value(detail::number(mean), s, t, &result.value, result.gradient.data(),
                                 result.gradient.size(), result.hessian.data(), result.hessian.size()));
    return result;
}

/* The rate of change `dmu/dt` of the tangent with potential `psi` at `mu`. */
inline std::vector<double> metric_rate(const Graph &graph, const Array<double> &mu,
                                       const Array<double> &psi, Mean mean = Mean::logarithmic) {
    return detail::filled(graph.nodes(), [&](double *rate, std::size_t size) {
        return jko_metric_rate(graph.handle(), detail::number(mean), mu.data(), mu.size(), psi.data(),
                               psi.size(), rate, size);
    });
}

/* The potential of the tangent with this rate of change: the inverse of `metric_rate`. */
inline std::vector<double> metric_potential(const Graph &graph, const Array<double> &mu,
                                            const Array<double> &rate, Mean mean = Mean::logarithmic) {
    return detail::filled(graph.nodes(), [&](double *psi, std::size_t size) {
        return jko_metric_potential(graph.handle(), detail::number(mean), mu.data(), mu.size(),
                                    rate.data(), rate.size(), psi, size);
    });
}

/* The scalar product of two tangents at `mu`, given by their potentials. */
inline double metric_product(const Graph &graph, const Array<double> &mu, const Array<double> &psi,
                             const Array<double> &phi, Mean mean = Mean::logarithmic) {
    double product = 0.0;
    detail::check(jko_metric_product(graph.handle(), detail::number(mean), mu.data(), mu.size(),
                                     psi.data(), psi.size(), phi.data(), phi.size(), &product));
    return product;
}

/* A geodesic followed from its start: a row per time. */
struct GeodesicFlow {
    Matrix masses;
    Matrix potentials;
    /* Largest relative change of the conserved energy. */
    double energy_drift = 0.0;
};

/* The geodesic that leaves `mu` with potential `psi` at the first of the times; with the times 0 and 1
 * its last row is the exponential map. */
inline GeodesicFlow geodesic_flow(const Graph &graph, const Array<double> &mu, const Array<double> &psi,
                                  const Array<double> &times, const FlowOptions &options = {}) {
    detail::Watcher watcher(options.progress);
    const jko_flow_options lowered = detail::lower(options, watcher);
    GeodesicFlow flow{Matrix(times.size(), graph.nodes()), Matrix(times.size(), graph.nodes()), 0.0};
    watcher.finish(jko_metric_geodesic_flow(graph.handle(), mu.data(), mu.size(), psi.data(), psi.size(),
                                            times.data(), times.size(), &lowered, flow.masses.data(),
                                            flow.masses.rowStride(), flow.masses.colStride(),
                                            flow.potentials.data(), flow.potentials.rowStride(),
                                            flow.potentials.colStride(), &flow.energy_drift));
    return flow;
}

/* The potential with which the geodesic from `mu0` to `mu1` leaves. */
inline std::vector<double> logarithm(const Graph &graph, const Array<double> &mu0,
                                     const Array<double> &mu1, const GeodesicOptions &options = {}) {
    detail::Watcher watcher(options.progress);
    const jko_geodesic_options lowered = detail::lower(options, watcher);
    std::vector<double> psi(graph.nodes());
    watcher.finish(jko_metric_logarithm(graph.handle(), mu0.data(), mu0.size(), mu1.data(), mu1.size(),
                                        &lowered, psi.data(), psi.size()));
    return psi;
}

/* The action of the path through the rows of `masses` at increasing times. */
inline double path_action(const Graph &graph, const Array<double> &times, const Rows &masses,
                          Mean mean = Mean::logarithmic) {
    double action = 0.0;
    detail::check(jko_path_action(graph.handle(), detail::number(mean), times.data(), times.size(),
                                  masses.data(), masses.rows(), masses.cols(), masses.row_stride(),
                                  masses.col_stride(), &action));
    return action;
}

/* The length of each segment of the path through the rows of `masses`. */
inline std::vector<double> path_lengths(const Graph &graph, const Rows &masses,
                                        Mean mean = Mean::logarithmic) {
    return detail::filled(masses.rows() > 0 ? masses.rows() - 1 : 0, [&](double *lengths,
                                                                         std::size_t size) {
        return jko_path_lengths(graph.handle(), detail::number(mean), masses.data(), masses.rows(),
                                masses.cols(), masses.row_stride(), masses.col_stride(), lengths, size);
    });
}

/* The distances between all pairs of rows; NaN where a geodesic did not converge. */
inline Matrix distance_matrix(const Graph &graph, const Rows &distributions,
                              const GeodesicOptions &options = {}, std::int32_t num_threads = 1) {
    detail::Watcher watcher(options.progress);
    const jko_geodesic_options lowered = detail::lower(options, watcher);
    Matrix distances(distributions.rows(), distributions.rows());
    watcher.check(jko_distance_matrix(graph.handle(), distributions.data(), distributions.rows(),
                                      distributions.cols(), distributions.row_stride(),
                                      distributions.col_stride(), &lowered, num_threads,
                                      distances.data(), distances.rowStride(), distances.colStride()));
    return distances;
}

/* The mass vector where the weighted sum of halved squared distances to the references is least. */
struct Barycentre {
    std::vector<double> mass;
    double objective = 0.0;
    double residual = 0.0;
    std::size_t iterations = 0;
    Status status = JKO_STATUS_OK;
};

/* `references` has a mass vector per row, `weights` an entry for each. */
inline Barycentre barycentre(const Graph &graph, const Rows &references, const Array<double> &weights,
                             const BarycentreOptions &options = {}, std::int32_t num_threads = 1) {
    detail::Watcher watcher(options.progress);
    const jko_barycentre_options lowered = detail::lower(options, watcher);
    Barycentre result;
    result.mass.resize(graph.nodes());
    result.status = watcher.check(jko_barycentre_solve(
        graph.handle(), references.data(), references.rows(), references.cols(), references.row_stride(),
        references.col_stride(), weights.data(), weights.size(), &lowered, num_threads,
        result.mass.data(), result.mass.size(), &result.objective, &result.residual,
        &result.iterations));
    return result;
}

/* The weights for which a mass vector is closest to being the barycentre of the references. */
struct BarycentricWeights {
    std::vector<double> weights;
    double residual = 0.0;
};

inline BarycentricWeights barycentric_weights(const Graph &graph, const Array<double> &mu,
                                              const Rows &references,
                                              const GeodesicOptions &options = {},
                                              std::int32_t num_threads = 1) {
    detail::Watcher watcher(options.progress);
    const jko_geodesic_options lowered = detail::lower(options, watcher);
    BarycentricWeights result;
    result.weights.resize(references.rows());
    watcher.finish(jko_barycentre_weights(
        graph.handle(), mu.data(), mu.size(), references.data(), references.rows(), references.cols(),
        references.row_stride(), references.col_stride(), &lowered, num_threads, result.weights.data(),
        result.weights.size(), &result.residual));
    return result;
}

} // namespace jkoflow

#endif
