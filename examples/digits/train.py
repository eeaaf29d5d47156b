"""Train the reference model: handwritten digits, 64 pixels each, a small neural network.

The data set comes with scikit-learn (1,797 scans of the UCI "Optical Recognition of Handwritten
Digits" test set). A quarter is held back; the demo asks about that quarter.

    python examples/digits/train.py        # writes examples/digits/digits.joblib
"""

from pathlib import Path

import joblib
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

HERE = Path(__file__).parent


def held_back() -> tuple[list[list[float]], list[int]]:
    """Return the pixels and labels that the model was not trained on."""
    _, pixels, _, labels = split()
    return pixels.tolist(), labels.tolist()


def split():
    """Return train pixels, test pixels, train labels and test labels, the same each time."""
    pixels, labels = load_digits(return_X_y=True)
    return train_test_split(pixels, labels, test_size=0.25, random_state=0, stratify=labels)


def main() -> None:
    """Train, test and write the model."""
    train_pixels, test_pixels, train_labels, test_labels = split()
    model = make_pipeline(
        MinMaxScaler(), MLPClassifier(hidden_layer_sizes=(64,), max_iter=500, random_state=0)
    )
    model.fit(train_pixels, train_labels)
    file = HERE / "digits.joblib"
    joblib.dump(model, file, compress=3)
    score = model.score(test_pixels, test_labels)
    print(f"{file.name}: {file.stat().st_size:,} bytes, accuracy {score:.3f} on {len(test_labels)}")


if __name__ == "__main__":
    main()
