"""Modules in notebooks: the tree of HTML."""

from relume import nn


def test_the_tree_counts_parameters_and_escapes():
    features = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    net = nn.Sequential(features, nn.Linear(8 * 4 * 4, 10), nn.Threshold(0.1, 2))
    net[1].bias.requires_grad_(False)
    net[2].extra_repr = lambda: "<b>"
    text = net._repr_html_()
    assert text.count("<details") == text.count("</details>") == 2
    assert "1,370 parameters, 10 frozen" in text and "<b>2</b>: Threshold(&lt;b&gt;)" in text
