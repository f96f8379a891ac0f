"""Environments are found by what ran in them, compared, and made again."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from nbmlops.capture.environment import describe
from nbmlops.domain.environments import DirectPackage, Environment
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.references import RunReference, StepReference
from nbmlops.errors import StoreError, UnknownNameError
from nbmlops.history.environments import NamedEnvironment, compare, lock
from nbmlops.testing import NOON
from nbmlops.workspace import Workspace

PLAIN = Environment(
    digest="plain",
    python="3.11.7",
    implementation="CPython",
    platform="Linux",
    machine="x86_64",
    executable="/usr/bin/python",
    distributions={"pandas": "3.0", "small": "1.0"},
    direct={"small": DirectPackage(url="file:///small", editable=True, digest="a" * 64)},
    cpus=2,
    threads={"OMP_NUM_THREADS": "1"},
)


def changed(**facts: object) -> Environment:
    """The plain environment with other facts."""
    return replace(PLAIN, **facts)  # type: ignore[arg-type]


def ran(workspace: Workspace, environment: str | None) -> None:
    """Record that ``train`` ran."""
    record = ExecutionRecord(
        notebook="flights.ipynb",
        step="train",
        cell_id="cell",
        source="a = 1",
        digest="a",
        session="session",
        started_at=NOON,
        duration=1.5,
        status=ExecutionStatus.OK,
        environment=environment,
        author="tester",
    )
    workspace.executions.add(record)


def test_a_version_is_found_as_it_was_recorded(mlops_workspace: Workspace) -> None:
    mlops_workspace.executions.add_environment(PLAIN)
    ran(mlops_workspace, PLAIN.digest)
    found = mlops_workspace.environments.of_version(StepReference.parse("train"))
    assert found == NamedEnvironment(name="train@1", environment=PLAIN)


def test_what_was_not_recorded_says_so(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, None)
    with pytest.raises(StoreError, match="The environment of train@1 was not recorded"):
        mlops_workspace.environments.of_version(StepReference.parse("train"))
    with pytest.raises(UnknownNameError, match="There is no run 'flights#3'"):
        mlops_workspace.environments.of_run(RunReference.parse("flights#3"))


def test_the_latest_is_that_of_the_newest_execution_that_has_one(
    mlops_workspace: Workspace,
) -> None:
    with pytest.raises(StoreError, match="No environment has been recorded yet"):
        mlops_workspace.environments.latest()
    newer = changed(python="3.12.1", digest="newer")
    for environment in (PLAIN, newer):
        mlops_workspace.executions.add_environment(environment)
        ran(mlops_workspace, environment.digest)
    ran(mlops_workspace, None)
    found = mlops_workspace.environments.latest()
    assert found == NamedEnvironment(name="@2 (train@1)", environment=newer)


def test_now_is_this_process(mlops_workspace: Workspace) -> None:
    assert mlops_workspace.environments.now().environment.executable == sys.executable


@pytest.mark.parametrize(
    ("after", "names"),
    [
        (PLAIN, []),
        (changed(executable="/elsewhere/python", digest="other"), []),
        (changed(python="3.12.1"), ["python"]),
        (changed(cpus=8, threads={}), ["cpus", "OMP_NUM_THREADS"]),
        (changed(gpus=("A100",)), []),
        (changed(cpus=None), []),
        (changed(distributions={"small": "1.0", "polars": "1"}), ["pandas", "polars"]),
        (
            changed(direct={"small": DirectPackage(url="file:///small", digest="b" * 64)}),
            ["small (sources)"],
        ),
    ],
)
def test_only_what_is_known_to_differ_is_listed(after: Environment, names: list[str]) -> None:
    first = NamedEnvironment(name="train@1", environment=PLAIN)
    found = compare(first, NamedEnvironment(name="now", environment=after))
    assert [change.name for change in found] == names


def wheel(folder: Path, name: str, version: str) -> None:
    """A package of one module, as a wheel."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", f"version = {version!r}\n")
        file.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        tag = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        file.writestr(f"{info}/WHEEL", tag)
        file.writestr(f"{info}/RECORD", "")


@pytest.mark.slow
def test_pip_makes_the_environment_again_from_its_lock(tmp_path: Path) -> None:
    for version in ("1.0", "2.0"):
        wheel(tmp_path, "small", version)
    wheel(tmp_path, "other", "3.1")
    environment = changed(
        distributions={"other": "3.1", "small": "1.0", "local": "7"},
        direct={"local": DirectPackage(url="file:///local", editable=True, digest="c" * 64)},
    )
    text = lock(NamedEnvironment(name="train@1", environment=environment))
    assert (
        f"# local 7: editable, from file:///local; SHA-256 of its Python files: {'c' * 64}" in text
    )
    (tmp_path / "requirements.txt").write_text(text)
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    options = ["--no-index", "--no-compile", "--find-links", str(tmp_path)]
    requirements = ["-r", str(tmp_path / "requirements.txt")]
    clean = {name: text for name, text in os.environ.items() if not name.startswith("PIP_")}
    subprocess.run(
        [python, "-m", "pip", "install", "-q", *options, *requirements], check=True, env=clean
    )
    shown = subprocess.run(
        [python, "-c", "import small, other; print(small.version, other.version)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout == "1.0 3.1\n"


def test_a_package_from_a_remote_place_is_installed_from_there() -> None:
    url = "git+https://example.org/small.git@abc"
    named = NamedEnvironment(
        name="now", environment=changed(direct={"small": DirectPackage(url=url)})
    )
    assert f"small @ {url}\n" in lock(named)
    assert "pandas==3.0\n" in lock(named)


def test_this_process_can_be_locked() -> None:
    named = NamedEnvironment(name="now", environment=describe())
    assert f"pytest=={pytest.__version__}\n" in lock(named)
