"""Measures the intonation of speech files: F0 from the audio alone, so that every engine is measured the same way.

Reads audio files, prints one JSON object a line: the F0 movement over the last 300 ms of voiced speech and the F0
range in semitones, and the level of the voiced speech in dB of full scale. F0 is plot.py's autocorrelation estimate,
held within an octave of the file's median, without frames that stand alone.
"""

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import soundfile
import soxr
from plot import HOP, RATE, f0, frames

FINAL_SECONDS = 0.3
LEAST_FRAMES = 6


def smooth(semitones: np.ndarray) -> np.ndarray:
    """Frames that differ by more than 3 semitones from the median of 5 are octave errors: left out."""
    padded = np.pad(semitones, 2, mode="edge")
    median = np.nanmedian(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
    return np.where(np.abs(semitones - median) < 3, semitones, np.nan)


def semitone_track(audio: np.ndarray) -> np.ndarray:
    """Semitones from the median F0 per frame, NaN where unvoiced."""
    pitch = f0(audio)
    voiced = pitch[~np.isnan(pitch)]
    if len(voiced) < LEAST_FRAMES:
        return np.full(len(pitch), np.nan)
    track = 12 * np.log2(pitch / np.median(voiced))
    return smooth(np.where(np.abs(track) <= 14, track, np.nan))


def figures(audio: np.ndarray) -> dict:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # five unvoiced frames have no median
        track = semitone_track(audio)
    at = np.flatnonzero(~np.isnan(track))
    if len(at) < LEAST_FRAMES:
        return {"finalSemitones": None, "rangeSemitones": None, "levelDb": None}
    last = at[-round(FINAL_SECONDS * RATE / HOP) :]
    third = max(1, len(last) // 3)
    low, high = np.percentile(track[at], [5, 95])
    power = np.mean(np.square(frames(audio, HOP * 4)), axis=1)[: len(track)]
    at = at[at < len(power)]
    return {
        "finalSemitones": float(np.median(track[last[-third:]]) - np.median(track[last[:third]])),
        "rangeSemitones": float(high - low),
        "levelDb": float(10 * np.log10(np.mean(power[at]))),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="final F0 movement, F0 range and level of speech files")
    parser.add_argument("audio", nargs="+", type=Path)
    for path in parser.parse_args().audio:
        audio, rate = soundfile.read(path, dtype="float64", always_2d=True)
        print(json.dumps(figures(soxr.resample(audio.mean(axis=1), rate, RATE))), flush=True)


if __name__ == "__main__":
    main()
