"""What is known of calls that a notebook does not define: the documented, read-only ones.

A call that is not listed may change its receiver and its arguments. Being listed is a promise
that the value a person sees is the same before and after; caches inside do not count.
"""

from __future__ import annotations

import builtins


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


RANDOM = "<random state>"
"""The name that stands for the global random generators."""

PROCESS = "<process>"
"""The name that stands for settings of the process: working folder, environment, options."""

BUILTINS = frozenset(dir(builtins))

SHELL_NAMES = frozenset(["In", "Out", "_", "__", "___", "_i", "_ii", "_iii", "_dh", "_oh", "_ih"])
"""Names that IPython itself defines in the namespace (with `display` and `get_ipython`)."""

CONVENTIONS = {
    "np": "numpy",
    "pd": "pandas",
    "plt": "matplotlib.pyplot",
    "sns": "seaborn",
    "tf": "tensorflow",
    **{
        name: name
        for name in _names(
            """
            json logging math matplotlib numpy os pandas random re scipy seaborn sklearn sys
            tensorflow time torch warnings
            """
        )
    },
}
"""What a name means where nothing is known of the cells before."""

PURE_BUILTINS = _names(
    """
    abs all any ascii bin bool breakpoint bytes callable chr complex delattr dir display divmod
    float format hasattr hash help hex id input int isinstance issubclass len oct ord pow print
    range repr round slice str super type
    """
)

ALIASING_BUILTINS = _names(
    """
    dict enumerate filter frozenset getattr iter list map max memoryview min property reversed
    set sorted sum tuple vars zip
    """
)
"""Builtins that change nothing, and whose result holds what they were given."""

READ_ONLY = _names(
    """
    abs agg aggregate all any apply applymap argmax argmin argsort asfreq astype at_time between
    bfill clip combine_first compare convert_dtypes copy corr corrwith count cov crosstab
    cumprod cumsum cummax cummin cut deepcopy describe diff dot drop drop_duplicates dropna
    duplicated eq equals ewm expanding explode factorize ffill fillna filter first_valid_index
    ge get_dummies groupby gt head idxmax idxmin info infer_objects interpolate isin isna isnull
    item join kurt last_valid_index le lt map mask max mean median melt memory_usage merge min
    mode nlargest notna notnull nsmallest nunique pct_change pivot pivot_table prod quantile
    query rank rename rename_axis reindex replace resample reset_index rolling round sample sem
    set_axis set_index shift skew sort_index sort_values stack std sum tail to_csv to_dict
    to_excel to_feather to_frame to_html to_json to_list to_markdown to_numpy to_parquet
    to_pickle to_sql to_string tolist transform tz_convert tz_localize unique unstack
    value_counts var where xs corrcoef isnan isfinite flatten get items iterrows itertuples keys
    ravel reshape squeeze swapaxes transpose values view assign pipe capitalize casefold center
    encode endswith find format format_map index isalnum isalpha isdigit islower isnumeric
    isspace isupper ljust lower lstrip partition removeprefix removesuffix rjust rpartition
    rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill decode
    difference intersection issubset issuperset union symmetric_difference isoformat strftime
    timestamp total_seconds cross_val_predict cross_val_score cross_validate decision_function
    get_params get_feature_names_out inverse_transform predict predict_log_proba predict_proba
    score score_samples train_test_split annotate axhline axvline bar barh boxplot contour
    contourf countplot errorbar figure fill_between heatmap hexbin hist histplot imshow kdeplot
    legend lineplot pairplot pie plot regplot savefig scatter scatterplot show stackplot
    subplots text tight_layout violinplot xlabel xlim xticks ylabel ylim yticks
    """
)

DISPLAYS = _names(
    """
    savefig show get_figure get_axes get_xlim get_ylim get_title get_children
    """
)
"""Methods of figures that draw nothing that stays."""

VIEWS = _names(
    """
    asarray assign atleast_1d atleast_2d broadcast_to filter get groupby items iterrows
    itertuples join pipe ravel reshape rolling squeeze swapaxes transpose values view chain
    cycle islice tee partial array_split split hsplit vsplit train_test_split
    """
)
"""Read-only calls whose result still holds the receiver or the arguments."""

ESTIMATOR_METHODS = _names(
    """
    fit fit_predict fit_resample fit_transform partial_fit transform
    """
)
"""Calls that may change their receiver, but leave their arguments alone."""

MUTATORS = _names(
    """
    add append clear discard extend insert popitem remove reverse setdefault sort update
    appendleft extendleft difference_update intersection_update fill resize partial_fit fit
    load_state_dict put setflags
    """
)
"""Methods that, written as a statement of their own, are there for what they change."""

MUTATING_FUNCTIONS = _names(
    """
    copyto fill_diagonal heapify heappop heappush insort insort_left insort_right place put
    put_along_axis putmask shuffle update_wrapper
    """
)
"""Library functions that change their arguments, in packages that otherwise do not."""

PURE_PACKAGES = _names(
    """
    IPython collections contextlib copy dataclasses datetime decimal enum fractions functools
    glob hashlib itertools json logging math matplotlib numpy operator os pandas pathlib plotly
    pprint random re scipy seaborn sklearn statistics string sys textwrap time typing uuid
    warnings nbmlops
    """
)
"""Packages whose functions leave their arguments alone (`MUTATING_FUNCTIONS` apart)."""

SHARING_PACKAGES = frozenset(["contextlib", "functools", "itertools", "operator"])
"""Packages whose functions change nothing, and whose results hold what they were given."""

SEEDS = _names(
    """
    manual_seed manual_seed_all seed seed_all seed_everything set_random_seed set_seed setstate
    set_state set_rng_state
    """
)

GENERATORS = _names(
    """
    Generator RandomState SeedSequence SystemRandom Random default_rng get_state getstate PCG64
    MT19937 Philox SFC64 BitGenerator
    """
)
"""Members of `random` and `numpy.random` that neither seed nor draw from the global state."""

DRAWS = _names(
    """
    sample shuffle fit fit_transform fit_predict fit_resample partial_fit train_test_split
    cross_val_score cross_validate cross_val_predict make_classification make_regression
    make_blobs permutation_importance rvs
    """
)
"""Calls that draw from the global state unless they are given a state of their own."""

OWN_STATE = _names(
    """
    random_state seed rng generator
    """
)
"""Arguments that hand a random state to a call."""

SETTINGS = _names(
    """
    basicConfig chdir chroot filterwarnings load_dotenv putenv set_context set_default_device
    set_default_dtype set_option set_palette set_printoptions set_style set_theme
    set_float32_matmul_precision reset_option reset_defaults rcdefaults seterr setlocale
    setrecursionlimit simplefilter addsitedir unsetenv use_deterministic_algorithms use
    register_matplotlib_converters getcontext setcontext setdefaulttimeout set_num_threads
    set_start_method umask
    """
)
"""Calls that set something for the whole process."""

SETTING_PLACES = ("os.environ", "sys.path", "sys.modules", "matplotlib.rcParams")
"""Attributes of modules whose change is a setting of the process."""

SETTING_MAGICS = _names(
    """
    alias cd config env matplotlib pylab set_env autoreload
    """
)

SAVES = _names(
    """
    copy2 copyfile copytree download dump extractall makedirs mkdir move retrieve rmtree save
    save_model savetxt savez savez_compressed to_csv to_excel to_feather to_hdf to_json
    to_netcdf to_orc to_parquet to_pickle to_sql to_stata to_xml to_zarr touch unlink
    urlretrieve write write_bytes write_csv write_json write_parquet write_text writefile
    """
)
"""Calls that change the files which their arguments name."""
