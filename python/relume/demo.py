"""python -m relume.demo: trains a convolutional network on Fashion-MNIST, step for step as the program `relume train`."""

import argparse
import gzip
import math
import os
import shutil
import struct
import sys
import time

import relume
from relume import nn

MEAN, STD = 0.2860, 0.3530  # of Fashion-MNIST
CLASSES = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
EVALUATION_BATCH = 500
INTERRUPTED = 130  # what shells give for Ctrl-C


def read_idx(path):
    """The bytes of an IDX file, .gz or not, as a tensor of uint8."""
    if not os.path.exists(path):
        path += ".gz"
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        data = file.read()
    if len(data) < 4 or data[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: no IDX file of bytes")
    sizes = struct.unpack_from(f">{data[3]}I", data, 4)
    start = 4 + 4 * data[3]
    if len(data) - start != math.prod(sizes):
        raise ValueError(f"{path}: {len(data) - start} bytes, and its sizes say {math.prod(sizes)}")
    return relume.frombuffer(bytearray(data[start:]), dtype=relume.uint8).reshape(sizes)


class Images:
    """Pixels [N, 28, 28] and labels [N] of a data set's part, "train" or "t10k"; the first `limit` of them, or all."""

    _VALUES = relume.tensor([(byte / 255 - MEAN) / STD for byte in range(256)])

    def __init__(self, folder, part, limit):
        if not os.path.isdir(folder):
            raise FileNotFoundError(
                f"there is no data set in {folder}: install the Debian package dataset-fashion-mnist, or name a folder "
                "with MNIST's four files by --data"
            )
        self.pixels = read_idx(os.path.join(folder, f"{part}-images-idx3-ubyte"))
        self.labels = read_idx(os.path.join(folder, f"{part}-labels-idx1-ubyte")).long()
        if limit:
            self.pixels, self.labels = self.pixels[:limit], self.labels[:limit]

    def __len__(self):
        return len(self.labels)

    def batch(self, index):
        """Normalised images [n, 1, 28, 28] and labels."""
        return self.normalized(self.pixels[index]), self.labels[index]

    def normalized(self, pixels):
        """Bytes as numbers around zero, with a channel."""
        return self._VALUES[pixels.long()].unsqueeze(1)


def activation_of(name):
    """A module by the name of its function: relu, leaky_relu, gelu, ..."""
    wanted = name.replace("_", "").lower()
    for module_name, module in vars(nn).items():
        if module_name.lower() == wanted and isinstance(module, type):
            return module()
    raise ValueError(f"there is no activation {name}")


def make_network(activation):
    """Two convolutions with pooling and two linear layers, for images [N, 1, 28, 28] and ten classes."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), activation_of(activation), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), activation_of(activation), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 7 * 7, 128), activation_of(activation), nn.Linear(128, 10),
    )  # fmt: skip


def clock(seconds):
    """Minutes and seconds."""
    total = round(max(0.0, seconds))
    return f"{total // 60:02d}:{total % 60:02d}" if total < 3600 else f"{total // 3600}:{total // 60 % 60:02d}:{total % 60:02d}"


class ProgressBar:
    """An epoch on one line of a terminal, drawn anew ten times a second; without a terminal a line each quarter."""

    _EIGHTHS = " ▏▎▍▌▋▊▉"

    def __init__(self, label, total, stream=None):
        self.label, self.total = label, total
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.start = time.perf_counter()
        self.drawn, self.quarter = -1.0, 0

    def text(self, done, loss, columns):
        """The line, at most `columns` wide where there is room for a bar."""
        seconds = time.perf_counter() - self.start
        rate = done / seconds if seconds > 0 else 0
        left = clock((self.total - done) / rate) if rate else "?"
        head = f"{self.label}: {100 * done // self.total:3d}%"
        tail = f"{done}/{self.total} [{clock(seconds)}<{left}, {rate:,.0f} images/s, loss={loss:.3f}]"
        room = min(40, columns - len(head) - len(tail) - 5)
        if room < 8:
            return f"{head} {tail}"
        eighths = 8 * room * done // self.total
        bar = "█" * (eighths // 8) + (self._EIGHTHS[eighths % 8] if eighths % 8 else "")
        return f"{head}|{bar:<{room}}| {tail}"

    def show(self, done, loss):
        """Draws what is new."""
        now, complete = time.perf_counter(), done >= self.total
        if self.live:
            if complete or now - self.drawn >= 0.1:
                self.drawn = now
                columns = shutil.get_terminal_size().columns
                self._print("\r" + self.text(done, loss, columns) + "\x1b[K" + ("\n" if complete else ""))
        elif 4 * done // self.total > self.quarter:
            self.quarter = 4 * done // self.total
            self._print(self.text(done, loss, 0) + "\n")

    def stop(self):
        """Leaves the line as it is."""
        if self.live and self.drawn >= 0:
            self._print("\n")

    def _print(self, text):
        self.stream.write(text)
        self.stream.flush()


class Trainer:
    """A network on its way. Adam's learning rate falls to zero along a cosine."""

    def __init__(self, options):
        self.options = options
        relume.manual_seed(options.seed)
        self.network = make_network(options.activation)
        self.optimizer = relume.optim.Adam(self.network.parameters(), lr=options.learning_rate)
        self.seconds = 0.0

    def train_epoch(self, epoch, images):
        """One pass over the images, in an order that seed and epoch decide; the mean loss."""
        options, count = self.options, len(images)
        order = relume.randperm(count, generator=relume.Generator().manual_seed(options.seed + epoch))
        steps = -(-count // options.batch_size)
        bar = ProgressBar(f"epoch {epoch + 1}/{options.epochs}", count)
        total = 0.0
        try:
            for step, index in enumerate(order.split(options.batch_size)):
                share = (epoch * steps + step) / (options.epochs * steps)
                total += self._train_batch(images.batch(index), share) * len(index)
                done = min((step + 1) * options.batch_size, count)
                bar.show(done, total / done)
        except KeyboardInterrupt:
            bar.stop()
            raise
        self.seconds += time.perf_counter() - bar.start
        return total / count

    def _train_batch(self, batch, share):
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.learning_rate * 0.5 * (1 + math.cos(math.pi * share))
        images, labels = batch
        loss = nn.functional.cross_entropy(self.network(images), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def classes(self, images):
        """The likeliest class of each image."""
        self.network.eval()
        with relume.no_grad():
            parts = images.pixels.split(EVALUATION_BATCH)
            found = relume.cat([self.network(images.normalized(part)).argmax(1) for part in parts])
        self.network.train()
        return found

    def save(self, path):
        """Writes a model that `relume predict` reads."""
        options = self.options
        metadata = {
            "writer": "relume train", "activation": options.activation, "data": options.data,
            "epochs": str(options.epochs), "batch_size": str(options.batch_size),
            "learning_rate": options.learning_rate.hex(), "seed": str(options.seed),
            "train_images": str(options.train_images),
        }  # fmt: skip
        relume.safetensors.save_file(self.network.state_dict(), path, metadata)


def accuracy(answers, labels):
    """The share of right answers."""
    return (answers == labels).double().mean().item()


def class_table(answers, labels, names):
    """The share of right answers for each class, as text."""
    lines = ["", "class          right"]
    for i, name in enumerate(names):
        member = labels == i
        if member.any():
            lines.append(f"{name:<12} {100 * accuracy(answers[member], labels[member]):5.1f} %")
    return "\n".join(lines)


def parse(arguments):
    """The options of the command line."""

    def positive(text):
        value = int(text)
        if value < 1:
            raise argparse.ArgumentTypeError("expected at least 1")
        return value

    parser = argparse.ArgumentParser(prog="python -m relume.demo", description=__doc__)
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="folder with MNIST's four files")
    parser.add_argument("--epochs", type=positive, default=5, help="passes over the training images")
    parser.add_argument("--batch-size", type=positive, default=64, help="images a step")
    parser.add_argument("--learning-rate", type=float, default=1.5e-3, help="Adam's first learning rate")
    parser.add_argument("--seed", type=int, default=0, help="decides weights and order")
    parser.add_argument("--train-images", type=int, default=0, help="use the first so many; 0: all")
    parser.add_argument("--test-images", type=int, default=0, help="test on the first so many; 0: all")
    parser.add_argument("--activation", default="relu", help="between the layers: relu, leaky_relu, gelu, ...")
    parser.add_argument("--threads", type=positive, help="threads to use")
    parser.add_argument("--save", metavar="FILE", help="where the model goes, for `relume predict`")
    return parser.parse_args(arguments)


def run(options):
    """Trains, tests and prints."""
    if options.threads:
        relume.set_num_threads(options.threads)
    trainer = Trainer(options)
    train, test = (Images(options.data, *part) for part in (("train", options.train_images), ("t10k", options.test_images)))
    parameters = sum(parameter.numel() for parameter in trainer.network.parameters())
    print(f"{len(train):,} training and {len(test):,} test images from {options.data}\n{trainer.network}")
    print(f"{parameters:,} parameters, seed {options.seed}\n", flush=True)
    for epoch in range(options.epochs):
        trainer.train_epoch(epoch, train)
        answers = trainer.classes(test)
        right = 100 * accuracy(answers, test.labels)
        print(f"epoch {epoch + 1}/{options.epochs}: {right:.2f} % of the test images right", flush=True)
    print(f"\ntest accuracy {right:.2f} %, trained in {clock(trainer.seconds)}")
    names = CLASSES if "fashion" in options.data else [str(digit) for digit in range(10)]
    print(class_table(answers, test.labels, names))
    if options.save:
        trainer.save(options.save)
        print(f"\nsaved {options.save}")


def main(arguments=None):
    """The exit status."""
    options = parse(arguments)
    try:
        run(options)
    except KeyboardInterrupt:
        print("interrupted")
        return INTERRUPTED
    except (OSError, ValueError, RuntimeError) as error:
        print(f"relume.demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
