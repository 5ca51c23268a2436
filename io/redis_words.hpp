// What an error reply of Redis means for whoever asked: the usual mistakes in words, with the way out.
#pragma once

#include "core/error.hpp"

#include <string_view>

namespace exai::io {

/// The first word of an error reply, which tells what it is: "NOAUTH", "WRONGTYPE", "ERR".
std::string_view redis_code(std::string_view error_reply);

/// The error reply as an Error that names the server at `address`:
/// `refused` for a login or a right that is missing, `busy` while it loads or runs a script, `config` when it
/// is not the server for this (a replica, a cluster, a sentinel), `unreachable` when its state lets nobody
/// write, `not_found` for a script that it does not know, else `invalid` with the reply's own text.
Error explain_redis(std::string_view error_reply, std::string_view address);

/// True when the server ends the connection after this error, whatever was asked.
bool ends_connection(std::string_view error_reply);

}  // namespace exai::io
