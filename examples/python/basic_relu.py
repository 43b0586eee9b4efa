"""A ReLU layer applied to a tensor."""

import torch
import torch.nn as nn

# Create ReLU Activation Layer
relu = nn.ReLU()

# Create an Input Tensor Containing Negative Values
input_tensor = torch.tensor([[-1.0, 2.0, -3.0], [4.0, -5.0, 6.0]])

# Forward pass
output = relu(input_tensor)

print("Input:\n", input_tensor)
print("Output:\n", output)
