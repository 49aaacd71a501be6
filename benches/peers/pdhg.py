"""The geodesic by the primal-dual method of Chambolle and Pock.

The time-discrete problem (see conic.py) is split as in Erbar, Rumpf, Schmitzer, Simon, Computation of
optimal transport on discrete metric measure spaces (Numer. Math. 144, 2020): one half is the continuity
equation, the other edgewise, coupled through copies of the densities,

    min F(z) + G(K z),    z = (rho, m),    K z = (s, t, m) on every edge and interval:
    F = indicator of pi (rho_k - rho_{k-1}) = h B (c m_k), B the incidence,
    G = sum_k h sum_e c_e m^2 / (2 theta(s,t)),

s, t the ends' densities in the middle of the interval. Theirs has a slack variable for theta and
projects on the subgraph of the mean; here s, t and m are one three-dimensional proximal step. With
weight h c_e on edges and h sum_{e at x} c_e on nodes K has norm at most one. F is a projection: a
cosine transform in time and one sparse factorisation per frequency, done once.
"""

import numpy as np
from scipy.fft import dct, idct
from scipy.sparse import block_diag, csc_array, diags_array
from scipy.sparse.linalg import splu

from problem import GaveUp, log_mean


FLOOR = 1e-12  # smallest density in the middle of an interval


def prox(a, b, q, kappa, s, t):
    """argmin over s, t, m of ((s-a)^2 + (t-b)^2 + (m-q)^2) / 2 + kappa m^2 / (2 theta(s,t)).

    m = q theta / (kappa + theta); what is left of it, kappa q^2 / (2 (kappa + theta)), is convex in
    (s, t). Damped Newton from s, t, the previous solution.
    """
    shape = a.shape
    a, b, q, s, t = (v.ravel().copy() for v in (a, b, q, s, t))
    active = np.arange(a.size)
    value_of = lambda s, t, theta, i: (
        (s - a[i]) ** 2 + (t - b[i]) ** 2 + kappa * q[i] ** 2 / (kappa + theta)) / 2
    for _ in range(30):
        u, v = s[active], t[active]
        theta, theta_s, theta_t, curve = log_mean(u, v)
        pull = -kappa * q[active] ** 2 / (kappa + theta) ** 2 / 2
        bend = -2 * pull / (kappa + theta)
        gs, gt = u - a[active] + pull * theta_s, v - b[active] + pull * theta_t
        # Hessian: identity + bend * grad grad' - pull * curve / u * (1, -u/v)(1, -u/v)'
        stiff, ratio = -pull * curve / u, u / v
        ss = 1 + bend * theta_s**2 + stiff
        st = bend * theta_s * theta_t - stiff * ratio
        tt = 1 + bend * theta_t**2 + stiff * ratio**2
        determinant = ss * tt - st * st
        du, dv = -(tt * gs - st * gt) / determinant, -(ss * gt - st * gs) / determinant
        # stay positive
        step = np.minimum(1, 0.95 / np.maximum(np.maximum(-du / u, -dv / v), 1e-300))
        before, slope = value_of(u, v, theta, active), gs * du + gt * dv
        for _ in range(30):
            new_u, new_v = u + step * du, v + step * dv
            worse = value_of(new_u, new_v, log_mean(new_u, new_v)[0], active) > (
                before + 1e-4 * step * slope + 1e-14 * np.abs(before))
            if not worse.any():
                break
            step[worse] /= 2
        s[active], t[active] = np.maximum(new_u, FLOOR), np.maximum(new_v, FLOOR)
        pinned = np.minimum(s[active], t[active]) <= FLOOR
        active = active[(-slope > 1e-20 + 1e-16 * before) & ~pinned]
        if active.size == 0:
            break
    theta = log_mean(s, t)[0]
    return s.reshape(shape), t.reshape(shape), (q * theta / (kappa + theta)).reshape(shape)


class Continuity:
    """The nearest point to (rho, m) that satisfies the continuity equation, in the weighted norm."""

    def __init__(self, problem, intervals):
        self.p, self.h = problem, 1 / intervals
        p = problem
        self.degree = (p.at_x + p.at_y) @ p.c
        self.divergence = p.incidence.multiply(p.c[None, :]).tocsr()
        laplacian = (self.divergence @ p.incidence.T).tocsc()
        # A W^-1 A' = h L + T (pi^2 / degree) / h, T the Neumann Laplacian in time
        frequency = 2 - 2 * np.cos(np.pi * np.arange(intervals) / intervals)
        blocks = [self.h * laplacian + diags_array(f * p.pi**2 / self.degree / self.h) for f in frequency]
        pin = csc_array(([laplacian.trace() * self.h / p.n], ([0], [0])), shape=(p.n, p.n))
        blocks[0] = blocks[0] + pin  # the constant is free
        self.solver = splu(block_diag(blocks, format="csc"))

    def __call__(self, rho, m):
        """rho at all times, of which the first and last stay; m on all intervals."""
        p, h = self.p, self.h
        defect = p.pi[:, None] * np.diff(rho, axis=1) - h * (self.divergence @ m)
        spectrum = dct(defect, axis=1, norm="ortho")
        phi = self.solver.solve(spectrum.T.ravel()).reshape(-1, p.n).T
        phi = idct(phi, axis=1, norm="ortho")
        rho = rho.copy()
        rho[:, 1:-1] -= (p.pi / self.degree / h)[:, None] * (phi[:, :-1] - phi[:, 1:])
        return rho, m + p.incidence.T @ phi


def solve(problem, intervals=16, tolerance=5e-5, balance=1.0, max_iterations=100_000):
    """The distance, by the midpoint rule with `intervals` intervals.

    Stops when the residuals of both halves, relative to the iterates, are below `tolerance`.
    `balance` is the ratio of dual to primal step; it is adapted every 20 iterations.
    """
    p, h = problem, 1 / intervals
    project = Continuity(p, intervals)
    times = np.linspace(0, 1, intervals + 1)
    rho = (p.mu0[:, None] * (1 - times) + p.mu1[:, None] * times) / p.pi[:, None]
    rho, m = project(rho, np.zeros((len(p.c), intervals)))

    def copies(rho, m):
        middle = (rho[:, 1:] + rho[:, :-1]) / 2
        return np.stack([middle[p.x], middle[p.y], m])

    def adjoint(y):
        """K' in the weighted inner products, on the inner densities and the fluxes."""
        middle = (p.at_x @ (p.c[:, None] * y[0]) + p.at_y @ (p.c[:, None] * y[1])) / project.degree[:, None]
        return (middle[:, 1:] + middle[:, :-1]) / 2, y[2]

    weight = np.sqrt(h * p.c)[None, :, None]
    norm = lambda v: float(np.linalg.norm(weight * v))
    y = np.zeros((3, len(p.c), intervals))
    near = np.maximum(copies(rho, m)[:2], 1e-6)
    now = copies(rho, m)
    for iteration in range(1, max_iterations + 1):
        tau, sigma = 0.99 / balance, 0.99 * balance
        back_rho, back_m = adjoint(y)
        step = rho.copy()
        step[:, 1:-1] -= tau * back_rho
        rho, m = project(step, m - tau * back_m)
        before, now = now, copies(rho, m)
        v = y / sigma + 2 * now - before
        point = np.stack(prox(*v, 1 / sigma, *near))
        near = point[:2]
        last, y = y, sigma * (v - point)
        if iteration % 20 == 0:
            primal = norm(now - point) / norm(point)
            back = adjoint(y - last)
            moved = norm(now - before) / tau
            dual = (moved + norm(back[1][None])) / max(norm(y), 1e-300)
            if max(primal, dual) < tolerance:
                action = h * (p.c @ (point[2] ** 2 / log_mean(*point[:2])[0])).sum()
                return float(np.sqrt(action)), f"{iteration} iterations"
            if iteration < 2000:
                balance *= min(max((primal / dual) ** 0.25, 0.7), 1.4)
    raise GaveUp(f"no convergence in {max_iterations} iterations")
