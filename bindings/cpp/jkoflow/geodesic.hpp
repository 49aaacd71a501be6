/* Geodesics, one by one, in a loop and in batches, and bounds on their lengths. */
#ifndef JKOFLOW_GEODESIC_HPP
#define JKOFLOW_GEODESIC_HPP

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph.hpp"

namespace jkoflow {

class Energy;
class Solver;

/* `lower <= W_K <= upper`; the status is RESOLUTION where the gap is wider than was wanted. */
struct Bounds {
    double lower = 0.0;
    double upper = 0.0;
    Status status = JKO_STATUS_OK;
};

/* A solved geodesic problem. Where it did not converge its numbers are those of the best path found. */
class Geodesic {
public:
    /* From `mu0` to `mu1`, any two mass vectors of length n. */
    Geodesic(const Graph &graph, const Array<double> &mu0, const Array<double> &mu1,
             const GeodesicOptions &options = {}) {
        detail::Watcher watcher(options.progress);
        const jko_geodesic_options lowered = detail::lower(options, watcher);
        owner_ = watcher.make<Owner>([&](jko_geodesic **out) {
            return jko_geodesic_solve(graph.handle(), mu0.data(), mu0.size(), mu1.data(), mu1.size(),
                                      &lowered, out);
        });
    }

    /* Takes over a handle of the C interface. */
    explicit Geodesic(jko_geodesic *handle) : owner_(handle) {}

    /* Infinite where the solve was stopped before its first iteration; see `termination`. */
    double distance() const { return jko_geodesic_distance(handle()); }
    /* Estimated relative error of the distance and of the end potentials. */
    double error_estimate() const { return jko_geodesic_error_estimate(handle()); }
    /* Estimated relative error of masses and potentials between the ends. */
    double path_error_estimate() const { return jko_geodesic_path_error_estimate(handle()); }
    double residual() const { return jko_geodesic_residual(handle()); }
    std::size_t iterations() const { return jko_geodesic_iterations(handle()); }
    std::size_t time_nodes() const { return jko_geodesic_time_nodes(handle()); }
    std::size_t nodes() const { return jko_geodesic_nodes(handle()); }
    Mean mean() const { return static_cast<Mean>(jko_geodesic_mean(handle())); }
    Status termination() const { return jko_geodesic_termination(handle()); }
    bool converged() const { return termination() == JKO_STATUS_OK; }

    /* The method that found it, and why that ran. */
    std::string method() const {
        return detail::text(
            [&](char *text, std::size_t size) { return jko_geodesic_method(handle(), text, size); });
    }
    std::string reason() const {
        return detail::text(
            [&](char *text, std::size_t size) { return jko_geodesic_reason(handle(), text, size); });
    }

    /* `psi(0)`, minus the derivative of `W^2/2` in `mu0`, and `psi(1)`, the derivative in `mu1`. */
    std::vector<double> potential_start() const { return filled(jko_geodesic_potential_start); }
    std::vector<double> potential_end() const { return filled(jko_geodesic_potential_end); }

    /* Masses, densities and the potential at a time in [0, 1]. */
    std::vector<double> mass_at(double t) const { return filled_at(jko_geodesic_mass_at, t); }
    std::vector<double> density_at(double t) const { return filled_at(jko_geodesic_density_at, t); }
    std::vector<double> potential_at(double t) const { return filled_at(jko_geodesic_potential_at, t); }

    Bounds bounds(const BoundOptions &options = {}) const {
        detail::Watcher watcher(options.progress);
        const jko_bound_options lowered = detail::lower(options, watcher);
        Bounds bounds{0.0, std::numeric_limits<double>::infinity(), JKO_STATUS_OK};
        bounds.status =
            watcher.check(jko_geodesic_bounds(handle(), &lowered, &bounds.lower, &bounds.upper));
        return bounds;
    }

    const jko_geodesic *handle() const { return owner_.get(); }

private:
    friend class Energy;
    friend class Solver;
    using Owner = detail::Owner<jko_geodesic, jko_geodesic_free>;

    explicit Geodesic(Owner owner) : owner_(std::move(owner)) {}

    template <class Get> std::vector<double> filled(Get &&get) const {
        return detail::filled(nodes(),
                              [&](double *out, std::size_t size) { return get(handle(), out, size); });
    }
    template <class Get> std::vector<double> filled_at(Get &&get, double t) const {
        return detail::filled(
            nodes(), [&](double *out, std::size_t size) { return get(handle(), t, out, size); });
    }

    Owner owner_;
};

/* What a loop over many geodesics on one graph reuses. One user at a time. */
class Solver {
public:
    explicit Solver(const Graph &graph, const GeodesicOptions &options = {})
        : watcher_(std::make_unique<detail::Watcher>(options.progress)) {
        const jko_geodesic_options lowered = detail::lower(options, *watcher_);
        owner_ =
            Owner::make([&](jko_solver **out) { return jko_solver_new(graph.handle(), &lowered, out); });
    }

    Geodesic solve(const Array<double> &mu0, const Array<double> &mu1) {
        return run([&](jko_geodesic **out) {
            return jko_solver_solve(handle(), mu0.data(), mu0.size(), mu1.data(), mu1.size(), out);
        });
    }

    /* Starts from the factorisation that the previous solve left. */
    Geodesic solve_next(const Array<double> &mu0, const Array<double> &mu1) {
        return run([&](jko_geodesic **out) {
            return jko_solver_solve_next(handle(), mu0.data(), mu0.size(), mu1.data(), mu1.size(), out);
        });
    }

    /* Starts from the path of an earlier geodesic between similar ends. */
    Geodesic solve_from(const Geodesic &start, const Array<double> &mu0, const Array<double> &mu1) {
        return run([&](jko_geodesic **out) {
            return jko_solver_solve_from(handle(), start.handle(), mu0.data(), mu0.size(), mu1.data(),
                                         mu1.size(), out);
        });
    }

    jko_solver *handle() { return owner_.get(); }

private:
    using Owner = detail::Owner<jko_solver, jko_solver_free>;

    template <class Solve> Geodesic run(Solve &&solve) {
        handle(); // throws where the solver was moved from, and has no watcher
        return Geodesic(watcher_->make<Geodesic::Owner>(solve));
    }

    std::unique_ptr<detail::Watcher> watcher_;
    Owner owner_;
};

/* The geodesics between consecutive rows of snapshots. The result does not depend on the number of
 * threads. */
inline std::vector<Geodesic> geodesics(const Graph &graph, const Rows &snapshots,
                                       const GeodesicOptions &options = {},
                                       std::int32_t num_threads = 1) {
    detail::Watcher watcher(options.progress);
    const jko_geodesic_options lowered = detail::lower(options, watcher);
    std::vector<jko_geodesic *> handles(snapshots.rows() > 0 ? snapshots.rows() - 1 : 0);
    std::vector<Geodesic> geodesics;
    geodesics.reserve(handles.size());
    const Status status = jko_geodesic_batch(
        graph.handle(), snapshots.data(), snapshots.rows(), snapshots.cols(), snapshots.row_stride(),
        snapshots.col_stride(), &lowered, num_threads, handles.data(), handles.size());
    for (jko_geodesic *handle : handles) {
        geodesics.emplace_back(handle);
    }
    watcher.check(status);
    return geodesics;
}

/* What learning needs of the geodesics between consecutive snapshots; one row or entry for each. */
struct GeodesicValues {
    std::vector<double> distance;
    std::vector<Status> termination;
    Matrix potential_start;
    Matrix potential_end;
};

inline GeodesicValues geodesic_values(const Graph &graph, const Rows &snapshots,
                                      const GeodesicOptions &options = {},
                                      std::int32_t num_threads = 1) {
    detail::Watcher watcher(options.progress);
    const jko_geodesic_options lowered = detail::lower(options, watcher);
    const std::size_t pairs = snapshots.rows() > 0 ? snapshots.rows() - 1 : 0;
    GeodesicValues values{std::vector<double>(pairs), std::vector<Status>(pairs),
                          Matrix(pairs, snapshots.cols()), Matrix(pairs, snapshots.cols())};
    watcher.check(jko_geodesic_batch_values(
        graph.handle(), snapshots.data(), snapshots.rows(), snapshots.cols(), snapshots.row_stride(),
        snapshots.col_stride(), &lowered, num_threads, values.distance.data(), values.distance.size(),
        values.termination.data(), values.termination.size(), values.potential_start.data(),
        values.potential_start.rowStride(), values.potential_start.colStride(),
        values.potential_end.data(), values.potential_end.rowStride(),
        values.potential_end.colStride()));
    return values;
}

} // namespace jkoflow

#endif
