# Graphs of known shapes and random ones, all with weights one unless they say otherwise.

measure(reference) = choice(:reference, reference)
sizes_of(name, sizes) = Csize_t[whole(name, size, Csize_t) for size in sizes]

"""
    path_graph(n; reference = :degree)

The path `1 - 2 - ... - n`.
"""
path_graph(n::Integer; reference = :degree) = graph() do out
    @jko jko_graph_path(n::Csize_t, measure(reference)::Int32, out::Ptr{Ptr{Cvoid}})::Int32
end

"""
    cycle_graph(n; reference = :degree)

The cycle on `n >= 3` nodes.
"""
cycle_graph(n::Integer; reference = :degree) = graph() do out
    @jko jko_graph_cycle(n::Csize_t, measure(reference)::Int32, out::Ptr{Ptr{Cvoid}})::Int32
end

"""
    star_graph(n; reference = :degree)

The star on `n` nodes in all, node 1 its centre.
"""
star_graph(n::Integer; reference = :degree) = graph() do out
    @jko jko_graph_star(n::Csize_t, measure(reference)::Int32, out::Ptr{Ptr{Cvoid}})::Int32
end

"""
    complete_graph(n; reference = :degree)

The complete graph on `n` nodes.
"""
complete_graph(n::Integer; reference = :degree) = graph() do out
    @jko jko_graph_complete(n::Csize_t, measure(reference)::Int32, out::Ptr{Ptr{Cvoid}})::Int32
end

"""
    grid_graph(sides; periodic = false, reference = :degree)

The grid with one to three sides, or the torus. Nodes count as in an array of this size: `reshape(μ,
sides)` shows a distribution as it lies.
"""
function grid_graph(sides; periodic::Bool = false, reference = :degree)
    # the library's last coordinate runs fastest, Julia's first
    s = sizes_of(:sides, reverse(collect(sides)))
    return graph() do out
        @jko jko_graph_grid(s::Ptr{Csize_t}, length(s)::Csize_t, periodic::Int32,
            measure(reference)::Int32, out::Ptr{Ptr{Cvoid}})::Int32
    end
end

"""
    hypercube_graph(dimension; reference = :degree)

The hypercube of `2^dimension` nodes.
"""
hypercube_graph(dimension::Integer; reference = :degree) = graph() do out
    @jko jko_graph_hypercube(dimension::Csize_t, measure(reference)::Int32, out::Ptr{Ptr{Cvoid}})::Int32
end

"""
    hamming_graph(length, alphabet; reference = :degree)

Words of `length` letters, joined where they differ in one; in lexicographic order.
"""
hamming_graph(length::Integer, alphabet::Integer; reference = :degree) = graph() do out
    @jko jko_graph_hamming(length::Csize_t, alphabet::Csize_t, measure(reference)::Int32,
        out::Ptr{Ptr{Cvoid}})::Int32
end

"""
    erdos_renyi(n, p; seed, reference = :degree)

The random graph `G(n,p)`, given that it is connected. The same seed gives the same graph everywhere.
"""
erdos_renyi(n::Integer, p::Real; seed::Integer, reference = :degree) = graph() do out
    @jko jko_graph_erdos_renyi(n::Csize_t, p::Float64, seed::UInt64, measure(reference)::Int32,
        out::Ptr{Ptr{Cvoid}})::Int32
end

"""
    stochastic_block(sizes, probability; seed, reference = :degree)

Blocks of `sizes[a]` consecutive nodes; nodes of the blocks `a` and `b` are joined with
`probability[a, b]`, given that the graph is connected.
"""
function stochastic_block(sizes, probability::AbstractMatrix; seed::Integer, reference = :degree)
    s, p = sizes_of(:sizes, sizes), reals(vec(probability))
    return graph() do out
        @jko jko_graph_stochastic_block(s::Ptr{Csize_t}, length(s)::Csize_t, p::Reals, seed::UInt64,
            measure(reference)::Int32, out::Ptr{Ptr{Cvoid}})::Int32
    end
end

"""
    barabasi_albert(n, m; seed, reference = :degree)

Preferential attachment: every new node brings `m` edges.
"""
barabasi_albert(n::Integer, m::Integer; seed::Integer, reference = :degree) = graph() do out
    @jko jko_graph_barabasi_albert(n::Csize_t, m::Csize_t, seed::UInt64, measure(reference)::Int32,
        out::Ptr{Ptr{Cvoid}})::Int32
end

"""
    watts_strogatz(n, k, p; seed, reference = :degree)

The ring with `k` neighbours each, every edge turned with probability `p`, given that it is connected.
"""
watts_strogatz(n::Integer, k::Integer, p::Real; seed::Integer, reference = :degree) = graph() do out
    @jko jko_graph_watts_strogatz(n::Csize_t, k::Csize_t, p::Float64, seed::UInt64,
        measure(reference)::Int32, out::Ptr{Ptr{Cvoid}})::Int32
end

"""
    random_regular(n, degree; seed, reference = :degree)

Every node has the same degree; connected.
"""
random_regular(n::Integer, degree::Integer; seed::Integer, reference = :degree) = graph() do out
    @jko jko_graph_random_regular(n::Csize_t, degree::Csize_t, seed::UInt64, measure(reference)::Int32,
        out::Ptr{Ptr{Cvoid}})::Int32
end

"""
    random_tree(n; seed, reference = :degree)

Drawn uniformly from all labelled trees.
"""
random_tree(n::Integer; seed::Integer, reference = :degree) = graph() do out
    @jko jko_graph_random_tree(n::Csize_t, seed::UInt64, measure(reference)::Int32,
        out::Ptr{Ptr{Cvoid}})::Int32
end

"""
    nearest_neighbours(points, k; bandwidth = 0, reference = :degree)

Points, one per column, joined where either is among the `k` nearest of the other. A bandwidth `h > 0`
gives the weights `exp(-d^2 / 2h^2)`.
"""
function nearest_neighbours(points, k::Integer; bandwidth::Real = 0, reference = :degree)
    p = columns(points)
    return graph() do out
        @jko jko_graph_nearest_neighbours(p::Columns, k::Csize_t, bandwidth::Float64,
            measure(reference)::Int32, out::Ptr{Ptr{Cvoid}})::Int32
    end
end
