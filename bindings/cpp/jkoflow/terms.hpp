/* The terms of an energy that is to be learned. */
#ifndef JKOFLOW_TERMS_HPP
#define JKOFLOW_TERMS_HPP

#include <cstdint>
#include <string>

#include "array.hpp"
#include "owner.hpp"

namespace jkoflow {

/* All linear in their parameters; they count from zero in the order in which they are added. The
 * functions that add return the terms, so that they can be written one after the other. */
class Terms {
public:
    Terms() : owner_(Owner::make([](jko_terms **out) { return jko_terms_new(out); })) {}

    /* A potential with a parameter per node. */
    Terms &add_potential() { return added(jko_terms_add_potential(handle())); }

    /* A potential in the span of functions on the nodes, one per row. */
    Terms &add_potential_in(const Rows &functions) {
        return added(jko_terms_add_potential_in(handle(), functions.data(), functions.rows(),
                                                functions.cols(), functions.row_stride(),
                                                functions.col_stride()));
    }

    Terms &add_entropy() { return added(jko_terms_add_entropy(handle())); }

    /* The internal energy of the density to the power `m`. */
    Terms &add_power(double m) { return added(jko_terms_add_power(handle(), m)); }

    /* An interaction with a parameter for each number of edges between nodes, from 1 to `reach`. */
    Terms &add_interaction_by_hops(std::int64_t reach) {
        return added(jko_terms_add_interaction_by_hops(handle(), reach));
    }

    /* An interaction with a parameter for each bin `edges[j] <= d < edges[j+1]` of a distance. */
    Terms &add_interaction_by_distance(const Rows &distances, const Array<double> &edges) {
        return added(jko_terms_add_interaction_by_distance(
            handle(), distances.data(), distances.rows(), distances.cols(), distances.row_stride(),
            distances.col_stride(), edges.data(), edges.size()));
    }

    /* An interaction with a parameter for each bump `exp(-(d - centres[j])^2 / (2 width^2))`. */
    Terms &add_interaction_radial(const Rows &distances, const Array<double> &centres, double width) {
        return added(jko_terms_add_interaction_radial(
            handle(), distances.data(), distances.rows(), distances.cols(), distances.row_stride(),
            distances.col_stride(), centres.data(), centres.size(), width));
    }

    /* A multiple of a symmetric matrix; the name tells it from others of its kind. */
    Terms &add_interaction_matrix(const std::string &name, const Rows &matrix) {
        return added(jko_terms_add_interaction_matrix(handle(), name.c_str(), matrix.data(),
                                                      matrix.rows(), matrix.cols(), matrix.row_stride(),
                                                      matrix.col_stride()));
    }

    /* An interaction with every entry as a parameter. */
    Terms &add_full_interaction() { return added(jko_terms_add_full_interaction(handle())); }

    /* `count` functionals of one's own, see `Fit::add_trajectory_with`. */
    Terms &add_given(const std::string &name, std::int64_t count) {
        return added(jko_terms_add_given(handle(), name.c_str(), count));
    }

    /* Keeps the parameters of a term between two bounds, which may be infinite. */
    Terms &set_bounds(std::int64_t term, double lower, double upper) {
        return added(jko_terms_set_bounds(handle(), term, lower, upper));
    }

    jko_terms *handle() { return owner_.get(); }
    const jko_terms *handle() const { return owner_.get(); }

private:
    using Owner = detail::Owner<jko_terms, jko_terms_free>;

    Terms &added(Status status) {
        detail::check(status);
        return *this;
    }

    Owner owner_;
};

} // namespace jkoflow

#endif
