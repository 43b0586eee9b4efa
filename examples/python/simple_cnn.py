"""ReLU between the convolutions of a small network."""

import torch
import torch.nn as nn


# Define a Simple Convolutional Neural Network
class SimpleCNN(nn.Module):
    def __init__(self):
        super(SimpleCNN, self).__init__()
        # Convolutional Layer: Input 3 Channels, Output 32 Channels, Kernel 3x3
        self.conv1 = nn.Conv2d(3, 32, kernel_size=3, padding=1)
        # ReLU Activation
        self.relu1 = nn.ReLU()
        # Second Convolutional Layer
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3, padding=1)
        self.relu2 = nn.ReLU()
        # Pooling Layer
        self.pool = nn.MaxPool2d(2, 2)

    def forward(self, x):
        x = self.conv1(x)
        x = self.relu1(x)
        x = self.pool(x)
        x = self.conv2(x)
        x = self.relu2(x)
        x = self.pool(x)
        return x


# Create Model
model = SimpleCNN()

# Print Model Structure
print("Model Structure:")
print(model)

# Test Forward Pass
# Simulate a 3x32x32 Color Image
input_image = torch.randn(1, 3, 32, 32)
output = model(input_image)

print("\nInput Shape:", input_image.shape)
print("Output Shape:", output.shape)
