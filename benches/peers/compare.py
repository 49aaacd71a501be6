"""Compares jkoflow with what a user could do otherwise, in one table.

    cargo build --release
    pip install -r benches/peers/requirements.txt
    python benches/peers/compare.py [--limit SECONDS] [--only TEXT] [FILE ...]

Files hold one problem or a list of them; all of benches/problems by default. Every solver works on one
thread, on a problem already in memory. See benches/README.md for what the columns mean.
"""

import os

for variable in ("OMP", "OPENBLAS", "MKL", "RAYON"):
    os.environ[variable + "_NUM_THREADS"] = "1"

import argparse
import importlib
import json
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

from problem import GaveUp, load

HERE = Path(__file__).resolve().parent
MEMORY = 8 << 30  # bytes that a peer may use
PEERS = {"conic": "conic", "bvp": "solve_bvp", "pdhg": "PDHG"}


def work(peer, path, name):
    """One problem for a peer, in a process of its own, imports not timed; prints one JSON object."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    solve = importlib.import_module(peer).solve
    problem = next(p for p in load(path) if p.name == name)
    warnings.simplefilter("ignore")
    begin = time.perf_counter()
    try:
        distance, note = solve(problem)
        seconds = time.perf_counter() - begin
        for _ in range(3 if seconds < 2 else 0):  # the first run warms caches up
            again = time.perf_counter()
            solve(problem)
            seconds = min(seconds, time.perf_counter() - again)
        answer = {"distance": distance, "note": note, "seconds": seconds}
    except GaveUp as reason:
        answer = {"reason": str(reason)}
    except MemoryError:
        answer = {"reason": f"needs more than {MEMORY >> 30} GB"}
    except (ArithmeticError, RuntimeError, ValueError) as error:
        answer = {"reason": f"{type(error).__name__}: {error}"[:60]}
    answer.setdefault("seconds", time.perf_counter() - begin)
    print(json.dumps(answer))


def run(peer, path, name, limit):
    """The answer of a peer; the limit holds for its solving, imports get five seconds more."""
    command = [sys.executable, __file__, "--worker", peer, str(path), name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit + 5)
    except subprocess.TimeoutExpired:
        return {"reason": f"over {limit:g} s", "slow": True}
    if done.returncode:
        return {"reason": f"ended with code {done.returncode}"}
    answer = json.loads(done.stdout.splitlines()[-1])
    if answer["seconds"] > limit:
        return {"reason": f"over {limit:g} s", "slow": True}
    return answer


def tightest(ours, problem):
    """The distance at the smallest tolerance at which ours converges, and that tolerance.

    Between empty ends convergence is algebraic, and the tolerances are those one would ask for there.
    """
    empty = min(problem.mu0.min(), problem.mu1.min()) == 0
    large = problem.n > 300
    loose = (1e-4,) if large else (1e-5, 1e-4)
    for tolerance in loose if empty else (1e-8, 1e-7) if large else (1e-11, 1e-10, 1e-9):
        try:
            return ours.solve(problem, tolerance)[1], tolerance
        except GaveUp:
            pass
    return None, loose[-1] if empty else 1e-9


def ours_at(ours, problem, reference, error, least):
    """Time at which ours is at least as accurate as `error`; its tolerance starts there."""
    tolerance = min(max(error, least), 1e-2)
    while True:
        seconds, distance = ours.solve(problem, tolerance)
        if abs(distance / reference - 1) <= error or tolerance <= least:
            return seconds
        tolerance = max(tolerance / 10, least)


def row(problem, path, limit, slow):
    """One line of the table. `slow` keeps the smallest problem of each family on which a peer was slow."""
    import ours

    p = problem
    reference, least = tightest(ours, p)
    source = "" if least == 1e-11 else f" ({least:.0e})"
    if reference is None:
        reference, source = p.distance, " (file)"
    elif p.distance and abs(reference / p.distance - 1) > 1e-8:
        print(f"{p.name}: ours {reference!r}, the file {p.distance!r}", file=sys.stderr)
    answers = {}
    family = p.name.split("/")[0]
    for peer in PEERS:
        if slow.get((peer, family), p.n + 1) < p.n:
            answers[peer] = {"reason": "not tried, slow on a smaller one"}
            continue
        answers[peer] = run(peer, path, p.name, limit)
        if answers[peer].get("slow"):
            slow[peer, family] = p.n
    if reference is None and "distance" in answers["bvp"]:
        reference, source = answers["bvp"]["distance"], " (solve_bvp)"
    cells = [p.name, str(p.n), f"{reference:.6f}{source}" if reference else "?"]
    try:
        seconds, distance = ours.solve(p, 0.0)
        cells += [show(seconds), f"{abs(distance / reference - 1):.0e}" if least < 1e-9 else "?"]
    except GaveUp as reason:
        cells += [str(reason), ""]
    for peer in PEERS:
        answer = answers[peer]
        if "reason" in answer:
            cells += [answer["reason"], "", ""]
            continue
        note = f" ({answer['note']})" if answer["note"] == "inaccurate" else ""
        cells.append(show(answer["seconds"]) + note)
        if reference is None:
            cells += [f"? (W = {answer['distance']:.5f})", ""]
            continue
        error = abs(answer["distance"] / reference - 1)
        of_itself = peer == "bvp" and source == " (solve_bvp)"
        cells.append("?" if of_itself else f"{error:.0e}")
        try:
            ratio = answer["seconds"] / ours_at(ours, p, reference, error, least)
            cells.append(f"{ratio:.2g}" if ratio < 100 else f"{ratio:.0f}")
        except GaveUp:
            cells.append("ours gave up")
    return "| " + " | ".join(cells) + " |"


def show(seconds):
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


def main():
    if sys.argv[1:2] == ["--worker"]:
        return work(*sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--limit", type=float, default=60, help="seconds for each peer and problem (60)")
    parser.add_argument("--only", default="", help="only problems with this in their name")
    arguments = parser.parse_args()
    files = arguments.files or (HERE.parent / "problems").glob("*.json")
    problems = [(p, path) for path in files for p in load(path) if arguments.only in p.name]
    problems.sort(key=lambda pair: (pair[0].name.split("/")[0], pair[0].n))
    head = ["problem", "nodes", "W", "ours", "error"]
    for name in PEERS.values():
        head += [name, "error", "ratio"]
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    slow = {}
    for problem, path in problems:
        print(row(problem, path, arguments.limit, slow), flush=True)


if __name__ == "__main__":
    main()
