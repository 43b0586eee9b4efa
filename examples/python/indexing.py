"""Tensors as arrays: einsum, indexing, views, broadcasting, reductions, and how they print."""

import torch

a = torch.arange(24).reshape(2, 3, 4)
print(a)
print(a[:, 1], a[..., -1], a[0, 1:, ::2], sep="\n")
print(a[a % 5 == 0], a[[0, 1], [2, 0]], a[:, None].shape)
a[0, :, 1] = -1
a[1][a[1] > 20] = 0
print(a.sum((0, 2)), a.float().mean(-1), a.max(dim=1))

x, y = torch.linspace(0, 1, 6, dtype=torch.float64).view(2, 3), torch.tensor([[1.0], [10.0]], dtype=torch.float64)
print(torch.einsum("ij,kj->ik", x, x), torch.einsum("ii", torch.eye(3)), x * y, x @ x.T, sep="\n")
print(torch.cat([x, y], dim=1).t(), torch.stack([x, x]).shape, x.permute(1, 0).is_contiguous())
print(torch.where(x > 0.5, x, -x), x.clamp(0.2, 0.7), torch.sort(x.flatten(), descending=True), sep="\n")
print(torch.topk(torch.tensor([3, 1, 4, 1, 5]), 2), torch.tensor([True, False]).any(), torch.tensor(2.5))
print(torch.zeros(0), torch.zeros(2, 0), torch.tensor([1e-8, 1.0, 1e8]), torch.tensor([float("nan"), float("inf")]))
print(torch.arange(3000.0), torch.ones(2, dtype=torch.bfloat16), torch.tensor([1, 2], dtype=torch.int8))
print(torch.ones(2, requires_grad=True) * 3, torch.randn(2, 3).shape, torch.Size([1, 2]), torch.float32)
print(a.numpy().shape, a.tolist()[0][0], a.dtype, a.device, len(a), a.ndim, 5 in a)
scattered = torch.zeros(3, 5).scatter_(0, torch.tensor([[0, 1, 2, 0, 0]]), torch.arange(1.0, 6).unsqueeze(0))
print(scattered, scattered.gather(1, torch.tensor([[0], [1], [2]])).squeeze(), sep="\n")
for mistake in (lambda: x @ y.T, lambda: a[2], lambda: x + torch.ones(5), lambda: x.view(7), lambda: bool(x)):
    try:
        mistake()
    except (RuntimeError, IndexError) as error:
        print(type(error).__name__, error)
