# The worked story: how far personal income moves from year to year between US states, which energy
# drives it, and what that energy forecasts.
#
#     julia --project=bindings/julia/JKOFlow bindings/julia/story.jl [DIRECTORY]
#
# DIRECTORY has edges.csv and income.csv, by default those of examples/data/us_income. Every line of the
# output is a key and a value; nodes count from 0 there, in the order of income.csv.

using JKOFlow
using Printf

directory = isempty(ARGS) ? joinpath(@__DIR__, "..", "..", "examples", "data", "us_income") : first(ARGS)
read_rows(name) = [strip.(split(line, ',')) for line in readlines(joinpath(directory, name))]

# a row per state and a column per year; each year's column becomes a distribution
table = read_rows("income.csv")
years = parse.(Float64, table[1][2:end])
number = Dict(row[1] => x for (x, row) in enumerate(table[2:end]))
income = reduce(vcat, [parse.(Float64, row[2:end])' for row in table[2:end]])
snapshots = reduce(hcat, [column / foldl(+, column) for column in eachcol(income)])

borders = read_rows("edges.csv")[2:end]
source, target = [number[row[1]] for row in borders], [number[row[2]] for row in borders]
states = Graph(source, target; nodes = length(number), reference = :uniform)

pairs = distances(states, snapshots[:, 1:11])
learned = fit(states, snapshots, years; terms = (Potential(ridge = 0.1), Entropy()), loss = :symmetric)
future = flow(learned, snapshots[:, end], [0.0, 1.0])

@printf("nodes %d\n", nodes(states))
foreach((k, d) -> @printf("distance %d %.17g\n", k, d), 0:9, pairs.distance)
@printf("entropy %.17g\n", learned.entropy)
foreach((x, V) -> @printf("potential %d %.17g\n", x, V), 0:nodes(states)-1, learned.potential)
foreach((x, μ) -> @printf("forecast %d %.17g\n", x, μ), 0:nodes(states)-1, future[end])
