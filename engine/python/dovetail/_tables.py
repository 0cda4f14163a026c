"""Tables for pandas, which is imported here and nowhere else."""

import csv
import io


def _pandas():
    try:
        import pandas
    except ImportError:
        raise ImportError("to_dataframe needs the package pandas (Debian: python3-pandas)") from None
    return pandas


def _number(text):
    return float(text) if text else float("nan")


def result_frame(record):
    pandas = _pandas()
    rows = list(csv.reader(io.StringIO(record.csv())))
    names, rows = rows[0], rows[1:]
    points = [trial.get("point", {}) for trial in record.trials()]
    columns = {}
    for i, name in enumerate(names):
        texts = [row[i] for row in rows]
        if name == "trial":
            columns[name] = [int(text) for text in texts]
        elif name in ("outcome", "network", "reason"):
            columns[name] = pandas.Series(texts, dtype=object)
        elif name in record.parameters:
            columns[name] = [point.get(name) for point in points]
        else:
            columns[name] = pandas.Series([_number(text) for text in texts], dtype="float64")
    return pandas.DataFrame(columns, columns=names)


def study_frame(study):
    pandas = _pandas()
    trials = study.trials
    metrics = list(study._session.metrics())
    metrics += sorted({name for trial in trials for name in trial.metrics} - set(metrics))
    columns = {"trial": [trial.id for trial in trials], "outcome": pandas.Series([trial.outcome for trial in trials], dtype=object)}
    for name in study.space.names:
        columns[name] = [trial.point[name] for trial in trials]
    for name in metrics:
        columns[name] = pandas.Series([trial.metrics.get(name, float("nan")) for trial in trials], dtype="float64")
    columns["reason"] = pandas.Series([trial.reason for trial in trials], dtype=object)
    return pandas.DataFrame(columns, columns=["trial", "outcome", *study.space.names, *metrics, "reason"])
