"""Run with the Python in which a wheel was installed: does it stand on its own?"""

import pathlib
import sys

import relume
from relume import nn

home = pathlib.Path(relume.__file__).resolve().parent
assert home.parent.name == "site-packages", home
assert (home / "py.typed").exists() and (home / "_C.pyi").exists(), "the stubs are missing"
assert "numpy" not in sys.modules, "NumPy was imported"

# A convolution needs oneDNN and OpenMP.
image = relume.randn(2, 3, 8, 8, requires_grad=True)
nn.Conv2d(3, 4, 3)(image).relu().sum().backward()
assert image.grad.shape == (2, 3, 8, 8)

loaded = {line.split()[-1] for line in open("/proc/self/maps", encoding="utf-8") if ".so" in line}
for name in ("libdnnl", "libgomp", "libfmt", "libhwy"):
    paths = [path for path in loaded if name in path]
    assert paths and all(str(home.parent) in path for path in paths), f"{name} comes from elsewhere: {paths}"
