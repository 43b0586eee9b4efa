"""The switches of CUDA, which Relume does not use."""

import types

matmul = types.SimpleNamespace(allow_tf32=False, allow_fp16_reduced_precision_reduction=True)
_attention = dict.fromkeys(("flash", "mem_efficient", "math", "cudnn"), True)


def is_built():
    """Always False."""
    return False


def _switch(kind):
    def enable(enabled):
        _attention[kind] = bool(enabled)

    def is_enabled():
        return _attention[kind]

    enable.__doc__ = f"Keeps whether {kind} attention may be used; attention is computed in one way."
    is_enabled.__doc__ = f"What enable_{kind}_sdp() kept."
    return enable, is_enabled


enable_flash_sdp, flash_sdp_enabled = _switch("flash")
enable_mem_efficient_sdp, mem_efficient_sdp_enabled = _switch("mem_efficient")
enable_math_sdp, math_sdp_enabled = _switch("math")
enable_cudnn_sdp, cudnn_sdp_enabled = _switch("cudnn")
