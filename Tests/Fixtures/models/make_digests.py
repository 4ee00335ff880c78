#!/usr/bin/env python3
"""Print, for each tensor of checkpoints, its shape and the CRC-32 of its elements as little-endian floats, as JSON
lines. Folders are read by the safetensors library, .gguf files by the gguf package.

usage: make_digests.py FOLDER_OR_GGUF... > digests.jsonl     needs: torch safetensors gguf numpy
"""
import glob
import json
import os
import sys
import zlib

import gguf
import numpy as np
import torch
from safetensors.torch import load_file


def tensors(path):
    if path.endswith(".gguf"):
        for tensor in gguf.GGUFReader(path).tensors:
            yield tensor.name, gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(tensor.shape[::-1])
    else:
        for file in sorted(glob.glob(os.path.join(path, "*.safetensors"))):
            for name, tensor in load_file(file).items():
                yield name, tensor.to(torch.float32).numpy()


for path in sys.argv[1:]:
    for name, floats in sorted(tensors(path)):
        crc = zlib.crc32(np.ascontiguousarray(floats, "<f4").tobytes())
        shape = [int(length) for length in floats.shape]
        print(json.dumps({"model": os.path.basename(path), "name": name, "shape": shape, "crc32": crc}))
