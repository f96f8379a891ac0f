"""Run a notebook, a script or a function in a process of its own, as a step of a pipeline."""

from __future__ import annotations

import builtins
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from nbmlops.capture import auditing
from nbmlops.capture.externals import VARIABLE, variables_in
from nbmlops.capture.modules import module_digests
from nbmlops.config import NOTEBOOK_VARIABLE, RUN_VARIABLE, choose_project
from nbmlops.errors import NodeFailedError, NotebookChangedError
from nbmlops.execution import node_listening

Result = dict[str, Any]
"""What a node has made: its ``product``, and the SHA-256 of each of its ``files``."""

_GRACE = 15.0
"""Seconds that an interrupted node has to end by itself."""

_OWN_VARIABLES = (RUN_VARIABLE, NOTEBOOK_VARIABLE, "JPY_SESSION_NAME", "JPY_PARENT_PID")


def node(
    path: str,
    *,
    cells: Sequence[str] | None = None,
    script: str | None = None,
    function: str | None = None,
    at: int = 0,
    allowed: Sequence[int] = (),
    kernel: str = "python3",
    folder: str = "",
    parameters: Mapping[str, Any] | None = None,
    environment: Mapping[str, Any] | None = None,
    product: Any = None,
    report: str | None = None,
    upstream: Mapping[str, Any] | None = None,
    after: Sequence[Result] = (),
    modules: Mapping[str, str] | None = None,
) -> Result:
    """Run a node of an imported pipeline, and show what it shows; `nbmlops build` writes the call.

    What it reads, writes and starts counts as done by the cell that calls this.

    Args:
        path: its file; this and other paths are relative to the working directory.
        cells: the cells, if it is a notebook.
        script: its text, if it is a script.
        function: its dotted name, if it is a function.
        at: before which cell the parameters are put in.
        allowed: positions of the cells that may fail.
        kernel: the kernel of a notebook.
        folder: its working directory.
        parameters: what is put in, or given to the function.
        environment: variables beside those of this process.
        product: the files that it has to make, which it is given with absolute paths.
        report: where the executed notebook goes: ``.ipynb`` or ``.html``.
        upstream: the results that it needs, by the name under which it looks for them.
        after: results that have to be there before, which it is not given.
        modules: digests of the project's modules that it uses, as they were at the build.

    Returns:
        What it made.

    Raises:
        NodeFailedError: it failed, or did not make its product.
        NotebookChangedError: a module is another one than at the build.
    """
    del after
    base = Path.cwd()
    sources = list(cells or ()) + [text for text in (script,) if text is not None]
    _require_modules(path, modules or {}, base / folder, [*sources, *_import_of(function)])
    given = dict(parameters or {})
    if product is not None and function is None:
        given |= {
            "upstream": _absolute_upstream(upstream, base),
            "product": _absolute(product, base),
        }
    variables = {name: str(value) for name, value in (environment or {}).items()}
    job = {
        "kind": "function" if function else "script" if script is not None else "notebook",
        "file": str(base / path),
        "folder": str(base / folder),
        "cells": list(cells or ()),
        "script": script,
        "function": function,
        "at": at,
        "allowed": list(allowed),
        "kernel": kernel,
        "parameters": given,
        "product": _absolute(product, base),
        "upstream": _absolute_upstream(upstream, base),
        "report": None if report is None else str(base / report),
    }
    for file in _paths(product):
        (base / file).parent.mkdir(parents=True, exist_ok=True)
    with auditing.elsewhere() as log:
        if report is not None:
            log.touch(base / report, "write")  # the node's process does, and not its kernel
        _run(path, job, _variables(variables), log)
        log.events += [(VARIABLE, (name,)) for name in variables_in(sources)]
        own = [(VARIABLE, (name,)) for name in variables]
        log.events = [event for event in log.events if event not in own]
    return _result(path, product, report, base)


def _import_of(function: str | None) -> list[str]:
    return [] if function is None else [f"import {function.rpartition('.')[0]}"]


def _require_modules(
    path: str, built: Mapping[str, str], folder: Path, sources: Sequence[str]
) -> None:
    now = module_digests(sources, project=str(choose_project(Path.cwd())), folder=str(folder))
    changed = sorted(name for name in {*built, *now} if built.get(name) != now.get(name))
    if changed:
        raise NotebookChangedError(
            f"{', '.join(changed)}, which {path} uses, is not what the pipeline was built from.",
            cure="Build it again: nbmlops build, with the pipeline's file.",
        )


def _variables(given: Mapping[str, str]) -> dict[str, str]:
    found = {name: value for name, value in os.environ.items() if name not in _OWN_VARIABLES}
    if "inline" in found.get("MPLBACKEND", ""):
        del found["MPLBACKEND"]  # it is that of this kernel
    return {**found, **given}


def _absolute(product: Any, base: Path) -> Any:
    if isinstance(product, Mapping):
        return {key: _absolute(one, base) for key, one in product.items()}
    return None if product is None else os.path.normpath(base / str(product))


def _absolute_upstream(upstream: Mapping[str, Any] | None, base: Path) -> Any:
    """The products of what comes before; of a pattern, those of each node by its name."""
    if not upstream:
        return None
    return {
        key: _absolute(value["product"], base)
        if "product" in value and "files" in value
        else {name: _absolute(one["product"], base) for name, one in value.items()}
        for key, value in upstream.items()
    }


def _paths(product: Any) -> list[str]:
    if isinstance(product, Mapping):
        return [path for one in product.values() for path in _paths(one)]
    return [] if product is None else [str(product)]


def _run(path: str, job: dict[str, Any], variables: dict[str, str], log: auditing.AuditLog) -> None:
    with TemporaryDirectory(prefix="nbmlops-node-") as folder:
        place = Path(folder)
        job |= {"log": str(place / "log.json"), "result": str(place / "result.json")}
        (place / "job.json").write_text(json.dumps(job), "utf-8")
        command = [
            sys.executable,
            "-u",
            "-m",
            "nbmlops.execution.node_process",
            folder + "/job.json",
        ]
        process = subprocess.Popen(
            command,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        with process:
            try:
                _follow(process, as_json=job["kind"] == "notebook")
            except BaseException:
                _stop(process)
                raise
            finally:
                log.absorb(node_listening.read(place / "log.json"))
        result = place / "result.json"
        if not result.exists():
            raise NodeFailedError(path, "ProcessEnded", f"it ended with {process.returncode}")
        failure = json.loads(result.read_text("utf-8"))["failure"]
    if failure is not None:
        print(failure["traceback"], file=sys.stderr, end="")  # noqa: T201 (shown under the cell)
        raise NodeFailedError(path, failure["kind"], failure["message"], cell=failure["cell"])


def _follow(process: subprocess.Popen[bytes], *, as_json: bool) -> None:
    """Show what a process says, until it ends."""
    errors = threading.Thread(target=_copy, args=(process.stderr, sys.stderr))
    errors.start()
    if process.stdout is not None:
        if as_json:
            for line in process.stdout:
                _show(json.loads(line))
        else:
            _copy(process.stdout, sys.stdout)
    process.wait()
    errors.join()


def _copy(source: IO[bytes] | None, target: IO[str]) -> None:
    for line in source or ():
        target.write(line.decode("utf-8", "replace"))


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _show(outputs: Sequence[Mapping[str, Any]]) -> None:
    """Show the outputs of a cell as those of the cell that runs here."""
    shell = getattr(builtins, "get_ipython", lambda: None)()
    for output in outputs:
        if output["output_type"] == "stream":
            target = sys.stdout if output["name"] == "stdout" else sys.stderr
            target.write(_joined(output["text"]))
        elif output["output_type"] == "error":
            sys.stderr.write("\n".join(output["traceback"]) + "\n")
        elif shell is not None:
            data = {kind: _joined(one) for kind, one in output["data"].items()}
            shell.display_pub.publish(data=data, metadata=output.get("metadata", {}))


def _joined(text: Any) -> Any:
    return "".join(text) if isinstance(text, list) else text


def _result(path: str, product: Any, report: str | None, base: Path) -> Result:
    files = {}
    for name in _paths(product):
        file = base / name
        if not file.exists():
            raise NodeFailedError(path, "ProductMissing", f"it did not make {name}")
        if name != report and file.is_file():
            files[name] = _digest(file)
    return {"product": product, "files": files}


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
