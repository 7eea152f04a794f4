"""The HiFi-GAN generator (Kong, Kim, Bae 2020, arXiv 2010.05646) in PyTorch, so that rivals run our exact weights.

Tensor names are those of jik876's checkpoints, plus `source_convs.i` for our source-driven voices.
B batch, C channels, T mel frames, S samples = T x product of the upsampling rates.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

SLOPE = 0.1  # leaky ReLU everywhere but before conv_post, which has PyTorch's default of 0.01


def same(kernel: int, dilation: int = 1) -> int:
    """The padding that keeps the length for an odd kernel."""
    return (kernel - 1) * dilation // 2


class ResBlock1(nn.Module):
    """Pairs of a dilated and a plain convolution, each pair with a residual connection (V1, V2)."""

    def __init__(self, channels, kernel, dilations):
        super().__init__()
        self.convs1 = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, dilation=d, padding=same(kernel, d)) for d in dilations
        )
        self.convs2 = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, padding=same(kernel)) for _ in dilations
        )

    def forward(self, x):
        for dilated, plain in zip(self.convs1, self.convs2):
            x = plain(F.leaky_relu(dilated(F.leaky_relu(x, SLOPE)), SLOPE)) + x
        return x


class ResBlock2(nn.Module):
    """Single dilated convolutions with a residual connection each (V3)."""

    def __init__(self, channels, kernel, dilations):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, dilation=d, padding=same(kernel, d)) for d in dilations
        )

    def forward(self, x):
        for conv in self.convs:
            x = conv(F.leaky_relu(x, SLOPE)) + x
        return x


class Generator(nn.Module):
    """mel [B, 80, T] (and source [B, 2, S] where the config says so) -> audio [B, 1, S]."""

    def __init__(self, config: dict):
        super().__init__()
        rates, kernels = config["upsampleRates"], config["upsampleKernelSizes"]
        block = {"1": ResBlock1, "2": ResBlock2}[str(config["resblock"])]
        channels = config["upsampleInitialChannel"]
        self.hop = math.prod(rates)
        self.blocks_per_stage = len(config["resblockKernelSizes"])
        self.conv_pre = nn.Conv1d(config["melBands"], channels, 7, padding=3)
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        self.source_convs = nn.ModuleList() if config["source"] else None
        for i, (rate, kernel) in enumerate(zip(rates, kernels)):
            channels //= 2
            self.ups.append(nn.ConvTranspose1d(2 * channels, channels, kernel, rate, (kernel - rate) // 2))
            if self.source_convs is not None:
                stride = math.prod(rates[i + 1 :])
                shape = (2 * stride, stride, stride // 2) if stride > 1 else (7, 1, 3)
                self.source_convs.append(nn.Conv1d(2, channels, *shape))
            for k, dilations in zip(config["resblockKernelSizes"], config["resblockDilationSizes"]):
                self.resblocks.append(block(channels, k, dilations))
        self.conv_post = nn.Conv1d(channels, 1, 7, padding=3)

    def forward(self, mel, source=None):
        x = self.conv_pre(mel)
        for i, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, SLOPE))
            if self.source_convs is not None:
                x = x + self.source_convs[i](source)
            n = self.blocks_per_stage
            blocks = self.resblocks[i * n : (i + 1) * n]
            total = blocks[0](x)
            for b in blocks[1:]:
                total = total + b(x)
            x = total / n
        return torch.tanh(self.conv_post(F.leaky_relu(x, 0.01)))


def from_manifest(vocoder: dict, mel_bands: int) -> dict:
    """A vocoder entry of a voice's model.json, as this module's config."""
    keys = ("resblock", "upsampleRates", "upsampleKernelSizes", "upsampleInitialChannel")
    keys += ("resblockKernelSizes", "resblockDilationSizes", "source")
    return {**{key: vocoder[key] for key in keys}, "melBands": mel_bands}


def from_upstream(config: dict) -> dict:
    """The config.json beside a jik876 checkpoint, as this module's config."""
    return {
        "resblock": config["resblock"],
        "upsampleRates": config["upsample_rates"],
        "upsampleKernelSizes": config["upsample_kernel_sizes"],
        "upsampleInitialChannel": config["upsample_initial_channel"],
        "resblockKernelSizes": config["resblock_kernel_sizes"],
        "resblockDilationSizes": config["resblock_dilation_sizes"],
        "melBands": config.get("num_mels", 80),
        "source": False,
    }


def fold_weight_norm(state: dict) -> dict:
    """weight = weight_g * weight_v / ||weight_v||, the norm over all axes but the first."""
    folded = {}
    for name, tensor in state.items():
        if name.endswith(".weight_g"):
            base = name.removesuffix("_g")
            v = state[base + "_v"].double()
            norm = v.flatten(1).norm(dim=1).view(-1, *[1] * (v.dim() - 1))
            folded[base] = (tensor.double() * v / norm).float()
        elif not name.endswith(".weight_v"):
            folded[name] = tensor.float()
    return folded


def randomize(generator: Generator, seed: int) -> None:
    """Seeded weights that keep the signal's scale, so that no layer computes on denormals or saturates."""
    torch.manual_seed(seed)
    for module in generator.modules():
        if isinstance(module, (nn.Conv1d, nn.ConvTranspose1d)):
            fan_in = module.weight[0].numel()
            if isinstance(module, nn.ConvTranspose1d):
                fan_in = module.weight.shape[0] * module.weight.shape[2] // module.stride[0]
            nn.init.normal_(module.weight, 0, 0.8 / math.sqrt(fan_in))
            nn.init.zeros_(module.bias)
