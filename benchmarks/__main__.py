"""`make bench`: side-by-side measurements, each in one run. `python -m benchmarks NAME` runs one of them."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = (
    "end_to_end",
    "where",
    "batching",
    "batching_several",
    "prompts",
    "batching_images",
    "padding",
    "precision",
    "compiling",
    "memory",
    "scale",
    "stored",
    "report",
    "calibration",
    "calibration_designs",
    "calibration_classes",
    "calibration_clusters",
    "calibration_changes",
    "calibration_score_changes",
    "calibration_advice",
    "calibration_scores",
    "calibration_data",
    "calibration_membership",
    "calibration_people",
    "private_counts",
    "calibration_remedies",
    "bounds",
    "regression",
    "explain",
    "explain_several",
    "functions",
    "explain_images",
    "faithfulness",
    "verification",
    "counterfactual",
    "names",
    "robustness",
    "robustness_tasks",
    "robustness_examples",
    "robustness_pictures",
    "decomposition",
    "treatment",
    "planted",
    "monitoring",
    "change_points",
    "confidence_sequences",
    "review_panel",
    "workers",
)


def main() -> None:
    for name in sys.argv[1:] or NAMES:
        print(f"\n== {name}", flush=True)
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
