# What an energy is learned from: terms that are linear in their parameters.

"A term of an energy to be learned, how strongly it is penalised, and where its parameters may lie."
struct Term
    name::String
    add::Function
    ridge::Float64
    bounds::Tuple{Float64,Float64}
end

Base.show(io::IO, term::Term) =
    print(io, term.name, "(ridge = ", term.ridge, ", bounds = ", term.bounds, ")")

"""
A term with its `ridge`, the penalty on its squared parameters relative to the mean diagonal of its block
of the normal matrix, and `bounds` on each of them.
"""
term(add, name; ridge::Real = 0, bounds = (-Inf, Inf)) = Term(name, add, ridge, bounds)

"""
    Potential(; ridge = 0, bounds)

A potential with a parameter for each node.
"""
Potential(; settings...) = term("Potential"; settings...) do terms
    @jko jko_terms_add_potential(terms::Ptr{Cvoid})::Int32
end

"""
    Potential(functions; ridge = 0, bounds)

A potential in the span of functions on the nodes, one per column.
"""
function Potential(functions; settings...)
    F = columns(functions)
    return term("Potential"; settings...) do terms
        @jko jko_terms_add_potential_in(terms::Ptr{Cvoid}, F::Columns)::Int32
    end
end

"""
    Entropy(; ridge = 0, bounds)

The entropy relative to `π`, with its coefficient.
"""
Entropy(; settings...) = term("Entropy"; settings...) do terms
    @jko jko_terms_add_entropy(terms::Ptr{Cvoid})::Int32
end

"""
    Power(m; ridge = 0, bounds)

The internal energy of the density to the power `m`, with its coefficient.
"""
Power(m::Real; settings...) = term("Power"; settings...) do terms
    @jko jko_terms_add_power(terms::Ptr{Cvoid}, m::Float64)::Int32
end

"""
    InteractionByHops(reach; ridge = 0, bounds)

An interaction with a parameter for 1, 2, ... `reach` edges between nodes.
"""
InteractionByHops(reach::Integer; settings...) = term("InteractionByHops"; settings...) do terms
    @jko jko_terms_add_interaction_by_hops(terms::Ptr{Cvoid}, reach::Int64)::Int32
end

"""
    InteractionByDistance(distances, bins; ridge = 0, bounds)

An interaction with a parameter for each bin `bins[j] <= d < bins[j+1]` of a symmetric matrix of
distances.
"""
function InteractionByDistance(distances, bins::AbstractVector; settings...)
    D, b = columns(distances), reals(bins)
    return term("InteractionByDistance"; settings...) do terms
        @jko jko_terms_add_interaction_by_distance(terms::Ptr{Cvoid}, D::Columns, b::Reals)::Int32
    end
end

"""
    RadialInteraction(distances, centres, width; ridge = 0, bounds)

An interaction with a parameter for each bump `exp(-(d - centres[j])² / 2width²)` of the distance.
"""
function RadialInteraction(distances, centres::AbstractVector, width::Real; settings...)
    D, c = columns(distances), reals(centres)
    return term("RadialInteraction"; settings...) do terms
        @jko jko_terms_add_interaction_radial(terms::Ptr{Cvoid}, D::Columns, c::Reals,
            width::Float64)::Int32
    end
end

"""
    InteractionMatrix(name, W; ridge = 0, bounds)

A multiple of a symmetric matrix.
"""
function InteractionMatrix(name::AbstractString, matrix; settings...)
    W = columns(matrix)
    return term("InteractionMatrix"; settings...) do terms
        @jko jko_terms_add_interaction_matrix(terms::Ptr{Cvoid}, name::Cstring, W::Columns)::Int32
    end
end

"""
    FullInteraction(; ridge, bounds)

A symmetric interaction with every entry free, for at most 64 nodes.
"""
FullInteraction(; settings...) = term("FullInteraction"; settings...) do terms
    @jko jko_terms_add_full_interaction(terms::Ptr{Cvoid})::Int32
end

"""
    Given(name, count; ridge = 0, bounds)

Functionals of your own, whose first variations come with the snapshots, see [`add!`](@ref).
"""
Given(name::AbstractString, count::Integer; settings...) = term("Given"; settings...) do terms
    @jko jko_terms_add_given(terms::Ptr{Cvoid}, name::Cstring, count::Int64)::Int32
end

@handle Terms jko_terms_free "The library's list of terms."

function Terms(list)
    terms = Terms(empty, 0)
    check(@jko jko_terms_new(slot(terms)::Ptr{Ptr{Cvoid}})::Int32)
    for (number, term) in enumerate(list)
        check(term.add(terms))
        (lower, upper), index = term.bounds, number - 1
        check(@jko jko_terms_set_bounds(terms::Ptr{Cvoid}, index::Int64, lower::Float64,
            upper::Float64)::Int32)
    end
    return terms
end

as_term(term::Term) = term
as_term(name::Symbol) = name === :potential ? Potential() : name === :entropy ? Entropy() :
    throw(ArgumentError("the term :$name; by name there are :potential and :entropy"))
