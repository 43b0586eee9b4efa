"""Orders and batches of loaders, the same by Relume (the tests) and by PyTorch (make_training_goldens.py)."""


def loader_orders(torch):
    """{what: numbers} after manual_seed(3) each."""
    data = torch.utils.data
    numbers = data.TensorDataset(torch.arange(23))

    def epochs(loader, count=2):
        return [[batch[0].tolist() for batch in loader] for _ in range(count)]

    def own_generator():
        generator = torch.Generator().manual_seed(7)
        loader = data.DataLoader(numbers, batch_size=4, shuffle=True, generator=generator, drop_last=True)
        return [epochs(loader), torch.rand(2).tolist(), torch.rand(2, generator=generator).tolist()]

    def samplers():
        generator = torch.Generator().manual_seed(2)
        return [
            list(data.RandomSampler(range(10), replacement=True, num_samples=70)),
            list(data.RandomSampler(range(10), num_samples=25)),
            list(data.RandomSampler(range(10), num_samples=20, generator=generator)),
            torch.rand(1, generator=generator).tolist(),
            list(data.SubsetRandomSampler([4, 5, 9, 2])),
            list(data.WeightedRandomSampler([0.1, 0.2, 3, 0.4], 12)),
            list(data.WeightedRandomSampler([0.1, 0.2, 3, 0.4], 3, replacement=False)),
            list(data.DistributedSampler(range(11), 3, 1, seed=5)),
        ]

    def splits():
        parts = data.random_split(range(21), [10, 5, 6])
        parts += data.random_split(range(11), [0.3, 0.7], generator=torch.Generator().manual_seed(3))
        return [list(part) for part in parts]

    cases = {
        "shuffled": lambda: [epochs(data.DataLoader(numbers, batch_size=5, shuffle=True)), torch.rand(3).tolist()],
        "own generator": own_generator,
        "samplers": samplers,
        "splits": splits,
        "workers": lambda: epochs(data.DataLoader(numbers, batch_size=5, shuffle=True, num_workers=2)),
        "persistent workers": lambda: epochs(
            data.DataLoader(numbers, batch_size=5, shuffle=True, num_workers=2, persistent_workers=True), 3
        ),
        "noise of workers": lambda: epochs(data.DataLoader(_Noise(torch), batch_size=3, num_workers=2)),
    }
    results = {}
    for name, case in cases.items():
        torch.manual_seed(3)
        results[name] = case()
    return results


class _Noise:
    """Samples of the worker's own random numbers."""

    def __init__(self, torch):
        self.torch = torch

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return [self.torch.rand(2), index]
