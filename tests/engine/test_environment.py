"""What creating ONNX Runtime's environment does to the process and to the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CREATE = """
import os, re
from pilotlight.engine.environment import environment
environment()
maps = open("/proc/self/smaps").read()
code = re.search(r"r-xp[^\\n]*libonnxruntime.*?\\nRss: +(\\d+)", maps, re.DOTALL)
print(os.environ["ORT_DISABLE_TELEMETRY"], code[1])
"""


def create(home: Path, **environ: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", CREATE],
        env={"PATH": os.environ["PATH"], "HOME": str(home), **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_nothing_is_written_below_home_and_nothing_reported(tmp_path: Path) -> None:
    assert create(tmp_path)[0] == "1"
    assert list(tmp_path.iterdir()) == []


def test_a_user_who_set_the_telemetry_switch_is_not_overruled(tmp_path: Path) -> None:
    assert create(tmp_path, ORT_DISABLE_TELEMETRY="0")[0] == "0"


def test_the_code_that_registered_the_operators_is_given_back(tmp_path: Path) -> None:
    resident_kb = int(create(tmp_path)[1])
    assert resident_kb < 1000  # 5 to 15 MB before
