"""Drawings of graphs: nothing overlaps, lines go down, equal graphs are drawn alike."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from srfast.inspection.layout import BOX_GAP, LAYER_GAP, Drawing, draw


@st.composite
def graphs(draw_: st.DrawFn) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    """Boxes and edges from lower to higher places, as in a file whose nodes are in order."""
    count = draw_(st.integers(1, 25))
    sizes = draw_(st.lists(st.tuples(st.floats(10, 200), st.floats(10, 60)), min_size=count, max_size=count))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = {(min(pair), max(pair)) for pair in draw_(st.lists(pairs, max_size=40)) if pair[0] != pair[1]}
    return sizes, sorted(edges)


def assert_nothing_overlaps(sizes: list[tuple[float, float]], drawing: Drawing) -> None:
    boxes = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(drawing.boxes, sizes, strict=True)]
    for a, b in itertools.combinations(boxes, 2):
        apart = a[2] <= b[0] + 0.2 or b[2] <= a[0] + 0.2 or a[3] <= b[1] + 0.2 or b[3] <= a[1] + 0.2
        assert apart, (a, b)
    for left, top, right, bottom in boxes:
        assert left >= -0.2
        assert top >= -0.2
        assert right <= drawing.width + 0.2
        assert bottom <= drawing.height + 0.2


@settings(max_examples=40)
@given(graphs())
def test_a_drawing_is_orderly(graph: tuple[list[tuple[float, float]], list[tuple[int, int]]]) -> None:
    sizes, edges = graph
    drawing = draw(sizes, edges)
    assert_nothing_overlaps(sizes, drawing)
    for (source, target), line in zip(edges, drawing.lines, strict=True):
        assert drawing.boxes[target][1] >= drawing.boxes[source][1] + sizes[source][1] + LAYER_GAP - 0.2
        assert [y for _, y in line] == sorted(y for _, y in line)
        assert abs(line[0][0] - drawing.boxes[source][0] - sizes[source][0] / 2) < 0.2
        assert abs(line[-1][0] - drawing.boxes[target][0] - sizes[target][0] / 2) < 0.2
    assert draw(sizes, edges) == drawing


def test_a_chain_is_straight() -> None:
    drawing = draw([(80, 30), (120, 30), (60, 30)], [(0, 1), (1, 2)])
    assert [x for line in drawing.lines for x, _ in line] == [60.0] * 4


def test_a_skip_goes_past_the_boxes_in_between() -> None:
    sizes = [(100.0, 30.0)] * 4
    drawing = draw(sizes, [(0, 1), (1, 2), (2, 3), (0, 3)])
    passing = drawing.lines[3][1:-1]
    for x, _ in passing:
        assert all(not left <= x <= left + 100 for left, _ in drawing.boxes[1:3])


def test_two_that_can_stand_straight_do_not_cross() -> None:
    drawing = draw([(50, 20)] * 4, [(0, 3), (1, 2)])
    assert all(line[0][0] == line[-1][0] for line in drawing.lines)


def test_boxes_side_by_side_keep_their_distance() -> None:
    drawing = draw([(50, 20)] * 3, [])
    lefts = sorted(x for x, _ in drawing.boxes)
    assert [round(b - a, 1) for a, b in itertools.pairwise(lefts)] == [50 + BOX_GAP] * 2


def test_cycles_and_nothing_at_all() -> None:
    assert draw([], []).boxes == ()
    sizes = [(50.0, 20.0)] * 4
    drawing = draw(sizes, [(0, 1), (1, 0), (1, 2), (2, 2), (3, 2)])
    assert len(drawing.lines) == 5
    assert_nothing_overlaps(sizes, drawing)


def test_many_long_lines_stay_affordable() -> None:
    """Every box is joined to every later one: a place in each layer for each line would be millions."""
    count = 300
    edges = [(a, b) for a in range(count) for b in range(a + 1, count)]
    drawing = draw([(50.0, 20.0)] * count, edges)
    assert sum(map(len, drawing.lines)) < 3 * len(edges)
