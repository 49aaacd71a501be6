/* Free energies, their gradient flows and their JKO steps. */
#ifndef JKOFLOW_ENERGY_HPP
#define JKOFLOW_ENERGY_HPP

#include <utility>
#include <vector>

#include "geodesic.hpp"

namespace jkoflow {

/* The next distribution of the JKO scheme. */
struct Step {
    std::vector<double> mass;
    /* How far the optimality condition is from being met, relatively. */
    double residual = 0.0;
    Status status = JKO_STATUS_OK;
    /* The geodesic that the step followed. */
    Geodesic geodesic;

    bool converged() const noexcept { return status == JKO_STATUS_OK; }
};

/* `F(mu) = sum V mu + 1/2 sum W mu mu + beta sum mu ln(mu/pi) + sum pi sum_k a_k U_k(mu/pi)`, zero when
 * new. The functions that change it return it, so that they can be written one after the other. */
class Energy {
public:
    explicit Energy(const Graph &graph)
        : owner_(Owner::make([&](jko_energy **out) { return jko_energy_new(graph.handle(), out); })) {}

    /* Takes over a handle of the C interface. */
    explicit Energy(jko_energy *handle) : owner_(handle) {}

    /* The potential `V`, length n. */
    Energy &set_potential(const Array<double> &potential) {
        detail::check(jko_energy_set_potential(handle(), potential.data(), potential.size()));
        return *this;
    }

    /* The interaction `W`, symmetric, n by n. */
    Energy &set_interaction(const Rows &interaction) {
        detail::check(jko_energy_set_interaction_dense(handle(), interaction.data(), interaction.rows(),
                                                       interaction.cols(), interaction.row_stride(),
                                                       interaction.col_stride()));
        return *this;
    }

    /* The interaction `W` in compressed rows or columns, both triangles. */
    Energy &set_interaction(const Array<std::int64_t> &row_start, const Array<std::int64_t> &column,
                            const Array<double> &value, const GraphOptions &options = {}) {
        const jko_graph_options lowered = detail::lower(options);
        detail::check(jko_energy_set_interaction_sparse(handle(), row_start.data(), row_start.size(),
                                                        column.data(), column.size(), value.data(),
                                                        value.size(), &lowered));
        return *this;
    }

    /* The coefficient `beta` of the entropy. */
    Energy &set_entropy(double beta) {
        detail::check(jko_energy_set_entropy(handle(), beta));
        return *this;
    }

    /* Adds `coefficient` times the internal energy `U(r) = r^m / (m - 1)`. */
    Energy &add_power(double coefficient, double m) {
        detail::check(jko_energy_add_internal(handle(), coefficient, JKO_INTERNAL_POWER, m));
        return *this;
    }

    double value(const Array<double> &mu) const {
        double value = 0.0;
        detail::check(jko_energy_value(handle(), mu.data(), mu.size(), &value));
        return value;
    }

    /* `dF/dmu_x`. */
    std::vector<double> first_variation(const Array<double> &mu) const {
        return detail::filled(mu.size(), [&](double *variation, std::size_t size) {
            return jko_energy_first_variation(handle(), mu.data(), mu.size(), variation, size);
        });
    }

    /* The second variation applied to a direction. */
    std::vector<double> second_variation(const Array<double> &mu, const Array<double> &direction) const {
        return detail::filled(mu.size(), [&](double *variation, std::size_t size) {
            return jko_energy_second_variation(handle(), mu.data(), mu.size(), direction.data(),
                                               direction.size(), variation, size);
        });
    }

    /* `argmin F(mu) + W_K(mu0, mu)^2 / (2 tau)`. */
    Step step(const Array<double> &mu0, double tau, const GeodesicOptions &options = {}) const {
        detail::Watcher watcher(options.progress);
        const jko_geodesic_options lowered = detail::lower(options, watcher);
        std::vector<double> mass(mu0.size());
        double residual = 0.0;
        Status status = JKO_STATUS_OK;
        Geodesic geodesic(watcher.make<Geodesic::Owner>([&](jko_geodesic **out) {
            status = jko_energy_step(handle(), mu0.data(), mu0.size(), tau, &lowered, mass.data(),
                                     mass.size(), &residual, out);
            return status;
        }));
        return Step{std::move(mass), residual, status, std::move(geodesic)};
    }

    jko_energy *handle() { return owner_.get(); }
    const jko_energy *handle() const { return owner_.get(); }

private:
    using Owner = detail::Owner<jko_energy, jko_energy_free>;
    Owner owner_;
};

/* A simulated gradient flow. */
class Flow {
public:
    /* From `mu0`, with mass on every node, at the first of increasing times; seen at all of them. */
    Flow(const Energy &energy, const Array<double> &mu0, const Array<double> &times,
         const FlowOptions &options = {}) {
        detail::Watcher watcher(options.progress);
        const jko_flow_options lowered = detail::lower(options, watcher);
        owner_ = watcher.make<Owner>([&](jko_flow **out) {
            status_ = jko_flow_simulate(energy.handle(), mu0.data(), mu0.size(), times.data(),
                                        times.size(), &lowered, out);
            return status_;
        });
    }

    /* CANCELLED where it was stopped on its way; it has the times that it reached. */
    Status status() const noexcept { return status_; }
    std::size_t count() const { return jko_flow_count(handle()); }
    std::size_t nodes() const { return jko_flow_nodes(handle()); }
    std::size_t steps() const { return jko_flow_steps(handle()); }
    std::size_t rejected() const { return jko_flow_rejected(handle()); }

    std::vector<double> times() const {
        return detail::filled(count(), [&](double *times, std::size_t size) {
            return jko_flow_times(handle(), times, size);
        });
    }

    /* The energy at each time; it never increases. */
    std::vector<double> energies() const {
        return detail::filled(count(), [&](double *energies, std::size_t size) {
            return jko_flow_energies(handle(), energies, size);
        });
    }

    /* The masses at time number `index`. */
    std::vector<double> mass(std::size_t index) const {
        return detail::filled(nodes(), [&](double *mass, std::size_t size) {
            return jko_flow_mass(handle(), index, mass, size);
        });
    }

    /* The masses at all times, one row each. */
    Matrix masses() const {
        Matrix masses(count(), nodes());
        detail::check(jko_flow_masses(handle(), masses.data(), masses.rows(), masses.cols(),
                                      masses.rowStride(), masses.colStride()));
        return masses;
    }

    const jko_flow *handle() const { return owner_.get(); }

private:
    using Owner = detail::Owner<jko_flow, jko_flow_free>;
    Owner owner_;
    Status status_ = JKO_STATUS_OK;
};

} // namespace jkoflow

#endif
