# What all learning problems share: terms, and trajectories of snapshots.

"An object of the library that learns, and the terms that it was made of."
abstract type Problem end

Base.close(problem::Problem) = close(problem.handle)
Base.isopen(problem::Problem) = isopen(problem.handle)
Base.cconvert(::Type{Ptr{Cvoid}}, problem::Problem) = problem.handle
nodes(problem::Problem) = nodes(problem.handle)

function Base.show(io::IO, problem::Problem)
    print(io, nameof(typeof(problem)), "(", isopen(problem) ? contents(problem) : "closed", ")")
end

contents(problem::Problem) = "$(nodes(problem)) nodes, $(join([t.name for t in problem.terms], " + "))"

ridges(problem::Problem) = [term.ridge for term in problem.terms]

"""
    add!(problem, snapshots, times; variations, num_threads = 1)
    add!(fit::Fit, γ, τ; weight = 1)

Add the steps between consecutive columns, or one step of length `τ` whose geodesic is known. Several
trajectories are a vector of matrices, with common `times` or a vector of times for each. Only a
[`Fit`](@ref) works at once, on `num_threads` threads, and knows [`Given`](@ref) terms: of one trajectory,
`variations` has the first variations of all their functionals, in order, at the first snapshot, then at
the second and so on, one per column.
"""
function add!(problem::Problem, snapshots, times::AbstractVector; options...)
    parts = trajectories(snapshots, times)
    haskey(options, :variations) && length(parts) > 1 && throw(ArgumentError(
        "variations belong to one trajectory, but there are $(length(parts)); add one after the other"))
    for (S, t) in parts
        add_trajectory!(problem, columns(S), reals(t); options...)
    end
    return problem
end

"The trajectories that the caller means, each with its times."
trajectories(S::AbstractMatrix, times::AbstractVector) = [(S, times)]
trajectories(S::AbstractVector{<:AbstractVector{<:Real}}, times::AbstractVector{<:Real}) = [(S, times)]
trajectories(many::AbstractVector, times::AbstractVector{<:Real}) = [(S, times) for S in many]
function trajectories(many::AbstractVector, times::AbstractVector)
    length(many) == length(times) || throw(DimensionMismatch(
        "$(length(many)) trajectories, but times for $(length(times))"))
    return collect(zip(many, times))
end
