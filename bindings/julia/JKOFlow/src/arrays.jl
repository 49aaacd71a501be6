# Arrays on their way to the library: as they are where it can read them, copied otherwise.

"A vector whose entries follow each other in memory."
reals(v::DenseVector{Float64}) = v
reals(v::AbstractVector) = convert(Vector{Float64}, v)

"Numbers of nodes, counted from 1."
indices(v::DenseVector{Int64}) = v
indices(v::AbstractVector) = convert(Vector{Int64}, v)

"A matrix with one distribution per column: any strided matrix as it is, or vectors side by side."
columns(A::StridedMatrix{Float64}) = A
columns(A::AbstractMatrix) = convert(Matrix{Float64}, A)
columns(vectors::AbstractVector{<:AbstractVector}) = reduce(hcat, map(reals, vectors))

"Strings in place of the numbers that the header gives them."
const CHOICES = (
    reference = (degree = 0, uniform = 1),
    duplicates = (refuse = 0, sum = 1),
    mean = (logarithmic = 0, geometric = 1, harmonic = 2, arithmetic = 3),
    loss = (symmetric = 0, backward = 1, forward = 2),
    weight = (metric = 0, flux = 1),
    zeros = (refuse = 0, mix = 1, leave_out = 2),
    noise = (gaussian = 0, sandwich = 1, blocks = 2),
)

"What a mean is called."
mean_name(number::Int32) = keys(CHOICES.mean)[1 + number]

"The number of a choice such as `:uniform` for `:reference`."
function choice(option::Symbol, value::Symbol)
    names = get(CHOICES, option, NamedTuple())
    haskey(names, value) || refuse(option, value)
    return Int32(names[value])
end
choice(::Symbol, value::Real) = value
choice(option::Symbol, value) = refuse(option, value)

"Throw, saying what an option can be."
function refuse(option::Symbol, value)
    allowed = haskey(CHOICES, option) ? join(repr.(keys(CHOICES[option])), ", ") : "a number"
    throw(ArgumentError("$option = $(repr(value)); it can be $allowed"))
end
