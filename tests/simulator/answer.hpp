// Writes one answer of the script to a connection, with its faults.
#pragma once

#include "tests/simulator/connection.hpp"
#include "tests/simulator/script.hpp"

namespace exai::simulator {

enum class Sent {
  whole,   ///< the connection may be used again
  closed,  ///< the script ended it
  hangup,  ///< the client went away first
};

Sent answer_chat(Connection& connection, const Reply& reply, const Asked& asked);
Sent answer_models(Connection& connection, const std::vector<std::string>& models);
/// Status 200 with that body.
Sent answer_body(Connection& connection, std::string_view type, const std::string& body);
Sent answer_error(Connection& connection, int status, const std::string& message,
                  const std::string& retry_after);

}  // namespace exai::simulator
