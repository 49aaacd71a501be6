# Learning problems.

@handle FitHandle jko_fit_free "The library's learning problem."

"""
    Fit(g; terms = (:potential, :entropy), loss, weight, tol, ...)

A learning problem, empty at first; [`add!`](@ref) snapshots, then [`solve`](@ref). Terms are
[`Potential`](@ref), [`Entropy`](@ref), [`Power`](@ref), [`InteractionByHops`](@ref),
[`InteractionByDistance`](@ref), [`RadialInteraction`](@ref), [`InteractionMatrix`](@ref),
[`FullInteraction`](@ref) and [`Given`](@ref). Options are in `JKOFlow.options(:fit)`, such as
`loss = :backward`.
"""
struct Fit <: Problem
    handle::FitHandle
    terms::Vector{Term}
end

function Fit(g::Graph; terms = (:potential, :entropy), cancel = nothing, settings...)
    haskey(settings, :terms) && throw(ArgumentError("terms are given once"))
    list = Term[as_term(term) for term in terms]
    handle, all = FitHandle(empty, nodes(g)), Terms(list)
    options = Options(:fit, settings; cancel = cancel)
    check(@jko jko_fit_new_with_terms(g::Ptr{Cvoid}, options::Ptr{Cvoid}, all::Ptr{Cvoid},
        slot(handle)::Ptr{Ptr{Cvoid}})::Int32)
    close(all)
    return Fit(handle, list)
end

contents(fit::Fit) = "$(length(fit)) steps"

"Number of steps added so far."
function Base.length(fit::Fit)
    pairs = Ref{Csize_t}(0)
    check(@jko jko_fit_pairs(fit::Ptr{Cvoid}, pairs::Ptr{Csize_t})::Int32)
    return Int(pairs[])
end

"""
    fit(g, snapshots, times; terms, loss, weight, num_threads, tol, ...)

Learn the energy that drives snapshots, one per column, positive everywhere, at increasing times. Several
trajectories are a vector of such matrices, with common `times` or a vector of times for each. Terms carry
their own ridge, as in `terms = (Potential(ridge = 0.1), Entropy())`; for terms and options see
[`Fit`](@ref).
"""
function fit(g::Graph, snapshots, times::AbstractVector; num_threads::Integer = 1, progress = nothing,
             options...)
    problem = Fit(g; options...)
    add!(problem, snapshots, times; num_threads = num_threads, progress = progress)
    return solve(problem)
end

function add_trajectory!(fit::Fit, S, t; variations = nothing, num_threads::Integer = 1,
                         progress = nothing)
    V = variations === nothing ? nothing : columns(variations)
    check_converged(watched(() -> see(fit, S, t, V, num_threads), progress))
end

see(fit, S, t, ::Nothing, num_threads) =
    @jko jko_fit_add_trajectory(fit::Ptr{Cvoid}, t::Reals, S::Columns, num_threads::Int32)::Int32

function see(fit, S, t, V, num_threads)
    size(V, 1) == size(S, 1) || throw(DimensionMismatch(
        "variations have $(size(V, 1)) rows, snapshots $(size(S, 1))"))
    return @jko jko_fit_add_trajectory_with(fit::Ptr{Cvoid}, t::Reals, S::Columns, V::Ptr{Float64},
        size(V, 2)::Csize_t, stride(V, 2)::Cptrdiff_t, stride(V, 1)::Cptrdiff_t,
        num_threads::Int32)::Int32
end

function add!(fit::Fit, γ::Geodesic, τ::Real; weight::Real = 1)
    check(@jko jko_fit_add_pair(fit::Ptr{Cvoid}, γ::Ptr{Cvoid}, τ::Float64, weight::Float64)::Int32)
    return fit
end

"""
    merge!(fit, other)

Add everything that another fit of the same problem has seen.
"""
function Base.merge!(fit::Fit, other::Fit)
    check(@jko jko_fit_merge(fit::Ptr{Cvoid}, other::Ptr{Cvoid})::Int32)
    return fit
end

"""
    statistics(fit)

What a fit knows of its data, as numbers that add up over fits of the same problem.
"""
function statistics(fit::Fit)
    count = Ref{Csize_t}(0)
    check(@jko jko_fit_statistics_len(fit::Ptr{Cvoid}, count::Ptr{Csize_t})::Int32)
    numbers = zeros(count[])
    check(@jko jko_fit_statistics(fit::Ptr{Cvoid}, numbers::Reals)::Int32)
    return numbers
end

"""
    add_statistics!(fit, numbers)

Add the data behind `statistics` of another fit, or behind a sum of them.
"""
function add_statistics!(fit::Fit, numbers::AbstractVector)
    s = reals(numbers)
    check(@jko jko_fit_add_statistics(fit::Ptr{Cvoid}, s::Reals)::Int32)
    return fit
end

"""
    solve(fit::Fit; ridges)

The energy that minimises the loss and the ridges, by default those of the terms.
"""
function solve(fit::Fit; ridges::AbstractVector = ridges(fit))
    r, learned = reals(ridges), Fitted(empty, nodes(fit))
    check(@jko jko_fit_solve_with(fit::Ptr{Cvoid}, r::Reals, slot(learned)::Ptr{Ptr{Cvoid}})::Int32)
    return learned
end

"""
    cross_validate(fit, blocks; forward = false, ridges, included)

The share of the motion `explained` in steps that were left out, and its `standard_error`. Each of the
`blocks` of steps is tested on what all others teach, or, `forward`, on those before it. `included` says
which terms take part.
"""
function cross_validate(fit::Fit, blocks::Integer; forward::Bool = false,
                        ridges::AbstractVector = ridges(fit), included = trues(length(fit.terms)))
    r, terms, share, error = reals(ridges), Int32[included...], Ref(NaN), Ref(NaN)
    check(@jko jko_fit_cross_validate(fit::Ptr{Cvoid}, blocks::Int64, forward::Int32, r::Reals,
        terms::Ptr{Int32}, length(terms)::Csize_t, share::Ptr{Float64}, error::Ptr{Float64})::Int32)
    return (explained = share[], standard_error = error[])
end

@listening fit add!
