"""Writes the small files of this folder as NumPy and PyArrow do: 40 rows of two features, i/4 and (i*i % 37)/8.

Usage: python make_data.py FOLDER
"""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

out = sys.argv[1]
i = np.arange(40)
X = np.stack([i / 4, (i * i % 37) / 8], axis=1)
np.save(f"{out}/fortran_f4.npy", np.asfortranarray(X.astype("<f4")))
np.savez_compressed(f"{out}/labelled.npz", X=X, y=(i % 10 == 9).astype("i8"))
np.savez(f"{out}/stored.npz", train=X.astype(">f8"), test=X[:5])
t = pa.table(
    {
        "a": pa.array(X[:, 0], pa.float32()),
        "b": X[:, 1],
        "n": pa.array([None if k == 7 else k for k in range(40)], pa.int64()),
        "name": ["pump"] * 40,
    }
)
pq.write_table(t, f"{out}/snappy.parquet", compression="snappy")
pq.write_table(t, f"{out}/zstd.parquet", compression="zstd")
