/* What learned energies predict. */
#ifndef JKOFLOW_FORECAST_HPP
#define JKOFLOW_FORECAST_HPP

#include <utility>
#include <vector>

#include "array.hpp"
#include "options.hpp"

namespace jkoflow {

namespace detail {

/* The defaults with this mean. */
template <class Options> Options under(Mean mean) {
    Options options;
    options.mean = mean;
    return options;
}

} // namespace detail

/* Bounds on the masses at one time, of length n each. */
struct Band {
    std::vector<double> lower;
    std::vector<double> upper;
};

/* Predicted masses with standard errors, which say how much is unknown of the energy: not the scatter of
 * counts, nor that the model may be wrong. `Estimate`, `Fitted` and `CountFitted` make it. */
class Forecast {
public:
    /* Number of times. */
    std::size_t count() const { return jko_forecast_count(handle()); }

    std::vector<double> times() const {
        return detail::filled(count(), [&](double *times, std::size_t size) {
            return jko_forecast_times(handle(), times, size);
        });
    }

    /* The masses at all times, one row each, and their standard errors, NaN without a covariance. */
    Matrix masses() const { return filled(jko_forecast_masses); }
    Matrix standard_errors() const { return filled(jko_forecast_standard_errors); }

    /* Bands of `quantile` standard errors about the masses at time number `time`; 1.96 for 95 %. They
     * are bands of the logarithms, so that they are positive. */
    Band band(std::size_t time, double quantile = 1.96) const {
        Band band{std::vector<double>(nodes_), std::vector<double>(nodes_)};
        detail::check(jko_forecast_band(handle(), time, quantile, band.lower.data(), nodes_,
                                        band.upper.data(), nodes_));
        return band;
    }

    const jko_forecast *handle() const { return owner_.get(); }

private:
    friend class CountFitted;
    friend class Estimate;
    friend class Fitted;
    using Owner = detail::Owner<jko_forecast, jko_forecast_free>;

    /* By `predict(options, out)` of the C interface. */
    template <class Options, class Predict>
    Forecast(std::size_t nodes, const Options &options, Predict &&predict) : nodes_(nodes) {
        detail::Watcher watcher(options.progress);
        const auto lowered = detail::lower(options, watcher);
        owner_ = watcher.make<Owner>([&](jko_forecast **out) { return predict(&lowered, out); });
    }

    template <class Get> Matrix filled(Get &&get) const {
        Matrix values(count(), nodes_);
        detail::check(get(handle(), values.data(), values.rows(), values.cols(), values.rowStride(),
                          values.colStride()));
        return values;
    }

    Owner owner_;
    std::size_t nodes_;
};

} // namespace jkoflow

#endif
