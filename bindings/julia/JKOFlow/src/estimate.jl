# What fits of flows and of counts learn: parameters with their covariance.

@handle Estimate jko_estimate_free "The library's parameters with their covariance."

"""
What [`flow_fit`](@ref) and [`count_fit`](@ref) learn. Properties of both:

- `potential`, mean zero under `π`, and the `entropy` coefficient, zero where they were not among the
  terms;
- `parameters`, in the order of the terms, with `parameter_names`, which count nodes from 0, and
  `standard_errors`: NaN at a bound, infinite where neither data nor ridge determine a parameter;
- `unidentified`, the directions that the data alone do not determine, in these names;
- `mean`, the mobility mean of the fit, which is also that of its forecasts;
- `converged`; where it is false, `status` and `message` say why; `iterations`.

[`covariance`](@ref) has the matrix behind the standard errors, [`forecast`](@ref) the future with its
uncertainty; `Energy(learned)` makes an energy of it, and `flow(learned, μ0, times)` follows it.
"""
abstract type Learned end

estimate(learned::Learned) = getfield(learned, :estimate)
Base.cconvert(::Type{Ptr{Cvoid}}, learned::Learned) = getfield(learned, :handle)
nodes(learned::Learned) = nodes(estimate(learned))
Base.isopen(learned::Learned) = isopen(estimate(learned))

function Base.close(learned::Learned)
    close(getfield(learned, :handle))
    close(estimate(learned))
end

function Base.getproperty(learned::Learned, name::Symbol)
    name in propertynames(estimate(learned)) && return property(estimate(learned), Val(name))
    name in propertynames(learned) || throw(ArgumentError(
        "a $(nameof(typeof(learned))) has no $name, but $(join(propertynames(learned), ", "))"))
    return property(learned, Val(name))
end

function Base.show(io::IO, learned::Learned)
    print(io, nameof(typeof(learned)), "(")
    isopen(learned) ? summary_of(io, learned) : print(io, "closed")
    print(io, ")")
end

function Energy(learned::Learned)
    E = Energy(empty, nodes(learned))
    check(@jko jko_estimate_energy(estimate(learned)::Ptr{Cvoid}, slot(E)::Ptr{Ptr{Cvoid}})::Int32)
    return E
end

flow(learned::Union{Fitted,Learned}, μ0::AbstractVector, times::AbstractVector; options...) =
    flow(Energy(learned), μ0, times; mean = learned.mean, options...)

function covariance(learned::Learned)
    k = parameter_count(estimate(learned))
    C = fill(NaN, k, k)
    check(@jko jko_estimate_covariance(estimate(learned)::Ptr{Cvoid}, C::Columns)::Int32)
    return C
end

parameter_count(e::Estimate) = Int(@jko jko_estimate_parameter_count(e::Ptr{Cvoid})::Csize_t)

property(e::Estimate, ::Val{:entropy}) = @jko jko_estimate_entropy(e::Ptr{Cvoid})::Float64
property(e::Estimate, ::Val{:mean}) = mean_name(@jko jko_estimate_mean(e::Ptr{Cvoid})::Int32)
property(e::Estimate, ::Val{:iterations}) = Int(@jko jko_estimate_iterations(e::Ptr{Cvoid})::Csize_t)
property(e::Estimate, ::Val{:status}) = @jko jko_estimate_status(e::Ptr{Cvoid})::Int32
property(e::Estimate, ::Val{:message}) = status_message(e.status)
property(e::Estimate, ::Val{:converged}) = e.status == 0

function property(e::Estimate, ::Val{:potential})
    V = zeros(nodes(e))
    check(@jko jko_estimate_potential(e::Ptr{Cvoid}, V::Reals)::Int32)
    return V
end

function property(e::Estimate, ::Val{:parameters})
    values = zeros(parameter_count(e))
    check(@jko jko_estimate_parameters(e::Ptr{Cvoid}, values::Reals)::Int32)
    return values
end

function property(e::Estimate, ::Val{:standard_errors})
    errors = zeros(parameter_count(e))
    check(@jko jko_estimate_standard_errors(e::Ptr{Cvoid}, errors::Reals)::Int32)
    return errors
end

property(e::Estimate, ::Val{:parameter_names}) = map(0:parameter_count(e)-1) do p
    text() do buffer, capacity
        @jko jko_estimate_parameter_name(e::Ptr{Cvoid}, p::Int64, buffer::Ptr{UInt8},
            capacity::Csize_t)::Csize_t
    end
end

function property(e::Estimate, ::Val{:unidentified})
    lines = text() do buffer, capacity
        @jko jko_estimate_unidentified(e::Ptr{Cvoid}, buffer::Ptr{UInt8}, capacity::Csize_t)::Csize_t
    end
    return String.(split(lines, '\n'; keepempty = false))
end

Base.propertynames(::Estimate) = (:potential, :entropy, :parameters, :parameter_names, :standard_errors,
    :unidentified, :mean, :converged, :status, :message, :iterations)
