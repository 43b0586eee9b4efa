"""A multi-layer perceptron learns two interleaved spirals: DataLoader, Adam, a schedule, train and eval."""

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)

angles = torch.linspace(0.5, 3 * torch.pi, 200, dtype=torch.float64)
one = torch.stack([angles.cos(), angles.sin()], dim=1) * angles.unsqueeze(1) / 8
points = torch.cat([one, -one]) + 0.02 * torch.randn(400, 2, dtype=torch.float64)
labels = torch.arange(400) // 200
train_set, test_set = random_split(TensorDataset(points, labels), [320, 80])
loader = DataLoader(train_set, batch_size=32, shuffle=True)
print(len(train_set), len(test_set), len(loader))

model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2)).double()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.01)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.5)
print(model)
print(optimizer)

for epoch in range(30):
    model.train()
    total = 0.0
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(inputs)
    scheduler.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: loss {total / len(train_set):.4f}, rate {scheduler.get_last_lr()[0]:g}")

model.eval()
with torch.no_grad():
    right = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(test_set, batch_size=40))
print(f"right: {right} of {len(test_set)}")
