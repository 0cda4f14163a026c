"""Charts and boxes as SVG: a few shapes, written by hand, that any browser draws without a script."""

import math
from html import escape

INK, GREY, LIGHT, PAPER = "#212529", "#868e96", "#dee2e6", "#ffffff"
BLUE, GREEN, ORANGE, RED, VIOLET = "#1971c2", "#2f9e44", "#e8590c", "#c92a2a", "#6741d9"
PALETTE = ["#1971c2", "#e8590c", "#2f9e44", "#6741d9", "#c2255c", "#0c8599", "#f08c00", "#5c940d", "#495057"]
FONT = "font-family:system-ui,'DejaVu Sans',Helvetica,Arial,sans-serif"


def svg(width, height, parts, title):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
            f'style="max-width:100%;height:auto;background:{PAPER};{FONT}"><title>{escape(title)}</title>{"".join(parts)}</svg>')


def rect(x, y, width, height, fill, stroke="none", radius=3, title=None):
    inside = f"<title>{escape(title)}</title>" if title else ""
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" rx="{radius}" fill="{fill}" '
            f'stroke="{stroke}">{inside}</rect>')


def text(x, y, words, size=12, fill=INK, anchor="start", weight="normal", turn=None):
    rotate = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn is not None else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}" font-weight="{weight}"{rotate}>'
            f"{escape(str(words))}</text>")


def line(x1, y1, x2, y2, stroke=LIGHT, width=1, dash=None):
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" stroke-width="{width}"{dashes}/>'


def width_of(words, size=12):
    """A safe guess of how wide a text is drawn."""
    return 0.62 * size * len(str(words))


def short(value):
    """A number for people: four digits."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if math.isnan(value):
        return "–"
    if isinstance(value, int) and abs(value) < 10**12:
        return f"{value:,}"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4g}" if 1e-3 <= abs(value) < 1e6 else f"{value:.3e}"


class Scale:
    """From values to places, linear or logarithmic, with round ticks."""

    def __init__(self, values, low, high, log=False):
        self.log = log and min(values) > 0
        values = [self._forward(value) for value in values]
        first, last = min(values), max(values)
        margin = 0.06 * (last - first) or 0.05 * abs(first) or 1.0
        self.first, self.last, self.low, self.high = first - margin, last + margin, low, high

    def _forward(self, value):
        return math.log10(value) if self.log else value

    def __call__(self, value):
        return self.low + (self._forward(value) - self.first) / (self.last - self.first) * (self.high - self.low)

    def ticks(self, count=5):
        if self.log and self.last - self.first > 0.7:
            step = max(1, math.ceil((self.last - self.first) / count))
            factors = (1, 2, 5) if self.last - self.first < 2.5 else (1,)
            ticks = [factor * 10.0 ** e for e in range(math.floor(self.first), math.floor(self.last) + 1, step) for factor in factors]
            return [tick for tick in ticks if self.first <= math.log10(tick) <= self.last]
        first, last = (10.0 ** self.first, 10.0 ** self.last) if self.log else (self.first, self.last)
        raw = (last - first) / count
        step = 10.0 ** math.floor(math.log10(raw))
        step *= next((factor for factor in (1, 2, 5, 10) if factor * step >= raw), 10)
        start = math.ceil(first / step)
        return [i * step for i in range(start, math.floor(last / step) + 1)]


def chart(points, *, x, y, title, steps=(), rules=(), log_x=False, log_y=False, width=560, height=300, legend=()):
    """Points (x, y, colour, words) with a step line, and rules (value, words, colour) across; axes are named `x` and `y`."""
    left, right, top, bottom = 92, width - 16, 30, height - 46
    finite = [p for p in points if all(isinstance(v, (int, float)) and math.isfinite(v) for v in p[:2])]
    if not finite:
        return svg(width, 60, [text(14, 34, "nothing to draw yet", 13, GREY)], title)
    horizontal = Scale([p[0] for p in finite], left, right, log_x)
    vertical = Scale([p[1] for p in finite] + [value for value, *_ in rules], bottom, top, log_y)
    parts = [text(left, 18, title, 13, INK, weight="600")]
    for value in vertical.ticks():
        parts += [line(left, vertical(value), right, vertical(value)), text(left - 6, vertical(value) + 4, short(value), 11, GREY, "end")]
    for value in horizontal.ticks():
        parts += [line(horizontal(value), bottom, horizontal(value), bottom + 4, GREY),
                  text(horizontal(value), bottom + 17, short(value), 11, GREY, "middle")]
    parts += [line(left, bottom, right, bottom, GREY), text((left + right) / 2, height - 10, x, 12, INK, "middle"),
              text(14, (top + bottom) / 2, y, 12, INK, "middle", turn=-90)]
    for value, words, colour in rules:
        parts += [line(left, vertical(value), right, vertical(value), colour, 1.2, "5 4"), text(right, vertical(value) - 4, words, 11, colour, "end")]
    if len(steps) > 1:
        path = f"M {horizontal(steps[0][0]):.1f} {vertical(steps[0][1]):.1f}"
        for at, value in steps[1:]:
            path += f" H {horizontal(at):.1f} V {vertical(value):.1f}"
        parts.append(f'<path d="{path}" fill="none" stroke="{BLUE}" stroke-width="1.6"/>')
    for at, value, colour, words in finite:
        parts.append(f'<circle cx="{horizontal(at):.1f}" cy="{vertical(value):.1f}" r="3.6" fill="{colour}" fill-opacity="0.8">'
                     f"<title>{escape(words)}</title></circle>")
    place = right
    for colour, words in reversed(legend):
        place -= width_of(words, 11) + 20
        parts += [f'<circle cx="{place + 6:.1f}" cy="14" r="4" fill="{colour}"/>', text(place + 14, 18, words, 11, GREY)]
    return svg(width, height, parts, title)


def bars(rows, *, title, unit="", width=560):
    """Horizontal bars (name, value, colour)."""
    rows = [row for row in rows if row[1]]
    if not rows:
        return ""
    largest = max(value for _, value, _ in rows)
    label = min(190, max(width_of(name) for name, _, _ in rows)) + 12
    parts = [text(0, 16, title, 13, INK, weight="600")]
    for i, (name, value, colour) in enumerate(rows):
        at = 28 + 22 * i
        reach = (width - label - 150) * value / largest
        parts += [text(label - 8, at + 12, name, 12, INK, "end"), rect(label, at, max(reach, 1), 16, colour, radius=2),
                  text(label + max(reach, 1) + 6, at + 12, f"{short(value)} {unit}".strip(), 11, GREY)]
    return svg(width, 34 + 22 * len(rows), parts, title)
