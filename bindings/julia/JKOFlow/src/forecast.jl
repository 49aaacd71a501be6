# What learned energies predict.

@handle Forecast jko_forecast_free """
What [`forecast`](@ref) and [`forecast_steps`](@ref) predict. Properties: `times`; `masses`, a column per
time; `standard_errors`, of the same shape, NaN where the fit has no covariance. They say how much is
unknown of the energy, not the scatter of counts, nor that the model may be wrong. [`band`](@ref) has
bands about the masses.
"""

"""
    forecast(learned, μ0, times; tol, max_steps, cancel)
    forecast(learned, times; trajectory = 1, tol, ...)

The flow of a learned energy, with standard errors from the covariance of its parameters: from positive
masses `μ0` at the first time, taken as known, or, where counts were learned from, of one of their
trajectories at increasing times from its first on; these standard errors know that its start is an
estimate. The mobility mean is that of the fit; another one is refused. See `JKOFlow.options(:flow)`.
"""
function forecast(learned::Union{Fitted,Learned}, μ0::AbstractVector, times::AbstractVector;
                  progress = nothing, cancel = nothing, settings...)
    m, t, options = reals(μ0), reals(times), options_under(learned, :flow, settings, cancel)
    return predicted(learned, progress) do out
        predict(learned, m, t, options, out)
    end
end

predict(learned::Fitted, m, t, options, out) =
    @jko jko_fitted_forecast(learned::Ptr{Cvoid}, m::Reals, t::Reals, options::Ptr{Cvoid},
        out::Ptr{Ptr{Cvoid}})::Int32

predict(learned::Learned, m, t, options, out) =
    @jko jko_estimate_forecast(estimate(learned)::Ptr{Cvoid}, m::Reals, t::Reals, options::Ptr{Cvoid},
        out::Ptr{Ptr{Cvoid}})::Int32

function forecast(learned::CountFitted, times::AbstractVector; trajectory::Integer = 1,
                  progress = nothing, cancel = nothing, settings...)
    count, index = getfield(learned, :trajectories), trajectory - 1
    0 <= index < count || throw(ArgumentError("trajectory $trajectory; there are $count"))
    t, options = reals(times), options_under(learned, :flow, settings, cancel)
    return predicted(learned, progress) do out
        @jko jko_count_fitted_forecast(learned::Ptr{Cvoid}, index::Csize_t, t::Reals,
            options::Ptr{Cvoid}, out::Ptr{Ptr{Cvoid}})::Int32
    end
end

"""
    forecast_steps(learned, μ0, τ, steps; num_threads = 1, tol, ...)

As [`forecast`](@ref), by steps of the JKO scheme of length `τ` from `μ0` at time 0, for what flows or
counts taught. See `JKOFlow.options(:geodesic)`. The result is the same for any number of threads.
"""
function forecast_steps(learned::Learned, μ0::AbstractVector, τ::Real, steps::Integer;
                        num_threads::Integer = 1, progress = nothing, cancel = nothing, settings...)
    m, options = reals(μ0), options_under(learned, :geodesic, settings, cancel)
    return predicted(learned, progress) do out
        @jko jko_estimate_forecast_steps(estimate(learned)::Ptr{Cvoid}, m::Reals, τ::Float64,
            steps::Int64, options::Ptr{Cvoid}, num_threads::Int32, out::Ptr{Ptr{Cvoid}})::Int32
    end
end

"Options with the mean of the fit where the settings have none."
options_under(learned, group::Symbol, settings, cancel) =
    Options(group, (mean = learned.mean, settings...); cancel = cancel)

"The forecast that a watched call writes."
function predicted(call, learned, progress)
    f = Forecast(empty, nodes(learned))
    check_found(watched(() -> call(slot(f)), progress), f)
    return f
end

Base.length(f::Forecast) = Int(@jko jko_forecast_count(f::Ptr{Cvoid})::Csize_t)

"""
    band(f, quantile = 1.96)

Bands of so many standard errors about the masses of a forecast, 1.96 for 95 %: `lower` and `upper`, a
column per time. They are bands of the logarithms, so that they are positive.
"""
function band(f::Forecast, quantile::Real = 1.96)
    lower, upper = zeros(nodes(f), length(f)), zeros(nodes(f), length(f))
    for (number, (low, high)) in enumerate(zip(eachcol(lower), eachcol(upper)))
        index = number - 1
        check(@jko jko_forecast_band(f::Ptr{Cvoid}, index::Csize_t, quantile::Float64, low::Reals,
            high::Reals)::Int32)
    end
    return (lower = lower, upper = upper)
end

function property(f::Forecast, ::Val{:times})
    t = zeros(length(f))
    check(@jko jko_forecast_times(f::Ptr{Cvoid}, t::Reals)::Int32)
    return t
end
function property(f::Forecast, ::Val{:masses})
    M = zeros(nodes(f), length(f))
    check(@jko jko_forecast_masses(f::Ptr{Cvoid}, M::Columns)::Int32)
    return M
end
function property(f::Forecast, ::Val{:standard_errors})
    errors = zeros(nodes(f), length(f))
    check(@jko jko_forecast_standard_errors(f::Ptr{Cvoid}, errors::Columns)::Int32)
    return errors
end

Base.propertynames(::Forecast) = (:times, :masses, :standard_errors)

summary_of(io::IO, f::Forecast) = print(io, nodes(f), " nodes, ", length(f), " times")

@listening forecast forecast_steps
