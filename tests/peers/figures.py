"""Error rates of a table of scores, by the definitions of the accuracy figures: genuine pairs are of one finger of one
set, impostor pairs of two fingers, across sets too."""
import csv
import math

# The same ten fingers on two sensors.
SAME_FINGERS = {"fvc2000_db2": "fvc2000_db1"}


def read(path):
    """Scores by unordered pair of names, out of `a,b,score` lines."""
    with open(path, newline="") as file:
        rows = [row for row in csv.reader(file) if row and row[0] != "a"]
    return {frozenset(row[:2]): float(row[2]) for row in rows}


def split(scores):
    """Genuine and impostor scores, the latter sorted."""
    genuine, impostor = [], []
    for pair, score in scores.items():
        (a, b), (c, d) = (name.rsplit("_", 1)[0].split("/") for name in pair)
        if (a, b) == (c, d):
            genuine.append(score)
        elif (SAME_FINGERS.get(a, a), b) != (SAME_FINGERS.get(c, c), d):
            impostor.append(score)
    return genuine, sorted(impostor)


def missed(genuine, threshold):
    """How many genuine pairs stay below the threshold."""
    return sum(score < threshold for score in genuine)


def matched(impostor, threshold):
    """How many impostor pairs reach the threshold."""
    return sum(score >= threshold for score in impostor)


def limit(impostor, count):
    """The lowest score that no more than so many impostor pairs are above."""
    return impostor[-1 - count] if count < len(impostor) else -math.inf


def above(limit):
    """The threshold that every score above the limit reaches."""
    return math.nextafter(limit, math.inf)
