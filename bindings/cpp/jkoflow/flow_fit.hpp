/* Learning an energy from predictions of its flow. */
#ifndef JKOFLOW_FLOW_FIT_HPP
#define JKOFLOW_FLOW_FIT_HPP

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "estimate.hpp"
#include "terms.hpp"

namespace jkoflow {

/* What a fit of the flow found, and how well it predicts the data. `FlowFit::solve` makes it. */
class FlowFitted {
public:
    /* A copy of the parameters with their covariance. */
    Estimate estimate() const {
        return Estimate(nodes_,
                        [&](jko_estimate **out) { return jko_flow_fitted_estimate(handle(), out); });
    }

    /* The misfit at the solution, without the ridge. */
    double residual() const { return jko_flow_fitted_residual(handle()); }
    /* One minus the misfit over that of persistence, which predicts that nothing moves. */
    double explained() const { return jko_flow_fitted_explained(handle()); }
    /* Steps that were predicted. */
    std::size_t pairs() const { return jko_flow_fitted_pairs(handle()); }

    /* The misfit of each step, trajectory by trajectory. */
    std::vector<double> residuals() const {
        return detail::filled(pairs(), [&](double *residuals, std::size_t size) {
            return jko_flow_fitted_residuals(handle(), residuals, size);
        });
    }

    const jko_flow_fitted *handle() const { return owner_.get(); }

private:
    friend class FlowFit;
    using Owner = detail::Owner<jko_flow_fitted, jko_flow_fitted_free>;

    FlowFitted(Owner owner, std::size_t nodes) : owner_(std::move(owner)), nodes_(nodes) {}

    Owner owner_;
    std::size_t nodes_;
};

/* A learning problem in which each snapshot is predicted from the one before by integrating the flow:
 * without the bias in the time step that the losses of a `Fit` have. */
class FlowFit {
public:
    /* Learns a potential and the entropy coefficient. */
    explicit FlowFit(const Graph &graph, const FlowFitOptions &options = {})
        : FlowFit(graph, Terms().add_potential().add_entropy(), options) {}

    /* Learns these terms, which are copied. */
    FlowFit(const Graph &graph, const Terms &terms, const FlowFitOptions &options = {})
        : watcher_(std::make_unique<detail::Watcher>(options.progress)), nodes_(graph.nodes()) {
        const jko_flow_fit_options lowered = detail::lower(options, *watcher_);
        owner_ = Owner::make([&](jko_flow_fit **out) {
            return jko_flow_fit_new(graph.handle(), terms.handle(), &lowered, out);
        });
    }

    /* The steps between consecutive rows of snapshots at increasing times. */
    FlowFit &add_trajectory(const Array<double> &times, const Rows &snapshots) {
        detail::check(jko_flow_fit_add_trajectory(handle(), times.data(), times.size(), snapshots.data(),
                                                  snapshots.rows(), snapshots.cols(),
                                                  snapshots.row_stride(), snapshots.col_stride()));
        return *this;
    }

    /* The parameters that minimise the misfit plus a ridge per term, empty for none, from a start, empty
     * for that of a symmetric `Fit`. Not constant, since it calls the callback of the options. */
    FlowFitted solve(const Array<double> &ridges = {}, const Array<double> &start = {},
                     std::int32_t num_threads = 1) {
        const jko_flow_fit *fit = handle();
        auto owner = watcher_->make<FlowFitted::Owner>([&](jko_flow_fitted **out) {
            return jko_flow_fit_solve(fit, ridges.data(), ridges.size(), start.data(), start.size(),
                                      num_threads, out);
        });
        return FlowFitted(std::move(owner), nodes_);
    }

    jko_flow_fit *handle() { return owner_.get(); }
    const jko_flow_fit *handle() const { return owner_.get(); }

private:
    using Owner = detail::Owner<jko_flow_fit, jko_flow_fit_free>;

    std::unique_ptr<detail::Watcher> watcher_;
    std::size_t nodes_;
    Owner owner_;
};

} // namespace jkoflow

#endif
