"""Grey images as text: half blocks in colours on a terminal, characters that grow darker elsewhere."""

_RAMP = " .:-=+*#%@"
_GAP = "  "


def _cell(upper, lower, colours):
    """Two pixels, one above the other."""
    if colours:
        return f"\x1b[38;2;{upper};{upper};{upper}m\x1b[48;2;{lower};{lower};{lower}m\u2580"
    return _RAMP[(upper + lower) * (len(_RAMP) - 1) // 510]


def _lines(image, colours):
    """The lines of an image, a list of rows of bytes; two rows make a line."""
    rows = image + [[0] * len(image[0])] * (len(image) % 2)
    end = "\x1b[0m" if colours else ""
    return [
        "".join(_cell(*pair, colours) for pair in zip(upper, lower)) + end for upper, lower in zip(rows[::2], rows[1::2])
    ]


def draw(pictures, columns, colours):
    """Pictures beside each other, as many as fit into the columns (one at least), and lines of caption below each:
    [(image, [caption, ...]), ...], an image a tensor of bytes [H, W]."""
    shown, used = [], -len(_GAP)
    for image, caption in pictures:
        width = image.shape[1]
        used += width + len(_GAP)
        if shown and used > columns:
            break
        shown.append((_lines(image.tolist(), colours), [text[:width].ljust(width) for text in caption], " " * width))
    text = []
    for line in range(max(len(lines) for lines, _, _ in shown)):
        text.append(_GAP.join(lines[line] if line < len(lines) else blank for lines, _, blank in shown))
    for line in range(max(len(caption) for _, caption, _ in shown)):
        text.append(_GAP.join(caption[line] if line < len(caption) else blank for _, caption, blank in shown))
    return "\n".join(line.rstrip() for line in text)
