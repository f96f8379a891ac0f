"""Calls whose result no seed repeats, found in the code of a cell: which they are, and the cure."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.dataflow.known import SEEDS
from nbmlops.notebook.labels import strip_commands, strip_label

_ALWAYS_NEW = frozenset(["uuid1", "uuid4", "urandom", "token_hex", "token_bytes", "token_urlsafe"])
_GENERATORS = frozenset(["default_rng", "RandomState", "SeedSequence", "Random"])

_ESTIMATORS = frozenset([
    "AdaBoostClassifier", "AdaBoostRegressor", "BaggingClassifier", "BaggingRegressor",
    "BayesianGaussianMixture", "BernoulliRBM", "BisectingKMeans",
    "DecisionTreeClassifier", "DecisionTreeRegressor", "DictionaryLearning",
    "ExtraTreeClassifier", "ExtraTreeRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor",
    "FactorAnalysis", "FastICA", "GaussianMixture", "GaussianRandomProjection",
    "GradientBoostingClassifier", "GradientBoostingRegressor", "HistGradientBoostingClassifier",
    "HistGradientBoostingRegressor", "IsolationForest", "IterativeImputer", "KMeans",
    "LatentDirichletAllocation", "LinearSVC", "MDS",
    "MLPClassifier", "MLPRegressor", "MiniBatchKMeans", "MiniBatchNMF", "NMF", "Nystroem",
    "PassiveAggressiveClassifier", "Perceptron", "RANSACRegressor", "RBFSampler",
    "RandomForestClassifier", "RandomForestRegressor", "RandomOverSampler",
    "RandomTreesEmbedding", "RandomUnderSampler", "RandomizedSearchCV", "SGDClassifier",
    "SGDRegressor", "SMOTE", "SparsePCA", "SparseRandomProjection", "SpectralClustering", "TSNE",
    "TruncatedSVD", "UMAP",
])  # fmt: skip
_SPLITS = frozenset([
    "train_test_split", "ShuffleSplit", "StratifiedShuffleSplit", "GroupShuffleSplit",
    "RepeatedKFold", "RepeatedStratifiedKFold", "permutation_importance",
    "make_blobs", "make_classification", "make_moons", "make_circles", "make_regression",
    "sample",
])  # fmt: skip
_SHUFFLED = frozenset(["KFold", "StratifiedKFold", "StratifiedGroupKFold"])
"""Which draw only where they are told to shuffle."""

_SEED_NAMES = frozenset(["random_state", "seed", "random_seed"])
_GLOBAL = {"np.random": "numpy", "numpy.random": "numpy", "random": "random"}
_TORCH = frozenset([
    "rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial",
    "Linear", "Conv1d", "Conv2d", "Conv3d", "LSTM", "GRU", "RNN", "Embedding", "DataLoader",
])  # fmt: skip
_SEEDED_BY = {
    "numpy": "numpy.random.seed(0)",
    "random": "random.seed(0)",
    "torch": "torch.manual_seed(0)",
}
GENERATORS = frozenset(_SEEDED_BY)
"""The generators of the whole process."""

_SHOWN = 60
"""How many characters of a call are shown before its arguments are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A call that may give another result each time; ``cure`` is what repeats it.

    ``generator`` is that of the whole process which it draws from, whose seed repeats it as well;
    empty where it has its own. ``node`` is the file of the imported node that has the call.
    """

    call: str
    cure: str
    generator: str = ""
    node: str = ""


def draws_in(record: ExecutionRecord) -> tuple[Draw, ...]:
    """The calls of a recorded cell, and of functions that it uses, that may draw without a seed."""
    found = [draw for source in _sources(record) for draw in _drawn(source, "")]
    return tuple(dict.fromkeys(found))


def draws_anew(record: ExecutionRecord) -> bool:
    """Whether a cell, or a function of the notebook that it uses, draws what no seed repeats."""
    return any(not draw.generator for draw in draws_in(record))


def said_without_seed(record: ExecutionRecord, seeded: Collection[str]) -> str:
    """How a plan says that a cell draws without a seed; empty where it does not.

    Args:
        record: the recorded cell.
        seeded: the generators of the whole process that were seeded before.
    """
    known = seeded_in(record).union(seeded)
    draws = [draw for draw in draws_in(record) if draw.generator not in known]
    return f"it draws without a seed ({draws[0].call})" if draws else ""


def seeded_in(record: ExecutionRecord) -> frozenset[str]:
    """The generators of the whole process that a recorded cell sets the seed of."""
    found: set[str] = set()
    for source in _sources(record):
        for call in _calls(source):
            if _last(call) in SEEDS:
                root = ast.unparse(call.func).rpartition(".")[0]
                one = "torch" if root.startswith("torch") else _GLOBAL.get(root)
                found |= {one} if one else set(_SEEDED_BY)
    return frozenset(found)


def _sources(record: ExecutionRecord) -> tuple[str, ...]:
    return (record.source, *record.definitions.values())


def _calls(source: str) -> Iterator[ast.Call]:
    try:
        tree = syntax.parse(strip_label(strip_commands(source))).tree
    except CellSyntaxError:
        return
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _drawn(source: str, node: str) -> Iterator[Draw]:
    for call in _calls(source):
        if _last(call) == "node" and not node:
            for file, inside in _of_node(call):
                yield from _drawn(inside, file)
        told = _cure(call)
        if told is not None:
            yield Draw(call=_short(call), cure=told[0], generator=told[1], node=node)


def _of_node(call: ast.Call) -> Iterator[tuple[str, str]]:
    """The file of an imported node, with each cell or the script that its call holds."""
    file = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ""
    for word in call.keywords:
        if word.arg in ("cells", "script"):
            for part in ast.walk(word.value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield str(file), part.value


def _cure(call: ast.Call) -> tuple[str, str] | None:
    """How a call is repeated, and by which generator; ``None`` where it draws nothing."""
    name, path = _last(call), ast.unparse(call.func).rpartition(".")[0]
    given = {word.arg: word.value for word in call.keywords}
    if name in _ALWAYS_NEW:
        return "make it once, and take it as a parameter", ""
    if name in _GENERATORS:
        unseeded = not call.args and not given
        return (f"give it a seed: {ast.unparse(call.func)}(0)", "") if unseeded else None
    generator = _GLOBAL.get(path)
    if name in _TORCH and path.partition(".")[0] in ("torch", "nn"):
        generator = "torch"
    if generator is not None:
        draws = name not in SEEDS and (generator == "torch" or name.islower())
        return (f"call {_SEEDED_BY[generator]} before it", generator) if draws else None
    if _chooses(name, given) and not _seeded(given):
        return "give it random_state=0", "numpy"
    return None


def _chooses(name: str, given: Mapping[str | None, ast.expr]) -> bool:
    """Whether a call draws numbers, or makes what does."""
    if name in _ESTIMATORS:
        return True
    shuffle = given.get("shuffle")
    off = isinstance(shuffle, ast.Constant) and not shuffle.value
    return not off and (name in _SPLITS or (name in _SHUFFLED and shuffle is not None))


def _seeded(given: Mapping[str | None, ast.expr]) -> bool:
    """Whether a seed is given, or words are that may hold one (``**settings``)."""
    seeds = [value for name, value in given.items() if name in _SEED_NAMES or name is None]
    return any(not (isinstance(v, ast.Constant) and v.value is None) for v in seeds)


def _last(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _short(call: ast.Call) -> str:
    shown = ast.unparse(call)
    return shown if len(shown) <= _SHOWN else f"{ast.unparse(call.func)}(…)"
