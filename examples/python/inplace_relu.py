"""A ReLU layer that overwrites its input."""

import torch
import torch.nn as nn

torch.manual_seed(0)

# Create ReLU with In-place Operation Enabled
relu_inplace = nn.ReLU(inplace=True)

# Creating Input Tensor
input_tensor = torch.randn(2, 4)
original_id = id(input_tensor)

# In-place Modification
output = relu_inplace(input_tensor)

# Check Whether the Original Tensor Was Modified
print("Whether the Original Tensor Was Modified:", id(output) == original_id)
print("Input/Output:\n", input_tensor)
