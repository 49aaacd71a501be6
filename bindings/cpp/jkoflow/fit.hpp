/* Learning an energy from snapshots. */
#ifndef JKOFLOW_FIT_HPP
#define JKOFLOW_FIT_HPP

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "fitted.hpp"
#include "terms.hpp"

namespace jkoflow {

/* The share of the motion that is explained in steps left out, at most 1, and its standard error. */
struct CrossValidation {
    double explained = 0.0;
    double standard_error = 0.0;
};

/* A learning problem: what the steps seen so far add up to. */
class Fit {
public:
    /* Learns a potential and the entropy coefficient. */
    explicit Fit(const Graph &graph, const FitOptions &options = {}) : Fit(graph, nullptr, options) {}

    /* Learns these terms, which are copied. */
    Fit(const Graph &graph, const Terms &terms, const FitOptions &options = {})
        : Fit(graph, terms.handle(), options) {}

    /* Steps added so far. */
    std::size_t pairs() const {
        std::size_t pairs = 0;
        detail::check(jko_fit_pairs(handle(), &pairs));
        return pairs;
    }

    /* One step of length `tau` whose geodesic is known, with a weight in the loss. */
    Fit &add_pair(const Geodesic &geodesic, double tau, double weight = 1.0) {
        detail::check(jko_fit_add_pair(handle(), geodesic.handle(), tau, weight));
        return *this;
    }

    /* The steps between consecutive rows of snapshots at increasing times. */
    Fit &add_trajectory(const Array<double> &times, const Rows &snapshots,
                        std::int32_t num_threads = 1) {
        jko_fit *fit = handle();
        watcher_->finish(jko_fit_add_trajectory(
            fit, times.data(), times.size(), snapshots.data(), snapshots.rows(), snapshots.cols(),
            snapshots.row_stride(), snapshots.col_stride(), num_threads));
        return *this;
    }

    /* The same for terms of one's own: row `s count + j` of `variations` is the first variation of their
     * functional `j` at snapshot `s`. */
    Fit &add_trajectory_with(const Array<double> &times, const Rows &snapshots, const Rows &variations,
                             std::int32_t num_threads = 1) {
        jko_fit *fit = handle();
        watcher_->finish(jko_fit_add_trajectory_with(
            fit, times.data(), times.size(), snapshots.data(), snapshots.rows(), snapshots.cols(),
            snapshots.row_stride(), snapshots.col_stride(), variations.data(), variations.rows(),
            variations.row_stride(), variations.col_stride(), num_threads));
        return *this;
    }

    /* Everything that another fit has seen. */
    Fit &merge(const Fit &other) {
        detail::check(jko_fit_merge(handle(), other.handle()));
        return *this;
    }

    /* What `solve` needs of the data; buffers of the same problem may be added entry by entry. */
    std::vector<double> statistics() const {
        std::size_t size = 0;
        detail::check(jko_fit_statistics_len(handle(), &size));
        return detail::filled(size, [&](double *statistics, std::size_t length) {
            return jko_fit_statistics(handle(), statistics, length);
        });
    }

    Fit &add_statistics(const Array<double> &statistics) {
        detail::check(jko_fit_add_statistics(handle(), statistics.data(), statistics.size()));
        return *this;
    }

    /* How well terms predict blocks of steps that were left out; `forward` teaches by earlier blocks
     * only. An entry per term: its ridge, and whether it takes part (1 or 0). */
    CrossValidation cross_validate(std::int64_t blocks, const Array<double> &ridges,
                                   const Array<std::int32_t> &included, bool forward = false) const {
        CrossValidation result;
        detail::check(jko_fit_cross_validate(handle(), blocks, forward ? 1 : 0, ridges.data(),
                                             ridges.size(), included.data(), included.size(),
                                             &result.explained, &result.standard_error));
        return result;
    }

    /* The energy that minimises the loss plus the ridge. */
    Fitted solve(const Ridge &ridge = {}) const {
        const jko_ridge lowered = detail::lower(ridge);
        return solved([&](jko_fitted **out) { return jko_fit_solve(handle(), &lowered, out); });
    }

    /* The same with a ridge per term. */
    Fitted solve_with(const Array<double> &ridges) const {
        return solved([&](jko_fitted **out) {
            return jko_fit_solve_with(handle(), ridges.data(), ridges.size(), out);
        });
    }

    jko_fit *handle() { return owner_.get(); }
    const jko_fit *handle() const { return owner_.get(); }

private:
    using Owner = detail::Owner<jko_fit, jko_fit_free>;

    /* Without terms the library's default ones. */
    Fit(const Graph &graph, const jko_terms *terms, const FitOptions &options)
        : watcher_(std::make_unique<detail::Watcher>(options.progress)), nodes_(graph.nodes()) {
        const jko_fit_options lowered = detail::lower(options, *watcher_);
        owner_ = Owner::make([&](jko_fit **out) {
            return terms == nullptr ? jko_fit_new(graph.handle(), &lowered, out)
                                    : jko_fit_new_with_terms(graph.handle(), &lowered, terms, out);
        });
    }

    template <class Solve> Fitted solved(Solve &&solve) const {
        return Fitted(Fitted::Owner::make(solve), nodes_);
    }

    std::unique_ptr<detail::Watcher> watcher_;
    std::size_t nodes_;
    Owner owner_;
};

inline double Fitted::explained_of(const Fit &fit) const {
    double explained = 0.0;
    detail::check(jko_fitted_explained_of(handle(), fit.handle(), &explained));
    return explained;
}

/* The loss of a trajectory at the first variations of an energy, and its gradient in them. */
struct LossValue {
    double value = 0.0;
    Matrix gradient;
};

/* The quadratic loss of a trajectory, for an energy of any kind that is trained against it. */
class SnapshotLoss {
public:
    SnapshotLoss(const Graph &graph, const Array<double> &times, const Rows &snapshots,
                 const FitOptions &options = {}, std::int32_t num_threads = 1) {
        detail::Watcher watcher(options.progress);
        const jko_fit_options lowered = detail::lower(options, watcher);
        owner_ = watcher.make<Owner>([&](jko_snapshot_loss **out) {
            return jko_snapshot_loss_new(
                graph.handle(), &lowered, times.data(), times.size(), snapshots.data(), snapshots.rows(),
                snapshots.cols(), snapshots.row_stride(), snapshots.col_stride(), num_threads, out);
        });
    }

    /* At first variations, one row per snapshot; the gradient has the same shape. */
    LossValue evaluate(const Rows &variations) const {
        LossValue result{0.0, Matrix(variations.rows(), variations.cols())};
        detail::check(jko_snapshot_loss_evaluate(
            handle(), variations.data(), variations.rows(), variations.cols(), variations.row_stride(),
            variations.col_stride(), &result.value, result.gradient.data(), result.gradient.rowStride(),
            result.gradient.colStride()));
        return result;
    }

    const jko_snapshot_loss *handle() const { return owner_.get(); }

private:
    using Owner = detail::Owner<jko_snapshot_loss, jko_snapshot_loss_free>;
    Owner owner_;
};

} // namespace jkoflow

#endif
