import numpy as np, teachers as T, sys
from multiprocessing import Pool

frames = np.load("data/frames.npy", mmap_mode="r")
names = list(T.STYLES)


def one(i):
    x = np.ascontiguousarray(frames[i])
    return np.stack([T.apply(n, x) for n in names] + [T.blend(a, b, x) for a, b in T.BLENDS])


if __name__ == "__main__":
    out = np.lib.format.open_memmap(
        "data/targets.npy", "w+", np.uint8, (len(frames), len(names) + len(T.BLENDS)) + frames.shape[1:]
    )
    with Pool(2) as p:
        for i, y in enumerate(p.imap(one, range(len(frames)), chunksize=8)):
            out[i] = y
    out.flush()
    print(out.shape)
