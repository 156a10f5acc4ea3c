"""
Model files: T16x4 packing of ternary weights, and safetensors read and written with numpy alone.

T16x4, for [..., N, K] with N a multiple of 16 and K of 4: a block of 16 bytes holds 16 channels x 4 inputs.
Byte l * 4 + kk of block (N / 16, K / 4), bits 2g and 2g + 1 = w + 1 of channel nb * 16 + 4g + l, input kb * 4 + kk.
"""
import json
import struct

import numpy as np

DTYPES = {"U8": np.dtype("u1"), "I8": np.dtype("i1"), "F32": np.dtype("<f4")}
SHIFTS = np.array([0, 2, 4, 6], dtype=np.uint8)


def pack(w):
    """int8 [..., N, K] of -1, 0, 1 -> uint8 [..., N / 16, K / 4, 16]"""
    *outer, n, k = w.shape
    assert n % 16 == 0 and k % 4 == 0 and np.abs(w).max() <= 1
    codes = (w + 1).astype(np.uint8).reshape(*outer, n // 16, 4, 4, k // 4, 4)  # ... nb, g, l, kb, kk
    codes = np.moveaxis(codes, -4, -1)  # ... nb, l, kb, kk, g
    codes = np.moveaxis(codes, -4, -3)  # ... nb, kb, l, kk, g
    return np.bitwise_or.reduce(codes << SHIFTS, -1).reshape(*outer, n // 16, k // 4, 16)


def unpack(planes):
    """uint8 [..., N / 16, K / 4, 16] -> int8 [..., N, K]; a code of 3 is an error"""
    *outer, nb, kb, _ = planes.shape
    codes = (planes.reshape(*outer, nb, kb, 4, 4, 1) >> SHIFTS) & 3
    assert codes.max() <= 2, "code 3"
    codes = np.moveaxis(codes, -1, -4)  # ... nb, g, kb, l, kk
    codes = np.moveaxis(codes, -2, -3)  # ... nb, g, l, kb, kk
    return (codes.astype(np.int8) - 1).reshape(*outer, nb * 16, kb * 4)


def encode_safetensors(tensors, metadata):
    """name -> array, name -> text; tensors follow each other in the order given, the header is padded to 8 bytes."""
    header, offset = {"__metadata__": metadata}, 0
    names = {dtype: name for name, dtype in DTYPES.items()}
    for name, array in tensors.items():
        header[name] = {
            "dtype": names[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *(np.ascontiguousarray(a).tobytes() for a in tensors.values())])


def header_of(content):
    """The header of a safetensors file as a dict, and where its data starts."""
    (length,) = struct.unpack_from("<Q", content)
    return json.loads(content[8 : 8 + length]), 8 + length


def decode_safetensors(content):
    """The file's bytes -> (tensors, metadata)"""
    header, start = header_of(content)
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = DTYPES[entry["dtype"]]
        flat = np.frombuffer(content, dtype, offset=start + begin, count=(end - begin) // dtype.itemsize)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors, metadata


if __name__ == "__main__":
    sample = np.random.default_rng(1).integers(-1, 2, (3, 48, 20)).astype(np.int8)
    assert (unpack(pack(sample)) == sample).all()
    assert pack(np.eye(16, 4, k=-5, dtype=np.int8))[0, 0, 4] == 0b01011001  # channel 5, input 0: l = 1, g = 1
    print("T16x4: unpack(pack(w)) == w")
