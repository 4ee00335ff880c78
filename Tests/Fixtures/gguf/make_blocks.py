#!/usr/bin/env python3
"""Write blocks.gguf, a tensor of random blocks for each element type, and blocks.safetensors, the same tensors as
floats by the `gguf` package's reference dequantization.

The scales of the first blocks are extremes: zeros, subnormals, the largest half-precision number, infinity.

usage: make_blocks.py FOLDER     needs: gguf numpy safetensors
"""
import os
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from safetensors.numpy import save_file

# Where each type's half-precision scales lie in a block.
SCALES = {
    Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q5_1: [0, 2], Type.Q8_0: [0], Type.Q2_K: [80, 82],
    Type.Q3_K: [108], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208], Type.IQ4_NL: [0], Type.IQ4_XS: [0],
}
# As bits: 0, -0, least and greatest subnormal, least normal, -1, 65504, infinity.
EXTREMES = [0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0xBC00, 0x7BFF, 0x7C00]


def main(folder):
    random = np.random.default_rng(7)
    writer = gguf.GGUFWriter(os.path.join(folder, "blocks.gguf"), "llama")
    writer.add_uint8("test.uint8", 200)
    writer.add_int8("test.int8", -100)
    writer.add_uint16("test.uint16", 60000)
    writer.add_int16("test.int16", -30000)
    writer.add_uint32("test.uint32", 4000000000)
    writer.add_int32("test.int32", -2000000000)
    writer.add_uint64("test.uint64", 2**64 - 1)
    writer.add_int64("test.int64", -(2**63))
    writer.add_float32("test.float32", 0.1)
    writer.add_float64("test.float64", 0.1)
    writer.add_bool("test.bool", True)
    writer.add_string("test.string", "é\U0001f347")
    writer.add_array("test.ints", [1, -2, 3])
    writer.add_array("test.floats", [0.5, -1.5])
    writer.add_array("test.strings", ["", "grape", "é"])
    floats = {}
    for kind in [Type.F32, Type.F16, Type.BF16, *SCALES, Type.MXFP4]:
        length, size = gguf.GGML_QUANT_SIZES[kind]
        rows, row = (8, 1) if length == 256 else (4, 3) if length == 32 else (4, 24)
        data = random.integers(0, 256, (rows * row, size), dtype=np.uint8)
        if kind in SCALES:
            for offset in SCALES[kind]:
                scale = random.normal(0, 0.05, rows * row).astype(np.float16)
                data[:, offset : offset + 2] = scale.view(np.uint8).reshape(-1, 2)
            for block, bits in enumerate(EXTREMES):
                offset = SCALES[kind][block % len(SCALES[kind])]
                data[block, offset : offset + 2] = np.array([bits], np.uint16).view(np.uint8)
        elif kind == Type.MXFP4:
            # The first byte is a power of two; those that neither under- nor overflow, and some that do.
            data[:, 0] = random.integers(110, 140, rows * row)
            data[:5, 0] = [0, 1, 2, 254, 255]
        else:
            width = size * 8
            special = [bits << (width - 16) for bits in (0, 0x8000, 0x7C00, 0x7F80, 0xFF80, 0x0001, 0x8001)]
            values = np.array([*special, 1, (1 << width) - 1], np.uint64)
            for index, value in enumerate(values):
                data[index] = np.array([value], np.uint64).view(np.uint8)[:size]
        data = data.reshape(rows, row * size)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        with np.errstate(all="ignore"):
            floats[kind.name] = gguf.quants.dequantize(data, kind).astype(np.float32).reshape(rows, row * length)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(floats, os.path.join(folder, "blocks.safetensors"))


main(sys.argv[1])
