"""Random models written as LightGBM writes them: every kind of split, and any shape of tree, without training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TINY = 1.0000000180025095e-35
EDGES = [0.0, -0.0, TINY, -TINY, 1e-36, -1e-36, float(np.float32(1e-35)), -float(np.float32(1e-35)), 1e300, -1e300, 1.5]
ODD = [np.nan, np.inf, -np.inf, 1e308, -1e308, *EDGES]
ODD_CODES = [np.nan, np.inf, -np.inf, -1.0, -0.5, 0.7, 2.9, 1e10, -1e10, 2.0**31, 99999.0, 31.0, 32.0, 63.0, 64.0, 65.0]


@dataclass(frozen=True)
class Grower:
    """Grows random models.

    `depth` 0 splits any leaf, 1 always the deepest: a chain. `sizes` are the categories of the first features.
    """

    features: int = 6
    sizes: tuple[int, ...] = ()
    depth: float = 0.0
    zero_as_missing: bool = False

    def text(self, rng: np.random.Generator, leaves: list[int]) -> str:
        """Return a model whose trees have that many leaves."""
        names = " ".join(f"f{at}" for at in range(self.features))
        infos = " ".join(["[-9:9]"] * self.features)
        header = [
            "tree",
            "version=v4",
            "num_class=1",
            "num_tree_per_iteration=1",
            "label_index=0",
            f"max_feature_idx={self.features - 1}",
            "objective=binary sigmoid:1",
            f"feature_names={names}",
            f"feature_infos={infos}",
        ]
        trees = [f"Tree={at}\n{self._tree(rng, count)}\n" for at, count in enumerate(leaves)]
        return "\n".join([*header, "", *trees, "end of trees", "", "parameters:", "end of parameters", ""])

    def _tree(self, rng: np.random.Generator, leaves: int) -> str:
        values = rng.normal(size=leaves)
        if leaves == 1:
            return f"num_leaves=1\nnum_cat=0\nleaf_value={float(values[0])!r}\nis_linear=0\nshrinkage=1\n"
        left, right = [0] * (leaves - 1), [0] * (leaves - 1)
        owner: dict[int, tuple[list[int], int]] = {}
        for node in range(leaves - 1):
            if node:
                leaf = node if rng.random() < self.depth else int(rng.integers(0, node + 1))
                side, at = owner[leaf]
                side[at] = node
            else:
                leaf = 0
            left[node], right[node] = ~leaf, ~(node + 1)
            owner[leaf], owner[node + 1] = (left, node), (right, node)
        leaf_count = rng.integers(1, 60, leaves)
        counts = [0] * (leaves - 1)
        for node in reversed(range(leaves - 1)):
            counts[node] = sum(
                int(leaf_count[~child]) if child < 0 else counts[child] for child in (left[node], right[node])
            )
        feature = rng.integers(0, self.features, leaves - 1)
        threshold, decision, bounds, words = [], [], [0], []
        for at in feature.tolist():
            if at < len(self.sizes):
                members = np.flatnonzero(rng.random(self.sizes[at]) < rng.choice([0.1, 0.5, 0.9]))
                size = int(members.max(initial=0)) // 32 + 1
                bits = np.zeros(size * 32, np.uint8)
                bits[members] = 1
                words += np.packbits(bits, bitorder="little").view("<u4").tolist()
                threshold.append(float(len(bounds) - 1))
                decision.append(1 + int(rng.choice([0, 8])))
                bounds.append(len(words))
            else:
                missing = 4 if self.zero_as_missing else int(rng.choice([0, 8]))
                goes_left = int(rng.choice([0, 2]))
                odd = rng.random() < 0.2
                threshold.append(float(rng.choice(EDGES)) if odd else float(np.round(rng.normal(), 1)))
                if missing == 8 and rng.random() < 0.1:
                    threshold[-1] = np.inf
                decision.append(missing + goes_left)
        lines = {
            "num_leaves": [leaves],
            "num_cat": [len(bounds) - 1],
            "split_feature": feature.tolist(),
            "split_gain": [1] * (leaves - 1),
            "threshold": [repr(each) for each in threshold],
            "decision_type": decision,
            "left_child": left,
            "right_child": right,
            "leaf_value": [repr(float(each)) for each in values],
            "leaf_weight": leaf_count.tolist(),
            "leaf_count": leaf_count.tolist(),
            "internal_value": [0] * (leaves - 1),
            "internal_weight": counts,
            "internal_count": counts,
        }
        if len(bounds) > 1:
            lines |= {"cat_boundaries": bounds, "cat_threshold": words}
        lines |= {"is_linear": [0], "shrinkage": [1]}
        return "\n".join(f"{name}={' '.join(map(str, row))}" for name, row in lines.items()) + "\n"

    def rows(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return cells of every kind: ordinary, on a threshold, missing, infinite, tiny, unseen, negative."""
        matrix = np.round(rng.normal(size=(count, self.features)), 1)
        for at, size in enumerate(self.sizes):
            matrix[:, at] = rng.integers(0, size + 5, count)
        odd = rng.random(matrix.shape) < 0.3
        matrix[odd] = rng.choice(ODD, int(odd.sum()))
        for at in range(len(self.sizes)):
            strange = rng.random(count) < 0.3
            matrix[strange, at] = rng.choice(ODD_CODES, int(strange.sum()))
        return matrix
