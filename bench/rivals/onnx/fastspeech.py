"""The acoustic model (FastSpeech 2 family, arXiv 2006.04558) in PyTorch, so that rivals run our exact weights.

Tensor names are those of the voice's safetensors. One sentence at a time, so nothing is padded or masked.
B batch (always 1), N tokens, T mel frames, C channels.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

MAX_POSITIONS = 4096  # rows of the sinusoid table: as many tokens or frames (47 s) as one sentence may have


def sinusoid(positions: int, channels: int) -> torch.Tensor:
    """[positions, C]: sin on even channels, cos on odd ones."""
    rates = torch.exp(-math.log(1e4) * torch.arange(0, channels, 2) / channels)
    angles = torch.arange(positions)[:, None] * rates
    return torch.stack([torch.sin(angles), torch.cos(angles)], dim=-1).flatten(1)


class Attention(nn.Module):
    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k = nn.Linear(channels, channels), nn.Linear(channels, channels)
        self.v, self.out = nn.Linear(channels, channels), nn.Linear(channels, channels)

    def forward(self, x):  # [B, N, C]
        def split(y):  # -> [B, heads, N, C / heads]
            return y.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        y = F.scaled_dot_product_attention(split(self.q(x)), split(self.k(x)), split(self.v(x)))
        return self.out(y.transpose(1, 2).flatten(2))


class FftBlock(nn.Module):
    """Attention, then two convolutions, each with a residual connection and a layer norm after it."""

    def __init__(self, channels, heads, ffn, kernel, epsilon):
        super().__init__()
        self.attn = Attention(channels, heads)
        self.norm1, self.norm2 = nn.LayerNorm(channels, epsilon), nn.LayerNorm(channels, epsilon)
        self.conv1 = nn.Conv1d(channels, ffn, kernel, padding=kernel // 2)
        self.conv2 = nn.Conv1d(ffn, channels, 1)

    def forward(self, x):  # [B, N, C]
        x = self.norm1(x + self.attn(x))
        return self.norm2(x + self.conv2(F.relu(self.conv1(x.transpose(1, 2)))).transpose(1, 2))


class Predictor(nn.Module):
    """One number per token: log-duration, pitch or energy."""

    def __init__(self, channels, hidden, kernel, epsilon):
        super().__init__()
        self.conv1 = nn.Conv1d(channels, hidden, kernel, padding=kernel // 2)
        self.conv2 = nn.Conv1d(hidden, hidden, kernel, padding=kernel // 2)
        self.norm1, self.norm2 = nn.LayerNorm(hidden, epsilon), nn.LayerNorm(hidden, epsilon)
        self.out = nn.Linear(hidden, 1)

    def forward(self, h):  # [B, N, C] -> [B, N]
        x = self.norm1(F.relu(self.conv1(h.transpose(1, 2)).transpose(1, 2)))
        x = self.norm2(F.relu(self.conv2(x.transpose(1, 2)).transpose(1, 2)))
        return self.out(x)[..., 0]


class ConvBlock(nn.Module):
    """A dilated convolution and one of kernel 1, with a residual connection and a layer norm after them."""

    def __init__(self, channels, inner, kernel, dilation, epsilon):
        super().__init__()
        padding = dilation * (kernel // 2)
        self.conv1 = nn.Conv1d(channels, inner, kernel, padding=padding, dilation=dilation)
        self.conv2 = nn.Conv1d(inner, channels, 1)
        self.norm = nn.LayerNorm(channels, epsilon)

    def forward(self, x):  # [B, T, C]
        return self.norm(x + self.conv2(F.relu(self.conv1(x.transpose(1, 2)))).transpose(1, 2))


class FastSpeech(nn.Module):
    """Manifest types fastspeech2 (transformer decoder) and fastspeech2-conv (convolutional decoder)."""

    def __init__(self, manifest: dict, speakers: int):
        super().__init__()
        a, bands = manifest["acoustic"], manifest["mel"]["bands"]
        c, epsilon = a["channels"], a["layerNormEpsilon"]
        block = (c, a["heads"], a["ffnChannels"], a["ffnKernel"], epsilon)
        predictor = (c, a["predictorChannels"], a["predictorKernel"], epsilon)
        self.embed = nn.Embedding(len(manifest["tokens"]), c)
        self.speaker = nn.Embedding(speakers, c)
        self.encoder = nn.ModuleList(FftBlock(*block) for _ in range(a["encoderLayers"]))
        self.is_conv = a["type"] == "fastspeech2-conv"
        if self.is_conv:
            d = a["decoder"]
            blocks = (ConvBlock(c, d["channels"], d["kernel"], r, epsilon) for r in d["dilations"])
            self.position = nn.Linear(4, c)
        else:
            blocks = (FftBlock(*block) for _ in range(a["decoderLayers"]))
            self.dec_scale = nn.Parameter(torch.ones(1))
        self.decoder = nn.ModuleList(blocks)
        self.duration, self.pitch = Predictor(*predictor), Predictor(*predictor)
        self.energy = Predictor(*predictor)
        self.pitch_embed, self.energy_embed = nn.Conv1d(1, c, 3, padding=1), nn.Conv1d(1, c, 3, padding=1)
        self.mel = nn.Linear(c, bands + 1)
        self.enc_scale = nn.Parameter(torch.ones(1))
        self.register_buffer("positions", sinusoid(MAX_POSITIONS, c), persistent=False)

    def encode(self, tokens, speaker):
        """tokens [B, N], speaker [B] -> [B, N, C]"""
        x = self.embed(tokens) * math.sqrt(self.embed.embedding_dim)
        x = x + self.enc_scale * self.positions[: tokens.shape[1]]
        for block in self.encoder:
            x = block(x)
        return x + self.speaker(speaker)[:, None]

    def decode(self, h, durations, pitch, energy):
        """h [B, N, C], per-token durations (frames), pitch, energy [B, N] -> mel [B, T, bands], log_f0 [B, T]"""
        h = h + self.pitch_embed(pitch[:, None]).transpose(1, 2)
        h = h + self.energy_embed(energy[:, None]).transpose(1, 2)
        ends = durations[0].cumsum(0)
        frames = ends[-1].item()
        torch._check(frames >= 2)
        torch._check(frames <= MAX_POSITIONS)
        # Frame t belongs to the token with as many token ends at or before t as there are tokens before it.
        token = (torch.arange(frames)[:, None] >= ends[None, :]).sum(1)
        x = h[:, token]
        if self.is_conv:
            d = durations[0][token].float()
            a = (torch.arange(frames) - (ends[token] - durations[0][token])).float()  # the a-th frame of d
            places = torch.stack([torch.log1p(a), torch.log1p(d - 1 - a), a / d, torch.log(d)], dim=-1)
            x = x + self.position(places)
        else:
            x = x + self.dec_scale * self.positions[:frames]
        for block in self.decoder:
            x = block(x)
        y = self.mel(x)
        return y[..., :-1], y[..., -1]

    def forward(self, tokens, speaker, durations):
        """The forced form: the caller gives the frames of each token (int64 [B, N])."""
        h = self.encode(tokens, speaker)
        log_durations, pitch, energy = self.duration(h), self.pitch(h), self.energy(h)
        mel, log_f0 = self.decode(h, durations, pitch, energy)
        return log_durations, pitch, energy, mel, log_f0


class FreeFastSpeech(nn.Module):
    """The same model choosing its own durations, at a speaking rate (float32 [1])."""

    def __init__(self, model: FastSpeech):
        super().__init__()
        self.model = model

    def forward(self, tokens, speaker, rate):
        h = self.model.encode(tokens, speaker)
        log_durations, pitch, energy = self.model.duration(h), self.model.pitch(h), self.model.energy(h)
        frames = torch.round((torch.exp(log_durations) - 1) / rate)
        durations = torch.clamp(frames, min=0).to(torch.int64)
        mel, log_f0 = self.model.decode(h, durations, pitch, energy)
        return log_durations, durations, pitch, energy, mel, log_f0
