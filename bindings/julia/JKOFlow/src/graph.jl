# Reversible Markov chains from weights, conductances and kernels.

@handle Graph jko_graph_free """
    Graph(A::AbstractMatrix; reference = :degree)
    Graph(source, target, weight = ones(length(source)); nodes, reference = :degree)

A finite, connected, reversible Markov chain: from a symmetric matrix of weights, or from edges. The
`reference` measure is proportional to the degrees or `:uniform`. Immutable; any number of threads may
use it at once. More in `JKOFlow.options(:graph)`.
"""

"Make a graph by a call that writes it."
function graph(make)
    g = Graph(empty, 0)
    check(make(slot(g)))
    setfield!(g, :nodes, Int(@jko jko_graph_nodes(g::Ptr{Cvoid})::Csize_t))
    return g
end

function Graph(source::AbstractVector{<:Integer}, target::AbstractVector{<:Integer},
               weight::AbstractVector{<:Real} = ones(length(source));
               nodes::Integer = max(maximum(source), maximum(target)), settings...)
    s, t, w = indices(source), indices(target), reals(weight)
    options = Options(:graph, (index_base = 1, settings...))
    return graph() do out
        @jko jko_graph_from_weights(nodes::Csize_t, s::Indices, t::Indices, w::Reals,
            options::Ptr{Cvoid}, out::Ptr{Ptr{Cvoid}})::Int32
    end
end

function Graph(A::SparseMatrixCSC; settings...)
    issymmetric(A) || throw(ArgumentError(
        "the weights are not symmetric; for a transition matrix or a generator there is `kernel`"))
    source, target, weight = findnz(dropzeros(triu(A)))
    return Graph(source, target, weight; nodes = size(A, 1), settings...)
end

Graph(A::AbstractMatrix; settings...) = Graph(sparse(A); settings...)

"""
    chain(π, source, target, conductance; duplicates = :refuse)

The chain with reference measure `π` (positive, sum one) and conductances `π_x K(x,y)` on its edges.
"""
function chain(π::AbstractVector, source::AbstractVector, target::AbstractVector,
               conductance::AbstractVector; settings...)
    p, s, t, c = reals(π), indices(source), indices(target), reals(conductance)
    options = Options(:graph, (index_base = 1, settings...))
    return graph() do out
        @jko jko_graph_from_chain(p::Reals, s::Indices, t::Indices, c::Reals, options::Ptr{Cvoid},
            out::Ptr{Ptr{Cvoid}})::Int32
    end
end

"""
    kernel(K, π = nothing; duplicates = :refuse)

The chain of a transition matrix or generator `K`, whose diagonal does not matter, reversible for `π`,
which is found by detailed balance where it is not given.
"""
function kernel(K::AbstractMatrix, π::Union{AbstractVector,Nothing} = nothing; settings...)
    # compressed rows of K are compressed columns of its transpose
    rows = sparse(transpose(sparse(K)))
    start, column, value = indices(rows.colptr), indices(rows.rowval), reals(rows.nzval)
    p, count = π === nothing ? (C_NULL, 0) : (reals(π), length(π))
    options = Options(:graph, (index_base = 1, settings...))
    return graph() do out
        @jko jko_graph_from_kernel(start::Indices, column::Indices, value::Reals, p::Ptr{Float64},
            count::Csize_t, options::Ptr{Cvoid}, out::Ptr{Ptr{Cvoid}})::Int32
    end
end

"""
    edges(g)

Number of undirected edges.
"""
edges(g::Graph) = Int(@jko jko_graph_edges(g::Ptr{Cvoid})::Csize_t)

summary_of(io::IO, g::Graph) = print(io, nodes(g), " nodes, ", edges(g), " edges")

"""
    edge_list(g)

Vectors `source` and `target` of the edges, `source[k] < target[k]`, in lexicographic order.
"""
function edge_list(g::Graph)
    source, target = zeros(Int64, edges(g)), zeros(Int64, edges(g))
    check(@jko jko_graph_edge_list(g::Ptr{Cvoid}, 1::Int32, source::Indices, target::Indices)::Int32)
    return source, target
end

"""
    reference(g)

The reference measure `π`, sum one.
"""
function reference(g::Graph)
    π = zeros(nodes(g))
    check(@jko jko_graph_reference(g::Ptr{Cvoid}, π::Reals)::Int32)
    return π
end

"""
    conductance(g)

The conductances `π_x K(x,y)`, in the order of `edge_list`.
"""
function conductance(g::Graph)
    c = zeros(edges(g))
    check(@jko jko_graph_conductance(g::Ptr{Cvoid}, c::Reals)::Int32)
    return c
end

"""
    check_distribution(g, μ; positive = false)

Throw where `μ` is no distribution on the graph: finite, non-negative (or positive), of sum one.
"""
function check_distribution(g::Graph, μ::AbstractVector; positive::Bool = false)
    m = reals(μ)
    check(@jko jko_graph_check_distribution(g::Ptr{Cvoid}, m::Reals, positive::Int32)::Int32)
    return nothing
end

"""
    density(g, μ)

The densities `μ ./ π`.
"""
function density(g::Graph, μ::AbstractVector)
    m, ρ = reals(μ), zeros(nodes(g))
    check(@jko jko_graph_density(g::Ptr{Cvoid}, m::Reals, ρ::Reals)::Int32)
    return ρ
end

"""
    mix_with_reference(g, μ, share)

`(1 - share) * μ + share * π`: a distribution moved inside the simplex.
"""
function mix_with_reference(g::Graph, μ::AbstractVector, share::Real)
    m, mixed = reals(μ), zeros(nodes(g))
    check(@jko jko_graph_mix_with_reference(g::Ptr{Cvoid}, m::Reals, share::Float64,
        mixed::Reals)::Int32)
    return mixed
end

"""
    centre(g, ψ)

The potential with its mean under `π` subtracted, as are all that the library returns.
"""
function centre(g::Graph, ψ::AbstractVector)
    p, centred = reals(ψ), zeros(nodes(g))
    check(@jko jko_graph_centre(g::Ptr{Cvoid}, p::Reals, centred::Reals)::Int32)
    return centred
end

"""
    mean_value(mean, s, t)

The mean of two densities, `:logarithmic`, `:geometric`, `:harmonic` or `:arithmetic`, with its
derivatives: `(value, gradient, hessian)`, where the Hessian is that of `ss`, `st` and `tt`.
"""
function mean_value(mean, s::Real, t::Real)
    value, gradient, hessian = Ref(0.0), zeros(2), zeros(3)
    kind = choice(:mean, mean)
    check(@jko jko_mean_value(kind::Int32, s::Float64, t::Float64, value::Ptr{Float64}, gradient::Reals,
        hessian::Reals)::Int32)
    return (value = value[], gradient = gradient, hessian = hessian)
end
