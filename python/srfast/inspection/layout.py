"""Where the boxes and the lines of a drawn graph go: in layers from top to bottom, with few crossings.

The method of Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures",
IEEE Trans. SMC 11 (1981): layers by the longest path, lines that pass a layer get a place in it, orders by
barycentres. The places along a layer are then those that bring each box closest to its neighbours, as least
squares with the order kept (pool adjacent violators).
"""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Sequence

LAYER_GAP = 34.0
"""Between the bottom of a layer and the top of the next."""
BOX_GAP = 22.0
"""Between two boxes side by side."""
_LANE = 14.0  # the width that a passing line takes
_ORDER_SWEEPS = 8
_PLACE_SWEEPS = 24
# More places of passing lines than this are not worth their time: longer lines then go straight.
_MOST_PASSES = 60_000

Point = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Drawing:
    """A drawn graph; x to the right and y downwards, in pixels, from 0.

    Attributes:
        width: Of the whole.
        height: Of the whole.
        boxes: The upper left corner of each box.
        lines: For each edge, the points that it goes through, from box to box. Between an even point and the
            next it runs from layer to layer, otherwise straight down through one.
    """

    width: float
    height: float
    boxes: tuple[Point, ...]
    lines: tuple[tuple[Point, ...], ...]


def draw(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Drawing:
    """Places boxes and lines.

    Args:
        sizes: Width and height of each box.
        edges: Pairs of boxes (from, to), by their place in `sizes`. Lines that leave the same box run
            together for as long as they can. Cycles are drawn, if not beautifully.

    Returns:
        The places. Equal arguments give equal drawings.
    """
    if not sizes:
        return Drawing(0, 0, (), ())
    ranks = _ranks(len(sizes), edges)
    graph = _Layers(sizes, edges, ranks)
    graph.order()
    graph.place()
    return graph.drawing()


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """A layer for each box: behind all that it reads, where there is no cycle."""
    after: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for source, target in edges:
        if source != target:
            after[source].append(target)
            missing[target] += 1
    sources = [box for box in range(count) if not missing[box]]
    ready, ranks, done = list(sources), [0] * count, [False] * count
    order: list[int] = []
    left = iter(range(count))
    while len(order) < count:
        if not ready:  # a cycle: begin somewhere
            box = next(box for box in left if not done[box])
            ready.append(box)
        box = ready.pop()
        if done[box]:
            continue
        done[box] = True
        order.append(box)
        for target in after[box]:
            if not done[target]:
                ranks[target] = max(ranks[target], ranks[box] + 1)
                missing[target] -= 1
                if not missing[target]:
                    ready.append(target)
    # What reads nothing stands right before what reads it.
    for box in sources:
        behind = [ranks[target] for target in after[box] if ranks[target] > ranks[box]]
        if behind:
            ranks[box] = min(behind) - 1
    first = min(ranks)
    return [rank - first for rank in ranks]


class _Layers:
    """Boxes, and the places of passing lines, in layers. A place is a number; boxes have the first ones."""

    def __init__(
        self, sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]], ranks: list[int]
    ) -> None:
        self._sizes, self._edges, self._ranks = sizes, edges, list(ranks)
        self._widths = [width for width, _ in sizes]
        self._above: list[list[int]] = [[] for _ in sizes]
        self._below: list[list[int]] = [[] for _ in sizes]
        self._routes: list[list[int]] = []
        lanes: dict[tuple[int, int], int] = {}  # by the box that a line leaves and the layer that it passes
        passes = sum(max(0, ranks[target] - ranks[source] - 1) for source, target in set(edges))
        longest = len(ranks) if passes <= _MOST_PASSES else 2
        for source, target in edges:
            route = [source]
            if 0 < ranks[target] - ranks[source] <= longest:
                for rank in range(ranks[source] + 1, ranks[target]):
                    if (source, rank) not in lanes:
                        lanes[source, rank] = self._new_place(rank)
                    self._join(route[-1], lanes[source, rank])
                    route.append(lanes[source, rank])
                self._join(route[-1], target)
            self._routes.append([*route, target])
        self._layers: list[list[int]] = [[] for _ in range(max(self._ranks) + 1)]
        for place, rank in enumerate(self._ranks):
            self._layers[rank].append(place)
        self._x = [0.0] * len(self._ranks)

    def order(self) -> None:
        """Orders each layer so that few lines cross."""
        best, fewest = self._layers, self._crossings()
        for sweep in range(_ORDER_SWEEPS):
            if not fewest:
                break
            down = sweep % 2 == 0
            layers = self._layers if down else self._layers[::-1]
            near = self._above if down else self._below
            ordered = [list(layers[0])]
            for layer in layers[1:]:
                at = {place: index for index, place in enumerate(ordered[-1])}
                mine = {place: float(index) for index, place in enumerate(layer)}
                for place in layer:
                    known = [at[other] for other in near[place] if other in at]
                    if known:
                        mine[place] = sum(known) / len(known)
                ordered.append(sorted(layer, key=lambda place: mine[place]))
            self._layers = ordered if down else ordered[::-1]
            if (crossings := self._crossings()) < fewest:
                best, fewest = self._layers, crossings
        self._layers = best

    def place(self) -> None:
        """Chooses the x of every place, its middle."""
        for layer in self._layers:
            self._settle(layer, [0.0] * len(layer), [1.0] * len(layer))
        for sweep in range(_PLACE_SWEEPS):
            both = sweep >= _PLACE_SWEEPS // 2
            layers = self._layers if sweep % 2 == 0 else self._layers[::-1]
            for layer in layers:
                wanted, weights = [], []
                for place in layer:
                    near = self._above[place] if sweep % 2 == 0 else self._below[place]
                    if both or not near:
                        near = self._above[place] + self._below[place]
                    pulls = [self._pull(place, other) for other in near]
                    total = sum(pulls)
                    wanted.append(
                        sum(pull * self._x[other] for pull, other in zip(pulls, near, strict=True)) / total
                        if near
                        else self._x[place]
                    )
                    weights.append(total or 0.1)
                self._settle(layer, wanted, weights)

    def drawing(self) -> Drawing:
        """The finished places."""
        count = len(self._sizes)
        left = min(self._x[place] - self._widths[place] / 2 for place in range(len(self._x)))
        right = max(self._x[place] + self._widths[place] / 2 for place in range(len(self._x)))
        tops, bottoms, y = [], [], 0.0
        for layer in self._layers:
            height = max((self._sizes[place][1] for place in layer if place < count), default=_LANE)
            tops.append(y)
            bottoms.append(y + height)
            y += height + LAYER_GAP

        def top(place: int) -> Point:
            rank = self._ranks[place]
            inset = (bottoms[rank] - tops[rank] - self._sizes[place][1]) / 2 if place < count else 0.0
            return round(self._x[place] - left, 1), round(tops[rank] + inset, 1)

        def bottom(place: int) -> Point:
            x, y = top(place)
            rank = self._ranks[place]
            return x, round(y + self._sizes[place][1], 1) if place < count else round(bottoms[rank], 1)

        lines = []
        for route in self._routes:
            points = [bottom(route[0])]
            for place in route[1:-1]:
                points += [top(place), bottom(place)]
            lines.append((*points, top(route[-1])))
        boxes = [(round(top(place)[0] - self._widths[place] / 2, 1), top(place)[1]) for place in range(count)]
        return Drawing(round(right - left, 1), round(y - LAYER_GAP, 1), tuple(boxes), tuple(lines))

    def _new_place(self, rank: int) -> int:
        self._ranks.append(rank)
        self._widths.append(_LANE)
        self._above.append([])
        self._below.append([])
        return len(self._ranks) - 1

    def _join(self, upper: int, lower: int) -> None:
        if lower not in self._below[upper]:
            self._below[upper].append(lower)
            self._above[lower].append(upper)

    def _crossings(self) -> int:
        total = 0
        for upper, lower in zip(self._layers, self._layers[1:], strict=False):
            at = {place: index for index, place in enumerate(lower)}
            seen: list[int] = []
            for place in upper:
                ends = sorted(at[other] for other in self._below[place] if other in at)
                total += sum(len(seen) - bisect.bisect_right(seen, end) for end in ends)
                for end in ends:
                    bisect.insort(seen, end)
        return total

    def _pull(self, place: int, other: int) -> float:
        """How straight a line should be: passing lines before all else, then chains of boxes."""
        count = len(self._sizes)
        upper, lower = (place, other) if self._ranks[place] < self._ranks[other] else (other, place)
        alone = len(self._below[upper]) == 1 and len(self._above[lower]) == 1
        return 1.0 + 3.0 * (place >= count) + 3.0 * (other >= count) + 3.0 * alone

    def _settle(self, layer: list[int], wanted: list[float], weights: list[float]) -> None:
        """Gives a layer the x nearest to those wanted (least squares) at which nothing overlaps."""
        offsets, offset, before = [], 0.0, None
        for place in layer:
            if before is not None:
                gap = BOX_GAP if before < len(self._sizes) or place < len(self._sizes) else 0.0
                offset += (self._widths[before] + self._widths[place]) / 2 + gap
            offsets.append(offset)
            before = place
        # Blocks of places that touch: their mean, their weight, how many.
        blocks: list[tuple[float, float, int]] = []
        for want, weight, shift in zip(wanted, weights, offsets, strict=True):
            mean, heavy, many = want - shift, weight, 1
            while blocks and blocks[-1][0] > mean:
                other, mass, number = blocks.pop()
                mean = (mean * heavy + other * mass) / (heavy + mass)
                heavy, many = heavy + mass, many + number
            blocks.append((mean, heavy, many))
        at = 0
        for mean, _, many in blocks:
            for _ in range(many):
                self._x[layer[at]] = mean + offsets[at]
                at += 1
