"""Train, save, load and score with an installed omdrisk, outside any checkout."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ["OMDRISK_SECRET"] = "a secret for this check only, 32 b"  # noqa: S105


def main() -> int:
    """Walk from a simulated world to scores with reasons; return 0 when everything holds."""
    import omdrisk

    assert not {"mlflow", "shap", "matplotlib"} & set(sys.modules), "importing omdrisk must be light"
    assert "site-packages" in omdrisk.__file__, omdrisk.__file__
    from omdrisk.resources import definitions

    assert "_definitions" in str(definitions("features")), definitions("features")
    world = omdrisk.simulate(seed=3, shipments=12_000)
    outcomes = omdrisk.link(world.shipments, world.cases, world.inspections)
    recipe = omdrisk.Recipe.read(definitions("models") / "drug.toml")
    head = omdrisk.train(recipe, world.shipments, outcomes, as_of="2023-04-15", seed=0)
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle"
        omdrisk.save_bundle([head], bundle)
        scorer = omdrisk.load(bundle)
        incoming = world.shipments.tail(50)
        scores = scorer.score(incoming)
        reasons = scorer.explain(incoming.head(3), top=3, language="vi")
    assert len(scores) == 50
    assert scores["drug_score"].between(0, 1).all()
    assert reasons["text"].str.len().gt(0).all()
    print(f"omdrisk {omdrisk.__version__} from a wheel: {len(scores)} scores, {len(reasons)} reasons")
    return 0


if __name__ == "__main__":
    sys.exit(main())
