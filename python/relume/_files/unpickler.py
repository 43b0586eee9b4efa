"""Reads pickles that hold tensors and plain values, and executes nothing else: each opcode is carried out here, and only
names that are known, or that the user allowed, are looked up."""

import collections
import pickle
import struct

from .._C import Tensor
from .names import BLOCKED, allowed_names, current_name, torch_names

_MARK = object()
_ADVICE = (
    "Weights only load failed. This file can still be loaded, to do so you have two options, \033[1mdo those steps only if "
    "you trust the source of the checkpoint\033[0m. \n\t(1) In PyTorch 2.6, we changed the default value of the "
    "`weights_only` argument in `torch.load` from `False` to `True`. Re-running `torch.load` with `weights_only` set to "
    "`False` will likely succeed, but it can result in arbitrary code execution. Do it only if you got the file from a "
    "trusted source.\n\t(2) Alternatively, to load with `weights_only=True` please check the recommended steps in the "
    "following error message.\n\tWeightsUnpickler error: "
)


def _refusal(text):
    return pickle.UnpicklingError(_ADVICE + text)


_OPCODES = {}


def _opcode(*codes):
    def register(method):
        for code in codes:
            _OPCODES[code[0]] = method
        return method

    return register


class Unpickler:
    """Reads one pickle from a stream with read() and readline(); persistent_load(identifier) gives storages."""

    def __init__(self, stream, persistent_load, encoding="utf-8"):
        self.stream, self.persistent_load, self.encoding = stream, persistent_load, encoding
        self.known, self.allowed = torch_names(), allowed_names()
        self.callables = {id(value) for value in self.known.values() if callable(value)}
        self.callables |= {id(value) for value in self.allowed.values()}
        self.stack, self.memo = [], {}

    def load(self):
        """The object. Raises UnpicklingError for anything that is unknown, or broken."""
        try:
            while True:
                code = self._read(1)[0]
                if code == pickle.STOP[0]:
                    return self.stack.pop()
                method = _OPCODES.get(code)
                if method is None:
                    raise _refusal(f"Unsupported operand {code}")
                method(self)
        except (pickle.UnpicklingError, EOFError):
            raise
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, struct.error) as error:
            raise pickle.UnpicklingError(f"the pickle is broken: {error}") from error

    # Reading.

    def _read(self, count):
        data = self.stream.read(count)
        if len(data) < count:
            raise EOFError("Ran out of input" if not data else "pickle data was truncated")
        return data

    def _unpack(self, form):
        return struct.unpack(form, self._read(struct.calcsize(form)))[0]

    def _line(self):
        line = self.stream.readline()
        if not line.endswith(b"\n"):
            raise EOFError("pickle data was truncated")
        return line[:-1].decode()

    def _marked(self):
        """What lies above the last mark, which is taken off."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise pickle.UnpicklingError("the pickle is broken: no mark on the stack")
        items = self.stack[at + 1 :]
        del self.stack[at:]
        return items

    def _push(self, value):
        self.stack.append(value)

    # Plain values.

    @_opcode(pickle.PROTO)
    def _proto(self):
        version = self._read(1)[0]
        if version > pickle.HIGHEST_PROTOCOL:
            raise pickle.UnpicklingError(f"unsupported pickle protocol: {version}")

    @_opcode(pickle.FRAME)
    def _frame(self):
        self._read(8)

    @_opcode(pickle.NONE)
    def _none(self):
        self._push(None)

    @_opcode(pickle.NEWTRUE)
    def _true(self):
        self._push(True)

    @_opcode(pickle.NEWFALSE)
    def _false(self):
        self._push(False)

    @_opcode(pickle.BININT)
    def _int4(self):
        self._push(self._unpack("<i"))

    @_opcode(pickle.BININT1)
    def _int1(self):
        self._push(self._unpack("<B"))

    @_opcode(pickle.BININT2)
    def _int2(self):
        self._push(self._unpack("<H"))

    @_opcode(pickle.LONG1)
    def _long(self):
        self._push(int.from_bytes(self._read(self._unpack("<B")), "little", signed=True))

    @_opcode(pickle.BINFLOAT)
    def _float(self):
        self._push(self._unpack(">d"))

    @_opcode(pickle.BINUNICODE)
    def _text4(self):
        self._push(str(self._read(self._unpack("<I")), "utf-8", "surrogatepass"))

    @_opcode(pickle.SHORT_BINUNICODE)
    def _text1(self):
        self._push(str(self._read(self._unpack("<B")), "utf-8", "surrogatepass"))

    @_opcode(pickle.SHORT_BINSTRING)
    def _string1(self):
        self._push(self._read(self._unpack("<B")).decode(self.encoding))

    @_opcode(pickle.BINSTRING)
    def _string4(self):
        self._push(self._read(self._unpack("<i")).decode(self.encoding))

    @_opcode(pickle.BINBYTES)
    def _bytes4(self):
        self._push(self._read(self._unpack("<I")))

    @_opcode(pickle.SHORT_BINBYTES)
    def _bytes1(self):
        self._push(self._read(self._unpack("<B")))

    # Containers.

    @_opcode(pickle.MARK)
    def _mark(self):
        self._push(_MARK)

    @_opcode(pickle.POP)
    def _pop(self):
        self.stack.pop()

    @_opcode(pickle.EMPTY_TUPLE)
    def _tuple0(self):
        self._push(())

    @_opcode(pickle.TUPLE1)
    def _tuple1(self):
        self.stack[-1:] = [(self.stack[-1],)]

    @_opcode(pickle.TUPLE2)
    def _tuple2(self):
        self.stack[-2:] = [tuple(self.stack[-2:])]

    @_opcode(pickle.TUPLE3)
    def _tuple3(self):
        self.stack[-3:] = [tuple(self.stack[-3:])]

    @_opcode(pickle.TUPLE)
    def _tuple(self):
        self._push(tuple(self._marked()))

    @_opcode(pickle.EMPTY_LIST)
    def _list(self):
        self._push([])

    @_opcode(pickle.EMPTY_DICT)
    def _dict(self):
        self._push({})

    @_opcode(pickle.EMPTY_SET)
    def _set(self):
        self._push(set())

    @_opcode(pickle.APPEND)
    def _append(self):
        item = self.stack.pop()
        self._top(list).append(item)

    @_opcode(pickle.APPENDS)
    def _appends(self):
        items = self._marked()
        self._top(list).extend(items)

    @_opcode(pickle.ADDITEMS)
    def _add_items(self):
        items = self._marked()
        self._top(set).update(items)

    @_opcode(pickle.SETITEM)
    def _set_item(self):
        value, key = self.stack.pop(), self.stack.pop()
        self._top(dict)[key] = value

    @_opcode(pickle.SETITEMS)
    def _set_items(self):
        items = self._marked()
        self._top(dict).update(zip(items[::2], items[1::2], strict=True))

    def _top(self, kind):
        """The uppermost object, which must be of a kind."""
        if not isinstance(self.stack[-1], kind):
            raise _refusal(f"expected a {kind.__name__} to change, but got {type(self.stack[-1])}")
        return self.stack[-1]

    # The memo.

    @_opcode(pickle.BINPUT)
    def _put1(self):
        self.memo[self._unpack("<B")] = self.stack[-1]

    @_opcode(pickle.LONG_BINPUT)
    def _put4(self):
        self.memo[self._unpack("<I")] = self.stack[-1]

    @_opcode(pickle.MEMOIZE)
    def _memoize(self):
        self.memo[len(self.memo)] = self.stack[-1]

    @_opcode(pickle.BINGET)
    def _get1(self):
        self._push(self.memo[self._unpack("<B")])

    @_opcode(pickle.LONG_BINGET)
    def _get4(self):
        self._push(self.memo[self._unpack("<I")])

    # Names and objects.

    @_opcode(pickle.GLOBAL)
    def _global(self):
        self._push(self._find(self._line(), self._line()))

    @_opcode(pickle.STACK_GLOBAL)
    def _stack_global(self):
        name, module = self.stack.pop(), self.stack.pop()
        self._push(self._find(module, name))

    def _find(self, module, name):
        if module == "relume" or module.startswith("relume."):
            module = "torch" + module[len("relume") :]
        module, name = current_name(module, name)
        full = f"{module}.{name}"
        if full in self.allowed:
            return self.allowed[full]
        if (module, name) in self.known:
            return self.known[module, name]
        if module.split(".")[0] in BLOCKED:
            raise pickle.UnpicklingError(
                f"Weights only load failed. Trying to load unsupported GLOBAL {full} whose module {module} is blocked."
            )
        full = full.removeprefix("builtins.")
        raise _refusal(
            f"Unsupported global: GLOBAL {full} was not an allowed global by default. Please use "
            f"`torch.serialization.add_safe_globals([{full}])` or the `torch.serialization.safe_globals([{full}])` context "
            "manager to allowlist this global if you trust this class/function."
        )

    @_opcode(pickle.REDUCE)
    def _reduce(self):
        arguments, function = self.stack.pop(), self.stack.pop()
        if id(function) not in self.callables:
            raise _refusal(f"Trying to call reduce for unrecognized function {function}")
        if type(arguments) is not tuple:
            raise _refusal(f"expected a tuple of arguments, but got {type(arguments)}")
        self._push(function(*arguments))

    @_opcode(pickle.NEWOBJ)
    def _new(self):
        arguments, kind = self.stack.pop(), self.stack.pop()
        if id(kind) not in self.callables or not isinstance(kind, type):
            raise _refusal(f"Trying to call new for unrecognized class {kind}")
        self._push(kind.__new__(kind, *arguments))

    @_opcode(pickle.BUILD)
    def _build(self):
        state, target = self.stack.pop(), self.stack[-1]
        if type(target) is collections.OrderedDict:
            target.__dict__.update(state)
        elif type(target) in self.allowed.values():
            if hasattr(target, "__setstate__"):
                target.__setstate__(state)
            else:
                target.__dict__.update(state)
        elif type(target) is Tensor:
            raise _refusal("Tensors with a state are not supported")
        else:
            raise _refusal(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got "
                f"{type(target)}"
            )

    @_opcode(pickle.BINPERSID)
    def _persistent(self):
        self._push(self.persistent_load(self.stack.pop()))
