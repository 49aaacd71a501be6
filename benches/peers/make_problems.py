"""Writes the problems of the comparison to benches/problems, one JSON object per file.

    python benches/peers/make_problems.py            the committed files
    python benches/peers/make_problems.py --large    the 100x100 grids as well (not committed)

The fields are those of tests/data/geodesics.json: nodes, edges, conductance c_xy = pi_x K(x,y), pi,
mu0, mu1. The seed is fixed: running it again gives the same files, up to rounding in `expm`.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array, csgraph
from scipy.sparse.linalg import expm_multiply

OUT = Path(__file__).resolve().parent.parent / "problems"
FLOORS = ["0.5", "0.1", "0.01", "0"]


def uniform(n, edges):
    """Graph heat equation with unit weights: pi = 1/n, c = 1/n."""
    return {"nodes": n, "edges": edges, "conductance": [1 / n] * len(edges), "pi": [1 / n] * n}


def random_walk(n, edges):
    """Random walk with unit weights: pi = degree / sum, c = 1 / sum."""
    degree = np.bincount(np.ravel(edges), minlength=n)
    total = int(degree.sum())
    return {"nodes": n, "edges": edges, "conductance": [1 / total] * len(edges),
            "pi": (degree / total).tolist()}


def grid_edges(side):
    at = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate([np.stack([at[:, :-1], at[:, 1:]], -1).reshape(-1, 2),
                            np.stack([at[:-1], at[1:]], -1).reshape(-1, 2)])
    return sorted(map(tuple, pairs.tolist()))


def erdos_renyi_edges(n, degree, rng):
    """G(n, p) of the given mean degree, drawn again until it is connected."""
    first, second = np.triu_indices(n, 1)
    while True:
        keep = rng.random(len(first)) < degree / (n - 1)
        edges = np.stack([first[keep], second[keep]], -1)
        matrix = coo_array((np.ones(len(edges)), edges.T), shape=(n, n))
        if csgraph.connected_components(matrix, directed=False)[0] == 1:
            return list(map(tuple, edges.tolist()))


def log_normal(pi, rng):
    mu = np.asarray(pi) * np.exp(rng.standard_normal(len(pi)))
    return mu / mu.sum()


def heat_step(graph, mu0, time):
    """mu1 = exp(t Q') mu0 with the generator (Q f)_x = sum_y K(x,y) (f_y - f_x)."""
    n, c = graph["nodes"], np.array(graph["conductance"])
    x, y = np.array(graph["edges"]).T
    pi = np.array(graph["pi"])
    rows, columns = np.concatenate([x, y, x, y]), np.concatenate([y, x, x, y])
    values = np.concatenate([c / pi[y], c / pi[x], -c / pi[x], -c / pi[y]])
    return expm_multiply(time * coo_array((values, (rows, columns)), shape=(n, n)).tocsr(), mu0)


def bump(side, centre, floor):
    """Density floor + (1 - floor) * (Gaussian of standard deviation max(0.08, 0.8 / side), mean one).

    The side of the square is one. Without a floor, what is below 1e-12 of the largest becomes zero.
    """
    at = (np.arange(side) + 0.5) / side
    line = np.exp(-((at - centre) / max(0.08, 0.8 / side)) ** 2 / 2)
    density = np.outer(line, line).ravel()
    density /= density.mean()
    density = floor + (1 - floor) * density
    density[density < 1e-12 * density.max()] = 0
    return density / density.sum()


def dirac(n, node):
    return np.eye(n)[node]


def problems(large):
    rng = np.random.default_rng(20261122)
    for side in (10, 20):
        graph = uniform(side * side, grid_edges(side))
        mu0 = log_normal(graph["pi"], rng)
        yield f"heat_step/grid{side}x{side}", graph, mu0, heat_step(graph, mu0, 0.1)
    for n in (10, 30, 100, 300, 1000):
        graph = random_walk(n, erdos_renyi_edges(n, 8, rng))
        yield f"random/er{n}", graph, log_normal(graph["pi"], rng), log_normal(graph["pi"], rng)
    for side in (5, 10, 16, 32) + ((100,) if large else ()):
        graph = uniform(side * side, grid_edges(side))
        for floor in FLOORS:
            if floor != "0" or side in (10, 32):
                ends = [bump(side, centre, float(floor)) for centre in (0.25, 0.75)]
                yield f"bumps_{floor}/grid{side}x{side}", graph, *ends
    cube = sorted((x, x ^ 1 << bit) for x in range(64) for bit in range(6) if x < x ^ 1 << bit)
    for name, n, edges in [("path6", 6, [(x, x + 1) for x in range(5)]), ("hypercube6", 64, cube),
                           ("grid10x10", 100, grid_edges(10))]:
        yield f"dirac/{name}", uniform(n, edges), dirac(n, 0), dirac(n, n - 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--large", action="store_true", help="also the 100x100 grids")
    OUT.mkdir(exist_ok=True)
    for name, graph, mu0, mu1 in problems(parser.parse_args().large):
        problem = {"name": name, **graph, "mu0": mu0.tolist(), "mu1": mu1.tolist()}
        path = OUT / (name.replace("/", "_") + ".json")
        path.write_text(json.dumps(problem, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
