@testset "graphs from matrices, edges, chains and kernels agree" begin
    A = sparse([0.0 2 0 1; 2 0 3 0; 0 3 0 1; 1 0 1 0])
    g = Graph(A)
    @test nodes(g) == 4 && edges(g) == 4
    @test edge_list(g) == ([1, 1, 2, 3], [2, 4, 3, 4])
    degrees = vec(sum(Matrix(A), dims = 2))
    @test reference(g) ≈ degrees / sum(degrees)
    @test conductance(g) ≈ [2, 1, 3, 1] / sum(degrees)
    @test conductance(Graph(Matrix(A))) == conductance(g)
    @test conductance(Graph([2, 4, 3, 4], [1, 1, 2, 3], [2, 1, 3, 1])) ≈ conductance(g)
    @test conductance(chain(reference(g), edge_list(g)..., conductance(g))) ≈ conductance(g)
    K = sparse(Matrix(A) ./ degrees)
    @test conductance(kernel(K)) ≈ conductance(g)
    @test conductance(kernel(K, reference(g))) ≈ conductance(g)
    @test reference(Graph(A; reference = :uniform)) == fill(0.25, 4)
    @test edges(Graph([1, 2, 1], [2, 1, 2], [1, 2, 3]; duplicates = :sum)) == 1

    μ = masses(4, 1)
    @test density(g, μ) ≈ μ ./ reference(g)
    @test mix_with_reference(g, μ, 0.25) ≈ 0.75μ + 0.25reference(g)
    @test centre(g, μ) ≈ μ .- dot(reference(g), μ)
    @test check_distribution(g, μ; positive = true) === nothing
end

@testset "builders" begin
    sizes(g) = (nodes(g), edges(g))
    @test sizes(path_graph(5)) == (5, 4)
    @test sizes(cycle_graph(5; reference = :uniform)) == (5, 5)
    @test edge_list(star_graph(4)) == ([1, 1, 1], [2, 3, 4])
    @test sizes(complete_graph(5)) == (5, 10)
    @test sizes(hypercube_graph(3)) == (8, 12)
    @test sizes(hamming_graph(2, 3)) == (9, 18)
    @test sizes(grid_graph((3, 4); periodic = true)) == (12, 24)
    # nodes lie as in a Julia array
    at = LinearIndices((3, 4))
    steps = ((1, 0), (0, 1))
    expected = [(at[i, j], at[i + a, j + b]) for (a, b) in steps for i in 1:3-a for j in 1:4-b]
    @test sort(collect(zip(edge_list(grid_graph((3, 4)))...))) == sort(expected)

    @test nodes(erdos_renyi(20, 0.4; seed = 1)) == 20
    @test edge_list(erdos_renyi(20, 0.4; seed = 7)) == edge_list(erdos_renyi(20, 0.4; seed = 7))
    @test sizes(stochastic_block([2, 3], [1 1; 1 1]; seed = 1)) == (5, 10)
    @test edges(barabasi_albert(10, 1; seed = 3)) == 9
    @test sizes(watts_strogatz(10, 4, 0.1; seed = 3)) == (10, 20)
    @test sizes(random_regular(10, 3; seed = 3)) == (10, 15)
    @test sizes(random_tree(10; seed = 3)) == (10, 9)
    points = [0.0 1 2 3; 0 0 0 0]
    line = nearest_neighbours(points, 1; bandwidth = 1)
    @test edge_list(line) == ([1, 2, 3], [2, 3, 4])
    @test edge_list(nearest_neighbours(transpose(permutedims(points)), 1)) == edge_list(line)
end

@testset "means" begin
    mean = mean_value(:logarithmic, 1.0, exp(1))
    @test mean.value ≈ exp(1) - 1
    @test mean.gradient[1] ≈ -1 + (exp(1) - 1)        # θ_s = (θ/s - 1) / log(t/s)
    @test mean_value(:geometric, 4, 9).value ≈ 6
    @test mean_value(:harmonic, 1, 3).value ≈ 1.5
    @test mean_value(:arithmetic, 1, 3).hessian == zeros(3)
end
