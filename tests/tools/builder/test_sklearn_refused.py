"""What cannot be converted or compared is refused in a line or two that name it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pandas import DataFrame
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC

from pilotlight.errors import BuildError

from .conftest import Make

ROWS, KINDS = load_iris(return_X_y=True)
CITIES = DataFrame({"city": ["Bern", None, "Chur", "Bern"]}, dtype=object)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            TransformedTargetRegressor(
                LinearRegression(), func=np.log1p, inverse_func=np.expm1
            ).fit(ROWS, KINDS),
            "cannot convert TransformedTargetRegressor: Unable to find a shape calculator",
        ),
        (
            VotingClassifier(
                [("one", SVC()), ("two", RidgeClassifier())], flatten_transform=False
            ).fit(ROWS, KINDS),
            "VotingClassifier",
        ),
        (
            make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(), SVC()).fit(
                CITIES.fillna(np.nan), [0, 1, 0, 1]
            ),
            "cannot convert Pipeline(SimpleImputer, OneHotEncoder, SVC): ",
        ),
        (
            make_pipeline(CountVectorizer(strip_accents="unicode"), LogisticRegression()).fit(
                ["one école", "two"], [0, 1]
            ),
            "only strip_accents=None is supported",
        ),
    ],
)
def test_what_cannot_be_converted_is_told_in_short(model: Any, message: str, make: Make) -> None:
    with pytest.raises(BuildError) as raised:
        make(model)
    told = str(raised.value)
    assert message in told
    assert "\n" not in told
    assert len(told) < 600


def test_an_output_that_nobody_can_compare_is_named(make: Make) -> None:
    """A hard vote has no probabilities, and yet the converter publishes some."""
    model = VotingClassifier(
        [("one", LogisticRegression(max_iter=500)), ("two", LogisticRegression(max_iter=400))],
        flatten_transform=False,
    ).fit(ROWS, KINDS)
    with pytest.raises(BuildError, match="has an output 'probabilities' that scikit-learn cannot"):
        make(model)


def test_a_converter_that_is_wrong_is_found_out(make: Make) -> None:
    """skl2onnx 1.20 takes log(1 + n) for scikit-learn's 1 + log(n)."""
    vectorizer = TfidfVectorizer(sublinear_tf=True)
    model = make_pipeline(vectorizer, LogisticRegression()).fit(["one two", "two three"], [0, 1])
    with pytest.raises(BuildError, match="does not answer as the original does: probabilities"):
        make(model)
