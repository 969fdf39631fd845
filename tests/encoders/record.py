"""Writes recorded.npz: what PyTorch makes of the painted pictures, for machines without it.

Run ``python -m tests.encoders.record`` after a change of the pictures or of the pooling.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lookalike.encoders.efficientnet_lite import MEMBERS
from tests.encoders import torch_reference
from tests.encoders.pictures import painted

FILE = Path(__file__).with_name("recorded.npz")

if __name__ == "__main__":
    recorded = {}
    for member in MEMBERS:
        model = torch_reference.load(member.weights(), member.scaling.width, member.scaling.depth)
        pool, logits = torch_reference.run(model, painted(member.input.size))
        recorded[f"{member.name} pool"] = pool.astype(np.float16)
        recorded[f"{member.name} logits"] = logits.astype(np.float16)
    np.savez_compressed(FILE, **recorded)
