"""Modules as trees of HTML, which notebooks show."""

import html


def _counts(module):
    """How many elements the parameters of a module and of all below it have, shared ones once: (all, trainable)."""
    parameters = list(module.parameters())
    return sum(p.numel() for p in parameters), sum(p.numel() for p in parameters if p.requires_grad)


def tree(module, name=""):
    """A module as a tree of HTML: each line has its name, what it prints, and how many parameters it and those below have."""
    total, trainable = _counts(module)
    label = (f"<b>{html.escape(name)}</b>: " if name else "") + html.escape(
        f"{module._get_name()}({' '.join(module.extra_repr().split())})"
    )
    if total:
        frozen = f", {total - trainable:,} frozen" if trainable != total else ""
        label += f" <span style='opacity:0.6'>{total:,} parameter{'s' if total != 1 else ''}{frozen}</span>"
    children = [(key, child) for key, child in module._modules.items() if child is not None]
    if not children:
        return f"<div style='margin-left:1.2em'>{label}</div>"
    below = "".join(tree(child, key) for key, child in children)
    opened = " open" if not name else ""
    return f"<details style='margin-left:1.2em'{opened}><summary>{label}</summary>{below}</details>"
