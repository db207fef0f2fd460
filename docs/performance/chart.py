#!/usr/bin/env python3
"""Draws layers.svg and servers.svg from table.tsv and server.tsv, which benches/rivals writes.

Requires only Python.

    python3 docs/performance/chart.py
"""

import csv
import pathlib
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).parent
WIDTH, LABELS, BAR, GAP, TOP = 760, 330, 18, 8, 44
OURS, OTHERS, REFERENCE = "#1f6feb", "#8b949e", "#57606a"


def rows(name):
    with open(HERE / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def chart(title, bars, unit):
    """Returns an SVG with a horizontal bar for each (label, value, colour)."""
    height = TOP + len(bars) * (BAR + GAP) + 12
    scale = (WIDTH - LABELS - 70) / max(value for _, value, _ in bars)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="26" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for place, (label, value, colour) in enumerate(bars):
        y = TOP + place * (BAR + GAP)
        length = max(value * scale, 1)
        lines += [
            f'<text x="{LABELS - 8}" y="{y + 13}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{LABELS}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>',
            f'<text x="{LABELS + length + 6:.1f}" y="{y + 13}">{value:.2f}{unit}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def colour(name):
    if name.startswith("tower-jwt-auth") or name in ("cached", "verify"):
        return OURS
    return REFERENCE if name in ("none", "floor", "bare check", "no layer") else OTHERS


def layers():
    wanted = [row for row in rows("table.tsv") if row["algorithm"] == "RS256" and row["ratio"]]
    label = lambda row: " ".join(part for part in (row["name"], row["version"]) if part)
    # Without ratios from 3 on: next to the pure-Rust ones, the other bars would look the same.
    bars = [(label(row), float(row["ratio"]), colour(row["name"])) for row in wanted if float(row["ratio"]) < 3]
    return chart("RS256 through a layer, as a multiple of the bare signature check", bars, " ×")


def servers():
    names = {"none": "no authentication", "floor": "reads a header, inserts an Arc",
             "cached": "tower-jwt-auth, cached", "verify": "tower-jwt-auth, verify"}
    bars = [(names.get(row["mode"], row["mode"]), 100 * float(row["of_none"]), colour(row["mode"])) for row in rows("server.tsv")]
    return chart("Requests a second of a whole server, RS256, share of no authentication", bars, " %")


if __name__ == "__main__":
    (HERE / "layers.svg").write_text(layers(), encoding="utf-8")
    (HERE / "servers.svg").write_text(servers(), encoding="utf-8")
