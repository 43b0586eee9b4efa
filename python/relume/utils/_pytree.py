"""Nested containers of leaves (lists, tuples, dicts, deques, classes of one's own), taken apart and put together again."""

import itertools
from collections import OrderedDict, defaultdict, deque, namedtuple

from .._C import Size

__all__ = [
    "GetAttrKey", "LeafSpec", "MappingKey", "PyTree", "SequenceKey", "TreeSpec", "keystr", "register_pytree_node", "tree_all",
    "tree_all_only", "tree_any", "tree_any_only", "tree_flatten", "tree_flatten_with_path", "tree_is_leaf", "tree_iter",
    "tree_leaves", "tree_leaves_with_path", "tree_map", "tree_map_", "tree_map_only", "tree_map_only_",
    "tree_map_with_path", "tree_structure", "tree_unflatten",
]  # fmt: skip

PyTree = object
_Kind = namedtuple("_Kind", "flatten unflatten keys")


class MappingKey(namedtuple("MappingKey", "key")):
    """A step of a path: the item of a dict."""

    def __str__(self):
        return f"[{self.key!r}]"


class SequenceKey(namedtuple("SequenceKey", "idx")):
    """A step of a path: the item of a sequence."""

    def __str__(self):
        return f"[{self.idx!r}]"


class GetAttrKey(namedtuple("GetAttrKey", "name")):
    """A step of a path: an attribute."""

    def __str__(self):
        return f".{self.name}"


def keystr(kp):
    """A path as text: ['a'][0].b."""
    return "".join(map(str, kp))


def _sequence_keys(children, context):
    return [SequenceKey(i) for i in range(len(children))]


def _mapping_keys(children, context):
    return [MappingKey(key) for key in context]


def _pairs(context, children):
    return dict(zip(context, children))


_KINDS = {
    list: _Kind(lambda x: (x, None), lambda items, _: list(items), _sequence_keys),
    tuple: _Kind(lambda x: (list(x), None), lambda items, _: tuple(items), _sequence_keys),
    Size: _Kind(lambda x: (list(x), None), lambda items, _: Size(items), _sequence_keys),
    dict: _Kind(lambda x: (list(x.values()), list(x)), lambda items, keys: _pairs(keys, items), _mapping_keys),
    OrderedDict: _Kind(
        lambda x: (list(x.values()), list(x)), lambda items, keys: OrderedDict(zip(keys, items)), _mapping_keys
    ),
    defaultdict: _Kind(
        lambda x: (list(x.values()), [x.default_factory, list(x)]),
        lambda items, context: defaultdict(context[0], zip(context[1], items)),
        lambda children, context: _mapping_keys(children, context[1]),
    ),
    deque: _Kind(lambda x: (list(x), x.maxlen), lambda items, maxlen: deque(items, maxlen), _sequence_keys),
    namedtuple: _Kind(
        lambda x: (list(x), type(x)),
        lambda items, cls: cls(*items),
        lambda children, cls: [GetAttrKey(name) for name in cls._fields],
    ),
}


def _type_of(tree):
    """The class under which the kind of a container is kept; that of a leaf is in no list."""
    cls = type(tree)
    return namedtuple if cls not in _KINDS and isinstance(tree, tuple) and hasattr(cls, "_fields") else cls


def register_pytree_node(cls, flatten_fn, unflatten_fn, *, serialized_type_name=None, flatten_with_keys_fn=None, **others):
    """Has instances of a class be containers: flatten_fn(x) gives their children and a context, from which
    unflatten_fn(children, context) makes one. flatten_with_keys_fn(x) gives (key, child) pairs for paths."""
    if cls in _KINDS:
        raise ValueError(f"{cls} is already registered as pytree node.")
    _KINDS[cls] = _Kind(flatten_fn, unflatten_fn, flatten_with_keys_fn and (lambda tree: flatten_with_keys_fn(tree)[0]))


class TreeSpec:
    """The form of a tree without its leaves: the type of its root, the context, and the forms of its children."""

    def __init__(self, type, context, children_specs):
        self.type, self.context, self._children = type, context, list(children_specs)
        self.num_children = len(self._children)
        self.num_nodes = 1 + sum(child.num_nodes for child in self._children)
        self.num_leaves = sum(child.num_leaves for child in self._children)

    @property
    def children_specs(self):
        """The forms of the children."""
        return self._children

    def children(self):
        """The forms of the children, as a new list."""
        return list(self._children)

    def child(self, index):
        """The form of one child."""
        return self._children[index]

    def is_leaf(self):
        """Whether it stands for a leaf."""
        return self.type is None

    def __eq__(self, other):
        if not isinstance(other, TreeSpec):
            return NotImplemented
        return (self.type, self.context, self._children) == (other.type, other.context, other._children)

    def __hash__(self):
        return hash((self.type, repr(self.context), tuple(self._children)))

    def __repr__(self, indent=0):
        inner = indent + 2
        children = [child.__repr__(inner) for child in self._children]
        text = ",\n".join([children[0]] + [" " * inner + child for child in children[1:]]) if children else ""
        return f"TreeSpec({self.type.__name__}, {self.context}, [{text}])"

    def unflatten(self, leaves):
        """The tree of this form with these leaves."""
        leaves = list(leaves)
        if len(leaves) != self.num_leaves:
            raise ValueError(
                f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to a pytree that holds "
                f"{self.num_leaves} items ({self})."
            )
        return self._filled(iter(leaves))

    def _filled(self, leaves):
        children = [child._filled(leaves) for child in self._children]
        return _KINDS[self.type].unflatten(children, self.context)

    def flatten_up_to(self, tree):
        """What stands in another tree where this form has its leaves. Raises ValueError where its form differs above."""
        found = []
        self._collect(tree, found)
        return found

    def _collect(self, tree, found):
        kind = _type_of(tree)
        if kind is not self.type:
            raise ValueError(f"Node type mismatch; expected {self.type}, but got {kind}.")
        children, context = _KINDS[kind].flatten(tree)
        if len(children) != self.num_children:
            raise ValueError(f"Node arity mismatch; expected {self.num_children}, but got {len(children)}.")
        if kind in (dict, OrderedDict, defaultdict):
            keys, own = ((c[1] if kind is defaultdict else c) for c in (context, self.context))
            lost, extra = set(own) - set(keys), set(keys) - set(own)
            if lost or extra:
                text = (f"; missing key(s): {lost}" if lost else "") + (f"; extra key(s): {extra}" if extra else "")
                raise ValueError(f"Node keys mismatch{text}.")
            children = [tree[key] for key in own]
        elif context != self.context:
            raise ValueError(f"Node context mismatch for custom node type {kind}.")
        for spec, child in zip(self._children, children):
            spec._collect(child, found)


class LeafSpec(TreeSpec):
    """The form of a leaf."""

    def __init__(self):
        super().__init__(None, None, [])
        self.num_leaves = 1

    def __repr__(self, indent=0):
        return "*"

    def _filled(self, leaves):
        return next(leaves)

    def _collect(self, tree, found):
        found.append(tree)


def tree_is_leaf(tree, is_leaf=None):
    """Whether it is no container, or is_leaf(tree) says so."""
    return is_leaf is not None and is_leaf(tree) or _type_of(tree) not in _KINDS


def _walk(tree, is_leaf, leaves, path):
    if tree_is_leaf(tree, is_leaf):
        leaves.append((path, tree))
        return LeafSpec()
    kind = _type_of(tree)
    children, context = _KINDS[kind].flatten(tree)
    keys = _keys_of(kind, tree, children, context) if path is not None else itertools.repeat(None)
    specs = [
        _walk(child, is_leaf, leaves, None if path is None else (*path, key)) for child, key in zip(children, keys)
    ]
    return TreeSpec(kind, context, specs)


def _keys_of(kind, tree, children, context):
    keys = _KINDS[kind].keys
    if keys is None:
        raise ValueError(f"Did not find a flatten_with_keys_fn for type: {kind}. Please pass a flatten_with_keys_fn argument "
                         "to register_pytree_node.")  # fmt: skip
    own = kind in (list, tuple, Size, dict, OrderedDict, defaultdict, deque, namedtuple)
    return keys(children, context) if own else [key for key, _ in keys(tree)]


def tree_flatten(tree, is_leaf=None):
    """(leaves, form): the leaves in order, and what tree_unflatten needs."""
    leaves = []
    spec = _walk(tree, is_leaf, leaves, None)
    return [leaf for _, leaf in leaves], spec


def tree_flatten_with_path(tree, is_leaf=None):
    """([(path, leaf), ...], form): a path is a tuple of MappingKey, SequenceKey and GetAttrKey."""
    leaves = []
    spec = _walk(tree, is_leaf, leaves, ())
    return leaves, spec


def tree_unflatten(leaves, treespec):
    """The tree of a form with these leaves."""
    return treespec.unflatten(leaves)


def tree_leaves(tree, is_leaf=None):
    """The leaves in order."""
    return tree_flatten(tree, is_leaf)[0]


def tree_leaves_with_path(tree, is_leaf=None):
    """The leaves in order, each with its path."""
    return tree_flatten_with_path(tree, is_leaf)[0]


def tree_iter(tree, is_leaf=None):
    """An iterator over the leaves."""
    return iter(tree_leaves(tree, is_leaf))


def tree_structure(tree, is_leaf=None):
    """The form."""
    return tree_flatten(tree, is_leaf)[1]


def _mapped(function, tree, rests, is_leaf):
    leaves, spec = tree_flatten(tree, is_leaf)
    return spec, map(function, leaves, *(spec.flatten_up_to(rest) for rest in rests))


def tree_map(func, tree, *rests, is_leaf=None):
    """The tree with func(leaf, what other trees have there) in place of each leaf."""
    spec, results = _mapped(func, tree, rests, is_leaf)
    return spec.unflatten(results)


def tree_map_(func, tree, *rests, is_leaf=None):
    """Calls func for each leaf; returns the tree itself."""
    deque(_mapped(func, tree, rests, is_leaf)[1], maxlen=0)
    return tree


def tree_map_with_path(func, tree, *rests, is_leaf=None):
    """tree_map of a function that gets the path first."""
    leaves, spec = tree_flatten_with_path(tree, is_leaf)
    others = [spec.flatten_up_to(rest) for rest in rests]
    return spec.unflatten([func(path, leaf, *each) for (path, leaf), *each in zip(leaves, *others)])


def _is_chosen(chosen, leaf):
    return isinstance(leaf, chosen) if isinstance(chosen, (type, tuple)) else bool(chosen(leaf))


def _only(chosen, func):
    return lambda leaf: func(leaf) if _is_chosen(chosen, leaf) else leaf


def tree_map_only(type_or_types_or_pred, func, tree, is_leaf=None):
    """tree_map that leaves alone what is of other types, or what a predicate refuses."""
    return tree_map(_only(type_or_types_or_pred, func), tree, is_leaf=is_leaf)


def tree_map_only_(type_or_types_or_pred, func, tree, is_leaf=None):
    """tree_map_ that leaves alone what is of other types, or what a predicate refuses."""
    return tree_map_(_only(type_or_types_or_pred, func), tree, is_leaf=is_leaf)


def tree_all(pred, tree, is_leaf=None):
    """Whether pred holds for all leaves."""
    return all(map(pred, tree_iter(tree, is_leaf)))


def tree_any(pred, tree, is_leaf=None):
    """Whether pred holds for a leaf."""
    return any(map(pred, tree_iter(tree, is_leaf)))


def tree_all_only(type_or_types, pred, tree, is_leaf=None):
    """Whether pred holds for all leaves of these types."""
    return all(pred(leaf) for leaf in tree_iter(tree, is_leaf) if isinstance(leaf, type_or_types))


def tree_any_only(type_or_types, pred, tree, is_leaf=None):
    """Whether pred holds for a leaf of these types."""
    return any(pred(leaf) for leaf in tree_iter(tree, is_leaf) if isinstance(leaf, type_or_types))
