"""The entry of the ``pilotlight`` command: says what to install where the tools half is not."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        from .cli import main as command
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pilotlight"):
            raise
        sys.exit(
            f"pilotlight: the command line needs {error.name}, which is not installed. Install it "
            'with: pip install "pilotlight[tools]"'
        )
    command(prog_name="pilotlight")


if __name__ == "__main__":
    main()
