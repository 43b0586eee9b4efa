"""A convolutional network with batch norm and dropout learns to tell bars from boxes; SGD with momentum."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, 1)
        self.norm = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, 3, 1)
        self.dropout = nn.Dropout(0.25)
        self.fc1 = nn.Linear(400, 32)
        self.fc2 = nn.Linear(32, 3)

    def forward(self, x):
        x = F.relu(self.norm(self.conv1(x)))
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2)
        x = torch.flatten(x, 1)
        x = self.dropout(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)


def images(count):
    data = 0.3 * torch.rand(count, 1, 14, 14)
    target = torch.randint(0, 3, (count,))
    places = torch.randint(2, 8, (count, 2)).tolist()
    for i, ((row, column), kind) in enumerate(zip(places, target.tolist())):
        height, width = [(6, 2), (2, 6), (4, 4)][kind]
        data[i, 0, row : row + height, column : column + width] = 1.0
    return data, target


def train(model, device, data, target, optimizer, epoch):
    model.train()
    for start in range(0, len(data), 32):
        batch, wanted = data[start : start + 32].to(device), target[start : start + 32].to(device)
        optimizer.zero_grad()
        loss = F.nll_loss(model(batch), wanted)
        loss.backward()
        optimizer.step()
    print(f"Train Epoch: {epoch}\tLoss: {loss.item():.1f}")


@torch.no_grad()
def test(model, device, data, target):
    model.eval()
    output = model(data.to(device))
    correct = output.argmax(dim=1, keepdim=True).eq(target.to(device).view_as(output[:, :1])).sum().item()
    print(f"Test set: accuracy {correct}/{len(data)} ({100.0 * correct / len(data):.0f}%)")


torch.manual_seed(1)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = Net().to(device)
print(model)
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
train_images, test_images = images(256), images(64)
for epoch in range(1, 5):
    train(model, device, *train_images, optimizer, epoch)
test(model, device, *test_images)
