# Geodesics: one at a time, and their bounds.

@handle Geodesic jko_geodesic_free """
What [`geodesic`](@ref) finds. `γ(t)` are the masses at time `t` in `[0, 1]`. Properties:

- `distance`, infinite where the work was stopped before the first iteration, and its relative
  `error_estimate`; `path_error_estimate` between the ends;
- `converged`; where it is false, `status` and `message` say why, and the numbers are those of the best
  path that was found;
- `potential_start` and `potential_end`, minus the derivative of half the squared distance in the first
  end, and that in the second; infinite at empty nodes;
- `method`, `reason` why it ran, `iterations`, `time_nodes`, `residual`, and the `mean`.
"""

"""
    geodesic(g, μ0, μ1; tol, max_iterations, mean, cancel)
    geodesic(g, μ0, μ1; ...) do progress ... end

The geodesic between two distributions, which may leave nodes empty. For the options see
`JKOFlow.options(:geodesic)`. A block hears of the [`Progress`](@ref JKOFlow.Progress), and stops the
work by returning `true`.
"""
function geodesic(g::Graph, μ0::AbstractVector, μ1::AbstractVector; progress = nothing,
                  cancel = nothing, settings...)
    a, b, γ = reals(μ0), reals(μ1), Geodesic(empty, nodes(g))
    options = Options(:geodesic, settings; cancel = cancel)
    watched(progress) do
        @jko jko_geodesic_solve(g::Ptr{Cvoid}, a::Reals, b::Reals, options::Ptr{Cvoid},
            slot(γ)::Ptr{Ptr{Cvoid}})::Int32
    end
    return γ
end

"""
    distance(g, μ0, μ1; tol, ...)

The distance between two distributions, with the arguments of [`geodesic`](@ref); throws where it did not
converge.
"""
function distance(g::Graph, μ0::AbstractVector, μ1::AbstractVector; options...)
    γ = geodesic(g, μ0, μ1; options...)
    check_converged(γ.status)
    value = γ.distance
    close(γ)
    return value
end

property(γ::Geodesic, ::Val{:distance}) = @jko jko_geodesic_distance(γ::Ptr{Cvoid})::Float64
property(γ::Geodesic, ::Val{:error_estimate}) = @jko jko_geodesic_error_estimate(γ::Ptr{Cvoid})::Float64
property(γ::Geodesic, ::Val{:path_error_estimate}) =
    @jko jko_geodesic_path_error_estimate(γ::Ptr{Cvoid})::Float64
property(γ::Geodesic, ::Val{:residual}) = @jko jko_geodesic_residual(γ::Ptr{Cvoid})::Float64
property(γ::Geodesic, ::Val{:iterations}) = Int(@jko jko_geodesic_iterations(γ::Ptr{Cvoid})::Csize_t)
property(γ::Geodesic, ::Val{:time_nodes}) = Int(@jko jko_geodesic_time_nodes(γ::Ptr{Cvoid})::Csize_t)
property(γ::Geodesic, ::Val{:status}) = @jko jko_geodesic_termination(γ::Ptr{Cvoid})::Int32
property(γ::Geodesic, ::Val{:message}) = status_message(γ.status)
property(γ::Geodesic, ::Val{:converged}) = γ.status == 0
property(γ::Geodesic, ::Val{:mean}) = mean_name(@jko jko_geodesic_mean(γ::Ptr{Cvoid})::Int32)
property(γ::Geodesic, ::Val{:method}) = text() do buffer, capacity
    @jko jko_geodesic_method(γ::Ptr{Cvoid}, buffer::Ptr{UInt8}, capacity::Csize_t)::Csize_t
end
property(γ::Geodesic, ::Val{:reason}) = text() do buffer, capacity
    @jko jko_geodesic_reason(γ::Ptr{Cvoid}, buffer::Ptr{UInt8}, capacity::Csize_t)::Csize_t
end
function property(γ::Geodesic, ::Val{:potential_start})
    ψ = zeros(nodes(γ))
    check(@jko jko_geodesic_potential_start(γ::Ptr{Cvoid}, ψ::Reals)::Int32)
    return ψ
end
function property(γ::Geodesic, ::Val{:potential_end})
    ψ = zeros(nodes(γ))
    check(@jko jko_geodesic_potential_end(γ::Ptr{Cvoid}, ψ::Reals)::Int32)
    return ψ
end

nodes(γ::Geodesic) = Int(@jko jko_geodesic_nodes(γ::Ptr{Cvoid})::Csize_t)

Base.propertynames(::Geodesic) = (:distance, :error_estimate, :path_error_estimate, :converged, :status,
    :message, :potential_start, :potential_end, :method, :reason, :iterations, :time_nodes, :residual,
    :mean)

summary_of(io::IO, γ::Geodesic) = print(io, nodes(γ), " nodes, distance ", γ.distance, ", ",
    γ.converged ? "relative error $(γ.error_estimate)" : γ.message)

"Masses at time `t`."
function (γ::Geodesic)(t::Real)
    μ = zeros(nodes(γ))
    check(@jko jko_geodesic_mass_at(γ::Ptr{Cvoid}, t::Float64, μ::Reals)::Int32)
    return μ
end

"""
    density(γ, t)

The densities at time `t` in `[0, 1]` of a geodesic.
"""
function density(γ::Geodesic, t::Real)
    ρ = zeros(nodes(γ))
    check(@jko jko_geodesic_density_at(γ::Ptr{Cvoid}, t::Float64, ρ::Reals)::Int32)
    return ρ
end

"""
    potential(γ, t)

The potential at time `t` in `[0, 1]` of a geodesic.
"""
function potential(γ::Geodesic, t::Real)
    ψ = zeros(nodes(γ))
    check(@jko jko_geodesic_potential_at(γ::Ptr{Cvoid}, t::Float64, ψ::Reals)::Int32)
    return ψ
end

"""
    bounds(γ; gap, first_intervals, max_intervals, cancel)
    bounds(g, μ0, μ1; gap, ..., tol, ...)

Bounds `lower` and `upper` that enclose the distance, whether or not the geodesic converged; `reached`
says whether they are as close as wanted, and where they are not, `message` says why and what would help.
NaN where the work was stopped before there were any. See `JKOFlow.options(:bound)`.
"""
function bounds(γ::Geodesic; progress = nothing, cancel = nothing, settings...)
    lower, upper = Ref(NaN), Ref(NaN)
    options = Options(:bound, settings; cancel = cancel)
    status = watched(progress) do
        @jko jko_geodesic_bounds(γ::Ptr{Cvoid}, options::Ptr{Cvoid}, lower::Ptr{Float64},
            upper::Ptr{Float64})::Int32
    end
    return (lower = lower[], upper = upper[], reached = status == 0,
            message = status == 0 ? "" : last_error(status))
end

function bounds(g::Graph, μ0::AbstractVector, μ1::AbstractVector; progress = nothing, cancel = nothing,
                settings...)
    wanted = [option.name for option in options(:bound)]
    mine = filter(setting -> first(setting) in wanted, pairs(settings))
    others = filter(setting -> !(first(setting) in wanted), pairs(settings))
    γ = geodesic(g, μ0, μ1; progress = progress, cancel = cancel, others...)
    return bounds(γ; progress = progress, cancel = cancel, mine...)
end

@listening geodesic distance bounds
