// How to decide, record and report: the headers of this room that programs are meant to include. Others may change
// without notice.
#pragma once

#include <dovetail/engine/codesign/codesign.hpp>      // a machine and its mappings together
#include <dovetail/engine/codesign/joint_search.hpp>  // chosen together instead of nested
#include <dovetail/engine/design/designer.hpp>        // who decides what to try next
#include <dovetail/engine/design/designers.hpp>
#include <dovetail/engine/explore/exploration.hpp>         // networks too
#include <dovetail/engine/external/command_evaluator.hpp>  // the user's own simulator
#include <dovetail/engine/map/mapper.hpp>                  // the best mapping, with its bound
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/record/metric.hpp>  // what designs are judged by
#include <dovetail/engine/record/queue.hpp>   // who evaluates
#include <dovetail/engine/record/store.hpp>   // where trials live
#include <dovetail/engine/record/trial.hpp>
#include <dovetail/engine/report/design/explain.hpp>
#include <dovetail/engine/report/design/map_json.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/stored_study.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/part_tables.hpp>
#include <dovetail/engine/study/ask_tell.hpp>  // suggest and learn, step by step
#include <dovetail/engine/study/ask_tell_document.hpp>
#include <dovetail/engine/study/exploration_keys.hpp>
#include <dovetail/engine/study/study.hpp>  // what a study file says
#include <dovetail/engine/verbs/verbs.hpp>  // what the program does, as functions
