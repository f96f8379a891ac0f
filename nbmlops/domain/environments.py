"""What an execution ran in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectPackage:
    """A distribution that was not installed by name and version from an index.

    ``url`` says where it came from, without credentials; ``editable`` whether its sources are
    used where they lie; ``digest`` is the SHA-256 of its Python files, ``None`` where unknown.
    """

    url: str
    editable: bool = False
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Interpreter, platform and installed distributions; stored once per distinct digest.

    ``distributions`` maps a normalized distribution name to its version, ``direct`` those that
    came from a folder, file or URL to where; ``cpus`` counts the processors that the process may
    use; ``gpus`` names the devices, ``None`` where nothing had looked for them; ``threads`` holds
    the environment variables that set how many threads libraries use.
    """

    digest: str
    python: str
    implementation: str
    platform: str
    machine: str
    executable: str
    distributions: dict[str, str] = field(default_factory=dict)
    direct: dict[str, DirectPackage] = field(default_factory=dict)
    cpus: int | None = None
    gpus: tuple[str, ...] | None = None
    threads: dict[str, str] = field(default_factory=dict)

    def facts(self) -> dict[str, str]:
        """All that can make a difference, by name; what is not known is not there."""
        known = {
            "python": f"{self.python} ({self.implementation})",
            "platform": self.platform,
            "machine": self.machine,
            "cpus": "" if self.cpus is None else str(self.cpus),
            "gpus": "" if self.gpus is None else ", ".join(self.gpus) or "none",
        }
        sources = {
            f"{name} (sources)": package.digest[:12]
            for name, package in self.direct.items()
            if package.digest
        }
        present = {name: text for name, text in known.items() if text}
        return {**present, **self.threads, **self.distributions, **sources}

    def differences(self, other: Environment) -> dict[str, tuple[str | None, str | None]]:
        """What differs from another, by name: here and there; what one does not know does not."""
        here, there = self.facts(), other.facts()
        unknown = ({"cpus", "gpus"} - here.keys()) | ({"cpus", "gpus"} - there.keys())
        return {
            name: (here.get(name), there.get(name))
            for name in (here | there)
            if name not in unknown and here.get(name) != there.get(name)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GitState:
    """The commit of the working tree, and whether it had uncommitted changes."""

    commit: str
    dirty: bool
