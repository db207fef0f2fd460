#!/usr/bin/env python3
"""Draws each row of dashboard.json as an SVG, from the data of a Prometheus.

Requires only Python. tests/e2e/prometheus/run.sh runs it with the Prometheus of the test:

    PICTURES=docs/observability tests/e2e/prometheus/run.sh
    docs/observability/draw.py FOLDER http://127.0.0.1:9090 JOB START END   # seconds since 1970
"""

import json
import math
import pathlib
import sys
import urllib.parse
import urllib.request
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT, GAP, TOP = 1200, 236, 8, 34
LEFT, RIGHT, HEAD, FOOT = 54, 12, 30, 58
COLOURS = ["#1f6feb", "#d9730d", "#2da44e", "#cf222e", "#8250df", "#0a7ea4", "#bf8700", "#6e7781", "#e85aad", "#4d2d00"]
NAMED = {"green": "#2da44e", "orange": "#e8912d", "red": "#cf222e", "accepted": "#2da44e", "rejected": "#cf222e",
         "passed": "#6e7781", "seen": "#8250df", "skipped": "#bf8700", "timeout": "#d9730d", "ok": "#2da44e", "error": "#cf222e", "hit": "#2da44e",
         "miss": "#d9730d", "active": "#2da44e", "cached": "#1f6feb"}
RATE_INTERVAL = "10s"


class Source:
    """The data of one job between two times."""

    def __init__(self, url, job, start, end):
        self.url, self.job, self.start, self.end = url, job, int(start), int(end)
        self.step = max(1, (self.end - self.start) // 90)

    def series(self, target):
        """Returns (name, [(seconds since the start, value)]) of each series of a query."""
        query = target["expr"].replace("$__rate_interval", RATE_INTERVAL).replace("$job", self.job)
        parameters = {"query": query, "start": self.start, "end": self.end, "step": self.step}
        with urllib.request.urlopen(f"{self.url}/api/v1/query_range?{urllib.parse.urlencode(parameters)}") as answer:
            result = json.load(answer)["data"]["result"]
        for one in result:
            values = [(time - self.start, float(value)) for time, value in one["values"]]
            values = [(time, value) for time, value in values if math.isfinite(value)]
            if values:
                yield name(target["legendFormat"], one["metric"]), values


def name(legend, labels):
    for label, value in labels.items():
        legend = legend.replace("{{" + label + "}}", value or "none")
    return legend


def text_of(value, unit):
    """Returns a value with its unit, in short."""
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    if unit == "s":
        for size, short in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs")):
            if value >= size:
                return f"{value / size:.3g} {short}"
        return "0"
    if unit == "bytes":
        return f"{value / 1024:.3g} KiB" if value >= 1024 else f"{value:.3g} B"
    return f"{value:.3g}" + ("/s" if unit in ("reqps", "ops") and value else "")


def top_of(highest):
    """Returns a round number that is not below the highest value."""
    if highest <= 0:
        return 1.0
    power = 10 ** math.floor(math.log10(highest))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= highest * 0.999)


def stacked(series):
    """Returns the series, each on top of those before."""
    below, result = {}, []
    for label, values in series:
        points = [(time, below.get(time, 0), below.get(time, 0) + value) for time, value in values]
        below.update({time: high for time, _, high in points})
        result.append((label, points))
    return result


class Panel:
    def __init__(self, panel, source, x, y, width):
        self.panel, self.source = panel, source
        self.x, self.y, self.width = x, y, width
        self.left, self.right = x + LEFT, x + width - RIGHT
        self.top, self.bottom = y + HEAD, y + HEIGHT - FOOT
        self.unit = panel["fieldConfig"]["defaults"]["unit"]
        self.series = [one for target in panel["targets"] for one in source.series(target)]
        self.is_timeline = panel["type"] == "state-timeline"
        shown = [one for one in self.series if self.is_timeline or any(value for _, value in one[1])]
        # Without those that are always zero, unless there is no other.
        self.series = shown or self.series

    def at(self, time, share):
        span = self.source.end - self.source.start
        return self.left + (self.right - self.left) * time / span, self.bottom - (self.bottom - self.top) * share

    def draw(self):
        box = f'<rect x="{self.x}" y="{self.y}" width="{self.width}" height="{HEIGHT}" rx="4" fill="#fff" stroke="#d0d7de"/>'
        title = f'<text x="{self.x + 10}" y="{self.y + 19}" font-weight="bold">{escape(self.panel["title"])}</text>'
        body = self.states() if self.is_timeline else self.lines()
        return [box, title, *self.times(), *body]

    def times(self):
        span = self.source.end - self.source.start
        every = next(seconds for seconds in (30, 60, 120, 300, 600, 3600, 7200) if span / seconds <= 7)
        for time in range(0, span, every):
            x, y = self.at(time, 0)
            yield f'<text x="{x:.0f}" y="{y + 14:.0f}" text-anchor="middle" fill="#57606a">{time // 60}:{time % 60:02}</text>'

    def lines(self):
        defaults = self.panel["fieldConfig"]["defaults"]
        is_stacked = defaults["custom"]["stacking"]["mode"] == "normal"
        series = stacked(self.series) if is_stacked else [
            (label, [(time, 0, value) for time, value in values]) for label, values in self.series]
        highest = max((high for _, points in series for _, _, high in points), default=1)
        top = min(top_of(highest), defaults.get("max", math.inf))
        for part in range(5):
            (x, y), value = self.at(0, part / 4), top * part / 4
            yield f'<line x1="{x:.0f}" y1="{y:.1f}" x2="{self.right}" y2="{y:.1f}" stroke="#eaeef2"/>'
            yield f'<text x="{x - 5:.0f}" y="{y + 4:.1f}" text-anchor="end" fill="#57606a">{text_of(value, self.unit)}</text>'
        for index, (label, points) in enumerate(series):
            colour = self.colour(index, label)
            for run in runs(points) if is_stacked else [points]:
                high = straight([self.at(time, value / top) for time, _, value in run])
                if is_stacked:
                    low = straight([self.at(time, value / top) for time, value, _ in reversed(run)])
                    yield f'<path d="{path(high + low)}" fill="{colour}" fill-opacity="0.25"/>'
                yield f'<path d="{path(high)}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield from self.legend([(self.colour(index, label), label) for index, (label, _) in enumerate(series)])

    def states(self):
        texts = self.panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
        height = (self.bottom - self.top) / max(len(self.series), 1)
        for row, (label, values) in enumerate(self.series):
            y = self.top + row * height
            starts = [0, *(index for index in range(1, len(values)) if values[index][1] != values[index - 1][1])]
            for start, following in zip(starts, [*starts[1:], len(values)]):
                (time, value), (last, _) = values[start], values[following - 1]
                state = texts[str(int(value))]
                x, _ = self.at(time, 0)
                end, _ = self.at(min(last + self.source.step, self.source.end - self.source.start), 0)
                yield f'<rect x="{x:.1f}" y="{y + 18:.1f}" width="{end - x + 0.3:.1f}" height="{height - 24:.1f}" fill="{NAMED[state["color"]]}"/>'
            yield f'<text x="{self.left}" y="{y + 13:.1f}" fill="#57606a">{escape(label)}</text>'
        shown = {state["text"]: NAMED[state["color"]] for state in texts.values()}
        yield from self.legend([(colour, label) for label, colour in shown.items()])

    def colour(self, index, label):
        return NAMED.get(label.split(": ")[-1], COLOURS[index % len(COLOURS)])

    def legend(self, entries):
        x, y = self.x + 12, self.y + HEIGHT - 31
        for colour, label in entries:
            length = 18 + 6.1 * len(label)
            if x + length > self.x + self.width and x > self.x + 12:
                x, y = self.x + 12, y + 12
            if y > self.y + HEIGHT - 4:
                return
            yield f'<rect x="{x:.0f}" y="{y - 8}" width="9" height="9" fill="{colour}"/>'
            yield f'<text x="{x + 13:.0f}" y="{y}" font-size="11">{escape(label)}</text>'
            x += length


def runs(points):
    """Splits a stacked series where it is zero, since its line would hide that of the one below."""
    run = []
    for point in points:
        if point[2] > point[1]:
            run.append(point)
        elif run:
            yield [*run, point]
            run = []
    if run:
        yield run


def straight(points):
    """Leaves out points between two others at the same height."""
    inner = zip(points, points[1:], points[2:])
    kept = [point for before, point, after in inner if not abs(before[1] - point[1]) + abs(point[1] - after[1]) < 0.1]
    return points if len(points) < 3 else [points[0], *kept, points[-1]]


def path(points):
    return "M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def rows():
    """Returns (title, panels) of each row of the dashboard."""
    title, panels = None, []
    for panel in json.loads((HERE / "dashboard.json").read_text(encoding="utf-8"))["panels"]:
        if panel["type"] == "row":
            if title:
                yield title, panels
            title, panels = panel["title"], []
        else:
            panels.append(panel)
    yield title, panels


def draw(title, panels, source):
    lines = sorted({panel["gridPos"]["y"] for panel in panels})
    height = TOP + len(lines) * (HEIGHT + GAP)
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" font-size="11">',
           f"<title>{escape(title)}</title>", f'<rect width="{WIDTH}" height="{height}" fill="#f6f8fa"/>',
           f'<text x="8" y="22" font-size="15" font-weight="bold">{escape(title)}</text>']
    for panel in panels:
        grid = panel["gridPos"]
        x, y = WIDTH * grid["x"] / 24 + GAP / 2, TOP + lines.index(grid["y"]) * (HEIGHT + GAP)
        svg += Panel(panel, source, x, y, WIDTH * grid["w"] / 24 - GAP).draw()
    return "\n".join([*svg, "</svg>"]) + "\n"


if __name__ == "__main__":
    folder, *data = sys.argv[1:]
    for row, members in rows():
        file = row.lower().replace(" ", "-") + ".svg"
        (pathlib.Path(folder) / file).write_text(draw(row, members, Source(*data)), encoding="utf-8")
