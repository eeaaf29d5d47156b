"""The whole main job, on real parts, with real digits.

Builds the bundle, packs the artifact, runs it under AWS's own runtime client, and asks it over HTTP
about digits that the model was not trained on. Run it with ``scripts/demo``.
"""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

from rich.console import Console
from rich.table import Table
from train import held_back

from pilotlight.tools.local.aws import running
from pilotlight.tools.local.project import pack, settings
from pilotlight.tools.project import Project

ROOT = Path(__file__).resolve().parents[2]
SHOWN = 6
BATCH = 50
INK = " .:-=+*#%@"
console = Console(highlight=False)


def command(*arguments: str) -> None:
    """Show a command and run it, as a user would."""
    console.print(f"\n[bold]$ pilotlight {' '.join(arguments)}[/bold]")
    tool = Path(sys.executable).with_name("pilotlight")
    done = subprocess.run([tool, *arguments], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.returncode)  # it has said why


def predict(url: str, instances: list[list[float]]) -> list[dict[str, object]]:
    """Ask the running function."""
    request = urllib.request.Request(
        f"{url}/predict",
        json.dumps({"instances": instances}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)["predictions"]


def picture(pixels: list[float]) -> str:
    """Draw 64 pixels of 0 to 16 as eight lines of characters."""
    rows = [pixels[start : start + 8] for start in range(0, 64, 8)]
    return "\n".join("".join(INK[int(p * 9 / 16)] for p in row) for row in rows)


def ask(url: str) -> None:
    """Ask about the digits held back, show some, and count."""
    pixels, labels = held_back()
    answers = []
    for start in range(0, len(pixels), BATCH):
        answers += predict(url, pixels[start : start + BATCH])
    table = Table(title=f"{SHOWN} of {len(labels)} digits held back", title_justify="left")
    for digit in labels[:SHOWN]:
        table.add_column(f"is {digit}", justify="center", no_wrap=True, min_width=8)
    table.add_row(*[picture(row) for row in pixels[:SHOWN]])
    table.add_row(*[verdict(a, t) for a, t in zip(answers[:SHOWN], labels, strict=False)])
    console.print(table)
    right = sum(a["label"] == truth for a, truth in zip(answers, labels, strict=True))
    console.print(
        f"{right} of {len(labels)} right ({right / len(labels):.1%}), asked {BATCH} a request"
    )


def verdict(answer: dict[str, object], truth: int) -> str:
    """Say what was predicted, how surely, and whether it is so."""
    sure = max(answer["probabilities"])
    mark = "✓" if answer["label"] == truth else "✗"
    return f"{mark} {answer['label']}  {sure:.0%}"


def main() -> None:
    """Do it all."""
    command("build", "examples/digits/digits.joblib", "--trust-pickle", "--name", "digits")
    command("package", "aws")
    project = Project.read(ROOT)
    console.print("\n[bold]the artifact under AWS's own runtime client[/bold]")
    artifact = pack(project, lambda text: console.print(f"  {text}", style="dim"))
    with running(artifact, settings(project)) as run:
        console.print(f"  {artifact.name} answers on {run.url}\n", style="dim")
        ask(run.url)


if __name__ == "__main__":
    main()
