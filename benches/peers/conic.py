"""The geodesic as a conic programme: CVXPY and Clarabel.

With the densities rho_k at times k/N, rho_0 and rho_N given, and m_k the flux on edge e over interval k
divided by c_e, the midpoint rule gives

    W^2 = min sum_k h sum_e c_e m_ke^2 / theta_ke,
    theta_ke <= logmean of the ends of e of (rho_{k-1} + rho_k) / 2,
    pi (rho_k - rho_{k-1}) = h B (c m_k),  B the incidence.

m^2 / theta is a rotated quadratic cone. The logarithmic mean is no power mean, but an integral of
some: theta(s,t) = int_0^1 s^(1-r) t^r dr, here by Gauss quadrature, one power cone per node:
theta <= sum_j w_j u_j, u_j <= s^(1-r_j) t^(r_j).
"""

import cvxpy as cp
import numpy as np

from problem import GaveUp

# With its defaults Clarabel stops early ("insufficient progress") on a good part of the problems;
# shorter steps and patience cure most of that.
SETTINGS = {"max_threads": 1, "max_step_fraction": 0.9, "min_switch_step_length": 1e-3,
            "min_terminate_step_length": 1e-8}


def solve(problem, intervals=16, nodes=4):
    """The distance, by the midpoint rule with `intervals` intervals and `nodes` power cones per mean."""
    p, h = problem, 1 / intervals
    edges = len(p.c)
    rho = cp.Variable((p.n, intervals - 1)) if intervals > 1 else None
    start, end = (p.mu0 / p.pi)[:, None], (p.mu1 / p.pi)[:, None]
    path = cp.hstack([start, rho, end]) if intervals > 1 else cp.hstack([start, end])
    m = cp.Variable((edges, intervals))
    cost = cp.Variable((edges, intervals))
    middle = (path[:, 1:] + path[:, :-1]) / 2
    s = cp.vec(p.at_x.T @ middle, order="F")
    t = cp.vec(p.at_y.T @ middle, order="F")
    flux = (p.incidence.multiply(p.c[None, :] * h) / p.pi[:, None]).tocsr() @ m
    change = path[:, 1:] - path[:, :-1]
    # mass is conserved: the last row follows from the others
    constraints = [change[:, :-1] == flux[:, :-1], change[1:, -1] == flux[1:, -1]]
    at, weight = np.polynomial.legendre.leggauss(nodes)
    theta = 0
    for r, w in zip((at + 1) / 2, weight / 2):
        u = cp.Variable(edges * intervals)
        constraints.append(cp.PowCone3D(s, t, u, 1 - r))
        theta = theta + w * u
    both = cp.vec(cost, order="F")
    constraints.append(cp.SOC(theta + both, cp.vstack([2 * cp.vec(m, order="F"), theta - both])))
    scale = p.c.mean()
    programme = cp.Problem(cp.Minimize(h * cp.sum((p.c / scale) @ cost)), constraints)
    try:
        programme.solve(solver=cp.CLARABEL, **SETTINGS)
    except cp.SolverError as error:
        raise GaveUp("insufficient progress") from error
    if programme.status not in ("optimal", "optimal_inaccurate"):
        raise GaveUp("Clarabel: " + programme.status)
    note = "inaccurate" if programme.status == "optimal_inaccurate" else ""
    return float(np.sqrt(scale * max(programme.value, 0))), note
