"""How the image is made in which the pods of a deployed pipeline run."""

from __future__ import annotations

from nbmlops.domain.deployments import Deployment, Tool
from nbmlops.domain.environments import Environment
from nbmlops.exporters.orders import MARK
from nbmlops.exporters.pods import KEY, KEYS, pods_of

REFUSED = 2
"""The exit code of a task that would be refused again: what is not approved, or wrong words."""

_DOCKERFILE = """\
# {mark} from {reference}. Yours from now on: deploying again leaves it alone.
# In the project's folder: docker build -f {name}.Dockerfile -t {image} .
FROM python:{python}-slim
RUN pip install --no-cache-dir uv
WORKDIR {project}
COPY {name}.requirements.txt /tmp/requirements.txt
RUN uv pip install --system -r /tmp/requirements.txt 'nbmlops[team]'{extra}
COPY . {project}
ENV NBMLOPS_SIGNING_KEY_FILE={keys}/{key} NBMLOPS_WARM_KERNELS=0
"""

_KFP = " \\\n && uv pip install --system --no-deps 'kfp>=2.14,<3'"
"""Its pins are narrower than those of others; in a pod it needs none of its dependencies."""

_IGNORED = """\
# {mark}: what is not to be in the image.
.git
.venv
.nbmlops/*
!.nbmlops/config.toml
"""


def recipe(deployment: Deployment, environment: Environment, tool: Tool) -> dict[str, str]:
    """The files that make the image, by name, without the requirements.

    Args:
        deployment: what runs there.
        environment: that with which the version was built.
        tool: what starts it.
    """
    name, pods = deployment.version.spec.name, pods_of(deployment)
    text = _DOCKERFILE.format(
        mark=MARK,
        reference=deployment.version.reference,
        name=name,
        image=pods.image,
        project=pods.project,
        python=environment.python,
        extra=_KFP if tool == "kubeflow" else "",
        keys=KEYS,
        key=KEY,
    )
    return {
        f"{name}.Dockerfile": text,
        f"{name}.Dockerfile.dockerignore": _IGNORED.format(mark=MARK),
    }
