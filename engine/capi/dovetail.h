/* Dovetail for other languages: opaque handles, JSON texts, status codes; nothing is thrown and nothing is printed.
 *
 *     char* text = NULL;
 *     dovetail_session* session = NULL;
 *     if (dovetail_open("{parameters: [{name: x, kind: integer, low: 1, high: 64}],"
 *                       " goal: {objectives: [{metric: cost}]}}", "{\"seed\": 1}", &session) != DOVETAIL_OK)
 *       fprintf(stderr, "%s\n", dovetail_error());
 *     dovetail_suggest(session, 2, &text);          // [{"id": 0, "point": {"x": 17}}, {"id": 1, ...}]
 *     dovetail_free(text);
 *     dovetail_tell(session, "[{\"id\": 0, \"metrics\": {\"cost\": 3.5}}, {\"id\": 1, \"failed\": \"why\"}]", &text);
 *     dovetail_free(text);                          // {"id": 0, "point": {"x": 17}, "metrics": {"cost": 3.5}}
 *     dovetail_close(session);
 *
 * Documents are texts in YAML or JSON, as the command line reads them. Texts that come back are JSON in UTF-8, end with
 * a null byte, and belong to the caller, who returns them with dovetail_free. On failure outputs are NULL, but where it
 * is said otherwise. Functions may be called from several threads; a session is used by one thread at a time. */
#ifndef DOVETAIL_ENGINE_CAPI_DOVETAIL_H
#define DOVETAIL_ENGINE_CAPI_DOVETAIL_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define DOVETAIL_API __attribute__((visibility("default")))
#else
#define DOVETAIL_API
#endif

/* NOLINTBEGIN(modernize-use-using): this header is C. */

/* The numbers are the exit codes of the program. */
typedef enum dovetail_status {
  DOVETAIL_OK = 0,
  DOVETAIL_INTERNAL = 1,   /* a bug of ours */
  DOVETAIL_USAGE = 2,      /* a null pointer, an unknown designer, mapper or model, an outcome that fits no trial */
  DOVETAIL_INPUT = 3,      /* a text that cannot be read; the error says where */
  DOVETAIL_INFEASIBLE = 4, /* nothing is feasible; a record, where there is one, says more */
  DOVETAIL_LIMIT = 5,      /* time or memory ended it; a record, where there is one, has the best so far */
  DOVETAIL_STORAGE = 6     /* the store cannot be used */
} dovetail_status;

/* A search in progress: it suggests points and learns outcomes. */
typedef struct dovetail_session dovetail_session;

/* NOLINTEND(modernize-use-using) */

/* "0.1.0". */
DOVETAIL_API const char* dovetail_version(void);

/* What went wrong in the last call of this thread that did not return DOVETAIL_OK; valid until the next such call. */
DOVETAIL_API const char* dovetail_error(void);

/* Gives back a text of this library; NULL is fine. */
DOVETAIL_API void dovetail_free(char* text);

/* What the command of this name does: evaluate, map, place, optimize, sweep, serve, describe, report, explain, convert,
 * calibrate. `document` is a document as a text, or the name, path or address of one, or a list of these; NULL where
 * the verb needs none. `options` may be NULL, or an object of the verb's options and of seed, threads, set (a list of
 * "path=value"), dry_run and format; dovetail_verbs has them. `record`, which may be NULL, becomes what the command
 * prints with --format json (a JSON string where the answer is a text), also with DOVETAIL_INFEASIBLE, DOVETAIL_LIMIT
 * and with DOVETAIL_INPUT of a part of several inputs. */
DOVETAIL_API dovetail_status dovetail_run(const char* verb, const char* document, const char* options, char** record);

/* The verbs: [{"name", "about", "document", "options": a JSON Schema}, ...]. */
DOVETAIL_API dovetail_status dovetail_verbs(char** list);

/* Opens a session over a space and its goal (the document of `dovetail serve`). `options` may be NULL, or an object of
 * designer (default "bayes"), seed (0), threads (0: all cores), store (a file that records every call) and resume. */
DOVETAIL_API dovetail_status dovetail_open(const char* space, const char* options, dovetail_session** session);

/* Ends a session; NULL is fine. */
DOVETAIL_API void dovetail_close(dovetail_session* session);

/* Up to `count` (at most 10000) new points: [{"id": 0, "point": {name: value}}, ...]; fewer only when a finite space is
 * exhausted. */
DOVETAIL_API dovetail_status dovetail_suggest(dovetail_session* session, int count, char** trials);

/* Records outcomes, all or none: [{"id" or "point", and "metrics" or "failed"}, ...]. `best`, which may be NULL,
 * becomes
 * {"id", "point", "metrics"} of the best feasible trial so far, or null. */
DOVETAIL_API dovetail_status dovetail_tell(dovetail_session* session, const char* outcomes, char** best);

/* What a design (layer, machine and mapping) costs: the object that `dovetail evaluate --format json` prints. `model`
 * is "loop", "cycle" or NULL for "loop". A design that breaks a constraint is an answer ("valid": false), not an error.
 */
DOVETAIL_API dovetail_status dovetail_evaluate(const char* design, const char* model, char** evaluation);

/* The best mapping of the design's layer on its machine: best (with its mapping), objective, lower_bound, gap, proven,
 * or the violations of the nearest miss. `options` may be NULL, or an object of objective ("edp"), mapper ("exact"),
 * bypass
 * ("search" or "none"), gap (0), budget (0: the mapper's own), time (seconds, 0: no limit), seed (0), threads (1) and
 * front (false). */
DOVETAIL_API dovetail_status dovetail_map(const char* design, const char* options, char** result);

#ifdef __cplusplus
}
#endif

#endif
