"""scikit-learn's estimators, on scikit-learn's own data: the bundle answers as they do."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier, LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from .conftest import Make, Serve

IRIS, WINE, DIABETES, DIGITS, CANCER = (
    load(return_X_y=True)
    for load in (load_iris, load_wine, load_diabetes, load_digits, load_breast_cancer)
)


def _same(answers: list[Any], rows: Any, model: Any, **methods: str) -> None:
    """Assert that answers are what the model's methods give for rows, by output name."""
    for name, method in methods.items():
        wanted = np.asarray(getattr(model, method)(rows))
        found = np.array([answer[name] for answer in answers]).reshape(wanted.shape)
        if wanted.dtype.kind == "f":
            assert found == pytest.approx(wanted, rel=1e-3, abs=3e-3), name
        else:
            assert found.tolist() == wanted.tolist(), name


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (RandomForestClassifier(5, random_state=0), DIGITS),
        (GradientBoostingClassifier(n_estimators=5, random_state=0), WINE),
        (HistGradientBoostingClassifier(max_iter=5), WINE),
        (HistGradientBoostingClassifier(max_iter=5), CANCER),
        (KNeighborsClassifier(), IRIS),
        (GridSearchCV(LogisticRegression(max_iter=500), {"C": [1, 2]}, cv=2), IRIS),
    ],
)
def test_a_classifier_with_probabilities(model: Any, data: Any, serve: Serve) -> None:
    rows = data[0].astype("float32").astype("float64")
    model.fit(rows, data[1])
    answers = serve(model).predict(rows.tolist())
    _same(answers, rows, model, label="predict", probabilities="predict_proba")


@pytest.mark.parametrize("data", [IRIS, CANCER], ids=["three classes", "two classes"])
@pytest.mark.parametrize(
    "model",
    [
        SVC(),
        make_pipeline(StandardScaler(), LinearSVC()),
        LinearSVC(),
        RidgeClassifier(),
        make_pipeline(StandardScaler(), SGDClassifier(random_state=0)),
    ],
)
def test_a_classifier_without_probabilities_gives_its_scores(
    model: Any, data: Any, serve: Serve
) -> None:
    rows = data[0].astype("float32").astype("float64")
    model.fit(rows, data[1])
    service = serve(model)
    assert [spec.name for spec in service.model.bundle.outputs] == ["label", "scores"]
    answers = service.predict(rows.tolist())
    _same(answers, rows, model, label="predict", scores="decision_function")


def test_scores_of_pairs_of_classes_carry_no_class_names(make: Make) -> None:
    built = make(SVC(decision_function_shape="ovo").fit(*IRIS))
    assert [(spec.name, spec.names) for spec in built.bundle.outputs] == [
        ("label", None),
        ("scores", None),
    ]
    assert make(SVC().fit(*IRIS)).bundle.outputs[1].names == (0, 1, 2)


@pytest.mark.parametrize(
    "model", [IsolationForest(n_estimators=20, random_state=0), LocalOutlierFactor(novelty=True)]
)
def test_an_outlier_detector_gives_its_scores(model: Any, serve: Serve) -> None:
    rows = IRIS[0].astype("float32").astype("float64")
    answers = serve(model.fit(rows)).predict(rows.tolist())
    _same(answers, rows, model, label="predict", scores="decision_function")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_clusters_come_with_the_distances_to_their_centres(dtype: str, serve: Serve) -> None:
    rows = IRIS[0].astype("float32").astype(dtype)
    model = KMeans(3, n_init=1, random_state=0).fit(rows)
    answers = serve(model).predict(rows.tolist())
    _same(answers, rows, model, label="predict", scores="transform")


@pytest.mark.parametrize(
    "model",
    [
        LinearRegression(),
        HistGradientBoostingRegressor(max_iter=5),
        RandomForestRegressor(5, random_state=0),
    ],
)
def test_a_regressor(model: Any, serve: Serve) -> None:
    rows = DIABETES[0].astype("float32").astype("float64")
    model.fit(rows, DIABETES[1])
    answers = serve(model).predict(rows.tolist())
    assert np.ravel(answers) == pytest.approx(model.predict(rows), rel=1e-4)


@pytest.mark.parametrize(
    "model",
    [
        MultiOutputClassifier(LogisticRegression(max_iter=500)),
        RandomForestClassifier(5, random_state=0),
    ],
)
@pytest.mark.parametrize("is_multilabel", [True, False])
def test_each_of_several_targets_has_its_probabilities(
    model: Any, is_multilabel: bool, serve: Serve
) -> None:
    rows, kinds = IRIS[0].astype("float32").astype("float64"), IRIS[1]
    targets = np.column_stack([kinds > 0 if is_multilabel else kinds, kinds > 1]).astype(int)
    model.fit(rows, targets)
    service = serve(model)
    assert service.model.bundle.stacks
    answers = service.predict(rows.tolist())
    _same(answers, rows, model, label="predict")
    for target, wanted in enumerate(model.predict_proba(rows)):
        found = [answer[f"probabilities_{target}"] for answer in answers]
        assert np.array(found) == pytest.approx(wanted, abs=1e-5)


def test_no_warning_of_scikit_learn_or_its_converter_reaches_the_terminal(make: Make) -> None:
    """Warnings are errors in tests; SVC(probability=True) has deprecated attributes, say."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SVC(probability=True, random_state=0).fit(*IRIS)
    assert make(model).bundle.outputs[1].name == "probabilities"
