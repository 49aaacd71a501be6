/* Graphs: finite, connected, reversible Markov chains. */
#ifndef JKOFLOW_GRAPH_HPP
#define JKOFLOW_GRAPH_HPP

#include <cstdint>
#include <utility>
#include <vector>

#include "array.hpp"
#include "options.hpp"
#include "owner.hpp"

namespace jkoflow {

/* Edges `source[k] < target[k]`, in lexicographic order. */
struct EdgeList {
    std::vector<std::int64_t> source;
    std::vector<std::int64_t> target;
};

/* Immutable, and kept by whatever is made from it. Unless its comment says otherwise a graph has weights
 * one, and the same seed gives the same graph everywhere. */
class Graph {
public:
    /* From edges `source[k] - target[k]` of weights `weight[k] > 0`; no weights are ones. */
    static Graph from_weights(std::size_t nodes, const Array<std::int64_t> &source,
                              const Array<std::int64_t> &target, const Array<double> &weight = {},
                              const GraphOptions &options = {}) {
        const jko_graph_options lowered = detail::lower(options);
        return make([&](jko_graph **out) {
            return jko_graph_from_weights(nodes, source.data(), source.size(), target.data(),
                                          target.size(), weight.data(), weight.size(), &lowered, out);
        });
    }

    /* From the reference measure `pi` and the conductances `pi_x K(x,y)` of edges. */
    static Graph from_chain(const Array<double> &pi, const Array<std::int64_t> &source,
                            const Array<std::int64_t> &target, const Array<double> &conductance,
                            const GraphOptions &options = {}) {
        const jko_graph_options lowered = detail::lower(options);
        return make([&](jko_graph **out) {
            return jko_graph_from_chain(pi.data(), pi.size(), source.data(), source.size(),
                                        target.data(), target.size(), conductance.data(),
                                        conductance.size(), &lowered, out);
        });
    }

    /* From a transition kernel or generator of compressed rows; without `pi`, detailed balance finds it.
     */
    static Graph from_kernel(const Array<std::int64_t> &row_start, const Array<std::int64_t> &column,
                             const Array<double> &value, const Array<double> &pi = {},
                             const GraphOptions &options = {}) {
        const jko_graph_options lowered = detail::lower(options);
        return make([&](jko_graph **out) {
            return jko_graph_from_kernel(row_start.data(), row_start.size(), column.data(),
                                         column.size(), value.data(), value.size(), pi.data(), pi.size(),
                                         &lowered, out);
        });
    }

    static Graph path(std::size_t n, Reference reference = Reference::degree) {
        return make([&](jko_graph **out) { return jko_graph_path(n, detail::number(reference), out); });
    }

    static Graph cycle(std::size_t n, Reference reference = Reference::degree) {
        return make([&](jko_graph **out) { return jko_graph_cycle(n, detail::number(reference), out); });
    }

    static Graph star(std::size_t n, Reference reference = Reference::degree) {
        return make([&](jko_graph **out) { return jko_graph_star(n, detail::number(reference), out); });
    }

    static Graph complete(std::size_t n, Reference reference = Reference::degree) {
        return make(
            [&](jko_graph **out) { return jko_graph_complete(n, detail::number(reference), out); });
    }

    /* One to three sides, the last coordinate fastest; a torus if periodic. */
    static Graph grid(const Array<std::size_t> &sides, bool periodic = false,
                      Reference reference = Reference::degree) {
        return make([&](jko_graph **out) {
            return jko_graph_grid(sides.data(), sides.size(), periodic ? 1 : 0,
                                  detail::number(reference), out);
        });
    }

    static Graph hypercube(std::size_t dimension, Reference reference = Reference::degree) {
        return make([&](jko_graph **out) {
            return jko_graph_hypercube(dimension, detail::number(reference), out);
        });
    }

    /* Words of `length` letters, joined where they differ in one. */
    static Graph hamming(std::size_t length, std::size_t alphabet,
                         Reference reference = Reference::degree) {
        return make([&](jko_graph **out) {
            return jko_graph_hamming(length, alphabet, detail::number(reference), out);
        });
    }

    static Graph erdos_renyi(std::size_t n, double p, std::uint64_t seed,
                             Reference reference = Reference::degree) {
        return make([&](jko_graph **out) {
            return jko_graph_erdos_renyi(n, p, seed, detail::number(reference), out);
        });
    }

    /* Blocks of consecutive nodes, joined by a symmetric matrix of probabilities, row by row. */
    static Graph stochastic_block(const Array<std::size_t> &sizes, const Array<double> &probability,
                                  std::uint64_t seed, Reference reference = Reference::degree) {
        return make([&](jko_graph **out) {
            return jko_graph_stochastic_block(sizes.data(), sizes.size(), probability.data(),
                                              probability.size(), seed, detail::number(reference), out);
        });
    }

    static Graph barabasi_albert(std::size_t n, std::size_t m, std::uint64_t seed,
                                 Reference reference = Reference::degree) {
        return make([&](jko_graph **out) {
            return jko_graph_barabasi_albert(n, m, seed, detail::number(reference), out);
        });
    }

    static Graph watts_strogatz(std::size_t n, std::size_t k, double p, std::uint64_t seed,
                                Reference reference = Reference::degree) {
        return make([&](jko_graph **out) {
            return jko_graph_watts_strogatz(n, k, p, seed, detail::number(reference), out);
        });
    }

    static Graph random_regular(std::size_t n, std::size_t degree, std::uint64_t seed,
                                Reference reference = Reference::degree) {
        return make([&](jko_graph **out) {
            return jko_graph_random_regular(n, degree, seed, detail::number(reference), out);
        });
    }

    static Graph random_tree(std::size_t n, std::uint64_t seed,
                             Reference reference = Reference::degree) {
        return make([&](jko_graph **out) {
            return jko_graph_random_tree(n, seed, detail::number(reference), out);
        });
    }

    /* The `k` nearest neighbours of points, one per row; weights `exp(-d^2 / (2 bandwidth^2))`, or ones.
     */
    static Graph nearest_neighbours(const Rows &points, std::size_t k, double bandwidth = 0.0,
                                    Reference reference = Reference::degree) {
        return make([&](jko_graph **out) {
            return jko_graph_nearest_neighbours(points.data(), points.rows(), points.cols(),
                                                points.row_stride(), points.col_stride(), k, bandwidth,
                                                detail::number(reference), out);
        });
    }

    std::size_t nodes() const { return jko_graph_nodes(handle()); }
    std::size_t edges() const { return jko_graph_edges(handle()); }

    /* The reference measure `pi`. */
    std::vector<double> reference() const {
        return detail::filled(nodes(), [&](double *pi, std::size_t size) {
            return jko_graph_reference(handle(), pi, size);
        });
    }

    /* The conductances `pi_x K(x,y)`, in the order of `edge_list`. */
    std::vector<double> conductance() const {
        return detail::filled(edges(), [&](double *conductance, std::size_t size) {
            return jko_graph_conductance(handle(), conductance, size);
        });
    }

    /* The edges, with nodes counted from `index_base`. */
    EdgeList edge_list(std::int32_t index_base = 0) const {
        EdgeList list{std::vector<std::int64_t>(edges()), std::vector<std::int64_t>(edges())};
        detail::check(jko_graph_edge_list(handle(), index_base, list.source.data(), list.source.size(),
                                          list.target.data(), list.target.size()));
        return list;
    }

    /* Throws unless `mu` is a distribution; if `positive`, one with mass on every node. */
    void check_distribution(const Array<double> &mu, bool positive = false) const {
        detail::check(jko_graph_check_distribution(handle(), mu.data(), mu.size(), positive ? 1 : 0));
    }

    /* The densities `mu_x / pi_x`. */
    std::vector<double> density(const Array<double> &mu) const {
        return detail::filled(nodes(), [&](double *density, std::size_t size) {
            return jko_graph_density(handle(), mu.data(), mu.size(), density, size);
        });
    }

    /* `(1 - share) mu + share pi`. */
    std::vector<double> mix_with_reference(const Array<double> &mu, double share) const {
        return detail::filled(nodes(), [&](double *mixed, std::size_t size) {
            return jko_graph_mix_with_reference(handle(), mu.data(), mu.size(), share, mixed, size);
        });
    }

    /* The potential less its mean under `pi`. */
    std::vector<double> centre(const Array<double> &potential) const {
        return detail::filled(nodes(), [&](double *centred, std::size_t size) {
            return jko_graph_centre(handle(), potential.data(), potential.size(), centred, size);
        });
    }

    const jko_graph *handle() const { return owner_.get(); }

private:
    using Owner = detail::Owner<jko_graph, jko_graph_free>;

    explicit Graph(Owner owner) : owner_(std::move(owner)) {}
    template <class Make> static Graph make(Make &&make) { return Graph(Owner::make(make)); }

    Owner owner_;
};

} // namespace jkoflow

#endif
