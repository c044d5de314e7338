"""What the daemon has recorded, looked at by ffprobe."""

import json
import os
import subprocess

from failure import Failure


def check_recordings(daemon):
    """Returns how many there are."""
    count = 0
    for folder in ["recordings", "disk"]:
        for entry in sorted(os.scandir(daemon.path(folder)), key=lambda entry: entry.name):
            if entry.name == "filler":
                continue
            count += 1
            # On the disk that fills up no recording comes to its proper end.
            check_recording(entry.path, is_finished=folder != "disk" and entry.path not in daemon.unfinished)
    return count


def check_recording(path, is_finished):
    name = os.path.basename(path)
    if os.path.getsize(path) == 0:
        raise Failure(f"{name} is empty")
    probed = subprocess.run(
        ["ffprobe", "-v", "error", "-show_packets", "-show_frames", "-show_entries",
         "packet=stream_index,dts:frame=stream_index,media_type,pts:stream=", "-of", "json", path],
        capture_output=True, text=True)
    if is_finished and (probed.stderr or probed.returncode):
        raise Failure(f"of {name} ffprobe says: {probed.stderr.strip()[:500]}")
    entries = json.loads(probed.stdout or "{}").get("packets_and_frames", [])
    last, pictures = {}, 0
    for entry in entries:
        is_frame = entry["type"] == "frame"
        time_stamp = entry.get("pts" if is_frame else "dts")
        pictures += is_frame and entry.get("media_type") == "video"
        if time_stamp is None:
            continue
        key = entry["type"], entry["stream_index"]
        if is_finished and time_stamp <= last.get(key, time_stamp - 1):
            raise Failure(f"in {name} a {key} goes from {last[key]} to {time_stamp}")
        last[key] = time_stamp
    if pictures == 0:
        raise Failure(f"{name} has no picture ({os.path.getsize(path)} bytes)")
