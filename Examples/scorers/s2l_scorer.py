#!/usr/bin/env python3
"""Score records so that the best N of all are S2L's choice of N: evenly from the clusters of their losses along a training.

    for checkpoint in ckpt-100 ckpt-200 ckpt-300; do
        grape-score -m $checkpoint --keep-tokens losses.jsonl | jq -c '.grape.losses += [-.grape.score]' > next.jsonl
        mv next.jsonl losses.jsonl
    done
    s2l_scorer.py losses.jsonl | grape-pick --all --limit 10000 > sft.jsonl

Follows Yang et al., "SmallToLarge (S2L)" (arXiv 2403.07384, Algorithm 1). The numbers at --of, one list or several paths,
are a record's trajectory, a point; k-means divides the points into --clusters. For a budget, Algorithm 1 goes through the
clusters from the smallest to the largest, gives each an equal part of what is left, takes the smaller ones whole and
draws from the others. The score is minus a place in an order whose beginnings are the choices for every budget: a
record of each cluster, a second one of each, and so on, larger clusters first. `cluster`, a number from 1 for the
smallest on, goes into grape.metrics.

The clusters depend on all records, and so nothing is written before the input's end. Records wait in a temporary file
(in TMPDIR); memory takes some 130 bytes of each and 8 for each loss. The order of the input does not matter. k-means begins
with k-means++ (Arthur and Vassilvitskii, 2007) and learns from 256 random records for each cluster, as faiss does, or
from all if there are not so many.

Exit status: 0 when all records were scored, 1 when some were left out, 2 when the work could not be done. Needs nothing
but Python.
"""
import argparse
import hashlib
import math
import random
import sys
import tempfile
from array import array

from scoring import BadRecord, Failure, Record, Scoring, main

NAME = "s2l_scorer.py"
# Of k-means.
ROUNDS = 50
LEARNT_FROM = 256


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-k", "--clusters", type=int, default=100, metavar="K", help="default: 100")
    parser.add_argument("--of", action="append", metavar="PATH", help="where losses are, a number or a list of them; may be repeated (default: grape.losses)")
    parser.add_argument("--seed", type=int, default=0, help="of what is random (default: 0)")
    parser.add_argument("files", nargs="*", metavar="FILE", help="records (default: standard input)")
    arguments = parser.parse_args()
    if arguments.clusters < 1:
        parser.error("--clusters: expected a number from 1")
    arguments.of = arguments.of or ["grape.losses"]
    return arguments


def nearest(point, centers):
    """The index of the center nearest to a point, the first of several."""
    distances = [math.dist(point, center) for center in centers]
    return distances.index(min(distances))


def first_centers(points, count, chance):
    """k-means++: points, each drawn in proportion to the square of its distance from those before it; of several draws,
    2 + log(count), the one that leaves the least sum of squares."""
    centers = [chance.choice(points)]
    squares = [math.dist(point, centers[0]) ** 2 for point in points]
    while len(centers) < count and any(squares):
        draws = []
        for drawn in chance.choices(points, squares, k=2 + int(math.log(count))):
            left = [min(square, math.dist(point, drawn) ** 2) for point, square in zip(points, squares)]
            draws.append((math.fsum(left), drawn, left))
        _, drawn, squares = min(draws)
        centers.append(drawn)
    return centers


def k_means(points, count, chance):
    """The centers of clusters of points by Lloyd's algorithm: at most `count`, or as many as there are different points."""
    centers, labels = first_centers(points, count, chance), None
    for _ in range(ROUNDS):
        before, labels = labels, [nearest(point, centers) for point in points]
        if labels == before:
            break
        members = [[] for _ in centers]
        for point, label in zip(points, labels):
            members[label].append(point)
        # A center that has lost all its points stays where it is.
        centers = [
            tuple(math.fsum(values) / len(cluster) for values in zip(*cluster)) if cluster else center
            for cluster, center in zip(members, centers)
        ]
    return centers


def places(clusters):
    """(item, place, number of its cluster from 1) for each item of clusters sorted from the smallest on.

    The first N places have what Algorithm 1 chooses for the budget N, for every N. For it gives all but the smaller
    clusters, taken whole, N' items over K' clusters: rounded down to the smaller and up to the larger of them.
    """
    left = [(number, items) for number, items in enumerate(clusters, 1)]
    turn = place = 0
    while left:
        while left and len(left[0][1]) == turn:
            del left[0]
        for number, items in reversed(left):
            yield items[turn], place, number
            place += 1
        turn += 1


class PoolScoring(Scoring):
    """Records that wait in a file until all of them are known."""

    def __init__(self, arguments):
        super().__init__(NAME, prepare=None, score=None, dropped=())
        self.paths, self.count, self.seed = arguments.of, arguments.clusters, arguments.seed
        try:
            self.pool = tempfile.TemporaryFile()
        except OSError as error:
            raise Failure(f"cannot make a temporary file: {error.strerror}") from None
        self.width = None
        # For each record `width` losses, and a random number that depends on the record alone.
        self.losses, self.draws = array("d"), array("Q")

    def add(self, place, line):
        try:
            record = Record(place, line)
            record.with_grape({}, ())
            trajectory = self.trajectory(record)
        except BadRecord as error:
            self.report(place, error)
            return
        self.losses.extend(trajectory)
        text = f"{self.seed} {trajectory} {record.head}{record.tail}".encode()
        self.draws.append(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big"))
        self.pool.write(place.encode("utf-8", "surrogateescape") + b"\n" + line + b"\n")

    def flush(self):
        """Nothing can be written before the end."""

    def trajectory(self, record):
        losses = []
        for path in self.paths:
            value = record.value(path)
            for loss in value if isinstance(value, list) else [value]:
                if type(loss) not in (int, float) or not -1e100 < loss < 1e100:
                    raise BadRecord(f"no number or list of numbers at {path}")
                losses.append(loss)
        if not losses:
            raise BadRecord("no losses")
        self.width = self.width or len(losses)
        if len(losses) != self.width:
            raise BadRecord(f"{len(losses)} losses, and the records before have {self.width}")
        return losses

    def point(self, index):
        return tuple(self.losses[index * self.width : (index + 1) * self.width])

    def divided(self):
        """Indices of records in a random order that depends on the records alone, divided into clusters."""
        indices = sorted(range(len(self.draws)), key=self.draws.__getitem__)
        sample = [self.point(index) for index in indices[: LEARNT_FROM * self.count]]
        centers = k_means(sample, self.count, random.Random(self.seed))
        clusters = [array("Q") for _ in centers]
        for index in indices:
            clusters[nearest(self.point(index), centers)].append(index)
        return sorted(filter(len, clusters), key=len)

    def finish(self):
        ranks, numbers = array("Q", bytes(8 * len(self.draws))), array("Q", bytes(8 * len(self.draws)))
        for index, place, number in places(self.divided() if self.draws else []):
            ranks[index], numbers[index] = place, number
        name = f"S2L k={self.count} seed={self.seed} of {'+'.join(self.paths)}"
        self.pool.seek(0)
        for rank, number in zip(ranks, numbers):
            place = self.pool.readline()[:-1].decode("utf-8", "surrogateescape")
            record = Record(place, self.pool.readline())
            metrics = record.value("grape.metrics")
            metrics = (metrics if isinstance(metrics, dict) else {}) | {"cluster": number}
            self.write(record, {"score": -rank, "metrics": metrics, "model": name})
        sys.stdout.buffer.flush()


def run():
    arguments = parse_arguments()
    return PoolScoring(arguments).run(arguments.files)


if __name__ == "__main__":
    main(run)
