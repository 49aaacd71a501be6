# The metric tensor, its exponential map, paths and barycentres.

"""
    metric_rate(g, μ, ψ; mean = :logarithmic)

The rate of change of masses `μ` that a tangent with potential `ψ` means.
"""
function metric_rate(g::Graph, μ::AbstractVector, ψ::AbstractVector; mean = :logarithmic)
    m, p, rate, kind = reals(μ), reals(ψ), zeros(nodes(g)), choice(:mean, mean)
    check(@jko jko_metric_rate(g::Ptr{Cvoid}, kind::Int32, m::Reals, p::Reals, rate::Reals)::Int32)
    return rate
end

"""
    metric_potential(g, μ, rate; mean = :logarithmic)

The potential of a tangent; the inverse of `metric_rate`.
"""
function metric_potential(g::Graph, μ::AbstractVector, rate::AbstractVector; mean = :logarithmic)
    m, r, ψ, kind = reals(μ), reals(rate), zeros(nodes(g)), choice(:mean, mean)
    check(@jko jko_metric_potential(g::Ptr{Cvoid}, kind::Int32, m::Reals, r::Reals, ψ::Reals)::Int32)
    return ψ
end

"""
    metric_product(g, μ, ψ, φ; mean = :logarithmic)

The scalar product of two tangents at `μ`, given by their potentials.
"""
function metric_product(g::Graph, μ::AbstractVector, ψ::AbstractVector, φ::AbstractVector;
                        mean = :logarithmic)
    m, p, q, product, kind = reals(μ), reals(ψ), reals(φ), Ref(NaN), choice(:mean, mean)
    check(@jko jko_metric_product(g::Ptr{Cvoid}, kind::Int32, m::Reals, p::Reals, q::Reals,
        product::Ptr{Float64})::Int32)
    return product[]
end

"""
    geodesic_flow(g, μ, ψ, times; tol, ...)

The geodesic that leaves `μ` with potential `ψ` at the first time, seen at all of them: `masses` and
`potentials`, a column per time, and the `energy_drift`. See `JKOFlow.options(:flow)`.
"""
function geodesic_flow(g::Graph, μ::AbstractVector, ψ::AbstractVector, times::AbstractVector;
                       progress = nothing, cancel = nothing, settings...)
    m, p, t, drift = reals(μ), reals(ψ), reals(times), Ref(NaN)
    masses, potentials = zeros(nodes(g), length(t)), zeros(nodes(g), length(t))
    options = Options(:flow, settings; cancel = cancel)
    status = watched(progress) do
        @jko jko_metric_geodesic_flow(g::Ptr{Cvoid}, m::Reals, p::Reals, t::Reals, options::Ptr{Cvoid},
            masses::Strides, potentials::Strides, drift::Ptr{Float64})::Int32
    end
    check_converged(status)
    return (masses = masses, potentials = potentials, energy_drift = drift[])
end

"""
    exponential(g, μ, ψ; tol, ...)

Where the geodesic that leaves `μ` with potential `ψ` is at time 1.
"""
exponential(g::Graph, μ::AbstractVector, ψ::AbstractVector; options...) =
    geodesic_flow(g, μ, ψ, [0.0, 1.0]; options...).masses[:, 2]

"""
    logarithm(g, μ0, μ1; tol, ...)

The potential with which the geodesic to `μ1` leaves `μ0`.
"""
function logarithm(g::Graph, μ0::AbstractVector, μ1::AbstractVector; progress = nothing,
                   cancel = nothing, settings...)
    a, b, ψ = reals(μ0), reals(μ1), zeros(nodes(g))
    options = Options(:geodesic, settings; cancel = cancel)
    status = watched(progress) do
        @jko jko_metric_logarithm(g::Ptr{Cvoid}, a::Reals, b::Reals, options::Ptr{Cvoid},
            ψ::Reals)::Int32
    end
    check_converged(status)
    return ψ
end

"""
    path_action(g, times, masses; mean = :logarithmic)

The action of the piecewise linear path through the columns of `masses`.
"""
function path_action(g::Graph, times::AbstractVector, masses; mean = :logarithmic)
    t, M, action, kind = reals(times), columns(masses), Ref(NaN), choice(:mean, mean)
    check(@jko jko_path_action(g::Ptr{Cvoid}, kind::Int32, t::Reals, M::Columns,
        action::Ptr{Float64})::Int32)
    return action[]
end

"""
    path_lengths(g, masses; mean = :logarithmic)

The length of each segment of the path through the columns of `masses`.
"""
function path_lengths(g::Graph, masses; mean = :logarithmic)
    M, kind = columns(masses), choice(:mean, mean)
    lengths = zeros(max(size(M, 2) - 1, 0))
    check(@jko jko_path_lengths(g::Ptr{Cvoid}, kind::Int32, M::Columns, lengths::Reals)::Int32)
    return lengths
end

"""
    barycentre(g, references, weights; num_threads = 1, tol, ...)

The distribution `mass` where the sum of `weights[i] W(μ, references[:, i])^2 / 2` is least, with the
`objective`, the `residual`, `iterations`, and whether it `converged`. See
`JKOFlow.options(:barycentre)`.
"""
function barycentre(g::Graph, references, weights::AbstractVector; num_threads::Integer = 1,
                    progress = nothing, cancel = nothing, settings...)
    R, w, mass = columns(references), reals(weights), fill(NaN, nodes(g))
    objective, residual, iterations = Ref(NaN), Ref(NaN), Ref{Csize_t}(0)
    options = Options(:barycentre, settings; cancel = cancel)
    status = watched(progress) do
        @jko jko_barycentre_solve(g::Ptr{Cvoid}, R::Columns, w::Reals, options::Ptr{Cvoid},
            num_threads::Int32, mass::Reals, objective::Ptr{Float64}, residual::Ptr{Float64},
            iterations::Ptr{Csize_t})::Int32
    end
    return (mass = mass, objective = objective[], residual = residual[], iterations = Int(iterations[]),
            converged = status == 0)
end

"""
    barycentre_weights(g, μ, references; num_threads = 1, tol, ...)

The `weights` for which `μ` is closest to being the barycentre of the columns, and the `residual`.
"""
function barycentre_weights(g::Graph, μ::AbstractVector, references; num_threads::Integer = 1,
                            progress = nothing, cancel = nothing, settings...)
    m, R, residual = reals(μ), columns(references), Ref(NaN)
    weights = zeros(size(R, 2))
    options = Options(:geodesic, settings; cancel = cancel)
    status = watched(progress) do
        @jko jko_barycentre_weights(g::Ptr{Cvoid}, m::Reals, R::Columns, options::Ptr{Cvoid},
            num_threads::Int32, weights::Reals, residual::Ptr{Float64})::Int32
    end
    check_converged(status)
    return (weights = weights, residual = residual[])
end

@listening geodesic_flow exponential logarithm barycentre barycentre_weights
