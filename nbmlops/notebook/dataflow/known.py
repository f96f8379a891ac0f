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

LAST_RESULTS = frozenset(["_", "__", "___"])
"""Those that stand for what the last cells have shown, unless a notebook binds them."""

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
    range repr round str super type
    """
)

PLAIN_TYPES = frozenset(["Annotated", "Final", "Optional", "bool", "bytes", "float", "int", "str"])
"""Names in annotations of what cannot be changed in place."""

ALIASING_BUILTINS = _names(
    """
    dict enumerate filter frozenset getattr iter list map max memoryview min property reversed
    set slice sorted sum tuple vars zip
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
    add_prefix add_suffix autocorr contains cumcount day_name droplevel fullmatch get_group
    get_level_values get_text getvalue isocalendar month_name ngroup reindex_like reorder_levels
    rfind rindex swaplevel to_period to_pydatetime to_records to_timestamp toarray todense weekday
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
    asarray assign atleast_1d atleast_2d broadcast_to filter find get groupby items iterrows
    itertuples join pipe ravel reshape rolling squeeze swapaxes transpose values view chain
    cycle islice tee partial array_split split hsplit vsplit train_test_split
    to_datetime to_numeric
    """
)
"""Read-only calls whose result still holds the receiver or the arguments."""

SHALLOW = _names(
    """
    agg aggregate apply applymap array asfreq astype at_time bfill choice combine_first concat
    concatenate convert_dtypes copy difference drop drop_duplicates dropna explode ffill fillna
    from_dict from_records full full_like get_params head hstack infer_objects intersection item
    json_normalize map mask melt merge mode nlargest nsmallest permutation pivot pivot_table query
    reindex rename rename_axis replace reset_index sample set_axis set_index shift sort sort_index
    sort_values stack symmetric_difference tail tile to_dict to_frame to_list to_numpy tolist
    union unique unstack vstack where xs
    """
)
"""Read-only calls whose result shares what is inside of the receiver or the arguments."""

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
    set_params set_title set_xlabel set_xlim set_xticklabels set_xticks set_ylabel set_ylim
    set_yticklabels set_yticks
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

COPYING_FUNCTIONS = frozenset(["sklearn.model_selection.train_test_split"])
"""Functions whose result has copies of what they were given, which share what is inside."""

SHARING_PACKAGES = frozenset(
    ["collections", "contextlib", "dataclasses", "functools", "itertools", "sklearn"]
)
"""Packages whose functions change nothing, and whose results hold what they were given."""

INERT_PACKAGES = _names(
    """
    IPython abc collections copy dataclasses datetime enum fractions functools glob hashlib
    itertools json math matplotlib nbmlops numbers numpy operator pandas pathlib plotly pprint
    random re scipy seaborn sklearn statistics string textwrap time types typing uuid
    """
)
"""Packages whose functions leave the world outside of their arguments alone.

Not files that they write (`SAVES`), nor settings (`SETTINGS`), nor random states (`DRAWS`).
"""

INERT_FUNCTIONS = _names(
    """
    contextlib.closing contextlib.contextmanager contextlib.nullcontext contextlib.suppress
    decimal.Decimal io.BytesIO io.StringIO logging.critical logging.debug logging.error
    logging.exception logging.getLogger logging.info logging.warning os.cpu_count
    os.environ.copy os.environ.get os.environ.items os.environ.keys os.fspath os.getcwd
    os.getenv os.getpid os.listdir os.scandir os.stat os.walk sys.getsizeof
    warnings.catch_warnings warnings.warn
    """
)
"""The same, function by function, of other packages."""

STILL_PACKAGES = _names(
    """
    copy datetime decimal fractions glob hashlib json math nbmlops numpy os pandas pathlib re
    scipy sklearn statistics string textwrap time uuid
    """
)
"""Packages whose functions return what no reading changes (`LIVE_MAKERS` apart)."""

LIVE_MAKERS = _names(
    """
    ExcelFile ExcelWriter Generator HDFStore Random RandomState StringIO default_rng finditer
    iglob ndenumerate ndindex nditer open scandir walk
    """
)
"""Members of these packages whose result changes when it is read, such as iterators."""

LIVE_BUILTINS = _names(
    """
    __import__ enumerate eval exec filter getattr iter map memoryview next open reversed super
    zip
    """
)
"""Builtins of which that holds as well."""

LIVE_METHODS = frozenset(["iterrows", "itertuples", "read_csv"])
"""Read-only methods that return an iterator."""

STILL_METHODS = _names("json ndim shape dtype mkdir exists is_file is_dir read_text read_bytes")
"""Methods whose result does not change when it is read."""

MUTATING_METHODS = frozenset(["pop", "send", "set", "write", "writerow", "writerows"])
"""Methods that change their receiver, also where their result is used."""

UNSHARED = frozenset(["divmod", "partition", "rpartition", "split", "train_test_split", "unique"])
"""Calls of whose several results none is part of another."""

MAY_DRAW = frozenset(["scipy", "seaborn", "sklearn"])
"""Packages whose functions may draw from the global state of numpy."""

INERT_MAGICS = _names(
    """
    colors lsmagic mlops page pdef pdoc pfile pinfo pinfo2 psearch psource pwd quickref
    capture lprun memit mprun prun time timeit who who_ls whos
    """
)
"""Line magics that do no more than show something, or run the Python on their line."""

INERT_CELL_MAGICS = frozenset(["HTML", "SVG", "html", "latex", "markdown", "svg"])
"""Cell magics that only show something."""

KEEPING_FIGURES = frozenset(["use", "switch_backend", "ioff", "ion"])
"""Members of matplotlib after which a figure may last beyond its cell."""

STILL_MODULES = frozenset(["matplotlib", "nbmlops", "numpy", "pandas", "scipy", "sklearn"])
"""Modules, beside those of Python, whose import changes nothing but `sys.modules`."""

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
    set_start_method setfirstweekday umask
    """
)
"""Calls that set something for the whole process."""

SETTING_UP = _names(
    """
    activate autolog extension go_offline init init_notebook_mode initialize initjs install
    output_notebook pandas patch_sklearn
    """
)
"""Functions of libraries, such as ``tqdm.pandas()``, that, called alone, set up the rest."""

SETTING_METHODS = _names(
    """
    addFilter addHandler addLevelName captureWarnings removeFilter removeHandler setLevel
    setLogRecordFactory setLoggerClass
    """
)
"""Methods that set up what all code of the process shares, however it was reached."""

SETTING_PACKAGES = _names(
    """
    atexit codecs copyreg decimal faulthandler gc locale logging mimetypes readline resource
    signal site socket sys threading tracemalloc
    """
)
"""Packages of Python whose functions, called for what they do alone, set something up."""

SETTING_FUNCTIONS = frozenset(
    [
        *("seaborn.set", "time.tzset"),
        *(
            f"matplotlib.pyplot.{name}"
            for name in _names(
                """
                autumn bone cool copper flag gray hot hsv inferno interactive ioff ion jet magma
                nipy_spectral pink plasma prism rc rc_context set_cmap set_loglevel spring summer
                switch_backend viridis winter xkcd
                """
            )
        ),
        *("matplotlib.interactive", "matplotlib.rc", "matplotlib.rc_context"),
        *("matplotlib.rc_file", "matplotlib.rc_file_defaults"),
        "matplotlib.font_manager.fontManager.addfont",
    ]
)
"""Functions that set something for the whole process, under names that others have as well."""

SETTING_PLACES = (
    *("os.environ", "sys.path", "sys.modules"),
    *("matplotlib.rcParams", "matplotlib.pyplot.rcParams", "pandas.options"),
)
"""Attributes of modules whose change is a setting of the process."""

SETTING_MAGICS = _names(
    """
    aimport alias alias_magic autoawait autoreload cd config dotenv env gui matplotlib popd
    precision pushd pylab reload_ext set_env unalias unload_ext
    """
)

STILL_MAGICS = _names(
    """
    autocall automagic autosave black bookmark cat clear code_wrap conda
    connect_info cp dhist dirs doctest_mode hist history killbgscripts ldir less lf lk ll
    load_ext logoff logon logstart logstate logstop ls lx magic mamba man micromamba mkdir more mv
    notebook pastebin pdb pip pprint pycat qtconsole rehashx rm rmdir save subshell sx system
    tb tensorboard uv watermark xmode
    """
)
"""Line magics that act outside of the notebook's names; any other one may change those, too."""

FILE_READERS = _names(
    """
    connect exists fromfile genfromtxt getsize glob iglob imread is_dir is_file iterdir listdir
    load loadtxt memmap open read_bytes read_csv read_excel read_feather read_hdf read_html
    read_json read_orc read_parquet read_pickle read_sas read_spss read_stata read_table
    read_text read_xml rglob scan_csv scan_parquet scandir stat walk ExcelFile HDFStore ZipFile
    """
)
"""Calls that read files, or look which there are."""

SETTING_WORDS = ("set_", "register", "enable", "disable", "reset_opt", "setup", "configure", "add_")
"""What names of calls begin with that set something up."""

COPYING_WORDS = ("set", "disable", "reset", "delattr")
"""What names of calls begin with that set something, and keep nothing of what they are given."""

KEEPING = frozenset(["basicConfig", "setcontext"])
"""Calls that set something for the whole process, and keep what they are given."""

OF_TABLES = frozenset(["numpy", "pandas", "polars"])
"""Packages of whose functions those in `SHALLOW` take the objects in what they are given over."""

QUERYING = frozenset(["from_query", "query", "query_df", "sql"])
"""Functions of DuckDB that change nothing where their text does not."""

INERT_DECORATORS = frozenset(["abc", "contextlib", "dataclasses", "enum", "functools", "typing"])
"""Packages whose decorators do no more than change what they decorate."""

FILE_METHODS = _names("savefig to_csv to_excel to_feather to_html to_json to_markdown to_latex")
"""Read-only methods that may write a file."""

FRESH = _names(
    """
    abs add all allclose any arange argmax argmin argsort array average bincount ceil concatenate
    corrcoef cos cov cross cumprod cumsum default_rng diff digitize divide dot empty exp eye
    floor full hstack identity in1d interp isclose isfinite isin isinf isnan linspace log log10
    log1p log2 matmul max maximum mean median meshgrid min minimum multiply nanmax nanmean
    nanmedian nanmin nanstd nansum norm ones outer percentile polyfit polyval power prod
    quantile rand randint randn random round searchsorted sign sin sort sqrt stack std subtract sum
    tan tanh tile uniform unique var vstack where zeros zeros_like ones_like full_like empty_like
    normal choice permutation
    """
)
"""Functions of numpy whose result shares nothing with what they were given."""

UNARY = _names(
    """
    abs absolute cbrt ceil cos cosh degrees exp exp2 expm1 fabs floor isfinite isinf isnan log
    log10 log1p log2 negative positive radians reciprocal rint sign sin sinh sqrt square tan tanh
    trunc
    """
)
"""Functions of numpy with one input: what stands behind it is where the result goes."""

BINARY = _names(
    """
    add arctan2 divide dot floor_divide fmax fmin hypot logaddexp matmul maximum minimum mod
    multiply power remainder subtract true_divide
    """
)
"""The same with two inputs."""

REDUCTIONS = _names("mean median nanmax nanmean nanmin nanstd nansum prod std sum var")
"""Functions of numpy that make one number of many."""

SQL_PACKAGES = frozenset(["chdb", "duckdb", "pandasql", "polars"])
"""Packages whose queries find frames by the names that they have in the notebook."""

SQL_METHODS = frozenset(["execute", "execute_global", "query", "sql", "sqldf"])
"""What takes a text of SQL, wherever it comes from."""

FORMULAS = ("formulaic.", "numexpr.", "patsy.", "statsmodels.formula.")
"""What takes formulas, which may name what the notebook does."""

FORMULA_FUNCTIONS = frozenset(["dmatrices", "dmatrix", "from_formula", "model_matrix"])

LOGGED = "a message that a handler may keep"
"""What writing a log record, or a warning, does where the notebook has set up who hears it."""

LOGS = _names("critical debug error exception info log warn warning")
"""Methods and functions that write a log record."""

LISTENERS = _names(
    """
    addHandler basicConfig captureWarnings catch_warnings dictConfig fileConfig
    """
)
"""Calls after which log records and warnings may be kept."""

CALLED_BACK = "what may call code that others have registered"
"""What a cell does that acts, or drops a value, in a notebook that has handed out code."""

CALLING_BACK = (
    *("weakref.", "signal.signal", "sys.settrace", "sys.setprofile", "sys.addaudithook"),
    *("threading.settrace", "threading.setprofile", "tempfile.NamedTemporaryFile"),
    *("tempfile.Temporary", "numpy.memmap", "numpy.lib.format.open_memmap", "mmap.mmap"),
)
"""Calls that hand out code which is called back, or which the end or a change of an object runs."""

PLACES_OF_CODE = (
    *("sys.stdout", "sys.stderr", "sys.displayhook", "sys.excepthook", "sys.unraisablehook"),
    *("builtins.", "warnings.showwarning"),
)
"""Attributes of modules whose value is called by whoever prints, warns or fails."""

STAYING = frozenset(["__enter__", "addFilter", "addHandler", "enter_context"])
"""Calls after which something is told of what others do."""

GUESSES = frozenset(["predict", "predict_proba", "score"])
"""What estimators of `sklearn.dummy` may draw for."""

SAVES = _names(
    """
    copy2 copyfile copytree download dump dump_svmlight_file extractall imsave imwrite makedirs
    mkdir move retrieve rmtree save save_model save_npz savemat savetxt savez savez_compressed
    to_csv to_excel to_feather to_hdf to_json to_netcdf to_orc to_parquet to_pickle to_sql
    to_stata to_xml to_zarr touch unlink urlretrieve write write_bytes write_csv write_html
    write_image write_json write_parquet write_text writefile
    """
)
"""Calls that change the files which their arguments name."""

KNOWN_METHODS = READ_ONLY | VIEWS | ESTIMATOR_METHODS | MUTATORS | MUTATING_METHODS | STILL_METHODS
"""Methods that leave the world outside of their receiver and arguments alone."""

FILE_WRITERS = SAVES | FILE_METHODS
"""Calls that may write files."""

QUIET_RESULTS = READ_ONLY | ESTIMATOR_METHODS | STILL_METHODS
"""Methods whose result does not change when it is read (`LIVE_METHODS` apart)."""

HANDED_ON = MUTATORS | MUTATING_METHODS
"""Methods that change their receiver, wherever they are called."""
