// A search driven from Python: the ask/tell session that `dovetail serve` and the C API open.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>
#include <type_traits>

#include <fmt/format.h>
#include <pybind11/numpy.h>

#include <dovetail/engine/codesign/candidate/design_front.hpp>
#include <dovetail/engine/design/bayes/belief.hpp>
#include <dovetail/engine/study/ask_tell_document.hpp>

#include "errors.hpp"
#include "values.hpp"

namespace dovetail::python {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
using Rows = py::array_t<double, py::array::c_style | py::array::forcecast>;

class Session {
 public:
  Session(const py::object& document, SessionOptions options)
      : designer_(options.designer),
        designer_options_(options.designer_options),
        threads_(options.threads) {
    const Node node = dovetail::from_json(to_json(document, "study"), "study");
    const py::gil_scoped_release release;
    session_ = open_session(node, options);
    space_ = session_->space();
    goal_ = session_->goal();
    features_ = std::make_unique<PointFeatures>(space_);
  }

  py::list ask(int count) {
    return to_list(locked([count](AskTell& session) { return session.ask(count); }));
  }

  // Each outcome is (id or point, metrics or None, reason or None).
  void tell(const py::list& outcomes) {
    std::vector<Tell> tells;
    for (const py::handle item : outcomes) {
      const auto outcome = py::reinterpret_borrow<py::tuple>(item);
      Tell tell;
      if (py::isinstance<py::dict>(outcome[0]))
        tell.point = read_point(space_, outcome[0]);
      else
        tell.id = outcome[0].cast<std::int64_t>();
      if (!outcome[1].is_none()) tell.metrics = outcome[1].cast<std::map<std::string, double>>();
      if (!outcome[2].is_none()) tell.failed = outcome[2].cast<std::string>();
      tells.push_back(std::move(tell));
    }
    locked([&tells](AskTell& session) { session.tell(tells); });
  }

  py::list trials() { return to_list(all()); }

  py::object trial(std::int64_t id) {
    const auto found = locked([id](AskTell& session) -> std::optional<Trial> {
      const std::vector<Trial>& trials = session.trials();
      if (id < 0 || id >= static_cast<std::int64_t>(trials.size())) return std::nullopt;
      return trials[static_cast<std::size_t>(id)];
    });
    if (!found) throw py::value_error(fmt::format("there is no trial {}", id));
    return to_tuple(*found);
  }

  py::object find(const py::dict& point) {
    const Point wanted = read_point(space_, point);
    const std::int64_t id = locked([&wanted](AskTell& session) -> std::int64_t {
      const std::vector<Trial>& trials = session.trials();
      const auto found =
          std::find_if(trials.rbegin(), trials.rend(), [&](const Trial& trial) { return trial.point == wanted; });
      return found == trials.rend() ? -1 : found->id;
    });
    return id < 0 ? py::object(py::none()) : py::object(py::int_(id));
  }

  py::object best() {
    const std::optional<Trial> found = locked([](AskTell& session) { return session.best(); });
    return found ? to_tuple(*found) : py::object(py::none());
  }

  std::vector<std::int64_t> front() {
    std::vector<std::int64_t> ids, result;
    std::vector<std::vector<double>> rows;
    for (const Trial& trial : all()) {
      if (!feasible(goal_, trial)) continue;
      ids.push_back(trial.id);
      rows.emplace_back();
      for (const Objective& objective : goal_.objectives)
        rows.back().push_back(trial.metrics.at(objective.metric) * (objective.minimize ? 1.0 : -1.0));
    }
    for (const std::size_t i : non_dominated(rows)) result.push_back(ids[i]);
    return result;
  }

  bool exhausted() {
    return locked([](AskTell& session) { return session.exhausted(); });
  }
  std::vector<std::string> notes() {
    return locked([](AskTell& session) { return session.notes(); });
  }
  std::size_t count() {
    return locked([](AskTell& session) { return session.trials().size(); });
  }
  bool closed() const { return session_ == nullptr; }
  void close() {
    const py::gil_scoped_release release;
    const std::lock_guard<std::mutex> lock(mutex_);
    session_.reset();
  }

  Rows encode(const py::list& points) {
    std::vector<Point> all;
    for (const py::handle point : points) all.push_back(read_point(space_, point));
    return encode(all);
  }

  // Codes and outcomes of the trials that were told: objectives, then metrics of specs; NaN where a trial failed.
  py::tuple arrays() {
    std::vector<Point> points;
    std::vector<const Trial*> told;
    const std::vector<Trial> trials = all();
    for (const Trial& trial : trials) {
      if (trial.state == TrialState::pending) continue;
      points.push_back(trial.point);
      told.push_back(&trial);
    }
    const std::vector<std::string> names = metrics();
    Rows outcomes({told.size(), names.size()});
    auto view = outcomes.mutable_unchecked<2>();
    for (std::size_t i = 0; i < told.size(); ++i) {
      for (std::size_t m = 0; m < names.size(); ++m) {
        const auto found = told[i]->metrics.find(names[m]);
        const bool known = told[i]->state == TrialState::completed && found != told[i]->metrics.end();
        view(static_cast<py::ssize_t>(i), static_cast<py::ssize_t>(m)) = known ? found->second : nan;
      }
    }
    return py::make_tuple(encode(points), outcomes);
  }

  std::vector<std::string> metrics() {
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    };
    for (const Objective& objective : goal_.objectives) add(objective.metric);
    for (const Spec& spec : goal_.specs) add(spec.metric);
    return names;
  }

  // Mean and standard deviation of the objectives at coded points, and the probability that a trial there is feasible.
  py::tuple posterior(const Rows& rows) {
    const std::vector<Trial> known = all();
    if (known.empty()) throw py::value_error("the posterior needs completed trials: nothing is known yet");
    const auto columns = static_cast<py::ssize_t>((*features_)(known.front().point).size());
    if (rows.ndim() != 2 || rows.shape(1) != columns)
      throw py::value_error(fmt::format("coded points are an array of {} columns, as to_numpy gives one", columns));
    Matrix points(static_cast<std::size_t>(rows.shape(0)), static_cast<std::size_t>(rows.shape(1)));
    std::copy(rows.data(), rows.data() + rows.size(), points.values.begin());
    const std::size_t objectives = goal_.objectives.size();
    std::vector<double> means, deviations, probabilities;
    {
      const py::gil_scoped_release release;
      predict(known, points, means, deviations, probabilities);
    }
    const auto array = [&](const std::vector<double>& values) {
      Rows result({points.rows, objectives});
      std::copy(values.begin(), values.end(), result.mutable_data());
      return objectives == 1 ? py::object(result.attr("reshape")(points.rows)) : py::object(result);
    };
    Rows feasible(static_cast<py::ssize_t>(probabilities.size()));
    std::copy(probabilities.begin(), probabilities.end(), feasible.mutable_data());
    return py::make_tuple(array(means), array(deviations), feasible);
  }

 private:
  // One call at a time, without the interpreter: several threads may ask and tell.
  template <class Body>
  std::invoke_result_t<Body, AskTell&> locked(Body body) {
    const py::gil_scoped_release release;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!session_) throw std::invalid_argument("the study is closed");
    return body(*session_);
  }

  std::vector<Trial> all() {
    return locked([](AskTell& session) { return session.trials(); });
  }

  const char* outcome(const Trial& trial) const {
    if (trial.state == TrialState::pending) return "pending";
    if (trial.state == TrialState::failed) return "failed";
    return feasible(goal_, trial) ? "feasible" : "infeasible";
  }

  py::object to_tuple(const Trial& trial) const {
    return py::make_tuple(trial.id, point_to_python(space_, trial.point), outcome(trial), trial.metrics, trial.reason);
  }

  py::list to_list(const std::vector<Trial>& trials) const {
    py::list list;
    for (const Trial& trial : trials) list.append(to_tuple(trial));
    return list;
  }

  Rows encode(const std::vector<Point>& points) {
    const Matrix codes = features_->matrix(points);
    Rows rows({codes.rows, codes.columns});
    std::copy(codes.values.begin(), codes.values.end(), rows.mutable_data());
    return rows;
  }

  Observation observe(const Trial& trial) const {
    Observation result;
    result.point = trial.point;
    result.features = (*features_)(trial.point);
    result.failed = trial.state == TrialState::failed;
    if (result.failed) return result;
    for (const Objective& objective : goal_.objectives)
      result.objectives.push_back(trial.metrics.at(objective.metric) * (objective.minimize ? 1.0 : -1.0));
    for (const Spec& spec : goal_.specs) {
      if (spec.max) result.excess.push_back(trial.metrics.at(spec.metric) - *spec.max);
      if (spec.min) result.excess.push_back(*spec.min - trial.metrics.at(spec.metric));
    }
    return result;
  }

  // What the Bayesian designer would believe of these points, on the metrics' own scales.
  void predict(const std::vector<Trial>& trials, const Matrix& points, std::vector<double>& means,
               std::vector<double>& deviations, std::vector<double>& probabilities) const {
    const Goal& goal = goal_;
    std::vector<Observation> observations;
    for (const Trial& trial : trials)
      if (trial.state != TrialState::pending) observations.push_back(observe(trial));
    int specs = 0;
    for (const Spec& spec : goal.specs) specs += (spec.max ? 1 : 0) + (spec.min ? 1 : 0);
    const BayesOptions options =
        BayesOptions::read(designer_ == "bayes" ? designer_options_ : std::map<std::string, std::string>{})
            .settled(features_->dimension(), features_->only_real(), false);
    Belief belief(*features_, options, static_cast<int>(goal.objectives.size()), specs, false);
    belief.update(observations, threads_);
    if (!belief.has_objectives())
      throw std::invalid_argument("the posterior needs completed trials: nothing is known of the objective yet");
    const Outlook outlook = belief.predict(points, {});
    const std::size_t count = goal.objectives.size();
    means.assign(points.rows * count, 0.0);
    deviations.assign(points.rows * count, 0.0);
    for (std::size_t k = 0; k < count; ++k) {
      const Regression& regression = belief.objective(static_cast<int>(k));
      for (std::size_t i = 0; i < points.rows; ++i) {
        const auto [mean, deviation] =
            moments(regression, outlook.objectives[k].mean[i], outlook.objectives[k].variance[i]);
        means[i * count + k] = goal.objectives[k].minimize ? mean : -mean;
        deviations[i * count + k] = deviation;
      }
    }
    for (const double value : outlook.log_feasible) probabilities.push_back(std::exp(std::min(0.0, value)));
  }

  // Of a normal variable on the transformed scale, seen on the metric's own: trapezoids over 6 standard deviations.
  static std::pair<double, double> moments(const Regression& regression, double mean, double variance) {
    constexpr int steps = 120;
    const double deviation = std::sqrt(std::max(0.0, variance));
    double weights = 0.0, first = 0.0, second = 0.0;
    const double centre = regression.inverse(mean);
    for (int i = 0; i <= steps; ++i) {
      const double z = -6.0 + 12.0 * i / steps, weight = std::exp(-0.5 * z * z);
      const double value = regression.inverse(mean + deviation * z) - centre;
      if (!std::isfinite(value)) continue;
      weights += weight;
      first += weight * value;
      second += weight * value * value;
    }
    first /= weights;
    return {centre + first, std::sqrt(std::max(0.0, second / weights - first * first))};
  }

  std::string designer_;
  std::map<std::string, std::string> designer_options_;
  int threads_;
  std::unique_ptr<AskTell> session_;
  Space space_;
  Goal goal_;
  std::unique_ptr<PointFeatures> features_;
  std::mutex mutex_;
};

}  // namespace

void register_sessions(py::module_& module) {
  module.def("designers", designer_names, "The designers that a study may have.");
  py::class_<Session>(module, "Session")
      .def(py::init([](const py::object& document, const std::string& designer,
                       const std::map<std::string, std::string>& options, std::uint64_t seed, int threads,
                       const std::string& store, bool resume) {
        one_of("designer", designer, designer_names());
        return std::make_unique<Session>(document,
                                         SessionOptions{designer, options, seed, threads, store, resume, "Python", {}});
      }))
      .def("ask", &Session::ask)
      .def("tell", &Session::tell)
      .def("trials", &Session::trials)
      .def("trial", &Session::trial)
      .def("find", &Session::find)
      .def("best", &Session::best)
      .def("front", &Session::front)
      .def("exhausted", &Session::exhausted)
      .def("notes", &Session::notes)
      .def("count", &Session::count)
      .def("closed", &Session::closed)
      .def("close", &Session::close)
      .def("encode", py::overload_cast<const py::list&>(&Session::encode))
      .def("arrays", &Session::arrays)
      .def("metrics", &Session::metrics)
      .def("posterior", &Session::posterior);
}

}  // namespace dovetail::python
