# What was learned.

@handle Fitted jko_fitted_free """
What [`fit`](@ref) and [`solve`](@ref) learn. Properties:

- `potential`, mean zero under `π`, and the `entropy` coefficient, zero where they were not among the
  terms;
- `parameters`, in the order of the terms, with `parameter_names`, which count nodes from 0, and
  `standard_errors`;
- `unidentified`, the directions that the data alone do not determine, in these names;
- `mean`, the mobility mean of the fit, which is also that of its forecasts;
- `explained`, the share of the motion that the energy explains; `residual`, the loss, and `residuals`,
  that of each of the `pairs` of snapshots;
- `heat_explained` and `heat_entropy`, those of a pure heat flow.

`Energy(learned)` makes an energy of it, `flow(learned, μ0, times)` follows it, and [`forecast`](@ref) does
so with its uncertainty.
"""

function Energy(learned::Fitted)
    E = Energy(empty, nodes(learned))
    check(@jko jko_fitted_energy(learned::Ptr{Cvoid}, slot(E)::Ptr{Ptr{Cvoid}})::Int32)
    return E
end

"""
    explained(learned, fit)

The share of the motion in the steps of a fit that a learned energy explains.
"""
function explained(learned::Fitted, fit::Fit)
    share = Ref(NaN)
    check(@jko jko_fitted_explained_of(learned::Ptr{Cvoid}, fit::Ptr{Cvoid}, share::Ptr{Float64})::Int32)
    return share[]
end

"""
    covariance(learned)

The covariance matrix of the parameters; NaN where it is not known.
"""
function covariance(learned::Fitted)
    numbers = 0:parameter_count(learned)-1
    return [@jko(jko_fitted_covariance(learned::Ptr{Cvoid}, p::Int64, q::Int64)::Float64)
            for p in numbers, q in numbers]
end

function parameter_count(learned::Fitted)
    count = Ref{Csize_t}(0)
    check(@jko jko_fitted_parameter_count(learned::Ptr{Cvoid}, count::Ptr{Csize_t})::Int32)
    return Int(count[])
end

property(learned::Fitted, ::Val{:entropy}) = @jko jko_fitted_entropy(learned::Ptr{Cvoid})::Float64
property(learned::Fitted, ::Val{:mean}) = mean_name(@jko jko_fitted_mean(learned::Ptr{Cvoid})::Int32)
property(learned::Fitted, ::Val{:residual}) = @jko jko_fitted_residual(learned::Ptr{Cvoid})::Float64
property(learned::Fitted, ::Val{:explained}) = @jko jko_fitted_explained(learned::Ptr{Cvoid})::Float64
property(learned::Fitted, ::Val{:pairs}) = Int(@jko jko_fitted_pairs(learned::Ptr{Cvoid})::Csize_t)
property(learned::Fitted, ::Val{:heat_explained}) =
    @jko jko_fitted_heat_explained(learned::Ptr{Cvoid})::Float64
property(learned::Fitted, ::Val{:heat_entropy}) =
    @jko jko_fitted_heat_entropy(learned::Ptr{Cvoid})::Float64

function property(learned::Fitted, ::Val{:potential})
    V = zeros(nodes(learned))
    check(@jko jko_fitted_potential(learned::Ptr{Cvoid}, V::Reals)::Int32)
    return V
end

function property(learned::Fitted, ::Val{:parameters})
    values = zeros(parameter_count(learned))
    check(@jko jko_fitted_parameters(learned::Ptr{Cvoid}, values::Reals)::Int32)
    return values
end

function property(learned::Fitted, ::Val{:standard_errors})
    errors = zeros(parameter_count(learned))
    check(@jko jko_fitted_standard_errors(learned::Ptr{Cvoid}, errors::Reals)::Int32)
    return errors
end

function property(learned::Fitted, ::Val{:residuals})
    losses = zeros(learned.pairs)
    check(@jko jko_fitted_residuals(learned::Ptr{Cvoid}, losses::Reals)::Int32)
    return losses
end

property(learned::Fitted, ::Val{:parameter_names}) = map(0:parameter_count(learned)-1) do p
    text() do buffer, capacity
        @jko jko_fitted_parameter_name(learned::Ptr{Cvoid}, p::Int64, buffer::Ptr{UInt8},
            capacity::Csize_t)::Csize_t
    end
end

function property(learned::Fitted, ::Val{:unidentified})
    lines = text() do buffer, capacity
        @jko jko_fitted_unidentified(learned::Ptr{Cvoid}, buffer::Ptr{UInt8}, capacity::Csize_t)::Csize_t
    end
    return String.(split(lines, '\n'; keepempty = false))
end

Base.propertynames(::Fitted) = (:potential, :entropy, :parameters, :parameter_names, :standard_errors,
    :unidentified, :mean, :explained, :residual, :residuals, :pairs, :heat_explained, :heat_entropy)

summary_of(io::IO, learned::Fitted) = print(io, nodes(learned), " nodes, ", learned.pairs,
    " steps, entropy ", learned.entropy, ", explained ", learned.explained)
