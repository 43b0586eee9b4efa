"""The point-wise activations as functions, with their inplace argument."""

# Made from include/relume/activations.inc by tools/generate_ops.py; not edited by hand.

from ..._C import functional as _rows

celu = _rows.celu
celu_ = _rows.celu_
elu = _rows.elu
elu_ = _rows.elu_
gelu = _rows.gelu
hardshrink = _rows.hardshrink
hardsigmoid = _rows.hardsigmoid
hardsigmoid_ = _rows.hardsigmoid_
hardswish = _rows.hardswish
hardswish_ = _rows.hardswish_
hardtanh = _rows.hardtanh
hardtanh_ = _rows.hardtanh_
leaky_relu = _rows.leaky_relu
leaky_relu_ = _rows.leaky_relu_
logsigmoid = _rows.logsigmoid
mish = _rows.mish
mish_ = _rows.mish_
relu = _rows.relu
relu6 = _rows.relu6
relu6_ = _rows.relu6_
relu_ = _rows.relu_
selu = _rows.selu
selu_ = _rows.selu_
sigmoid = _rows.sigmoid
sigmoid_ = _rows.sigmoid_
silu = _rows.silu
silu_ = _rows.silu_
softplus = _rows.softplus
softshrink = _rows.softshrink
softsign = _rows.softsign
tanh = _rows.tanh
tanh_ = _rows.tanh_
tanhshrink = _rows.tanhshrink
threshold = _rows.threshold
threshold_ = _rows.threshold_
