"""The geodesic as a boundary value problem: scipy.integrate.solve_bvp.

    d mu_x /dt =  sum_y c_xy theta(rho_x,rho_y) (psi_x - psi_y)
    d psi_x/dt = -1/2 sum_y K(x,y) theta_s(rho_x,rho_y) (psi_x - psi_y)^2,    mu(0), mu(1) given.

The potential counts from that of node 0, and the mass of node 0 is what the others leave, which makes
2 (n - 1) equations with as many boundary values. The Jacobian is exact. The start is the straight line
between the ends with the potential L(rho_t)^+ (mu1 - mu0). W^2 = psi' L(rho) psi, constant in time.
"""

import numpy as np
from scipy.integrate import solve_bvp

from problem import GaveUp, log_mean


class Equations:
    """Right-hand side and Jacobian, for many times at once."""

    def __init__(self, problem):
        self.p = problem
        self.tiny = 1e-9 * min(problem.mu0.min(), problem.mu1.min())

    def full(self, state):
        """Masses and potentials on all nodes."""
        mu, psi = np.split(state, 2)
        return np.vstack([1 - mu.sum(0), mu]), np.vstack([np.zeros(psi.shape[1]), psi])

    def edgewise(self, mu, psi):
        p = self.p
        rho = np.maximum(mu, self.tiny) / p.pi[:, None]  # Newton may step outside
        s, t = rho[p.x], rho[p.y]
        return s, t, psi[p.x] - psi[p.y], *log_mean(s, t)

    def rate(self, mu, psi):
        p, c = self.p, self.p.c[:, None]
        _, _, slope, theta, theta_s, theta_t, _ = self.edgewise(mu, psi)
        force = c * slope**2 / 2
        return (p.incidence @ (c * theta * slope),
                -(p.at_x @ (force * theta_s) + p.at_y @ (force * theta_t)) / p.pi[:, None])

    def __call__(self, _, state):
        mass, potential = self.rate(*self.full(state))
        return np.vstack([mass[1:], potential[1:] - potential[0]])

    def jacobian(self, _, state):
        p, n, c, times = self.p, self.p.n, self.p.c[:, None], state.shape[1]
        pi_x, pi_y = p.pi[p.x][:, None], p.pi[p.y][:, None]
        s, t, slope, theta, theta_s, theta_t, a = self.edgewise(*self.full(state))
        node = np.arange(n)

        def block(xx, xy, yx, yy):
            """The n x n matrices with these entries per edge."""
            out = np.zeros((n, n, times))
            out[p.x, p.y], out[p.y, p.x] = xy, yx
            out[node, node] = p.at_x @ xx + p.at_y @ yy
            return out

        flow, force = c * slope, -c * slope**2 / 2
        ds, dt = flow * theta_s / pi_x, flow * theta_t / pi_y
        weight = c * theta
        mass_mass = block(ds, dt, -ds, -dt)
        mass_psi = block(weight, -weight, -weight, weight)
        cross = force * a / t / (pi_x * pi_y)
        psi_mass = block(-force * a / s / pi_x**2, cross, cross, -force * a * s / (t * pi_y) ** 2)
        left, right = -ds, -dt  # the minus sign of the equation
        psi_psi = block(left, -left, right, -right)
        mass_mass, psi_mass = (b[:, 1:] - b[:, :1] for b in (mass_mass, psi_mass))
        mass_psi, psi_psi = mass_psi[:, 1:], psi_psi[:, 1:]
        return np.concatenate(
            [np.concatenate([mass_mass[1:], mass_psi[1:]], 1),
             np.concatenate([psi_mass[1:] - psi_mass[:1], psi_psi[1:] - psi_psi[:1]], 1)])


def solve(problem, tolerance=1e-6, points=9, max_nodes=2000):
    """The distance, with `tolerance` for solve_bvp's relative residuals."""
    p = problem
    if min(p.mu0.min(), p.mu1.min()) <= 0:
        raise GaveUp("zeros: singular ends")
    equations, size = Equations(p), p.n - 1
    times = np.linspace(0, 1, points)
    mu = p.mu0[:, None] * (1 - times) + p.mu1[:, None] * times
    weight = p.c[:, None] * log_mean(*(mu / p.pi[:, None])[p.edges.T])[0]
    start = np.empty((2 * size, points))
    for k in range(points):
        laplacian = (p.incidence * weight[:, k]) @ p.incidence.T
        start[:size, k] = mu[1:, k]
        start[size:, k] = np.linalg.solve(laplacian.toarray()[1:, 1:], (p.mu1 - p.mu0)[1:])
    eye, zero = np.eye(size), np.zeros((size, size))
    ends = np.block([[eye, zero], [zero, zero]]), np.block([[zero, zero], [eye, zero]])
    with np.errstate(all="ignore"):
        result = solve_bvp(
            equations,
            lambda a, b: np.concatenate([a[:size] - p.mu0[1:], b[:size] - p.mu1[1:]]),
            times, start, fun_jac=equations.jacobian, bc_jac=lambda a, b: ends,
            tol=tolerance, max_nodes=max_nodes)
    if not result.success:
        raise GaveUp({1: f"more than {max_nodes} points", 2: "singular Jacobian"}.get(result.status, result.message))
    if result.y[:size].min() <= 0:
        raise GaveUp("negative masses")
    mu, psi = equations.full(result.sol(np.array([0.5])))
    return float(np.sqrt((psi * equations.rate(mu, psi)[0]).sum())), f"{len(result.x)} points"
