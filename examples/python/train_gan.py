"""A generative adversarial network learns a distribution of one number; two optimizers, ReLU in the generator."""

import torch
import torch.nn as nn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)

generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(True), nn.Linear(16, 1))
discriminator = nn.Sequential(nn.Linear(1, 16), nn.LeakyReLU(0.2, inplace=True), nn.Linear(16, 1), nn.Sigmoid())


def init(module):
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)


generator.apply(init)
discriminator.apply(init)
criterion = nn.BCELoss()
g_optimizer = torch.optim.Adam(generator.parameters(), lr=0.005, betas=(0.5, 0.999))
d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=0.005, betas=(0.5, 0.999))

for step in range(300):
    real = 3 + 0.5 * torch.randn(64, 1)
    noise = torch.randn(64, 4)
    fake = generator(noise)

    d_optimizer.zero_grad()
    d_loss = criterion(discriminator(real), torch.ones(64, 1)) + criterion(discriminator(fake.detach()), torch.zeros(64, 1))
    d_loss.backward()
    d_optimizer.step()

    g_optimizer.zero_grad()
    g_loss = criterion(discriminator(fake), torch.ones_like(real))
    g_loss.backward()
    g_optimizer.step()
    if step % 100 == 99:
        print(f"[{step + 1}/300] loss_D {d_loss.item():.3f} loss_G {g_loss.item():.3f}")

samples = generator(torch.randn(1000, 4))
print(f"mean {samples.mean().item():.2f}, deviation {samples.std().item():.2f}")
