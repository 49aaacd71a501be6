@testset "energies and their variations" begin
    g = cycle_graph(5)
    π = reference(g)
    V = [0.3, -0.1, 0.2, -0.4, 0.1]
    W = Matrix(Symmetric([sin(i * j) for i in 1:5, j in 1:5]))
    E = Energy(g; potential = V, interaction = W, entropy = 0.7, powers = [2 => 0.4, 3.0 => 0.1])
    μ = masses(5, 3)
    value(μ) = dot(V, μ) + dot(μ, W * μ) / 2 + 0.7sum(μ .* log.(μ ./ π)) +
        sum(π .* (0.4(μ ./ π) .^ 2 + 0.1(μ ./ π) .^ 3 / 2))
    @test E(μ) ≈ value(μ)
    @test Energy(g; interaction = sparse(W))(μ) ≈ dot(μ, W * μ) / 2
    h, unit = 1e-6, Matrix(1.0I, 5, 5)
    slopes = [(value(μ + h * unit[:, x]) - value(μ - h * unit[:, x])) / 2h for x in 1:5]
    @test first_variation(E, μ) ≈ slopes rtol = 1e-7
    d = [1.0, -2, 0.5, 0.2, 0.3]
    curved = (first_variation(E, μ + h * d) - first_variation(E, μ - h * d)) / 2h
    @test second_variation(E, μ, d) ≈ curved rtol = 1e-7
end

@testset "the flow of the entropy is the heat equation" begin
    g = Graph([0.0 1 0 2; 1 0 1 0; 0 1 0 1; 2 0 1 0])
    π, (source, target), c = reference(g), edge_list(g), conductance(g)
    L = zeros(4, 4)
    for (x, y, k) in zip(source, target, c)
        L[[x, y], [x, y]] += k * [-1 1; 1 -1]
    end
    μ0 = masses(4, 2)
    times = [0.0, 0.1, 0.5, 2.0]
    f = flow(Energy(g; entropy = 1), μ0, times; tol = 1e-10)
    for (k, t) in enumerate(times)
        @test f[k] ≈ exp(t * L * Diagonal(1 ./ π)) * μ0 atol = 1e-8
    end
    @test length(f) == 4 && f.times == times && f.masses[:, 3] == f[3] == collect(f)[3] && f[end] == f[4]
    @test issorted(f.energies; rev = true) && f.steps > 0 && f.rejected >= 0 && nodes(f) == 4
    @test f.energies[2] ≈ Energy(g; entropy = 1)(f[2])
    @test_throws BoundsError f[5]
end

@testset "a JKO step is optimal" begin
    g = cycle_graph(5)
    E = Energy(g; potential = [0.3, -0.1, 0.2, -0.4, 0.1], entropy = 0.5)
    μ0 = masses(5, 1)
    step = jko_step(E, μ0, 0.2; tol = 1e-10)
    @test step.converged && step.residual < 1e-6
    gap = 0.2first_variation(E, step.mass) + step.geodesic.potential_end
    @test maximum(gap) - minimum(gap) < 1e-6
    @test step.geodesic(1) ≈ step.mass
    objective(μ) = E(μ) + distance(g, μ0, μ; tol = 1e-11)^2 / 0.4
    @test all(k -> objective(step.mass) < objective(0.99step.mass + 0.01masses(5, k)), 1:4)
end
