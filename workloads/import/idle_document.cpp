#include <dovetail/workloads/import/idle_document.hpp>

#include <fmt/format.h>

#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

const Record<IdleOperator>& idle_record() {
  static const auto record =
      Record<IdleOperator>("idle", "an operator without multiply-accumulates")
          .optional("name", &IdleOperator::name, "how reports call it")
          .required("operation", &IdleOperator::operation, "ONNX's name of it where it has one: Softmax, Add, MaxPool")
          .optional("elements_read", &IdleOperator::elements_read, "of all operands; 0: not known", between(0, 1e15))
          .optional("elements_written", &IdleOperator::elements_written, "of all results; 0: not known",
                    between(0, 1e15));
  return record;
}

}  // namespace

std::vector<IdleOperator> read_idle(const Node& document, Diagnostics& diagnostics) {
  std::vector<IdleOperator> idle;
  const Node* list = document.find("idle");
  if (list == nullptr || !require_sequence(*list, "idle", diagnostics)) return idle;
  for (const Node& item : list->items()) idle.push_back(idle_record().read(item, diagnostics));
  return idle;
}

nlohmann::ordered_json idle_document(const std::vector<IdleOperator>& idle) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const IdleOperator& one : idle) list.push_back(idle_record().write(one));
  return list;
}

}  // namespace dovetail
