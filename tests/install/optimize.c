/* A small co-design from C: the record is what `dovetail optimize --format json` prints. */
#include <dovetail/engine/capi/dovetail.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  char* record = NULL;
  if (dovetail_run("optimize", "{workload: mlp, family: eyeriss, designer: random, trials: 2}", "{threads: 1}",
                   &record)) {
    fprintf(stderr, "%s\n", dovetail_error());
    return 1;
  }
  const char *best = strstr(record, "\"best\":"), *value = best ? strstr(best, "\"objective\":") : NULL;
  double edp = 0;
  if (value && sscanf(value, "\"objective\":%lf", &edp) == 1) printf("best: %g pJ x cycles\n", edp);
  dovetail_free(record);
  return edp > 0 ? 0 : 1;
}
