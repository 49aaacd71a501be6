# Twelve short flows of a known energy on a cycle of six nodes.
const ring = cycle_graph(6; reference = :uniform)
const hills = [0.3, -0.1, 0.2, -0.4, 0.1, -0.1]
const times = [0.0, 0.02, 0.04, 0.06]
const neighbours = [Float64(mod(x - y, 6) in (1, 5)) for x in 1:6, y in 1:6]
const truth = Energy(ring; potential = hills, entropy = 0.8, interaction = 1.5neighbours)
const seen = [flow(truth, masses(6, k), times).masses for k in 1:12]

"A fit of these terms to all that was seen."
function learn(terms; options...)
    problem = Fit(ring; terms = terms, options...)
    foreach(S -> add!(problem, S, times), seen)
    return problem
end

@testset "a known energy is found again" begin
    problem = learn((Potential(), Entropy(), InteractionByHops(1)))
    learned = solve(problem)
    @test length(problem) == learned.pairs == 36
    # what remains is the symmetric loss's error of second order in steps of 0.02
    @test learned.potential ≈ hills atol = 0.02
    @test learned.entropy ≈ 0.8 atol = 0.01
    @test learned.parameters[end] ≈ 1.5 atol = 0.02
    @test learned.parameters[1:6] ≈ learned.potential && learned.parameters[7] ≈ learned.entropy
    @test learned.parameter_names[8] == "interaction_by_hops[1]"
    @test 0.99 < learned.explained <= 1 && learned.residual >= 0 && isempty(learned.unidentified)
    @test learned.heat_explained < learned.explained && learned.heat_entropy > 0
    @test explained(learned, problem) ≈ learned.explained
    @test length(learned.residuals) == 36 && all(>=(0), learned.residuals)
    C = covariance(learned)
    @test C == C' && sqrt.(diag(C)) ≈ learned.standard_errors
    forecast = flow(learned, seen[1][:, 1], times)
    @test forecast[end] ≈ seen[1][:, end] atol = 1e-4
    @test Energy(learned)(masses(6, 1)) - Energy(learned)(masses(6, 2)) ≈
        truth(masses(6, 1)) - truth(masses(6, 2)) atol = 0.01

    all_terms = cross_validate(problem, 4)
    without = cross_validate(problem, 4; forward = true, included = [true, true, false])
    @test all_terms.explained > 0.99 > without.explained && all_terms.standard_error >= 0
    @test occursin("36 steps", sprint(show, problem)) && occursin("entropy", sprint(show, learned))
end

@testset "in parts it is the same" begin
    # the symmetric loss looks at the neighbours of a step, which other parts have
    whole = fit(ring, seen[1], times; terms = (:potential, :entropy), loss = :backward)
    parts = [Fit(ring; loss = :backward) for _ in 1:2]
    add!(parts[1], seen[1][:, 1:3], times[1:3])
    add!(parts[2], geodesic(ring, seen[1][:, 3], seen[1][:, 4]), times[4] - times[3]; weight = 1)
    summed = add_statistics!(Fit(ring; loss = :backward), statistics(parts[1]) + statistics(parts[2]))
    merged = merge!(parts[1], parts[2])
    @test solve(merged).entropy ≈ whole.entropy
    @test solve(summed).potential ≈ whole.potential
    symmetric = fit(ring, seen[1], times)
    @test fit(ring, seen[1], times; num_threads = 2).parameters == symmetric.parameters
    @test symmetric.entropy != whole.entropy
end

@testset "terms of every kind" begin
    hops = [Float64(min(mod(x - y, 6), mod(y - x, 6))) for x in 1:6, y in 1:6]
    by_hops = solve(learn((Potential(), Entropy(), InteractionByHops(1)))).parameters
    functions = Matrix(1.0I, 6, 6)[:, 1:5]
    same = [
        (Potential(), Entropy(), InteractionByDistance(hops, [0.5, 1.5])),
        (Potential(), Entropy(), InteractionMatrix("ring", neighbours)),
        (Potential(functions), Entropy(), InteractionByHops(1)),
    ]
    for terms in same
        @test solve(learn(terms)).parameters[end-1:end] ≈ by_hops[end-1:end] rtol = 1e-6
    end
    @test length(solve(learn((Entropy(), RadialInteraction(hops, [1.0, 2.0], 0.5)))).parameters) == 3
    @test length(solve(learn((Potential(ridge = 0.1), FullInteraction(ridge = 0.1)))).parameters) == 27
    quadratic = Energy(ring; powers = [2 => 0.3])
    S = flow(quadratic, masses(6, 1), times).masses
    @test fit(ring, S, times; terms = [Power(2)]).parameters[1] ≈ 0.3 atol = 0.01
    bounded = solve(learn((Potential(), Entropy(bounds = (1, Inf)), InteractionByHops(1))))
    @test bounded.entropy == 1

    # the entropy as a term of one's own
    mine = Fit(ring; terms = (Given("mine", 1), Potential()))
    foreach(S -> add!(mine, S, times; variations = log.(6S)), seen)
    @test solve(mine).parameters[1] ≈ solve(learn((:entropy, :potential))).entropy
    @test_throws JKOFlowError add!(Fit(ring; terms = [Given("mine", 1)]), seen[1], times)

    # a ridge of the terms is that of the solve
    penalised = learn((Potential(ridge = 0.5), Entropy()))
    @test solve(penalised).potential ≈ solve(learn((:potential, :entropy)); ridges = [0.5, 0]).potential
    @test norm(solve(penalised).potential) < norm(solve(penalised; ridges = [0, 0]).potential)
end

@testset "the loss of any energy" begin
    S = seen[1]
    L = SnapshotLoss(ring, S, times)
    variations = reduce(hcat, [first_variation(truth, μ) for μ in eachcol(S)])
    still, slope = value_and_gradient(L, zero(S))
    @test 0 <= L(variations) < 1e-3 * still && L(zero(S)) == still
    d = [cos(x + 2k) for x in 1:6, k in 1:4]
    h = 1e-3
    @test dot(slope, d) ≈ (L(h * d) - L(-h * d)) / 2h rtol = 1e-8
end
