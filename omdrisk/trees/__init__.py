"""Trees: raw scores and exact SHAP values of a LightGBM model from its text alone, faster than LightGBM's own."""

from omdrisk.trees.forest import Forest
from omdrisk.trees.text import UnsupportedForest

__all__ = ["Forest", "UnsupportedForest"]
