"""The models that can be exported: each case is a PyTorch module, its inputs' names and shapes, and inputs to check it with."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch.export import Dim

from fastspeech import FastSpeech, FreeFastSpeech
from hifigan import Generator, fold_weight_norm, from_manifest, from_upstream, randomize


@dataclass
class Check:
    """Inputs, and the outputs of a golden file by name (empty where there is no golden)."""

    name: str
    inputs: dict
    expected: dict = field(default_factory=dict)


@dataclass
class Case:
    module: torch.nn.Module
    example: dict
    dynamic_shapes: dict
    outputs: list
    checks: list


def load_weights(path: Path) -> dict:
    """Tensors by name; those of 8 bits times the scale of their row (src/checkpoints/safetensors.ts)."""
    stored = load_file(path)
    weights = {}
    for name, tensor in stored.items():
        if name.endswith(".scale") and stored.get(name[: -len(".scale")], tensor).dtype == torch.int8:
            continue
        if tensor.dtype == torch.int8:
            scale = stored[f"{name}.scale"].float()
            tensor = tensor.float() * scale.reshape([-1] + [1] * (tensor.dim() - 1))
        weights[name] = tensor
    return weights


def strictly(module, state):
    module.load_state_dict({name: tensor.float() for name, tensor in state.items()}, strict=True)
    return module.eval()


def vocoder_case(generator, checks) -> Case:
    frames = Dim("frames", min=2, max=65536)
    shapes = {"mel": {2: frames}}
    example = {"mel": torch.randn(1, generator.conv_pre.in_channels, 40)}
    if generator.source_convs is not None:
        shapes["source"] = {2: generator.hop * frames}
        example["source"] = torch.randn(1, 2, generator.hop * 40)
    return Case(generator, example, shapes, ["audio"], checks)


def random_mels(generator) -> list:
    """Seeded mel-like inputs of three lengths, for a generator that has no golden."""
    rng, checks = torch.Generator().manual_seed(7), []
    for frames in (7, 64, 173):
        mel = torch.randn(1, generator.conv_pre.in_channels, frames, generator=rng) * 2 - 5
        checks.append(Check(f"random mel, {frames} frames", {"mel": mel}))
    return checks


def voice_vocoder(voice: Path, name: str | None, goldens: list) -> Case:
    manifest = json.loads((voice / "model.json").read_text())
    entry = manifest["vocoders"][name or manifest["quality"]["medium"]]
    generator = Generator(from_manifest(entry, manifest["mel"]["bands"]))
    strictly(generator, load_weights(voice / entry["file"]))
    checks = []
    for path in goldens:
        g = load_file(path)
        inputs = {"mel": g["mel"].T[None].contiguous()}
        if entry["source"]:
            inputs["source"] = g["source"][None]
        checks.append(Check(path.stem, inputs, {"audio": g["audio"][None, None]}))
    if not checks:
        checks = random_mels(generator)
        for check in checks if entry["source"] else []:
            check.inputs["source"] = torch.randn(1, 2, check.inputs["mel"].shape[2] * generator.hop)
    return vocoder_case(generator, checks)


def plain_hifigan(config: Path, checkpoint: Path | None, goldens: list, seed: int, weights: Path | None) -> Case:
    """A jik876 generator: from a checkpoint, or with seeded random weights (saved for the engine to read too)."""
    generator = Generator(from_upstream(json.loads(config.read_text())))
    if checkpoint is None:
        randomize(generator, seed)
        generator.eval()
        save_file(generator.state_dict(), weights)
    else:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        strictly(generator, fold_weight_norm(state.get("generator", state)))
    checks = []
    for path in goldens:
        g = load_file(path)
        checks.append(Check(path.stem, {"mel": g["mel"][None]}, {"audio": g["audio"][None, None]}))
    return vocoder_case(generator, checks or random_mels(generator))


def voice_acoustic(voice: Path, forced: bool, goldens: list) -> Case:
    manifest = json.loads((voice / "model.json").read_text())
    weights = load_weights(voice / manifest["acoustic"]["file"])
    model = strictly(FastSpeech(manifest, len(weights["speaker.weight"])), weights)
    checks = []
    for path in goldens:
        g = load_file(path)
        inputs = {"tokens": g["tokens"][None].long(), "speaker": g["speaker"].long()}
        expected = {name: g[name][None] for name in ("log_durations", "pitch", "energy", "mel", "log_f0")}
        if forced:
            inputs["durations"] = g["durations"][None].long()
        else:
            inputs["rate"] = torch.ones(1)
            expected["durations"] = g["durations"][None].long()
        checks.append(Check(path.stem, inputs, expected))
    if not checks:
        for n in (5, 40, 120):
            tokens = torch.randint(1, len(manifest["tokens"]), (1, n), generator=torch.Generator().manual_seed(n))
            inputs = {"tokens": tokens, "speaker": torch.zeros(1, dtype=torch.long)}
            extra = {"durations": tokens % 7 + 1} if forced else {"rate": torch.ones(1)}
            checks.append(Check(f"random tokens, {n}", {**inputs, **extra}))
    n = Dim("tokens", min=2, max=4096)
    shapes = {"tokens": {1: n}, "speaker": None}
    example = {"tokens": torch.randint(1, 60, (1, 40)), "speaker": torch.zeros(1, dtype=torch.long)}
    outputs = ["log_durations", "pitch", "energy", "mel", "log_f0"]
    if forced:
        shapes["durations"], example["durations"] = {1: n}, torch.randint(1, 9, (1, 40))
        return Case(model, example, shapes, outputs, checks)
    shapes["rate"], example["rate"] = None, torch.ones(1)
    outputs.insert(1, "durations")
    return Case(FreeFastSpeech(model).eval(), example, shapes, outputs, checks)
