"""Training: from a company's past leads to a registered model.

A recipe says what the export means; the pipeline reads it, lets families compete forward in time, calibrates,
measures, prices the capacity and cuts tiers. All that is needed to score goes into one Bundle; the run, its figures
and the model go through MLflow. Nothing here answers a request: the service meets training in the Bundle only.
"""

from __future__ import annotations

from leadscore.training.entry import load, recalibrate, register_repriced, train
from leadscore.training.result import CardResult, TrainingResult
from leadscore.training.what_if import preview

__all__ = ["CardResult", "TrainingResult", "load", "preview", "recalibrate", "register_repriced", "train"]
