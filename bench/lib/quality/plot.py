"""Draws audio files as waveform, log-mel spectrogram and F0, one column a file, to a PNG.

The mel is the voice's own (22,050 Hz, 1,024-point Hann window, hop 256, 80 Slaney bands to 8 kHz, natural log
clamped at 1e-5). F0 is a plain autocorrelation estimate, good enough to show the intonation. Prints one JSON object with
each file's figures.
"""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import soundfile
import soxr

RATE, FFT, HOP, BANDS, TOP_HZ, FLOOR = 22050, 1024, 256, 80, 8000, 1e-5


def slaney_hz(mel: np.ndarray) -> np.ndarray:
    """Slaney's scale: linear to 1 kHz (15 mel), logarithmic above."""
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


def mel_filters() -> np.ndarray:
    """[BANDS, FFT / 2 + 1] triangles of equal area."""
    top = 15 + 27 * np.log(TOP_HZ / 1000) / np.log(6.4)
    edges = slaney_hz(np.linspace(0, top, BANDS + 2))[:, None]
    bins = np.fft.rfftfreq(FFT, 1 / RATE)[None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])


def frames(audio: np.ndarray, size: int) -> np.ndarray:
    """[T, size] windows every HOP samples, T = samples / HOP."""
    padded = np.pad(audio, (size - HOP) // 2, mode="reflect")
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::HOP]


def log_mel(audio: np.ndarray) -> np.ndarray:
    window = np.hanning(FFT + 1)[:-1]
    magnitude = np.sqrt(np.abs(np.fft.rfft(frames(audio, FFT) * window)) ** 2 + 1e-9)
    return np.log(np.maximum(FLOOR, magnitude @ mel_filters().T))


def f0(audio: np.ndarray) -> np.ndarray:
    """Hz per frame, NaN where the normalised autocorrelation stays under 0.5 (60-400 Hz searched)."""
    size = 2 * FFT
    windows = frames(audio, size) * np.hanning(size)
    power = np.abs(np.fft.rfft(windows, 2 * size)) ** 2
    correlation = np.fft.irfft(power)[:, :size]
    shape = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(size), 2 * size)) ** 2)[:size]
    normal = correlation / np.maximum(correlation[:, :1], 1e-12) * (shape[0] / np.maximum(shape, 1e-9))
    low, high = RATE // 400, RATE // 60
    # The shortest lag nearly as good as the best one: the period, not a multiple of it.
    searched = normal[:, low:high]
    good = searched >= 0.9 * searched.max(axis=1, keepdims=True)
    peak = np.zeros_like(good)
    peak[:, 1:-1] = (searched[:, 1:-1] >= searched[:, :-2]) & (searched[:, 1:-1] >= searched[:, 2:])
    lag = np.argmax(good & peak, axis=1) + low
    voiced = (searched.max(axis=1) > 0.5) & (correlation[:, 0] > 1e-3)
    return np.where(voiced & (good & peak).any(axis=1), RATE / lag, np.nan)


def figures(audio: np.ndarray, mel: np.ndarray, pitch: np.ndarray) -> dict:
    rms = np.sqrt(np.mean(audio**2))
    voiced = pitch[~np.isnan(pitch)]
    return {
        "seconds": len(audio) / RATE,
        "peak": float(np.abs(audio).max()),
        "rmsDb": float(20 * np.log10(max(rms, 1e-9))),
        "clippedSamples": int((np.abs(audio) >= 0.999).sum()),
        "offset": float(audio.mean()),
        "melMean": float(mel.mean()),
        "above8kHz": float(high_share(audio)),
        "voicedShare": len(voiced) / max(1, len(pitch)),
        "medianF0": float(np.median(voiced)) if len(voiced) else None,
    }


def high_share(audio: np.ndarray) -> float:
    """The share of the energy above 8 kHz: what the mel does not show."""
    power = np.abs(np.fft.rfft(audio)) ** 2
    return power[np.fft.rfftfreq(len(audio), 1 / RATE) > TOP_HZ].sum() / max(power.sum(), 1e-12)


def main() -> None:
    parser = argparse.ArgumentParser(description="waveform, log-mel and F0 of audio files as a PNG")
    parser.add_argument("audio", nargs="+", type=Path, help="audio files, drawn side by side")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the PNG")
    parser.add_argument("--width", type=float, default=9, help="inches of a column")
    a = parser.parse_args()
    columns = len(a.audio)
    fig, axes = plt.subplots(3, columns, figsize=(a.width * columns, 9), squeeze=False, height_ratios=[1, 2, 1])
    facts = {}
    several = len({path.name for path in a.audio}) < columns  # the same text of several voices
    for column, path in zip(axes.T, a.audio):
        audio, rate = soundfile.read(path, dtype="float64", always_2d=True)
        audio = soxr.resample(audio.mean(axis=1), rate, RATE)
        if len(audio) < 2 * FFT:
            raise SystemExit(f"{path.name}: got {len(audio)} samples at {RATE} Hz, wanted at least {2 * FFT}")
        mel, pitch = log_mel(audio), f0(audio)
        name = f"{path.parent.name}/{path.name}" if several else path.name
        facts[name] = figures(audio, mel, pitch)
        end = len(audio) / RATE
        wave, spectrogram, tune = column
        wave.plot(np.arange(len(audio)) / RATE, audio, linewidth=0.4)
        wave.set(title=name, xlim=(0, end), ylim=(-1, 1), ylabel="amplitude")
        extent = (0, end, 0, BANDS)
        spectrogram.imshow(mel.T, origin="lower", aspect="auto", extent=extent, vmin=np.log(FLOOR), vmax=1)
        spectrogram.set(ylabel="mel band")
        tune.plot((np.arange(len(pitch)) + 0.5) * HOP / RATE, pitch, ".", markersize=3)
        tune.set(xlim=(0, end), ylim=(50, 400), ylabel="F0, Hz", xlabel="seconds")
    fig.tight_layout()
    fig.savefig(a.out, dpi=80)
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
