"""python -m relume.demo: trains a convolutional network on Fashion-MNIST, step for step as the program `relume train`."""

import argparse
import gzip
import math
import os
import shutil
import signal
import struct
import sys
import time

import relume
from relume import nn
from relume._pictures import draw

MEAN, STD = 0.2860, 0.3530  # of Fashion-MNIST
CLASSES = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
EVALUATION_BATCH = 500
PICTURES = 6
PASSES_NOTHING = 1e-6  # a unit whose activation's slope stays below it is dead
INTERRUPTED = 130  # what shells give for Ctrl-C
RECIPE = "data epochs batch_size learning_rate seed train_images activation".split()  # what a checkpoint brings along


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


def is_live(stream):
    """Whether a stream is a terminal that can draw a line anew."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class Interrupt:
    """Inside, the first Ctrl-C is noted in `asked`, to stop between two steps; a second one stops at once."""

    def __init__(self):
        self.asked = False

    def _note(self, number, frame):
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __enter__(self):
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *error):
        signal.signal(signal.SIGINT, self._before)


class ProgressBar:
    """An epoch on one line of a terminal, drawn anew ten times a second; without a terminal a line each quarter."""

    _EIGHTHS = " ▏▎▍▌▋▊▉"

    def __init__(self, label, total, stream=None, done=0):
        self.label, self.total, self.done_before = label, total, done
        self.stream = stream or sys.stdout
        self.live = is_live(self.stream)
        self.start = time.perf_counter()
        self.drawn, self.quarter = -1.0, 4 * done // total

    def text(self, done, loss, columns):
        """The line, at most `columns` wide where there is room for a bar."""
        seconds = time.perf_counter() - self.start
        rate = (done - self.done_before) / seconds if seconds > 0 else 0
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
    """A network on its way: at `epoch`, of which `images` are done. Adam's learning rate falls to zero along a cosine."""

    def __init__(self, options):
        self.options = options
        relume.manual_seed(options.seed)
        self.network = make_network(options.activation)
        self.optimizer = relume.optim.Adam(self.network.parameters(), lr=options.learning_rate)
        self.epoch, self.images, self.loss_sum, self.seconds = 0, 0, 0.0, 0.0

    def train_epoch(self, images, interrupt):
        """Goes on to the end of the epoch, in an order that seed and epoch decide; False where it is interrupted."""
        options, count = self.options, len(images)
        order = relume.randperm(count, generator=relume.Generator().manual_seed(options.seed + self.epoch))
        steps = -(-count // options.batch_size)
        bar = ProgressBar(f"epoch {self.epoch + 1}/{options.epochs}", count, done=self.images)
        for step, index in list(enumerate(order.split(options.batch_size)))[self.images // options.batch_size :]:
            share = (self.epoch * steps + step) / (options.epochs * steps)
            start = time.perf_counter()
            self.loss_sum += self._train_batch(images.batch(index), share) * len(index)
            self.images += len(index)
            self.seconds += time.perf_counter() - start
            bar.show(self.images, self.loss_sum / self.images)
            if interrupt.asked and self.images < count:
                bar.stop()
                return False
        self.epoch, self.images, self.loss_sum = self.epoch + 1, 0, 0.0
        return True

    def save_checkpoint(self, path):
        """Writes all that training needs to go on as if nothing had happened."""
        state = {name: getattr(self, name) for name in ("epoch", "images", "loss_sum", "seconds")}
        state["recipe"] = {name: getattr(self.options, name) for name in RECIPE}
        state["network"], state["optimizer"] = self.network.state_dict(), self.optimizer.state_dict()
        state["generator"] = relume.get_rng_state()
        relume.save(state, path)

    @classmethod
    def resume(cls, options):
        """The trainer of the checkpoint options.resume, whose recipe takes the place of the options'."""
        state = relume.load(options.resume)
        missing = {"recipe", "network", "optimizer", "generator", "epoch", "images"} - set(state)
        if missing:
            raise ValueError(f"{options.resume}: no checkpoint of this program: it has no {sorted(missing)[0]}")
        vars(options).update(state["recipe"])
        trainer = cls(options)
        trainer.network.load_state_dict(state["network"])
        trainer.optimizer.load_state_dict(state["optimizer"])
        relume.set_rng_state(state["generator"])
        for name in ("epoch", "images", "loss_sum", "seconds"):
            setattr(trainer, name, state[name])
        return trainer

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

    def dead_share(self, images):
        """The share of units (channels, and features of linear layers) whose activation passes no gradient for any image."""
        self.network.eval()
        largest = {}
        for part in images.pixels.split(EVALUATION_BATCH):
            x = images.normalized(part)
            for place, layer in enumerate(self.network):
                if not isinstance(layer, (nn.Conv2d, nn.MaxPool2d, nn.Flatten, nn.Linear)):
                    slope = self._largest_slope(layer, x)
                    largest[place] = relume.maximum(largest.get(place, slope), slope)
                with relume.no_grad():
                    x = layer(x)
        self.network.zero_grad()  # an activation with weights has gathered gradients
        self.network.train()
        return (relume.cat(list(largest.values())) < PASSES_NOTHING).double().mean().item()

    @staticmethod
    def _largest_slope(activation, x):
        """The largest gradient that each unit's activation passes: units are the second dimension."""
        x = x.detach().requires_grad_()
        activation(x).sum().backward()
        return x.grad.abs().amax((0, 2, 3) if x.dim() == 4 else 0)

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


def mistakes(answers, images, names, stream):
    """Pictures of the first images that were taken for something else, as text; nothing where there are none."""
    wrong = (answers != images.labels).nonzero().flatten()[:PICTURES].tolist()
    if not wrong:
        return ""
    pictures = [
        (images.pixels[i], [f"is: {names[images.labels[i]]}", f"seen as: {names[answers[i]]}"]) for i in wrong
    ]
    return "\na few that it gets wrong\n" + draw(pictures, shutil.get_terminal_size().columns, is_live(stream))


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
    parser.add_argument("--save", metavar="FILE", help="where the model goes, for `relume predict`; Ctrl-C leaves a checkpoint")
    parser.add_argument("--resume", metavar="FILE", help="checkpoint to go on from; it brings its own recipe")
    return parser.parse_args(arguments)


def check_writable(path):
    """Raises OSError where a file of that name cannot be written: better now than after the training."""
    if path:
        existed = os.path.exists(path)
        with open(path, "ab"):
            pass
        if not existed:
            os.remove(path)


def interrupted(trainer, options):
    """Saves a checkpoint where the model was to be saved; the exit status."""
    if not options.save:
        print("interrupted")
        return INTERRUPTED
    path = options.resume or options.save + ".checkpoint"
    trainer.save_checkpoint(path)
    print(f"interrupted; go on with: python -m relume.demo --resume {path} --save {options.save}")
    return INTERRUPTED


def run(options):
    """Trains, tests and prints; the exit status."""
    check_writable(options.save)
    if options.threads:
        relume.set_num_threads(options.threads)
    trainer = Trainer.resume(options) if options.resume else Trainer(options)
    train, test = (Images(options.data, *part) for part in (("train", options.train_images), ("t10k", options.test_images)))
    parameters = sum(parameter.numel() for parameter in trainer.network.parameters())
    print(f"{len(train):,} training and {len(test):,} test images from {options.data}\n{trainer.network}")
    print(f"{parameters:,} parameters, seed {options.seed}\n", flush=True)
    answers = None
    with Interrupt() as interrupt:
        while trainer.epoch < options.epochs:
            if not trainer.train_epoch(train, interrupt):
                return interrupted(trainer, options)
            answers = trainer.classes(test)
            right = 100 * accuracy(answers, test.labels)
            print(f"epoch {trainer.epoch}/{options.epochs}: {right:.2f} % of the test images right", flush=True)
    answers = trainer.classes(test) if answers is None else answers
    report(trainer, answers, test)
    if options.save:
        trainer.save(options.save)
        print(f"\nsaved {options.save}")
    return 0


def report(trainer, answers, test):
    """Prints how good the network is, and at what not."""
    right, dead = 100 * accuracy(answers, test.labels), 100 * trainer.dead_share(test)
    print(f"\ntest accuracy {right:.2f} %, trained in {clock(trainer.seconds)}, dead units {dead:.1f} %")
    names = CLASSES if "fashion" in trainer.options.data else [str(digit) for digit in range(10)]
    print(class_table(answers, test.labels, names))
    pictures = mistakes(answers, test, names, sys.stdout)
    if pictures:
        print(pictures)


def main(arguments=None):
    """The exit status."""
    options = parse(arguments)
    try:
        return run(options)
    except KeyboardInterrupt:
        print("interrupted")
        return INTERRUPTED
    except (OSError, ValueError, RuntimeError) as error:
        print(f"relume.demo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
