"""The line search of LBFGS: a step length that satisfies the strong Wolfe conditions."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Point:
    """A step length t with the loss f, the gradient g, and the slope along the direction."""

    t: Any
    f: Any
    g: Any
    slope: Any


def _cubic_minimum(a, b, bounds=None):
    """Where the cubic through two points with their slopes is least, inside the bounds. Nocedal and Wright, eq. 3.59."""
    low, high = bounds if bounds is not None else (a.t, b.t) if a.t <= b.t else (b.t, a.t)
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if square < 0:
        return (low + high) / 2.0
    d2 = square.sqrt()
    if a.t <= b.t:
        least = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    else:
        least = a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2))
    return min(max(least, low), high)


class StrongWolfe:
    """Searches along a direction. evaluate(t) gives loss and gradient after a step of length t; start is the point at
    t = 0. Nocedal and Wright, algorithms 3.5 and 3.6."""

    def __init__(self, evaluate, direction, start, tolerance_change=1e-9, c1=1e-4, c2=0.9, max_ls=25):
        self.evaluate, self.direction, self.start = evaluate, direction, start
        self.tolerance_change, self.c1, self.c2, self.max_ls = tolerance_change, c1, c2, max_ls
        self.evaluations = self.iterations = 0

    def run(self, t):
        """The best point found, from a first step length t on."""
        bracket, done = self._bracket(t)
        return bracket[0] if len(bracket) == 1 else self._zoom(bracket, done)

    def _at(self, t):
        f, g = self.evaluate(t)
        self.evaluations += 1
        return Point(t, f, g, g.dot(self.direction))

    def _rises_too_much(self, point):
        return point.f > self.start.f + self.c1 * point.t * self.start.slope

    def _flat_enough(self, point):
        return abs(point.slope) <= -self.c2 * self.start.slope

    def _bracket(self, t):
        """Two points between which the conditions are met, or one point that meets them."""
        before, now = self.start, self._at(t)
        while self.iterations < self.max_ls:
            if self._rises_too_much(now) or (self.iterations > 1 and now.f >= before.f):
                return [before, now], False
            if self._flat_enough(now):
                return [now], True
            if now.slope >= 0:
                return [before, now], False
            bounds = (now.t + 0.01 * (now.t - before.t), now.t * 10)
            t = _cubic_minimum(before, now, bounds)
            before, now = now, self._at(t)
            self.iterations += 1
        return [self.start, now], False

    def _zoom(self, bracket, done):
        low, high = (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)
        stuck = False
        largest = self.direction.abs().max()
        while not done and self.iterations < self.max_ls:
            if abs(bracket[1].t - bracket[0].t) * largest < self.tolerance_change:
                break
            t, stuck = self._inside(_cubic_minimum(*bracket), bracket, stuck)
            now = self._at(t)
            self.iterations += 1
            if self._rises_too_much(now) or now.f >= bracket[low].f:
                bracket[high] = now
                low, high = (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)
                continue
            if self._flat_enough(now):
                done = True
            elif now.slope * (bracket[high].t - bracket[low].t) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = now
        return bracket[low]

    @staticmethod
    def _inside(t, bracket, stuck):
        """t, moved away from the ends where it is at one of them, or near one for the second time."""
        ends = [point.t for point in bracket]
        margin = 0.1 * (max(ends) - min(ends))
        if min(max(ends) - t, t - min(ends)) >= margin:
            return t, False
        if not stuck and min(ends) < t < max(ends):
            return t, True
        return (max(ends) - margin if abs(t - max(ends)) < abs(t - min(ends)) else min(ends) + margin), False
