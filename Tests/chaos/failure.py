"""What a run ends with where something does not hold, and what happened before."""

import collections
import time


class Failure(Exception):
    """A sentence: what does not hold."""


class Events:
    """What happened, for whoever has to find out why."""

    def __init__(self):
        self.began, self.lines = time.monotonic(), collections.deque(maxlen=60)

    def note(self, text):
        self.lines.append(f"{time.monotonic() - self.began:7.2f}  {text}")
