"""The artifact for AWS Lambda: what is in it, for whom, how large, and what is refused."""

from __future__ import annotations

import importlib.util
import re
import struct
import zipfile
from pathlib import Path

import pytest

from pilotlight.errors import PackageError
from pilotlight.tools.packager.artifact import Artifact
from pilotlight.tools.packager.aws import package
from pilotlight.tools.packager.bytecode import find_python
from pilotlight.tools.packager.resolve import pins
from pilotlight.tools.packager.targets import Target
from pilotlight.tools.project import Project

MACHINES = {"x86_64": 62, "arm64": 183}  # e_machine of an ELF header


def names(artifact: Artifact) -> list[str]:
    with zipfile.ZipFile(artifact.file) as archive:
        return archive.namelist()


def sources(artifact: Artifact) -> list[str]:
    return [name for name in names(artifact) if not name.endswith(".pyc")]


@pytest.fixture(scope="module")
def artifact(digits_project: Project) -> Artifact:
    return package(digits_project)


def test_it_holds_the_c_library_orjson_the_runtime_half_the_handlers_and_the_bundle(
    artifact: Artifact,
) -> None:
    kept = [
        name
        for name in sources(artifact)
        if not name.startswith(("pilotlight/", "orjson-")) or "libonnxruntime" in name
    ]
    assert kept == [
        "aws_lambda.py",
        "model/digits/model.json",
        "model/digits/model.onnx",
        "model/digits/weights.bin",
        "orjson/__init__.py",
        "orjson/__init__.pyi",
        "orjson/orjson.cpython-313-x86_64-linux-gnu.so",
        "orjson/py.typed",
        "pilotlight/engine/libonnxruntime.so.1.31.1",
        "service.py",
    ]
    modules = {name.split("/")[1].removesuffix(".py") for name in sources(artifact) if "/" in name}
    assert "tools" not in modules
    assert {"aws", "engine", "http", "model", "service"} <= modules


def test_it_keeps_the_size_that_is_promised(artifact: Artifact) -> None:
    without_model = [part for part in artifact.parts if part.name != "model"]
    assert sum(part.unzipped for part in without_model) <= 32_000_000
    assert sum(part.zipped for part in without_model) <= 12_000_000


def test_a_second_build_has_the_same_bytes(artifact: Artifact, digits_project: Project) -> None:
    again = package(digits_project, digits_project.root / "again.zip")
    assert again.file.read_bytes() == artifact.file.read_bytes()


@pytest.mark.parametrize(("python", "architecture"), [("3.14", "arm64"), ("3.12", "x86_64")])
def test_native_code_is_the_targets_whatever_the_host_is(
    digits_project: Project, tmp_path: Path, python: str, architecture: str
) -> None:
    made = package(digits_project.for_aws(python, architecture), tmp_path / "other.zip")
    with zipfile.ZipFile(made.file) as archive:
        native = [name for name in archive.namelist() if ".so" in name]
        machines = {struct.unpack("<H", archive.read(name)[18:20])[0] for name in native}
    assert len(native) == 2
    assert machines == {MACHINES[architecture]}
    assert any(f"cpython-{python.replace('.', '')}" in name for name in native)


def test_bytecode_is_unchecked_and_of_this_python(digits_project: Project) -> None:
    made = package(digits_project, target=Target.here())
    with zipfile.ZipFile(made.file) as archive:
        compiled = [name for name in archive.namelist() if name.endswith(".pyc")]
        heads = {archive.read(name)[:8] for name in compiled}
    assert heads == {importlib.util.MAGIC_NUMBER + struct.pack("<I", 0b01)}  # PEP 552
    assert len(compiled) == len([name for name in names(made) if name.endswith(".py")])


def test_no_path_of_the_host_is_in_it(artifact: Artifact, digits_project: Project) -> None:
    with zipfile.ZipFile(artifact.file) as archive:
        for name in archive.namelist():
            if name.endswith((".pyc", ".py")):
                content = archive.read(name)
                assert str(digits_project.root).encode() not in content, name
                assert b"/pilotlight-" not in content, name


def test_where_the_targets_python_is_not_here_it_says_so(
    digits_project: Project, tmp_path: Path
) -> None:
    if find_python("3.14"):
        expected: tuple[str, ...] = ()
    else:
        note = (
            "no bytecode: there is no Python 3.14 here to make it, so that the first request "
            "compiles every module; `uv python install 3.14` gets one"
        )
        expected = (note,)
    made = package(digits_project.for_aws("3.14", None), tmp_path / "new.zip")
    assert made.notes == expected


def in_store(project: Path) -> Project:
    text = (project / "pyproject.toml").read_text()
    text = text.replace('"models/digits"', '"s3://bucket/models/digits"')
    (project / "pyproject.toml").write_text(text)
    return Project.read(project)


def test_obstore_is_needed_only_where_the_model_comes_from_a_store(project: Path) -> None:
    target = Target("aws", "x86_64", "3.13")
    here = pins(Project.read(project), target)
    assert [pin.split("==")[0] for pin in here] == ["orjson"]
    away = pins(in_store(project), target)
    assert [pin.split("==")[0] for pin in away] == ["obstore", "orjson"]
    assert all(" --hash=sha256:" in pin for pin in away)


def test_a_model_in_a_store_is_refused_as_long_as_no_function_could_open_it(project: Path) -> None:
    with pytest.raises(PackageError, match="open models from folders only"):
        package(in_store(project))


def depend_on(project: Path, requirement: str) -> None:
    text = (project / "pyproject.toml").read_text()
    name = 'name = "mine"\n\n'
    text = text.replace(name, f'name = "mine"\ndependencies = ["{requirement}"]\n\n', 1)
    (project / "pyproject.toml").write_text(text)


def test_the_projects_own_dependencies_are_packed_from_the_lock(project: Path) -> None:
    depend_on(project, "idna")
    lock = project / "packaging/locks/function.txt"
    lock.unlink()
    made = package(Project.read(project))
    assert "idna/__init__.py" in sources(made)
    assert made.notes[0] == f"{lock} is new; commit it, so that every build is of the same"
    assert "idna==" in lock.read_text()


def test_what_the_lock_does_not_have_is_not_packed(project: Path) -> None:
    depend_on(project, "idna")
    with pytest.raises(PackageError) as caught:
        package(Project.read(project))
    message = str(caught.value)
    assert "does not lock idna==" in message
    assert message.endswith("lock it with: pilotlight package aws --relock")


def test_a_wheel_with_another_hash_than_the_lock_has_is_refused(project: Path) -> None:
    lock = project / "packaging/locks/function.txt"
    lock.write_text(re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", lock.read_text()))
    with pytest.raises(PackageError, match=r"cannot install what function\.txt locks"):
        package(Project.read(project))


def test_hidden_files_stay_out(project: Path) -> None:
    (project / "handlers/.env").write_text("SECRET=1")
    (project / "handlers/sub/.git").mkdir(parents=True)
    (project / "handlers/sub/.git/config").write_text("")
    (project / "handlers/sub/kept.txt").write_text("")
    packed = sources(package(Project.read(project)))
    assert [name for name in packed if "/." in name or name.startswith(".")] == []
    assert "sub/kept.txt" in packed


def test_a_link_that_leads_nowhere_is_named(project: Path) -> None:
    (project / "handlers/gone.txt").symlink_to("nowhere")
    with pytest.raises(PackageError, match=r"gone\.txt cannot be packed, a link to nothing\?"):
        package(Project.read(project))


def test_doors_of_other_platforms_stay_out(project: Path) -> None:
    for name in ("main.py", "function_app.py", "host.json"):
        (project / "handlers" / name).write_text("")
    (project / "handlers/labels.txt").write_text("zero\none\n")
    top = [name for name in sources(package(Project.read(project))) if "/" not in name]
    assert top == ["aws_lambda.py", "labels.txt", "service.py"]


def test_over_the_limit_it_names_the_largest_parts_and_leaves_no_file(
    project: Path, artifact: Artifact
) -> None:
    with (project / "handlers/huge.bin").open("wb") as file:
        file.truncate(240_000_000)
    with pytest.raises(PackageError) as caught:
        package(Project.read(project))
    size = sum(part.unzipped for part in artifact.parts) + 240_000_000
    assert str(caught.value).startswith(
        f"aws-x86_64-py313: {size / 1e6:.1f} MB unzipped, the limit is 262.1 MB (262,144,000 "
        "bytes). Largest: handlers 240.0 MB, ONNX Runtime (C library) 29.4 MB, "
    )
    assert not list((project / "dist").iterdir())


def test_a_missing_door_is_named_with_what_it_holds(project: Path) -> None:
    (project / "handlers/aws_lambda.py").unlink()
    with pytest.raises(PackageError, match=r"has no aws_lambda\.py; it binds the service"):
        package(Project.read(project))


def test_a_handler_named_like_a_package_is_refused(project: Path) -> None:
    (project / "handlers/orjson.py").write_text("")
    with pytest.raises(PackageError, match="has the name of a package that the function needs"):
        package(Project.read(project))


def test_an_altered_bundle_is_not_packed(project: Path) -> None:
    weights = project / "models/digits/weights.bin"
    data = bytearray(weights.read_bytes())
    data[100] ^= 1
    weights.write_bytes(data)
    with pytest.raises(PackageError, match="the file was altered"):
        package(Project.read(project))


def test_a_project_without_its_bundle_is_told_to_build_it(project: Path) -> None:
    for file in (project / "models/digits").iterdir():
        file.unlink()
    (project / "models/digits").rmdir()
    with pytest.raises(PackageError, match="make one with: pilotlight build MODEL"):
        package(Project.read(project))


def test_a_python_whose_glibc_is_too_old_is_refused_with_the_reason(project: Path) -> None:
    with pytest.raises(PackageError) as caught:
        package(Project.read(project).for_aws("3.11", None))
    assert "Amazon Linux 2, whose glibc 2.26 loads no current onnxruntime" in str(caught.value)


def test_a_syntax_that_the_targets_python_lacks_is_refused(project: Path) -> None:
    (project / "handlers/broken.py").write_text("def f(:\n")
    with pytest.raises(PackageError, match="cannot compile the artifact"):
        package(Project.read(project), target=Target.here())
