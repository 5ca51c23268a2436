#include "serve/instructions.hpp"

namespace exai::serve {

std::string instructions() {
  return "exai lends you engineering workflows and the models GLM and Kimi.\n"
         "Workflows (debug, codereview, analyze, secaudit and others) go step by step: call one with "
         "step_number 1, do yourself what required_actions of the answer says, then call it again as "
         "next_call shows, with what you found. At the last step another model judges your findings where "
         "that helps.\n"
         "chat asks one question. Answers carry a continuation_id; give it back to go on, also in another "
         "tool.\n"
         "Arguments of the same name mean the same in all tools; tools/list explains each at the first tool "
         "that has it. null is the same as leaving one out.\n"
         "Name files by their absolute path: their contents are sent along. listmodels shows the models, "
         "self-check what is configured.";
}

}  // namespace exai::serve
