// libpq as a table of functions, loaded on first use. libpqxx stands on it and would link it, and with it
// Kerberos and LDAP, into the start of every command; it waits without a deadline besides.
#pragma once

#include "core/result.hpp"

#include <libpq-fe.h>

namespace exai::io {

struct PqLibrary {
  decltype(&::PQconninfoParse) conninfo_parse = nullptr;
  decltype(&::PQconninfoFree) conninfo_free = nullptr;
  decltype(&::PQconnectStartParams) connect_start = nullptr;
  decltype(&::PQconnectPoll) connect_poll = nullptr;
  decltype(&::PQfinish) finish = nullptr;
  decltype(&::PQstatus) status = nullptr;
  decltype(&::PQtransactionStatus) transaction_status = nullptr;
  decltype(&::PQserverVersion) server_version = nullptr;
  decltype(&::PQparameterStatus) parameter_status = nullptr;
  decltype(&::PQbackendPID) backend_pid = nullptr;
  decltype(&::PQsslInUse) ssl_in_use = nullptr;
  decltype(&::PQsslAttribute) ssl_attribute = nullptr;
  decltype(&::PQsocket) socket = nullptr;
  decltype(&::PQerrorMessage) error_message = nullptr;
  decltype(&::PQsetnonblocking) set_nonblocking = nullptr;
  decltype(&::PQsendQuery) send_query = nullptr;
  decltype(&::PQsendQueryParams) send_query_params = nullptr;
  decltype(&::PQflush) flush = nullptr;
  decltype(&::PQconsumeInput) consume_input = nullptr;
  decltype(&::PQisBusy) is_busy = nullptr;
  decltype(&::PQgetResult) get_result = nullptr;
  decltype(&::PQclear) clear = nullptr;
  decltype(&::PQresultStatus) result_status = nullptr;
  decltype(&::PQresultErrorField) result_error_field = nullptr;
  decltype(&::PQntuples) tuples = nullptr;
  decltype(&::PQnfields) fields = nullptr;
  decltype(&::PQgetvalue) value = nullptr;
  decltype(&::PQgetlength) length = nullptr;
  decltype(&::PQgetisnull) is_null = nullptr;
  decltype(&::PQcmdTuples) command_tuples = nullptr;
  decltype(&::PQcmdStatus) command_status = nullptr;
  decltype(&::PQfreemem) free_memory = nullptr;
  decltype(&::PQsetNoticeProcessor) set_notice_processor = nullptr;
};

/// The loaded library; a config error that says what to install when it is not there. Thread-safe.
Result<const PqLibrary*> pq_library();

}  // namespace exai::io
