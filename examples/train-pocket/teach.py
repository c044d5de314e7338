"""Applies every teacher to every training frame: data/targets.npy, uint8 [N, styles and blends, 192, 320, 3]."""

from multiprocessing import Pool

import numpy as np

import teachers

FRAMES = "data/frames.npy"


def teach(index):
    frame = np.ascontiguousarray(np.load(FRAMES, mmap_mode="r")[index])
    styles = [teachers.apply(name, frame) for name in teachers.STYLES]
    return np.stack(styles + [teachers.blend(tone, texture, frame) for tone, texture in teachers.BLENDS])


def main():
    count, *shape = np.load(FRAMES, mmap_mode="r").shape
    styles = len(teachers.STYLES) + len(teachers.BLENDS)
    targets = np.lib.format.open_memmap("data/targets.npy", "w+", np.uint8, (count, styles, *shape))
    with Pool() as pool:
        for index, pictures in enumerate(pool.imap(teach, range(count), chunksize=8)):
            targets[index] = pictures
            if index % 100 == 99:
                print(f"{index + 1} of {count} frames", flush=True)
    targets.flush()


if __name__ == "__main__":
    main()
