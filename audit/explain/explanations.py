"""The table of explained decisions: attributions with their error, and the outcome of each.

Units (whole words) are given by their places alone: the text they stand for lives in `inputs.parquet`, if it is kept.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from audit.config import ExplanationConfig
from audit.data.examples import Asked
from audit.explain.integrate import path, shapley
from audit.explain.integrate.attribution import Attribution
from audit.explain.integrate.path import PathIntegrator
from audit.explain.integrate.shapley import ShapleySampler
from audit.explain.verify.erasing import ErasedCase, Eraser
from audit.explain.verify.faithfulness import Faithfulness, examine
from audit.explain.verify.outcome import Thresholds, content_share, verdict
from audit.models.adapter import Adapter, Encoded

SCHEMA = pa.schema(
    [
        pa.field("row_id", pa.string(), nullable=False),
        ("output", pa.string()),
        ("position", pa.int32()),
        ("target_class", pa.string()),
        ("method", pa.string()),
        ("baseline", pa.string()),
        # What F is: `probability`, or `log_odds` where that was asked for or probabilities show no contrast.
        ("scale", pa.string()),
        ("f_input", pa.float64()),
        ("f_baseline", pa.float64()),
        ("convergence_delta", pa.float64()),
        # Of the attributions together, in L1: as it is, and as a share of them.
        ("error", pa.float64()),
        ("error_share", pa.float64()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("units", pa.int32()),
        ("named", pa.int32()),
        ("removed", pa.float64()),
        ("sufficient", pa.bool_()),
        ("followed", pa.float64()),
        ("chance_p", pa.float64()),
        ("chance_passed", pa.float64()),
        ("wrong_signs", pa.float64()),
        ("comprehensiveness", pa.float64()),
        ("sufficiency", pa.float64()),
        ("content", pa.float64()),
        ("gradients", pa.int32()),
        ("calls", pa.int32()),
        ("forwards", pa.int32()),
        ("inclusion_probability", pa.float64()),
        # Place of each unit (`audit.data.places`), and its attribution.
        ("starts", pa.list_(pa.int32())),
        ("ends", pa.list_(pa.int32())),
        ("attributions", pa.list_(pa.float32())),
        # Attribution of all that is part of no unit.
        ("frame", pa.float64()),
    ]
)
#: Padded tokens per batch on a CPU: 1.12 times as fast as twice as many.
MOST_ON_CPU = 512
#: Gradients of an explanation of which only ranks are looked at.
ROUGH = 9
#: What tests of a decision leave in its row.
TESTED = (
    *("named", "removed", "sufficient", "followed", "chance_p", "chance_passed", "wrong_signs"),
    *("comprehensiveness", "sufficiency"),
)


@dataclass(frozen=True)
class Explainer:
    """Explain decisions of one model, and test the explanations."""

    adapter: Adapter
    settings: ExplanationConfig
    baseline: str
    seed: int

    @property
    def thresholds(self) -> Thresholds:
        """What explanations are held to."""
        settings = self.settings
        return Thresholds(settings.least_contrast, settings.tolerance, settings.contentless, settings.target)

    @property
    def method(self) -> str:
        """What attributions are called."""
        return path.METHOD if self.adapter.differentiable else shapley.METHOD

    def integrator(
        self, baseline: str, precision: str | None = None, *, fall_back: bool = False, rough: bool = False
    ) -> PathIntegrator | ShapleySampler:
        """Return the engine that explains against this baseline.

        Parameters
        ----------
        fall_back
            Explain log-odds where probabilities show no contrast.
        rough
            For ranks alone: a few gradients.
        """
        least_contrast = self.settings.least_contrast if fall_back else 0.0
        if not self.adapter.differentiable:
            return ShapleySampler(
                self.adapter,
                baseline=baseline,
                budget=self._budget,
                tolerance=self.settings.tolerance,
                most_calls=self.settings.most_calls,
                scale=self.settings.target,
                least_contrast=least_contrast,
                seed=self.seed,
            )
        return PathIntegrator(
            self.adapter,
            baseline=baseline,
            budget=self._budget,
            tolerance=self.settings.tolerance,
            most_gradients=ROUGH if rough else self.settings.most_gradients,
            scale=self.settings.target,
            least_contrast=least_contrast,
            precision=precision or self.settings.precision,
        )

    def eraser(self, baseline: str, scale: str | None = None, precision: str = "float32") -> Eraser:
        """Return what runs the model with units erased."""
        return Eraser(
            self.adapter,
            baseline=baseline,
            budget=self._budget,
            scale=scale or self.settings.target,
            precision=precision,
        )

    @property
    def _precision(self) -> str:
        """Precision of gradients and tests; functions of the user's own have theirs."""
        return self.settings.precision if self.adapter.differentiable else "float32"

    @property
    def _budget(self) -> int:
        budget = self.adapter.facts().batch_tokens
        # Backward passes over few long rows spill out of a processor's cache.
        return min(budget, MOST_ON_CPU) if self.adapter.device.type == "cpu" and self.adapter.differentiable else budget

    def explain(
        self, rows: pd.DataFrame, advance: Callable[[int], object] = lambda done: None
    ) -> tuple[pa.Table, dict[str, int]]:
        """Explain the predicted class of some decisions.

        Parameters
        ----------
        rows
            `row_id`, `input`, `y_pred` and `inclusion_probability` of decisions that did not fail.

        Returns
        -------
        table, spent
            A table of `SCHEMA` in the order of the rows, and what it cost.
        """
        texts = list(rows["input"])
        encoded = self.adapter.encode(texts)
        targets = [self.adapter.classes.index(cls) for cls in rows["y_pred"]]
        found, spent = self.integrator(self.baseline, fall_back=True).attribute(encoded, targets, advance)
        total = Counter(spent)
        baselines = [self.baseline] * len(rows)
        # Without contrast to the first baseline, another one may show what the decision rests on.
        limits = self.thresholds
        again = [i for i, item in enumerate(found) if not limits.contrasts(item)]
        other = self.adapter.other_baseline(self.baseline)
        if again and other != self.baseline:
            second, spent = self.integrator(other, fall_back=True).attribute(
                [encoded[i] for i in again], [targets[i] for i in again]
            )
            total.update(spent)
            for i, item in zip(again, second, strict=True):
                if limits.contrasts(item):
                    found[i], baselines[i] = item, other
        tested = self._examine(rows, encoded, targets, found, baselines)
        total["forwards"] = sum(item.forwards for item in tested if item is not None)
        records = [
            self._record(*given)
            for given in zip(rows.to_dict("records"), encoded, found, tested, baselines, strict=True)
        ]
        return pa.Table.from_pylist(records, schema=SCHEMA), dict(total)

    def _examine(
        self,
        rows: pd.DataFrame,
        encoded: Sequence[Encoded],
        targets: Sequence[int],
        found: Sequence[Attribution],
        baselines: Sequence[str],
    ) -> list[Faithfulness | None]:
        out: list[Faithfulness | None] = [None] * len(rows)
        limits = self.thresholds
        for kind in dict.fromkeys(baselines):
            at = [
                i
                for i, item in enumerate(found)
                if baselines[i] == kind
                and (not len(encoded[i].places) or self._testable(item, limits))
                and np.isfinite(item.convergence_delta)
            ]

            def test(asked: Sequence[int], precision: str, kind: str = kind) -> list[Faithfulness]:
                return examine(
                    self.eraser(kind, "log_odds", precision),
                    [
                        ErasedCase(encoded[i], targets[i], found[i].values.astype(np.float64), found[i].f_input)
                        for i in asked
                    ],
                    [found[i].scale for i in asked],
                    interventions=self.settings.interventions,
                    # Of the row alone, so that neither order nor company matters.
                    seeds=[zlib.crc32(f"{self.seed} {rows['row_id'].iloc[i]}".encode()) for i in asked],
                )

            tested = test(at, self._precision)
            if self._precision != "float32":
                # What rounding might decide is decided in float32.
                close = [k for k, item in enumerate(tested) if item.close]
                for k, item in zip(close, test([at[k] for k in close], "float32"), strict=True):
                    tested[k] = replace(item, forwards=item.forwards + tested[k].forwards)
            for i, item in zip(at, tested, strict=True):
                out[i] = item
        return out

    @staticmethod
    def _testable(found: Attribution, limits: Thresholds) -> bool:
        return limits.contrasts(found) and found.converged(limits.tolerance)

    def _record(
        self,
        row: dict[Any, Any],
        item: Encoded,
        found: Attribution,
        tested: Faithfulness | None,
        baseline: str,
    ) -> dict[str, Any]:
        content = content_share(row["input"], item, found, self.adapter.facts().grid)
        outcome, reason = verdict(found, tested, content, self.thresholds)
        asked = row["input"] if isinstance(row["input"], Asked) else None
        return {
            "row_id": row["row_id"],
            "output": asked and asked.output,
            "position": asked and asked.position,
            "target_class": row["y_pred"],
            "method": self.method,
            "baseline": baseline,
            "scale": found.scale,
            "f_input": found.f_input,
            "f_baseline": found.f_baseline,
            "convergence_delta": found.convergence_delta,
            "error": found.estimated_error,
            "error_share": found.error_share,
            "outcome": outcome,
            "reason": reason,
            "units": len(item.places),
            **{name: getattr(tested, name, None) for name in TESTED},
            "content": content,
            "gradients": found.gradients,
            "calls": found.calls,
            "forwards": tested.forwards if tested else 0,
            "inclusion_probability": row["inclusion_probability"],
            "starts": item.places[:, 0].tolist(),
            "ends": item.places[:, 1].tolist(),
            "attributions": found.values.tolist(),
            "frame": found.frame,
        }
