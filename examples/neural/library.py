"""The calls of jkoflow's C interface that the example needs, on NumPy arrays."""

import ctypes
import os
import re
from ctypes import POINTER, byref, c_double, c_int32, c_size_t, c_ssize_t, c_void_p
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
HEADER = (ROOT / "include" / "jkoflow.h").read_text()
CONSTANTS = {name: int(value) for name, value in re.findall(r"#define JKO_(\w+) \(?(-?\d+)\)?\s", HEADER)}

HANDLE, DOUBLES = c_void_p, POINTER(c_double)
MATRIX = [DOUBLES, c_size_t, c_size_t, c_ssize_t, c_ssize_t]
TRAJECTORY = [DOUBLES, c_size_t, *MATRIX, c_int32]
SIGNATURES = {
    "graph_grid": [POINTER(c_size_t), c_size_t, c_int32, c_int32, POINTER(HANDLE)],
    "terms_new": [POINTER(HANDLE)],
    "terms_add_potential": [HANDLE],
    "terms_add_entropy": [HANDLE],
    "terms_add_power": [HANDLE, c_double],
    "terms_add_interaction_by_hops": [HANDLE, c_size_t],
    "fit_new_with_terms": [HANDLE, c_void_p, HANDLE, POINTER(HANDLE)],
    "fit_add_trajectory": [HANDLE, *TRAJECTORY],
    "fit_solve_with": [HANDLE, DOUBLES, c_size_t, POINTER(HANDLE)],
    "fitted_parameters": [HANDLE, DOUBLES, c_size_t],
    "fitted_explained_of": [HANDLE, HANDLE, DOUBLES],
    "snapshot_loss_new": [HANDLE, c_void_p, *TRAJECTORY, POINTER(HANDLE)],
    "snapshot_loss_evaluate": [HANDLE, *MATRIX, DOUBLES, DOUBLES, c_ssize_t, c_ssize_t],
}


def load():
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    library = ctypes.CDLL(str(target / "release" / "libjkoflow.so"))
    library.jko_last_error.argtypes = [ctypes.c_char_p, c_size_t]
    for name, arguments in SIGNATURES.items():
        function = getattr(library, "jko_" + name)
        function.restype, function.argtypes = c_int32, arguments
    return library


LIBRARY = load()


def call(name, *arguments):
    """Calls a function that returns a status, and raises the library's message unless it is zero."""
    if getattr(LIBRARY, "jko_" + name)(*arguments) != 0:
        text = ctypes.create_string_buffer(256)
        LIBRARY.jko_last_error(text, len(text))
        raise RuntimeError(f"{name}: {text.value.decode()}")


def make(name, *arguments):
    """Calls a constructor. The handles live as long as the program."""
    handle = HANDLE()
    call(name, *arguments, byref(handle))
    return handle


def doubles(array):
    return array.ctypes.data_as(DOUBLES)


def trajectory(times, snapshots):
    """The arguments that describe a trajectory, a snapshot per row."""
    rows, cols = snapshots.shape
    return doubles(times), len(times), doubles(snapshots), rows, cols, cols, 1, 1


class SnapshotLoss:
    """The loss of a trajectory as a function of first variations, a row per snapshot."""

    def __init__(self, graph, times, snapshots):
        self.handle = make("snapshot_loss_new", graph, None, *trajectory(times, snapshots))

    def __call__(self, variations):
        variations = np.ascontiguousarray(variations)
        rows, cols = variations.shape
        value, gradient = c_double(), np.empty_like(variations)
        call("snapshot_loss_evaluate", self.handle, doubles(variations), rows, cols, cols, 1, byref(value),
             doubles(gradient), cols, 1)
        return value.value, gradient


class Linear:
    """The library's own fit, of an energy that is linear in its parameters."""

    def __init__(self, graph, add_terms, ridges):
        self.graph, self.ridges = graph, np.array(ridges, dtype=float)
        self.terms = make("terms_new")
        for name, *arguments in add_terms:
            call("terms_add_" + name, self.terms, *arguments)

    def seen(self, times, trajectories):
        fit = make("fit_new_with_terms", self.graph, None, self.terms)
        for snapshots in trajectories:
            call("fit_add_trajectory", fit, *trajectory(times, snapshots))
        return fit

    def learn(self, times, trajectories):
        fit = self.seen(times, trajectories)
        self.fitted = make("fit_solve_with", fit, doubles(self.ridges), len(self.ridges))
        return self

    def parameters(self, count):
        parameters = np.empty(count)
        call("fitted_parameters", self.fitted, doubles(parameters), count)
        return parameters

    def explained(self, times, trajectories):
        share = c_double()
        call("fitted_explained_of", self.fitted, self.seen(times, trajectories), byref(share))
        return share.value
