"""Draws docs/fmr-curve.svg: the false match rate that scores state, beside what a run measured.

    cargo xtask accuracy --out scores.csv
    python3 tests/peers/fmr_curve.py scores.csv > docs/fmr-curve.svg
"""

import math
import sys

# Frame of the plot, in units of the picture: left, top, right, bottom.
LEFT, TOP, RIGHT, BOTTOM = 70, 20, 700, 380
# Highest score and lowest rate (10^-8) that the axes reach.
SCORES, DECADES = 800, 8
# What a score states is measured up to here; beyond, it is extrapolated.
MEASURED = 400
# Score that the shipped policy needs for a hit in a roll of 5,000.
NEEDED = 670


def finger(name):
    return name.rsplit("_", 1)[0]


def impostors(path):
    scores = []
    with open(path) as lines:
        for line in lines:
            a, b, score = line.strip().split(",")
            if finger(a) != finger(b):
                scores.append(int(score))
    return sorted(scores)


def x(score):
    return LEFT + (RIGHT - LEFT) * score / SCORES


def y(rate):
    return TOP + (BOTTOM - TOP) * min(-math.log10(rate), DECADES) / DECADES


def line(points, style):
    return f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}" fill="none" {style}/>'


def text(a, b, words, style=""):
    return f'<text x="{a:.1f}" y="{b:.1f}" {style}>{words}</text>'


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    scores = impostors(sys.argv[1])
    if not scores:
        sys.exit(f"{sys.argv[1]} has no pair of two fingers; write it with cargo xtask accuracy --out")
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 440" font-family="sans-serif" font-size="12">',
        '<rect width="720" height="440" fill="white"/>',
    ]
    grid = 'stroke="#ddd"'
    for score in range(0, SCORES + 1, 100):
        parts.append(line([(x(score), TOP), (x(score), BOTTOM)], grid))
        parts.append(text(x(score), BOTTOM + 16, score, 'text-anchor="middle"'))
    for decade in range(DECADES + 1):
        at = y(10.0**-decade)
        parts.append(line([(LEFT, at), (RIGHT, at)], grid))
        parts.append(text(LEFT - 8, at + 4, f"1e-{decade}" if decade else "1", 'text-anchor="end"'))
    parts.append(text((LEFT + RIGHT) / 2, BOTTOM + 36, "score", 'text-anchor="middle"'))
    stated = lambda score: (x(score), y(10 ** (-score / 100)))
    parts.append(line([stated(0), stated(MEASURED)], 'stroke="#06c" stroke-width="2"'))
    parts.append(line([stated(MEASURED), stated(SCORES)], 'stroke="#06c" stroke-width="2" stroke-dasharray="6 5"'))
    measured = []
    for number, score in enumerate(scores):
        reached = (len(scores) - number) / len(scores)
        if not measured or x(score) - measured[-1][0] >= 1 or number == len(scores) - 1:
            measured.append((x(score), y(reached)))
    parts.append(line(measured, 'stroke="#c30" stroke-width="2"'))
    bound = 3 / len(scores)
    parts.append(line([(LEFT, y(bound)), (RIGHT, y(bound))], 'stroke="#555" stroke-dasharray="2 4"'))
    parts.append(line([(x(NEEDED), TOP), (x(NEEDED), BOTTOM)], 'stroke="#080" stroke-dasharray="6 3"'))
    words = [
        (x(16), y(10**-3.5), f"measured: {len(scores):,} pairs of two fingers", "#c30"),
        (x(180), y(10**-1.4), "stated", "#06c"),
        (x(305), y(10**-6.2), "stated, extrapolated: no set reaches it", "#06c"),
        (LEFT + 6, y(bound) - 5, "what so many pairs can show at best (rule of three)", "#555"),
        (x(NEEDED) - 6, y(10**-7.6), f"needed for a hit among 5,000 voters: {NEEDED}", "#080"),
    ]
    for a, b, said, colour in words:
        end = 'text-anchor="end" ' if colour == "#080" else ""
        parts.append(text(a, b, said, f'{end}fill="{colour}"'))
    print("\n".join(parts + ["</svg>"]))


main()
