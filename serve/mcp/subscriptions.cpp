#include "serve/mcp/subscriptions.hpp"

namespace exai::serve::mcp {
namespace {

std::string tag(const RpcId& id) {
  return "\"_meta\":{\"" + std::string(k_meta_subscription) + "\":" + id + "}";
}

std::string acknowledged(const RpcId& id, const ListenFilter& filter) {
  Json heard = Json::object();
  if (filter.tools) heard["toolsListChanged"] = true;
  if (filter.prompts) heard["promptsListChanged"] = true;
  if (filter.resources) heard["resourcesListChanged"] = true;
  if (!filter.uris.empty()) heard["resourceSubscriptions"] = filter.uris;
  if (!filter.tasks.empty()) heard["taskIds"] = filter.tasks;
  return rpc_notification("notifications/subscriptions/acknowledged",
                          "{\"notifications\":" + dump_json(heard) + "," + tag(id) + "}");
}

std::string_view method_of(engine::Change what) {
  switch (what) {
    case engine::Change::tools:
      return "notifications/tools/list_changed";
    case engine::Change::prompts:
      return "notifications/prompts/list_changed";
    case engine::Change::resources:
      return "notifications/resources/list_changed";
    case engine::Change::resource:
      return "notifications/resources/updated";
  }
  return {};
}

bool has(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool wants(const ListenFilter& filter, engine::Change what, const std::string& uri) {
  switch (what) {
    case engine::Change::tools:
      return filter.tools;
    case engine::Change::prompts:
      return filter.prompts;
    case engine::Change::resources:
      return filter.resources;
    case engine::Change::resource:
      return has(filter.uris, uri);
  }
  return false;
}

}  // namespace

bool Subscriptions::listen(const std::string& peer, BeginListen begin,
                           const std::shared_ptr<ResponseSink>& sink, std::size_t max) {
  if (streams_.size() >= max) return false;
  sink->stay();
  sink->send(acknowledged(begin.id, begin.filter), false);
  streams_[{peer, begin.id}] = {std::move(begin.filter), sink};
  return true;
}

bool Subscriptions::drop(const std::string& peer, const RpcId& id) {
  const auto found = streams_.find({peer, id});
  if (found == streams_.end()) return false;
  const std::shared_ptr<ResponseSink> sink = std::move(found->second.sink);
  streams_.erase(found);
  sink->abandon();
  return true;
}

void Subscriptions::drop_all(const std::string& peer) {
  for (auto stream = streams_.lower_bound({peer, ""});
       stream != streams_.end() && stream->first.first == peer;)
    stream = streams_.erase(stream);
}

void Subscriptions::end_all() {
  for (auto& [key, stream] : std::exchange(streams_, {}))
    stream.sink->answer(rpc_result(key.second, writer_.listen_result(key.second)), 200);
}

void Subscriptions::join(const std::shared_ptr<Session>& session) {
  sessions_[session->id] = session;
}

void Subscriptions::leave(const std::string& session) {
  sessions_.erase(session);
}

void Subscriptions::changed(engine::Change what, const std::string& uri) {
  const std::string_view method = method_of(what);
  const std::string about = what == engine::Change::resource ? "\"uri\":" + quote_json(uri) : "";
  for (auto& [key, stream] : streams_) {
    if (!wants(stream.filter, what, uri)) continue;
    const std::string params = "{" + about + (about.empty() ? "" : ",") + tag(key.second) + "}";
    stream.sink->send(rpc_notification(method, params), true);
  }
  for (const auto& [id, weak] : sessions_) {
    const std::shared_ptr<Session> session = weak.lock();
    if (!session || !session->channel || session->version.empty()) continue;
    if (what == engine::Change::resource && session->subscriptions.count(uri) == 0) continue;
    session->channel->send(rpc_notification(method, "{" + about + "}"));
  }
}

void Subscriptions::task_changed(const TaskFacts& task, const std::string& details) {
  for (auto& [key, stream] : streams_)
    if (has(stream.filter.tasks, task.id))
      stream.sink->send(rpc_notification("notifications/tasks",
                                         "{" + task_members(task) + details + "," + tag(key.second) + "}"),
                        true);
}

}  // namespace exai::serve::mcp
