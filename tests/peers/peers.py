"""The matcher beside NBIS on the same pairs of finger images.

Every pair of DIR/<set>/<finger>_<impression>.png|.tif|.bmp is compared by NBIS (see nbis.py), and its misses and false
matches at its own threshold are counted. With the scores of another matcher, that one's at the same false match rate.
"""
import argparse
import sys
import time
from pathlib import Path

import figures

SUFFIXES = {".png", ".tif", ".tiff", ".bmp"}
# NBIS's threshold in libfprint.
THRESHOLD = 40
RATES = (1e-2, 1e-3, 1e-4)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--sets", metavar="DIR", type=Path, help="the images")
    source.add_argument("--nbis", metavar="NBIS.csv", help="NBIS's scores of a former run, in place of images")
    parser.add_argument("--scores", metavar="SCORES.csv", help="`a,b,score` lines of the other matcher")
    parser.add_argument("--out", metavar="NBIS.csv", help="where NBIS's scores go")
    return parser.parse_args()


def pictures(root):
    """By name, `set/finger_impression`."""
    from PIL import Image

    files = sorted(path for path in root.glob("*/*_*") if path.suffix.lower() in SUFFIXES)
    if len(files) < 2:
        sys.exit(f"{root} has no two images <set>/<finger>_<impression>.png")
    return {f"{path.parent.name}/{path.stem}": Image.open(path).convert("L") for path in files}


def measure(root):
    """NBIS's scores."""
    import nbis

    begun = time.monotonic()

    def tell(done, of):
        if done % 32 == 0 or done == of:
            print(f"  {done} of {of} images, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)

    scores, seen = nbis.compare_all(pictures(root), tell)
    if seen["threshold"] != THRESHOLD:
        sys.exit(f"this libfprint decides at {seen['threshold']}, not at {THRESHOLD}")
    extraction, comparison = seen["extraction ms"], seen["comparison ms"]
    print(f"NBIS finds no minutiae in {seen['without minutiae']} images; a verification takes it "
          f"{extraction + comparison:.1f} ms of processor time: {extraction:.1f} ms extraction, "
          f"{comparison:.2f} ms comparison")
    return scores


def write(scores, path):
    with open(path, "w") as file:
        file.writelines(f"{a},{b},{score}\n" for (a, b), score in scores.items())


def share(count, of):
    return f"{100 * count / of:.2f} % ({count} of {of})"


def row(name, scores, threshold, words):
    genuine, impostor = scores
    misses = share(figures.missed(genuine, threshold), len(genuine))
    matches = figures.matched(impostor, threshold)
    print(f"| {name} | {words} | {matches / len(impostor):.1e} ({matches} of {len(impostor)}) | {misses} |")


def row_at(name, scores, count):
    """At the false match rate that so many impostor pairs make."""
    limit = figures.limit(scores[1], count)
    row(name, scores, figures.above(limit), f"> {limit:.6g}")


def main():
    asked = arguments()
    if asked.nbis:
        scores = figures.read(asked.nbis)
    else:
        measured = measure(asked.sets)
        if asked.out:
            write(measured, asked.out)
        scores = {frozenset(pair): score for pair, score in measured.items()}
    peers = {"NBIS": figures.split(scores)}
    if asked.scores:
        ours = figures.read(asked.scores)
        if ours.keys() != scores.keys():
            sys.exit(f"{asked.scores} has other pairs of images than NBIS compared: {len(ours)} and {len(scores)}")
        peers["ours"] = figures.split(ours)
    genuine, impostor = peers["NBIS"]
    if not genuine or not impostor:
        sys.exit("the images have no pair of one finger, or none of two")
    print("| matcher | threshold | FMR | FNMR |")
    print("|---|---|---|---|")
    count = figures.matched(impostor, THRESHOLD)
    row("NBIS at its own threshold", peers["NBIS"], THRESHOLD, f">= {THRESHOLD}")
    if asked.scores:
        row_at("ours at the same FMR", peers["ours"], count)
    for rate in RATES:
        for name, split in peers.items():
            row_at(f"{name} at FMR {rate:g}", split, int(rate * len(impostor)))


main()
