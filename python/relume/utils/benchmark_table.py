"""Measurements side by side: a table for each label, with a column for each description and a row for each sub-label."""

import math

_UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_GREEN, _BLUE, _BOLD, _RED, _FAINT, _LIGHT_RED, _END = (f"\033[{n}m" for n in (92, 34, 1, 31, 2, 91, 0))
_COLORS = (  # what is said of a value by its ratio to the best one
    (lambda ratio: ratio <= 1.01, _GREEN + _BOLD),
    (lambda ratio: ratio <= 1.1, _BLUE + _BOLD),
    (lambda ratio: ratio >= 5, _RED + _BOLD),
    (lambda ratio: ratio >= 2, _FAINT + _LIGHT_RED),
)


def _distinct(values):
    return list(dict.fromkeys(values))


def _rounded(value, figures):
    return round(value, figures - math.floor(math.log10(value)) - 1)


class Compare:
    """Compare(results): Measurements as tables, by str() and print()."""

    __module__ = "relume.utils.benchmark.utils.compare"

    def __init__(self, results):
        self._results = []
        self._trims, self._colors, self._rowwise, self._warns = False, False, False, False
        self.extend_results(results)

    def extend_results(self, results):
        """Takes more Measurements in."""
        from .benchmark import Measurement

        for result in results:
            if not isinstance(result, Measurement):
                raise ValueError(f"Expected an instance of `Measurement`, got {type(result)} instead.")
        self._results.extend(results)

    def trim_significant_figures(self):
        """Shows no more figures than mean something."""
        self._trims = True

    def colorize(self, rowwise=False):
        """Colors what is fast and what is slow, by column or by row."""
        self._colors, self._rowwise = True, rowwise

    def highlight_warnings(self):
        """Says of Measurements how large their variance is, where it is."""
        self._warns = True

    def print(self):
        """Prints the tables."""
        print(str(self))

    def __str__(self):
        from .benchmark import Measurement

        merged = Measurement.merge(self._results)
        labels = _distinct(result.label for result in merged)
        return "\n".join(self._table(label, [each for each in merged if each.label == label]) for label in labels)

    def _table(self, label, results):
        from .benchmark import _unit

        unit, size = _unit(min(result.median for result in results))
        columns = _distinct(result.description for result in results)
        order = _distinct(result.as_row_name for result in results)
        cells = {((r.num_threads, r.env or "", order.index(r.as_row_name)), r.description): r for r in results}
        rows = sorted({row for row, _ in cells})
        texts = {(row, column): text for column in columns for row, text in self._column(cells, rows, column, size)}
        widths = [max(len(column or ""), *(len(texts[row, column]) for row in rows)) for column in columns]
        heads = self._heads(rows, order)
        lines = ["  |  ".join([" " * len(heads[0]), *(c.center(w) for c, w in zip(map(str, columns), widths))])]
        shown = None
        for head, row in zip(heads, rows):
            if row[0] != shown:
                shown = row[0]
                lines.append(f"{shown} threads: ".ljust(len(lines[0]), "-"))
            parts = [self._colored(cells, row, c, texts[row, c]) for c in columns]
            padded = [texts[row, c].center(w).replace(texts[row, c], p, 1) if p else " " * w
                      for c, w, p in zip(columns, widths, parts)]  # fmt: skip
            lines.append("  |  ".join([head, *padded]))
        lines.insert(0, "[" + f" {label} ".center(len(lines[0]) - 2, "-") + "]")
        lines += ["", f"Times are in {_UNITS[unit]} ({unit})."]
        if self._warns and any(result.has_warnings for result in results):
            lines.append("(! XX%) Measurement has high variance, where XX is the IQR / median * 100.")
        return "\n".join(lines) + "\n"

    @staticmethod
    def _heads(rows, names):
        """The names of rows, with the environments in front where there are any, each once."""
        shown = [f"({env})" if env else "" for _, env, _ in rows]
        width = max(map(len, shown)) or 2
        previous = [None, *rows[:-1]]
        again = [before is not None and before[:2] == row[:2] for before, row in zip(previous, rows)]
        longest = max(map(len, names))
        return [
            "  " + ("" if same else env).ljust(width) + "  " + names[row[2]].ljust(longest)
            for env, same, row in zip(shown, again, rows)
        ]

    def _column(self, cells, rows, column, size):
        """(row, text) of each cell of a column, numbers right-aligned."""
        found = [cells[row, column] for row in rows if (row, column) in cells]
        digits = [math.floor(math.log10(each.median / size)) + 1 for each in found]
        decimals = 1
        if self._trims:
            decimals = min(1, max(0, min(each.significant_figures - n for each, n in zip(found, digits))))
        width = max(max(digits), 1) + decimals + (decimals > 0)
        notes = {id(each): f" (! {each.iqr / each.median:.0%})" for each in found if each.has_warnings and self._warns}
        blank = " " * max((len(note) - 1 for note in notes.values()), default=0)
        for row in rows:
            each = cells.get((row, column))
            if each is None:
                yield row, ""
                continue
            value = each.median / size
            number = _rounded(value, each.significant_figures) if self._trims else value
            yield row, f"{number:>{width}.{decimals}f}" + notes.get(id(each), blank)

    def _colored(self, cells, row, column, text):
        if not self._colors or not text:
            return text
        rivals = [each.median for (r, c), each in cells.items() if (r if self._rowwise else c) in (row, column)]
        ratio = cells[row, column].median / min(rivals)
        color = next((color for fits, color in _COLORS if fits(ratio)), "")
        return f"{color}{text}{_END}{_END}" if color else text
