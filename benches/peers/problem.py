"""A problem as arrays, and the logarithmic mean with its derivatives."""

import json
from math import factorial
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array


class GaveUp(Exception):
    """A solver has no answer; the message says why."""


class Problem:
    """Chain and ends. Edge e joins x[e] and y[e]; at_x, at_y (nodes by edges) add edges up at their ends."""

    def __init__(self, fields):
        self.name, self.n = fields["name"], fields["nodes"]
        self.edges = np.array(fields["edges"], dtype=np.int64)
        self.x, self.y = self.edges.T
        self.c, self.pi = np.array(fields["conductance"]), np.array(fields["pi"])
        self.mu0, self.mu1 = np.array(fields["mu0"]), np.array(fields["mu1"])
        self.distance = fields.get("distance")
        m = len(self.c)
        self.at_x = csr_array((np.ones(m), (self.x, np.arange(m))), shape=(self.n, m))
        self.at_y = csr_array((np.ones(m), (self.y, np.arange(m))), shape=(self.n, m))
        self.incidence = (self.at_x - self.at_y).tocsr()


def load(path):
    """All problems of a file, which holds one object or a list of them."""
    content = json.loads(Path(path).read_text())
    return [Problem(fields) for fields in (content if isinstance(content, list) else [content])]


def _series(l):
    """g = sum (-l)^k / (k+2)! and g' near zero."""
    g, slope = np.zeros_like(l), np.zeros_like(l)
    for k in reversed(range(14)):
        g = 1 / factorial(k + 2) - l * g
        slope = (k + 1) / factorial(k + 3) - l * slope
    return g, -slope


def log_mean(s, t):
    """theta(s,t) = (s - t) / ln(s/t) of positive arrays, its derivatives theta_s, theta_t, and a >= 0.

    The Hessian is -a/s, a/t, -a s/t^2. With l = ln(s/t): theta_s = g(l) and theta_t = g(-l), where
    g(l) = (l - 1 + exp(-l)) / l^2, and a = -g'(l); near l = 0 by their series.
    """
    l = np.clip(np.log(s / t), -600, 600)
    near = np.abs(l) < 0.3
    safe = np.where(near, 1, l)
    decay = -np.expm1(-safe)
    g = (safe - decay) / safe**2
    slope = (decay - 2 * safe * g) / safe**2
    h = (np.expm1(safe) - safe) / safe**2
    if near.any():
        small = l[near]
        g[near], slope[near] = _series(small)
        h[near] = _series(-small)[0]
    return s * g + t * h, g, h, -slope
