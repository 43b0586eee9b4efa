"""Messages between a DataLoader and its worker processes: pickles whose tensors travel as plain bytes beside them."""

import io
import pickle
import struct

from ...._C import Tensor, ops

_COUNT = struct.Struct("<Q")


def _rebuild(buffer, dtype, sizes, requires_grad):
    if not len(buffer):
        made = ops.empty(sizes, dtype=dtype)
    else:
        made = ops._buffer_tensor(buffer).view(dtype).reshape(sizes)
    return made.requires_grad_(requires_grad)


class _Pickler(pickle.Pickler):
    """Takes the memory of tensors out of the pickle."""

    def reducer_override(self, value):
        if type(value) is not Tensor or not value.is_leaf or value.__dict__:
            return NotImplemented
        flat = value.detach().contiguous().reshape(-1)
        memory = memoryview(flat.view(ops.empty(0).byte().dtype)) if flat.numel() else b""
        return _rebuild, (pickle.PickleBuffer(memory), value.dtype, tuple(value.shape), value.requires_grad)


def packed(value):
    """The parts of a message, each to be sent one after the other."""
    stream, buffers = io.BytesIO(), []
    _Pickler(stream, protocol=5, buffer_callback=buffers.append).dump(value)
    parts = [stream.getbuffer(), *(buffer.raw() for buffer in buffers)]
    head = struct.pack(f"<{1 + len(parts)}Q", len(parts), *(part.nbytes for part in parts))
    return [memoryview(head), *parts]


def unpacked(parts):
    """What was packed. The tensors lie in the parts' memory."""
    return pickle.loads(parts[0], buffers=parts[1:])


def _receiving():
    """Yields what is to be filled next, and in between lists of parts that are complete."""
    while True:
        head = bytearray(_COUNT.size)
        yield head
        sizes = bytearray(_COUNT.size * _COUNT.unpack(head)[0])
        yield sizes
        parts = [bytearray(size) for (size,) in _COUNT.iter_unpack(sizes)]
        for part in parts:
            if part:
                yield part
        yield parts


class Link:
    """The loader's end of a socket to a worker. Nothing blocks: what can't be sent waits, what comes is gathered."""

    def __init__(self, socket):
        self.socket = socket
        socket.setblocking(False)
        self._waiting = []
        self._steps = _receiving()
        self._target = memoryview(next(self._steps))

    def fileno(self):
        """For selectors."""
        return self.socket.fileno()

    def close(self):
        """Tells the worker to end."""
        self.socket.close()

    def send(self, value):
        """Sends what can be sent at once."""
        self._waiting += packed(value)
        self.flush()

    @property
    def has_unsent(self):
        """Whether flush() is to be called when the socket takes more."""
        return bool(self._waiting)

    def flush(self):
        """Sends more of what waits."""
        try:
            while self._waiting:
                sent = self.socket.send(self._waiting[0])
                if sent < self._waiting[0].nbytes:
                    self._waiting[0] = self._waiting[0][sent:]
                else:
                    self._waiting.pop(0)
        except (BlockingIOError, ConnectionError):
            pass  # receive() tells of a worker that is gone

    def receive(self):
        """The messages that are complete by now. Raises EOFError where the worker is gone."""
        messages = []
        try:
            while True:
                count = self.socket.recv_into(self._target)
                if count == 0:
                    return self._ended(messages)
                self._target = self._target[count:]
                while not self._target.nbytes:
                    step = next(self._steps)
                    if isinstance(step, list):
                        messages.append(unpacked(step))
                        step = next(self._steps)
                    self._target = memoryview(step)
        except BlockingIOError:
            return messages
        except ConnectionError:
            return self._ended(messages)

    @staticmethod
    def _ended(messages):
        if not messages:
            raise EOFError
        return messages


class WorkerLink:
    """The worker's end: it blocks until it has what it wants."""

    def __init__(self, socket):
        self.socket = socket
        socket.setblocking(True)

    def send(self, parts):
        """Sends what packed() made."""
        for part in parts:
            self.socket.sendall(part)

    def receive(self):
        """The next message. Raises EOFError where the loader is gone."""
        for step in _receiving():
            if isinstance(step, list):
                return unpacked(step)
            target = memoryview(step)
            while target.nbytes:
                count = self.socket.recv_into(target)
                if count == 0:
                    raise EOFError
                target = target[count:]
