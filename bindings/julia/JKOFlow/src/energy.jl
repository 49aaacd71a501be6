# Free energies.

@handle Energy jko_energy_free """
    Energy(g; potential, interaction, entropy = 0, powers = [])
    Energy(learned)

The free energy `Σ V μ + ½ Σ W μ μ + β Σ μ log(μ/π) + Σ π Σ_k a_k (μ/π)^m_k / (m_k - 1)` with a potential
`V`, a symmetric interaction `W` (dense or sparse), an entropy coefficient `β`, and `powers` as pairs
`m => a`. `E(μ)` is its value.
"""

function Energy(g::Graph; potential = nothing, interaction = nothing, entropy::Real = 0, powers = ())
    E = Energy(empty, nodes(g))
    check(@jko jko_energy_new(g::Ptr{Cvoid}, slot(E)::Ptr{Ptr{Cvoid}})::Int32)
    potential === nothing || set_potential!(E, potential)
    interaction === nothing || set_interaction!(E, interaction)
    check(@jko jko_energy_set_entropy(E::Ptr{Cvoid}, entropy::Float64)::Int32)
    for (m, a) in powers
        check(@jko jko_energy_add_internal(E::Ptr{Cvoid}, a::Float64, 0::Int32, m::Float64)::Int32)
    end
    return E
end

function set_potential!(E::Energy, potential::AbstractVector)
    V = reals(potential)
    check(@jko jko_energy_set_potential(E::Ptr{Cvoid}, V::Reals)::Int32)
end

function set_interaction!(E::Energy, interaction::AbstractMatrix)
    W = columns(interaction)
    check(@jko jko_energy_set_interaction_dense(E::Ptr{Cvoid}, W::Columns)::Int32)
end

function set_interaction!(E::Energy, W::SparseMatrixCSC)
    # symmetric, so that columns may stand for rows
    start, column, value = indices(W.colptr), indices(W.rowval), reals(W.nzval)
    options = Options(:graph, (index_base = 1,))
    check(@jko jko_energy_set_interaction_sparse(E::Ptr{Cvoid}, start::Indices, column::Indices,
        value::Reals, options::Ptr{Cvoid})::Int32)
end

"Value of the energy at masses `μ`; nodes may be empty."
function (E::Energy)(μ::AbstractVector)
    m, value = reals(μ), Ref(NaN)
    check(@jko jko_energy_value(E::Ptr{Cvoid}, m::Reals, value::Ptr{Float64})::Int32)
    return value[]
end

"""
    first_variation(E, μ)

The derivative of the energy in the masses.
"""
function first_variation(E::Energy, μ::AbstractVector)
    m, variation = reals(μ), zeros(nodes(E))
    check(@jko jko_energy_first_variation(E::Ptr{Cvoid}, m::Reals, variation::Reals)::Int32)
    return variation
end

"""
    second_variation(E, μ, direction)

The second derivative of the energy in the masses, applied to a direction.
"""
function second_variation(E::Energy, μ::AbstractVector, direction::AbstractVector)
    m, d, variation = reals(μ), reals(direction), zeros(nodes(E))
    check(@jko jko_energy_second_variation(E::Ptr{Cvoid}, m::Reals, d::Reals, variation::Reals)::Int32)
    return variation
end
