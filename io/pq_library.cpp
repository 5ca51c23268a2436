#include "io/pq_library.hpp"

#include "io/loaded_library.hpp"

namespace exai::io {
namespace {

Result<const PqLibrary*> load_pq() {
  static PqLibrary pq;
  auto library = LoadedLibrary::open("libpq.so.5", "libpq5");
  if (!library) return fail(library.error());
  library->take("PQconninfoParse", pq.conninfo_parse)
      .take("PQconninfoFree", pq.conninfo_free)
      .take("PQconnectStartParams", pq.connect_start)
      .take("PQconnectPoll", pq.connect_poll)
      .take("PQfinish", pq.finish)
      .take("PQstatus", pq.status)
      .take("PQtransactionStatus", pq.transaction_status)
      .take("PQserverVersion", pq.server_version)
      .take("PQparameterStatus", pq.parameter_status)
      .take("PQbackendPID", pq.backend_pid)
      .take("PQsslInUse", pq.ssl_in_use)
      .take("PQsslAttribute", pq.ssl_attribute)
      .take("PQsocket", pq.socket)
      .take("PQerrorMessage", pq.error_message)
      .take("PQsetnonblocking", pq.set_nonblocking)
      .take("PQsendQuery", pq.send_query)
      .take("PQsendQueryParams", pq.send_query_params)
      .take("PQflush", pq.flush)
      .take("PQconsumeInput", pq.consume_input)
      .take("PQisBusy", pq.is_busy)
      .take("PQgetResult", pq.get_result)
      .take("PQclear", pq.clear)
      .take("PQresultStatus", pq.result_status)
      .take("PQresultErrorField", pq.result_error_field)
      .take("PQntuples", pq.tuples)
      .take("PQnfields", pq.fields)
      .take("PQgetvalue", pq.value)
      .take("PQgetlength", pq.length)
      .take("PQgetisnull", pq.is_null)
      .take("PQcmdTuples", pq.command_tuples)
      .take("PQcmdStatus", pq.command_status)
      .take("PQfreemem", pq.free_memory)
      .take("PQsetNoticeProcessor", pq.set_notice_processor);
  if (const Result<void> whole = library->whole(); !whole) return fail(whole.error());
  return &pq;
}

}  // namespace

Result<const PqLibrary*> pq_library() {
  static const Result<const PqLibrary*> k_loaded = load_pq();
  return k_loaded;
}

}  // namespace exai::io
