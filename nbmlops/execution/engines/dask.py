"""Kernels on the workers of a Dask cluster; the door to Dask, but for what runs on its workers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from nbmlops.domain import resources
from nbmlops.domain.sizes import in_words
from nbmlops.errors import ClusterAwayError, ClusterError
from nbmlops.execution.engines.dask_worker import Surroundings, has, look_around, start_one
from nbmlops.execution.limits import Limits
from nbmlops.values.signing import Signer, key_file

SCHEME = "dask://"

_PATIENCE = 5.0
"""Seconds that a scheduler has to answer, and then its workers."""

_ADDRESS = re.compile(r"dask://(?P<place>[^/\s:]+|\[[0-9a-fA-F:]+\]):(?P<port>\d+)/?")
_MEMORY, _CPUS = ("MEMORY", "memory"), ("CPU", "CPUS", "cpus")
_OF_THE_PLACE = {"cpus", "gpus", "platform"}
"""Facts of an environment that workers may have otherwise."""


class DaskCluster:
    """A Dask cluster whose workers see this project.

    Args:
        client: of the cluster.
        workers: by address, what each announces.
        address: as it was given.
    """

    def __init__(self, client: Any, workers: Mapping[str, Any], *, address: str) -> None:
        self._address = address
        self._client = client
        self._workers = workers

    @classmethod
    def open(cls, address: str, store: Path, *, shared: bool) -> DaskCluster:
        """Connect to a cluster, and make sure that its workers can run kernels of this project.

        Args:
            address: ``dask://host:port``.
            store: the project's store.
            shared: whether processes of other machines may use its catalog.

        Raises:
            ClusterError: there is no such cluster, or its workers cannot.
        """
        client = _connect(scheduler_of(address), address)
        try:
            workers = _workers(client, address)
            _check(client, address, store, shared=shared)
        except BaseException:
            client.close()
            raise
        return cls(client, workers, address=address)

    @property
    def description(self) -> str:
        """``dask://host:port: 2 workers, up to 2 kernels at once``."""
        workers = "1 worker" if len(self._workers) == 1 else f"{len(self._workers)} workers"
        kernels = "1 kernel" if self.slots == 1 else f"{self.slots} kernels"
        return f"{self._address}: {workers}, up to {kernels} at once"

    @property
    def slots(self) -> int:
        """How many kernels there may be at a time: one for each thread of the workers."""
        return sum(int(worker["nthreads"]) for worker in self._workers.values())

    def require(self, limits: Limits) -> None:
        """Make sure that a worker has what a kernel with these limits asks for.

        Raises:
            ClusterError: none has.
        """
        self._resources(limits.largest)

    def host(self, manager: Any, *, limits: Limits, wanted: Callable[[], bool]) -> None:
        """Let a kernel manager start its kernel on a worker; see `Cluster.host`.

        Raises:
            ClusterError: no worker has what the kernel is to have.
        """
        from nbmlops.execution.engines.dask_kernels import DaskProvisioner

        manager.kernel_id = manager.kernel_id or str(uuid4())
        manager.provisioner = DaskProvisioner(
            client=self._client,
            limits=limits.base,
            resources=self._resources(limits.largest),
            wanted=wanted,
            kernel=manager.kernel_name,
            kernel_id=manager.kernel_id,
            kernel_spec=manager.kernel_spec,
            parent=manager,
        )

    def close(self) -> None:
        """Leave the cluster; kernels that are left there end."""
        self._client.close()

    def _resources(self, limits: Limits) -> dict[str, float]:
        """What a kernel asks for: of memory and processors where workers announce them."""
        wanted: dict[str, float] = {}
        for names, amount in ((_MEMORY, limits.memory), (_CPUS, limits.cpus)):
            name = next((name for name in names if any(name in one for one in self._told)), None)
            if name is None or amount is None:
                continue
            asked = in_words(amount) if names is _MEMORY else f"{amount} processors"
            self._check_most(name, amount, asked)
            wanted[name] = float(amount)
        for name, needed in limits.resources.items():
            self._check_most(name, needed, resources.in_words({name: needed}))
            wanted[name] = needed
        if not any(has(one, wanted) for one in self._told):
            asked = " and ".join(f"{name}={share:.12g}" for name, share in wanted.items())
            raise ClusterError(
                f"No Dask worker announces {asked} together.", cure=start_one(wanted)
            )
        return wanted

    @property
    def _told(self) -> list[Mapping[str, float]]:
        """What each worker announces."""
        return [worker.get("resources") or {} for worker in self._workers.values()]

    def _check_most(self, name: str, amount: float, asked: str) -> None:
        most = max(one.get(name, 0.0) for one in self._told)
        if amount > most:
            what = f"{asked}: the most is {name}={most:g}" if most else asked
            raise ClusterError(f"No Dask worker announces {what}.", cure=start_one({name: amount}))


def scheduler_of(address: str) -> str:
    """The scheduler's address as Dask writes it.

    Raises:
        ClusterError: the address is not of the form ``dask://host:port``.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ClusterError(
            f"{address!r} is not the address of a cluster.",
            cure="Write it as dask://host:port, with the port of the Dask scheduler.",
        )
    return f"tcp://{found['place']}:{found['port']}"


def _connect(scheduler: str, address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError(
            "Dask is not installed here.", cure="Install it: pip install 'nbmlops[dask]'"
        ) from error
    try:
        make: Any = Client  # without types
        return make(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterAwayError(
            f"No Dask scheduler answers at {address}.",
            cure="Start one (dask scheduler), or correct the address.",
        ) from error


def _workers(client: Any, address: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
    if not found:
        raise ClusterAwayError(
            f"The Dask cluster {address} has no workers.",
            cure=f"Start one: dask worker {scheduler_of(address)}",
        )
    return found


def _check(client: Any, address: str, store: Path, *, shared: bool) -> None:
    """Make sure that each worker sees this project, and has the environment of this process."""
    token = store / f"nbmlops-token-{uuid4().hex}"
    token.write_text(token.name, encoding="utf-8")
    try:
        Signer.for_user()  # makes the key where there is none yet
        here = look_around(token, key_file())
        found = _asked(client, address, look_around, token, key_file())
    finally:
        token.unlink(missing_ok=True)
    for worker, seen in sorted(found.items()):
        if isinstance(seen, OSError):
            raise _lost(address) from seen
        if not isinstance(seen, Surroundings):
            raise ClusterError(
                f"The Dask worker {worker} cannot run nbmlops: {type(seen).__name__}: {seen}.",
                cure="Install there what is installed here, nbmlops included.",
            )
        _agree(worker, here, seen, store, shared=shared)


def _asked(client: Any, address: str, question: Callable[..., Any], *words: Any) -> dict[str, Any]:
    """What each worker answers, or the error that it ended with."""
    try:
        found: dict[str, Any] = client.run(question, *words, on_error="return")
    except OSError as error:  # the scheduler that had just answered is gone
        raise _lost(address) from error
    return found


def _lost(address: str) -> ClusterAwayError:
    return ClusterAwayError(
        f"The Dask cluster {address} went away while its workers were asked what they have.",
        cure="See its logs, and start again what has ended: dask scheduler, dask worker.",
    )


def _agree(
    worker: str, here: Surroundings, seen: Surroundings, store: Path, *, shared: bool
) -> None:
    if here.machine != seen.machine and not shared:
        raise ClusterError(
            f"The Dask worker {worker} is on another machine ({seen.host}), and the catalog of "
            "this project is a SQLite file, which only the processes of one machine may share.",
            cure="Use workers of this machine, or let the team have the store: "
            '[store] catalog = "postgresql://…" in .nbmlops/config.toml.',
        )
    if here.token != seen.token:
        raise ClusterError(
            f"The Dask worker {worker} does not see the project's store {store}.",
            cure="Let it have the same folder under the same path.",
        )
    if here.loaded != seen.loaded:
        raise ClusterError(
            f"The Dask worker {worker} began with another version of nbmlops.",
            cure="Start it again.",
        )
    if here.signature != seen.signature:
        raise ClusterError(
            f"The Dask worker {worker} signs values with another key, or has none.",
            cure=f"Let it have the same file under the same path: {key_file()}.",
        )
    threads = here.environment.threads.keys() | seen.environment.threads.keys()
    differing = here.environment.differences(seen.environment)
    said = [
        f"{name} is {there or 'missing'} there and {ours or 'missing'} here"
        for name, (ours, there) in sorted(differing.items(), key=lambda item: item[0] != "python")
        if name not in _OF_THE_PLACE | threads
    ]
    if said:
        more = f", and {len(said) - 1} more" if len(said) > 1 else ""
        raise ClusterError(
            f"The Dask worker {worker} has another environment: {said[0]}{more}.",
            cure="Install there what is installed here, or start it from this environment.",
        )
