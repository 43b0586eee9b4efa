"""The feed-forward block of a Transformer, with a residual connection and layer norm, learns to reverse vectors."""

import math

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_


class FeedForward(nn.Module):
    def __init__(self, width, hidden, dropout=0.0):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)
        self.act = nn.GELU()
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        return x + self.drop(self.down(self.act(self.up(self.norm(x)))))


torch.manual_seed(0)
model = nn.Sequential(*[FeedForward(8, 32) for _ in range(2)], nn.LayerNorm(8), nn.Linear(8, 8)).double()
print(model)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5 * (1 + math.cos(math.pi * step / 200)))

for step in range(200):
    x = torch.randn(16, 5, 8, dtype=torch.float64)
    loss = nn.functional.mse_loss(model(x), x.flip(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    scheduler.step()
    if step % 50 == 0:
        print(f"step {step}: loss {loss.item():.4f}, gradient norm {norm.item():.3f}")
print(f"last loss {loss.item():.3f}, state of {len(optimizer.state_dict()['state'])} parameters")
