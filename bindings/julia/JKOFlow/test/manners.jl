@testset "errors name the culprit" begin
    g = cycle_graph(4)
    @test message(() -> geodesic(g, [0.5, 0.5], fill(0.25, 4))) |> m -> occursin("JKOFlowError(-3)", m)
    caught = try Graph([1, 2], [2, 5]; nodes = 3) catch error; error end
    @test caught isa JKOFlowError && caught.status == -4 && occursin("target[1]", caught.message)
    a, b = masses(4, 1), masses(4, 2)
    @test occursin("max_iterations", message(() -> distance(g, a, b; tolerence = 1)))
    @test occursin(":geometric", message(() -> distance(g, a, b; mean = :median)))
    @test occursin("-0.1", message(() -> check_distribution(g, [-0.1, 0.3, 0.4, 0.4])))
    @test_throws ArgumentError Graph([0.0 1; 2 0])
    wrong = [
        "n = -3; it can be a whole number from 0 to" => () -> path_graph(-3),
        "sides = -2; it can be a whole number" => () -> grid_graph((3, -2)),
        "seed = -1; it can be a whole number" => () -> random_tree(5; seed = -1),
        "num_threads = 4294967296; it can be" => () -> distances(g, [a b]; num_threads = 2^32),
        "reference = \"uniform\"; it can be :degree, :uniform" =>
            () -> path_graph(3; reference = "uniform"),
        "mean = :median; it can be :logarithmic, :geometric" => () -> mean_value(:median, 1, 2),
        "tolerance = :small; it can be a number" => () -> distance(g, a, b; tol = :small),
        "group = :geo; it can be :graph, :geodesic" => () -> JKOFlow.options(:geo),
    ]
    for (complaint, action) in wrong
        @test_throws ArgumentError action()
        @test occursin(complaint, message(action))
    end
    @test_throws ArgumentError geodesic(g, masses(4, 1), masses(4, 2)).length
    @test_throws JKOFlowError Graph([0.0 1 0; 1 0 0; 0 0 0])      # disconnected
    @test_throws JKOFlowError fit(g, [masses(4, 1) masses(4, 2)], [0.0, -1.0])
end

@testset "messages that name a position say from where it counts" begin
    g = cycle_graph(4)
    note, brackets = "(positions and nodes count from 0)", "(positions in brackets count from 0)"
    μ, hole, S = masses(4, 1), [0.5, 0.5, 0.0, 0.0], [masses(4, 1) masses(4, 2)]
    named = [
        "mu[2]: -0.2" => () -> check_distribution(g, [0.4, 0.4, -0.2, 0.4]),
        "snapshots[1][3]" => () -> geodesics(g, [μ [0.5, 0.2, 0.4, -0.1]]),
        "snapshots[1][2]" => () -> fit(g, [μ hole], [0.0, 1.0]),
        "snapshots[0][2]" => () -> flow_fit(g, [hole μ], [0.0, 1.0]),
        "counts[1]" => () -> count_fit(g, [100μ zeros(4)], [0.0, 1.0]),
        "times[1]" => () -> fit(g, S, [0.0, -1.0]),
        "W[0,1]" => () -> Energy(g; interaction = [0.0 1 0 0; 2 0 0 0; 0 0 0 0; 0 0 0 0]),
        "edges[1]: self-loop at node 1" => () -> Graph([1, 2], [2, 2]; nodes = 2),
        "edges[0]" => () -> Graph([1, 2], [2, 1]; nodes = 2),
        "it contains node" => () -> Graph([0.0 1 0; 1 0 0; 0 0 0]),
        "on the edge" => () -> kernel([0.0 1 2; 1 0 1; 1 1 0]),
        "row 1, column 0" => () -> kernel([0.0 1; -1 0]),
        "block 0 to 1" => () -> stochastic_block([2, 2], [0.5 0.1; 0.2 0.5]; seed = 1),
        "snapshot 0 to 1" => () -> fit(grid_graph((4, 4)), [masses(16, 1) masses(16, 2)], [0.0, 1.0];
            max_iterations = 1),
    ]
    for (name, f) in named
        said = message(f)
        @test occursin(name, said) && endswith(said, note)
    end
    said = message(() -> Graph([1, 2], [2, 5]; nodes = 3))
    @test occursin("target[1]: node 5", said) && endswith(said, brackets)

    unnamed = [
        "expected 4 entries" => () -> geodesic(g, [0.5, 0.5], μ),
        "sum to 2" => () -> check_distribution(g, fill(0.5, 4)),
        "is not in [0, 1)" => () -> flow_fit(g, S, [0.0, 1.0]; mixing = 1.5),
        "at least 3 nodes, not 2" => () -> cycle_graph(2),
        "power[2] is named twice" => () -> Fit(g; terms = (Power(2), Power(2))),
        "interaction_by_hops[1]" => () -> fit(cycle_graph(3), fill(1 / 3, 3, 2) + [0 1; 0 -1; 0 0] / 9,
            [0.0, 1.0]; terms = [:potential, :entropy, InteractionByHops(1)]),
    ]
    for (name, f) in unnamed
        said = message(f)
        @test occursin(name, said) && !occursin("count from 0", said)
    end
    # what the library says of the matrix that was given, in its own numbers
    @test JKOFlow.note_on_positions("column: the entry in row 12 and column 3 is given twice") == ""
end

@testset "options by name" begin
    for group in keys(JKOFlow.GROUPS), option in JKOFlow.options(group)
        @test !isempty(option.text) && isfinite(option.default)
    end
    @test :tolerance in [option.name for option in JKOFlow.options(:geodesic)]
    @test sizeof(JKOFlow.Progress) == 48
end

@testset "handles close once, and show themselves" begin
    g = cycle_graph(4)
    γ = geodesic(g, masses(4, 1), masses(4, 2))
    @test occursin("distance", sprint(show, γ)) && sprint(show, g) == "Graph(4 nodes, 4 edges)"
    close(g)
    close(g)
    @test !isopen(g) && sprint(show, g) == "Graph(closed)"
    @test γ.distance > 0                              # it keeps what it needs of the graph
    @test occursin("closed", message(() -> edges(g)))
    @test_throws ArgumentError deepcopy(γ)
    for _ in 1:2000
        cycle_graph(4)
    end
    GC.gc()
    problem = Fit(cycle_graph(4))
    close(problem)
    close(problem)
    @test sprint(show, problem) == "Fit(closed)"
end

# Work of many seconds, unless it is stopped.
const grid = grid_graph((20, 20))
const crowd = [masses(400, k) for k in 1:100]

@testset "callbacks hear, stop and throw" begin
    heard = JKOFlow.Progress[]
    found = distance_matrix(grid, crowd) do progress
        push!(heard, progress)
        length(heard) == 3
    end
    @test length(heard) == 3 && any(isnan, found)
    @test issorted([p.seconds for p in heard]) && heard[1].struct_size >= sizeof(JKOFlow.Progress)
    @test heard[end].total == 100 * 99 ÷ 2

    @test_throws DivideError distance_matrix(_ -> div(1, 0), grid, crowd)
    # a block may use the library itself
    g = cycle_graph(4)
    inner = Float64[]
    distance_matrix(grid, crowd) do _
        push!(inner, distance(_ -> nothing, g, masses(4, 1), masses(4, 2)))
        true
    end
    @test inner == [distance(g, masses(4, 1), masses(4, 2))]
    # and everything works as before
    @test geodesic(g, masses(4, 1), masses(4, 2)) do _ end.converged
end

@testset "tokens cancel" begin
    token = CancelToken()
    cancel!(token)
    @test iscancelled(token) && occursin("CancelToken(set)", sprint(show, token))
    γ = geodesic(grid, crowd[1], crowd[2]; cancel = token)
    @test !γ.converged && γ.status == JKOFlow.CANCELLED
    @test_throws JKOFlowError distance(grid, crowd[1], crowd[2]; cancel = token)
    @test isinf(γ.distance) && γ.message == "stopped on request"
    none = distances(grid, crowd[1:3]; cancel = token)
    @test !any(none.converged) && all(isnan, none.distance) && all(isnan, none.potential_end)
    @test_throws JKOFlowError fit(grid, crowd, 1:100; cancel = token)
    flow_problem = add!(FlowFit(grid; cancel = token), crowd[1:3], 1:3)
    count_problem = add!(CountFit(grid; cancel = token), 1e4crowd[1:3], 1:3)
    for problem in (flow_problem, count_problem)
        @test occursin("JKOFlowError(5): stopped on request", message(() -> solve(problem)))
    end
    heat = flow_fit(cycle_graph(4), [masses(4, 1) masses(4, 2)], 0:1; terms = (:entropy,))
    @test_throws JKOFlowError forecast(heat, masses(4, 1), 0:1; cancel = token)
    @test_throws JKOFlowError forecast_steps(heat, masses(4, 1), 1, 2; cancel = token)
    @test_throws JKOFlowError Fit(grid; cancel = token) |> problem -> add!(problem, crowd, 1:100)
    reset!(token)
    @test !iscancelled(token) && geodesic(grid, crowd[1], crowd[2]; cancel = token).converged
    # the token may be closed while a fit remembers it
    problem = Fit(cycle_graph(4); cancel = token)
    close(token)
    add!(problem, [masses(4, 1) masses(4, 2)], [0.0, 1.0])
    @test length(problem) == 1
end

if !Sys.iswindows()
    @testset "Ctrl-C cancels" begin
        Base.exit_on_sigint(false)
        energy, moments = Energy(grid; potential = sin.(1:400), entropy = 1), range(0, 1; length = 10^5)
        heat = fit(grid, crowd[1:2], 0:1; terms = (:entropy,))
        wide = Energy(grid_graph((40, 40)); potential = sin.(1:1600), entropy = 1)
        warmth = flow(Energy(grid; entropy = 1), crowd[1], [0, 0.1]).masses
        taught = flow_fit(grid, warmth, [0, 0.1]; terms = (:entropy,))
        # each takes more than five seconds if it is left alone
        long_work = [
            "batch" => listen -> distance_matrix(listen, grid, crowd),
            "flow" => listen -> flow(listen, energy, crowd[1], moments),
            "JKO step" => listen -> jko_step(listen, wide, masses(1600, 1), 10; tol = 1e-12),
            "fit" => listen -> fit(listen, grid, repeat(crowd, 5), 1:500),
            "fit of the flow" => listen -> flow_fit(listen, grid, crowd, 1:100),
            "fit of counts" => listen -> count_fit(listen, grid, 1e4crowd, 1:100),
            "forecast by steps" => listen -> forecast_steps(listen, taught, crowd[1], 1, 100),
            "forecast" => listen -> forecast(listen, heat, crowd[1], moments),
        ]
        @testset "$name" for (name, work) in long_work
            heard = nothing
            # the signal that a terminal sends for Ctrl-C, once the work is under way
            function listen(progress)
                begun, heard = heard !== nothing, progress
                begun || ccall(:kill, Cint, (Cint, Cint), getpid(), 2)
                return nothing
            end
            @test_throws InterruptException work(listen)
            # the listener hears about every tenth of a second
            @test heard.seconds < 3
        end
        @test distance(grid, crowd[1], crowd[2]) > 0
    end
end

@testset "threads share a graph, and callbacks find their own task" begin
    g = grid_graph((4, 4))
    heard, found = zeros(Int, 8), zeros(8)
    Threads.@threads for k in 1:8
        found[k] = distance(_ -> (heard[k] += 1; nothing), g, masses(16, k), masses(16, k + 1))
    end
    @test found == [distance(g, masses(16, k), masses(16, k + 1)) for k in 1:8]
    @test all(>(0), heard)
end

@testset "every exported name is documented" begin
    documented = [binding.var for binding in keys(Base.Docs.meta(JKOFlow))]
    @test setdiff(names(JKOFlow), documented) == []
end

@testset "a library that is not there, and one that is remembered" begin
    package = dirname(@__DIR__)
    "What Julia prints for this code, with its own depot and without anything of the environment."
    function fresh(code, depot, path)
        julia = `$(Base.julia_cmd()) --startup-file=no --project=$package -e $code`
        return withenv(() -> read(julia, String), "JKOFLOW_LIBRARY" => path, "JULIA_DEPOT_PATH" => depot)
    end
    attempt = "using JKOFlow; try print(cycle_graph(4)) catch error; print(error.msg) end"
    for (path, origin) in ("/nowhere/libjkoflow.so" => "JKOFLOW_LIBRARY", nothing => "of the system")
        said = fresh(attempt, mktempdir(), path)
        @test occursin("cargo build --release", said) && occursin(origin, said)
    end
    depot, here = mktempdir(), repr(JKOFlow.dlpath(JKOFlow.LIBRARY[]))
    @test fresh("using JKOFlow; JKOFlow.set_library($here)", depot, nothing) == ""
    @test fresh(attempt, depot, nothing) == "Graph(4 nodes, 4 edges)"
end

readme = joinpath(@__DIR__, "..", "..", "README.md")
if isfile(readme)
    @testset "the README's story runs" begin
        story, text = Module(:Story), read(readme, String)
        Core.eval(story, :(using JKOFlow))
        foreach(block -> include_string(story, block[1]), eachmatch(r"^```julia\n(.*?)^```"ms, text))
        @test story.learned.entropy ≈ 0.5 atol = 0.05
        @test story.exact.entropy ≈ 0.5 atol = 1e-6
        @test abs(story.counted.entropy - 0.5) < 4last(story.counted.standard_errors)
        true_masses = flow(story.truth, story.start, [0.0, 0.2, 1.0]).masses
        lower, upper = band(story.future, 4)
        @test all(lower[:, 2:3] .< true_masses[:, 2:3] .< upper[:, 2:3])
        block = match(r"  ```julia\n(.*?)  ```"s, text)[1]
        @test size(include_string(story, block)) == (11, 11)
    end
end
