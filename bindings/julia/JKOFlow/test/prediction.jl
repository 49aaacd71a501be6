# Three flows of the energy of `learning.jl`, seen at few times that are far apart.
const late = [0.0, 0.3, 0.7, 1.2]
const flows = [flow(truth, masses(6, k), late; tol = 1e-12).masses for k in 1:3]
const three_terms = (Potential(), Entropy(), InteractionByHops(1))

"The same with errors that keep the sum, of about a thousandth."
const blurred = [S .* (1 .+ 1e-3 * [sin(3x + 5k) for x in 1:6, k in 1:4]) |> M -> M ./ sum(M; dims = 1)
                 for S in flows]

"Derivatives in the parameters by central differences: the flow from `μ` at the last time."
function sensitivity(p, μ, times)
    last_mass(p) = flow(Energy(ring; potential = p[1:6], entropy = p[7], interaction = p[8] * neighbours),
        μ, times; tol = 1e-12)[end]
    unit, h = Matrix(1.0I, 8, 8), 1e-4
    return reduce(hcat, [(last_mass(p + h * u) - last_mass(p - h * u)) / 2h for u in eachcol(unit)])
end

@testset "flows tell their energy, however far apart the snapshots are" begin
    learned = flow_fit(ring, flows, late; terms = three_terms)
    @test learned.converged && learned.status == 0 && learned.message == "success"
    @test learned.potential ≈ hills atol = 1e-6
    @test learned.entropy ≈ 0.8 atol = 1e-6
    @test learned.parameters ≈ [hills; 0.8; 1.5] atol = 1e-6
    @test learned.parameter_names[[1, 7, 8]] == ["potential[0]", "entropy", "interaction_by_hops[1]"]
    @test learned.explained ≈ 1 && learned.pairs == 9 && learned.iterations > 0
    @test isempty(learned.unidentified)
    @test Energy(learned)(masses(6, 4)) ≈ truth(masses(6, 4))
    @test flow(learned, flows[2][:, 1], late).masses ≈ flows[2] atol = 1e-6
    @test startswith(sprint(show, learned), "FlowFitted(6 nodes, 9 steps, entropy 0.8")

    noisy = flow_fit(ring, blurred, late; terms = three_terms)
    C = covariance(noisy)
    @test C ≈ C' && sqrt.(diag(C)) ≈ noisy.standard_errors && all(>(0), noisy.standard_errors)
    @test sum(noisy.residuals) ≈ noisy.residual && length(noisy.residuals) == 9
    @test all(abs.(noisy.parameters - [hills; 0.8; 1.5]) .< 5noisy.standard_errors)
    @test learned.explained > noisy.explained > 0.99
    @test !(flow_fit(ring, blurred, late; noise = :sandwich).standard_errors ≈
        flow_fit(ring, blurred, late).standard_errors)
end

@testset "trajectories in every form" begin
    whole = flow_fit(ring, blurred, late)
    problem = FlowFit(ring)
    @test sprint(show, problem) == "FlowFit(6 nodes, Potential + Entropy)"
    foreach(S -> add!(problem, collect.(eachcol(S)), late), blurred)
    same = [
        flow_fit(ring, blurred, [late, late .+ 1, late .- 3]),
        flow_fit(ring, [view(S, :, 1:4) for S in blurred], late; num_threads = 2),
        solve(problem),
        solve(problem; num_threads = 2) do _ end,
    ]
    @test all(learned -> learned.parameters ≈ whole.parameters, same)
    @test same[2].parameters == same[3].parameters == same[4].parameters == whole.parameters
    @test flow_fit(ring, blurred[1], late).pairs == 3
    from_afar = solve(problem; start = [zeros(6); 2.0])
    @test from_afar.parameters ≈ whole.parameters rtol = 1e-5
    @test norm(solve(problem; ridges = [10, 0]).potential) < norm(whole.potential)
    @test flow_fit(ring, blurred, late; terms = (Potential(ridge = 10), Entropy())).potential ≈
        solve(problem; ridges = [10, 0]).potential
    close(problem)
    close(problem)
    @test sprint(show, problem) == "FlowFit(closed)"
    @test fit(ring, seen, times).parameters == solve(learn((:potential, :entropy))).parameters
    hole = [0.5, 0.5, 0, 0, 0, 0]
    @test_throws JKOFlowError flow_fit(ring, [hole masses(6, 1)], [0, 1])
    @test flow_fit(ring, [hole masses(6, 1)], [0, 1]; terms = (:entropy,), mixing = 0.1).entropy > 0
    @test_throws DimensionMismatch flow_fit(ring, blurred, [late, late])
    @test_throws ArgumentError add!(Fit(ring; terms = [Given("mine", 1)]), seen, times;
        variations = log.(seen[1]))
end

@testset "counts tell their energy and their start" begin
    learned = count_fit(ring, 1e9flows, late; terms = three_terms)
    @test learned.converged
    @test learned.parameters ≈ [hills; 0.8; 1.5] atol = 1e-5
    @test learned.starts ≈ reduce(hcat, [S[:, 1] for S in flows]) atol = 1e-7
    # 3 trajectories of 3 later snapshots of 5 free counts, less 5 + 1 + 1 parameters
    @test learned.degrees_of_freedom == 45 - 7 && 0 <= learned.deviance < 1
    @test startswith(sprint(show, learned), "CountFitted(6 nodes, entropy 0.8")
    fewer = count_fit(ring, 1e7flows, late; terms = three_terms, num_threads = 2)
    @test fewer.standard_errors ≈ 10learned.standard_errors rtol = 1e-3
    @test sqrt.(diag(covariance(fewer))) ≈ fewer.standard_errors
    heavy = count_fit(ring, round.(Int, 1e4blurred[1]), late; terms = (:entropy,))
    @test heavy.deviance > learned.deviance && sum(heavy.starts) ≈ 1
    problem = CountFit(ring; terms = (:entropy,))
    @test sprint(show, problem) == "CountFit(6 nodes, Entropy)"
    add!(problem, round.(Int, 1e4blurred[1]), late)
    @test solve(problem).entropy == heavy.entropy
    @test solve(problem; start = [1.0], ridges = [0.0]).entropy ≈ heavy.entropy rtol = 1e-5
    # nothing at all was seen on some nodes
    @test count_fit(ring, [10 0 0 0 0 0; 6 2 0 0 0 2]', [0.0, 0.5]; terms = (:entropy,)).entropy > 0
end

@testset "counts know how little they tell" begin
    heat = [flow(Energy(ring; entropy = 0.8), masses(6, k), late; tol = 1e-12).masses for k in 1:2]
    learned = count_fit(ring, 1e6heat, late; terms = (:entropy,))
    # the Fisher information of the coefficient and both starts, by central differences
    h = 1e-4
    tangents = [[-ones(1, 5); Matrix(1.0I, 5, 5)][:, y] for y in 1:5]
    masses_at(β, μ) = flow(Energy(ring; entropy = β), μ, late; tol = 1e-12).masses
    information = zeros(11, 11)
    for (k, S) in enumerate(heat)
        slopes = zeros(24, 11)
        slopes[:, 1] = vec(masses_at(0.8 + h, S[:, 1]) - masses_at(0.8 - h, S[:, 1])) / 2h
        for (y, u) in enumerate(tangents)
            ahead, back = masses_at(0.8, S[:, 1] + h * u), masses_at(0.8, S[:, 1] - h * u)
            slopes[:, 1 + 5(k - 1) + y] = vec(ahead - back) / 2h
        end
        information += 1e6slopes' * Diagonal(1 ./ vec(S)) * slopes
    end
    C = inv(information)
    @test learned.standard_errors[1] ≈ sqrt(C[1, 1]) rtol = 1e-3

    second = forecast(learned, late; trajectory = 2)
    @test second.masses ≈ flow(learned, learned.starts[:, 2], late).masses rtol = 1e-6
    @test second.standard_errors[2:end, 1] ≈ sqrt.(diag(C)[7:11]) rtol = 1e-3
    @test forecast(learned, [1.2, 2.0]).masses[:, 1] ≈ heat[1][:, 4] rtol = 1e-4
    @test_throws ArgumentError forecast(learned, late; trajectory = 0)
    @test_throws ArgumentError forecast(learned, late; trajectory = 3)
    @test_throws JKOFlowError forecast(learned, [-1.0, 0.0])
    # a start that is known leaves less unknown
    known = forecast(learned, learned.starts[:, 2], late)
    @test all(known.standard_errors .< second.standard_errors)
end

@testset "forecasts are flows with errors" begin
    μ, ahead = masses(6, 5), [0.0, 0.5, 2.0]
    exact = forecast(flow_fit(ring, flows, late; terms = three_terms), μ, ahead; tol = 1e-11)
    @test exact.times == ahead && length(exact) == 3
    @test exact.masses ≈ flow(truth, μ, ahead; tol = 1e-11).masses atol = 1e-8
    @test maximum(exact.standard_errors) < 1e-7
    @test sprint(show, exact) == "Forecast(6 nodes, 3 times)"

    for learned in (flow_fit(ring, blurred, late; terms = three_terms),
                    count_fit(ring, 1e5blurred, late; terms = three_terms),
                    solve(learn(three_terms)))
        f = forecast(learned, μ, ahead)
        J, C = sensitivity(learned.parameters, μ, ahead), covariance(learned)
        @test f.masses ≈ flow(learned, μ, ahead).masses rtol = 1e-5
        @test f.standard_errors[:, 1] ≈ zeros(6) atol = 1e-15
        @test f.standard_errors[:, 3] ≈ sqrt.(diag(J * C * J')) rtol = 1e-3
        lower, upper = band(f)
        @test lower ≈ f.masses .* exp.(-1.96f.standard_errors ./ f.masses)
        @test lower .* upper ≈ f.masses .^ 2
        @test band(f, 0).lower == f.masses
        @test_throws JKOFlowError band(f, NaN)
    end
end

@testset "a forecast keeps the mean of its fit" begin
    μ, ahead = masses(6, 5), [0.0, 0.5]
    for learned in (flow_fit(ring, flows, late; terms = (:entropy,), mean = :harmonic),
                    count_fit(ring, 1e5flows, late; terms = (:entropy,), mean = :harmonic),
                    fit(ring, seen[1], times; terms = (:entropy,), mean = :harmonic))
        @test learned.mean == :harmonic
        expected = flow(Energy(learned), μ, ahead; mean = :harmonic).masses
        @test forecast(learned, μ, ahead).masses ≈ expected rtol = 1e-5
        @test forecast(learned, μ, ahead; mean = :harmonic).masses == forecast(learned, μ, ahead).masses
        @test flow(learned, μ, ahead).masses == expected
        refusal = message(() -> forecast(learned, μ, ahead; mean = :logarithmic))
        @test occursin("options.mean: log, but the fit's is harmonic", refusal)
    end
    stepped = flow_fit(ring, flows, late; terms = (:entropy,), mean = :harmonic)
    @test length(forecast_steps(stepped, μ, 0.1, 1)) == 2
    @test_throws JKOFlowError forecast_steps(stepped, μ, 0.1, 1; mean = :geometric)
    @test occursin("shares", message(() -> count_fit(ring, flows[1], late)))
end

@testset "forecasts by steps" begin
    learned = flow_fit(ring, blurred, late; terms = (:entropy,))
    β, s = learned.entropy, learned.standard_errors[1]
    function steps(β)
        μ = [masses(6, 5)]
        foreach(_ -> push!(μ, jko_step(Energy(ring; entropy = β), μ[end], 0.2; tol = 1e-10).mass), 1:2)
        return reduce(hcat, μ)
    end
    f = forecast_steps(learned, masses(6, 5), 0.2, 2; tol = 1e-10)
    @test f.times ≈ [0, 0.2, 0.4]
    @test f.masses ≈ steps(β) rtol = 1e-6
    h = 1e-2
    @test f.standard_errors ≈ s * abs.(steps(β + h) - steps(β - h)) / 2h rtol = 1e-2
    @test forecast_steps(learned, masses(6, 5), 0.2, 2; tol = 1e-10, num_threads = 2).masses == f.masses
end

@testset "what was learned closes once, and says when it is not the best" begin
    early = flow_fit(ring, blurred, late; max_iterations = 1)
    @test !early.converged && early.status == 1 && occursin("limit", early.message)
    @test_throws ArgumentError early.energy
    @test_throws ArgumentError deepcopy(early)
    close(early)
    close(early)
    @test !isopen(early) && sprint(show, early) == "FlowFitted(closed)"
    @test occursin("closed", message(() -> early.parameters))
    @test occursin("closed", message(() -> forecast(early, masses(6, 1), late)))
end
