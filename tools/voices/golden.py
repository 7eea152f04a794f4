# Makes a voice's goldens by other code than the engine's: numpy, in float64, from the equations of docs/models.md and the
# weights as they are stored (8 bits included). `voirs voice check` holds the engine to them.
# Run: python3 tools/voices/golden.py FOLDER OUT.safetensors --speaker 0 --tokens "^ HH AH0 L OW1 . $"
#      python3 tools/voices/golden.py FOLDER --compare GOLDEN.safetensors      (prints the differences)
# Needs Python 3.10 and numpy. Reads the types fastspeech2, fastspeech2-conv and source-driven hifigan.
import argparse
import json
import struct
import sys
from pathlib import Path

import numpy as np

TYPES = {"F16": np.float16, "F32": np.float32, "I32": np.int32, "I8": np.int8}


def read(path):
    """A safetensors file -> arrays; an 8-bit tensor is multiplied by the scales of its rows."""
    data = Path(path).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    stored = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        raw = np.frombuffer(data[8 + size + begin : 8 + size + end], TYPES[entry["dtype"]])
        stored[name] = raw.reshape(entry["shape"])
    tensors = {}
    for name, values in stored.items():
        if name.endswith(".scale") and stored.get(name[:-6]) is not None:
            continue
        if values.dtype == np.int8:
            scale = stored[name + ".scale"].astype(np.float64)
            values = values.astype(np.float64) * scale.reshape([-1] + [1] * (values.ndim - 1))
        tensors[name] = values if values.dtype == np.int32 else values.astype(np.float64)
    return tensors


def write(path, tensors):
    header, offset, blocks = {"__metadata__": {"made_by": "tools/voices/golden.py, numpy float64"}}, 0, []
    for name, values in sorted(tensors.items()):
        is_int = np.issubdtype(values.dtype, np.integer)
        block = values.astype(np.int32 if is_int else np.float32).tobytes()
        entry = {"dtype": "I32" if is_int else "F32", "shape": list(values.shape)}
        header[name] = {**entry, "data_offsets": [offset, offset + len(block)]}
        offset += len(block)
        blocks.append(block)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blocks))


class Layers:
    """The layers of a checkpoint, by name. Sequences are [length, channels]."""

    def __init__(self, tensors):
        self.tensors = tensors

    def __getitem__(self, name):
        return self.tensors[name]

    def linear(self, name, x):
        return x @ self[name + ".weight"].T + self[name + ".bias"]

    def norm(self, name, x, epsilon=1e-5):
        mean = x.mean(axis=-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
        return (x - mean) / np.sqrt(variance + epsilon) * self[name + ".weight"] + self[name + ".bias"]

    def conv(self, name, x, stride=1, dilation=1, padding=None):
        """weight [out, in, k]; 'same' by default."""
        weight = self[name + ".weight"]
        kernel = weight.shape[2]
        pad = dilation * (kernel - 1) // 2 if padding is None else padding
        padded = np.pad(x, ((pad, pad), (0, 0)))
        count = (len(padded) - dilation * (kernel - 1) - 1) // stride + 1
        y = np.zeros((count, weight.shape[0])) + self[name + ".bias"]
        for k in range(kernel):
            rows = padded[k * dilation : k * dilation + (count - 1) * stride + 1 : stride]
            y += rows @ weight[:, :, k].T
        return y

    def upsample(self, name, x, stride):
        """Transposed convolution: weight [in, out, k], padding (k - stride) / 2."""
        weight = self[name + ".weight"]
        kernel = weight.shape[2]
        y = np.zeros(((len(x) - 1) * stride + kernel, weight.shape[1]))
        for k in range(kernel):
            y[k : k + (len(x) - 1) * stride + 1 : stride] += x @ weight[:, :, k]
        pad = (kernel - stride) // 2
        return y[pad : pad + len(x) * stride] + self[name + ".bias"]


def relu(x):
    return np.maximum(x, 0)


def leaky(x, slope):
    return np.where(x > 0, x, slope * x)


def sinusoid(length, channels):
    w = np.exp(-np.log(10000) * np.arange(0, channels, 2) / channels)
    angles = np.arange(length)[:, None] * w
    table = np.zeros((length, channels))
    table[:, 0::2], table[:, 1::2] = np.sin(angles), np.cos(angles)
    return table


def block(layers, name, x, heads):
    """A transformer block with norms after its parts."""
    queries, keys, values = (layers.linear(f"{name}.attn.{part}", x) for part in "qkv")
    width = x.shape[1] // heads
    mixed = np.zeros_like(x)
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        scores = queries[:, part] @ keys[:, part].T / np.sqrt(width)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        mixed[:, part] = scores / scores.sum(axis=1, keepdims=True) @ values[:, part]
    x = layers.norm(f"{name}.norm1", x + layers.linear(f"{name}.attn.out", mixed))
    inner = layers.conv(f"{name}.conv2", relu(layers.conv(f"{name}.conv1", x)))
    return layers.norm(f"{name}.norm2", x + inner)


def predictor(layers, name, x):
    x = layers.norm(f"{name}.norm1", relu(layers.conv(f"{name}.conv1", x)))
    x = layers.norm(f"{name}.norm2", relu(layers.conv(f"{name}.conv2", x)))
    return layers.linear(f"{name}.out", x)[:, 0]


def acoustic(entry, layers, tokens, speaker, durations=None):
    """tokens [N] -> every stage of docs/models.md, "Our FastSpeech 2"."""
    channels, heads = entry["channels"], entry["heads"]
    x = layers["embed.weight"][tokens] * np.sqrt(channels)
    x = x + layers["enc_scale"] * sinusoid(len(tokens), channels)
    for n in range(entry["encoderLayers"]):
        x = block(layers, f"encoder.{n}", x, heads)
    h = x + layers["speaker.weight"][speaker]
    log_durations, pitch, energy = (predictor(layers, name, h) for name in ("duration", "pitch", "energy"))
    if durations is None:
        durations = np.maximum(0, np.rint(np.exp(log_durations) - 1)).astype(np.int32)
    stages = dict(encoded=h, log_durations=log_durations, durations=durations, pitch=pitch, energy=energy)
    h = h + layers.conv("pitch_embed", pitch[:, None]) + layers.conv("energy_embed", energy[:, None])
    x = np.repeat(h, durations, axis=0)
    if entry["type"] == "fastspeech2":
        x = x + layers["dec_scale"] * sinusoid(len(x), channels)
        for n in range(entry["decoderLayers"]):
            x = block(layers, f"decoder.{n}", x, heads)
    else:
        places = [
            (np.log1p(a), np.log1p(d - 1 - a), a / d, np.log(d)) for d in durations.tolist() for a in range(d)
        ]
        x = x + layers.linear("position", np.array(places))
        for n, dilation in enumerate(entry["decoder"]["dilations"]):
            inner = relu(layers.conv(f"decoder.{n}.conv1", x, dilation=dilation))
            x = layers.norm(f"decoder.{n}.norm", x + layers.conv(f"decoder.{n}.conv2", inner))
    out = layers.linear("mel", x)
    return {**stages, "mel": out[:, :-1], "log_f0": out[:, -1]}


def excitation(hz, rate, hop):
    """F0 of each frame in Hz [T] -> pulse and noise [S, 2] (docs/models.md, "Our HiFi-GAN")."""
    samples = np.arange(len(hz) * hop)
    f = np.interp(samples, np.arange(len(hz)) * hop + hop / 2, hz)
    p = 2 * np.pi * np.mod(np.cumsum(f / rate), 1)
    harmonics = np.floor(rate / 2 / f)
    near = np.abs(np.sin(p / 2)) < 1e-4
    safe = np.where(near, 1, np.sin(p / 2))
    kernel = np.where(near, harmonics, 0.5 * (np.sin((harmonics + 0.5) * p) / safe - 1))
    u = samples.astype(np.uint32)
    u ^= u >> np.uint32(16)
    u *= np.uint32(0x7FEB352D)
    u ^= u >> np.uint32(15)
    u *= np.uint32(0x846CA68B)
    u ^= u >> np.uint32(16)
    noise = 0.3 * np.sqrt(3) * (2 * (u / 2.0**32) - 1)
    return np.stack([0.5 * np.sqrt(2 / harmonics) * kernel, noise], axis=1)


def generator(entry, layers, mel, source):
    rates = entry["upsampleRates"]
    kernels, dilations = entry["resblockKernelSizes"], entry["resblockDilationSizes"]
    x = layers.conv("conv_pre", mel)
    for i, rate in enumerate(rates):
        x = layers.upsample(f"ups.{i}", leaky(x, 0.1), rate)
        stride = int(np.prod(rates[i + 1 :]))
        padding = stride // 2 if stride > 1 else 3
        x = x + layers.conv(f"source_convs.{i}", source, stride=stride, padding=padding)
        total = 0
        for j in range(len(kernels)):
            y, name = x, f"resblocks.{i * len(kernels) + j}"
            for n, dilation in enumerate(dilations[j]):
                if entry["resblock"] == "1":
                    inner = layers.conv(f"{name}.convs1.{n}", leaky(y, 0.1), dilation=dilation)
                    y = y + layers.conv(f"{name}.convs2.{n}", leaky(inner, 0.1))
                else:
                    y = y + layers.conv(f"{name}.convs.{n}", leaky(y, 0.1), dilation=dilation)
            total = total + y
        x = total / len(kernels)
    return np.tanh(layers.conv("conv_post", leaky(x, 0.01)))[:, 0]


def golden(folder, tokens, speaker, durations=None):
    manifest = json.loads((folder / "model.json").read_text())
    entry = manifest["acoustic"]
    vocoder = manifest["vocoders"][next(iter(manifest["quality"].values()))]
    if entry["type"] not in ("fastspeech2", "fastspeech2-conv") or not vocoder.get("source"):
        sys.exit(f"{entry['type']} or its vocoder is not read here: see the top of this file")
    stages = acoustic(entry, Layers(read(folder / entry["file"])), tokens, speaker, durations)
    statistics = next(one for one in manifest["speakers"] if one["index"] == speaker)["logF0"]
    hz = np.exp(statistics["mean"] + statistics["std"] * stages["log_f0"])
    hop = int(np.prod(vocoder["upsampleRates"]))
    source = excitation(hz, manifest["sampleRate"], hop).astype(np.float32).astype(np.float64)
    audio = generator(vocoder, Layers(read(folder / vocoder["file"])), stages["mel"], source)
    about = {"tokens": np.array(tokens, np.int32), "speaker": np.array([speaker], np.int32)}
    return {**about, **stages, "audio": audio}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("out", type=Path, nargs="?")
    options.add_argument("--speaker", type=int, default=0)
    options.add_argument("--tokens")
    options.add_argument("--compare", type=Path)
    given = options.parse_args()
    if given.compare:
        wanted = read(given.compare)
        got = golden(given.folder, wanted["tokens"], int(wanted["speaker"][0]), wanted["durations"])
        for name in sorted(set(got) & set(wanted) - {"tokens", "speaker", "durations"}):
            print(f"{name:14} {np.abs(got[name] - wanted[name]).max():.1e}")
        return
    vocabulary = json.loads((given.folder / "model.json").read_text())["tokens"]
    tokens = [vocabulary.index(token) for token in given.tokens.split()]
    made = golden(given.folder, tokens, given.speaker)
    made.pop("encoded")  # what comes of it is held by every later stage
    write(given.out, made)


main()
