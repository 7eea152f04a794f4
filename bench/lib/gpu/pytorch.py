"""PyTorch on the same card with the same weights: parity, the vocoder one by one and in batches, whole sentences.

The models are those of bench/rivals/onnx, which hold to the goldens. Takes the task as JSON (task.ts), prints one line
of JSON; ends with code 3 and a reason where it cannot run here. Exact float32 unless the task asks for TF32.
"""

import json
import math
import resource
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "bench" / "rivals" / "onnx"))


def unavailable(reason):
    print(reason.replace("\n", " "))
    sys.exit(3)


try:
    import numpy as np
    import torch

    from cases import plain_hifigan, voice_acoustic, voice_vocoder
    from fastspeech import FreeFastSpeech
except ImportError as error:
    unavailable(f"this Python lacks a package: {error}")

VOICE = ROOT / "weights" / "aspen"
SAMPLE_RATE = 22050


def agreement(wanted, got):
    """max-abs, mean-abs, SNR in dB: bench/lib/matrix/agreement.ts."""
    wanted, got = wanted.detach().cpu().double(), got.detach().cpu().double()
    off = (wanted - got).abs()
    noise = off.square().sum().item()
    snr = 10 * math.log10(wanted.square().sum().item() / noise) if noise > 0 else None  # JSON has no infinity
    return [off.max().item(), off.mean().item(), snr]


class Engine:
    def __init__(self, task):
        self.task = task
        self.is_gpu = torch.cuda.is_available() and task["needsGpu"]
        if task["needsGpu"] and not self.is_gpu:
            unavailable(f"PyTorch {torch.__version__} sees no GPU (built for CUDA {torch.version.cuda})")
        self.device = torch.device("cuda" if self.is_gpu else "cpu")
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = task["tf32"]
        torch.backends.cudnn.benchmark = True  # as TensorFlow does: the fastest algorithm of each shape, by trial
        torch.set_num_threads(1)
        torch.manual_seed(1)

    def wait(self):
        if self.is_gpu:
            torch.cuda.synchronize()

    def run(self, module, inputs):
        """Inputs of the host -> outputs on the device; tensors that the module makes are made there too."""
        with torch.inference_mode(), self.device:
            out = module(**{name: value.to(self.device) for name, value in inputs.items()})
        return out if isinstance(out, tuple) else (out,)

    def timed(self, form, count, seconds, work):
        row = {"form": form, "count": count, "audioSeconds": seconds, "wallMs": []}
        try:
            for n in range(self.task["warmups"] + self.task["runs"]):
                self.wait()
                began = time.perf_counter()
                made = work()  # ends with a copy to the host, which waits for the device
                if n >= self.task["warmups"]:
                    row["wallMs"].append((time.perf_counter() - began) * 1000)
                row["audioSeconds"] = seconds or made
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            row["failed"] = str(error).split(".")[0]
        return row


def parity(engine, shared):
    rows = []
    fixtures = ROOT / "test" / "fixtures"
    for name in ["v1", "v2", "v3", "odd"]:
        paths = [fixtures / f"hifigan-{name}-tiny{end}" for end in (".json", ".pth", ".golden.safetensors")]
        rows += held(engine, f"hifigan {name} tiny", plain_hifigan(*paths[:2], [paths[2]], 1, None))
    goldens = ["short", "hello", "question", "paragraph"] if engine.task["effort"] == "full" else ["short"]
    files = [shared / "voices" / "aspen" / "golden" / f"{name}.safetensors" for name in goldens]
    files = [path for path in files if path.exists()]
    if files:
        rows += held(engine, None, voice_acoustic(shared / "voices" / "aspen", True, files), only="mel")
        rows += held(engine, None, voice_vocoder(shared / "voices" / "aspen", None, files))
    return rows


def held(engine, title, case, only=None):
    """A module against its goldens."""
    module = case.module.to(engine.device)
    rows = []
    for check in case.checks:
        got = dict(zip(case.outputs, engine.run(module, check.inputs)))
        for name, wanted in check.expected.items():
            if only in (None, name):
                label = title or f'"{check.name}", {"mel" if name == "mel" else "samples"}'
                rows.append([label, *agreement(wanted, got[name])])
    return rows


def vocoder_rows(engine, generator, folder):
    frames = engine.task["frames"]
    read = lambda name, rows: torch.from_numpy(np.fromfile(folder / name, dtype="<f4")).reshape(1, rows, -1)
    mel, source = read("mel.f32", 80), read("source.f32", 2)
    began = time.perf_counter()
    audio = engine.run(generator, {"mel": mel, "source": source})[0].cpu()
    first_ms = (time.perf_counter() - began) * 1000
    audio.numpy().astype("<f4").tofile(folder / "pytorch.f32")
    rows = []
    for count in engine.task["pieces"]:
        seconds = frames * count * generator.hop / SAMPLE_RATE
        forms = {"one run": (1, 1, count), "batch": (count, 1, 1)}
        for form, repeats in forms.items():
            if form == "batch" and count == 1:
                continue
            inputs = {"mel": mel.repeat(*repeats), "source": source.repeat(*repeats)}
            rows.append(engine.timed(form, count, seconds, lambda: engine.run(generator, inputs)[0].cpu() is None))
    return first_ms, rows


def speech_rows(engine, generator, sentences):
    """Tokens -> samples. The excitation is random: ours is made by the host, which takes no time of the card."""
    model = FreeFastSpeech(voice_acoustic(VOICE, True, []).module).to(engine.device).eval()

    def speak(count):
        mels = []
        for n in range(count):
            one = sentences[n % len(sentences)]
            inputs = {"tokens": torch.tensor([one["tokens"]]), "speaker": torch.tensor([one["speaker"]])}
            mels.append(engine.run(model, {**inputs, "rate": torch.ones(1)})[4][0].T)  # [80, T]
        frames = [mel.shape[1] for mel in mels]
        with torch.inference_mode(), engine.device:
            batch = torch.full((count, 80, max(frames)), -11.5)  # the mel of silence
            for row, mel in zip(batch, mels):
                row[:, : mel.shape[1]] = mel
            source = 0.1 * torch.randn(count, 2, max(frames) * generator.hop)
            generator(batch, source).cpu()
        return sum(frames) * generator.hop / SAMPLE_RATE

    return [engine.timed("batch", count, None, lambda: speak(count)) for count in engine.task["atOnce"]]


def main():
    given = json.loads(sys.argv[1])
    began = time.perf_counter()
    engine = Engine(given["task"])
    folder = Path(given["task"]["folder"])
    generator = voice_vocoder(VOICE, None, []).module.to(engine.device)
    engine.wait()
    load_ms = (time.perf_counter() - began) * 1000
    first_ms, vocoder = vocoder_rows(engine, generator, folder)
    speech = speech_rows(engine, generator, json.loads((folder / "sentences.json").read_text()))
    versions = {"torch": torch.__version__}
    if engine.is_gpu:
        versions |= {"cuda": torch.version.cuda, "cudnn": str(torch.backends.cudnn.version())}
    answer = {
        "device": torch.cuda.get_device_name() if engine.is_gpu else "CPU",
        "versions": versions,
        "parity": parity(engine, Path(given["shared"])),
        "loadMs": load_ms,
        "firstRunMs": first_ms,
        "vocoder": vocoder,
        "speech": speech,
        "peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(answer))


main()
