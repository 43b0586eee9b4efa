"""What an attribute that Relume lacks answers."""

import importlib

LAZY = set(
    "_dynamo compiler cpu distributed distributions func jit linalg memory mps multiprocessing nn optim plot profiler safetensors "
    "serialization special storage testing torch_version types utils".split()
)
# The functions of the top level whose files are loaded on first use.
LAZY_FUNCTIONS = {
    **dict.fromkeys("TypedStorage UntypedStorage from_file".split(), "storage"),
    **dict.fromkeys("BFloat16Storage BoolStorage ByteStorage CharStorage DoubleStorage".split(), "storage"),
    **dict.fromkeys("FloatStorage HalfStorage IntStorage LongStorage ShortStorage".split(), "storage"),
    **dict.fromkeys("load save".split(), "serialization"),
    **dict.fromkeys("pca_lowrank svd_lowrank".split(), "_lowrank"),
    **dict.fromkeys("gru gru_cell lstm lstm_cell".split(), "nn.modules.rnn_functions"),
    **dict.fromkeys("rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell".split(), "nn.modules.rnn_functions"),
    **dict.fromkeys("cosine_embedding_loss ctc_loss hinge_embedding_loss".split(), "nn.functional.numbered"),
    **dict.fromkeys("margin_ranking_loss triplet_margin_loss".split(), "nn.functional.numbered"),
    **dict.fromkeys("alias_copy as_strided_copy detach_copy diagonal_copy expand_copy narrow_copy".split(), "_copies"),
    **dict.fromkeys("permute_copy select_copy slice_copy split_copy split_with_sizes_copy".split(), "_copies"),
    **dict.fromkeys("squeeze_copy t_copy transpose_copy unbind_copy unfold_copy unsafe_chunk".split(), "_copies"),
    **dict.fromkeys("unsafe_split unsafe_split_with_sizes unsqueeze_copy view_copy".split(), "_copies"),
    "_assert": "_functions",
    "GradScaler": "amp",
    "binomial": "distributions.samplers",
    "conv_tbc": "nn.functional.convolution",
    "summary": "_summary",
    "vmap": "func",
}


def attribute_finder(module):
    """A module's __getattr__: raises AttributeError, with advice, for what there is not."""

    def missing_attribute(name):
        if name.startswith("__"):  # asked for by the import system and by inspection, not by programs
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        raise AttributeError(
            f"module '{module}' has no attribute '{name}' here: Relume does not have it. "
            f"dir({module}) lists what there is; run the script with PyTorch where it needs this."
        )

    return missing_attribute


_missing_in_torch = attribute_finder("torch")


def missing_attribute(name):
    """Imports a part of the package on first use; raises AttributeError, with advice, for what there is not."""
    if name in LAZY_FUNCTIONS:
        return getattr(importlib.import_module("relume." + LAZY_FUNCTIONS[name]), name)
    if name.startswith("_foreach_"):
        return getattr(importlib.import_module("relume._foreach"), name)
    if name in LAZY:
        try:
            return importlib.import_module("relume." + name)
        except ModuleNotFoundError as error:
            if error.name != "relume." + name:
                raise
    return _missing_in_torch(name)
