"""Nested tuples, lists and dicts of tensors, taken apart and put together."""


def leaves(tree):
    """What is no tuple, list or dict, in order."""
    if isinstance(tree, dict):
        return [leaf for key in tree for leaf in leaves(tree[key])]
    if isinstance(tree, (tuple, list)):
        return [leaf for item in tree for leaf in leaves(item)]
    return [tree]


def mapped(function, tree, *others):
    """The tree with function(leaf, the leaves of others there) in place of each leaf."""
    if isinstance(tree, dict):
        return type(tree)((key, mapped(function, tree[key], *(other[key] for other in others))) for key in tree)
    if isinstance(tree, (tuple, list)):
        items = [mapped(function, *parts) for parts in zip(tree, *others)]
        return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    return function(tree, *others)


def spread(prefix, tree):
    """A tree of the form of `tree`, whose leaves are those of a prefix of it: one leaf stands for all below it."""
    if not isinstance(prefix, (tuple, list, dict)):
        return mapped(lambda _: prefix, tree)
    if isinstance(prefix, dict):
        return type(tree)((key, spread(prefix[key], tree[key])) for key in tree)
    if len(prefix) != len(tree):
        raise ValueError(f"a tree of {len(prefix)} items does not fit one of {len(tree)}")
    items = [spread(part, below) for part, below in zip(prefix, tree)]
    return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
