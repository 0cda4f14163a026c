"""Live peers of the benchmark: one JSON line in, one out. Needs Debian's python3-optuna and python3-sklearn.

{"have": "optuna"}                                          -> {"version": ...}
{"start": {"sampler", "seed", "parameters", "constraints"}} -> {"point": [...]}, categories by index
{"tell": {"value", "excess": [...]}}                        -> {"point": [...]}
{"regression": {"x": [[...]], "y": [...], "fit": true}}     -> {"likelihood_ms", "fit_ms"}, CPU time of this thread
"""
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")


def have(name):
    return {"version": __import__(name).__version__}


class Search:
    """An Optuna study driven by ask and tell; constraint values are told as they are."""

    def __init__(self, sampler, seed, parameters, constraints):
        import optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        common = {"seed": seed}
        if constraints:
            common["constraints_func"] = lambda trial: trial.user_attrs["excess"]
        kinds = {
            "tpe": lambda: optuna.samplers.TPESampler(**common),
            "tpe-joint": lambda: optuna.samplers.TPESampler(multivariate=True, **common),
            "nsga2": lambda: optuna.samplers.NSGAIISampler(population_size=20, **common),
        }
        self.study = optuna.create_study(sampler=kinds[sampler]())
        self.domains = {}
        for p in parameters:
            if p["kind"] == "real":
                domain = optuna.distributions.FloatDistribution(p["low"], p["high"])
            elif p["kind"] == "integer":
                domain = optuna.distributions.IntDistribution(p["low"], p["high"])
            else:
                domain = optuna.distributions.CategoricalDistribution(list(range(p["count"])))
            self.domains[p["name"]] = domain
        self.ask()

    def ask(self):
        self.trial = self.study.ask(self.domains)
        self.point = [self.trial.params[name] for name in self.domains]

    def tell(self, value, excess):
        self.trial.set_user_attr("excess", excess)
        self.study.tell(self.trial, value)
        self.ask()


def regression(x, y, fit):
    """scikit-learn's Gaussian process with the kernel of ours, one start."""
    import numpy
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    x, y = numpy.array(x), numpy.array(y)
    kernel = ConstantKernel(1.0) * Matern(numpy.ones(x.shape[1]), (1e-2, 1e2), nu=2.5) + WhiteKernel(1e-4, (1e-8, 1.0))
    model = GaussianProcessRegressor(kernel, normalize_y=True, optimizer=None).fit(x, y)
    times = []
    for _ in range(3):
        start = time.thread_time()
        model.log_marginal_likelihood(kernel.theta, eval_gradient=True, clone_kernel=False)
        times.append(time.thread_time() - start)
    answer = {"likelihood_ms": 1e3 * min(times), "fit_ms": None}
    if fit:
        start = time.thread_time()
        GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=0).fit(x, y)
        answer["fit_ms"] = 1e3 * (time.thread_time() - start)
    return answer


def main():
    search = None
    for line in sys.stdin:
        try:
            question = json.loads(line)
            if "have" in question:
                answer = have(question["have"])
            elif "start" in question:
                search = Search(**question["start"])
                answer = {"point": search.point}
            elif "tell" in question:
                search.tell(**question["tell"])
                answer = {"point": search.point}
            else:
                answer = regression(**question["regression"])
        except Exception as problem:  # whatever a peer raises is an answer, too
            answer = {"error": str(problem)}
        print(json.dumps(answer), flush=True)


main()
