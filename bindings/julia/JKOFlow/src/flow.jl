# Gradient flows and steps of the JKO scheme.

@handle Flow jko_flow_free """
What [`flow`](@ref) finds: `f[k]` are the masses at its `k`-th time. Properties: `times`; `masses`, a
column per time; `energies`, which never increase; `steps` taken and `rejected`.
"""

"""
    flow(E, μ0, times; tol, max_steps, mean, cancel)

The gradient flow of an energy, or of what was learned, from positive masses `μ0` at the first time. See
`JKOFlow.options(:flow)`. Where it is cancelled it ends at the last of the times that it reached.
"""
function flow(E::Energy, μ0::AbstractVector, times::AbstractVector; progress = nothing,
              cancel = nothing, settings...)
    m, t, f = reals(μ0), reals(times), Flow(empty, nodes(E))
    options = Options(:flow, settings; cancel = cancel)
    watched(progress) do
        @jko jko_flow_simulate(E::Ptr{Cvoid}, m::Reals, t::Reals, options::Ptr{Cvoid},
            slot(f)::Ptr{Ptr{Cvoid}})::Int32
    end
    return f
end

nodes(f::Flow) = Int(@jko jko_flow_nodes(f::Ptr{Cvoid})::Csize_t)

Base.length(f::Flow) = Int(@jko jko_flow_count(f::Ptr{Cvoid})::Csize_t)
Base.eltype(::Type{Flow}) = Vector{Float64}
Base.firstindex(::Flow) = 1
Base.lastindex(f::Flow) = length(f)
Base.iterate(f::Flow, k = 1) = k > length(f) ? nothing : (f[k], k + 1)

function Base.getindex(f::Flow, k::Integer)
    1 <= k <= length(f) || throw(BoundsError(f, k))
    μ, index = zeros(nodes(f)), k - 1
    check(@jko jko_flow_mass(f::Ptr{Cvoid}, index::Csize_t, μ::Reals)::Int32)
    return μ
end

function property(f::Flow, ::Val{:times})
    t = zeros(length(f))
    check(@jko jko_flow_times(f::Ptr{Cvoid}, t::Reals)::Int32)
    return t
end
function property(f::Flow, ::Val{:masses})
    M = zeros(nodes(f), length(f))
    check(@jko jko_flow_masses(f::Ptr{Cvoid}, M::Columns)::Int32)
    return M
end
function property(f::Flow, ::Val{:energies})
    values = zeros(length(f))
    check(@jko jko_flow_energies(f::Ptr{Cvoid}, values::Reals)::Int32)
    return values
end
property(f::Flow, ::Val{:steps}) = Int(@jko jko_flow_steps(f::Ptr{Cvoid})::Csize_t)
property(f::Flow, ::Val{:rejected}) = Int(@jko jko_flow_rejected(f::Ptr{Cvoid})::Csize_t)

Base.propertynames(::Flow) = (:times, :masses, :energies, :steps, :rejected)

summary_of(io::IO, f::Flow) = print(io, nodes(f), " nodes, ", length(f), " times, ", f.steps, " steps")

"""
    jko_step(E, μ0, τ; tol, ...)

The next distribution of the JKO scheme, the minimiser `mass` of `E(μ) + W(μ0, μ)² / 2τ`; with the
`geodesic` to it, the `residual` of its optimality condition, and whether it `converged`. Options as for
[`geodesic`](@ref).
"""
function jko_step(E::Energy, μ0::AbstractVector, τ::Real; progress = nothing, cancel = nothing,
                  settings...)
    m, mass, residual, γ = reals(μ0), fill(NaN, nodes(E)), Ref(NaN), Geodesic(empty, nodes(E))
    options = Options(:geodesic, settings; cancel = cancel)
    status = watched(progress) do
        @jko jko_energy_step(E::Ptr{Cvoid}, m::Reals, τ::Float64, options::Ptr{Cvoid}, mass::Reals,
            residual::Ptr{Float64}, slot(γ)::Ptr{Ptr{Cvoid}})::Int32
    end
    return (mass = mass, geodesic = γ, residual = residual[], converged = status == 0)
end

@listening flow jko_step
