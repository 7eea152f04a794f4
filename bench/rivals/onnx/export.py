"""Writes ONNX files from our own weights, so that rivals are measured on the same network, and checks them.

The PyTorch module is held to the goldens, the ONNX file (in onnxruntime) to the PyTorch module, both to 1e-4
max-abs over whole utterances of several lengths. Nothing is written when a check fails. The last line printed
is one JSON object. README.md shows how to call it.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from cases import plain_hifigan, voice_acoustic, voice_vocoder

TOLERANCE = 1e-4
OPSET = 20


def compare(got: dict, wanted: dict, label: str) -> float:
    """The largest absolute difference over the outputs present in both; stops when it exceeds the tolerance."""
    worst = 0.0
    if "durations" in wanted and not np.array_equal(got["durations"], wanted["durations"]):
        frames = np.exp(wanted["log_durations"]) - 1
        off = np.abs(np.abs(frames - np.floor(frames)) - 0.5)[got["durations"] != wanted["durations"]]
        if off.max() > 1e-3:
            sys.exit(f"{label}: durations differ, and not by a rounding tie")
        print(f"{label}: a duration is a rounding tie; mel left to the forced model")
        got = {name: got[name] for name in ("log_durations", "pitch", "energy")}
    for name in wanted.keys() & got.keys():
        if got[name].shape != wanted[name].shape:
            sys.exit(f"{label}: {name} has shape {got[name].shape}, wanted {wanted[name].shape}")
        worst = max(worst, float(np.abs(got[name].astype(np.float64) - wanted[name]).max()))
    print(f"{label}: max-abs {worst:.2e}")
    if not worst <= TOLERANCE:
        sys.exit(f"{label}: over the tolerance of {TOLERANCE}")
    return worst


def run_torch(case, inputs: dict) -> dict:
    with torch.no_grad():
        out = case.module(**inputs)
    values = out if isinstance(out, tuple) else (out,)
    return {name: value.numpy() for name, value in zip(case.outputs, values)}


def export(case, path: Path) -> None:
    torch.onnx.export(
        case.module,
        kwargs=case.example,
        f=path,
        input_names=list(case.example),
        output_names=case.outputs,
        opset_version=OPSET,
        dynamo=True,
        dynamic_shapes=case.dynamic_shapes,
        external_data=False,
        optimize=True,
        verbose=False,
    )
    onnx.checker.check_model(path, full_check=True)


def verify(case, path: Path) -> dict:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    against_golden, against_torch = None, 0.0
    for check in case.checks:
        reference = run_torch(case, check.inputs)
        if check.expected:
            expected = {name: value.numpy() for name, value in check.expected.items()}
            worst = compare(reference, expected, f"PyTorch against golden {check.name}")
            against_golden = max(against_golden or 0.0, worst)
        values = session.run(case.outputs, {name: value.numpy() for name, value in check.inputs.items()})
        got = dict(zip(case.outputs, values))
        against_torch = max(against_torch, compare(got, reference, f"ONNX against PyTorch, {check.name}"))
    if against_golden is None:
        print("no golden given: the PyTorch module itself was not held to a reference")
    return {"torchAgainstGolden": against_golden, "onnxAgainstTorch": against_torch}


def arguments():
    parser = argparse.ArgumentParser(description="ONNX files from voirs weights")
    parser.add_argument("model", choices=["vocoder", "acoustic", "acoustic-forced", "hifigan"])
    parser.add_argument("--voice", type=Path, help="folder with model.json (vocoder, acoustic)")
    parser.add_argument("--vocoder", help="which of the manifest's vocoders (default: that of medium quality)")
    parser.add_argument("--config", type=Path, help="jik876 config.json (hifigan)")
    parser.add_argument("--checkpoint", type=Path, help="jik876 .pth (hifigan); without it, random weights")
    parser.add_argument("--seed", type=int, default=1, help="of the random weights")
    parser.add_argument("--weights", type=Path, help="where random weights are saved as safetensors")
    parser.add_argument("--golden", type=Path, nargs="*", default=[], help="golden .safetensors to check against")
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    if a.model == "hifigan" and not (a.config and (a.checkpoint or a.weights)):
        parser.error("hifigan needs --config, and --checkpoint or --weights")
    if a.model != "hifigan" and not a.voice:
        parser.error(f"{a.model} needs --voice")
    return a


def main() -> None:
    a = arguments()
    torch.manual_seed(0)
    if a.model == "hifigan":
        case = plain_hifigan(a.config, a.checkpoint, a.golden, a.seed, a.weights)
    elif a.model == "vocoder":
        case = voice_vocoder(a.voice, a.vocoder, a.golden)
    else:
        case = voice_acoustic(a.voice, a.model == "acoustic-forced", a.golden)
    a.out.parent.mkdir(parents=True, exist_ok=True)
    partial = a.out.with_name(f"partial-{os.getpid()}-{a.out.name}")
    try:
        export(case, partial)
        worst = verify(case, partial)
        partial.replace(a.out)
    finally:
        partial.unlink(missing_ok=True)
    proto = onnx.load(a.out)
    facts = {"opset": OPSET, "nodes": len(proto.graph.node), "bytes": a.out.stat().st_size, "torch": torch.__version__}
    print(json.dumps({"out": a.out.name, **facts, **worst}))


if __name__ == "__main__":
    main()
