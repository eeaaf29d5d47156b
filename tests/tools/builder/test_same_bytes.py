"""A bundle does not depend on the seed of Python's hashes, another one in each process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import joblib
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

PROGRAM = """
import sys
from pathlib import Path
from pilotlight.tools.builder import build
for file in sys.argv[2:]:
    folder = Path(sys.argv[1], Path(file).stem)
    print(build(Path(file), folder, "m", trust_pickle=True).bundle.version)
"""


def test_any_hash_seed_gives_the_same_bundle(tmp_path: Path) -> None:
    digits, kinds = load_digits(return_X_y=True)
    rows = [["Bern", "a good one"], ["Chur", "a bad one"]]
    columns = ColumnTransformer([("c", OneHotEncoder(), [0]), ("t", TfidfVectorizer(), 1)])
    models = {
        "network": make_pipeline(MinMaxScaler(), MLPClassifier([4], tol=0.1)),
        "columns": make_pipeline(columns, DecisionTreeClassifier()),
    }
    models["network"].fit(digits[:50] > 8, kinds[:50])
    models["columns"].fit(rows, [1, 0])
    files = []
    for name, model in models.items():
        files.append(tmp_path / f"{name}.joblib")
        joblib.dump(model, files[-1])
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, tmp_path / seed, *files],
            env=os.environ | {"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("0", "1", "7", "116")
    ]
    printed = [process.communicate(timeout=60)[0] for process in running]
    assert len(printed[0].split()) == 2
    assert printed == [printed[0]] * 4
    for seed in ("1", "7", "116"):
        for file in (tmp_path / "0").rglob("*.*"):
            same = tmp_path / seed / file.relative_to(tmp_path / "0")
            assert same.read_bytes() == file.read_bytes()
