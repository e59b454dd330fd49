"""How many made photographs the reference's network reads right, by light, paper, pen and JPEG.

Run as `python -m tests.read_photographs`. With the path of another script, it measures the `load_image` in there.
"""

import itertools
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import torch

from autograder.judge.oracle import import_script
from autograder.made_photographs import LIGHTS, PAPERS, PENS, Scene, jpeg, photograph

HERE = Path(__file__).resolve().parents[1] / "reference" / "lab4"
FALL, DIGITS = 0.4, 10  # the darkest place gets 40 % less light; each digit once in each circumstance
PHONES = {"a phone's JPEG (quality 85)": 85, "sent by a messenger (quality 40)": 40}


def main() -> None:
    """Print a Markdown table."""
    script = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "4_4_own_image.py"
    load_image = import_script(script).load_image
    network = import_script(HERE / "4_2_better_cnn.py").BetterCNN().eval()
    network.load_state_dict(torch.load(HERE / "weights" / "mnist" / "better_cnn.pt", weights_only=True))
    right: dict[str, list[bool]] = defaultdict(list)
    seeds = itertools.count(1)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        file = Path(folder) / "photograph.jpg"
        for light, paper, pen, phone in itertools.product(LIGHTS, PAPERS, PENS, PHONES):
            fall = 0.0 if light == "even" else FALL
            for digit, seed in zip(range(DIGITS), seeds):  # noqa: B905 (the seeds go on)
                scene = Scene(light, fall, paper, pen, quality=PHONES[phone], turned=90 * (digit % 2))
                file.write_bytes(jpeg(photograph(digit, scene, seed), scene))
                read = int(network(load_image(file)[None]).argmax())
                for circumstance in (f"light: {light}", f"paper: {paper}", f"pen: {pen}", phone, "all"):
                    right[circumstance].append(read == digit)
    print("| circumstance | read right, % | pictures |\n|---|---|---|")
    for circumstance, answers in right.items():
        print(f"| {circumstance} | {100 * sum(answers) / len(answers):.1f} | {len(answers)} |")


if __name__ == "__main__":
    main()
