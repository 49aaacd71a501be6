"""
Geodesics of Maas' discrete transport metric on graphs, and the free energies that drive snapshots of a
process: the library jkoflow from Julia.

    using JKOFlow
    g = grid_graph((3, 3))
    γ = geodesic(g, μ0, μ1; tol = 1e-9)       # γ.distance, γ.potential_end, γ(0.5)
    learned = fit(g, snapshots, times)        # a column per snapshot; learned.potential, learned.entropy
    future = forecast(learned, snapshots[:, end], [0.0, 1.0])    # future.masses, band(future)

Distributions are vectors of masses with sum one, and nodes count from 1. Every long computation takes
the keyword `cancel` (a [`CancelToken`](@ref)), hears `do progress ... end` blocks, and stops on Ctrl-C.
"""
module JKOFlow

using Libdl
using LinearAlgebra
using SparseArrays

include("library.jl")
include("arrays.jl")
include("handles.jl")
include("watch.jl")
include("options.jl")
include("graph.jl")
include("builders.jl")
include("geodesic.jl")
include("batch.jl")
include("geometry.jl")
include("energy.jl")
include("flow.jl")
include("terms.jl")
include("problem.jl")
include("fit.jl")
include("fitted.jl")
include("estimate.jl")
include("flow_fit.jl")
include("count_fit.jl")
include("forecast.jl")
include("loss.jl")

export JKOFlowError, CancelToken, cancel!, reset!, iscancelled
export Graph, chain, kernel, nodes, edges, edge_list, reference, conductance
export density, mix_with_reference, centre, check_distribution, mean_value
export path_graph, cycle_graph, star_graph, complete_graph, grid_graph, hypercube_graph, hamming_graph
export erdos_renyi, stochastic_block, barabasi_albert, watts_strogatz, random_regular, random_tree
export nearest_neighbours
export Geodesic, Solver, geodesic, distance, bounds, solve, solve_next, solve_from, geodesics, distances
export distance_matrix, barycentre, barycentre_weights, metric_rate, metric_potential, metric_product
export geodesic_flow, exponential, logarithm, path_action, path_lengths
export Energy, first_variation, second_variation, Flow, flow, jko_step
export Potential, Entropy, Power, InteractionByHops, InteractionByDistance, RadialInteraction
export InteractionMatrix, FullInteraction, Given
export Fit, Fitted, fit, add!, merge!, statistics, add_statistics!, cross_validate, explained, covariance
export FlowFit, FlowFitted, flow_fit, CountFit, CountFitted, count_fit
export Forecast, forecast, forecast_steps, band
export SnapshotLoss, value_and_gradient

function __init__()
    TRAMPOLINE[] = @cfunction(trampoline, Int32, (Ptr{Progress}, Ptr{Cvoid}))
end

end
