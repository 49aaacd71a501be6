/* What fits of the flow and of counts find: parameters with their covariance. */
#ifndef JKOFLOW_ESTIMATE_HPP
#define JKOFLOW_ESTIMATE_HPP

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "energy.hpp"
#include "forecast.hpp"

namespace jkoflow {

/* Parameters of an energy. `FlowFitted::estimate` and `CountFitted::estimate` make it. */
class Estimate {
public:
    /* OK, or ITERATION_LIMIT or STALLED where the fit did not converge. */
    Status status() const { return jko_estimate_status(handle()); }
    bool converged() const { return status() == JKO_STATUS_OK; }
    std::size_t iterations() const { return jko_estimate_iterations(handle()); }
    /* The mobility mean of the fit, under which the energy was learned. */
    Mean mean() const { return static_cast<Mean>(jko_estimate_mean(handle())); }

    /* An energy of its own, ready for a flow. */
    Energy energy() const {
        jko_energy *energy = nullptr;
        detail::check(jko_estimate_energy(handle(), &energy));
        return Energy(energy);
    }

    /* The potential, mean zero under `pi`; zeros where it was not among the terms. */
    std::vector<double> potential() const {
        return detail::filled(nodes_, [&](double *potential, std::size_t size) {
            return jko_estimate_potential(handle(), potential, size);
        });
    }

    /* The entropy coefficient, 0 where it was not among the terms. */
    double entropy() const { return jko_estimate_entropy(handle()); }

    std::size_t parameter_count() const { return jko_estimate_parameter_count(handle()); }

    /* All parameters in the order of the terms, and their standard errors: NaN at a bound and without a
     * degree of freedom left, infinite where neither data nor ridge determine a parameter. */
    std::vector<double> parameters() const {
        return detail::filled(parameter_count(), [&](double *parameters, std::size_t size) {
            return jko_estimate_parameters(handle(), parameters, size);
        });
    }
    std::vector<double> standard_errors() const {
        return detail::filled(parameter_count(), [&](double *errors, std::size_t size) {
            return jko_estimate_standard_errors(handle(), errors, size);
        });
    }

    /* Of all parameters; directions that the data do not determine are left out of it. */
    Matrix covariance() const {
        Matrix covariance(parameter_count(), parameter_count());
        detail::check(jko_estimate_covariance(handle(), covariance.data(), covariance.rows(),
                                              covariance.cols(), covariance.rowStride(),
                                              covariance.colStride()));
        return covariance;
    }

    /* The name of a parameter, such as `potential[3]`; empty where there is none. */
    std::string parameter_name(std::int64_t parameter) const {
        return detail::text([&](char *text, std::size_t size) {
            return jko_estimate_parameter_name(handle(), parameter, text, size);
        });
    }

    /* The directions that the data alone do not determine, one per line. */
    std::string unidentified() const {
        return detail::text([&](char *text, std::size_t size) {
            return jko_estimate_unidentified(handle(), text, size);
        });
    }

    /* The gradient flow from `mu0`, positive and taken as known, at increasing times; the first is that
     * of `mu0`. Options have to have the mean of the fit; without them it is taken. */
    Forecast forecast(const Array<double> &mu0, const Array<double> &times) const {
        return forecast(mu0, times, detail::under<FlowOptions>(mean()));
    }
    Forecast forecast(const Array<double> &mu0, const Array<double> &times,
                      const FlowOptions &options) const {
        return Forecast(nodes_, options, [&](const jko_flow_options *lowered, jko_forecast **out) {
            return jko_estimate_forecast(handle(), mu0.data(), mu0.size(), times.data(), times.size(),
                                         lowered, out);
        });
    }

    /* The same by JKO steps of length `tau` from `mu0` at time 0. */
    Forecast forecast_steps(const Array<double> &mu0, double tau, std::int64_t steps) const {
        return forecast_steps(mu0, tau, steps, detail::under<GeodesicOptions>(mean()));
    }
    Forecast forecast_steps(const Array<double> &mu0, double tau, std::int64_t steps,
                            const GeodesicOptions &options, std::int32_t num_threads = 1) const {
        return Forecast(nodes_, options, [&](const jko_geodesic_options *lowered, jko_forecast **out) {
            return jko_estimate_forecast_steps(handle(), mu0.data(), mu0.size(), tau, steps, lowered,
                                               num_threads, out);
        });
    }

    const jko_estimate *handle() const { return owner_.get(); }

private:
    friend class CountFitted;
    friend class FlowFitted;
    using Owner = detail::Owner<jko_estimate, jko_estimate_free>;

    /* By `copy(out)` of the C interface. */
    template <class Copy> Estimate(std::size_t nodes, Copy &&copy)
        : owner_(Owner::make(copy)), nodes_(nodes) {}

    Owner owner_;
    std::size_t nodes_;
};

} // namespace jkoflow

#endif
