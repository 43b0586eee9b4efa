"""ReLU as a function, and in place."""

import torch
import torch.nn.functional as F

torch.manual_seed(0)

# Using the Functional Interface
input_tensor = torch.randn(1, 5, 5)

# Method 1: Using the Functional Interface
output1 = F.relu(input_tensor)

# Method 2: Using the In-place Version of the Function
F.relu_(input_tensor)

print("Output:\n", output1)
print("The two agree:", torch.equal(output1, input_tensor))
