/* Learning an energy from counts. */
#ifndef JKOFLOW_COUNT_FIT_HPP
#define JKOFLOW_COUNT_FIT_HPP

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "estimate.hpp"
#include "terms.hpp"

namespace jkoflow {

/* What maximum likelihood found. `CountFit::solve` makes it. */
class CountFitted {
public:
    /* A copy of the parameters with their covariance, the inverse of the Fisher information. */
    Estimate estimate() const {
        return Estimate(nodes_,
                        [&](jko_estimate **out) { return jko_count_fitted_estimate(handle(), out); });
    }

    /* Twice the log-likelihood that a perfect prediction of every snapshot would gain: chi squared with
     * `degrees_of_freedom`, where the model holds and counts are not small. */
    double deviance() const { return jko_count_fitted_deviance(handle()); }
    std::size_t degrees_of_freedom() const { return jko_count_fitted_degrees_of_freedom(handle()); }

    /* The estimated masses at the first time of a trajectory. */
    std::vector<double> start(std::size_t trajectory) const {
        return detail::filled(nodes_, [&](double *mass, std::size_t size) {
            return jko_count_fitted_start(handle(), trajectory, mass, size);
        });
    }

    /* The masses of a trajectory at increasing times from its first on; the standard errors know that
     * its start is an estimate. Options have to have the mean of the fit; without them it is taken. */
    Forecast forecast(std::size_t trajectory, const Array<double> &times) const {
        return forecast(trajectory, times, detail::under<FlowOptions>(estimate().mean()));
    }
    Forecast forecast(std::size_t trajectory, const Array<double> &times,
                      const FlowOptions &options) const {
        return Forecast(nodes_, options, [&](const jko_flow_options *lowered, jko_forecast **out) {
            return jko_count_fitted_forecast(handle(), trajectory, times.data(), times.size(), lowered,
                                             out);
        });
    }

    const jko_count_fitted *handle() const { return owner_.get(); }

private:
    friend class CountFit;
    using Owner = detail::Owner<jko_count_fitted, jko_count_fitted_free>;

    CountFitted(Owner owner, std::size_t nodes) : owner_(std::move(owner)), nodes_(nodes) {}

    Owner owner_;
    std::size_t nodes_;
};

/* A learning problem whose snapshots are counts of independent individuals: their likelihood is
 * maximised over the energy and the start of each trajectory. */
class CountFit {
public:
    /* Learns a potential and the entropy coefficient. */
    explicit CountFit(const Graph &graph, const CountFitOptions &options = {})
        : CountFit(graph, Terms().add_potential().add_entropy(), options) {}

    /* Learns these terms, which are copied. */
    CountFit(const Graph &graph, const Terms &terms, const CountFitOptions &options = {})
        : watcher_(std::make_unique<detail::Watcher>(options.progress)), nodes_(graph.nodes()) {
        const jko_count_fit_options lowered = detail::lower(options, *watcher_);
        owner_ = Owner::make([&](jko_count_fit **out) {
            return jko_count_fit_new(graph.handle(), terms.handle(), &lowered, out);
        });
    }

    /* Counts at increasing times, one row each; zeros are welcome, shares are not. */
    CountFit &add_trajectory(const Array<double> &times, const Rows &counts) {
        detail::check(jko_count_fit_add_trajectory(handle(), times.data(), times.size(), counts.data(),
                                                   counts.rows(), counts.cols(), counts.row_stride(),
                                                   counts.col_stride()));
        return *this;
    }

    /* The parameters and starts that maximise the likelihood less a ridge per term, empty for none, from
     * parameters `start`, empty for those that the library finds. Not constant, since it calls the
     * callback of the options. */
    CountFitted solve(const Array<double> &ridges = {}, const Array<double> &start = {},
                      std::int32_t num_threads = 1) {
        const jko_count_fit *fit = handle();
        auto owner = watcher_->make<CountFitted::Owner>([&](jko_count_fitted **out) {
            return jko_count_fit_solve(fit, ridges.data(), ridges.size(), start.data(), start.size(),
                                       num_threads, out);
        });
        return CountFitted(std::move(owner), nodes_);
    }

    jko_count_fit *handle() { return owner_.get(); }
    const jko_count_fit *handle() const { return owner_.get(); }

private:
    using Owner = detail::Owner<jko_count_fit, jko_count_fit_free>;

    std::unique_ptr<detail::Watcher> watcher_;
    std::size_t nodes_;
    Owner owner_;
};

} // namespace jkoflow

#endif
