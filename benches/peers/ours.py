"""jkoflow through its C interface, in process: jko_geodesic_solve on one thread."""

import ctypes
import os
import re
import time
from ctypes import POINTER, byref, c_double, c_int32, c_int64, c_size_t, c_void_p, sizeof
from pathlib import Path

from problem import GaveUp

ROOT = Path(__file__).resolve().parents[2]
HEADER = (ROOT / "include" / "jkoflow.h").read_text()
STATUS = {int(value): name for name, value in re.findall(r"#define JKO_STATUS_(\w+) \(?(-?\d+)", HEADER)}


class Options(ctypes.Structure):
    """jko_geodesic_options."""

    _fields_ = [("struct_size", c_size_t), ("tolerance", c_double), ("max_iterations", c_int64),
                ("mean", c_int32), ("reserved", c_int32)]


def library():
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    lib = ctypes.CDLL(str(target / "release" / "libjkoflow.so"))
    lib.jko_geodesic_options_init.argtypes = [POINTER(Options), c_size_t]
    doubles, integers = [POINTER(c_double), c_size_t], [POINTER(c_int64), c_size_t]
    lib.jko_graph_from_chain.argtypes = [*doubles, *integers, *integers, *doubles, c_void_p, POINTER(c_void_p)]
    lib.jko_geodesic_solve.argtypes = [c_void_p, *doubles, *doubles, POINTER(Options), POINTER(c_void_p)]
    for name in ("distance", "error_estimate"):
        function = getattr(lib, "jko_geodesic_" + name)
        function.restype, function.argtypes = c_double, [c_void_p]
    for name in ("geodesic", "graph"):
        getattr(lib, f"jko_{name}_free").argtypes = [c_void_p]
    return lib


LIB = library()


def pointer(array, kind=c_double):
    return array.ctypes.data_as(POINTER(kind)), len(array)


def once(problem, tolerance):
    """Seconds and distance; building and freeing the graph count."""
    p = problem
    source, target = p.x.copy(), p.y.copy()
    options = Options()
    LIB.jko_geodesic_options_init(byref(options), sizeof(options))
    options.tolerance = tolerance
    graph, geodesic = c_void_p(), c_void_p()
    begin = time.perf_counter()
    status = LIB.jko_graph_from_chain(*pointer(p.pi), *pointer(source, c_int64), *pointer(target, c_int64),
                                      *pointer(p.c), None, byref(graph))
    if status == 0:
        status = LIB.jko_geodesic_solve(graph, *pointer(p.mu0), *pointer(p.mu1), byref(options), byref(geodesic))
    distance = LIB.jko_geodesic_distance(geodesic) if status == 0 else None
    LIB.jko_geodesic_free(geodesic)
    LIB.jko_graph_free(graph)
    seconds = time.perf_counter() - begin
    if status:
        raise GaveUp(f"{STATUS[status]} after {seconds * 1e3:.2g} ms")
    return seconds, distance


def solve(problem, tolerance=1e-9):
    """The best time of several runs, and the distance."""
    seconds, distance = once(problem, tolerance)
    for _ in range(min(20, int(0.5 / seconds))):
        seconds = min(seconds, once(problem, tolerance)[0])
    return seconds, distance
