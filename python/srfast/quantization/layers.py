"""Which convolutions of a network are computed in integers, and which stay in float."""

from __future__ import annotations

import dataclasses

import onnx

CONVOLUTIONS = ("Conv", "ConvTranspose")


@dataclasses.dataclass(frozen=True)
class Layers:
    """The convolutions of a network, by the names of their nodes, by where they stand.

    Attributes:
        every: Those that can be computed in integers, in the graph's order.
        first: Those of them that see the pixels.
        last: Those of them that make the pixels.
        count: How many convolutions there are in all.
    """

    every: tuple[str, ...]
    first: frozenset[str]
    last: frozenset[str]
    count: int

    def ways(self) -> dict[str, frozenset[str]]:
        """What to try to keep in float, by a name for people; nothing twice, and never all."""
        ways: dict[str, frozenset[str]] = {"nothing": frozenset()}
        for name, kept in (
            ("first", self.first),
            ("last", self.last),
            ("first and last", self.first | self.last),
        ):
            if kept not in ways.values() and kept < set(self.every):
                ways[name] = kept
        return ways


def layers(model: onnx.ModelProto) -> Layers:
    """Sorts a network's convolutions.

    One that lies between the pixels that come in and those that go out with no other before or behind it is a
    detour for the pixels themselves, and stays in float, unless there is no other.

    Args:
        model: Every convolution has a name of its own.
    """
    convolutions = [node for node in model.graph.node if node.op_type in CONVOLUTIONS]
    weights = {entry.name for entry in model.graph.initializer}
    nodes = [node for node in convolutions if node.input[1] in weights]
    reached = {entry.name for entry in model.graph.input} - weights
    first = set()
    for node in model.graph.node:
        if reached.intersection(node.input):
            if node.op_type in CONVOLUTIONS:
                first.add(node.name)
            else:
                reached.update(node.output)
    reaching = {entry.name for entry in model.graph.output}
    last = set()
    for node in reversed(model.graph.node):
        if reaching.intersection(node.output):
            if node.op_type in CONVOLUTIONS:
                last.add(node.name)
            else:
                reaching.update(node.input)
    inner = [node.name for node in nodes if node.name not in first & last]
    every = tuple(inner or [node.name for node in nodes])
    return Layers(
        every, frozenset(first.intersection(every)), frozenset(last.intersection(every)), len(convolutions)
    )
