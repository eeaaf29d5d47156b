from __future__ import annotations

import pytest

from pilotlight.errors import ConfigurationError
from pilotlight.tools.packager.targets import Target, facts, platform_tag


@pytest.mark.parametrize(
    ("target", "tag"),
    [
        (Target("aws", "x86_64", "3.11"), "x86_64-manylinux_2_17"),
        (Target("aws", "x86_64", "3.12"), "x86_64-manylinux_2_34"),
        (Target("aws", "arm64", "3.14"), "aarch64-manylinux_2_34"),
    ],
)
def test_the_platform_of_a_target_follows_from_its_glibc(target: Target, tag: str) -> None:
    assert platform_tag(target) == tag


def test_a_python_that_lambda_has_not_is_refused_with_those_it_has() -> None:
    with pytest.raises(ConfigurationError) as caught:
        facts(Target("aws", "x86_64", "3.9"))
    assert str(caught.value) == (
        "aws-x86_64-py39: AWS Lambda runs Python 3.11, 3.12, 3.13, 3.14; choose one with --python "
        "or in [tool.pilotlight.aws]"
    )


def test_this_machine_is_a_target_with_its_own_glibc() -> None:
    here = Target.here()
    assert here.platform == "local"
    assert facts(here).system == "this machine"
    assert facts(here).glibc >= (2, 17)
