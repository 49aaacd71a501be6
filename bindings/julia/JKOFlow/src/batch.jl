# Many geodesics on one graph.

@handle Solver jko_solver_free """
    Solver(g; tol, ...)

Options, factorisation and buffers for geodesics on a graph, one user at a time: see [`solve`](@ref),
[`solve_next`](@ref) and [`solve_from`](@ref).
"""

function Solver(g::Graph; cancel = nothing, settings...)
    solver = Solver(empty, nodes(g))
    options = Options(:geodesic, settings; cancel = cancel)
    check(@jko jko_solver_new(g::Ptr{Cvoid}, options::Ptr{Cvoid}, slot(solver)::Ptr{Ptr{Cvoid}})::Int32)
    return solver
end

"""
    solve(solver, μ0, μ1)

The geodesic between two distributions.
"""
function solve(solver::Solver, μ0::AbstractVector, μ1::AbstractVector; progress = nothing)
    a, b, γ = reals(μ0), reals(μ1), Geodesic(empty, nodes(solver))
    watched(progress) do
        @jko jko_solver_solve(solver::Ptr{Cvoid}, a::Reals, b::Reals, slot(γ)::Ptr{Ptr{Cvoid}})::Int32
    end
    return γ
end

"""
    solve_next(solver, μ0, μ1)

As `solve`, from the factorisation that the previous pair left.
"""
function solve_next(solver::Solver, μ0::AbstractVector, μ1::AbstractVector; progress = nothing)
    a, b, γ = reals(μ0), reals(μ1), Geodesic(empty, nodes(solver))
    watched(progress) do
        @jko jko_solver_solve_next(solver::Ptr{Cvoid}, a::Reals, b::Reals,
            slot(γ)::Ptr{Ptr{Cvoid}})::Int32
    end
    return γ
end

"""
    solve_from(solver, γ, μ0, μ1)

As `solve`, from the path of a geodesic between similar ends.
"""
function solve_from(solver::Solver, start::Geodesic, μ0::AbstractVector, μ1::AbstractVector;
                    progress = nothing)
    a, b, γ = reals(μ0), reals(μ1), Geodesic(empty, nodes(solver))
    watched(progress) do
        @jko jko_solver_solve_from(solver::Ptr{Cvoid}, start::Ptr{Cvoid}, a::Reals, b::Reals,
            slot(γ)::Ptr{Ptr{Cvoid}})::Int32
    end
    return γ
end

"""
    geodesics(g, snapshots; num_threads = 1, tol, ...)

The geodesics between consecutive columns, each with its own `status`. The result is the same for any
number of threads.
"""
function geodesics(g::Graph, snapshots; num_threads::Integer = 1, progress = nothing, cancel = nothing,
                   settings...)
    S = columns(snapshots)
    out = fill(C_NULL, max(size(S, 2) - 1, 0))
    options = Options(:geodesic, settings; cancel = cancel)
    found = Geodesic[]
    try
        watched(progress) do
            @jko jko_geodesic_batch(g::Ptr{Cvoid}, S::Columns, options::Ptr{Cvoid}, num_threads::Int32,
                out::Ptr{Ptr{Cvoid}}, length(out)::Csize_t)::Int32
        end
    finally
        # also where a block threw: what was made has an owner
        for pointer in filter(!=(C_NULL), out)
            γ = Geodesic(empty, nodes(g))
            slot(γ)[] = pointer
            push!(found, γ)
        end
    end
    return found
end

"""
    distances(g, snapshots; num_threads = 1, tol, ...)

Between consecutive columns: the `distance`s, `potential_start` and `potential_end` (a column per pair),
and `converged`, false and NaN where the work was cancelled before.
"""
function distances(g::Graph, snapshots; num_threads::Integer = 1, progress = nothing, cancel = nothing,
                   settings...)
    S = columns(snapshots)
    pairs = max(size(S, 2) - 1, 0)
    d, termination = fill(NaN, pairs), fill(CANCELLED, pairs)
    ψ0, ψ1 = fill(NaN, size(S, 1), pairs), fill(NaN, size(S, 1), pairs)
    options = Options(:geodesic, settings; cancel = cancel)
    watched(progress) do
        @jko jko_geodesic_batch_values(g::Ptr{Cvoid}, S::Columns, options::Ptr{Cvoid},
            num_threads::Int32, d::Reals, termination::Ptr{Int32}, pairs::Csize_t, ψ0::Strides,
            ψ1::Strides)::Int32
    end
    return (distance = d, potential_start = ψ0, potential_end = ψ1, converged = termination .== 0)
end

"""
    distance_matrix(g, distributions; num_threads = 1, tol, ...)

The distances between all columns; NaN where a geodesic did not converge.
"""
function distance_matrix(g::Graph, distributions; num_threads::Integer = 1, progress = nothing,
                         cancel = nothing, settings...)
    S = columns(distributions)
    D = fill(NaN, size(S, 2), size(S, 2))
    options = Options(:geodesic, settings; cancel = cancel)
    watched(progress) do
        @jko jko_distance_matrix(g::Ptr{Cvoid}, S::Columns, options::Ptr{Cvoid}, num_threads::Int32,
            D::Strides)::Int32
    end
    return D
end

@listening solve solve_next solve_from geodesics distances distance_matrix
