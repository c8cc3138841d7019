"""Where an audit ran: versions and threads, as far as they can change a number."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from audit.result import Environment

PACKAGES = ("torch", "transformers", "tokenizers", "captum", "fairlearn", "scikit-learn", "numpy", "pandas", "pyarrow")


def environment(*, torch_threads: bool) -> Environment:
    """Describe this process. `torch_threads`: a model ran, so the number of threads matters."""
    threads = None
    if torch_threads:
        import torch

        threads = torch.get_num_threads()
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        threads=threads,
        versions=versions,
    )
