"""Trains a small neural network as part of a free energy, against the library's loss.

    cargo build --release
    pip install -r examples/neural/requirements.txt
    python examples/neural/train.py [SEED]

On a grid, what a crowd does depends on how full the neighbourhood is, by a law that nobody knows:

    F(mu) = sum_x V_x mu_x + beta sum_x mu_x ln(mu_x / pi_x) + sum_x pi_x phi((P rho)_x)

with the random walk P, so that (P rho)_x is the mean density around x. P is reversible, so the first
variation is V + beta ln rho + P phi'(P rho). The network stands for phi', a function of one number; V and
beta are trained with it. The library gives the loss and its gradient with respect to the first
variations (`jko_snapshot_loss_evaluate`); the chain rule does the rest. What comes out is compared with
the hidden law, and on trajectories that were not trained on with energies that are linear in their
parameters.
"""

import sys
import time
from ctypes import c_size_t

import numpy as np

from library import CONSTANTS, Linear, SnapshotLoss, make

SIDE, SNAPSHOTS, STEP = 6, 9, 0.05
NODES = SIDE * SIDE
TRAINED, TESTED = 12, 6
HIDDEN_UNITS, ITERATIONS, RATE = 16, 4000, 1e-2
ENTROPY = 0.3


def hidden_law(density):
    """phi' of the process: people turn away once it is crowded."""
    return 1.5 / (1 + np.exp(-8 * (density - 1.3)))


def grid():
    """The random walk P on the grid with a uniform reference, reflected at the border, and its edges."""
    edges = [(x, x + 1) for x in range(NODES) if x % SIDE < SIDE - 1]
    edges += [(x, x + SIDE) for x in range(NODES - SIDE)]
    walk = np.zeros((NODES, NODES))
    for x, y in edges:
        walk[x, y] = walk[y, x] = 0.25
    walk += np.diag(1 - walk.sum(axis=1))
    return walk, np.array(edges)


def simulate(variation, edges, start):
    """The gradient flow by the classical Runge-Kutta method, without the library."""
    x, y = edges.T

    def rate(mu):
        density, g = NODES * mu, variation(NODES * mu)
        gap = np.log(density[x]) - np.log(density[y])
        near = np.abs(gap) < 1e-6
        mean = np.where(near, (density[x] + density[y]) / 2,
                        (density[x] - density[y]) / np.where(near, 1, gap))
        flux = mean * (g[x] - g[y]) / NODES
        return np.bincount(y, flux, NODES) - np.bincount(x, flux, NODES)

    inner = 50
    h, mu, seen = STEP / inner, start, [start]
    for _ in range(SNAPSHOTS - 1):
        for _ in range(inner):
            k1 = rate(mu)
            k2 = rate(mu + h / 2 * k1)
            k3 = rate(mu + h / 2 * k2)
            mu = mu + h / 6 * (k1 + 2 * k2 + 2 * k3 + rate(mu + h * k3))
        seen.append(mu / mu.sum())
    return np.array(seen)


class Network:
    """V + beta ln rho + P net(P rho), with net(s) = c' tanh(a s + b)."""

    def __init__(self, walk, potential, entropy, random):
        self.walk = walk
        self.parameters = [potential.copy(), np.array([entropy]), 4 * random.standard_normal(HIDDEN_UNITS),
                           4 * random.standard_normal(HIDDEN_UNITS), np.zeros(HIDDEN_UNITS)]

    def law(self, density):
        _, _, a, b, c = self.parameters
        return np.tanh(density[..., None] * a + b) @ c

    def variation(self, density):
        potential, entropy, *_ = self.parameters
        return potential + entropy * np.log(density) + self.law(density @ self.walk) @ self.walk

    def gradient(self, density, by_variation):
        """Of a loss in the parameters, from its gradient in the first variations."""
        _, _, a, b, c = self.parameters
        around, by_law = density @ self.walk, by_variation @ self.walk
        units = np.tanh(around[..., None] * a + b)
        by_units = by_law[..., None] * c * (1 - units**2)
        total = tuple(range(density.ndim))
        return [by_variation.reshape(-1, NODES).sum(axis=0), np.array([np.sum(by_variation * np.log(density))]),
                np.sum(by_units * around[..., None], axis=total), by_units.sum(axis=total),
                np.tensordot(by_law, units, axes=density.ndim)]


def evaluate(losses, variations):
    values, gradients = zip(*(loss(g) for loss, g in zip(losses, variations)))
    return sum(values), np.array(gradients)


def train(network, losses, density, scale):
    """Adam (Kingma, Ba 2015) with a rate that falls to zero."""
    first = [np.zeros_like(p) for p in network.parameters]
    second = [np.zeros_like(p) for p in network.parameters]
    for k in range(1, ITERATIONS + 1):
        _, by_variation = evaluate(losses, network.variation(density))
        rate = RATE * 0.5 * (1 + np.cos(np.pi * k / ITERATIONS))
        for p, g, m, v in zip(network.parameters, network.gradient(density, by_variation / scale), first, second):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= rate * m / (1 - 0.9**k) / (np.sqrt(v / (1 - 0.999**k)) + 1e-12)


def main():
    begin = time.perf_counter()
    random = np.random.default_rng(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    walk, edges = grid()
    potential = random.uniform(-0.3, 0.3, NODES)

    def truth(density):
        return potential + ENTROPY * np.log(density) + walk @ hidden_law(walk @ density)

    def observed():
        # rough and smooth starts, so that neighbourhoods are empty and full
        start = np.exp(random.uniform(0, 1, NODES) + walk @ walk @ (4 * random.standard_normal(NODES)))
        return simulate(truth, edges, start / start.sum())

    times = STEP * np.arange(SNAPSHOTS)
    data = [observed() for _ in range(TRAINED + TESTED)]
    teach, test = data[:TRAINED], data[TRAINED:]
    sides = (c_size_t * 2)(SIDE, SIDE)
    graph = make("graph_grid", sides, 2, 0, CONSTANTS["REFERENCE_UNIFORM"])

    known = [("potential",), ("entropy",)]
    linear = [("potential, entropy", known), ("+ power[2]", known + [("power", 2.0)]),
              ("+ power[2], interaction by hops 1, 2",
               known + [("power", 2.0), ("interaction_by_hops", 2)])]
    print(f"{TRAINED} trajectories of {SNAPSHOTS} snapshots on {NODES} nodes, {TESTED} more to test\n")
    print("energy                                     explained of the test   unexplained")
    for name, terms in linear:
        fit = Linear(graph, terms, [0.0] * len(terms)).learn(times, teach)
        share = fit.explained(times, test)
        print(f"{name:<42} {share:>21.5f} {1 - share:>13.1e}")
        if terms is known:
            start = fit.parameters(NODES + 1)

    losses = [SnapshotLoss(graph, times, snapshots) for snapshots in data]
    density = NODES * np.array(data)
    persistence, _ = evaluate(losses[:TRAINED], np.zeros_like(density[:TRAINED]))
    network = Network(walk, start[:NODES], start[NODES], random)
    train(network, losses[:TRAINED], density[:TRAINED], persistence)
    loss, _ = evaluate(losses[TRAINED:], network.variation(density[TRAINED:]))
    still, _ = evaluate(losses[TRAINED:], np.zeros_like(density[TRAINED:]))
    print(f"{'potential, entropy + network':<42} {1 - loss / still:>21.5f} {loss / still:>13.1e}")
    exact, _ = evaluate(losses[TRAINED:], np.array([[truth(r) for r in rows] for rows in density[TRAINED:]]))
    print(f"{'the hidden energy (bias of the time step)':<42} {1 - exact / still:>21.5f} {exact / still:>13.1e}")

    # a constant of the law is a constant of the energy's variation, which nothing shows
    around = (density[:TRAINED] @ walk).ravel()
    low, high = np.quantile(around, [0.02, 0.98])
    grid_of_densities = np.linspace(low, high, 7)
    learned, hidden = network.law(grid_of_densities), hidden_law(grid_of_densities)
    print("\ndensity around   hidden law   learned (less their means)")
    for s, h, l in zip(grid_of_densities, hidden - hidden.mean(), learned - learned.mean()):
        print(f"{s:>14.2f} {h:>12.3f} {l:>9.3f}")
    print(f"\nentropy coefficient {network.parameters[1][0]:.3f} ({ENTROPY} was hidden), "
          f"{time.perf_counter() - begin:.0f} seconds")


if __name__ == "__main__":
    main()
