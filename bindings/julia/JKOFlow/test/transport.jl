@testset "two nodes have a closed form" begin
    # W = ∫ dm / sqrt(c θ(2m, 2(1-m))), where the arithmetic mean of the two densities is 1
    g = path_graph(2; reference = :uniform)
    c = conductance(g)[1]
    @test distance(g, [0.2, 0.8], [0.7, 0.3]; mean = :arithmetic) ≈ 0.5 / sqrt(c) rtol = 1e-9
    # the geometric mean is 2 sqrt(m(1-m)): with m = sin²(φ), dm / sqrt(θ) = sqrt(sin 2φ) dφ
    φ(m) = asin(sqrt(m))
    integral = simpson(x -> sqrt(sin(2x)), φ(0.2), φ(0.7), 2000)
    @test distance(g, [0.2, 0.8], [0.7, 0.3]; mean = :geometric) ≈ integral / sqrt(c) rtol = 1e-9
end

@testset "a geodesic and what belongs to it" begin
    g = grid_graph((3, 3))
    a, b = masses(9, 1), masses(9, 2)
    γ = geodesic(g, a, b; tol = 1e-10)
    @test γ.converged && γ.status == 0 && γ.error_estimate < 1e-9 && γ.path_error_estimate < 1e-4
    @test γ.mean == :logarithmic && γ.method in ("shooting", "newton") && !isempty(γ.reason)
    @test γ.iterations > 0 && γ.time_nodes > 0 && isfinite(γ.residual) && nodes(γ) == 9
    @test γ(0) ≈ a && γ(1) ≈ b
    @test sum(γ(0.3)) ≈ 1 && density(γ, 0.3) ≈ density(g, γ(0.3))
    @test JKOFlow.potential(γ, 1) ≈ γ.potential_end && JKOFlow.potential(γ, 0) ≈ γ.potential_start
    @test distance(g, a, b) ≈ distance(g, b, a) ≈ γ.distance

    # half the squared distance has the end potentials as its derivatives
    direction = [1.0; -1; zeros(7)]
    h = 1e-4
    half(μ0, μ1) = distance(g, μ0, μ1; tol = 1e-11)^2 / 2
    @test dot(γ.potential_end, direction) ≈
        (half(a, b + h * direction) - half(a, b - h * direction)) / 2h rtol = 1e-5
    @test -dot(γ.potential_start, direction) ≈
        (half(a + h * direction, b) - half(a - h * direction, b)) / 2h rtol = 1e-5

    enclosed = bounds(γ; gap = 1e-4)
    @test enclosed.reached && enclosed.lower <= γ.distance <= enclosed.upper
    @test enclosed.upper - enclosed.lower <= 1e-4 * enclosed.upper
    @test bounds(g, a, b; gap = 1e-4, tol = 1e-10) == enclosed

    cut = geodesic(g, [1.0; zeros(8)], [zeros(8); 1.0]; max_iterations = 1)
    @test !cut.converged && cut.status > 0 && occursin("not converged", cut.message)
    @test_throws JKOFlowError distance(g, [1.0; zeros(8)], [zeros(8); 1.0]; max_iterations = 1)
end

@testset "batches and any layout of memory" begin
    g = cycle_graph(6)
    S = reduce(hcat, [masses(6, k) for k in 1:5])
    found = distances(g, S)
    alone = [distance(g, S[:, k], S[:, k + 1]) for k in 1:4]
    @test found.distance ≈ alone && all(found.converged)
    @test distances(g, S; num_threads = 2) == found
    wide = zeros(12, 10)
    wide[1:2:11, 1:2:9] = S
    views = [view(wide, 1:2:11, 1:2:9), [S[:, k] for k in 1:5], transpose(permutedims(S)), big.(S)]
    @test all(view -> distances(g, view).distance ≈ alone, views)
    @test JKOFlow.columns(views[1]) === views[1] && JKOFlow.columns(S) === S
    γs = geodesics(g, S; num_threads = 2)
    @test [γ.distance for γ in γs] ≈ alone && γs[2].potential_end ≈ found.potential_end[:, 2]
    @test found.potential_start[:, 3] ≈ γs[3].potential_start
    @test isempty(geodesics(g, S[:, 1:1])) && isempty(distances(g, S[:, 1:1]).distance)

    solver = Solver(g; tol = 1e-9)
    first = solve(solver, S[:, 1], S[:, 2])
    @test first.distance ≈ alone[1]
    @test solve_next(solver, S[:, 2], S[:, 3]).distance ≈ alone[2]
    @test solve_from(solver, first, view(S, :, 1), view(S, :, 2)).distance ≈ alone[1]

    D = distance_matrix(g, S; num_threads = 2)
    @test D == D' && all(iszero, diag(D)) && [D[k, k + 1] for k in 1:4] ≈ alone
end

@testset "tangents, paths and barycentres" begin
    g = grid_graph((2, 3); reference = :uniform)
    a, b = masses(6, 1), masses(6, 2)
    ψ = logarithm(g, a, b)
    W = distance(g, a, b)
    @test exponential(g, a, ψ) ≈ b atol = 1e-6
    @test metric_potential(g, a, metric_rate(g, a, ψ)) ≈ ψ
    @test metric_product(g, a, ψ, ψ) ≈ dot(ψ, metric_rate(g, a, ψ)) ≈ W^2
    moved = geodesic_flow(g, a, ψ, [0, 0.5, 1])
    γ = geodesic(g, a, b)
    @test moved.masses[:, 2] ≈ γ(0.5) atol = 1e-6
    @test moved.potentials[:, 3] ≈ γ.potential_end atol = 1e-6
    @test moved.energy_drift < 1e-6
    path = [γ(t) for t in 0:0.02:1]
    @test path_action(g, 0:0.02:1, path) ≈ W^2 rtol = 1e-3
    @test W * (1 - 1e-9) <= sum(path_lengths(g, path)) <= W * (1 + 1e-3)

    middle = barycentre(g, [a b], [0.5, 0.5]; tol = 1e-9)
    @test middle.converged
    @test middle.mass ≈ γ(0.5) atol = 1e-6
    @test middle.objective ≈ W^2 / 8 rtol = 1e-8
    @test middle.residual <= 1e-9 && middle.iterations >= 0
    found = barycentre_weights(g, γ(0.3), [a b])
    @test found.weights ≈ [0.7, 0.3] atol = 1e-5
    @test found.residual < 1e-5
end
