/* Learned energies. */
#ifndef JKOFLOW_FITTED_HPP
#define JKOFLOW_FITTED_HPP

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "energy.hpp"
#include "forecast.hpp"

namespace jkoflow {

class Fit;

/* A learned energy and how well it explains the data. `Fit::solve` makes it. */
class Fitted {
public:
    /* An energy of its own, ready for a flow. */
    Energy energy() const {
        jko_energy *energy = nullptr;
        detail::check(jko_fitted_energy(handle(), &energy));
        return Energy(energy);
    }

    /* The potential, mean zero under `pi`; zeros where it was not among the terms. */
    std::vector<double> potential() const {
        return detail::filled(nodes_, [&](double *potential, std::size_t size) {
            return jko_fitted_potential(handle(), potential, size);
        });
    }

    /* The entropy coefficient, 0 where it was not among the terms. */
    double entropy() const { return jko_fitted_entropy(handle()); }
    /* The mobility mean of the fit, under which the energy was learned. */
    Mean mean() const { return static_cast<Mean>(jko_fitted_mean(handle())); }
    /* The loss at the solution, without the ridge. */
    double residual() const { return jko_fitted_residual(handle()); }
    /* The share of the observed motion that the energy explains, at most 1. */
    double explained() const { return jko_fitted_explained(handle()); }
    /* Steps that were seen. */
    std::size_t pairs() const { return jko_fitted_pairs(handle()); }
    /* The share of the motion in the steps of a fit, learned from or not, that the energy explains. */
    inline double explained_of(const Fit &fit) const;

    std::size_t parameter_count() const {
        std::size_t count = 0;
        detail::check(jko_fitted_parameter_count(handle(), &count));
        return count;
    }

    /* All parameters in the order of the terms, and their standard errors, NaN where unknown. */
    std::vector<double> parameters() const {
        return detail::filled(parameter_count(), [&](double *parameters, std::size_t size) {
            return jko_fitted_parameters(handle(), parameters, size);
        });
    }
    std::vector<double> standard_errors() const {
        return detail::filled(parameter_count(), [&](double *errors, std::size_t size) {
            return jko_fitted_standard_errors(handle(), errors, size);
        });
    }

    /* The covariance of two parameters, NaN where unknown. */
    double covariance(std::int64_t p, std::int64_t q) const {
        return jko_fitted_covariance(handle(), p, q);
    }

    /* The name of a parameter, such as `potential[3]`; empty where there is none. */
    std::string parameter_name(std::int64_t parameter) const {
        return detail::text([&](char *text, std::size_t size) {
            return jko_fitted_parameter_name(handle(), parameter, text, size);
        });
    }

    /* The loss of each step. */
    std::vector<double> residuals() const {
        return detail::filled(pairs(), [&](double *residuals, std::size_t size) {
            return jko_fitted_residuals(handle(), residuals, size);
        });
    }

    /* The directions that the data alone do not determine, one per line. */
    std::string unidentified() const {
        return detail::text(
            [&](char *text, std::size_t size) { return jko_fitted_unidentified(handle(), text, size); });
    }

    /* The share of the motion that a pure heat flow explains, and its entropy coefficient. */
    double heat_explained() const { return jko_fitted_heat_explained(handle()); }
    double heat_entropy() const { return jko_fitted_heat_entropy(handle()); }

    /* The gradient flow from `mu0`, positive and taken as known, at increasing times; the first is that
     * of `mu0`. Options have to have the mean of the fit; without them it is taken. */
    Forecast forecast(const Array<double> &mu0, const Array<double> &times) const {
        return forecast(mu0, times, detail::under<FlowOptions>(mean()));
    }
    Forecast forecast(const Array<double> &mu0, const Array<double> &times,
                      const FlowOptions &options) const {
        return Forecast(nodes_, options, [&](const jko_flow_options *lowered, jko_forecast **out) {
            return jko_fitted_forecast(handle(), mu0.data(), mu0.size(), times.data(), times.size(),
                                       lowered, out);
        });
    }

    const jko_fitted *handle() const { return owner_.get(); }

private:
    friend class Fit;
    using Owner = detail::Owner<jko_fitted, jko_fitted_free>;

    Fitted(Owner owner, std::size_t nodes) : owner_(std::move(owner)), nodes_(nodes) {}

    Owner owner_;
    std::size_t nodes_;
};

} // namespace jkoflow

#endif
