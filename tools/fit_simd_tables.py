#!/usr/bin/env python3
"""Fits the piecewise polynomials of src/cpu/simd/tables.h and prints that file. Needs mpmath and NumPy.

Each function is cut in 32 cells, so that a pair of 512-bit registers holds one coefficient of all. A cell's polynomial
is fitted for the least largest relative error by Lawson's algorithm.
"""

import mpmath
import numpy as np

mpmath.mp.dps = 40
CELLS, DEGREE, NODES = 32, 6, 60


def fit(f, centre, low, high, fixed=None):
    """Coefficients of powers of x - centre that come close to f on [low, high]; `fixed` ones are given."""
    fixed = fixed or {}
    free = [power for power in range(DEGREE + 1) if power not in fixed]
    middle, half = (low + high) / 2, (high - low) / 2
    nodes = [middle + half * mpmath.cos(mpmath.pi * (2 * i + 1) / (2 * NODES)) for i in range(NODES)]
    rows, wanted = mpmath.matrix(NODES, len(free)), mpmath.matrix(NODES, 1)
    for i, x in enumerate(nodes):
        y = x - centre
        for column, power in enumerate(free):
            rows[i, column] = y**power / f(x)
        wanted[i] = 1 - sum(c * y**power for power, c in fixed.items()) / f(x)
    weights = [mpmath.mpf(1)] * NODES
    for _ in range(12):
        roots = mpmath.diag([mpmath.sqrt(w) for w in weights])
        left = roots * rows
        found = mpmath.lu_solve(left.T * left, left.T * (roots * wanted))
        errors = rows * found - wanted
        weights = [w * (abs(e) + mpmath.mpf(10) ** -30) for w, e in zip(weights, errors)]
        total = sum(weights)
        weights = [w * NODES / total for w in weights]
    return [fixed.get(power, None) if power in fixed else found[free.index(power)] for power in range(DEGREE + 1)]


def well_rounded_near(f, x):
    """A float near x whose f is nearly a float."""
    bits = np.array([x], dtype=np.float32).view(np.int32) + np.arange(-3000, 3001, dtype=np.int32)
    candidates = bits.view(np.float32)
    values = f(candidates.astype(np.longdouble))
    rounded = values.astype(np.float32)
    return candidates[np.argmin(np.abs(rounded - values) / np.spacing(rounded))]


def tanh_cells():
    """(centres, coefficients): one cell below 1/16, then four an octave, and a last one that reaches 1."""
    even = {0: 1, 1: 0, 3: 0, 5: 0, 6: 0}
    odd = fit(lambda x: mpmath.tanh(x) / x, 0, mpmath.mpf(10) ** -4, mpmath.mpf(1) / 16, fixed=even)
    centres, coefficients = [np.float32(0)], [[0, *odd[:6]]]
    bounds = [2.0**octave * (1 + quarter / 4) for octave in range(-4, 3) for quarter in range(4)]
    for low, high in zip([*bounds, 8.0], [*bounds[1:], 8.0, 9.3]):
        centre = well_rounded_near(np.tanh, (low + high) / 2)
        value = mpmath.mpf(float(np.float32(np.tanh(np.longdouble(centre)))))
        centres.append(centre)
        around = mpmath.mpf(float(centre))
        coefficients.append(fit(mpmath.tanh, around, mpmath.mpf(low), mpmath.mpf(high), fixed={0: value}))
    spare = CELLS - len(centres)
    return centres + centres[-1:] * spare, coefficients + coefficients[-1:] * spare


def normal_tail_cells():
    """(centres, coefficients) of Phi(-s) for s up to 8.5: cell n is where 0.322 s (s + 3) rounds to n."""

    def bound(n):
        return (mpmath.sqrt(9 + 4 * max(mpmath.mpf(0), n) / mpmath.mpf("0.322")) - 3) / 2

    centres, coefficients = [], []
    for n in range(CELLS):
        low, high = bound(n - mpmath.mpf(0.5)), min(bound(n + mpmath.mpf(0.5)), mpmath.mpf(8.5))
        centres.append(np.float32(float((low + high) / 2)))
        around = mpmath.mpf(float(centres[-1]))
        coefficients.append(fit(lambda s: mpmath.erfc(s / mpmath.sqrt(2)) / 2, around, low, high))
    return centres, coefficients


def row(values):
    texts = [f"{float(np.float32(float(v))):.9g}" for v in values]
    texts = [text + ("f" if "." in text or "e" in text else ".0f") for text in texts]
    lines = [", ".join(texts[i : i + 6]) for i in range(0, len(texts), 6)]
    return "{" + ",\n     ".join(lines) + "}"


def print_table(comment, name, centres, coefficients):
    print(f"\n// {comment}\n// {name} has a row a power of the distance from the cell's centre.")
    print(f"alignas(64) inline constexpr float {name}Centre[{CELLS}] =\n    {row(centres)};")
    rows = ",\n    ".join(row(cell[power] for cell in coefficients) for power in range(DEGREE + 1))
    print(f"alignas(64) inline constexpr float {name}[{DEGREE + 1}][{CELLS}] = {{\n    {rows}}};")


def main():
    print("// Piecewise polynomials for SIMD targets that look up 32 floats at once. tools/fit_simd_tables.py prints")
    print("// this file; it is not edited by hand.\n#pragma once\n\nnamespace relume::cpu::tables {")
    print_table("tanh: the first cell is [0, 1/16), then come four an octave.", "kTanh", *tanh_cells())
    tail = "The normal distribution's left tail Phi(-s): cell n is where 0.322 s (s + 3) rounds to n."
    print_table(tail, "kNormalTail", *normal_tail_cells())
    print("\n// Powers of two by sixteenths, and the relative errors that rounding to a float leaves in them.")
    exact = [mpmath.mpf(2) ** (mpmath.mpf(n) / 16) for n in range(16)]
    rounded = [mpmath.mpf(float(np.float32(float(power)))) for power in exact]
    print(f"alignas(64) inline constexpr float kPowerOfTwo[16] =\n    {row(rounded)};")
    errors = row(power / kept - 1 for power, kept in zip(exact, rounded))
    print(f"alignas(64) inline constexpr float kPowerOfTwoError[16] =\n    {errors};")
    print("\n}  // namespace relume::cpu::tables")


if __name__ == "__main__":
    main()
