#!/usr/bin/env python3
"""Makes compat/torch/names/*.inc: a using-declaration for each public name of a namespace that has namespaces inside.

Usage: generate_compat.py [--check]; with --check it writes nothing and fails where a committed file is out of date.

A program may say `using namespace torch;` and then `nn::Linear`. If torch were `using namespace relume;`, that would find
torch::nn and relume::nn and be ambiguous; hence the names one by one. Namespaces without others inside need no list.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEADERS = ROOT / "include" / "relume"
# The namespaces whose names are listed, and the file for each.
LISTED = {"relume": "root.inc", "relume::nn": "nn.inc", "relume::data": "data.inc"}

# Names of Relume's own, which libtorch has not in these namespaces. They stay out: a program that says
# `using namespace torch;` may give them to things of its own. elu is there in libtorch's form: compat/torch/functions.h.
OWN = {
    "relume": "AutocastGuard EnableGradGuard PrintOptions compile_for_inference dtype_of element_size elu get_printoptions "
    "initial_seed is_integral is_reduced_floating_point kDefaultSeed kNumDtypes print_profile python_name repr seed "
    "set_flush_denormal set_printoptions size_repr stream_text to_string write_out",
    "relume::nn": "AdaptivePoolOptions CompiledImpl ConvPadding HookHandle IncompatibleKeys MarginLossOptions PadOptions "
    "PaddingMode ParameterDictionary RNNNonlinearity Reduction ReductionOptions StateDict",
    "relume::data": "Milliseconds load_idx load_mnist load_png",
}

TOKEN = re.compile(r"""[A-Za-z_]\w*|\d[\w.']*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|::|->|&&|[=!<>]=|.""")
MARKER = re.compile(r'^# \d+ "([^"]*)"')
OPENING, CLOSING = {"(": ")", "{": "}", "[": "]"}, {")", "}", "]"}

# Headers of libtorch's by folder: the header that has their names, and their names.
FORWARDED = {
    "torch": ("torch/torch.h", "extension mps print xpu"),
    "torch/nn/modules": (
        "torch/nn.h",
        "activation adaptive batchnorm common conv distance dropout embedding fold instancenorm linear loss normalization "
        "padding pixelshuffle pooling rnn transformer transformercoder transformerlayer upsampling utils",
    ),
    "torch/nn/modules/container": (
        "torch/nn.h",
        "any functional moduledict modulelist named_any parameterdict parameterlist sequential",
    ),
    "torch/nn/functional": (
        "torch/nn.h",
        "activation batchnorm conv distance dropout embedding fold instancenorm linear loss normalization padding "
        "pixelshuffle pooling upsampling vision",
    ),
    "torch/nn/options": (
        "torch/nn.h",
        "activation adaptive batchnorm conv distance dropout embedding fold instancenorm linear loss normalization padding "
        "pixelshuffle pooling rnn transformer transformercoder transformerlayer upsampling vision",
    ),
    "torch/nn/utils": ("torch/nn.h", "clip_grad convert_parameters rnn"),
    "torch/optim": ("torch/optim.h", "adagrad adam adamw lbfgs optimizer rmsprop sgd"),
    "torch/optim/schedulers": ("torch/optim.h", "lr_scheduler reduce_on_plateau_scheduler step_lr"),
    "torch/data": ("torch/data.h", "dataloader dataloader_options datasets example iterator samplers transforms"),
    "torch/data/datasets": ("torch/data.h", "base chunk map mnist shared stateful tensor"),
    "torch/data/samplers": ("torch/data.h", "base custom_batch_request distributed random sequential serialize stream"),
    "torch/data/transforms": ("torch/data.h", "base collate lambda stack tensor"),
    "torch/data/dataloader": ("torch/data.h", "base stateful stateless"),
    "torch/serialize": ("torch/serialize.h", "archive input-archive output-archive tensor"),
    "ATen": (
        "ATen/ATen.h",
        "CPUGeneratorImpl Device Dispatch Functions Parallel Scalar ScalarType Tensor TensorIndexing TensorOptions TensorUtils",
    ),
    "ATen/core": ("ATen/ATen.h", "Formatting Generator Reduction Scalar Tensor TensorBody grad_mode ivalue"),
    "c10/core": (
        "torch/types.h",
        "Device DeviceType GradMode InferenceMode Layout MemoryFormat Scalar ScalarType TensorOptions",
    ),
    "c10/util": ("torch/types.h", "ArrayRef BFloat16 Half Optional SmallVector string_view"),
    "c10/macros": ("torch/types.h", "Macros"),
}


def preprocessed():
    """The tokens of all public headers, without those of the headers that they include."""
    names = sorted(path.relative_to(HEADERS.parent) for path in HEADERS.rglob("*.h"))
    source = "".join(f'#include "{name}"\n' for name in names)
    command = [os.environ.get("CXX", "c++"), "-std=c++17", "-E", "-xc++", f"-I{HEADERS.parent}", "-"]
    text = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
    tokens, ours = [], False
    for line in text.splitlines():
        marker = MARKER.match(line)
        if marker:
            ours = marker.group(1).startswith(str(HEADERS))
        elif ours and not line.startswith("#"):
            tokens += [token for token in TOKEN.findall(line) if not token.isspace()]
    return tokens


def after_balanced(tokens, at):
    """The index after the bracket that closes tokens[at]."""
    depth = 0
    while True:
        depth += (tokens[at] in OPENING) - (tokens[at] in CLOSING)
        at += 1
        if depth == 0:
            return at


def after_angles(tokens, at):
    """The index after the > that closes tokens[at]; brackets inside are skipped whole."""
    depth = 0
    while True:
        if tokens[at] in OPENING:
            at = after_balanced(tokens, at)
            continue
        depth += (tokens[at] == "<") - (tokens[at] == ">")
        at += 1
        if depth == 0:
            return at


def split_declaration(tokens, at):
    """One declaration from `at`: its tokens with bodies and bracketed parts replaced by the opening bracket, and the end."""
    head = []
    while tokens[at] != ";":
        token = tokens[at]
        if token in OPENING:
            at = after_balanced(tokens, at)
            head.append(token)
            is_type = re.match(r"(template <> )?(class|struct|enum|union)\b", " ".join(head))
            if token == "{" and not is_type and "=" not in head and tokens[at] != ";":
                return head, at  # a function's body
        elif token == "<" and head and re.match(r"\w", head[-1]) and head[-1] != "operator":
            at = after_angles(tokens, at)
            head.append("<>")
        else:
            head.append(token)
            at += 1
    return head, at + 1


def declared_names(head):
    """The names that a declaration adds to its namespace, but for those that can't be listed."""
    if head[:2] == ["template", "<>"]:
        head = head[2:]
    text = re.sub(r"(__attribute__ \(|alignas \(|\[) ", "", " ".join(head))
    if re.match(r"(static_assert|using namespace|friend|extern template)\b", text) or "operator" in text.split("(")[0]:
        return []
    alias = re.match(r"using (\w+) =", text) or re.match(r"using (?:\w+ :: )+(\w+)$", text)
    if alias:
        return [alias.group(1)]
    kind = re.match(r"(?:enum class|enum struct|class|struct|union|enum) (\w+)( <>)?", text)
    if kind:
        return [] if kind.group(2) else [kind.group(1)]
    if " =" in text:
        return re.findall(r"(\w+) =", text)
    name = re.search(r"(:: )?(\w+)( <>)?(?= [({]|$)", text)
    return [] if not name or name.group(1) or name.group(3) else [name.group(2)]


def names_of(tokens):
    """{namespace: set of its names}."""
    names, stack, at = {}, [], 0
    while at < len(tokens):
        if tokens[at] == "}":
            stack.pop()
            at += 1
        elif tokens[at] == ";":
            at += 1
        elif tokens[at] == "namespace" or tokens[at : at + 2] == ["inline", "namespace"]:
            end = next(i for i in range(at, len(tokens)) if tokens[i] in "{;")
            if tokens[end] == "{":
                name = tokens[at + 1 : end]  # perhaps with an attribute behind it
                stack.append("".join(name[: name.index("__attribute__")] if "__attribute__" in name else name))
            at = end + 1
        elif tokens[at : at + 3] == ["template", "<", ">"]:
            at = split_declaration(tokens, at)[1]  # a specialisation adds no name
        else:
            head, at = split_declaration(tokens, at)
            names.setdefault("::".join(stack), set()).update(declared_names(head))
    return names


def lists(names):
    """{file: its text} of the lists of names."""
    texts = {}
    for namespace, file in LISTED.items():
        text = f"// The public names of {namespace}. Made by tools/generate_compat.py; not edited by hand.\n"
        own = set(OWN[namespace].split())
        if not own <= names[namespace]:
            sys.exit(f"OWN lists what {namespace} has not: {sorted(own - names[namespace])}")
        text += "".join(f"using {namespace}::{name};\n" for name in sorted(names[namespace] - own))
        texts[ROOT / "compat" / "torch" / "names" / file] = text
    return texts


def forwarding():
    """{file: its text} of headers whose names come with another one."""
    return {
        ROOT / "compat" / folder / f"{name}.h": "// A header of libtorch's, whose names come with another one. Made by "
        f"tools/generate_compat.py; not edited by hand.\n#pragma once\n\n#include <{target}>\n"
        for folder, (target, files) in FORWARDED.items()
        for name in files.split()
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only tell whether the files are up to date")
    arguments = parser.parse_args()
    names = names_of(preprocessed())
    stale = []
    for path, text in {**lists(names), **forwarding()}.items():
        if path.exists() and path.read_text() == text:
            continue
        stale.append(path)
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if stale and arguments.check:
        sys.exit("out of date, run tools/generate_compat.py: " + ", ".join(str(p.relative_to(ROOT)) for p in stale))


if __name__ == "__main__":
    main()
