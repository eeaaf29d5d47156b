"""Tables and texts: columns are inputs of their own, an instance of a vectorizer is its text."""

from __future__ import annotations

from typing import Any

import pytest
from pandas import DataFrame
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

from pilotlight import Spec

from .conftest import Serve

TEXTS = [
    "Good movie, great fun!",
    "bad film",
    "A great école in Zürich",
    "awful bore",
    "nice and good",
    "terrible; a bad ÜBERMUT",
    "it's good, isn't it?",
    "Überhaupt nicht good",
]
TASTES = [1, 0, 1, 0, 1, 0, 1, 0]
TABLE = DataFrame(
    {
        "text": TEXTS,
        "city": ["Bern", "Zürich", "Bern", "Chur"] * 2,
        "rooms": [1, 2, 3, 4, 3, 2, 1, 3],
        "age": [20.0, 30, 40, 50, 15, 25, 35, 45],
    }
)
TEXT, CITY = Spec("text", "string", (None, 1)), Spec("city", "string", (None, 1))
ROOMS, AGE = Spec("rooms", "int64", (None, 1)), Spec("age", "float32", (None, 1))


def _columns(*parts: tuple[Any, Any]) -> Any:
    named = [(str(index), *part) for index, part in enumerate(parts)]
    return make_pipeline(ColumnTransformer(named), LogisticRegression())


def _same(service: Any, instances: list[Any], model: Any, rows: Any) -> None:
    answers = service.predict(instances)
    assert [answer["label"] for answer in answers] == model.predict(rows).tolist()
    for answer, wanted in zip(answers, model.predict_proba(rows), strict=True):
        assert answer["probabilities"] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(
    ("model", "specs"),
    [
        (
            _columns((StandardScaler(), ["age", "rooms"])),
            [Spec("rooms", "float32", (None, 1)), AGE],
        ),
        (_columns((OneHotEncoder(), ["rooms"]), (StandardScaler(), ["age"])), [ROOMS, AGE]),
        (
            _columns((OneHotEncoder(), ["city", "rooms"]), ("passthrough", ["age"])),
            [CITY, ROOMS, AGE],
        ),
        (_columns((OrdinalEncoder(), ["city"]), (MinMaxScaler(), ["age"])), [CITY, AGE]),
        (_columns((OneHotEncoder(), [0]), (StandardScaler(), [1])), [CITY, AGE]),
        (_columns((TfidfVectorizer(), "text"), (StandardScaler(), ["age"])), [TEXT, AGE]),
        (
            _columns(
                (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["age"]),
                (make_pipeline(OneHotEncoder(handle_unknown="ignore")), ["city"]),
            ),
            [CITY, AGE],
        ),
        (make_pipeline(OneHotEncoder(), LogisticRegression()), [CITY]),
        (make_pipeline(OrdinalEncoder(), LogisticRegression()), [CITY, ROOMS]),
    ],
)
def test_a_column_is_an_input(model: Any, specs: list[Spec], serve: Serve) -> None:
    rows = TABLE[[spec.name for spec in specs]]
    service = serve(model.fit(rows, TASTES))
    assert service.model.bundle.inputs == tuple(specs)
    if len(specs) > 1:
        _same(service, rows.to_dict("records"), model, rows)
    _same(
        service, rows.to_numpy().tolist() if len(specs) > 1 else list(rows.iloc[:, 0]), model, rows
    )


def test_columns_without_names_are_numbered(serve: Serve) -> None:
    rows = TABLE[["city", "age"]].to_numpy(dtype=object)
    model = _columns((OneHotEncoder(), [0]), (StandardScaler(), [1])).fit(rows, TASTES)
    service = serve(model)
    assert [spec.name for spec in service.model.bundle.inputs] == ["x0", "x1"]
    _same(service, rows.tolist(), model, rows)


def test_numeric_columns_by_position_stay_one_matrix(serve: Serve) -> None:
    rows, kinds = load_wine(return_X_y=True)
    model = _columns((StandardScaler(), [0, 3, 5]), (MinMaxScaler(), slice(6, 13))).fit(rows, kinds)
    service = serve(model)
    assert service.model.bundle.inputs == (Spec("X", "float32", (None, 13)),)
    _same(service, rows.tolist(), model, rows)


@pytest.mark.parametrize(
    "vectorizer",
    [
        TfidfVectorizer(),
        TfidfVectorizer(ngram_range=(1, 2)),
        TfidfVectorizer(stop_words="english"),
        CountVectorizer(lowercase=False),
        CountVectorizer(binary=True),
    ],
)
def test_an_instance_of_a_vectorizer_is_its_text(vectorizer: Any, serve: Serve) -> None:
    model = make_pipeline(vectorizer, LogisticRegression()).fit(TEXTS, TASTES)
    service = serve(model)
    assert service.model.bundle.inputs == (Spec("X", "string", (None,)),)
    texts = [*TEXTS, "", "a", "GREAT ÉCOLE", "unheard-of words"]
    _same(service, texts, model, texts)
