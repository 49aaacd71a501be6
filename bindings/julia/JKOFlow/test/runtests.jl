using JKOFlow
using LinearAlgebra
using SparseArrays
using Test

"Masses with sum one, of different size on all nodes."
masses(n, k) = (μ = [1.0 + 0.6 * sin(1.7k + 2.3x) for x in 1:n]; μ / sum(μ))

"Simpson's rule on `2n` intervals."
function simpson(f, a, b, n)
    h = (b - a) / 2n
    return h / 3 * sum(k -> (k in (0, 2n) ? 1 : isodd(k) ? 4 : 2) * f(a + k * h), 0:2n)
end

"The message of the error that a block throws."
message(f) = try f(); "no error" catch error; sprint(showerror, error) end

@testset "JKOFlow $(JKOFlow.version()) on Julia $VERSION" begin
    include("graphs.jl")
    include("transport.jl")
    include("energies.jl")
    include("learning.jl")
    include("prediction.jl")
    include("manners.jl")
end
