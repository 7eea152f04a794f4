"""Word error rate of speech under an independent recogniser: pocketsphinx with its own en-US models.

Reads tab-separated lines `set <TAB> id <TAB> audio file <TAB> reference text` from a file (or - for stdin), prints
one JSON object: for each set the total word error rate, its counts, and every sentence with what was heard.
Audio: every format that libsndfile reads (WAV, FLAC, Ogg Opus), any rate, channels averaged, resampled to 16 kHz.
"""

import argparse
import json
import re
import sys
import unicodedata
from pathlib import Path

import jiwer
import numpy as np
import pocketsphinx
import soundfile
import soxr

RATE = 16000
LEVEL = 0.08  # RMS that every clip is scaled to, so that loudness has no influence


def words(text: str) -> str:
    """Lower-case words with their apostrophes and nothing else; recogniser variants such as `the(2)` undone."""
    text = unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'")
    text = re.sub(r"\(\d+\)", "", text)
    tokens = (token.strip("'") for token in re.findall(r"[\w']+", text))
    return " ".join(token for token in tokens if token)


def load(path: str) -> np.ndarray:
    """Mono float32 at 16 kHz with 0.2 s of near-silence around it, at the common level."""
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    audio = soxr.resample(audio.mean(axis=1), rate, RATE)
    rms = float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
    if rms == 0:
        raise ValueError(f"{path} is silent")
    audio = np.clip(audio * (LEVEL / rms), -1, 1)
    return np.pad(audio, RATE // 5) + np.random.default_rng(0).normal(0, 1e-4, len(audio) + 2 * (RATE // 5))


class Recogniser:
    """Each clip on its own: cepstral means from the whole clip, so the order of clips decides nothing."""

    def __init__(self):
        self.decoder = pocketsphinx.Decoder(samprate=RATE, cmn="batch", loglevel="FATAL")

    def hear(self, path: str) -> str:
        pcm = (np.clip(load(path), -1, 1) * 32767).astype(np.int16).tobytes()
        self.decoder.start_utt()
        self.decoder.process_raw(pcm, no_search=False, full_utt=True)
        self.decoder.end_utt()
        hypothesis = self.decoder.hyp()
        return words(hypothesis.hypstr) if hypothesis else ""


def score(items: list) -> dict:
    references, heard = [item["reference"] for item in items], [item["heard"] for item in items]
    total = jiwer.process_words(references, heard)
    for item in items:
        item["wer"] = jiwer.wer(item["reference"], item["heard"])
    return {
        "wer": total.wer,
        "words": total.hits + total.substitutions + total.deletions,
        "substitutions": total.substitutions,
        "deletions": total.deletions,
        "insertions": total.insertions,
        "sentences": items,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="word error rate of audio files under pocketsphinx")
    parser.add_argument("list", help="file of lines: set, id, audio file, reference (tab-separated); - for stdin")
    source = parser.parse_args().list
    text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    recogniser, sets = Recogniser(), {}
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split("\t")
        if len(fields) != 4 or not words(fields[3]):
            sys.exit(f"line {number}: got {len(fields)} fields, wanted set, id, audio file, reference")
        name, identity, audio, reference = fields
        item = {"id": identity, "reference": words(reference), "heard": recogniser.hear(audio)}
        sets.setdefault(name, []).append(item)
        print(f"{name} {identity}: {item['heard']}", file=sys.stderr)
    print(json.dumps({name: score(items) for name, items in sets.items()}))


if __name__ == "__main__":
    main()
