# The quadratic loss for energies of any kind.

@handle SnapshotLoss jko_snapshot_loss_free """
    SnapshotLoss(g, snapshots, times; loss, weight, num_threads = 1, tol, ...)

The loss of the steps between consecutive snapshots, one per column, for an energy of your own:
`L(variations)` where column `k` is the energy's first variation at snapshot `k`.
[`value_and_gradient`](@ref) has the derivative too. The geodesics are computed once.
"""

function SnapshotLoss(g::Graph, snapshots, times::AbstractVector; num_threads::Integer = 1,
                      progress = nothing, cancel = nothing, settings...)
    S, t, L = columns(snapshots), reals(times), SnapshotLoss(empty, nodes(g))
    options = Options(:fit, settings; cancel = cancel)
    status = watched(progress) do
        @jko jko_snapshot_loss_new(g::Ptr{Cvoid}, options::Ptr{Cvoid}, t::Reals, S::Columns,
            num_threads::Int32, slot(L)::Ptr{Ptr{Cvoid}})::Int32
    end
    check_converged(status)
    return L
end

function (L::SnapshotLoss)(variations)
    V, value = columns(variations), Ref(NaN)
    check(@jko jko_snapshot_loss_evaluate(L::Ptr{Cvoid}, V::Columns, value::Ptr{Float64},
        C_NULL::Ptr{Float64}, 0::Cptrdiff_t, 0::Cptrdiff_t)::Int32)
    return value[]
end

"""
    value_and_gradient(L, variations)

The loss at first variations, one per column, and its derivative in them.
"""
function value_and_gradient(L::SnapshotLoss, variations)
    V, value = columns(variations), Ref(NaN)
    gradient = zeros(size(V))
    check(@jko jko_snapshot_loss_evaluate(L::Ptr{Cvoid}, V::Columns, value::Ptr{Float64},
        gradient::Strides)::Int32)
    return (value = value[], gradient = gradient)
end

@listening SnapshotLoss
