# Maximum likelihood from counts.

@handle CountFitHandle jko_count_fit_free "The library's learning problem for counts."

"""
    CountFit(g; terms = (:potential, :entropy), pseudo_counts, tol, ...)

A learning problem whose snapshots are counts of independent individuals, empty at first; [`add!`](@ref)
trajectories, then [`solve`](@ref). Terms are those of a [`Fit`](@ref), options in
`JKOFlow.options(:count_fit)`.
"""
struct CountFit <: Problem
    handle::CountFitHandle
    terms::Vector{Term}
    trajectories::Base.RefValue{Int}
end

function CountFit(g::Graph; terms = (:potential, :entropy), cancel = nothing, settings...)
    list = Term[as_term(term) for term in terms]
    handle, all = CountFitHandle(empty, nodes(g)), Terms(list)
    options = Options(:count_fit, settings; cancel = cancel)
    check(@jko jko_count_fit_new(g::Ptr{Cvoid}, all::Ptr{Cvoid}, options::Ptr{Cvoid},
        slot(handle)::Ptr{Ptr{Cvoid}})::Int32)
    close(all)
    return CountFit(handle, list, Ref(0))
end

"""
    count_fit(g, counts, times; terms, pseudo_counts, start, num_threads = 1, tol, ...)

Learn the energy and the start of each trajectory under which counts of independent individuals are most
likely. Counts are one snapshot per column, at increasing times; zeros are welcome, shares are not:
multiply them by the number of individuals. Several trajectories are a vector of such matrices, with
common `times` or a vector of times for each. For terms and options see [`CountFit`](@ref), for `start`
and `num_threads` [`solve`](@ref), for the result [`CountFitted`](@ref).
"""
function count_fit(g::Graph, counts, times::AbstractVector; start = nothing, num_threads::Integer = 1,
                   progress = nothing, options...)
    problem = add!(CountFit(g; options...), counts, times)
    return solve(problem; start = start, num_threads = num_threads, progress = progress)
end

function add_trajectory!(fit::CountFit, N, t)
    check(@jko jko_count_fit_add_trajectory(fit::Ptr{Cvoid}, t::Reals, N::Columns)::Int32)
    fit.trajectories[] += 1
end

@handle CountFittedHandle jko_count_fitted_free "What the library's learning problem for counts found."

"""
What [`count_fit`](@ref) learns. Properties beside those of all that is [`Learned`](@ref JKOFlow.Learned):

- `starts`, the estimated masses at the first time of each trajectory, one per column;
- `deviance`, twice the log-likelihood that a perfect prediction would gain; where the model holds and
  counts are not small it is distributed like chi squared with the `degrees_of_freedom`.
"""
struct CountFitted <: Learned
    handle::CountFittedHandle
    estimate::Estimate
    trajectories::Int
end

function solve(fit::CountFit; ridges::AbstractVector = ridges(fit), start = nothing,
               num_threads::Integer = 1, progress = nothing)
    r, found, e = reals(ridges), CountFittedHandle(empty, nodes(fit)), Estimate(empty, nodes(fit))
    s, count = start === nothing ? (C_NULL, 0) : (reals(start), length(start))
    status = watched(progress) do
        @jko jko_count_fit_solve(fit::Ptr{Cvoid}, r::Reals, s::Ptr{Float64}, count::Csize_t,
            num_threads::Int32, slot(found)::Ptr{Ptr{Cvoid}})::Int32
    end
    check_found(status, found)
    check(@jko jko_count_fitted_estimate(found::Ptr{Cvoid}, slot(e)::Ptr{Ptr{Cvoid}})::Int32)
    return CountFitted(found, e, fit.trajectories[])
end

property(learned::CountFitted, ::Val{:deviance}) =
    @jko jko_count_fitted_deviance(learned::Ptr{Cvoid})::Float64
property(learned::CountFitted, ::Val{:degrees_of_freedom}) =
    Int(@jko jko_count_fitted_degrees_of_freedom(learned::Ptr{Cvoid})::Csize_t)

function property(learned::CountFitted, ::Val{:starts})
    starts = zeros(nodes(learned), getfield(learned, :trajectories))
    for (number, mass) in enumerate(eachcol(starts))
        index = number - 1
        check(@jko jko_count_fitted_start(learned::Ptr{Cvoid}, index::Csize_t, mass::Reals)::Int32)
    end
    return starts
end

Base.propertynames(learned::CountFitted) =
    (propertynames(estimate(learned))..., :starts, :deviance, :degrees_of_freedom)

summary_of(io::IO, learned::CountFitted) = print(io, nodes(learned), " nodes, entropy ", learned.entropy,
    ", deviance ", learned.deviance, " at ", learned.degrees_of_freedom, " degrees of freedom")

@listening count_fit
