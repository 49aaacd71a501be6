# Learning an energy from predictions of its flow.

@handle FlowFitHandle jko_flow_fit_free "The library's learning problem for flows."

"""
    FlowFit(g; terms = (:potential, :entropy), noise, mixing, tol, ...)

A learning problem in which each snapshot is predicted from the one before by integrating the flow, empty
at first; [`add!`](@ref) trajectories, then [`solve`](@ref). Terms are those of a [`Fit`](@ref), options
in `JKOFlow.options(:flow_fit)`, such as `noise = :sandwich`.
"""
struct FlowFit <: Problem
    handle::FlowFitHandle
    terms::Vector{Term}
end

function FlowFit(g::Graph; terms = (:potential, :entropy), cancel = nothing, settings...)
    list = Term[as_term(term) for term in terms]
    handle, all = FlowFitHandle(empty, nodes(g)), Terms(list)
    options = Options(:flow_fit, settings; cancel = cancel)
    check(@jko jko_flow_fit_new(g::Ptr{Cvoid}, all::Ptr{Cvoid}, options::Ptr{Cvoid},
        slot(handle)::Ptr{Ptr{Cvoid}})::Int32)
    close(all)
    return FlowFit(handle, list)
end

"""
    flow_fit(g, snapshots, times; terms, noise, mixing, start, num_threads = 1, tol, ...)

Learn the energy whose flow leads from each snapshot to the next. Snapshots are one per column, at
increasing times, however far apart, and positive unless `mixing` makes them so. Several trajectories are
a vector of such matrices, with common `times` or a vector of times for each. For terms and options see
[`FlowFit`](@ref), for `start` and `num_threads` [`solve`](@ref), for the result [`FlowFitted`](@ref).
"""
function flow_fit(g::Graph, snapshots, times::AbstractVector; start = nothing, num_threads::Integer = 1,
                  progress = nothing, options...)
    problem = add!(FlowFit(g; options...), snapshots, times)
    return solve(problem; start = start, num_threads = num_threads, progress = progress)
end

function add_trajectory!(fit::FlowFit, S, t)
    check(@jko jko_flow_fit_add_trajectory(fit::Ptr{Cvoid}, t::Reals, S::Columns)::Int32)
end

@handle FlowFittedHandle jko_flow_fitted_free "What the library's learning problem for flows found."

"""
What [`flow_fit`](@ref) learns. Properties beside those of all that is [`Learned`](@ref JKOFlow.Learned):

- `explained`, one minus the misfit over that of persistence, which says that nothing moves;
- `residual`, the misfit without the ridge, and `residuals`, that of each of the `pairs` of snapshots,
  trajectory by trajectory.
"""
struct FlowFitted <: Learned
    handle::FlowFittedHandle
    estimate::Estimate
end

"""
    solve(fit::FlowFit; ridges, start, num_threads = 1)
    solve(fit::CountFit; ridges, start, num_threads = 1)

The energy that predicts best, less the `ridges`, by default those of the terms. The iteration begins at
the parameters `start`, by default those of the symmetric loss of [`fit`](@ref). The result is the same
for any number of threads.
"""
function solve(fit::FlowFit; ridges::AbstractVector = ridges(fit), start = nothing,
               num_threads::Integer = 1, progress = nothing)
    r, found, e = reals(ridges), FlowFittedHandle(empty, nodes(fit)), Estimate(empty, nodes(fit))
    s, count = start === nothing ? (C_NULL, 0) : (reals(start), length(start))
    status = watched(progress) do
        @jko jko_flow_fit_solve(fit::Ptr{Cvoid}, r::Reals, s::Ptr{Float64}, count::Csize_t,
            num_threads::Int32, slot(found)::Ptr{Ptr{Cvoid}})::Int32
    end
    check_found(status, found)
    check(@jko jko_flow_fitted_estimate(found::Ptr{Cvoid}, slot(e)::Ptr{Ptr{Cvoid}})::Int32)
    return FlowFitted(found, e)
end

property(learned::FlowFitted, ::Val{:residual}) =
    @jko jko_flow_fitted_residual(learned::Ptr{Cvoid})::Float64
property(learned::FlowFitted, ::Val{:explained}) =
    @jko jko_flow_fitted_explained(learned::Ptr{Cvoid})::Float64
property(learned::FlowFitted, ::Val{:pairs}) =
    Int(@jko jko_flow_fitted_pairs(learned::Ptr{Cvoid})::Csize_t)

function property(learned::FlowFitted, ::Val{:residuals})
    misfits = zeros(learned.pairs)
    check(@jko jko_flow_fitted_residuals(learned::Ptr{Cvoid}, misfits::Reals)::Int32)
    return misfits
end

Base.propertynames(learned::FlowFitted) =
    (propertynames(estimate(learned))..., :explained, :residual, :residuals, :pairs)

summary_of(io::IO, learned::FlowFitted) = print(io, nodes(learned), " nodes, ", learned.pairs,
    " steps, entropy ", learned.entropy, ", explained ", learned.explained)

@listening flow_fit
