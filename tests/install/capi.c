/* Every function of the C API from C: a search that learns from failures, an evaluation, a mapping, and mistakes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dovetail/engine/capi/dovetail.h>

static int wrong = 0;

#define CHECK(condition)                                                                         \
  do {                                                                                           \
    if (!(condition)) {                                                                          \
      printf("line %d: %s is not so; last error: %s\n", __LINE__, #condition, dovetail_error()); \
      ++wrong;                                                                                   \
    }                                                                                            \
  } while (0)

static const char* const space =
    "parameters:\n"
    "- {name: x, kind: integer, low: 0, high: 20}\n"
    "- {name: y, kind: integer, low: 0, high: 20}\n"
    "constraints: [x + y <= 30]\n"
    "goal: {objectives: [{metric: cost}]}\n";

static const char* const machine =
    "layer: {name: small, matmul: 16x16 * 16x16}\n"
    "arch:\n"
    "  compute: {mesh_x: 4, energy_per_op: 1}\n"
    "  levels:\n"
    "  - {name: Buffer, capacity_words: 1024, energy: 2}\n"
    "  - {name: DRAM, is_dram: true, energy: 100}\n";

/* The number after `"key": ` from `text` on. */
static double number(const char* text, const char* key) {
  char quoted[64];
  const char* at;
  sprintf(quoted, "\"%s\":", key);
  at = text == NULL ? NULL : strstr(text, quoted);
  return at == NULL ? -1.0 : atof(at + strlen(quoted));
}

static void search(void) {
  dovetail_session* session = NULL;
  char *trials = NULL, *best = NULL;
  int round;
  CHECK(dovetail_open(space, "{\"designer\": \"evolution\", \"seed\": 3}", &session) == DOVETAIL_OK);
  for (round = 0; round < 40; ++round) {
    char outcome[256];
    double x, y;
    CHECK(dovetail_suggest(session, 1, &trials) == DOVETAIL_OK);
    x = number(trials, "x");
    y = number(trials, "y");
    CHECK(x + y <= 30);
    if (x > 15)
      sprintf(outcome, "[{\"id\": %.0f, \"failed\": \"too wide\"}]", number(trials, "id"));
    else
      sprintf(outcome, "[{\"id\": %.0f, \"metrics\": {\"cost\": %g}}]", number(trials, "id"),
              (x - 12) * (x - 12) + (y - 5) * (y - 5) + 1);
    dovetail_free(trials);
    dovetail_free(best);
    CHECK(dovetail_tell(session, outcome, &best) == DOVETAIL_OK);
  }
  CHECK(number(best, "cost") >= 1 && number(best, "cost") < 60);
  dovetail_free(best);

  CHECK(dovetail_tell(session, "[{\"id\": 4711, \"failed\": \"\"}]", NULL) == DOVETAIL_USAGE);
  CHECK(strstr(dovetail_error(), "4711") != NULL);
  CHECK(dovetail_tell(session, "[{", &best) == DOVETAIL_USAGE);
  CHECK(best == NULL);
  CHECK(dovetail_suggest(session, -1, &trials) == DOVETAIL_USAGE);
  CHECK(trials == NULL);
  CHECK(dovetail_suggest(NULL, 1, &trials) == DOVETAIL_USAGE);
  dovetail_close(session);
  dovetail_close(NULL);
}

static void mistakes_are_located(void) {
  dovetail_session* session = NULL;
  CHECK(dovetail_open("parameters:\n- {name: x, kind: integr, low: 1}\n", NULL, &session) == DOVETAIL_INPUT);
  CHECK(session == NULL);
  CHECK(strstr(dovetail_error(), "space:2:") != NULL);
  CHECK(strstr(dovetail_error(), "integer") != NULL);
  CHECK(dovetail_open(space, "{\"sed\": 1}", &session) == DOVETAIL_INPUT);
  CHECK(strstr(dovetail_error(), "'seed'") != NULL);
  CHECK(dovetail_open(space, "{\"designer\": \"bays\"}", &session) == DOVETAIL_INPUT);
}

static void costs(void) {
  char *result = NULL, *evaluation = NULL;
  char document[2048];
  double objective;
  CHECK(dovetail_map(machine, "{\"objective\": \"edp\"}", &result) == DOVETAIL_OK);
  objective = number(result, "objective");
  CHECK(objective > 0);
  CHECK(number(result, "lower_bound") == objective);
  CHECK(strstr(result, "\"proven\":true") != NULL);
  dovetail_free(result);

  CHECK(dovetail_evaluate(machine, NULL, &evaluation) == DOVETAIL_INPUT);
  CHECK(strstr(dovetail_error(), "no mapping") != NULL);
  sprintf(document, "%smapping: {levels: [{level: Buffer, spatial_x: N4, temporal: \"M16 N4 K16\"}, {level: DRAM}]}\n",
          machine);
  CHECK(dovetail_evaluate(document, "loop", &evaluation) == DOVETAIL_OK);
  CHECK(number(evaluation, "cycles") == 1024);
  CHECK(number(evaluation, "edp") >= objective);
  dovetail_free(evaluation);
  CHECK(dovetail_evaluate(document, "guess", &evaluation) == DOVETAIL_USAGE);
  CHECK(evaluation == NULL);

  sprintf(document, "%smapping: {levels: [{level: Buffer, spatial_x: N8, temporal: \"M16 N2 K16\"}, {level: DRAM}]}\n",
          machine);
  CHECK(dovetail_evaluate(document, "loop", &evaluation) == DOVETAIL_OK);
  CHECK(strstr(evaluation, "\"valid\":false") != NULL);
  dovetail_free(evaluation);
}

/* Verbs by name: what the commands do. */
static void verbs(void) {
  char *record = NULL, *list = NULL;
  CHECK(dovetail_verbs(&list) == DOVETAIL_OK);
  CHECK(strstr(list, "\"optimize\"") != NULL && strstr(list, "\"calibrate\"") != NULL);
  dovetail_free(list);
  CHECK(dovetail_run("describe", "eyeriss", NULL, &record) == DOVETAIL_OK);
  CHECK(strstr(record, "\"kind\":\"family\"") != NULL);
  dovetail_free(record);
  CHECK(dovetail_run("map", "mlp", "{architecture: eyeriss, threads: 1}", &record) == DOVETAIL_OK);
  CHECK(strstr(record, "\"schema\":\"dovetail-map/1\"") != NULL);
  dovetail_free(record);
  CHECK(dovetail_run("optimise", "mlp", NULL, &record) == DOVETAIL_USAGE);
  CHECK(record == NULL && strstr(dovetail_error(), "optimize") != NULL);
  CHECK(dovetail_run("map", "mlp", "{archtecture: eyeriss}", &record) == DOVETAIL_INPUT);
  CHECK(strstr(dovetail_error(), "architecture") != NULL);
  CHECK(dovetail_run("optimize", "{workload: mlp, family: eyeriss, trials: 1, specs: [area_um2 <= 1]}", NULL,
                     &record) == DOVETAIL_INFEASIBLE);
  dovetail_free(record);
}

int main(void) {
  printf("dovetail %s\n", dovetail_version());
  search();
  mistakes_are_located();
  costs();
  verbs();
  return wrong == 0 ? 0 : 1;
}
